"""What was found, in the words of a person who has never seen this program (French).

In: for each rule, what is seen and what to do about it; shares, rows and lists as French writes
them. Not in: which rules there are, and the pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_THIN, _NO_BREAK = "\u202f", "\u00a0"


class Words(NamedTuple):
    """A rule in words: `seen` is what there is, `to_do` is for whoever sent the file."""

    seen: str
    to_do: str


RULES = {
    # quality_report
    "same_answers": Words(
        "Des questionnaires distincts contiennent exactement les mêmes réponses",
        "Vérifiez s’il s’agit d’un double envoi ou d’une copie ; dites-nous lesquelles garder.",
    ),
    "no_answer_at_all": Words(
        "Des lignes ne contiennent aucune réponse",
        "Rien à faire si ces questionnaires n’ont été qu’ouverts ; sinon, refaites l’export.",
    ),
    "respondent_twice": Words(
        "Un même identifiant de réponse apparaît plusieurs fois dans un fichier",
        "Vérifiez l’export : chaque réponse doit n’y figurer qu’une fois.",
    ),
    "ends_before_start": Words(
        "Des réponses se terminent avant d’avoir commencé",
        "Vérifiez l’ordre du jour et du mois dans les dates de l’export.",
    ),
    "organisation_twice": Words(
        "Une même organisation a répondu plusieurs fois",
        "Dites-nous quelle réponse fait foi pour chaque organisation.",
    ),
    "outside_fieldwork": Words(
        "Des réponses ont commencé hors des dates de l’enquête",
        "Vérifiez s’il s’agit d’essais ; dites-nous lesquelles retirer.",
    ),
    "hasty": Words(
        "Des questionnaires ont été remplis très vite par rapport aux autres",
        "Dites-nous s’il s’agit d’essais ou de saisies faites par vos soins.",
    ),
    "straight_line": Words(
        "Des personnes ont donné la même réponse à toutes les lignes d’un tableau de questions",
        "Rien à corriger ; signalez-nous les saisies faites par vos soins.",
    ),
    "blanks": Words(
        "Des questions sont restées très souvent sans réponse",
        "Vérifiez que la question était affichée à tout le monde, et que sa colonne est complète.",
    ),
    "other": Words(
        "La réponse « Autre » est très fréquente",
        "Pour la prochaine édition, voyez quelle réponse manque à la liste proposée.",
    ),
    "distance": Words(
        "Les réponses diffèrent beaucoup de celles d’une édition précédente",
        "Vérifiez que les colonnes n’ont pas été décalées, que la question n’a pas changé.",
    ),
    # rejected_responses
    "missing_respondent_id": Words(
        "Des lignes n’ont pas d’identifiant de réponse",
        "Refaites l’export avec les identifiants, ou indiquez à quelle réponse ces lignes"
        " appartiennent.",
    ),
    "empty_response": Words(
        "Des questionnaires ont été ouverts sans qu’aucune réponse y soit donnée",
        "Rien à faire : ces lignes sont laissées de côté.",
    ),
    "duplicate_row": Words(
        "Des lignes répètent une réponse déjà présente, à l’identique",
        "Rien à faire : la première est gardée. Évitez de coller deux exports l’un sous l’autre.",
    ),
    "declared_correction": Words(
        "Des erreurs déjà connues ont été corrigées comme convenu",
        "Rien à faire tant que le fichier d’origine garde ces erreurs.",
    ),
    "answer_outside_filter": Words(
        "Des réponses figurent à une question qui ne devait pas être posée à ces personnes",
        "Vérifiez les conditions d’affichage de la question dans le questionnaire.",
    ),
    "checkbox_not_its_label": Words(
        "Des cases à cocher contiennent autre chose que leur intitulé",
        "Vérifiez que les colonnes n’ont pas été décalées ni complétées à la main.",
    ),
    "exclusive_contradicted": Words(
        "Des personnes ont coché « Aucun » en même temps que d’autres choix",
        "Dites-nous ce qu’il faut garder ici ; dans le questionnaire, empêchez de cocher « Aucun »"
        " avec un autre choix.",
    ),
    "number_out_of_range": Words(
        "Des nombres sortent des limites possibles",
        "Vérifiez ces valeurs auprès des personnes qui ont répondu.",
    ),
    "number_unreadable": Words(
        "Des cases où un nombre est attendu contiennent autre chose",
        "Donnez-nous le nombre, ou confirmez que la réponse est inconnue.",
    ),
    "other_text_beside_choice": Words(
        "Un texte accompagne un choix autre que « Autre »",
        "Dites-nous si le choix ou le texte fait foi.",
    ),
    "rank_given_twice": Words(
        "Un même rang a été donné à deux propositions",
        "Vérifiez le classement ; à défaut, ces rangs sont laissés de côté.",
    ),
    "rank_unreadable": Words(
        "Des cases de classement ne contiennent pas un rang",
        "Donnez-nous le rang, ou confirmez que la proposition n’a pas été classée.",
    ),
    "two_answers_for_one_question": Words(
        "Deux réponses différentes figurent à une question qui n’en admet qu’une",
        "Dites-nous laquelle garder.",
    ),
    "unreadable_date": Words(
        "Des dates ne peuvent pas être lues",
        "Exportez les dates sous la forme jour/mois/année, sans les retoucher.",
    ),
    # source_files.damage
    "byte_order_mark": Words("Le fichier commence par une marque invisible", "Rien à faire."),
    "not_utf8": Words(
        "Les accents sont enregistrés dans un format ancien",
        "À l’avenir, envoyez le fichier tel que la plateforme le donne, sans l’ouvrir dans un"
        " tableur.",
    ),
    "mojibake": Words(
        "Des lettres accentuées ont été abîmées",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "mangled_bytes": Words(
        "Des lettres sont perdues et ne peuvent pas être retrouvées",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "mixed_encodings": Words(
        "Les accents sont enregistrés de deux façons dans un même fichier",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "lost_characters": Words(
        "Des lettres ont été remplacées par un même signe, et sont perdues",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "nul_characters": Words(
        "Des cases contiennent des caractères invisibles",
        "Rien à faire ; renvoyez l’export d’origine si vous l’avez encore.",
    ),
    "spaces_only": Words("Des cases ne contiennent que des espaces", "Rien à faire."),
    "zero_width_mark": Words("Des cases contiennent des marques invisibles", "Rien à faire."),
    "blank_rows": Words("Des lignes sont entièrement vides", "Rien à faire."),
    "blank_columns": Words(
        "Des colonnes sont entièrement vides", "Vérifiez que rien n’y a été effacé."
    ),
    "added_columns": Words(
        "Des colonnes ont été ajoutées à l’export",
        "Envoyez l’export sans colonne ajoutée, ou dites-nous à quoi elles servent.",
    ),
    "extra_columns": Words(
        "Des colonnes ont été ajoutées à l’export",
        "Envoyez l’export sans colonne ajoutée, ou dites-nous à quoi elles servent.",
    ),
    "index_column": Words("Une colonne de numéros a été ajoutée", "Rien à faire."),
    "totals_row": Words("Une ligne de totaux a été ajoutée", "Envoyez l’export sans total."),
    "repeated_header": Words(
        "La ligne de titres apparaît plusieurs fois",
        "Évitez de coller deux exports l’un sous l’autre.",
    ),
    "repeated_records": Words("Des lignes apparaissent deux fois", "Refaites l’export."),
    "repeated_respondent": Words("Une réponse apparaît deux fois", "Refaites l’export."),
    "repeated_respondents": Words("Des réponses apparaissent deux fois", "Refaites l’export."),
    "formula_error": Words(
        "Des cases contiennent une erreur de tableur",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "excel_date": Words(
        "Un tableur a changé des réponses en dates",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "serial_dates": Words(
        "Un tableur a changé des dates en nombres",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "leading_zeros_lost": Words(
        "Un tableur a retiré le zéro au début de certains codes",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "trailing_zero_lost": Words(
        "Un tableur a retiré le zéro à la fin de certains nombres",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "scientific_identifiers": Words(
        "Un tableur a arrondi les identifiants des réponses",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "hidden_sheet": Words(
        "Le classeur contient une feuille masquée", "Dites-nous si elle fait partie de l’envoi."
    ),
    "other_sheet": Words(
        "Le classeur contient une autre feuille, qui n’a pas été lue",
        "Dites-nous si elle fait partie de l’envoi.",
    ),
    "no_identifiers": Words(
        "Les réponses n’ont pas d’identifiant", "Laissez cette colonne dans l’export."
    ),
    "blank_words": Words(
        "Un logiciel a écrit un mot (« NA ») dans les cases vides",
        "Envoyez l’export de la plateforme, avant tout passage par un autre logiciel.",
    ),
    "unnamed_headings": Words(
        "Un logiciel a donné des noms aux titres vides",
        "Envoyez l’export de la plateforme, avant tout passage par un autre logiciel.",
    ),
    "joined_headings": Words(
        "Deux lignes de titres ont été réunies en une seule",
        "Envoyez l’export de la plateforme, avant tout passage par un autre logiciel.",
    ),
    "notes": Words(
        "Des notes ont été écrites sous les réponses ; elles n’ont pas été lues",
        "Gardez vos notes dans un autre fichier.",
    ),
    "headers_out_of_step": Words(
        "Les lignes de titres sont décalées par rapport aux réponses",
        "Renvoyez l’export d’origine.",
    ),
    "unfinished_responses": Words(
        "Des questionnaires n’ont pas été terminés", "Dites-nous s’il faut les garder."
    ),
    "response_status": Words(
        "Des réponses ne sont pas marquées comme terminées", "Dites-nous s’il faut les garder."
    ),
    "short_rows": Words("Des lignes ont moins de cases que les autres", "Rien à faire."),
    "long_rows": Words("Des lignes ont plus de cases que les autres", "Rien à faire."),
    "split_sheets": Words("Les réponses sont réparties sur plusieurs feuilles", "Rien à faire."),
    "bare_returns": Words("Des retours à la ligne sont d’un format ancien", "Rien à faire."),
    "doubled_line_ends": Words("Chaque fin de ligne est enregistrée deux fois", "Rien à faire."),
    "unquoted_line_breaks": Words(
        "Des réponses qui tiennent sur plusieurs lignes ont été coupées",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "excel_table_headings": Words(
        "Un tableur a numéroté des titres de colonnes vides ou répétés",
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
    ),
    "check_box_cells": Words(
        "Des cases à cocher contiennent autre chose que leur intitulé",
        "Vérifiez que les colonnes n’ont pas été décalées ni complétées à la main.",
    ),
    "untitled_question": Words(
        "Des colonnes de réponses n’ont pas de titre de question",
        "Renvoyez l’export d’origine, ou donnez-nous le titre de ces questions.",
    ),
    "not_selected": Words(
        "Les cases non cochées contiennent un mot au lieu d’être vides", "Rien à faire."
    ),
    "user_missing": Words(
        "Des réponses sont déclarées manquantes dans le fichier lui-même",
        "Dites-nous ce que ces valeurs veulent dire (ne sait pas, sans réponse).",
    ),
    "labels_replaced": Words(
        "Des intitulés de réponse ont été remplacés dans le fichier",
        "Renvoyez l’export d’origine, sans rechercher-remplacer.",
    ),
}

EXPECTED = {
    "same_answers": "Deux personnes ne donnent pas exactement les mêmes réponses partout",
    "no_answer_at_all": "Chaque ligne reçue contient au moins une réponse",
    "respondent_twice": "Chaque identifiant n’apparaît qu’une fois par fichier",
    "ends_before_start": "Chaque questionnaire se termine après avoir commencé",
    "organisation_twice": "Chaque organisation ne répond qu’une fois",
    "outside_fieldwork": "Les réponses commencent pendant l’enquête",
    "hasty": "Aucun questionnaire n’est rempli beaucoup plus vite que les autres",
    "straight_line": "Les réponses varient dans un tableau de questions",
    "blanks": "Les questions posées reçoivent une réponse",
    "other": "La réponse « Autre » reste rare",
    "distance": "Les réponses ressemblent à celles de la dernière édition comparable",
}
"""What each rule of the quality report expects, whole sentences without their full stop."""

_UNKNOWN = Words("Autre anomalie du fichier", "Renvoyez l’export d’origine si vous l’avez encore.")


AFTER_REPAIR = dict.fromkeys(
    (
        "Renvoyez l’export d’origine, sans l’ouvrir dans un tableur.",
        "Renvoyez l’export d’origine, sans rechercher-remplacer.",
        "Renvoyez l’export d’origine.",
    ),
    "Rien à renvoyer. La prochaine fois, envoyez l’export sans l’ouvrir dans un tableur.",
) | {
    "Envoyez l’export sans total.": "Rien à renvoyer. La prochaine fois, envoyez-le sans total.",
    "Évitez de coller deux exports l’un sous l’autre.": "Rien à renvoyer. La prochaine fois, évitez"
    " de coller deux exports l’un sous l’autre.",
}
"""What there is to do where the damage could be repaired."""


def words_of(rule: str) -> Words:
    """Return a rule in words; one without words yet is told with its technical name."""
    found = RULES.get(rule)
    return found or _UNKNOWN._replace(seen=f"{_UNKNOWN.seen} ({rule})")


def typeset(text: str) -> str:
    """Return the text with the spaces that French typography wants before high punctuation."""
    text = re.sub(r"(?<=\S) ([;!?%])", rf"{_THIN}\1", text)
    text = re.sub(r"(?<=\S) :(?!\S)", f"{_NO_BREAK}:", text)
    return text.replace("« ", f"«{_NO_BREAK}").replace(" »", f"{_NO_BREAK}»")


def share_words(share: float) -> str:
    """Return a share (0 to 1) as a percentage: 0.123 is « 12 % »."""
    return f"{100 * share:.0f}{_THIN}%"


def number_words(number: float) -> str:
    """Return a number with the French separators, without decimals where it has none."""
    if float(number).is_integer():
        return f"{int(number):,}".replace(",", _THIN)
    return f"{number:.2f}".replace(".", ",")


def listed(parts: Sequence[str]) -> str:
    """Return words as a list: « A, B et C »."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} et {parts[-1]}"


def rows_words(rows: Sequence[int], *, total: int | None = None, shown: int = 15) -> str:
    """Return rows as people read them: « lignes 3, 8 à 11 et 20 », the rest counted.

    Args:
        rows: Row numbers as a spreadsheet counts them.
        total: How many rows there are, when `rows` are only the first of them.
        shown: How many numbers or runs of numbers are spelled out.
    """
    runs: list[list[int]] = []
    for row in sorted(set(rows)):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    kept, left = runs[:shown], runs[shown:]
    more = (total or len(set(rows))) - sum(len(run) for run in kept)
    parts = []
    for run in kept:
        if len(run) < 3:
            parts += [str(row) for row in run]
        else:
            parts.append(f"{run[0]} à {run[-1]}")
    if more > 0 and (left or total):
        return f"lignes {', '.join(parts)} et {number_words(more)} autre{'s' if more > 1 else ''}"
    if len(parts) == 1 and len(runs[0]) == 1:
        return f"ligne {parts[0]}"
    if len(parts) == 1:
        return f"lignes {parts[0]}"
    return f"lignes {listed(parts)}"


_PLACE = re.compile(r"^(?:(?:lignes?|colonnes?|à|et|\d+|[A-Z]{1,3})[ ,]*)+$")


def place_words(where: str) -> str:
    """Return a place of the reader of files in French, empty when it is more than a place."""
    said = where
    for english, french in (
        (r"\brows\b", "lignes"),
        (r"\brow\b", "ligne"),
        (r"\bcolumns\b", "colonnes"),
        (r"\bcolumn\b", "colonne"),
        (r"\bto\b", "à"),
        (r"\band\b", "et"),
    ):
        said = re.sub(english, french, said)
    return said if _PLACE.match(said) else ""
