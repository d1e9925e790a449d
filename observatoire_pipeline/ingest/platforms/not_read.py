"""Exports that are recognised in order to be refused by name.

In: the signs of summary exports, of SPSS-style files and of platforms that are not read yet.
Not in: the platforms that are read. A sign is looked for in the first rows only, and says in words
what a person should do instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from observatoire_pipeline.codebook.labels import normalise_label

Rows = Sequence[Sequence[str]]

_LIMESURVEY_FIRST = {"id", "id reponse", "id de la reponse", "response id"}
_LIMESURVEY = {
    "submitdate",
    "lastpage",
    "startlanguage",
    "seed",
    "datestamp",
    "refurl",
    "langue",
    "date de soumission",
    "derniere page",
    "langue de depart",
    "tete de serie",
    "date de lancement",
    "date de la derniere action",
    "date submitted",
    "last page",
    "start language",
}
_TIMESTAMP = {"timestamp", "horodateur"}
_SUMMARY = {"answer choices", "choix de reponses", "reponses"}
_COUNTED = {"answered", "skipped", "repondues", "ignorees", "ont repondu", "ont ignore"}
_QUESTION = re.compile(r"^q(uestion )?\d+\b[.\s:]*")
_SPSS_NAME = re.compile(r"^q\d{4}(_\d{4})*$")
_INDIVIDUAL = (
    "in SurveyMonkey choose “All Responses Data” (“Toutes les réponses individuelles”), not a "
    "summary"
)
_NEXT = "this version reads SurveyMonkey exports with two header rows only"


def foreign_export(rows: Rows, *, sheets: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return what export the first rows belong to, and a hint; None when no sign is seen.

    Args:
        rows: The first non-blank rows of the file, at least six where it has them.
        sheets: The names of the sheets of a workbook.
    """
    if not rows:
        return None
    first = [normalise_label(cell) for cell in rows[0]]
    if is_summary(rows, sheets):
        return "a summary export (counts per question, not responses)", _INDIVIDUAL
    if any("{" in cell and '"importid"' in cell.lower() for row in rows[:3] for cell in row):
        return "a Qualtrics export (a header row of ImportId)", _NEXT
    if first[0] in _TIMESTAMP:
        return f"a Google Forms export (first column {rows[0][0]!r})", _NEXT
    if first[0] in _LIMESURVEY_FIRST and set(first[1:]) & _LIMESURVEY:
        return "a LimeSurvey export (its fixed columns in a single header row)", _NEXT
    if first[0] == "#" and {"network id", "submit date (utc)"} & set(first):
        return "a Typeform export", _NEXT
    if sum(bool(_SPSS_NAME.match(cell)) for cell in first) >= 3:
        return "an export with SPSS-style names (q0001, q0004_0001)", _INDIVIDUAL
    return None


def is_summary(rows: Rows, sheets: Sequence[str]) -> bool:
    """Tell whether the first rows, or the names of the sheets, are those of a summary."""
    if len(sheets) > 1 and all(_QUESTION.match(normalise_label(sheet)) for sheet in sheets):
        return True
    starts = [normalise_label(row[0]) for row in rows if row]
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if filled[0] != 1:
        return False
    asked = any(
        count == 1 and _QUESTION.match(start)
        for start, count in zip(starts[1:6], filled[1:6], strict=False)
    )
    return any(start in _SUMMARY for start in starts[1:8]) or (
        asked and any(start in _COUNTED for start in starts[1:12])
    )
