"""The quality page of an edition and the note to its supplier, written as files (French).

In: what the templates are given, and the files. Pages hold no script and no address of the outside
world, so that they can be opened, sent and printed anywhere. Not in: what is expected of an edition
(`content`), the points of the note (`note`).
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from importlib.resources import files as resource_files
from pathlib import Path
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.validate.content import ACCEPTED, ITEM_OF, RAW, RULES
from observatoire_pipeline.validate.note import Point
from observatoire_pipeline.validate.wording import (
    EXPECTED,
    number_words,
    rows_words,
    share_words,
    typeset,
    words_of,
)

FIRST_POINTS = 5
PAGE_LINES = 84
"""What one printed page holds under its heading, in lines of the table; measured in a browser."""
_LEFT_LINES = 11
_BOLD_WIDTH, _WIDTH = 86, 108
_CELL_WIDTHS = (40, 27, 38)
"""Characters in a line of the points in full, bold or not, and of the wide columns of the table."""
LEFT_SHOWN = 7
"""How many of the points that the page has no line for are named, of each kind."""

ROWS_FILE = "note_fournisseur_lignes.csv"

_SECONDS = 120
"""Durations under this are told in seconds."""

_BOUNDS = ("min_value", "max_value")

_LOOKED_AT = {RAW: "Fichier reçu", ACCEPTED: "Réponses acceptées"}

_SEVERITIES = {"serious": "Important", "notable": "À regarder", "minor": "Pour information"}


def write_pages(
    folder: Path,
    report: pd.DataFrame,
    points: Sequence[Point],
    source_files: pd.DataFrame,
    *,
    responses: int,
    edition: str,
    codebook: Codebook,
) -> list[Path]:
    """Write the quality page and the note to the supplier into a folder.

    `rapport.html` is for the survey team. The note is `note_fournisseur.html`, one printed page,
    `note_fournisseur.md`, the same at full length for a message, and
    `note_fournisseur_lignes.csv`, every row of every point for a spreadsheet.

    Args:
        folder: Made when it is missing; a file replaces the one of that name at once.
        report: A frame of `quality_report`.
        points: The points of the note, what matters most first.
        source_files: A frame of that table.
        responses: How many responses were accepted.
        edition: The edition.
        codebook: The survey.

    Returns:
        The paths, the page first.
    """
    facts = {
        "survey": codebook.survey.title,
        "publisher": codebook.survey.publisher,
        "edition": codebook.editions[edition].title,
        "responses": number_words(responses),
        "files": source_files["file"].drop_duplicates().tolist(),
        "synthetic": bool(source_files["synthetic"].any()),
    }
    named = len(facts["files"]) > 1
    pages = {
        "rapport.html": _render("rapport.html.jinja", **facts, **_findings(report, source_files)),
        "note_fournisseur.html": _render("note.html.jinja", **facts, **_note(points, named=named)),
        "note_fournisseur.md": _render("note.md.jinja", **facts, **_at_length(points, named=named)),
        ROWS_FILE: _rows_file(points),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages.items():
        beside = folder / f".{name}.new"
        # A spreadsheet takes a CSV without this mark for Windows-1252.
        encoding = "utf-8-sig" if name.endswith(".csv") else "utf-8"
        beside.write_text(text, encoding=encoding, newline="")
        written.append(beside.replace(folder / name))
    return written


def findings_table(report: pd.DataFrame) -> str:
    """Return what is not met as a Markdown table in French, rows of single responses left out."""
    missed = _once(report[~report["met"]])
    if missed.empty:
        return "Toutes les vérifications sont satisfaites."
    lines = ["| Constat | Question | Vu dans | Trouvé |", "| --- | --- | --- | --- |"]
    for row in missed.to_dict("records"):
        found = f"{number_words(row['unexpected_rows'])} sur {number_words(row['rows'])}"
        if row["rule"] == "distance":
            found = f"écart de {number_words(row['observed'])}"
        place = row["place"] or "Toute la réponse"
        cells = (words_of(row["rule"]).seen, place, row["looked_at"], found)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return typeset("\n".join(lines))


def _render(template: str, **values: Any) -> str:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = resource_files("observatoire_pipeline.validate") / "templates"
    environment = Environment(
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=template.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return typeset(environment.get_template(template).render(**values))


def _at_length(points: Sequence[Point], *, named: bool) -> dict[str, Any]:
    """Return every point with all its places, rows beyond fifteen runs counted."""
    every = [
        _brief(p, kinds=len(p.kinds), places=len(p.where), shown=15, named=named) for p in points
    ]
    return {"first": every[:FIRST_POINTS], "others": every[FIRST_POINTS:], "count": len(points)}


def _note(points: Sequence[Point], *, named: bool) -> dict[str, Any]:
    """Return the points at the length that one printed page holds.

    Five in full, then a line for each as long as the page has room, then what the others say, and
    where: the rows of all of them stand in `ROWS_FILE`.
    """
    first = [_brief(p, kinds=3, places=3, shown=8, named=named) for p in points[:FIRST_POINTS]]
    every = [_brief(p, kinds=2, places=1, shown=3, named=named) for p in points[FIRST_POINTS:]]
    room = PAGE_LINES - sum(map(_full_lines, first))
    fitting = _fitting(every, room=room)
    if fitting < len(every):
        fitting = _fitting(every, room=room - _LEFT_LINES)
    return {
        "first": first,
        "others": every[:fitting],
        "left": _grouped(points[FIRST_POINTS + fitting :], named=named),
        "count": len(points),
        "rows_file": ROWS_FILE,
    }


def _brief(point: Point, *, kinds: int, places: int, shown: int, named: bool) -> dict[str, Any]:
    return {
        "seen": point.brief_seen(kinds=kinds),
        "where": point.brief_places(places=places, shown=shown, named=named),
        "to_do": point.to_do,
        "settled": point.settled,
    }


def _full_lines(point: dict[str, Any]) -> float:
    """Return the height of a point told in full, in lines of the table."""
    bold = math.ceil((len(point["seen"]) + 26) / _BOLD_WIDTH)
    bold += math.ceil((len(point["to_do"]) + 12) / _BOLD_WIDTH)
    return 0.3 + 1.23 * (bold + math.ceil((len(point["where"]) + 6) / _WIDTH))


def _fitting(lines: Sequence[dict[str, Any]], *, room: float) -> int:
    """Return how many lines of the table fit into the room that is left."""
    for number, point in enumerate(lines):
        settled = len(" (déjà réglé)") if point["settled"] else 0
        cells = (len(point["seen"]) + settled, len(point["where"]), len(point["to_do"]))
        widths = zip(cells, _CELL_WIDTHS, strict=True)
        room -= 0.4 + max(math.ceil(length / width) for length, width in widths)
        if room < 0:
            return number
    return len(lines)


def _grouped(points: Sequence[Point], *, named: bool) -> list[dict[str, str]]:
    """Return what has no line of its own: what to look at, and what asks nothing any more."""
    groups = {"À voir aussi": False, "Déjà réglé, rien à faire": True}
    found = []
    for title, settled in groups.items():
        told = [
            f"{_lower(point.brief_seen(kinds=1))} ({_short_place(point, named=named)})"
            for point in points
            if point.settled == settled
        ]
        if told:
            more = len(told) - LEFT_SHOWN
            if more > 0:
                told = [*told[:LEFT_SHOWN], f"et {more} autre{'s' if more > 1 else ''}"]
            found.append({"title": title, "told": " ; ".join(told)})
    return found


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _short_place(point: Point, *, named: bool) -> str:
    """Return the place when it is a short one, else how often."""
    place = point.brief_places(places=1, shown=3, named=named)
    short = len(point.where) == 1 and (point.where[0].rows or point.where[0].said)
    return place if short and len(place) <= 40 else f"{number_words(point.count)} {_unit(point)}"


def _unit(point: Point) -> str:
    return point.unit.removesuffix("s") if point.count < 2 and point.unit != "fois" else point.unit


def _rows_file(points: Sequence[Point]) -> str:
    """Return every place of every point as a CSV that French spreadsheets open as it is."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        ["Point", "Constat", "Fichier", "Question", "Colonne", "Lignes", "Que faire", "Déjà réglé"]
    )
    for number, point in enumerate(points, start=1):
        for place in point.where:
            rows = place.said or "tout le fichier"
            if place.rows:
                rows = rows_words(place.rows, total=place.total, shown=len(place.rows))
            elif not place.file:
                rows = place.said or "toute la question"
            cells = [
                point.seen,
                place.file,
                place.question,
                ", ".join(place.columns),
                rows,
                point.to_do,
                "oui" if point.settled else "non",
            ]
            writer.writerow([number, *(_harmless(cell) for cell in cells)])
    return typeset(out.getvalue())


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _findings(report: pd.DataFrame, source_files: pd.DataFrame) -> dict[str, Any]:
    """Return what the page tells: what is not met by severity, then every rule with its counts."""
    files = dict(zip(source_files["source_id"], source_files["file"], strict=True))
    missed = _once(report[~report["met"]])
    groups = [
        {"title": title, "rows": [_finding(row, files) for row in rows.to_dict("records")]}
        for severity, title in _SEVERITIES.items()
        if len(rows := missed[missed["severity"] == severity])
    ]
    rules = [
        {
            "asked": asked,
            "suites": [_verdict(report, suite, rule) for suite in RULES],
        }
        for rule, asked in EXPECTED.items()
    ]
    blanks = _by_question(report[report["rule"] == "blanks"]).head(15)
    return {
        "groups": groups,
        "rules": rules,
        "expectations": len(report),
        "missed": len(missed),
        "blanks": [
            {
                "place": row["place"],
                "share": share_words(row["observed"]),
                "width": round(100 * row["observed"]),
                "rows": number_words(row["unexpected_rows"]),
                "asked": number_words(row["rows"]),
            }
            for row in blanks.to_dict("records")
            if pd.notna(row["observed"])
        ],
    }


def _by_question(blanks: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of blanks, largest first; the items of a question left together are one."""
    question = blanks["place"].str.split(ITEM_OF, n=1).str[0]
    alike = [question, blanks["unexpected_rows"], blanks["rows"]]
    several = blanks.groupby(alike, sort=False)["place"].transform("size")
    whole = question + several.map(lambda size: f" ({size} propositions)")
    told = blanks.assign(place=blanks["place"].where(several == 1, whole))
    told = told.drop_duplicates(["place", "unexpected_rows", "rows"])
    return told.sort_values("observed", ascending=False, kind="stable")


def _verdict(report: pd.DataFrame, suite: str, rule: str) -> str:
    """Return what a suite says of a rule: how many of its expectations are met."""
    if rule not in RULES[suite]:
        return "–"
    asked = report[(report["suite"] == suite) & (report["rule"] == rule)]
    if asked.empty:
        return "impossible à vérifier ici"
    missed = int((~asked["met"]).sum())
    if not missed:
        return "oui"
    return "non" if len(asked) == 1 else f"non : {missed} sur {len(asked)}"


def _once(missed: pd.DataFrame) -> pd.DataFrame:
    """Return the findings with `looked_at`, one for what both suites found in the same rows."""
    same = ["rule", "place", "unexpected_rows", "row_numbers"]
    both = missed.duplicated(same, keep=False)
    where = missed["suite"].map(_LOOKED_AT).mask(both, "Fichier et réponses")
    return missed.assign(looked_at=where).drop_duplicates(same, keep="last")


def _dates(limits: dict[str, Any]) -> str:
    """Return the days between which responses start; `max_value` is the day after the last."""
    first, after = (limits.get(key) and pd.Timestamp(limits[key]) for key in _BOUNDS)
    last = after - pd.Timedelta(days=1) if after else None
    if first and last:
        return f"du {first:%d/%m/%Y} au {last:%d/%m/%Y}"
    return f"à partir du {first:%d/%m/%Y}" if first else f"jusqu’au {last:%d/%m/%Y}"


def _finding(row: dict[str, Any], files: dict[str, str]) -> dict[str, str]:
    rule, limits = row["rule"], json.loads(row["expected"])
    words = words_of(rule)
    found = f"{number_words(row['unexpected_rows'])} sur {number_words(row['rows'])}"
    limit = "aucune ligne"
    if rule in ("blanks", "other"):
        found = f"{share_words(row['observed'])} ({found})"
        limit = f"au plus {share_words(1 - limits['mostly'])}"
    elif rule == "distance":
        found = f"écart de {number_words(row['observed'])}"
        limit = f"au plus {number_words(limits['max_value'])}"
    elif rule == "hasty":
        least = limits["min_value"]
        limit = (
            f"au moins {round(least)} s" if least < _SECONDS else f"au moins {least / 60:.0f} min"
        )
    elif rule == "outside_fieldwork":
        limit = _dates(limits)
    rows = [
        (f"{files[source_id]}, " if len(files) > 1 else "") + rows_words(numbers, shown=10)
        for source_id, numbers in json.loads(row["row_numbers"]).items()
    ]
    listed = sum(len(numbers) for numbers in json.loads(row["row_numbers"]).values())
    if rows and listed < row["unexpected_rows"]:
        rows.append(f"{listed} premières sur {number_words(row['unexpected_rows'])}")
    return {
        "seen": words.seen,
        "place": row["place"] or "Toute la réponse",
        "looked_at": row["looked_at"],
        "found": found,
        "limit": limit,
        "rows": " ; ".join(rows) if rule not in ("distance",) else "–",
    }
