"""Which question of the codebook each column holds: exact after normalisation, or refused.

In: headers and codebook → (variable, item, instance, code) of each question column, and the
questions that no column shows. Not in: the reading of headers (`layout`), the coding of cells
(stage normalise). A near label is named in the message, and never taken for the answer.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from observatoire_pipeline.codebook.codebook import Codebook, ExpectedColumn
from observatoire_pipeline.codebook.labels import LabelIndex, normalise_label
from observatoire_pipeline.codebook.models import CUT_MARK, Variable
from observatoire_pipeline.ingest.layout import HeaderColumn, Layout
from observatoire_pipeline.ingest.refusal import Problem, column_place, shown

_SEPARATOR = re.compile(r"\s[-–—]\s")
_ROWLESS = re.compile(r"^\s*[-–—]\s+(?=\S)")


@dataclass(frozen=True, order=True)
class Target:
    """What a column holds; `item` and `code` are empty where there is none.

    `code` is what a tick means in an expanded layout: a code of the scale, or an offered kind of
    missing. The text column of "other" in an expanded single choice carries the code of "other",
    because typing there is how it is chosen.
    """

    variable: str
    item: str
    instance: int
    code: str = ""


@dataclass(frozen=True)
class Matched:
    """The columns of one file on the codebook.

    Attributes:
        targets: Position → what the column holds.
        missing: What the edition asks and the file does not show, with the words expected.
        problems: Columns that match nothing, or match what another column holds.
    """

    targets: dict[int, Target]
    missing: dict[Target, ExpectedColumn]
    problems: list[Problem]


@dataclass
class _Question:
    """One variable and instance that the edition asks, with the labels under its title."""

    variable: Variable
    instance: int
    title: str
    order: tuple[int, int, int]
    columns: list[ExpectedColumn] = field(default_factory=list)

    def labels(self) -> LabelIndex[str]:
        return LabelIndex((c.label, c.item or "") for c in self.columns if c.label is not None)

    @property
    def asks_itself(self) -> bool:
        return any(column.item is None for column in self.columns)


def match_columns(layout: Layout, *, codebook: Codebook, edition: str, file: str) -> Matched:
    """Map the question columns of a file to the codebook.

    Titles are matched first; where several questions share one title, the question whose labels
    fit best is taken, then the order of the questionnaire (instance 1 before 2).

    Args:
        layout: Headers of the file.
        codebook: What the edition asks, and in which words.
        edition: Key of the edition.
        file: Name of the file for messages.
    """
    questions = _questions(codebook, edition)
    titles = _title_index(questions)
    by_title: dict[str, list[_Question]] = {}
    for question in questions:
        by_title.setdefault(_form(question.title), []).append(question)
    unused = {form: list(sharing) for form, sharing in by_title.items()}
    targets: dict[int, Target] = {}
    problems: list[Problem] = []
    for group in layout.groups():
        form = titles.find(group[0].group_title) if group[0].group_title else None
        if form is None:
            problems += _unknown_titles(group, titles, by_title, codebook=codebook, file=file)
            continue
        sharing = unused[form] or by_title[form]
        resolved = [
            (question, _resolve(question, group, layout, codebook=codebook, edition=edition))
            for question in sharing
        ]
        question, found = max(resolved, key=lambda pair: len(pair[1]))
        if question in unused[form]:
            unused[form].remove(question)
        targets |= found
        problems += [
            _unknown_label(
                column,
                [one for one, _ in resolved],
                layout,
                codebook=codebook,
                edition=edition,
                file=file,
            )
            for column in group
            if column.position not in found
        ]
    problems += _mapped_twice(targets, layout, file=file)
    missing = _missing(questions, set(targets.values()), codebook=codebook, edition=edition)
    return Matched(targets, missing, problems)


def missing_problem(
    target: Target, column: ExpectedColumn, *, codebook: Codebook, edition: str, file: str
) -> Problem:
    """Return the problem of a declared column that a file does not show."""
    words = shown(column.title)
    if column.label is not None:
        words += f" › {shown(column.label)}"
    if target.code:
        words += f" with a column for the answer {target.code!r}"
    name = _spelled(target)
    row = codebook_row(codebook, target.variable, column.item)
    return Problem(
        file,
        "header",
        f"no column for {name}",
        words,
        f"add the column to the export, or correct its words (or write not_asked) at {row} for "
        f"edition {edition}",
    )


def codebook_row(codebook: Codebook, variable: str, item: str | None) -> str:
    """Return the file and line of the codebook that hold the words of a variable or an item."""
    for path in sorted((codebook.root / "columns").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            for record in reader:
                if [cell.strip() for cell in record[:2]] == [variable, item or ""]:
                    return f"{codebook.root}/columns/{path.name}:{reader.line_num}"
    named = f"{variable},{item or ''}"
    return f"{codebook.root}/columns/*.csv (the row that begins {named})"


# --- what the edition asks ------------------------------------------------------------------


def _form(title: str) -> str:
    cut = title.rstrip().endswith(CUT_MARK)
    return normalise_label(title.replace(CUT_MARK, "")) + (CUT_MARK if cut else "")


def _title_index(questions: Iterable[_Question]) -> LabelIndex[str]:
    return LabelIndex((question.title, _form(question.title)) for question in questions)


def _questions(codebook: Codebook, edition: str) -> list[_Question]:
    """Return what the edition asks in the order in which a respondent meets it."""
    places = {name: k for k, name in enumerate(codebook.variables)}
    block_starts: dict[str, int] = {}
    found: dict[tuple[str, int], _Question] = {}
    for column in codebook.expected_columns(edition):
        key = (column.variable, column.instance)
        if key not in found:
            block = codebook.block_of(column.variable, edition).block
            place = places[column.variable]
            start = block_starts.setdefault(block, place)
            variable = codebook.variables[column.variable]
            order = (start, column.instance, place)
            found[key] = _Question(variable, column.instance, column.title, order)
        found[key].columns.append(column)
    return sorted(found.values(), key=lambda question: question.order)


# --- one group of columns on one question ---------------------------------------------------


def _resolve(
    question: _Question,
    group: list[HeaderColumn],
    layout: Layout,
    *,
    codebook: Codebook,
    edition: str,
) -> dict[int, Target]:
    """Return what each column of a group holds, if the group is this question."""
    name, instance = question.variable.variable, question.instance
    labels = question.labels()
    is_response = {
        c.position: question.asks_itself and normalise_label(c.label) in layout.response_words
        for c in group
        if c.label
    }
    condensed = any(is_response.values())
    found: dict[int, Target] = {}
    for column in group:
        if not column.label:
            continue
        if is_response[column.position]:
            found[column.position] = Target(name, "", instance)
            continue
        item = labels.find(column.label)
        if item is not None:
            found[column.position] = Target(name, item, instance)
            continue
        if condensed:
            continue
        ticked = _ticked(question, column.label, labels, codebook=codebook, edition=edition)
        if ticked is not None:
            found[column.position] = Target(name, ticked[0], instance, ticked[1])
    return _typed_other(question, found)


def _ticked(
    question: _Question,
    label: str,
    rows: LabelIndex[str],
    *,
    codebook: Codebook,
    edition: str,
) -> tuple[str, str] | None:
    """Return (item, code) of a column of an expanded layout, None when it is none.

    A matrix shows `row - column`. Labels may hold ` - ` themselves, so every place where the label
    can be cut is tried against the known rows and columns.
    """
    kind = question.variable.kind
    if kind == "ranking":
        count = len(question.variable.items)
        answers = LabelIndex((str(rank), f"rank_{rank}") for rank in range(1, count + 1))
    else:
        scale = codebook.scale_of(question.variable.variable, edition)
        if scale is None:
            return None
        answers = codebook.answer_labels(scale.scale, edition)
    if kind in ("single", "bracket"):
        code = answers.find(label) or answers.find(_ROWLESS.sub("", label))
        return None if code is None else ("", code)
    found = set()
    for cut in _SEPARATOR.finditer(label):
        item, code = rows.find(label[: cut.start()]), answers.find(label[cut.end() :])
        if item and code:
            found.add((item, code))
    return found.pop() if len(found) == 1 else None


def _typed_other(question: _Question, found: dict[int, Target]) -> dict[int, Target]:
    """Give the text column of "other" its code, where no column of ticks stands for it."""
    other = question.variable.other
    if other is None or not any(target.code for target in found.values()):
        return found
    if any(target.code == other for target in found.values()):
        return found
    return {
        position: Target(target.variable, target.item, target.instance, other)
        if target.item == other
        else target
        for position, target in found.items()
    }


# --- what is missing, unknown or there twice ------------------------------------------------


def _missing(
    questions: list[_Question], shown_: set[Target], *, codebook: Codebook, edition: str
) -> dict[Target, ExpectedColumn]:
    """Return what the edition asks and no column shows.

    In an expanded layout every answer of the scale has a column, chosen or not; the offered kinds
    of missing may be absent, since a scale does not say which questions offered them.
    """
    codes: dict[tuple[str, str, int], set[str]] = {}
    for target in shown_:
        key = (target.variable, target.item, target.instance)
        codes.setdefault(key, set()).add(target.code)
    missing: dict[Target, ExpectedColumn] = {}
    for question in questions:
        variable = question.variable
        side = {name for name in (variable.other, variable.comment) if name}
        for column in question.columns:
            item = column.item or ""
            key = (variable.variable, item, question.instance)
            have = codes.get(key, set())
            if not have:
                missing[Target(variable.variable, item, question.instance)] = column
                continue
            if "" in have or column.item in side:
                continue
            if column.item is None and variable.other is not None:
                have = have | codes.get(
                    (variable.variable, variable.other, question.instance), set()
                )
            wanted = codebook.codes_of(variable.variable, edition=edition)
            for code in wanted:
                if code not in have and code != "not_ranked":
                    missing[Target(*key, code)] = column
    return missing


def _mapped_twice(targets: dict[int, Target], layout: Layout, *, file: str) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[Target, int] = {}
    for position, target in sorted(targets.items()):
        earlier = first.setdefault(target, position)
        if earlier != position:
            column = layout.columns[position - 1]
            problems.append(
                Problem(
                    file,
                    column_place(position),
                    f"{shown(column.group_title)} › {shown(column.label)}, which is "
                    f"{_spelled(target)} as {column_place(earlier)} is",
                    "each question once in a file",
                    "remove the column that was added, or declare the second question",
                )
            )
    return problems


def _unknown_titles(
    group: list[HeaderColumn],
    titles: LabelIndex[str],
    by_title: dict[str, list[_Question]],
    *,
    codebook: Codebook,
    file: str,
) -> list[Problem]:
    """Return one problem for a group whose title the edition does not ask."""
    first, last = group[0], group[-1]
    title = first.group_title
    near = titles.nearest(title) if title else []
    found = f"title {shown(title)}" if title else "a blank title, which continues no question"
    found += f", label {shown(first.label)}"
    if last is not first:
        found += f" and {len(group) - 1} more column(s) up to {column_place(last.position)}"
    hint = "the headers are out of step, or the question is new: declare it in columns/*.csv"
    if near:
        variable = by_title[_form(near[0])][0].variable.variable
        row = codebook_row(codebook, variable, None)
        hint = (
            "if the question is new, declare it in columns/*.csv; "
            f"if it is {variable}, correct the words of the edition at {row}"
        )
    expected = "one of the nearest titles: " + "; ".join(map(shown, near))
    return [
        Problem(
            file,
            column_place(first.position),
            found,
            expected if near else "a title that the edition asks (none is near)",
            hint,
        )
    ]


def _unknown_label(
    column: HeaderColumn,
    questions: list[_Question],
    layout: Layout,
    *,
    codebook: Codebook,
    edition: str,
    file: str,
) -> Problem:
    question = questions[0]
    variable = question.variable
    known: dict[str, str | None] = {}
    for other in questions:
        known |= {c.label: c.item for c in other.columns if c.label is not None}
    answers: list[str] = []
    scale = codebook.scale_of(variable.variable, edition)
    if layout.expanded and scale is not None:
        answers = codebook.answer_labels(scale.scale, edition).labels
        if variable.items:
            answers = [f"{row} - {answer}" for row in known for answer in answers]
    elif question.asks_itself:
        answers = list(layout.platform.response_words[:1] + layout.platform.open_words[:1])
    index = LabelIndex((text, normalise_label(text)) for text in dict.fromkeys([*known, *answers]))
    near = index.nearest(column.label) or index.labels[:5]
    item = known.get(near[0]) if near else None
    return Problem(
        file,
        column_place(column.position),
        f"title {shown(column.group_title)}, label {shown(column.label)}",
        f"one of the labels of {variable.variable}: " + "; ".join(map(shown, near)),
        "correct the words of the edition at "
        + codebook_row(codebook, variable.variable, item)
        + (f", or the answers of {scale.scale} in scales.yaml or recodes.csv" if scale else ""),
    )


def _spelled(target: Target) -> str:
    text = target.variable + (f"__{target.item}" if target.item else "")
    if target.instance > 1:
        text += f" (instance {target.instance})"
    return text + (f" = {target.code}" if target.code else "")
