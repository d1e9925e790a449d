"""SurveyMonkey exports as people have them: what `inspect` says is what was made.

In: the made-up survey in other languages, with other fixed columns, headers and kinds of question.
Not in: damage to text, bytes and places (`test_variants_damaged`), other platforms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from observatoire_pipeline_tests.unit.ingest.made_surveys import (
    COLLECTIVITES,
    FRENCH,
    GERMAN,
    NEW,
    OFTEN,
    OLD,
    PEOPLE,
    SPANISH,
    Asked,
    Draw,
    Survey,
    as_text,
    check,
    expanded,
    inspected,
    survey,
)

WHOLE = survey()
DRAW = Draw(seed=9)
PLACES, SIDES = ["Mairie", "École", "Parc"], ["Qualité", "Coût"]
CROSSED = [f"{place} - {side}" for place in PLACES for side in SIDES]


def of(*asked: Asked, after: Sequence[tuple[str, list[str]]] = ()) -> Survey:
    """Return a survey of these questions after the nine fixed columns."""
    return Survey(list(NEW), DRAW.fixed(), list(asked), list(after))


def filled(titles: Sequence[str]) -> list[str]:
    """Return titles with each blank one filled from its left."""
    found, last = [], ""
    for title in titles:
        last = title or last
        found.append(last)
    return found


# --- fixed columns --------------------------------------------------------------------------

FIXED: dict[str, Survey] = {
    "new names": WHOLE,
    "old names": WHOLE.fixed_as(OLD),
    "french": survey(language="fr").fixed_as(FRENCH),
    "french answers, english names": survey(language="fr"),
    "german": survey(language="de").fixed_as(GERMAN),
    "spanish": survey(language="es").fixed_as(SPANISH),
    "italian": survey(language="it").fixed_as(OLD),
    "dutch": survey(language="nl"),
    "names nobody knows": WHOLE.fixed_as([f"Zzz {k}" for k in range(9)]),
    "no fixed column": WHOLE.fixed_as(NEW, []),
    "identifier only": WHOLE.fixed_as(OLD, [0]),
    "the first four": WHOLE.fixed_as(NEW, [0, 1, 2, 3]),
    "anonymous": WHOLE.fixed_as(NEW, [0, 1, 2, 3, 5, 6, 7, 8]),
    "collector renamed": WHOLE.fixed_as(["Respondent ID", "Collector", *NEW[2:]]),
    "one answer": WHOLE.only("Avez"),
    "one text": WHOLE.only("Souhaitez"),
    "two responses": WHOLE.first(2),
    "three responses": WHOLE.first(3),
    "five responses": WHOLE.first(5),
}


@pytest.mark.parametrize("name", FIXED)
def test_fixed_columns(tmp_path, name):
    check(inspected(tmp_path, as_text(FIXED[name].rows)), FIXED[name])


def test_people_are_named_by_the_headings_of_their_columns(tmp_path):
    found = inspected(tmp_path, as_text(WHOLE.rows))
    contact = WHOLE.asked[-1].labels
    assert found.personal_columns == [*NEW[4:], *contact]


def test_fixed_columns_whose_heading_was_deleted(tmp_path):
    made = replace(WHOLE, names=[""] * 9)
    check(inspected(tmp_path, as_text(made.rows)), made, damage=["extra_columns"])


def test_language_and_custom_variables(tmp_path):
    made = of(DRAW.single("Type ?", COLLECTIVITES), DRAW.text("Un mot ?"))
    made = replace(
        made,
        names=[*NEW[:4], "language", *NEW[4:]],
        fixed=[*made.fixed[:4], ["fr", "en"] * (PEOPLE // 2), *made.fixed[4:]],
        after=[
            ("region", ["Nord", "Sud"] * (PEOPLE // 2)),
            ("Serial #", list(map(str, range(PEOPLE)))),
        ],
    )
    check(inspected(tmp_path, as_text(made.rows)), made)


# --- headers --------------------------------------------------------------------------------


def joined(made: Survey, joint: str) -> list[str]:
    """Return one header row of titles and labels joined."""
    pairs = zip(filled(made.titles), made.labels, strict=True)
    return [title + joint + label if label else title for title, label in pairs]


LINES: dict[str, tuple[Callable[[Survey], list[list[str]]], dict[str, object]]] = {
    "filled down": (lambda s: [[*s.names, *filled(s.titles)[9:]], s.labels], {}),
    "title line": (lambda s: [["Baromètre 2023"], s.titles, s.labels], {"header_rows": 3}),
    "two title lines": (
        lambda s: [["Baromètre 2023"], ["Export du 3 mars"], s.titles, s.labels],
        {"header_rows": 4},
    ),
    "padded title line": (
        lambda s: [["Baromètre"] + [""] * (len(s.titles) - 1), s.titles, s.labels],
        {"header_rows": 3},
    ),
    "title line and blank line": (
        lambda s: [["Baromètre 2023"], [], s.titles, s.labels],
        {"header_rows": 3, "damage": ["blank_rows"]},
    ),
    "codes above": (
        lambda s: [[f"q{k}" for k in range(len(s.titles))], s.titles, s.labels],
        {"header_rows": 3},
    ),
    "codes below": (
        lambda s: [s.titles, s.labels, [f"q{k}_1" for k in range(len(s.titles))]],
        {"header_rows": 3},
    ),
    "NUL under the fixed columns": (
        lambda s: [s.titles, ["\0"] * 9 + s.labels[9:]],
        {"damage": ["nul_characters"]},
    ),
    "pandas, no index": (
        lambda s: [[t or f"Unnamed: {k}" for k, t in enumerate(s.titles)], s.labels],
        {"damage": ["unnamed_headings"], "verdict": "accepted_with_repairs"},
    ),
    "Excel table": (
        lambda s: [[t or f"Column{k + 1}" for k, t in enumerate(s.titles)], s.labels],
        {"damage": ["excel_table_headings"], "verdict": "accepted_with_repairs"},
    ),
    "joined by a dash": (lambda s: [joined(s, " - ")], {"header_rows": 1}),
    "joined by a colon": (lambda s: [joined(s, ": ")], {"header_rows": 1}),
}


@pytest.mark.parametrize("name", LINES)
def test_header_rows(tmp_path, name):
    write, other = LINES[name]
    made = WHOLE.without("Depuis") if name.startswith("joined") else WHOLE
    check(inspected(tmp_path, as_text([*write(made), *made.body])), made, **other)


def test_row_of_labels_deleted(tmp_path):
    found = inspected(tmp_path, as_text([WHOLE.titles, *WHOLE.body]))
    check(found, WHOLE, header_rows=1, options=None, items=None)
    assert len(found.personal_columns) >= 6


@pytest.mark.parametrize("index", [1, 2])
def test_index_columns_of_pandas(tmp_path, index):
    heads = [""] * index
    titles = [*heads, *(t or f"Unnamed: {k}" for k, t in enumerate(WHOLE.titles))]
    rows = [titles, [*["0"] * index, *WHOLE.labels]]
    rows += [[*[str(k)] * index, *row] for k, row in enumerate(WHOLE.body, start=1)]
    found = inspected(tmp_path, as_text(rows))
    more = {"cells": None, "damage": None, "verdict": "accepted_with_repairs"}
    check(found, WHOLE, shift=index, **more)
    assert {one.rule for one in found.damage} == {"unnamed_headings", "index_column"}


# --- layouts --------------------------------------------------------------------------------


def test_expanded(tmp_path):
    made = expanded()
    check(inspected(tmp_path, as_text(made.rows)), made, layout="expanded")


def numbered(asked: Asked) -> Asked:
    """Return a question with its answers as numbers, as the platform counts them."""
    none = asked.labels[0].startswith("Aucun")
    if asked.kind == "multiple":
        cells = [
            column
            if label.startswith("Other")
            else [str(k if none else k + 1) if cell else "" for cell in column]
            for k, (label, column) in enumerate(zip(asked.labels, asked.cells, strict=True))
        ]
        return replace(asked, cells=cells)
    if asked.kind not in ("single", "matrix"):
        return asked
    chosen = [one for one in asked.options if not one.startswith("Other")]
    codes = {one: str(k) for k, one in enumerate(chosen, start=1)} | {"Other (please specify)": "0"}
    cells = [[codes.get(cell, cell) for cell in column] for column in asked.cells]
    return replace(asked, cells=cells, options=[codes[one] for one in asked.options])


def test_numerical_values(tmp_path):
    made = replace(WHOLE, asked=[numbered(one) for one in WHOLE.asked])
    check(inspected(tmp_path, as_text(made.rows)), made, layout="numeric")


# --- kinds of question ----------------------------------------------------------------------

BASE = (DRAW.single("Votre type ?", COLLECTIVITES), DRAW.text("Un mot ?"))
ABOUT = DRAW.multiple("Usages ?", ["Alpha", "Beta", "Gamma"], other=False)
SEEN = DRAW._all_used(["Voulez-vous A ?", "Voulez-vous B ?"])
YES = DRAW._all_used(["Oui", "Non"])
ASKED: dict[str, Asked] = {
    "two wordings": DRAW.tested("A ou B", ["Voulez-vous A ?", "Voulez-vous B ?"], ["Oui", "Non"]),
    "two wordings, other": Asked(
        "A ou B",
        ["Question Viewed", "Response", "Other (please specify)"],
        [SEEN, YES, ["" if k % 7 else f"autre {k}" for k in range(PEOPLE)]],
        "single",
        ["Oui", "Non"],
    ),
    "two wordings of check boxes": Asked(
        "A ou B",
        ["Question Viewed", *ABOUT.labels],
        [SEEN, *ABOUT.cells],
        "multiple",
        ABOUT.options,
        ABOUT.items,
    ),
    "two images": Asked(
        "Image", ["Image Viewed", "Response"], [SEEN, YES], "single", ["Oui", "Non"]
    ),
    "two wordings, french": Asked(
        "A ou B", ["Question affichée", "Response"], [SEEN, YES], "single", ["Oui", "Non"]
    ),
    "two wordings, a language nobody knows": Asked(
        "Voulez-vous A ?", ["Zobrazená", "Response"], [SEEN, YES], "single", ["Oui", "Non"]
    ),
    "matrix of menus": Asked(
        "Évaluez",
        CROSSED,
        [DRAW._all_used(["Bon", "Moyen", "Mauvais"]) for _ in CROSSED],
        "matrix",
        ["Bon", "Moyen", "Mauvais"],
        CROSSED,
    ),
    "open matrix": Asked(
        "Décrivez",
        CROSSED,
        [[f"texte {j} {k}" if (k + j) % 3 else "" for k in range(PEOPLE)] for j in range(6)],
        "text",
        [],
        CROSSED,
    ),
    "matrix of check boxes": Asked(
        "Cochez",
        CROSSED,
        [
            [side if (k + j) % 3 else "" for k in range(PEOPLE)]
            for j, (_, side) in enumerate((p, s) for p in PLACES for s in SIDES)
        ],
        "matrix",
        SIDES,
        PLACES,
    ),
    "rating": DRAW.scale("Notez", ["1", "2", "3", "4", "5"]),
    "rating of one row": DRAW.scale("Notez", ["1", "2", "3", "4", "5"], label="Le service"),
    "words for one row": DRAW.scale("Notez", ["Très bon", "Bon", "Mauvais"], label="Le service"),
    "ranking, N/A": DRAW.ranking("Classez", ["A1", "B1", "C1", "D1"], unranked="N/A"),
    "ranking, 0": DRAW.ranking("Classez", ["A1", "B1", "C1", "D1"], unranked="0"),
    "numbers": DRAW.numbers("Combien ?", ["Élus", "Agents", "Habitants"]),
    "date and time": Asked(
        "Quand ?",
        ["Date / Time"],
        [[f"{1 + k % 28:02d}/{1 + k % 12:02d}/2021 10:{k % 60:02d} AM" for k in range(PEOPLE)]],
        "date",
    ),
    "two dates": Asked(
        "Quand ?",
        ["Début", "Fin"],
        [[f"{1 + k % 28:02d}/{1 + k % 12:02d}/2021" for k in range(PEOPLE)]] * 2,
        "date",
        [],
        ["Début", "Fin"],
    ),
    "other, spelled otherwise": DRAW.single_other(
        "S ?", ["Aa", "Bb"], label="Other: Please specify"
    ),
    "other that is a comment": DRAW.single_comment(
        "S ?", ["Aa", "Bb"], label="Other (please specify)"
    ),
    "none first": DRAW.multiple("M ?", ["None of the above", "Bb", "Cc"]),
    "a box to accept": Asked(
        "J’accepte",
        ["J’accepte tout"],
        [["J’accepte tout"] * PEOPLE],
        "multiple",
        ["J’accepte tout"],
        ["J’accepte tout"],
    ),
    "several lines": DRAW.text(
        "Libre ?", write=lambda k: f'ligne de {k}\nautre, "dite" ; là\n\nfin'
    ),
    "several lines of Windows": DRAW.text("Libre ?", write=lambda k: f"ligne de {k}\r\nautre"),
    "very long": DRAW.text("Libre ?", write=lambda k: "mot " * 2000 + str(k)),
    "decimals to choose from": DRAW.single("Tarif ?", ["1.15", "1.25", "2.50"]),
    "files": DRAW.files("Joignez"),
}


@pytest.mark.parametrize("name", ASKED)
def test_kinds_of_question(tmp_path, name):
    made = of(*BASE, ASKED[name], DRAW.single("Et après ?", ["x1", "y1"]))
    check(inspected(tmp_path, as_text(made.rows)), made)


def test_comment_beside_check_boxes(tmp_path):
    typed = [f"remarque {k}" if k % 5 == 0 else "" for k in range(PEOPLE)]
    asked = replace(ABOUT, labels=[*ABOUT.labels, "Commentaires :"], cells=[*ABOUT.cells, typed])
    made = of(*BASE, asked)
    check(inspected(tmp_path, as_text(made.rows)), made)


def test_html_and_no_break_spaces(tmp_path):
    asked = replace(ABOUT, title="Vos<br>usages <strong>réels</strong>\u00a0?")
    clean_title = replace(ABOUT, title="Vos usages réels ?")
    found = inspected(tmp_path, as_text(of(*BASE, asked).rows))
    check(found, of(*BASE, clean_title))


def test_one_question_on_several_branches(tmp_path):
    again = [DRAW.single("Votre avis ?", ["Oui", "Non"]) for _ in range(3)]
    boxes = [DRAW.multiple("Usages ?", ["Aa", "Bb"]) for _ in range(2)]
    made = of(again[0], DRAW.text("Un mot ?"), *again[1:], *boxes)
    check(inspected(tmp_path, as_text(made.rows)), made)


def test_a_thousand_columns(tmp_path):
    asked = [DRAW.single(f"Question {k} ?", ["a1", "b1"]) for k in range(500)]
    asked += [DRAW.multiple(f"Multi {k} ?", ["x1", "y1", "z1"]) for k in range(150)]
    made = of(*asked)
    check(inspected(tmp_path, as_text(made.rows)), made)


@pytest.mark.parametrize("kind", ["matrix", "ranking", "text", "multiple"])
def test_surveys_of_one_kind(tmp_path, kind):
    asked = {
        "matrix": [DRAW.matrix("M ?", PLACES, OFTEN)],
        "ranking": [DRAW.ranking("R ?", PLACES)],
        "text": [DRAW.text(f"Texte {k} ?") for k in range(4)],
        "multiple": [DRAW.multiple("U ?", ["Aa", "Bb", "Cc"])],
    }[kind]
    made = of(*asked)
    check(inspected(tmp_path, as_text(made.rows)), made)
