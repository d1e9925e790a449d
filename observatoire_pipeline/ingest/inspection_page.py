"""An inspection in plain English, to read aloud: what a file is, what it asks, what is wrong.

In: the sentences, and the words of each rule of damage. Not in: finding anything (`inspection`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from observatoire_pipeline.ingest.platforms import BY_NAME
from observatoire_pipeline.ingest.refusal import column_letter

if TYPE_CHECKING:
    from observatoire_pipeline.ingest.export import Damage
    from observatoire_pipeline.ingest.inspection import InspectedQuestion, Inspection

SHOWN = 12
"""Choices or rows shown of one question before the page only counts them."""

_KINDS = {
    "single": "one answer",
    "multiple": "several answers",
    "matrix": "one answer a row",
    "ranking": "a ranking",
    "number": "a number",
    "date": "a date",
    "text": "open text",
}
_LAYOUTS = {
    "condensed": "one column for a question where one answer is given",
    "expanded": "one column for each answer",
    "numeric": "answers as numbers",
    "numeric_expanded": "one column for each answer, as numbers",
    "joined_cells": "ticked choices together in one cell",
    "spss_names": "names of SPSS instead of titles",
    "code": "codes for headings",
    "text": "the text of questions for headings",
    "code_text": "codes and text for headings",
}
_ALPHABETS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
}
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabulations", "|": "vertical bars"}
_COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
_RULES = {
    "bare_returns": "carriage returns of an old Mac inside cells",
    "blank_columns": "columns without heading and without cells",
    "blank_rows": "blank rows",
    "blank_words": "a word that a program wrote into blank cells",
    "byte_order_mark": "a byte order mark",
    "check_box_cells": "check boxes that hold something other than their heading",
    "doubled_line_ends": "line ends written twice over",
    "excel_date": "ranges that a spreadsheet turned into dates",
    "excel_table_headings": "headings that an Excel table numbered",
    "extra_columns": "columns that are no question of the survey",
    "formula_error": "formula errors where a label stood",
    "headers_out_of_step": "titles above the columns of another question",
    "hidden_sheet": "a hidden sheet",
    "index_column": "a column that only counts the rows",
    "labels_replaced": "labels that a program replaced",
    "leading_zeros_lost": "codes that lost their leading zero",
    "long_rows": "rows with cells beyond the last column",
    "lost_characters": "letters replaced by a sign",
    "mangled_bytes": "no-break spaces that were read wrongly twice",
    "mixed_encodings": "bytes of another alphabet",
    "mojibake": "text that was read with a wrong alphabet",
    "joined_headings": "headings that pandas joined in pairs",
    "not_selected": "a word in the boxes that nobody ticked",
    "not_utf8": "an alphabet other than UTF-8",
    "notes": "notes under the table",
    "nul_characters": "NUL characters",
    "previews_and_tests": "previews and tests among the responses",
    "repeated_header": "headings repeated among the responses",
    "repeated_respondent": "respondents that stand in several rows",
    "scientific_identifiers": "identifiers cut to scientific notation",
    "serial_dates": "dates turned into serial numbers",
    "short_rows": "rows that end early",
    "spaces_only": "cells that hold only spaces",
    "split_sheets": "a survey split over several sheets",
    "totals_row": "a row of totals",
    "trailing_zero_lost": "labels that lost their last zero",
    "unfinished_responses": "responses that were not finished",
    "unnamed_headings": "names that a program gave to blank headings",
    "unquoted_line_breaks": "line breaks inside cells that are not quoted",
    "untitled_question": "a question without title",
    "user_missing": "values declared missing",
    "zero_width_mark": "invisible marks",
}
"""Rule → what it found, in words; a rule that is not here is told by its name."""


def page_lines(found: Inspection) -> Iterator[str]:
    """Yield the lines of the page."""
    if not found.sha256:
        yield from found.reasons  # not even its bytes could be read
        return
    yield _opening(found)
    if found.verdict == "refused":
        yield "It is refused:"
        yield from (f"  - {_spoken(reason, found.file)}" for reason in found.reasons)
        if found.kind == "responses" and found.n_responses:
            yield ""
            yield _makeup(found)
    else:
        yield _makeup(found)
        yield _verdict(found)
        if found.reasons:
            yield ""
            yield "To know:"
            yield from (f"  - {_spoken(reason, found.file)}" for reason in found.reasons)
    yield from _wrong(found.damage)
    if found.questions:
        yield ""
        yield "What it asks:"
        for number, question in enumerate(found.questions, start=1):
            yield from _question(number, question)
    if found.personal_columns:
        yield ""
        names = ", ".join(found.personal_columns)
        yield f"Columns that tell who answered, and that are left at the door: {names}."
    if found.cells.came_in and found.kind != "responses":
        yield ""
        yield f"None of its {_many(found.cells.came_in, 'cell')} is kept."
    elif found.cells.came_in:
        cells = found.cells
        yield ""
        yield (
            f"Of {_many(cells.came_in, 'cell')} under the headings, {cells.kept} are kept, "
            f"{cells.rejected} rejected and {cells.dropped} dropped by rule."
        )
    yield f"SHA-256 {found.sha256}"


_REASON = re.compile(
    r"(?P<place>.*?): found (?P<found>.*?); expected (?P<expected>.*?)(?: → (?P<hint>.*))?"
)
"""A reason as it is written for a log: place, what is there, what should be, what to do."""


def _spoken(reason: str, file: str) -> str:
    """Return a reason in sentences, without the name of the file that the page is about."""
    match = _REASON.fullmatch(reason)
    if match is None:
        return reason.removeprefix(f"{file} ").removeprefix(f"{file}: ")
    place = match["place"].removeprefix(file).strip(", ")
    told = f"{place}: {match['found']}" if place else match["found"]
    parts = [told, f"expected: {match['expected']}", match["hint"] or ""]
    return " ".join(f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in parts if part)


def _opening(found: Inspection) -> str:
    if found.kind == "summary":
        return f"{found.file} is a summary: it counts answers, and holds no response."
    asked_for = found.platform.endswith("_api")
    platform = BY_NAME.get(found.platform.removesuffix("_api"))
    source = f", as {platform.title} exports them" if platform is not None else ""
    if asked_for and platform is not None:
        source = f", as {platform.title}’s API answers"
    if found.kind == "responses" and found.n_responses:
        responses = _many(found.n_responses, "response")
        questions = _many(len(found.questions), "question")
        asked = f" to {questions}" if found.questions else ""
        columns = "" if asked_for else f", in {_many(found.n_columns, 'column')}"
        return f"{found.file} holds {responses}{asked}{columns}{source}."
    if found.kind == "responses":
        return f"{found.file} looks like responses{source}."
    return f"{found.file} is not known as an export of responses."


def _makeup(found: Inspection) -> str:
    parts = []
    if found.layout:
        parts.append(f"Its layout is {found.layout} ({_LAYOUTS.get(found.layout, 'its own')})")
    rows = found.header_rows
    if rows:
        count = _COUNTS.get(rows, str(rows))
        parts.append(f"{count} header row{'s' if rows > 1 else ''} stand{'s' * (rows == 1)} on top")
    if found.encoding:
        alphabet = _ALPHABETS.get(found.encoding, found.encoding)
        between = _DELIMITERS.get(found.delimiter, repr(found.delimiter))
        parts.append(f"the text is {alphabet}, its cells separated by {between}")
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "." if parts else ""


def _verdict(found: Inspection) -> str:
    if found.verdict == "accepted_with_repairs":
        return "It can be read, and what was repaired is listed below with its proof."
    left = sum(not one.repaired for one in found.damage)
    if left:
        return "It can be read; what is listed below was left as it is."
    if found.damage:
        return "It can be read, and no text of it had to be changed."
    return "It can be read as it is."


def _wrong(damage: Sequence[Damage]) -> Iterator[str]:
    for title, group in (
        ("What was set right:", [one for one in damage if one.repaired]),
        ("What is wrong with it, and left as it is:", [one for one in damage if not one.repaired]),
    ):
        if group:
            yield ""
            yield title
            yield from map(_told, group)


def _told(one: Damage) -> str:
    words = _RULES.get(one.rule, one.rule.replace("_", " "))
    example = one.example.strip()
    told = f" (“{example}”)" if example and example not in one.where else ""
    times = "" if one.count == 1 else f", {one.count} times"
    how = f"; {one.repaired}" if one.repaired else ""
    where = one.where[:1].upper() + one.where[1:]
    return f"  - {where}: {words}{told}{times}{how} [{one.rule}]"


def _question(number: int, question: InspectedQuestion) -> Iterator[str]:
    last = question.position + question.n_columns - 1
    place = f"column {column_letter(question.position)}"
    if question.n_columns > 1:
        place = f"columns {column_letter(question.position)} to {column_letter(last)}"
    title = question.title or "(no title)"
    yield f"  {number}. {title} — {_KINDS.get(question.kind, question.kind)}, {place}"
    if question.items:
        name = "choices" if question.kind == "multiple" else "rows"
        yield f"       {name}: {_some(question.items)}"
    if question.options and question.options != question.items:
        yield f"       answers: {_some(question.options)}"


def _some(labels: Sequence[str]) -> str:
    text = " | ".join(labels[:SHOWN])
    return text + (f" | and {len(labels) - SHOWN} more" if len(labels) > SHOWN else "")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
