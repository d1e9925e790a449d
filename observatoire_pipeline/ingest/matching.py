"""Which question of the codebook each column holds: exact after normalisation, or refused.

In: an export and a codebook → (variable, item, instance, code) of each question column, how its
cells are read where they do not speak for themselves, and the questions that no column shows.
Not in: the reading of headers (`platforms`), the coding of cells (stages validate and normalise). A
near label is named in the message, and never taken for the answer.

The codebook decides of which kind a question is; what the reader of the platform saw in the cells
(rows and columns of a matrix, ticks in one cell, ranks by place) says where in a file it stands.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from observatoire_pipeline.codebook.codebook import Codebook, ExpectedColumn
from observatoire_pipeline.codebook.labels import LabelIndex, is_cut, normalise_label
from observatoire_pipeline.codebook.models import CUT_MARK, Variable
from observatoire_pipeline.ingest.export import Export, ExportColumn
from observatoire_pipeline.ingest.platforms import BY_NAME, GOOGLE_FORMS
from observatoire_pipeline.ingest.platforms.cell_shapes import clean
from observatoire_pipeline.ingest.platforms.google_forms import SEPARATORS
from observatoire_pipeline.ingest.platforms.limesurvey import NO_TICKS, TICKS
from observatoire_pipeline.ingest.platforms.surveymonkey_files import NOT_SELECTED
from observatoire_pipeline.ingest.refusal import Problem, column_place, shown
from observatoire_pipeline.ingest.ticks import Choices

How = Literal["", "joined", "other_inside", "places", "ticks"]

_SEPARATOR = re.compile(r"\s[-–—]\s")
_ROWLESS = re.compile(r"^\s*[-–—]\s+(?=\S)")
_JOINTS = ("{} - {}", "{} [{}]", "{}: {}", "{} {}", "{} | {}", "{} > {}")
"""How a title and a label are written as one heading."""


@dataclass(frozen=True, order=True)
class Target:
    """What a column holds; `item` and `code` are empty where there is none.

    `code` is what a tick means in an expanded layout: a code of the scale, or an offered kind of
    missing. The text column of "other" in an expanded single choice carries the code of "other",
    because typing there is how it is chosen. A column that holds several items (`Reading`) has no
    item.
    """

    variable: str
    item: str
    instance: int
    code: str = ""


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are read, where they are not labels of their own.

    Attributes:
        how: `joined`: ticked choices share a cell; `other_inside`: what was typed for "other"
            stands in the place of the answer; `places`: the column is a rank, and the cell names
            what has it; `ticks`: a word says whether the box was ticked.
        separator: What stands between choices that share a cell.
    """

    how: How = ""
    separator: str = ""


@dataclass(frozen=True)
class Matched:
    """The columns of one file on the codebook.

    Attributes:
        targets: Position → what the column holds.
        readings: Position → how its cells are read, for those that need it.
        missing: What the edition asks and the file does not show, with the words expected.
        problems: Columns that match nothing, or match what another column holds.
    """

    targets: dict[int, Target]
    readings: dict[int, Reading]
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

    def labels(self, *, cut: bool = True) -> LabelIndex[str]:
        """Return the labels of items and boxes; those that are cut only if asked for."""
        return LabelIndex(
            (c.label, c.item or "")
            for c in self.columns
            if c.label is not None and (cut or not is_cut(c.label))
        )

    @property
    def asks_itself(self) -> bool:
        return any(column.item is None for column in self.columns)

    @property
    def items(self) -> list[str]:
        """The items that have an answer of their own, boxes beside the answers left out."""
        side = {self.variable.other, self.variable.comment}
        return [c.item for c in self.columns if c.item is not None and c.item not in side]

    def target(self, item: str = "", code: str = "") -> Target:
        return Target(self.variable.variable, item, self.instance, code)


@dataclass(frozen=True)
class _Group:
    """The columns of one question of a file."""

    title: str
    columns: tuple[ExportColumn, ...]
    separator: str = ""
    """What stands between choices that share a cell; empty where none do."""


@dataclass(frozen=True)
class _Book:
    """What matching asks of the codebook, for one edition and one file."""

    export: Export
    codebook: Codebook
    edition: str
    file: str

    def texts(self, column: ExportColumn) -> list[str]:
        """Return the distinct cells of a column that are answers."""
        texts, _ = self.export.grid.distinct(column.position, below=self.export.header_rows)
        return [text for text in texts if text.strip() not in self.export.no_answer]

    def answers(self, variable: Variable) -> LabelIndex[str] | None:
        """Return the look-up of the answers to a question, None for kinds without any."""
        if variable.kind == "ranking":
            count = len(variable.items)
            return LabelIndex((str(rank), f"rank_{rank}") for rank in range(1, count + 1))
        scale = self.codebook.scale_of(variable.variable, self.edition)
        return None if scale is None else self.codebook.answer_labels(scale.scale, self.edition)


Found = dict[int, tuple[Target, Reading]]


def match_columns(export: Export, *, codebook: Codebook, edition: str, file: str) -> Matched:
    """Map the question columns of an export to the codebook.

    Titles are matched first; where several questions share one title, the question whose labels
    fit best is taken, then the order of the questionnaire (instance 1 before 2). A question of the
    file without title is the one question whose labels it shows.

    Args:
        export: The file, as the module of its platform read it.
        codebook: What the edition asks, and in which words.
        edition: Key of the edition.
        file: Name of the file for messages.
    """
    book = _Book(export, codebook, edition, file)
    questions = _questions(codebook, edition)
    titles = _title_index(questions)
    by_title: dict[str, list[_Question]] = {}
    for question in questions:
        by_title.setdefault(_form(question.title), []).append(question)
    unused = {form: list(sharing) for form, sharing in by_title.items()}
    found: Found = {}
    problems: list[Problem] = []
    for group in _groups(export, titles, questions):
        form = titles.find(group.title) if group.title else None
        if form is None:
            lone = _by_labels(group, questions, book, taken=found)
            if lone:
                found |= lone
            elif not all(column.role == "personal" for column in group.columns):
                problems += _unknown_titles(group, titles, by_title, codebook=codebook, file=file)
            continue
        sharing = unused[form] or by_title[form]
        resolved = [(question, _resolve(question, group, book)) for question in sharing]
        question, mapped = max(resolved, key=lambda pair: len(pair[1]))
        if question in unused[form]:
            unused[form].remove(question)
        found |= mapped
        problems += [
            _unknown_label(column, [one for one, _ in resolved], book)
            for column in group.columns
            if column.position not in mapped and column.role != "personal"
        ]
    problems += _unsure(found, book)
    found |= _added(questions, titles, book, taken=found)
    targets = {position: target for position, (target, _) in found.items()}
    readings = {position: reading for position, (_, reading) in found.items() if reading.how}
    problems += _mapped_twice(targets, export, file=file)
    missing = _missing(questions, found, codebook=codebook, edition=edition)
    return Matched(targets, readings, missing, problems)


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


# --- what the file shows --------------------------------------------------------------------


def _groups(
    export: Export, titles: LabelIndex[str], questions: Sequence[_Question]
) -> list[_Group]:
    """Return the questions of a file, taken apart or together where its headings were joined.

    A group whose title nobody knows is taken column by column where each heading is a title
    (`Question [Row]` that are questions of their own) or a title and a label of the codebook
    written as one (`Question - Row`).
    """
    columns = {column.position: column for column in export.columns}
    written = _written_as_one(questions)
    found: list[_Group] = []
    for question in export.questions:
        mine = tuple(
            columns[k] for k in question.columns if columns[k].role in ("question", "personal")
        )
        if not mine:
            continue
        separator = export.multiple_in_one_cell.get(question.position, "")
        group = _Group(question.title, mine, separator)
        if not titles.find(question.title):
            apart = [_alone(column, titles, written) for column in mine]
            if all(apart):
                found += [replace(one, separator=separator) for one in apart if one is not None]
                continue
        found.append(group)
    return _with_neighbours(_together(found), titles, questions)


def _written_as_one(questions: Sequence[_Question]) -> dict[str, tuple[str, str]]:
    """Return the normal form of a title and a label as one heading → both; ambiguous ones out."""
    found: dict[str, tuple[str, str]] = {}
    twice: set[str] = set()
    for question in questions:
        for column in question.columns:
            if column.label is None or is_cut(column.title) or is_cut(column.label):
                continue
            for joint in _JOINTS:
                form = normalise_label(joint.format(column.title, column.label))
                meant = (column.title, column.label)
                if found.setdefault(form, meant) != meant:
                    twice.add(form)
    return {form: meant for form, meant in found.items() if form not in twice}


def _alone(
    column: ExportColumn, titles: LabelIndex[str], written: dict[str, tuple[str, str]]
) -> _Group | None:
    """Return a column as a question of its own, by its whole heading; None when it is none."""
    for heading in (*column.headers, column.title):
        text = clean(heading)
        if text and titles.find(text) is not None:
            return _Group(text, (replace(column, label="", item=""),))
        title, label = written.get(normalise_label(text), ("", ""))
        if title:
            return _Group(title, (replace(column, label=label, item=label),))
    return None


def _together(groups: list[_Group]) -> list[_Group]:
    """Join neighbours that were taken apart and show different labels of one title."""
    found: list[_Group] = []
    for group in groups:
        last = found[-1] if found else None
        label = group.columns[0].label
        if (
            last is not None
            and label
            and group.title
            and normalise_label(last.title) == normalise_label(group.title)
            and all(column.label and column.label != label for column in last.columns)
            and len(group.columns) == 1
        ):
            found[-1] = replace(last, columns=(*last.columns, *group.columns))
        else:
            found.append(group)
    return found


def _with_neighbours(
    groups: list[_Group], titles: LabelIndex[str], questions: Sequence[_Question]
) -> list[_Group]:
    """Give a question without title the lone columns beside it that are titled with its labels.

    Typeform titles a choice with its words alone; one that nobody ticked, or a box to type in,
    looks like a question of its own.
    """
    found: list[_Group] = []
    for group in groups:
        last = found[-1] if found else None
        if last is not None and (joined := _one_battery(last, group, titles, questions)):
            found[-1] = joined
        else:
            found.append(group)
    return found


def _one_battery(
    one: _Group, other: _Group, titles: LabelIndex[str], questions: Sequence[_Question]
) -> _Group | None:
    """Return two neighbours as one question, one of them without title; None when they are two."""
    if one.columns[-1].position != other.columns[0].position - 1 or (one.title and other.title):
        return None
    for group in (one, other):
        if group.title and (len(group.columns) > 1 or titles.find(group.title) is not None):
            return None
    columns = tuple(
        column if column.label else replace(column, label=column.title)
        for column in (*one.columns, *other.columns)
    )
    for question in questions:
        items = [question.labels().find(column.label) for column in columns]
        if not question.asks_itself and None not in items and len(set(items)) == len(items):
            return _Group("", columns)
    return None


# --- one group of columns on one question ---------------------------------------------------


def _resolve(question: _Question, group: _Group, book: _Book) -> Found:
    """Return what each column of a group holds, if the group is this question."""
    by_one_column = question.asks_itself and any(
        not column.label and not _is_box(column, group) for column in group.columns
    )
    found: Found = {}
    for column in group.columns:
        made = (
            _of_itself(question, column, group, book, condensed=by_one_column)
            if question.asks_itself
            else _of_item(question, column, group, book)
        )
        if made is not None:
            found[column.position] = made
    return _with_ticks(question, group, _typed_other(question, found), book)


def _is_box(column: ExportColumn, group: _Group) -> bool:
    return column.text_of in ("other", "comment") and len(group.columns) > 1


def _of_itself(
    question: _Question, column: ExportColumn, group: _Group, book: _Book, *, condensed: bool
) -> tuple[Target, Reading] | None:
    """Return what a column of a question without items holds."""
    variable = question.variable
    side = [name for name in (variable.other, variable.comment) if name]
    if not column.label:
        if not _is_box(column, group):
            inside = _has_other_inside(question, group, book)
            return question.target(), Reading("other_inside") if inside else Reading()
        named = variable.other if column.text_of == "other" else variable.comment
        box = named or (side[0] if len(side) == 1 else None)
        return None if box is None else (question.target(box), Reading())
    box = question.labels().find(column.label)
    if box is not None:
        return question.target(box), Reading()
    if condensed:
        return None
    ticked = _ticked(question, column, book)
    if ticked is not None:
        return question.target(*ticked), Reading()
    answers = book.answers(variable)
    alone = len(group.columns) == 1 and not column.option
    if alone and (answers is None or not _repeats_label(column, book)):
        # A lone column under the title: its label is the file's word for "Response".
        return question.target(), Reading()
    return None


def _repeats_label(column: ExportColumn, book: _Book) -> bool:
    form = normalise_label(column.label)
    return any(normalise_label(text) == form for text in book.texts(column))


def _has_other_inside(question: _Question, group: _Group, book: _Book) -> bool:
    """Tell whether what was typed for "other" stands in the place of the answer.

    Google Forms writes it so, and has no column beside it.
    """
    variable = question.variable
    return (
        book.export.platform == GOOGLE_FORMS.name
        and variable.kind == "single"
        and variable.other is not None
        and len(group.columns) == 1
    )


def _of_item(
    question: _Question, column: ExportColumn, group: _Group, book: _Book
) -> tuple[Target, Reading] | None:
    """Return what a column of a question with items holds."""
    variable = question.variable
    if variable.kind == "multiple":
        if not column.label and not _is_box(column, group):
            return question.target(), Reading("joined", _separator(question, column, group, book))
        item = question.labels().find(column.label or column.item or column.option)
        return None if item is None else (question.target(item), Reading())
    if not column.label and len(group.columns) == 1 and len(question.items) == 1:
        return question.target(question.items[0]), Reading()
    if variable.kind == "ranking" and column.option and not column.item:
        answers = book.answers(variable)
        rank = None if answers is None else answers.find(column.option)
        return None if rank is None else (question.target("", rank), Reading("places"))
    item = question.labels(cut=False).find(column.label)
    if item is not None:
        return question.target(item), Reading()
    # A label that is known by its beginning only may as well be a row followed by a column.
    ticked = _ticked(question, column, book)
    if ticked is not None:
        return question.target(*ticked), Reading()
    item = question.labels().find(column.label)
    return None if item is None else (question.target(item), Reading())


def _ticked(question: _Question, column: ExportColumn, book: _Book) -> tuple[str, str] | None:
    """Return (item, code) of a column of an expanded layout, None when it is none.

    A matrix shows `row - column`. Labels may hold ` - ` themselves, so every place where the label
    can be cut is tried against the known rows and columns.
    """
    answers = book.answers(question.variable)
    if answers is None:
        return None
    label = column.label
    if question.asks_itself:
        code = answers.find(label) or answers.find(_ROWLESS.sub("", label))
        return None if code is None else ("", code)
    rows = question.labels()
    found = set()
    if column.item and column.option:
        item, code = rows.find(column.item), answers.find(column.option)
        if item and code:
            return item, code
    for cut in _SEPARATOR.finditer(label):
        item, code = rows.find(label[: cut.start()]), answers.find(label[cut.end() :])
        if item and code:
            found.add((item, code))
    return found.pop() if len(found) == 1 else None


def _typed_other(question: _Question, found: Found) -> Found:
    """Give the text column of "other" its code, where no column of ticks stands for it."""
    other = question.variable.other
    codes = {target.code for target, _ in found.values()}
    if other is None or not any(codes) or other in codes:
        return found
    return {
        position: (replace(target, code=other) if target.item == other else target, reading)
        for position, (target, reading) in found.items()
    }


def _with_ticks(question: _Question, group: _Group, found: Found, book: _Book) -> Found:
    """Mark the check boxes of a question in which a word says that they were ticked, or not.

    That is proved by all of them: no cell is anything else, and some say so. Beside its own label,
    a box can only say that it was not ticked. A box to type in is one of them where it says so too.
    """
    if question.variable.kind != "multiple":
        return found
    cells: dict[int, set[str]] = {}
    labels: dict[int, str] = {}
    for column in group.columns:
        target, reading = found.get(column.position, (None, Reading()))
        if target is None or not target.item or reading.how or target.item == _comment(question):
            continue
        forms = {normalise_label(text) for text in book.texts(column)}
        label = normalise_label(column.label)
        typed = question.variable.item(target.item).text
        if typed and not (forms & NO_TICKS and forms <= TICKS | NO_TICKS | {label}):
            continue
        cells[column.position], labels[column.position] = forms, label
    words = set().union(*cells.values())
    own = all(forms <= {labels[position]} for position, forms in cells.items())
    said = all(forms <= {labels[position]} | NOT_SELECTED for position, forms in cells.items())
    if not words or own or not (words <= TICKS | NO_TICKS or said):
        return found
    return found | {position: (found[position][0], Reading("ticks")) for position in cells}


def _comment(question: _Question) -> str:
    return question.variable.comment or ""


def _separator(question: _Question, column: ExportColumn, group: _Group, book: _Book) -> str:
    """Return what stands between choices in the cells of a column.

    Of what the reader saw, in this question or in others, and what platforms use, the one by which
    the most cells are several known choices, and nothing else; without such a cell, what was seen.
    """
    seen = [group.separator, *book.export.multiple_in_one_cell.values()]
    texts = book.texts(column)
    best, most = group.separator, 0
    for separator in dict.fromkeys(filter(None, (*seen, *SEPARATORS, ","))):
        choices = Choices.of(
            ((c.label or "", c.item or "") for c in question.columns if c.item),
            separator=separator,
        )
        cells = [choices.items(text) for text in texts]
        several = sum(len(items) > 1 and None not in items for items in cells)
        if several > most:
            best, most = separator, several
    return best


def _unsure(found: Found, book: _Book) -> list[Problem]:
    """Return the labels that are cut in the codebook, and end nobody can tell where in a cell."""
    problems: list[Problem] = []
    for position, (target, reading) in found.items():
        if reading.how != "joined":
            continue
        items = book.codebook.variables[target.variable].items
        labels = {
            text: item.item
            for item in items
            if (text := book.codebook.column_text(target.variable, item.item, book.edition))
        }
        choices = Choices.of(labels.items(), separator=reading.separator)
        texts = book.texts(book.export.columns[position - 1]) if any(map(is_cut, labels)) else []
        for label in dict.fromkeys(filter(None, map(choices.unsure, texts))):
            problems.append(
                Problem(
                    book.file,
                    column_place(position),
                    f"cells in which the choice {shown(label)} is followed by other words",
                    "choices whose end is known, since several share a cell",
                    "write its whole words at "
                    + codebook_row(book.codebook, target.variable, labels[label]),
                )
            )
    return problems


# --- questions without title, and columns that were added -----------------------------------


def _by_labels(
    group: _Group, questions: Sequence[_Question], book: _Book, *, taken: Found
) -> Found | None:
    """Return what the columns of a question without title hold, if one question only has them."""
    if group.title or len(group.columns) < 2:
        return None
    held = {target for target, _ in taken.values()}
    fitting: dict[str, Found] = {}
    for question in questions:
        made = {} if question.asks_itself else _resolve(question, group, book)
        free = not any(target in held for target, _ in made.values())
        if len(made) == len(group.columns) and free:
            # Of several instances, the first that no column holds yet.
            fitting.setdefault(question.variable.variable, made)
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _added(
    questions: Sequence[_Question], titles: LabelIndex[str], book: _Book, *, taken: Found
) -> Found:
    """Return the added columns and custom variables whose title is a question of the codebook."""
    held = {(target.variable, target.instance) for target, _ in taken.values()}
    found: Found = {}
    for column in book.export.columns:
        added = column.role == "extra" or column.field == "custom_variable"
        form = titles.find(column.title) if added and column.title else None
        for question in questions:
            key = (question.variable.variable, question.instance)
            if form == _form(question.title) and question.asks_itself and key not in held:
                found[column.position] = question.target(), Reading()
                held.add(key)
                break
    return found


# --- what is missing, unknown or there twice ------------------------------------------------


def _missing(
    questions: list[_Question], found: Found, *, codebook: Codebook, edition: str
) -> dict[Target, ExpectedColumn]:
    """Return what the edition asks and no column shows.

    In an expanded layout every answer of the scale has a column, chosen or not; the offered kinds
    of missing may be absent, since a scale does not say which questions offered them.
    """
    codes: dict[tuple[str, str, int], set[str]] = {}
    whole: set[tuple[str, int]] = set()
    inside: set[tuple[str, int]] = set()
    for target, reading in found.values():
        codes.setdefault((target.variable, target.item, target.instance), set()).add(target.code)
        if reading.how in ("joined", "places"):
            whole.add((target.variable, target.instance))
        if reading.how == "other_inside":
            inside.add((target.variable, target.instance))
    missing: dict[Target, ExpectedColumn] = {}
    for question in questions:
        variable = question.variable
        asked = (variable.variable, question.instance)
        side = {name for name in (variable.other, variable.comment) if name}
        for column in question.columns:
            item = column.item or ""
            if asked in whole and item in question.items:
                continue
            if asked in inside and item == variable.other:
                continue
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


def _mapped_twice(targets: dict[int, Target], export: Export, *, file: str) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[Target, int] = {}
    for position, target in sorted(targets.items()):
        earlier = first.setdefault(target, position)
        if earlier != position:
            column = export.columns[position - 1]
            problems.append(
                Problem(
                    file,
                    column_place(position),
                    f"{shown(column.title)}{_label_words(column)}, which is "
                    f"{_spelled(target)} as {column_place(earlier)} is",
                    "each question once in a file",
                    "remove the column that was added, or declare the second question",
                )
            )
    return problems


def _label_words(column: ExportColumn) -> str:
    return f" › {shown(column.label)}" if column.label else ""


def _unknown_titles(
    group: _Group,
    titles: LabelIndex[str],
    by_title: dict[str, list[_Question]],
    *,
    codebook: Codebook,
    file: str,
) -> list[Problem]:
    """Return one problem for a group whose title the edition does not ask."""
    first, last = group.columns[0], group.columns[-1]
    title = group.title
    near = titles.nearest(title) if title else []
    found = f"title {shown(title)}" if title else "a blank title, which continues no question"
    found += f", label {shown(first.label)}" if first.label else ""
    if last is not first:
        more = len(group.columns) - 1
        found += f" and {more} more column(s) up to {column_place(last.position)}"
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


def _unknown_label(column: ExportColumn, questions: list[_Question], book: _Book) -> Problem:
    codebook, edition = book.codebook, book.edition
    question = questions[0]
    variable = question.variable
    known: dict[str, str | None] = {}
    for other in questions:
        known |= {c.label: c.item for c in other.columns if c.label is not None}
    answers: list[str] = []
    scale = codebook.scale_of(variable.variable, edition)
    if column.option and scale is not None:
        answers = codebook.answer_labels(scale.scale, edition).labels
        if variable.items:
            answers = [f"{row} - {answer}" for row in known for answer in answers]
    elif question.asks_itself and book.export.platform in BY_NAME:
        platform = BY_NAME[book.export.platform]
        answers = list(platform.response_words[:1] + platform.open_words[:1])
    label = column.label or column.item or column.option
    index = LabelIndex((text, normalise_label(text)) for text in dict.fromkeys([*known, *answers]))
    near = index.nearest(label) or index.labels[:5]
    item = known.get(near[0]) if near else None
    return Problem(
        book.file,
        column_place(column.position),
        f"title {shown(column.title)}, label {shown(label)}",
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
