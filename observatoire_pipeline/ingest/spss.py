"""SPSS files (.sav, .zsav): variables, labels and value labels → an export with two header rows.

In: how a file of SPSS says what a platform's spreadsheet says in its headers, so that one survey is
read alike from either. Not in: what the questions mean (`matching`).

A group of variables (`q0004_0001`, `q0004_0002`, or a set of multiple responses) becomes a group of
columns; a value becomes its label; an unticked box (`Not selected`) becomes a blank cell, which is
what an unticked box of a spreadsheet is. A value that the file declares missing keeps its label, or
its number where it has none: it is listed, and never turned into a blank.

Source of the header: the SPSS system file format as the PSPP developers' guide describes it.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import (
    Damage,
    Export,
    ExportColumn,
    ExportQuestion,
    QuestionKind,
)
from observatoire_pipeline.ingest.grid import cell_text, grid_of, is_blank
from observatoire_pipeline.ingest.platforms.interface import Platform
from observatoire_pipeline.ingest.platforms.limesurvey import LIMESURVEY
from observatoire_pipeline.ingest.platforms.qualtrics import QUALTRICS
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY
from observatoire_pipeline.ingest.refusal import RefusedExport, refuse
from observatoire_pipeline.ingest.sniff import Member
from observatoire_pipeline.ingest.spss_reader import SECONDS
from observatoire_pipeline.ingest.workbook import CELLS_LIMIT

WHAT = "an SPSS file (.sav or .zsav)"
NOT_SELECTED = {"not selected", "non selectionne", "non selectionnee", "unselected", "unchecked"}
"""Normal forms of what stands in an unticked box."""

_READER = "observatoire_pipeline.ingest.spss_reader"
_EPOCH = dt.datetime(1582, 10, 14)
_DATE = re.compile(r"^(DATE|ADATE|EDATE|SDATE|JDATE)[\d.]*$", re.IGNORECASE)
_MOMENT = re.compile(r"^(DATETIME|YMDHMS)[\d.]*$", re.IGNORECASE)
_TIME = re.compile(r"^D?TIME[\d.]*$", re.IGNORECASE)
_QUESTION_NAME = re.compile(r"^q\d{4}(_\w+)*$", re.IGNORECASE)
_PART = re.compile(
    r"^(?P<base>.*[A-Za-z0-9])_(?P<part>(SQ)?\d{1,4}|other|autre|text|comment)$", re.I
)
_TYPED_PART = re.compile(r"^(?P<base>.*[A-Za-z0-9])_\d{1,4}_TEXT$", re.I)
"""What is typed beside a choice or a row, as Qualtrics names it: `Q3_4_TEXT`."""

_ROW_FIRST = re.compile(r"\[(?P<row>[^\[\]]+)\]\s*(?P<title>\S.*)", re.DOTALL)
"""A variable's label as LimeSurvey writes it: `[row] question`."""

_FIXED: tuple[tuple[Platform, frozenset[str]], ...] = (
    (LIMESURVEY, frozenset({"submitdate", "lastpage", "startlanguage", "datestamp"})),
    (QUALTRICS, frozenset({"responseid", "finished", "recordeddate", "distributionchannel"})),
)
"""Names of variables, two of which only this platform writes."""

_CUT = re.compile(r"\s[-–—:|]\s|[?:]\s|\s*/\s*")
_OTHER = re.compile(r"\b(other|autre|specify|pr[ée]cise[rz])\b", re.IGNORECASE)


@dataclass
class _Variable:
    name: str
    label: str
    values: Mapping[float | str, str]
    texts: list[str]
    is_text: bool
    is_date: bool
    missing: dict[str, int] = field(default_factory=dict)
    unticked: int = 0
    box: str = ""
    """Label of the one answer that a box stands for; empty when the variable is none."""

    @property
    def options(self) -> list[str]:
        return [text for text in self.values.values() if normalise_label(text) not in NOT_SELECTED]


def read_spss(member: Member) -> Export:
    """Return the export that an SPSS file holds.

    Raises:
        RefusedExport: the bytes are no such file, or are damaged, or hold no response.
    """
    found = _read(member)
    variables = [
        _variable(name, label=label, kind=kind, values=values, missing=missing, cells=cells)
        for name, label, kind, values, missing, cells in zip(
            *(found[key] for key in ("names", "labels", "kinds", "values", "missing", "cells")),
            strict=True,
        )
    ]
    platform = _written_by([variable.name for variable in variables])
    fields = {variable.name: _field(variable, platform) for variable in variables}
    _put_rows_last(variables)
    groups = _groups(variables, sets=found["sets"], fields=fields)
    names = {variable.name: k for k, variable in enumerate(variables, start=1)}
    headers: dict[int, tuple[str, str]] = {}
    columns: dict[int, ExportColumn] = {}
    questions: list[ExportQuestion] = []
    for group in groups:
        known = fields[group[0].name] if len(group) == 1 else None
        if known is not None:
            variable, position = group[0], names[group[0].name]
            title = variable.name if platform.field_of(variable.name) else variable.label
            headers[position] = (title or variable.name, "")
            columns[position] = ExportColumn(
                position=position,
                headers=headers[position],
                title=variable.label or variable.name,
                label="",
                role="personal" if known in platform.personal else "metadata",
                field=known,
                cells_in=sum(map(bool, variable.texts)),
            )
            continue
        question, described, rows = _question(group, names)
        questions.append(question)
        columns |= described
        headers |= rows
    order = range(1, len(variables) + 1)
    grid = grid_of(
        [[*headers[position], *variables[position - 1].texts] for position in order],
    )
    if len(grid.rows) <= 2:
        raise refuse(
            member.place, "", found="variables and no response", expected="at least one response"
        )
    return Export(
        platform=_platform([variable.name for variable in variables], platform),
        layout="condensed",
        header_rows=2,
        grid=grid,
        columns=tuple(columns[position] for position in order),
        questions=_same_titles(questions),
        damage=tuple(_damage(variables)),
    )


def _read(member: Member) -> dict[str, Any]:
    """Return what the compiled reader says of a file, from a process that may crash."""
    import json
    import subprocess
    import sys
    import tempfile

    _check_header(member)
    # A damaged file can also keep the reader busy for ever; a whole one takes seconds.
    patience = min(SECONDS, 20 + len(member.data) // 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.sav"
        path.write_bytes(member.data)
        try:
            done = subprocess.run(
                [sys.executable, "-m", _READER, str(path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _damaged(member, f"it took more than {patience} seconds to read") from error
    if done.returncode:
        raise _damaged(member, "its reader crashed")
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise _damaged(member, "its reader crashed") from error
    if "error" in found:
        raise _damaged(member, str(found["error"]))
    names = found["names"]
    named = all(isinstance(name, str) and name for name in names)
    if not names or not named or len(set(names)) != len(names):
        raise _damaged(member, "its variables have no name of their own")
    return found


def _check_header(member: Member) -> None:
    """Refuse what the compiled reader should not be given: sizes that the file cannot hold."""
    data = member.data
    if len(data) < 176 or data[:4] not in (b"$FL2", b"$FL3"):
        raise refuse(
            member.place,
            "",
            found="bytes that are not " + WHAT,
            expected=WHAT,
            hint="the download was interrupted or the file is damaged: export it again",
        )
    order = next((o for o in "<>" if struct.unpack_from(o + "i", data, 64)[0] in (2, 3)), None)
    if order is None:
        raise _damaged(member, "its header has an unknown layout")
    size, packing, _, cases = struct.unpack_from(order + "4i", data, 68)
    if packing not in (0, 1, 2) or (packing == 2) != (data[:4] == b"$FL3"):
        raise _damaged(member, "it is packed in an unknown way")
    most = {0: len(data) // 8, 1: len(data) * 8, 2: len(data) * 1032}[packing]
    if size < -1 or cases < -1 or max(size, 0) * max(cases, 0) > most:
        raise _damaged(member, "its header announces more than the file holds")
    if max(size, 1) * max(cases, 0) > CELLS_LIMIT * 4:
        raise refuse(
            member.place,
            "header",
            found=f"{cases} responses of {size} values",
            expected=f"at most {CELLS_LIMIT * 4} values",
            hint="export it as CSV, or split it by date",
        )


def _damaged(member: Member, detail: str) -> RefusedExport:
    return refuse(
        member.place,
        "",
        found=f"an SPSS file that is damaged ({detail})",
        expected=WHAT,
        hint="the download was interrupted or the file was changed: export it again",
    )


# --- one variable ---------------------------------------------------------------------------


def _variable(
    name: str,
    *,
    label: str | None,
    kind: str | None,
    values: Sequence[tuple[float | str, str | None]],
    missing: Sequence[Mapping[str, Any]],
    cells: Sequence[Any],
) -> _Variable:
    kind = kind or ""
    labels: dict[float | str, str] = {
        value: text for value, text in values if text is not None and not is_blank(text)
    }
    is_text = kind.upper().startswith("A") and not kind.upper().startswith("ADATE")
    spelled = {value: _spelled(value, kind=kind, values=labels) for value in set(cells)}
    texts = [spelled[value] for value in cells]
    counts = Counter(texts)
    excluded: dict[str, int] = {}
    for value, count in Counter(cells).items():
        if value is not None and _is_missing(value, missing):
            excluded[spelled[value]] = excluded.get(spelled[value], 0) + count
    variable = _Variable(
        name=name,
        label=(label or "").strip(),
        values=labels,
        texts=texts,
        is_text=is_text,
        is_date=bool(_DATE.match(kind) or _MOMENT.match(kind)),
        missing=excluded,
    )
    return _as_box(variable, counts)


def _spelled(value: Any, *, kind: str, values: Mapping[float | str, str]) -> str:
    """Return the text of a value: its label, a moment in ISO form, or a number."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if value in values:
        return str(values[value])
    if isinstance(value, str):
        return "" if is_blank(value) else value.rstrip()
    try:
        if _DATE.match(kind):
            return (_EPOCH + dt.timedelta(seconds=float(value))).date().isoformat()
        if _MOMENT.match(kind):
            moment = _EPOCH + dt.timedelta(seconds=float(value))
            return moment.replace(microsecond=0).isoformat(sep=" ")
        if _TIME.match(kind):
            return str(dt.timedelta(seconds=round(float(value))))
    except (OverflowError, ValueError):
        pass
    return cell_text(float(value)) if abs(float(value)) != float("inf") else repr(value)


def _is_missing(value: Any, ranges: Sequence[Mapping[str, Any]]) -> bool:
    for one in ranges:
        low, high = one.get("lo"), one.get("hi")
        if isinstance(value, str) or isinstance(low, str) or isinstance(high, str):
            if isinstance(value, str) and value.rstrip() in (low, high):
                return True
        elif low is not None and high is not None and low <= value <= high:
            return True
    return False


def _as_box(variable: _Variable, counts: Mapping[str, int]) -> _Variable:
    """Return a check box as the spreadsheet has it: its label, or nothing."""
    marks = [text for text in counts if normalise_label(text) in NOT_SELECTED]
    if len(variable.options) == 1 and set(variable.values) == {1.0} and "0" in counts:
        marks.append("0")
    declared = [text for text in variable.values.values() if normalise_label(text) in NOT_SELECTED]
    chosen = [text for text in counts if text and text not in marks]
    options = variable.options
    labelled_once = len(options) == 1 and set(variable.values) in ({1.0}, {0.0, 1.0})
    if not (marks or declared or labelled_once):
        return variable
    if len(options) == 1:
        variable.box = options[0]
    elif len(chosen) == 1:
        variable.box = chosen[0]
    variable.unticked = sum(counts[text] for text in marks)
    if marks:
        variable.texts = ["" if text in marks else text for text in variable.texts]
    return variable


def _written_by(names: Sequence[str]) -> Platform:
    """Return the platform whose names of fixed columns the variables have."""
    forms = {name.casefold() for name in names}
    return next((one for one, own in _FIXED if len(forms & own) >= 2), SURVEYMONKEY)


def _platform(names: Sequence[str], found: Platform) -> str:
    """Return whose names most variables have: SurveyMonkey's (`q0004_0001`), or nobody's."""
    if found is not SURVEYMONKEY:
        return found.name
    named = sum(bool(_QUESTION_NAME.match(name)) for name in names)
    return SURVEYMONKEY.name if named >= 2 and 2 * named >= len(names) else "spss"


def _put_rows_last(variables: Sequence[_Variable]) -> None:
    """Write `[row] question` as `question - row` where several variables share the question.

    A ticked box then says its row, as it does in a spreadsheet.
    """
    found = {v.name: match for v in variables if (match := _ROW_FIRST.fullmatch(v.label))}
    shared = Counter(match["title"] for match in found.values())
    for variable in variables:
        match = found.get(variable.name)
        if match is None or shared[match["title"]] < 2:
            continue
        variable.label = f"{match['title']} - {match['row']}"
        if variable.box:
            variable.box = match["row"]
            variable.texts = [match["row"] if text else "" for text in variable.texts]


def _field(variable: _Variable, platform: Platform) -> str | None:
    """Return the metadata field of a variable, None when it is a question."""
    if _QUESTION_NAME.match(variable.name):
        return None
    plain = re.sub(r"_?\d+$", "", variable.name)
    for text in (variable.name, variable.label, plain):
        known = platform.field_of(text) if text else None
        if known is not None:
            return known
    return None


# --- groups of variables --------------------------------------------------------------------


def _groups(
    variables: list[_Variable], *, sets: Mapping[str, Any], fields: Mapping[str, str | None]
) -> list[list[_Variable]]:
    """Return the variables by question: a set of multiple responses, or a shared name."""
    of_set = {name: key for key, one in sets.items() for name in one[1] if one[0] == "D"}
    names = [variable.name for variable in variables]
    bases = {name: _base(name) for name in names}
    shared = [base for base in bases.values() if base]
    groups: list[list[_Variable]] = []
    last = ""
    for variable in variables:
        base = bases[variable.name]
        alone = base not in names and shared.count(base) < 2
        key = of_set.get(variable.name) or (base if base and not alone else variable.name)
        if groups and key == last and fields[variable.name] is None:
            groups[-1].append(variable)
        else:
            groups.append([variable])
        last = key
    return groups


def _base(name: str) -> str:
    if _QUESTION_NAME.match(name):
        return name.split("_", 1)[0] if "_" in name else ""
    found = _TYPED_PART.match(name) or _PART.match(name)
    return found["base"] if found else ""


def _titled(group: list[_Variable]) -> tuple[str, list[str]]:
    """Return the title of a group and the label of each of its columns."""
    whole = [variable.label or variable.name for variable in group]
    boxes = [variable.box for variable in group]
    if len(group) == 1:
        return whole[0], [""]
    if len(set(map(normalise_label, whole))) == 1:
        return whole[0], [box or text for box, text in zip(boxes, whole, strict=True)]
    first = group[0]
    if first.options and not first.box and all(v.is_text for v in group[1:]):
        # A closed question, followed by what is typed beside it.
        rest = [_after(text, first.label) or text for text in whole[1:]]
        return whole[0], ["", *rest]
    start = _shared_start(whole)
    if start:
        rest = [re.sub(r"^[\s\-–—|/]+", "", text[len(start) :]).strip() for text in whole]
        title = re.sub(r"[\s\-–—|/]+$", "", start).strip()
        return title, [box or text for box, text in zip(boxes, rest, strict=True)]
    if all(normalise_label(b) == normalise_label(t) for b, t in zip(boxes, whole, strict=True)):
        return _base(first.name) or first.name, whole
    plain = {text for text, box in zip(whole, boxes, strict=True) if box}
    if len(plain) == 1 and sum(map(bool, boxes)) > 1:
        title = plain.pop()
        return title, [
            box or _after(text, title) or text for box, text in zip(boxes, whole, strict=True)
        ]
    return _base(first.name) or first.name, [
        box or text for box, text in zip(boxes, whole, strict=True)
    ]


def _after(text: str, title: str) -> str:
    if title and text.startswith(title):
        return text[len(title) :].strip(" -–—:|/")
    return ""


def _shared_start(texts: list[str]) -> str:
    """Return what all texts begin with, up to a mark that separates a title from a label."""
    low, high = min(texts), max(texts)
    same = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    common = low[:same]
    cuts = [found.end() for found in _CUT.finditer(common)]
    if not cuts:
        return ""
    start = common[: cuts[-1]]
    return start if all(text[len(start) :].strip() for text in texts) else ""


def _question(
    group: list[_Variable], names: Mapping[str, int]
) -> tuple[ExportQuestion, dict[int, ExportColumn], dict[int, tuple[str, str]]]:
    title, labels = _titled(group)
    first = names[group[0].name]
    kind = _kind(group)
    answers: list[str] = []
    items: list[str] = []
    columns: dict[int, ExportColumn] = {}
    headers: dict[int, tuple[str, str]] = {}
    for k, (variable, label) in enumerate(zip(group, labels, strict=True)):
        position = names[variable.name]
        text_of: Literal["", "other", "comment", "answer"] = ""
        item = ""
        if kind == "text":
            text_of = "answer"
        elif variable.is_text and not variable.box and not variable.values and len(group) > 1:
            text_of = "other" if _OTHER.search(label) else "comment"
        elif len(group) > 1 and label:
            item = label
            items.append(label)
        if not text_of and kind in ("single", "matrix"):
            answers += [
                text
                for text in variable.options
                if text not in answers and text not in variable.missing
            ]
        closed = kind in ("single", "multiple")
        shown = label or ("Response" if closed and not text_of else "Open-Ended Response")
        headers[position] = (title if k == 0 else "", shown)
        columns[position] = ExportColumn(
            position=position,
            headers=headers[position],
            title=title,
            label=label,
            role="question",
            question=first,
            item=item,
            text_of=text_of,
            cells_in=sum(map(bool, variable.texts)),
        )
    question = ExportQuestion(
        position=first,
        title=title,
        kind=kind,
        columns=tuple(columns),
        options=tuple(items if kind == "multiple" else answers),
        items=tuple(items),
    )
    return question, columns, headers


def _kind(group: list[_Variable]) -> QuestionKind:
    closed = [variable for variable in group if variable.values or variable.box]
    if any(v.box or v.unticked for v in group) and all(
        v.box or v.unticked or v.is_text or not any(v.texts) for v in group
    ):
        return "multiple"
    if closed:
        several = len([v for v in group if not v.is_text or v.values]) > 1
        return "matrix" if several else "single"
    if all(variable.is_text for variable in group):
        return "text"
    if len(group) == 1:
        return "date" if group[0].is_date else "number"
    ranks = {str(k) for k in range(1, len(group) + 1)}
    cells = {text for variable in group for text in variable.texts if text}
    return "ranking" if cells and cells <= ranks | {"0", "N/A"} else "number"


def _same_titles(questions: list[ExportQuestion]) -> tuple[ExportQuestion, ...]:
    first: dict[str, int] = {}
    found: list[ExportQuestion] = []
    for question in questions:
        earlier = first.setdefault(normalise_label(question.title), question.position)
        same = 0 if earlier == question.position else earlier
        found.append(replace(question, same_as=same))
    return tuple(found)


def _damage(variables: list[_Variable]) -> list[Damage]:
    found: list[Damage] = []
    boxes = [variable for variable in variables if variable.unticked]
    if boxes:
        found.append(
            Damage(
                "not_selected",
                f"{len(boxes)} check boxes",
                sum(variable.unticked for variable in boxes),
                boxes[0].name,
                "taken as blank: the text says that the box was not ticked",
            )
        )
    for variable in variables:
        if variable.missing:
            labels = ", ".join(sorted(t for t in variable.missing if t in variable.options))
            found.append(
                Damage(
                    "user_missing",
                    f"variable {variable.name}",
                    sum(variable.missing.values()),
                    labels,
                    "",
                )
            )
    return found
