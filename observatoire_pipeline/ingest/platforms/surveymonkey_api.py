"""SurveyMonkey's API v3: details of a survey and its responses → the export a file would be.

In: `GET /surveys/{id}/details` and `GET /surveys/{id}/responses/bulk` as saved to JSON, one or many
pages, read into the columns and words of a condensed spreadsheet, so that one survey is read alike
from either; choices keep the order of the survey, those that nobody chose included.
Not in: any call to the API, and what the questions mean (`matching`).

Responses that were disqualified or over quota are left out by rule, counted and named: they are no
answers of the population. Partial ones are kept, as a file has them. A choice or a row that the
details do not know refuses the file: then they are not the details of these responses.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import (
    Damage,
    Export,
    ExportColumn,
    ExportQuestion,
    QuestionKind,
    Role,
)
from observatoire_pipeline.ingest.grid import grid_of, is_blank
from observatoire_pipeline.ingest.platforms.cell_shapes import clean, identify_a_person
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse, shown
from observatoire_pipeline.ingest.sniff import Member

JSON_LIMIT = 256 * 1024**2
"""Bytes of one JSON file: in memory it takes some ten times as many."""

LEFT_OUT = ("disqualified", "overquota")
STATUSES = ("completed", "partial", *LEFT_OUT)
RESPONSE, OPEN = SURVEYMONKEY.response_words[0], SURVEYMONKEY.open_words[0]

_METADATA = (
    ("Respondent ID", "respondent_id", "id"),
    ("Collector ID", "collector_id", "collector_id"),
    ("Start Date", "started_at", "date_created"),
    ("End Date", "ended_at", "date_modified"),
    ("IP Address", "ip_address", "ip_address"),
    ("Email Address", "email", "email_address"),
    ("First Name", "first_name", "first_name"),
    ("Last Name", "last_name", "last_name"),
    ("Custom Data 1", "custom_data", "custom_value"),
)
_BOTH = "survey details and responses, beside each other in one folder or archive"
DEEPEST = 2
"""Names under which answers of the API may be kept in one file, one in the other."""

_TEXT_FAMILIES = ("open_ended", "demographic", "datetime")


@dataclass
class _Files:
    """What JSON files hold, by survey."""

    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    responses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    member: dict[str, Member] = field(default_factory=dict)
    """The first file of responses of a survey."""
    seen_in: dict[str, set[str]] = field(default_factory=dict)
    """Place of a file → the surveys that it speaks of."""


@dataclass
class _Column:
    """One column of a question: its header, and what it says of itself."""

    label: str
    text_of: Literal["", "other", "comment", "answer"] = ""
    item: str = ""
    option: str = ""
    cells: dict[int, str] = field(default_factory=dict)
    """Response → text."""


@dataclass
class _Question:
    """One question of the details, with its columns and where its answers go."""

    ident: str
    title: str
    kind: QuestionKind
    columns: dict[tuple[str, str], _Column]
    """(what kind of place, its identifiers) → column."""
    choices: dict[str, str]
    options: tuple[str, ...]
    other: str = ""
    """Text of "other" where it is an answer of its own; empty where the box is a comment."""
    personal: bool = False
    layout: Literal["choice", "boxes", "matrix", "cells", "text"] = "text"
    versions: dict[str, str] = field(default_factory=dict)
    """Identifier of a heading shown at random → its text."""

    def items(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.item for c in self.columns.values() if c.item))


def read_api(member: Member, beside: Sequence[Member] = ()) -> list[tuple[Member, Export]]:
    """Return the export of each survey that a JSON file speaks of, with its file of responses.

    Args:
        member: A file of details, of responses, or of collectors.
        beside: The other JSON files that were delivered with it.

    Raises:
        RefusedExport: one of the two files is missing, incomplete or damaged, or they do not belong
            to one another; lists every reason.
    """
    files = _Files()
    _take(files, member)
    for other in beside:
        try:
            _take(files, other)
        except RefusedExport:
            # It is judged where it is delivered itself; here it may only help.
            continue
    surveys = files.seen_in.get(member.place, set())
    if not surveys:
        # A list of collectors has no responses of its own.
        surveys = set(files.responses) & set(files.details)
    problems: list[Problem] = []
    found: list[tuple[Member, Export]] = []
    for survey in sorted(surveys):
        try:
            found.append((files.member.get(survey, member), _export(files, survey, member)))
        except RefusedExport as error:
            problems += error.problems
    if problems:
        raise RefusedExport(problems)
    if not found:
        raise refuse(member.place, "", found="no survey and no response", expected=_BOTH)
    return found


# --- the files ------------------------------------------------------------------------------


def _take(files: _Files, member: Member) -> None:
    """Add what one file holds.

    Raises:
        RefusedExport: it is no JSON, or not what this API answers.
    """
    if len(member.data) > JSON_LIMIT:
        raise refuse(
            member.place,
            "",
            found=f"{len(member.data)} bytes of JSON",
            expected=f"at most {JSON_LIMIT}",
            hint="save each page of responses to a file of its own",
        )
    try:
        content = json.loads(member.data)
    except (ValueError, RecursionError) as error:
        raise refuse(
            member.place,
            f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "",
            found="text that is not JSON",
            expected="an answer of SurveyMonkey's API",
            hint="the download was interrupted: save it again",
        ) from error
    speaks_of = files.seen_in.setdefault(member.place, set())
    known = False
    for page in _answers_in(content):
        if _is_details(page):
            survey = str(page.get("id", ""))
            files.details[survey] = page
            speaks_of.add(survey)
            known = True
            continue
        listed = page.get("data")
        records = listed if isinstance(listed, list) else [page]
        answered = [r for r in records if isinstance(r, dict) and _is_response(r)]
        for response in answered:
            survey = str(response.get("survey_id", ""))
            files.responses.setdefault(survey, []).append(response)
            files.member.setdefault(survey, member)
            speaks_of.add(survey)
        if answered and isinstance(page.get("total"), int):
            survey = str(answered[0].get("survey_id", ""))
            files.totals[survey] = max(files.totals.get(survey, 0), page["total"])
        known = known or bool(answered) or isinstance(listed, list)
    if not known:
        raise refuse(
            member.place,
            "",
            found=f"JSON that is not an answer of SurveyMonkey's API{_told_keys(content)}",
            expected=_BOTH,
            hint="save what /surveys/{id}/details and /surveys/{id}/responses/bulk answer",
        )


def _answers_in(content: Any, *, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the answers of the API in a file, which may keep several in a list or under names."""
    if isinstance(content, list):
        for one in content:
            yield from _answers_in(one, depth=depth)
    if not isinstance(content, dict):
        return
    if _is_details(content) or _is_response(content) or isinstance(content.get("data"), list):
        yield content
    if depth < DEEPEST and not _is_details(content) and not _is_response(content):
        for key, one in content.items():
            if key != "data" and isinstance(one, dict | list):
                yield from _answers_in(one, depth=depth + 1)


def _is_details(page: Mapping[str, Any]) -> bool:
    """Tell whether an answer is the details of a survey: pages whose questions have a family."""
    pages = page.get("pages")
    if not isinstance(pages, list) or "survey_id" in page:
        return False
    asked = [q for one in pages if isinstance(one, dict) for q in _list(one, "questions")]
    return "title" in page or any("family" in question for question in asked)


def _told_keys(content: Any) -> str:
    """Return the first names in a JSON text, so that a person sees what it is."""
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict) or not first:
        return ""
    return f" (it has {', '.join(shown(str(key)) for key in list(first)[:4])})"


def _is_response(record: Mapping[str, Any]) -> bool:
    return "survey_id" in record and ("pages" in record or "response_status" in record)


def _export(files: _Files, survey: str, member: Member) -> Export:
    details, responses = files.details.get(survey), files.responses.get(survey)
    if details is None:
        raise refuse(
            member.place,
            "",
            found=f"responses to the survey {survey} without its details",
            expected=_BOTH,
            hint="responses hold identifiers only: save /surveys/{id}/details beside them",
        )
    if responses is None:
        raise refuse(
            member.place,
            "",
            found=f"the details of the survey {survey} without its responses",
            expected=_BOTH,
            hint="save /surveys/{id}/responses/bulk beside them",
        )
    place = files.member[survey].place
    unique = {json.dumps(r, sort_keys=True): r for r in responses}
    repeated = len(responses) - len(unique)
    responses = list(unique.values())
    idents = {str(response.get("id", "")) for response in responses}
    if files.totals.get(survey, 0) > len(idents):
        raise refuse(
            place,
            "",
            found=f"{len(idents)} of {files.totals[survey]} responses",
            expected="every page of the responses",
            hint="follow `links.next`, and save every page beside the first",
        )
    problems: list[Problem] = []
    questions = list(_questions(details, place=place, problems=problems))
    _fill(questions, responses, place=place, problems=problems)
    if problems:
        raise RefusedExport(problems)
    kept = [
        k for k, response in enumerate(responses) if response.get("response_status") not in LEFT_OUT
    ]
    if not kept:
        raise refuse(
            place, "", found="no complete or partial response", expected="at least one response"
        )
    return _laid_out(questions, responses, kept, details=details, repeated=repeated)


# --- the questions --------------------------------------------------------------------------


def _list(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _ordered(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    def place(one: dict[str, Any]) -> int:
        position = one.get("position")
        return position if isinstance(position, int) else 0

    return sorted(_list(value, key), key=place)


def _text(value: Mapping[str, Any], key: str = "text") -> str:
    found = value.get(key)
    return "" if found is None else str(found).strip()


def _label(value: Mapping[str, Any]) -> str:
    """Return the text of a choice, row or column as a person reads it."""
    return clean(_text(value))


def _questions(
    details: Mapping[str, Any], *, place: str, problems: list[Problem]
) -> Iterator[_Question]:
    for page in _ordered(details, "pages"):
        for asked in _ordered(page, "questions"):
            family, subtype = _text(asked, "family"), _text(asked, "subtype")
            if family == "presentation":
                continue
            headings = _list(asked, "headings")
            title = next((clean(t) for h in headings if (t := _text(h, "heading"))), "")
            answers = asked.get("answers")
            question = _shape(
                _text(asked, "id"),
                title,
                family=family,
                subtype=subtype,
                answers=answers if isinstance(answers, dict) else {},
            )
            if question is None:
                problems.append(
                    Problem(
                        place,
                        f"question {shown(title)}",
                        f"the family {family!r}",
                        "a kind of question that is known",
                        "this version does not read it: export the survey as CSV",
                    )
                )
                continue
            if len(headings) > 1:
                question.versions = {
                    _text(h["random_assignment"], "id"): _text(h, "heading")
                    for h in headings
                    if isinstance(h.get("random_assignment"), dict)
                }
                if question.versions:
                    viewed = {("viewed", ""): _Column("Question Viewed", item="Question Viewed")}
                    question.columns = viewed | question.columns
            yield question


def _shape(
    ident: str, title: str, *, family: str, subtype: str, answers: Mapping[str, Any]
) -> _Question | None:
    """Return a question with its columns, None for a family that is not known."""
    listed, rows, cols = (_ordered(answers, key) for key in ("choices", "rows", "cols"))
    choices = {_text(c, "id"): _label(c) for c in [*listed, *cols]}
    options = tuple(dict.fromkeys(_label(c) for c in listed or cols))
    columns: dict[tuple[str, str], _Column] = {}
    kind: QuestionKind
    layout: Literal["choice", "boxes", "matrix", "cells", "text"]
    if family == "single_choice":
        kind, layout = "single", "choice"
        columns["choice", ""] = _Column(RESPONSE)
    elif family == "multiple_choice":
        kind, layout = "multiple", "boxes"
        for choice in listed:
            text = _label(choice)
            columns["box", _text(choice, "id")] = _Column(text, item=text)
    elif family == "matrix" and subtype in ("menu", "multi"):
        kind, layout = "matrix", "cells"
        within = cols or listed
        for row in rows:
            for col in within:
                label = " - ".join(part for part in (_label(row), _label(col)) if part)
                mark = _label(col) if subtype == "multi" else ""
                columns["cell", f"{_text(row, 'id')} {_text(col, 'id')}"] = _Column(
                    label, item=label if subtype == "menu" else _label(row), option=mark
                )
        if subtype == "menu":
            inner = [c for col in cols for c in _ordered(col, "choices")] or listed
            choices |= {_text(c, "id"): _label(c) for c in inner}
            options = tuple(dict.fromkeys(_label(c) for c in inner))
    elif family == "matrix":
        kind, layout = ("ranking" if subtype == "ranking" else "matrix"), "matrix"
        for row in rows:
            alone = len(rows) == 1 and not _label(row)
            columns["row", _text(row, "id")] = _Column(
                RESPONSE if alone else _label(row), item=_label(row)
            )
        if kind == "ranking":
            options = ()
        elif len(rows) == 1 and not _label(rows[0]):
            kind = "single"
    elif family in _TEXT_FAMILIES:
        kind, layout = ("date" if family == "datetime" else "text"), "text"
        if subtype == "numerical" or (family == "open_ended" and subtype == "slider"):
            kind = "number"
        for row in rows:
            label = _label(row) or OPEN
            columns["row", _text(row, "id")] = _Column(label, text_of="answer", item=_label(row))
        if not rows:
            columns["text", ""] = _Column(OPEN, text_of="answer")
    else:
        return None
    other = answers.get("other")
    chosen = ""
    if isinstance(other, dict) and layout != "text":
        label = _label(other)
        is_choice = other.get("is_answer_choice") is not False
        chosen = label if is_choice and kind == "single" else ""
        columns["other", ""] = _Column(label, text_of="other" if is_choice else "comment")
        if chosen:
            options = (*options, chosen)
    return _Question(
        ident, title, kind, columns, choices, options, chosen, family == "demographic", layout
    )


# --- the answers ----------------------------------------------------------------------------


def _fill(
    questions: list[_Question],
    responses: Sequence[Mapping[str, Any]],
    *,
    place: str,
    problems: list[Problem],
) -> None:
    by_ident = {question.ident: question for question in questions}
    strangers: Counter[str] = Counter()
    for k, response in enumerate(responses):
        for page in _list(response, "pages"):
            for answered in _list(page, "questions"):
                ident = _text(answered, "id")
                question = by_ident.get(ident)
                if question is None:
                    strangers[f"question {ident}"] += 1
                    continue
                version = question.versions.get(_text(answered, "variable_id"))
                if version is not None:
                    question.columns["viewed", ""].cells[k] = version
                for answer in _list(answered, "answers"):
                    unknown = _put(question, k, answer)
                    if unknown:
                        strangers[f"question {shown(question.title)}, {unknown}"] += 1
        status = response.get("response_status")
        if status is not None and status not in STATUSES:
            strangers["response_status"] += 1
    for what, count in strangers.items():
        problems.append(
            Problem(
                place,
                what,
                f"{count} answer(s) that the details of the survey do not know",
                "identifiers of the details",
                "the survey was changed since: save its details again, on the day of the responses",
            )
        )


def _put(question: _Question, k: int, answer: Mapping[str, Any]) -> str:
    """Put one answer into its column; return the name of the identifier that is not known."""
    row, col, choice = (_text(answer, key) for key in ("row_id", "col_id", "choice_id"))
    text = _text(answer)
    columns = question.columns
    if _text(answer, "other_id"):
        box = columns.get(("other", ""))
        if box is None:
            return "other_id"
        if question.other:
            # A choice of the same answer says that the box is a comment.
            columns["choice", ""].cells.setdefault(k, question.other)
        box.cells[k] = text or (box.label if box.text_of == "other" else "")
        return ""
    if question.layout == "text":
        column = columns.get(("row", row)) or columns.get(("text", ""))
        if column is None:
            return "row_id"
        column.cells[k] = text or _text(answer, "download_url").rsplit("/", 1)[-1]
        return ""
    if question.layout == "choice":
        column, said = columns["choice", ""], question.choices.get(choice)
    elif question.layout == "boxes":
        column, said = columns.get(("box", choice)), question.choices.get(choice)
    elif question.layout == "matrix":
        column, said = columns.get(("row", row)), question.choices.get(choice or col)
    else:
        column = columns.get(("cell", f"{row} {col or choice}"))
        said = question.choices.get(choice or col)
    if column is None:
        return "row_id or col_id" if question.layout in ("matrix", "cells") else "choice_id"
    if said is None:
        return "choice_id"
    column.cells[k] = said
    return ""


# --- the export -----------------------------------------------------------------------------


def _moment(text: str) -> str:
    """Return a moment in UTC as files write it, without its offset; other text as it stands."""
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return text
    return moment.replace(microsecond=0).isoformat(sep=" ")


def _metadata(
    responses: Sequence[Mapping[str, Any]], details: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield header, field, title and cells of each metadata column."""
    for header, name, key in _METADATA:
        cells = [_text(response, key) for response in responses]
        if name in ("started_at", "ended_at"):
            cells = [_moment(cell) for cell in cells]
        yield header, name, header, cells
    declared = details.get("custom_variables")
    given = [
        r["custom_variables"] for r in responses if isinstance(r.get("custom_variables"), dict)
    ]
    names = dict.fromkeys(
        [*(declared if isinstance(declared, dict) else {}), *(n for g in given for n in g)]
    )
    for custom in names:
        cells = [
            _text(found, custom)
            if isinstance(found := response.get("custom_variables"), dict)
            else ""
            for response in responses
        ]
        yield str(custom), "custom_variable", str(custom), cells


def _laid_out(
    questions: Sequence[_Question],
    responses: Sequence[Mapping[str, Any]],
    kept: Sequence[int],
    *,
    details: Mapping[str, Any],
    repeated: int,
) -> Export:
    columns: list[ExportColumn] = []
    cells: list[list[str]] = []
    asked: list[ExportQuestion] = []
    left_out = 0
    first: dict[str, int] = {}

    def add(header: tuple[str, str], found: Sequence[str], **more: Any) -> None:
        nonlocal left_out
        mine = ["" if is_blank(found[k]) else found[k] for k in kept]
        filled = sum(map(bool, mine))
        left_out += sum(not is_blank(text) for text in found) - filled
        cells.append([*header, *mine])
        columns.append(ExportColumn(position=len(cells), headers=header, cells_in=filled, **more))

    for header, name, title, found in _metadata(responses, details):
        personal = name in SURVEYMONKEY.personal
        if name == "custom_variable":
            personal = identify_a_person(title, [text for text in found if text])
        role: Role = "personal" if personal else "metadata"
        add((header, ""), found, title=title, label="", role=role, field=name)
    for question in questions:
        start = len(cells) + 1
        for k, column in enumerate(question.columns.values()):
            add(
                (question.title if k == 0 else "", column.label),
                [column.cells.get(r, "") for r in range(len(responses))],
                title=question.title,
                label="" if column.label in (RESPONSE, OPEN) else column.label,
                role="personal" if question.personal else "question",
                field="contact" if question.personal else "",
                question=start,
                item=column.item,
                option=column.option,
                text_of=column.text_of,
            )
        if len(cells) < start:
            continue
        earlier = first.setdefault(normalise_label(question.title), start)
        asked.append(
            ExportQuestion(
                position=start,
                title=question.title,
                kind=question.kind,
                columns=tuple(range(start, len(cells) + 1)),
                options=question.options,
                items=question.items(),
                same_as=0 if earlier == start else earlier,
            )
        )
    export = Export(
        platform="surveymonkey_api",
        layout="condensed",
        header_rows=2,
        grid=grid_of(cells),
        columns=tuple(columns),
        questions=tuple(asked),
        damage=tuple(_damage(responses, repeated=repeated)),
    )
    return replace(export, left_out=left_out)


def _damage(responses: Sequence[Mapping[str, Any]], *, repeated: int) -> Iterator[Damage]:
    if repeated:
        yield Damage(
            "repeated_records",
            "responses that stand on two pages, equal to the letter",
            repeated,
            "",
            "taken once",
        )
    counts = Counter(_text(response, "response_status") for response in responses)
    if set(counts) - {"completed", ""}:
        out = sum(counts[status] for status in LEFT_OUT)
        yield Damage(
            "response_status",
            ", ".join(f"{status} {counts[status]}" for status in STATUSES if counts[status]),
            out or counts["partial"],
            "",
            "disqualified and over-quota responses left out by rule" if out else "",
        )
