"""Raw tables of an edition, written by hand as a few rows.

In: rows as dictionaries → the three tables of the ingest stage. Not in: reading a file.

A key of a row is a metadata field (`respondent_id`, `started_at`...), `personal`, or a column of
answers: `variable`, `variable__item`, `@2` for the second instance, `=code` for a box of an
expanded layout (`profil=commune`).
"""

from typing import NamedTuple

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.normalise.responses import Normalised, normalise
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.validate.acceptance import Accepted, accept

METADATA = ("respondent_id", "collector_id", "started_at", "ended_at", "language")


class Raw(NamedTuple):
    raw_responses: pd.DataFrame
    raw_columns: pd.DataFrame
    source_files: pd.DataFrame
    edition: str
    codebook: Codebook

    def accept(self) -> Accepted:
        return accept(*self[:3], edition=self.edition, codebook=self.codebook)

    def normalise(self) -> Normalised:
        accepted = self.accept()
        return normalise(
            *accepted,
            self.raw_columns,
            self.source_files,
            self.raw_responses,
            edition=self.edition,
            codebook=self.codebook,
        )


def raw_tables(
    rows: list[dict[str, str]],
    *,
    codebook: Codebook,
    edition: str = "2018",
    columns: list[str] | None = None,
) -> Raw:
    """Return the raw tables of one file."""
    return raw_files({"export.csv": rows}, codebook=codebook, edition=edition, columns=columns)


def raw_files(
    files: dict[str, list[dict[str, str]]],
    *,
    codebook: Codebook,
    edition: str = "2018",
    columns: list[str] | None = None,
) -> Raw:
    """Return the raw tables of several files; the first column of each is the identifier."""
    tables = catalogue(codebook)
    sources, described, responses = [], [], []
    for number, (file, rows) in enumerate(files.items(), start=1):
        source_id = f"s{number}"
        names = list(
            dict.fromkeys(["respondent_id", *(columns or []), *(k for r in rows for k in r)])
        )
        made = [
            _column(name, place, edition=edition, codebook=codebook)
            for place, name in enumerate(names, start=1)
        ]
        title_seen: dict[str, int] = {}
        for column, name in zip(made, names, strict=True):
            group = title_seen.setdefault(f"{column['title']}", len(title_seen) + 1)
            values = [row.get(name, "") for row in rows]
            column |= {
                "edition": edition,
                "source_id": source_id,
                "question_group": group,
                "cells_in": sum(value.strip() != "" for value in values),
            }
        described += made
        responses += [
            {
                "edition": edition,
                "source_id": source_id,
                "row": place,
                **{
                    column["column"]: row.get(name, "")
                    for column, name in zip(made, names, strict=True)
                    if column["role"] != "personal"
                },
            }
            for place, row in enumerate(rows, start=3)
        ]
        sources.append(_source(source_id, file, edition, rows, made))
    frame = pd.DataFrame(responses).fillna("")
    cells = sorted(name for name in frame.columns if name.startswith("c0"))
    return Raw(
        frame[["edition", "source_id", "row", *cells]],
        from_records(described, tables["raw_columns"]),
        pd.DataFrame(sources),
        edition,
        codebook,
    )


def _column(name: str, place: int, *, edition: str, codebook: Codebook) -> dict[str, object]:
    made: dict[str, object] = {
        "column": f"c{place:03d}",
        "position": place,
        "title": name,
        "label": "",
        "role": "metadata",
        "field": name,
        "variable": "",
        "item": "",
        "instance": 1,
        "code": "",
        "reading": "",
        "separator": "",
        "no_answer": "",
    }
    if name in METADATA:
        return made
    if name.startswith("personal"):
        return made | {"role": "personal", "field": ""}
    spelled, _, code = name.partition("=")
    spelled, _, instance = spelled.partition("@")
    variable, _, item = spelled.partition("__")
    item = item.partition("#")[0]
    variable = variable.partition("#")[0]
    title = codebook.column_text(variable, None, edition) or ""
    label = (codebook.column_text(variable, item, edition) or "") if item else "Response"
    if code:
        answer = codebook.label_of(variable, item or None, code)
        label = f"{label} - {answer}" if item else answer
    return made | {
        "title": title.replace("{instance}", instance or "1"),
        "label": label,
        "role": "question",
        "field": "",
        "variable": variable,
        "item": item,
        "instance": int(instance or 1),
        "code": code,
    }


def _source(
    source_id: str, file: str, edition: str, rows: list, columns: list
) -> dict[str, object]:
    return {
        "edition": edition,
        "source_id": source_id,
        "file": file,
        "member": "",
        "sha256": "0" * 64,
        "bytes": 1,
        "platform": "surveymonkey",
        "layout": "condensed",
        "encoding": "utf-8",
        "delimiter": ",",
        "header_rows": 2,
        "rows": len(rows),
        "columns": len(columns),
        "cells_in": sum(column["cells_in"] for column in columns),
        "damage": "[]",
        "synthetic": True,
    }
