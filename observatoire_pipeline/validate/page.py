"""The quality page of an edition and the note to its supplier, written as files (French).

In: what the templates are given, and the files. Pages hold no script and no address of the outside
world, so that they can be opened, sent and printed anywhere. Not in: what is expected of an edition
(`content`), the points of the note (`note`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files as resource_files
from pathlib import Path
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.validate.content import ACCEPTED, RAW, RULES
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
    """Write `rapport.html`, `note_fournisseur.html` and `note_fournisseur.md` into a folder.

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
    said = _points(points)
    pages = {
        "rapport.html": _render("rapport.html.jinja", **facts, **_findings(report, source_files)),
        "note_fournisseur.html": _render("note.html.jinja", **facts, **said),
        "note_fournisseur.md": _render("note.md.jinja", **facts, **said),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages.items():
        beside = folder / f".{name}.new"
        beside.write_text(text, encoding="utf-8")
        written.append(beside.replace(folder / name))
    return written


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


def _points(points: Sequence[Point]) -> dict[str, Any]:
    first = points[:FIRST_POINTS]
    return {"first": first, "others": points[FIRST_POINTS:], "count": len(points)}


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
    blanks = report[report["rule"] == "blanks"].sort_values("observed", ascending=False).head(15)
    return {
        "groups": groups,
        "rules": rules,
        "expectations": len(report),
        "missed": int((~report["met"]).sum()),
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
    same = ["rule", "place", "unexpected_rows", "rows", "row_numbers"]
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
    limit = "aucune"
    if rule in ("blanks", "other"):
        found = f"{share_words(row['observed'])} ({found})"
        limit = f"au plus {share_words(1 - limits['mostly'])}"
    elif rule == "distance":
        found = f"écart de {number_words(row['observed'])}"
        limit = f"au plus {number_words(limits['max_value'])}"
    elif rule == "hasty":
        limit = f"au moins {number_words(round(limits['min_value'] / 60))} min"
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
