"""The look-alike responses in the other formats in which a platform or a person hands them over.

In: writers of XLS, ODS, SPSS and of the API's JSON, by hand but for SPSS. Not in: anything of the
code under test.

Sources of the formats: MS-CFB and MS-XLS (one stream in a compound file, BIFF8 records);
OpenDocument 1.2; SurveyMonkey's API v3.
"""

from __future__ import annotations

import json
import struct
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from observatoire_pipeline_tests.unit.ingest.lookalikes import (
    CONDENSED,
    METADATA,
    NEW_NAMES,
    PERSONAL,
    as_zip,
)

ERRORS = {"#DIV/0!": 0x07, "#REF!": 0x17, "#NAME?": 0x1D, "#N/A": 0x2A}


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell(r: int, c: int, value: object) -> bytes:
    if value in ERRORS:
        return _record(0x0205, struct.pack("<HHHBB", r, c, 0, ERRORS[str(value)], 1))
    if isinstance(value, str):
        text = struct.pack("<H", len(value)) + b"\x01" + value.encode("utf-16-le")
        return _record(0x0204, struct.pack("<HHH", r, c, 0) + text)
    if isinstance(value, datetime):
        days = (value - datetime(1899, 12, 30)).total_seconds() / 86400
        return _record(0x0203, struct.pack("<HHHd", r, c, 1, days))
    return _record(0x0203, struct.pack("<HHHd", r, c, 0, float(str(value))))


def as_xls(sheets: dict[str, list[list[Any]]], *, hidden: tuple[str, ...] = ()) -> bytes:
    """Return a workbook in the old binary format; a text of `ERRORS` is a formula error."""
    bodies = []
    for records in sheets.values():
        width = max(map(len, records), default=0)
        body = _record(0x0809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
        body += _record(0x0200, struct.pack("<IIHHH", 0, len(records), 0, width, 0))
        body += b"".join(
            _cell(r, c, value)
            for r, record in enumerate(records)
            for c, value in enumerate(record)
            if value != ""
        )
        bodies.append(body + _record(0x000A))

    def book(offsets: list[int]) -> bytes:
        start = _record(0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
        start += _record(0x0042, struct.pack("<H", 1200))
        for form in (0, 22):
            start += _record(0x00E0, struct.pack("<HHHBBBBIIH", 0, form, 0, 0, 0, 0, 0, 0, 0, 0))
        for name, offset in zip(sheets, offsets, strict=True):
            text = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
            start += _record(0x0085, struct.pack("<IBB", offset, int(name in hidden), 0) + text)
        return start + _record(0x000A)

    at, offsets = len(book([0] * len(bodies))), []
    for body in bodies:
        offsets.append(at)
        at += len(body)
    stream = book(offsets) + b"".join(bodies)
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    count = len(stream) // 512
    tables = next(n for n in range(1, 99) if n * 128 >= count + 1 + n)
    chain = [-3] * tables + [-2] + [tables + 2 + k for k in range(count - 1)] + [-2]
    chain += [-1] * (tables * 128 - len(chain))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack(
        "<HHHHH6xIIIIIiIiI", 62, 3, 0xFFFE, 9, 6, 0, tables, tables, 0, 4096, -2, 0, -2, 0
    )
    head += struct.pack("<109i", *range(tables), *[-1] * (109 - tables))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = (name.encode("utf-16-le") + b"\0\0").ljust(64, b"\0")
        length = 2 * len(name) + 2 if name else 0
        links = struct.pack("<HBBiii16xIQQ", length, kind, 1, -1, -1, child, 0, 0, 0)
        return text + links + struct.pack("<iQ", start, size)

    folder = entry("Root Entry", 5, 1, -2, 0) + entry("Workbook", 2, -1, tables + 1, len(stream))
    folder += entry("", 0, -1, 0, 0) * 2
    return head + struct.pack(f"<{len(chain)}i", *chain) + folder + stream


def as_ods(sheets: dict[str, list[list[Any]]]) -> bytes:
    """Return an OpenDocument spreadsheet; a text of `ERRORS` is a formula error."""
    tables = ""
    for name, records in sheets.items():
        rows = ""
        for record in records:
            rows += "<table:table-row>"
            for value in record:
                text = escape(str(value))
                kind = ' office:value-type="string"'
                if value in ERRORS:
                    kind += ' office:string-value="" calcext:value-type="error"'
                elif isinstance(value, datetime):
                    kind = f' office:value-type="date" office:date-value="{value.isoformat()}"'
                elif not isinstance(value, str):
                    kind = f' office:value-type="float" office:value="{value}"'
                rows += (
                    f"<table:table-cell{kind}><text:p>{text}</text:p></table:table-cell>"
                    if value != ""
                    else "<table:table-cell/>"
                )
            rows += "</table:table-row>"
        tables += f'<table:table table:name="{escape(name)}">{rows}</table:table>'
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    spaces += (
        ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = b'<?xml version="1.0"?><manifest/>'
    return as_zip(
        {"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content.encode()}
    )


def questions() -> list[tuple[str, list[tuple[str, ...]]]]:
    """The condensed look-alike by question: title, then (label, cells...) of each column."""
    found: list[tuple[str, list[tuple[str, ...]]]] = []
    for title, label, *cells in CONDENSED:
        if title:
            found.append((title, []))
        found[-1][1].append((label, *cells))
    return found


OPTIONS = {
    "Quelle est votre collectivité ?": ["Commune", "Département", "Région"],
    "Avez-vous un outil numérique ?": ["Oui", "Non"],
    "Rencontrez-vous ces difficultés ?": ["Jamais", "Parfois - rarement", "Souvent", "Ne sait pas"],
    "Classez vos priorités": ["1", "2", "3"],
    "Quel budget annuel ?": [
        "Moins de 5 000 €",
        "De 5 000 à 20 000 €",
        "20 000 € et plus",
        "Ne sait pas",
    ],
    "Outil 1 : quel type ?": ["Plateforme", "Application"],
    "Outil 2 : quel type ?": ["Plateforme", "Application"],
}
BESIDE = ("Autre (veuillez préciser)", "Commentaires :")


def as_sav(*, compress: bool = False) -> bytes:
    """Return the look-alike as SPSS has it: q0001, q0004_0001, labels and value labels."""
    import pandas as pd
    import pyreadstat

    columns: dict[str, list[Any]] = {
        "RespondentID": [float(record[0]) for record in METADATA],
        "CollectorID": [float(record[1]) for record in METADATA],
        "StartDate": [datetime.strptime(r[2], "%m/%d/%Y %I:%M:%S %p") for r in METADATA],
        "EndDate": [datetime.strptime(r[3], "%m/%d/%Y %I:%M:%S %p") for r in METADATA],
        "IPAddress": [PERSONAL[0]] * 3,
    }
    labels: dict[str, str] = {}
    values: dict[str, dict[float, str]] = {}
    for number, (title, listed) in enumerate(questions(), start=1):
        options = [*OPTIONS.get(title, []), *([BESIDE[0]] if number == 1 else [])]
        for k, (label, *cells) in enumerate(listed, start=1):
            name = f"q{number:04d}" if len(listed) == 1 else f"q{number:04d}_{k:04d}"
            labels[name] = title if label in ("Response", "Open-Ended Response") else ""
            labels[name] = labels[name] or f"{title} - {label}"
            if label in BESIDE or label == "Open-Ended Response":
                columns[name] = cells
            elif options and not title.startswith("Classez"):
                values[name] = {float(i): text for i, text in enumerate(options, start=1)}
                codes = {text: code for code, text in values[name].items()}
                columns[name] = [codes.get(cell) for cell in cells]
            elif title.startswith("Classez"):
                columns[name] = [float(cell) if cell else None for cell in cells]
            else:
                values[name] = {0.0: "Not selected", 1.0: label}
                columns[name] = [1.0 if cell else 0.0 for cell in cells]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sav"
        pyreadstat.write_sav(
            pd.DataFrame(columns),
            path,
            column_labels=labels,
            variable_value_labels=values,
            compress=compress,
        )
        return path.read_bytes()


def as_api(*, statuses: tuple[str, ...] = ("completed", "partial", "completed")) -> dict[str, Any]:
    """Return the look-alike as the API answers it: `details` and `responses`."""
    asked: list[dict[str, Any]] = []
    answered: list[list[dict[str, Any]]] = [[] for _ in METADATA]
    for number, (title, listed) in enumerate(questions(), start=1):
        ident = f"q{number}"
        options = OPTIONS.get(title, [])
        boxes = [label for label, *_ in listed if label not in BESIDE]
        family, subtype = "single_choice", "vertical"
        if listed[0][0] == "Open-Ended Response":
            family, subtype = "open_ended", "single"
        elif title.startswith("Classez"):
            family, subtype = "matrix", "ranking"
        elif options and listed[0][0] != "Response":
            family, subtype = "matrix", "rating"
        elif not options:
            family, subtype, options = "multiple_choice", "vertical", boxes
        answers: dict[str, Any] = {
            "choices": [
                {"id": f"{ident}c{k}", "text": text, "position": k, "visible": True}
                for k, text in enumerate(options, start=1)
            ]
        }
        if family == "matrix":
            answers["rows"] = [
                {"id": f"{ident}r{k}", "text": text, "position": k}
                for k, text in enumerate(boxes, start=1)
            ]
        for label, *_ in listed:
            if label in BESIDE:
                chosen = label == BESIDE[0]
                answers["other"] = {"id": f"{ident}o", "text": label, "is_answer_choice": chosen}
        question = {
            "id": ident,
            "position": number,
            "family": family,
            "subtype": subtype,
            "headings": [{"heading": title}],
        }
        asked.append(question if family == "open_ended" else question | {"answers": answers})
        for k in range(len(METADATA)):
            given: list[dict[str, str]] = []
            for place, (label, *cells) in enumerate(listed, start=1):
                cell = cells[k]
                if not cell or (label == "Response" and cell not in options):
                    continue
                if label in BESIDE:
                    given.append({"other_id": f"{ident}o", "text": cell})
                elif family == "open_ended":
                    given.append({"text": cell})
                elif family == "matrix":
                    choice = f"{ident}c{options.index(cell) + 1}"
                    given.append({"row_id": f"{ident}r{place}", "choice_id": choice})
                else:
                    given.append({"choice_id": f"{ident}c{options.index(cell) + 1}"})
            if given:
                answered[k].append({"id": ident, "answers": given})
    moments = [
        [
            datetime.strptime(cell, "%m/%d/%Y %I:%M:%S %p").isoformat() + "+00:00"
            for cell in record[2:4]
        ]
        for record in METADATA
    ]
    return {
        "details": {"id": "77", "title": "Étude", "pages": [{"id": "p", "questions": asked}]},
        "responses": {
            "data": [
                {
                    "id": record[0],
                    "survey_id": "77",
                    "collector_id": record[1],
                    "response_status": statuses[k],
                    "date_created": moments[k][0],
                    "date_modified": moments[k][1],
                    "ip_address": PERSONAL[0],
                    "email_address": PERSONAL[1],
                    "custom_variables": {},
                    "pages": [{"id": "p", "questions": answered[k]}],
                }
                for k, record in enumerate(METADATA)
            ],
            "total": len(METADATA),
        },
    }


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


NAMES = NEW_NAMES
