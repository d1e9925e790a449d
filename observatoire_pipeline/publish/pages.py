"""The page of a release's charts: every picture with its figures in a table beside it.

In: `charts/index.html`, for a browser, a phone, a screen reader and print: which figures stand
under which picture, how they are written, the words of the page.
Not in: the pictures (`charts`), the figures (the marts), when it appears (`release`).

A picture is no text: who does not see it, or sees it 390 pixels wide, reads the table. Each row of
a table is a row of a mart that the picture names; a figure that no mart holds is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from observatoire_pipeline.charts.changes import of_rows, verdict
from observatoire_pipeline.charts.figures import without_number
from observatoire_pipeline.charts.words import HARD, Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED
from observatoire_pipeline.publish.warehouse import PublicationError

PAGE_FILE = "index.html"

Record = dict[str, Any]

_TEXTS = {
    "fr": {
        "heading": "Graphiques",
        "skip": "Aller aux graphiques",
        "contents": "Sommaire",
        "pairs": "D’une édition à l’autre",
        "maps": "Cartes",
        "brand": "Données synthétiques : les réponses ont été produites par calcul, elles ne "
        "décrivent aucune collectivité réelle.",
        "figures": "Les chiffres de ce graphique",
        "open": "Ouvrir l’image",
        "bases": "Bases",
        "edition": "Édition",
        "answer": "Réponse",
        "share": "Part",
        "interval": "Intervalle indicatif",
        "count": "Effectif",
        "base": "Base",
        "shares": "Parts, sans redressement",
        "median": "Médiane",
        "median_in": "Tranche de la médiane",
        "item": "Proposition",
        "score": "Score",
        "rank": "Rang moyen",
        "first": "Classé premier",
        "scores": "Scores, sans redressement",
        "line": "Ligne",
        "difference": "Écart",
        "adjusted": "p corrigé",
        "smallest": "Plus petit écart visible",
        "worth": "Lecture",
        "changes": "Évolutions",
        "place": "Département",
        "number": "Nombre",
        "numbers": "Nombre par département",
        "to": "à",
    },
    "en": {
        "heading": "Charts",
        "skip": "Skip to the charts",
        "contents": "Contents",
        "pairs": "From one edition to another",
        "maps": "Maps",
        "brand": "Synthetic data: the answers were generated, they describe no real organisation.",
        "figures": "The figures of this chart",
        "open": "Open the picture",
        "bases": "Bases",
        "edition": "Edition",
        "answer": "Answer",
        "share": "Share",
        "interval": "Indicative interval",
        "count": "Count",
        "base": "Base",
        "shares": "Shares, not weighted",
        "median": "Median",
        "median_in": "Bracket of the median",
        "item": "Proposition",
        "score": "Score",
        "rank": "Mean rank",
        "first": "Ranked first",
        "scores": "Scores, not weighted",
        "line": "Line",
        "difference": "Change",
        "adjusted": "adjusted p",
        "smallest": "Smallest visible change",
        "worth": "Reading",
        "changes": "Changes",
        "place": "Département",
        "number": "Number",
        "numbers": "Number by département",
        "to": "to",
    },
}


@dataclass
class Sheet:
    """A table of the page: its caption, its heads, its rows (the first cell names the row)."""

    caption: str
    head: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)


def charts_page(
    pictures: Sequence[Mapping[str, Any]],
    frames: Mapping[str, pd.DataFrame],
    *,
    codebook: Codebook,
    synthetic: bool,
) -> str:
    """Return the page of the charts as HTML, with relative links to the files beside it.

    Args:
        pictures: Rows of the chart tables: chart, family, title, description, figure_ids.
        frames: The marts by name.
        codebook: Gives language, title, source and the names of the editions.
        synthetic: Whether any answer of the release was generated.

    Raises:
        PublicationError: pictures name figures that no mart holds; every one is listed.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    words = words_of(codebook)
    told = _TEXTS[words.language]
    drawn = [(picture, json.loads(picture["figure_ids"])) for picture in pictures]
    known = _rows(frames, {name for _, names in drawn for name in names})
    unknown = [f"{p['chart']}: {n}" for p, names in drawn for n in names if n not in known]
    if unknown:
        raise PublicationError("charts name figures that no mart holds:\n  " + "\n  ".join(unknown))
    sections: dict[str, list[Record]] = {}
    for picture, names in drawn:
        rows = [known[name] for name in names]
        title = _section(picture, rows, codebook=codebook, told=told)
        sections.setdefault(title, []).append(
            {
                "name": picture["chart"],
                "title": _title(picture, rows, codebook=codebook),
                "form": str(picture["description"]).partition(". ")[0],
                "tables": _tables(rows, words=words, told=told),
                "bases": _bases(rows, words=words),
            }
        )
    environment = Environment(
        loader=PackageLoader("observatoire_pipeline.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("charts.html.jinja").render(
        language=words.language,
        survey=words.tidy(codebook.survey.title),
        source=words.tidy(codebook.survey.source_note),
        synthetic=synthetic,
        mark=words.synthetic,
        sections=sections,
        told={name: words.tidy(text) for name, text in told.items()},
    )


def _rows(frames: Mapping[str, pd.DataFrame], wanted: set[str]) -> dict[str, Record]:
    """Return the rows that pictures name, by their key, each with the mart that it comes from."""
    found: dict[str, Record] = {}
    for mart in _WRITERS:
        frame = frames.get(mart)
        if frame is None:
            continue
        key = "change_id" if mart == "mart_changes" else "figure_id"
        for row in frame[frame[key].isin(wanted)].to_dict("records"):
            found[str(row[key])] = {**{str(k): v for k, v in row.items()}, "mart": mart}
    return found


def _section(
    picture: Mapping[str, Any],
    rows: Sequence[Record],
    *,
    codebook: Codebook,
    told: Mapping[str, str],
) -> str:
    """Return the heading under which a picture stands."""
    if picture["family"] in ("comparison", "map"):
        return told["pairs" if picture["family"] == "comparison" else "maps"]
    return codebook.editions[rows[0]["edition"]].title


def _title(picture: Mapping[str, Any], rows: Sequence[Record], *, codebook: Codebook) -> str:
    """Return the title of a picture; maps of several editions stand together and say theirs."""
    edition = codebook.editions.get(str(rows[0].get("edition", "")))
    if picture["family"] != "map" or edition is None:
        return str(picture["title"])
    return f"{edition.title} – {picture['title']}"


def _tables(rows: Sequence[Record], *, words: Words, told: Mapping[str, str]) -> list[Sheet]:
    """Return one table for each mart that the rows come from, in the order of the marts."""
    made = []
    for mart, write in _WRITERS.items():
        own = [row for row in rows if row["mart"] == mart]
        if own:
            made.append(write(own, words, told))
    return made


def _bases(rows: Sequence[Record], *, words: Words) -> list[str]:
    """Return the bases in words, without their number, which stands in its own column."""
    told = [without_number(str(row["base_words"])) for row in rows if row.get("base_words")]
    return list(dict.fromkeys(map(words.tidy, told)))


def _label(row: Record, words: Words) -> str:
    item, code = str(row["item_label"]), str(row["code_label"])
    parts = [item] if item and row["code"] == SELECTED else [item, code]
    return words.tidy(" – ".join(part for part in parts if part))


def _range(low: str, high: str, *, words: Words) -> str:
    return f"{low}{HARD}{words.range_to}{HARD}{high}"


def _shares(rows: list[Record], words: Words, told: Mapping[str, str]) -> Sheet:
    several = len({row["edition"] for row in rows}) > 1
    head = [told[n] for n in ("answer", "share", "interval", "count", "base")]
    sheet = Sheet(told["shares"], [head[0], told["edition"], *head[1:]] if several else head)
    for row in rows:
        n = int(row["base_n"])
        cells = [words.too_small(n), "–", "–", words.number(n)]
        if row["suppression"] == "none" and not pd.isna(row["share"]):
            ends = (row["ci_lower"], row["ci_upper"])
            whole = [words.percent(float(end)) for end in ends if not pd.isna(end)]
            cells = [
                words.percent(float(row["share"])),
                _range(*whole, words=words) if len(whole) == 2 else "–",
                words.number(int(row["numerator"])),
                words.number(n),
            ]
        edition = [str(row["edition"])] if several else []
        sheet.rows.append([_label(row, words), *edition, *cells])
    return sheet


def _medians(rows: list[Record], words: Words, told: Mapping[str, str]) -> Sheet:
    sheet = Sheet(told["median"], [told["median"], told["base"]])
    for row in rows:
        sheet.rows.append([words.tidy(row["median_label"]), words.number(int(row["base_n"]))])
    return sheet


def _scores(rows: list[Record], words: Words, told: Mapping[str, str]) -> Sheet:
    head = [told[n] for n in ("item", "score", "rank", "interval", "first", "base")]
    sheet = Sheet(told["scores"], head)
    for row in rows:
        n = int(row["ranked_n"])
        cells = [words.too_small(n), "–", "–", "–"]
        if row["suppression"] == "none" and not pd.isna(row["score"]):
            ends = [row["mean_rank_lower"], row["mean_rank_upper"]]
            whole = [words.number(float(end), decimals=1) for end in ends if not pd.isna(end)]
            cells = [
                words.number(float(row["score"]), decimals=1),
                words.number(float(row["mean_rank"]), decimals=1),
                _range(*whole, words=words) if len(whole) == 2 else "–",
                words.percent(float(row["first_share"])),
            ]
        sheet.rows.append([words.tidy(row["item_label"]), *cells, words.number(n)])
    return sheet


def _changes(rows: list[Record], words: Words, told: Mapping[str, str]) -> Sheet:
    pair = [str(rows[0][f"edition_{side}"]) for side in ("from", "to")]
    head = [told[n] for n in ("difference", "interval", "adjusted", "smallest", "worth")]
    sheet = Sheet(f"{told['changes']} {pair[0]} – {pair[1]}", [told["line"], *pair, *head])
    frame = pd.DataFrame(rows)
    known = of_rows(frame, base_rule="answered")
    for row in rows:
        change = known[str(row["item"]), str(row["code"])]
        ends = [words.points(end, unit=False) for end in (change.lower, change.upper)]
        sheet.rows.append(
            [
                _label(row, words),
                words.percent(float(row["share_from"])),
                words.percent(float(row["share_to"])),
                words.points(change.difference),
                _range(*ends, words=words),
                words.number(change.p_adjusted, decimals=3),
                "–" if change.smallest is None else words.points(change.smallest).lstrip("+"),
                verdict(change, words=words),
            ]
        )
    return sheet


def _places(column: str) -> Callable[[list[Record], Words, Mapping[str, str]], Sheet]:
    def write(rows: list[Record], words: Words, told: Mapping[str, str]) -> Sheet:
        sheet = Sheet(told["numbers"], [told["place"], told["number"]])
        for row in rows:
            name = f"{words.tidy(row['departement_name'])} ({row['departement']})"
            sheet.rows.append([name, words.number(int(row[column]))])
        return sheet

    return write


_WRITERS: dict[str, Callable[[list[Record], Words, Mapping[str, str]], Sheet]] = {
    "mart_brackets": _medians,
    "mart_rankings": _scores,
    "mart_estimates": _shares,
    "mart_changes": _changes,
    "mart_departements": _places("collectivites_n"),
    "mart_directory": _places("projects_n"),
}
