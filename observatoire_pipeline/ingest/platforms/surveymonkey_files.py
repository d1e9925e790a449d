"""SurveyMonkey files: from a grid of text to columns, questions and kinds.

In: what each column holds, which columns are one question, of which kind, with which answers; all
of it from the cells, the words of the platform only deciding between what the cells leave open.
Not in: where the headers end (`surveymonkey_headers`), names and words (`surveymonkey`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.export import (
    Damage,
    Export,
    ExportColumn,
    ExportQuestion,
    QuestionKind,
)
from observatoire_pipeline.ingest.grid import Grid, is_blank
from observatoire_pipeline.ingest.platforms.cell_shapes import (
    ENOUGH_TEXTS,
    are_dates,
    are_integers,
    are_moments,
    are_numbers,
    clean,
    column_letters,
    identify_a_person,
    kind_of,
    number,
    uncounted,
)
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY
from observatoire_pipeline.ingest.platforms.surveymonkey_headers import (
    OPEN_FORMS,
    RESPONSE_FORMS,
    SPSS_NAME,
    Headers,
    find_headers,
    is_leftover,
    is_viewed,
    local_words,
)
from observatoire_pipeline.ingest.refusal import refuse
from observatoire_pipeline.ingest.sniff import CsvFormat

NOT_SELECTED = frozenset({"not selected", "unselected", "non selectionne"})
"""What SPSS exports write in a check box that was not ticked."""

NO_ANSWER = frozenset({"", "na", "n/a"})
_UNRANKED = frozenset({"0", "n/a", "na", "s.o", "sans objet"})
_MOST_ANSWERS = 80
"""Distinct cells above which columns side by side are no matrix."""

_CUT = re.compile(r"(?:^|\s)[-–—]\s")
_JOINTS = (" - ", " – ", " — ", "—", ": ", " [", " (", " > ", " | ", "? ", ". ")
_CONTACT = frozenset(
    {
        "name",
        "company",
        "address",
        "address 2",
        "city/town",
        "state/province",
        "zip/postal code",
        "country",
        "email address",
        "phone number",
        "nom",
        "entreprise",
        "societe",
        "adresse",
        "adresse 2",
        "ville",
        "code postal",
        "pays",
        "adresse e-mail",
        "adresse email",
        "numero de telephone",
    }
)
_JOINT = re.compile(r"(\s+[-–—:>|]\s+|[:>|]\s+|\s*[\[(]\s*|\.\s+|[–—])$")
"""What stands between the title and the label of a heading that holds both."""

_CODED = re.compile(r"(Q\s?\d{1,3})[ ._]\d{1,3}\s*[-–—:.]\s*(\S.*)", re.IGNORECASE)
"""A title such as `Q1 02—Choice`."""
_OTHER = re.compile(
    r"other|autre|andere|anders|sonstige|otr[oa]s?\b|altr[oiea]\b|outr[oa]s?\b|anna[nt]\b|annet\b"
    r"|andet\b|inn[aey]\b|muu\b",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\b(comment|remarque|kommentar|anmerkung|comentario|observac|opmerking)")
_FILE_NAME = re.compile(r"[^/\\\n]{1,200}\.[a-z0-9]{2,4}", re.IGNORECASE)
_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_RESPONDENT = re.compile(r"\d{8,12}")
_COLLECTOR = re.compile(r"\d{6,12}")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}", re.IGNORECASE)


class SurveyMonkeyReader:
    """Reads “All responses data” files."""

    name = SURVEYMONKEY.name
    platform = SURVEYMONKEY

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is SurveyMonkey's, from 0 to 100."""
        if len(grid.rows) < 1 or grid.width < 1:
            return 0
        headers = find_headers(grid)
        if headers.spss:
            return 70
        rows = [[clean(cell) for cell in row] for row in grid.head[: max(headers.count, 1)]]
        fields = {SURVEYMONKEY.field_of(cell) for row in rows for cell in row if cell}
        marks = len(fields & {"respondent_id", "collector_id", "custom_data"})
        spoken = [normalise_label(label) in RESPONSE_FORMS | OPEN_FORMS for label in headers.labels]
        if not headers.has_titles:
            return 40 if sum(spoken) >= 2 else 0
        if headers.has_labels:
            return min(90, 45 + 15 * marks + 10 * min(sum(spoken), 2))
        cells = _Cells(grid, headers.count)
        asked = sum("?" in title or len(title.split()) >= 4 for title in headers.titles)
        spanned = fields >= {"respondent_id", "started_at", "ended_at"}
        if marks > 1 or (marks and (asked or spanned)):
            return 40 + 10 * marks
        by_shape = (
            headers.count
            and 5 * asked >= sum(map(bool, headers.titles))
            and any(
                name == "respondent_id" for name in _leading_shapes(cells, headers, {}).values()
            )
        )
        ticked = sum(
            (text := cells.only(k)) is not None
            and not are_numbers([text])
            and len(text) < len(headers.titles[k])
            and normalise_label(headers.titles[k]).endswith(normalise_label(text))
            for k in range(grid.width)
        )
        boxes = sum(
            not headers.titles[k]
            and (text := cells.only(k)) is not None
            and not are_numbers([text])
            and cells.total(k) >= 2
            for k in range(1, grid.width)
        )
        signs = 30 * bool(by_shape) + 30 * (ticked >= 2) + 30 * (boxes >= 2)
        return max(signs, 25 * _asks_people(headers.titles, cells))

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it.

        Raises:
            RefusedExport: there is no row of titles, or no response.
        """
        headers = find_headers(grid)
        if not headers.count or not headers.has_titles:
            raise refuse(
                file,
                f"row {int(grid.rows[0])}",
                found="answers or labels (“Response”) in the first row, and no question titles",
                expected="a row of question titles",
                hint="the header was deleted: export it again",
            )
        if len(grid.rows) <= headers.count:
            raise refuse(
                file,
                f"row {int(grid.rows[-1])}",
                found=f"{headers.count} header row(s) and no response",
                expected="at least one response",
                hint="the filter of the export leaves nobody, or the survey is not open yet",
            )
        return _Reading(grid, headers).export()


class _Cells:
    """The distinct clean texts of each column under the header, each looked up once."""

    def __init__(self, grid: Grid, below: int) -> None:
        self.grid = grid
        self.below = below
        self._found: dict[int, tuple[list[str], np.ndarray]] = {}
        self._forms: dict[int, frozenset[str]] = {}

    def distinct(self, k: int) -> tuple[list[str], np.ndarray]:
        if k not in self._found:
            texts, counts = self.grid.distinct(k + 1, below=self.below)
            # What is typed in so many ways is no label: it is read as it stands.
            cleaned = [clean(text) for text in texts[:ENOUGH_TEXTS]] + texts[ENOUGH_TEXTS:]
            self._found[k] = (cleaned, counts)
        return self._found[k]

    def texts(self, k: int) -> list[str]:
        return self.distinct(k)[0]

    def total(self, k: int) -> int:
        return int(self.distinct(k)[1].sum())

    def forms(self, k: int) -> frozenset[str]:
        if k not in self._forms:
            self._forms[k] = frozenset(map(normalise_label, self.texts(k)[:ENOUGH_TEXTS]))
        return self._forms[k]

    def only(self, k: int) -> str | None:
        """Return the one text that a column ever holds (case and spaces aside), None if several."""
        texts = self.texts(k)
        if not texts or len(texts) > 4 or len(self.forms(k)) != 1:
            return None
        return texts[0]

    def codes(self, k: int, known: dict[str, int]) -> np.ndarray:
        """Return a number for each record: that of its text in `known`, -1 where it is blank."""
        column = self.grid.cells.column(k).combine_chunks()
        look_up = np.array(
            [
                -1 if is_blank(text) else known.setdefault(normalise_label(text), len(known))
                for text in column.dictionary.to_pylist()
            ],
            dtype=np.int64,
        )
        return look_up[column.indices.to_numpy(zero_copy_only=False)[self.below :]]

    def filled(self, k: int) -> np.ndarray:
        """Return which records hold something."""
        column = self.grid.cells.column(k).combine_chunks()
        blank = np.array([is_blank(text) for text in column.dictionary.to_pylist()], dtype=bool)
        return ~blank[column.indices.to_numpy(zero_copy_only=False)[self.below :]]


@dataclass
class _Group:
    """The columns of one question while it is being understood."""

    title: str
    columns: list[int]
    kind: QuestionKind = "text"
    options: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)


class _Reading:
    """One file on its way from headers and cells to an export."""

    def __init__(self, grid: Grid, headers: Headers) -> None:
        self.grid = grid
        self.headers = headers
        self.cells = _Cells(grid, headers.count)
        self.width = grid.width
        self.titles = uncounted(headers.titles)
        self.labels = list(headers.labels)
        self.roles: dict[int, tuple[str, str]] = {}
        self.item: dict[int, str] = {}
        self.option: dict[int, str] = {}
        self.text_of: dict[int, str] = {}
        self.damage: list[Damage] = []
        self.responses: frozenset[str] = RESPONSE_FORMS
        self.opened: frozenset[str] = OPEN_FORMS
        self.expanded = False
        self.joint = ""
        self.rows: dict[int, str] = {}

    # --- the whole ---

    def export(self) -> Export:
        self._restore_labels()
        self._fixed_columns()
        if self.headers.spss:
            groups = self._spss_groups()
        elif self.headers.has_labels:
            groups = self._labelled_groups()
        else:
            groups = self._single_row_groups()
        groups = list(self._parted(groups))
        groups = self._joined_titles(groups)
        groups = self._joined_rows(groups)
        self._learn_words(groups)
        closed = any(
            normalise_label(self.labels[k]) in self.responses for g in groups for k in g.columns
        )
        if not self.headers.has_labels:
            closed = any(
                len(g.columns) == 1
                and len(self.cells.texts(g.columns[0])) > 1
                and kind_of(*self.cells.distinct(g.columns[0])) == "single"
                for g in groups
            )
        self.expanded = not closed and not self.headers.spss
        for group in groups:
            self._understand(group)
        self._note_extras()
        return self._finished(groups)

    def _finished(self, groups: list[_Group]) -> Export:
        question_of = {k: group for group in groups for k in group.columns}
        columns: list[ExportColumn] = []
        for k in range(self.width):
            role, name = self.roles.get(k, ("question", ""))
            group = question_of.get(k)
            columns.append(
                ExportColumn(
                    position=k + 1,
                    headers=self.headers.raw[k],
                    title=group.title if group is not None else self.titles[k],
                    label="" if self._is_word(k) else self.labels[k],
                    role=role,  # type: ignore[arg-type]
                    field=name,
                    question=group.columns[0] + 1 if group is not None else 0,
                    item=self.item.get(k, ""),
                    option=self.option.get(k, ""),
                    text_of=self.text_of.get(k, ""),  # type: ignore[arg-type]
                    cells_in=self.cells.total(k),
                )
            )
        firsts: dict[str, int] = {}
        questions: list[ExportQuestion] = []
        for group in groups:
            position = group.columns[0] + 1
            form = normalise_label(group.title)
            first = firsts.setdefault(form, position) if form else position
            questions.append(
                ExportQuestion(
                    position=position,
                    title=group.title,
                    kind=group.kind,
                    columns=tuple(k + 1 for k in group.columns),
                    options=tuple(dict.fromkeys(group.options)),
                    items=tuple(dict.fromkeys(group.items)),
                    same_as=0 if first == position else first,
                )
            )
        return Export(
            platform=SURVEYMONKEY.name,
            layout=self._layout(groups),
            header_rows=self.headers.count,
            grid=self.grid,
            columns=tuple(columns),
            questions=tuple(questions),
            damage=tuple(self.damage),
            no_answer=self._no_answer(questions) if self.headers.spss else frozenset(),
        )

    def _no_answer(self, questions: list[ExportQuestion]) -> frozenset[str]:
        """Return how an SPSS-style file spells that nothing was answered (`NA`)."""
        asked = [k - 1 for question in questions for k in question.columns]
        return frozenset(
            text.strip()
            for k in asked
            for text in self.cells.texts(k)
            if text and normalise_label(text) in NO_ANSWER
        )

    def _layout(self, groups: list[_Group]) -> str:
        if self.headers.spss:
            return "spss_names"
        if self._is_numeric(groups):
            return "numeric_expanded" if self.expanded else "numeric"
        return "expanded" if self.option else "condensed"

    def _is_numeric(self, groups: list[_Group]) -> bool:
        """Tell whether the closed answers are codes: whole numbers, in every closed question."""
        closed = [
            k
            for group in groups
            if group.kind in ("single", "matrix", "multiple")
            for k in group.columns
            if not self.text_of.get(k) and self.cells.texts(k)
        ]
        return len(closed) >= 3 and all(are_integers(self.cells.texts(k)) for k in closed)

    def _is_word(self, k: int) -> bool:
        return normalise_label(self.labels[k]) in self.responses | self.opened

    # --- columns that are no question ---

    def _restore_labels(self) -> None:
        """Give a column whose label a tool replaced (`Column2`) the one text that it holds."""
        if not self.headers.has_labels:
            return
        restored = []
        for k in range(self.width):
            raw = self.headers.raw[k]
            lost = any(is_leftover(cell) for cell in raw) and not self.labels[k]
            text = self.cells.only(k)
            if lost and not self.titles[k] and text and not are_numbers([text]):
                self.labels[k] = text
                restored.append(k + 1)
        if restored:
            self.damage.append(
                Damage(
                    "labels_replaced",
                    column_letters(restored),
                    len(restored),
                    self.labels[restored[0] - 1],
                    "taken from the one answer that the column holds",
                )
            )

    def _fixed_columns(self) -> None:
        """Find metadata, personal, blank and added columns."""
        fields: dict[int, str] = {}
        self._drop_index()
        for k in range(self.width):
            title, label = self.titles[k], self.labels[k]
            bare = not label or normalise_label(label) == normalise_label(title)
            name = SURVEYMONKEY.field_of(title) if title and bare else None
            once = name not in fields.values() or name in SURVEYMONKEY.repeatable
            if name is not None and once:
                fields[k] = name
        leading = _leading_shapes(self.cells, self.headers, fields, leave_out=set(self.roles))
        fields |= leading
        for k, name in fields.items():
            personal = name in SURVEYMONKEY.personal
            self.roles[k] = ("personal" if personal else "metadata", name)
        asked = [k for k in range(self.width) if k not in fields and self.labels[k]]
        first = asked[0] if asked else self._first_asked()
        last = asked[-1] if asked else self.width
        worded = any(normalise_label(self.labels[k]) in RESPONSE_FORMS | OPEN_FORMS for k in asked)
        for k in range(self.width):
            if k in fields or k in self.roles or self.labels[k]:
                continue
            title, total = self.titles[k], self.cells.total(k)
            if not title and k == 0 and self._is_index(k):
                self.roles[k] = ("extra", "")
            elif not self.headers.has_labels:
                outside = not title and (k < first or self._trails(k))
                if outside:
                    self.roles[k] = ("extra" if total else "blank", "")
            elif not title:
                self.roles[k] = (self._nameless(k), "")
            elif not total and k < first:
                self.roles[k] = ("blank", "")
            elif k > last or k < first:
                personal = identify_a_person(title, self.cells.texts(k))
                self.roles[k] = ("personal", "") if personal else ("metadata", "custom_variable")
            elif worded and not self._answers_unlabelled(k):
                personal = identify_a_person(title, self.cells.texts(k))
                self.roles[k] = ("personal" if personal else "extra", "")

    def _answers_unlabelled(self, k: int) -> bool:
        """Tell whether a column without label is a rating of one row that has no name.

        Its title says several words, and its cells are a short scale or few answers.
        """
        several = len(self.titles[k].split()) >= 3 or "?" in self.titles[k]
        return several and kind_of(*self.cells.distinct(k)) == "single"

    def _drop_index(self) -> None:
        """Tell the index of a program from a question: it counts on from the row of labels."""
        for k in range(min(3, self.width)):
            label = self.labels[k]
            if self.titles[k] or not label.isdecimal():
                continue
            texts = self.cells.texts(k)
            if texts == [str(int(label) + 1 + n) for n in range(len(texts))] and len(
                texts
            ) == self.cells.total(k):
                self.labels[k] = ""
                self.roles[k] = ("extra", "")

    def _first_asked(self) -> int:
        return next((k for k in range(self.width) if k not in self.roles and self.titles[k]), 0)

    def _trails(self, k: int) -> bool:
        """Tell whether a column without header and all after it hold no answer of a box.

        Where untitled columns stand between titles too, the row of labels was deleted, and those
        that follow the last title without a gap are its boxes.
        """
        last = max((j for j in range(self.width) if self.titles[j]), default=0)
        between = any(
            not self.titles[j] and self.cells.total(j) and j not in self.roles
            for j in range(self._first_asked(), last)
        )
        if between and all(self.cells.total(j) for j in range(last + 1, k + 1)):
            return False
        return all(
            not self.titles[j] and (not self.cells.total(j) or self.cells.only(j) is None)
            for j in range(k, self.width)
        )

    def _nameless(self, k: int) -> str:
        """Return the role of a column without title and label."""
        if not self.cells.total(k):
            return "blank"
        return "personal" if identify_a_person("", self.cells.texts(k)) else "extra"

    def _is_index(self, k: int) -> bool:
        """Tell whether a column counts the records, as a tool's own index does."""
        texts = self.cells.texts(k)
        rows = len(self.grid.rows) - self.headers.count
        if len(texts) != rows or not are_integers(texts):
            return False
        values = sorted(int(number(text)) for text in texts)
        return values[0] in (0, 1, 2) and values[-1] - values[0] == rows - 1

    def _note_extras(self) -> None:
        extra = [
            k + 1
            for k, (role, _) in sorted(self.roles.items())
            if role == "extra" and not (k < 3 and not self.titles[k] and self._is_index(k))
        ]
        if extra:
            self.damage.append(
                Damage(
                    "extra_columns",
                    column_letters(extra),
                    len(extra),
                    next((self.titles[k - 1] for k in extra if self.titles[k - 1]), ""),
                    "",
                )
            )

    # --- which columns are one question ---

    def _asked(self) -> list[int]:
        return [k for k in range(self.width) if k not in self.roles]

    def _labelled_groups(self) -> list[_Group]:
        """Return the columns by title; a title filled down, or left blank, goes on."""
        groups: list[_Group] = []
        before = -2
        for k in self._asked():
            title, label = self.titles[k], normalise_label(self.labels[k])
            last = (
                groups[-1]
                if groups
                and all(
                    j in self.roles and self.roles[j][0] in ("extra", "blank")
                    for j in range(before + 1, k)
                )
                else None
            )
            before = k
            if last is not None and self._goes_on(last, k, title, label):
                last.columns.append(k)
            else:
                groups.append(_Group(title, [k]))
        return groups

    def _goes_on(self, group: _Group, k: int, title: str, label: str) -> bool:
        here = {normalise_label(self.labels[j]) for j in group.columns}
        if not title:
            return True
        same = normalise_label(_undoubled(title)) in {
            normalise_label(group.title),
            normalise_label(_undoubled(group.title)),
        }
        return same and label not in here and label not in RESPONSE_FORMS | OPEN_FORMS

    def _single_row_groups(self) -> list[_Group]:
        """Return the columns of a file with one header row: by stem, or by blank titles."""
        asked = self._asked()
        stems: dict[int, str] = {}
        for k in asked:
            coded = _CODED.fullmatch(self.titles[k])
            text = self.cells.only(k)
            if coded:
                stems[k], self.labels[k] = coded[1], coded[2]
            elif (
                text
                and self.titles[k]
                and (
                    not are_numbers([text]) or self.titles[k].endswith((f" - {text}", f": {text}"))
                )
            ):
                stem = _stem(self.titles[k], text)
                if stem:
                    stems[k], self.labels[k] = stem, text
        self.joint = self._joint(stems)
        groups: list[_Group] = []
        before = -2
        for k in asked:
            title, stem = self.titles[k], stems.get(k)
            last = groups[-1] if groups and before == k - 1 else None
            if last is not None and not title:
                last.columns.append(k)
                self.labels[k] = self.cells.only(k) or ""
            elif last is not None and stem is not None and _same_stem(stem, last.title):
                last.columns.append(k)
            elif last is not None and stem is not None and _counts_on(stems.get(before), stem):
                last.columns.append(k)
                last.title = ""
            elif last is not None and stem is None and (rest := _rest(title, last.title)):
                last.columns.append(k)
                self.labels[k] = rest
            elif last is not None and stem is None and self._is_choice_of(title, last, stems):
                last.columns.append(k)
                self.labels[k] = title
            else:
                ahead = "" if stem else self._stem_ahead(k, stems)
                rest = _rest(title, ahead) if ahead else None
                if rest:
                    stem, self.labels[k] = ahead, rest
                elif stem is None:
                    title, self.labels[k] = _unworded(title)
                groups.append(_Group(stem or title, [k]))
            before = k
        for group in groups:
            first = group.columns[0]
            text = self.cells.only(first)
            if len(group.columns) > 1 and not self.labels[first] and text:
                self.labels[first] = text
        return groups

    def _is_choice_of(self, title: str, group: _Group, stems: dict[int, str]) -> bool:
        """Tell whether a heading is an answer of the question before it, to type more in."""
        first = group.columns[0]
        if len(group.columns) > 1 or first in stems or len(title.split()) < 3:
            return False
        return len(self.cells.forms(first)) > 1 and normalise_label(title) in self.cells.forms(
            first
        )

    def _joint(self, stems: dict[int, str]) -> str:
        """Return what joins titles and labels in this file, proved by four check boxes; else ""."""
        found: Counter[str] = Counter()
        for k, stem in stems.items():
            rest = self.titles[k][len(stem) :]
            joint = rest[: len(rest) - len(rest.lstrip(" -–—:>|[(.?"))]
            if self.titles[k].startswith(stem) and len(joint) >= 2:
                found[joint] += 1
        joint, count = found.most_common(1)[0] if found else ("", 0)
        return joint if count >= 4 else ""

    def _stem_ahead(self, k: int, stems: dict[int, str]) -> str:
        """Return the stem of the next columns, for a box that nobody ticked before them."""
        return next((stems[j] for j in range(k + 1, min(k + 4, self.width)) if j in stems), "")

    def _spss_groups(self) -> list[_Group]:
        groups: list[_Group] = []
        for k in self._asked():
            title = self.titles[k]
            if not SPSS_NAME.fullmatch(title):
                personal = identify_a_person(title, self.cells.texts(k))
                self.roles[k] = ("personal" if personal else "extra", "")
                continue
            stem = title.split("_")[0].lower()
            if groups and normalise_label(groups[-1].title) == stem and "_" in title:
                groups[-1].columns.append(k)
            else:
                groups.append(_Group(stem, [k]))
            self.labels[k] = title if "_" in title else ""
        for group in groups:
            for k in group.columns:
                chosen = self._chosen(k)
                if len(chosen) == 1 and len(chosen) < len(self.cells.texts(k)) and self._boxed(k):
                    self.labels[k] = chosen[0]
        return groups

    def _boxed(self, k: int) -> bool:
        return bool(self.cells.forms(k) & NOT_SELECTED)

    def _chosen(self, k: int) -> list[str]:
        """Return the distinct texts of a column that say something was chosen."""
        if not self.headers.spss:
            return self.cells.texts(k)
        nothing = NOT_SELECTED | NO_ANSWER
        return [text for text in self.cells.texts(k) if normalise_label(text) not in nothing]

    def _parted(self, groups: list[_Group]) -> Iterator[_Group]:
        """Yield the groups, each cut where a column shows that another question begins.

        “Response” stands over the first column of its question, and check boxes never follow it.
        """
        for group in groups:
            cuts = [
                place
                for place, k in enumerate(group.columns)
                if place and self._begins_another(group, place, k)
            ]
            if not cuts:
                yield group
                continue
            places = [0, *cuts, len(group.columns)]
            for start, stop in pairwise(places):
                title = group.title if not start else self.titles[group.columns[start]]
                yield _Group(title, group.columns[start:stop])
            self.damage.append(
                Damage(
                    "untitled_question",
                    column_letters([group.columns[place] + 1 for place in cuts]),
                    len(cuts),
                    group.title,
                    "",
                )
            )

    def _begins_another(self, group: _Group, place: int, k: int) -> bool:
        if not self.headers.has_labels:
            return False
        words = RESPONSE_FORMS | OPEN_FORMS
        label = normalise_label(self.labels[k])
        before = [normalise_label(self.labels[j]) for j in group.columns[:place]]
        if label in words:
            return not self._is_viewed(group, group.columns[place - 1])
        first_tick = self._ticks(k) and not any(self._ticks(j) for j in group.columns[:place])
        return before[0] in RESPONSE_FORMS and first_tick and self.cells.total(k) >= 3

    def _joined_titles(self, groups: list[_Group]) -> list[_Group]:
        """Join lone columns whose titles are `stem: row` of one stem and share their answers."""
        joined: list[_Group] = []
        k = 0
        while k < len(groups):
            run = self._run(groups, k)
            if run is None:
                joined.append(groups[k])
                k += 1
                continue
            stem, members = run
            columns = [group.columns[0] for group in members]
            for column in columns:
                self.labels[column] = _rest(self.titles[column], stem) or self.labels[column]
            joined.append(_Group(stem, columns))
            k += len(members)
        return joined

    def _joined_rows(self, groups: list[_Group]) -> list[_Group]:
        """Join boxes `question - row - answer` of one header row: each row has the same answers.

        Each record gives one answer a row at most, or they are questions of several answers.
        """
        if self.headers.has_labels or self.headers.spss:
            return groups
        joined: list[_Group] = []
        for group in groups:
            last = joined[-1] if joined else None
            forms = [normalise_label(self.labels[k]) for k in group.columns]
            size = len(forms)
            before = [] if last is None else last.columns[-size:]
            if (
                last is None
                or size < 2
                or [normalise_label(self.labels[k]) for k in before] != forms
                or not all(self._one_a_record(columns) for columns in (before, group.columns))
                or not (stem := self._stem_of_rows(last, group, size))
            ):
                joined.append(_Group(group.title, list(group.columns)))
                continue
            if last.title != stem:
                self.rows |= {k: _rest(last.title, stem) or "" for k in last.columns}
            self.rows |= {k: _rest(group.title, stem) or "" for k in group.columns}
            last.title = stem
            last.columns += group.columns
        for k, row in self.rows.items():
            self.labels[k] = f"{row} - {self.labels[k]}"
        return joined

    def _stem_of_rows(self, last: _Group, group: _Group, size: int) -> str:
        """Return the title that two rows of boxes share; empty when they are two questions."""
        if len(last.columns) > size:
            return last.title if _rest(group.title, last.title) else ""
        return next(iter(_stems(last.title, group.title)), "")

    def _run(self, groups: list[_Group], start: int) -> tuple[str, list[_Group]] | None:
        first = groups[start]
        if len(first.columns) != 1 or start + 1 >= len(groups):
            return None
        best: tuple[str, list[_Group]] | None = None
        for stem in _stems(first.title, groups[start + 1].title):
            members = [first]
            joined = bool(self.joint) and first.title.startswith(stem + self.joint)
            answers = set(self.cells.forms(first.columns[0]))
            for other in groups[start + 1 :]:
                rest = _rest(other.title, stem)
                more = self.cells.forms(other.columns[0])
                if (
                    len(other.columns) != 1
                    or not rest
                    or normalise_label(self.labels[other.columns[0]])
                    != normalise_label(self.labels[first.columns[0]])
                ):
                    break
                if joined:
                    if not other.title.startswith(stem + self.joint):
                        break
                elif more and answers and not more & answers:
                    break
                answers |= more
                if len(answers) > _MOST_ANSWERS and not joined:
                    break
                members.append(other)
            shared = joined or len(answers) <= max(12, 2 * len(members))
            # Of equals, a stem that ends as questions do: labels may share their beginning too.
            ends = joined and stem[-1:] in "?.:!*)" and best is not None
            better = best is None or len(members) > len(best[1])
            equal = best is not None and len(members) == len(best[1])
            if len(members) >= 2 and shared and (better or (ends and equal)):
                best = (stem, members)
        return best

    # --- of which kind a question is ---

    def _learn_words(self, groups: list[_Group]) -> None:
        """Learn how this file says "Response", where it says it in no known word.

        A word that opens several questions and is never an answer under itself is such a word; it
        is the one for open questions where most columns under it hold text or numbers.
        """
        known = {normalise_label(self.labels[k]) for g in groups for k in g.columns}
        if known & (RESPONSE_FORMS | OPEN_FORMS) or not self.headers.has_labels:
            return
        words = local_words(self.titles, self.labels, groups=[g.columns for g in groups])
        for word in words:
            under = [
                g.columns[0] for g in groups if normalise_label(self.labels[g.columns[0]]) == word
            ]
            if any(word in self.cells.forms(k) for k in under):
                continue
            kinds = [kind_of(*self.cells.distinct(k)) for k in under]
            if 2 * sum(kind == "single" for kind in kinds) >= len(kinds):
                self.responses = self.responses | {word}
            else:
                self.opened = self.opened | {word}

    def _ticks(self, k: int) -> bool:
        """Tell whether a column holds its own label and, damage aside, nothing else.

        One cell in five may be damaged; the rules of damage report each.
        """
        label = normalise_label(self.labels[k])
        if not label or label not in self.cells.forms(k):
            return False
        texts, counts = self.cells.distinct(k)
        own = other = 0
        for text, count in zip(texts, counts, strict=True):
            form = normalise_label(text)
            if form == label:
                own += int(count)
            elif not (self.headers.spss and form in NOT_SELECTED | NO_ANSWER):
                other += int(count)
        return own > 0 and 4 * other <= own

    def _understand(self, group: _Group) -> None:
        """Find the kind, answers and items of a question and the part of each column."""
        columns = [k for k in group.columns if not self._is_viewed(group, k)]
        for k in set(group.columns) - set(columns):
            self.roles[k] = ("metadata", "question_viewed")
        if not columns:
            return
        if self._unlabelled_response(group, columns):
            return
        answers = [k for k in columns if normalise_label(self.labels[k]) in self.responses]
        opened = [k for k in columns if normalise_label(self.labels[k]) in self.opened]
        if answers and len(answers) == 1 and not opened:
            self._response(group, answers[0], [k for k in columns if k != answers[0]])
        elif opened and len(columns) == len(opened):
            self._open(group, columns)
        elif len(columns) == 1 and not self.labels[columns[0]]:
            self._lone(group, columns[0])
        else:
            self._many(group, columns)
        self._mark_personal(group, columns)

    def _is_viewed(self, group: _Group, k: int) -> bool:
        """Tell whether a column holds which wording of the question was shown, not an answer.

        Its label says so or, in any language, it opens the question, its cells are few, and the
        title is one of them.
        """
        if is_viewed(self.labels[k]):
            return True
        opens = len(group.columns) > 1 and k == group.columns[0] and self.headers.has_labels
        if not opens or not group.title or not 2 <= len(self.cells.texts(k)) <= 12:
            return False
        return normalise_label(group.title) in self.cells.forms(k)

    def _unlabelled_response(self, group: _Group, columns: list[int]) -> bool:
        """Understand answers with a text box beside them, where the labels were deleted."""
        first, others = columns[0], columns[1:]
        if self.headers.has_labels or not others or len(others) > 2 or self.labels[first]:
            return False
        answers = self.cells.forms(first)
        named = all(
            _announces_text(self.labels[k]) or normalise_label(self.labels[k]) in answers
            for k in others
        )
        if not named and kind_of(*self.cells.distinct(first)) not in ("single", "number"):
            return False
        for k in others:
            typed = kind_of(*self.cells.distinct(k)) == "text" or not self.cells.total(k) or named
            if not typed or answers & self.cells.forms(k):
                return False
        self._response(group, first, others)
        return True

    def _response(self, group: _Group, answer: int, others: list[int]) -> None:
        """Understand one column of answers with its text boxes."""
        texts, counts = self.cells.distinct(answer)
        group.kind = _kind_of_response(texts, counts)
        if group.kind == "single":
            group.options = list(_ordered(texts))
        if group.kind == "text":
            self.text_of[answer] = "answer"
        for k in others:
            self.text_of[k] = self._box_beside(answer, k) if texts else "comment"

    def _box_beside(self, answer: int, box: int) -> str:
        """Return whether typed text belongs to the answer "other" or stands beside any answer.

        It belongs to "other" when nearly all who typed gave one and the same answer (or none at
        all), and that answer is given by nearly nobody who did not type.
        """
        known: dict[str, int] = {}
        codes = self.cells.codes(answer, known)
        typed = self.cells.filled(box)
        label = normalise_label(self.labels[box])
        if not typed.any():
            return "other" if label in known or _OTHER.match(label) else "comment"
        given = codes[typed]
        blank = int((given < 0).sum())
        if blank >= 0.8 * len(given):
            return "other"
        counts = np.bincount(given[given >= 0], minlength=len(known))
        top = int(counts.argmax())
        share = (int(counts[top]) + blank) / len(given)
        back = int(counts[top]) / max(1, int((codes == top).sum()))
        name = next(form for form, code in known.items() if code == top)
        named = name == label or bool(_OTHER.match(name)) or name == "0"
        if named and share >= 0.8:
            return "other"
        return "other" if share >= 0.9 and back >= 0.8 and len(given) >= 5 else "comment"

    def _open(self, group: _Group, columns: list[int]) -> None:
        """Understand columns under the platform's word for an open answer."""
        texts = [text for k in columns for text in self.cells.texts(k)]
        group.kind = "text"
        if are_dates(texts):
            group.kind = "date"
        elif are_numbers(texts) and not any(re.match(r"0\d", text) for text in texts):
            group.kind = "number"
        else:
            self.text_of |= dict.fromkeys(columns, "answer")

    def _lone(self, group: _Group, k: int) -> None:
        """Understand one column that no label explains."""
        texts, counts = self.cells.distinct(k)
        chosen = self._chosen(k)
        group.kind = kind_of(texts, counts)
        repeated = len(texts) <= min(_MOST_ANSWERS, int(counts.sum()) // 2)
        if self.headers.spss and group.kind == "text" and repeated:
            group.kind = "single"
        if group.kind == "single":
            group.options = list(_ordered(chosen))
        if group.kind == "text":
            self.text_of[k] = "answer"

    def _many(self, group: _Group, columns: list[int]) -> None:
        """Understand a question of several labelled columns by what their cells share."""
        if self._is_contact(columns):
            group.kind = "text"
            group.items = [self.labels[k] for k in columns]
            self.text_of |= dict.fromkeys(columns, "answer")
            return
        ticked = [k for k in columns if self._ticks(k)]
        empty = [k for k in columns if not self._chosen(k)]
        least = min(len(columns) - 2, 0.7 * len(columns))
        mostly = ticked and len(ticked) + len(empty) >= least
        if mostly and self._boxes(group, columns, ticked, empty):
            return
        if self._crossed(group, columns, empty) or self._coded_boxes(group, columns):
            return
        boxes = self._typed(columns)
        if boxes and len(boxes) < len(columns):
            rest = [k for k in columns if k not in boxes]
        else:
            boxes, rest = [], columns
        self._grid_of(group, rest)
        if group.kind == "text":
            self.text_of |= dict.fromkeys(columns, "answer")
            if len(columns) > 1:
                group.items = [self.labels[k] for k in columns if self.labels[k]]
            return
        self.text_of |= {
            k: "other"
            if _OTHER.match(normalise_label(self.labels[k])) and group.kind == "multiple"
            else "comment"
            for k in boxes
        }

    def _is_contact(self, columns: list[int]) -> bool:
        """Tell whether boxes ask who answers: names of a contact block, or of a person."""
        contact = sum(normalise_label(self.labels[k]) in _CONTACT for k in columns)
        named = sum(
            identify_a_person(self.labels[k], []) and not self._ticks(k) and len(columns) > 1
            for k in columns
        )
        return contact >= 3 or (named >= 2 and 2 * named >= len(columns))

    def _boxes(
        self, group: _Group, columns: list[int], ticked: list[int], empty: list[int]
    ) -> bool:
        """Understand check boxes, or the columns of one answer in the expanded layout."""
        typed = [k for k in columns if k not in ticked and k not in empty]
        if self.headers.has_labels and any(self.labels[k] == "" for k in typed):
            return False
        boxes = [k for k in columns if k not in typed]
        last = columns[-1]
        if last in empty and _OTHER.match(normalise_label(self.labels[last])) and len(boxes) > 1:
            # Whether it would hold a tick or typed text cannot be seen: nobody chose it.
            typed.append(last)
            boxes.remove(last)
        for k in typed:
            other = k == last or _OTHER.match(normalise_label(self.labels[k]))
            label = normalise_label(self.labels[k])
            beside = not _OTHER.match(label) and (
                bool(_REMARK.search(label)) or self._beside_ticks(k, boxes)
            )
            self.text_of[k] = "comment" if beside or not other else "other"
        choices = [k for k in columns if self.text_of.get(k) != "comment"]
        labels = [self.labels[k] for k in choices if self.labels[k]]
        alone = self.expanded and self._one_a_record(ticked)
        group.kind = "single" if alone else "multiple"
        group.options = labels
        if alone:
            self.option |= {k: self.labels[k] for k in boxes}
        else:
            group.items = labels
            self.item |= {k: self.labels[k] for k in choices}
        return True

    def _coded_boxes(self, group: _Group, columns: list[int]) -> bool:
        """Understand check boxes that hold the number of their choice (numerical values)."""
        codes: dict[int, int] = {}
        for k in columns:
            text = self.cells.only(k)
            if text is not None and text.isdecimal():
                codes[k] = int(text)
        rest = [k for k in columns if k not in codes and self._chosen(k)]
        counted = [code for code in codes.values() if code]
        rising = all(a < b for a, b in pairwise(counted))
        if len(counted) < 2 or not rising or max(counted) > len(columns) or len(rest) > 1:
            return False
        for k in rest:
            self.text_of[k] = (
                "other" if _OTHER.match(normalise_label(self.labels[k])) else "comment"
            )
        choices = [k for k in columns if self.text_of.get(k) != "comment"]
        group.kind = "multiple"
        group.options = group.items = [self.labels[k] for k in choices]
        self.item |= {k: self.labels[k] for k in choices}
        return True

    def _beside_ticks(self, box: int, boxes: list[int]) -> bool:
        """Tell whether whoever typed here ticked boxes too, each time."""
        typed = self.cells.filled(box)
        ticked = np.zeros(len(typed), dtype=bool)
        for k in boxes:
            ticked |= self.cells.filled(k)
        return bool(typed.any()) and bool((ticked[typed]).all())

    def _one_a_record(self, columns: list[int]) -> bool:
        count = np.zeros(len(self.grid.rows) - self.headers.count, dtype=np.int64)
        for k in columns:
            count += self.cells.filled(k)
        return bool(count.max(initial=0) == 1)

    def _crossed(self, group: _Group, columns: list[int], empty: list[int]) -> bool:
        """Understand columns labelled `row - column` whose cells hold the column.

        Rows and columns may hold dashes themselves: a label is cut where its cells show it, and
        where nobody chose it, at the one place that gives a row and a column that others have.
        """
        cut: dict[int, tuple[str, str]] = {}
        for k in columns:
            text = self.cells.only(k)
            row = None if text is None else _row_before(self.labels[k], text)
            if text is not None and row is not None:
                cut[k] = (row, text)
        typed = [k for k in columns if k not in cut and k not in empty]
        if len(cut) < 2 or len(typed) > 1 or len(cut) < 0.3 * (len(columns) - len(typed)):
            return False
        if self._ticks(next(iter(cut))):
            return False
        rows = {normalise_label(row): row for row, _ in cut.values()}
        answers = {normalise_label(text): text for _, text in cut.values()}
        for k in empty:
            found = _only_cut(self.labels[k], rows, answers)
            if found is not None:
                cut[k] = found
        loose = [k for k in columns if k not in cut and k not in typed]
        self.text_of |= dict.fromkeys([*typed, *loose], "comment")
        placed = [k for k in columns if k in cut]
        group.options = [cut[k][1] for k in placed]
        group.items = [cut[k][0] for k in placed if cut[k][0]]
        self.item |= {k: cut[k][0] for k in placed}
        self.option |= {k: cut[k][1] for k in placed}
        group.kind = "matrix" if group.items else "single"
        ranks = group.items and are_integers(group.options)
        distinct_items = len(set(group.items))
        if ranks and {int(number(t)) for t in group.options} <= set(range(1, distinct_items + 1)):
            group.kind = "ranking" if self._ranks_crossed(placed, cut) else "matrix"
        return True

    def _ranks_crossed(self, placed: list[int], cut: dict[int, tuple[str, str]]) -> bool:
        """Tell whether no record gives one rank to two things, in the expanded layout."""
        by_rank: dict[str, list[int]] = {}
        for k in placed:
            by_rank.setdefault(cut[k][1], []).append(k)
        return all(self._one_a_record(columns) for columns in by_rank.values())

    def _typed(self, columns: list[int]) -> list[int]:
        """Return the columns of typed text beside columns that share their answers.

        Only the last columns can be such boxes: those whose cells are not among the answers of the
        others, and vary.
        """
        boxes: list[int] = []
        for k in reversed(columns):
            others: set[str] = set()
            for j in columns:
                if j not in boxes and j != k:
                    others |= self.cells.forms(j)
            forms = self.cells.forms(k)
            alien = forms - others
            last_other = not forms and _OTHER.match(normalise_label(self.labels[k]))
            if len(others) > _MOST_ANSWERS or not (last_other or len(alien) > 0.5 * len(forms)):
                break
            if forms and are_numbers(list(forms)):
                break
            if self._few(columns) and not _announces_text(self.labels[k]):
                break
            boxes.append(k)
            if len(boxes) == 2:
                break
        return boxes[::-1] if len(columns) - len(boxes) >= 1 else []

    def _few(self, columns: list[int]) -> bool:
        """Tell whether so few answered that the cells cannot tell answers from typed text."""
        return max(self.cells.total(k) for k in columns) <= 3

    def _grid_of(self, group: _Group, columns: list[int]) -> None:
        """Understand columns that are rows of one question: ranks, a scale, numbers, text."""
        together: dict[str, int] = {}
        spelled: dict[str, str] = {}
        longest = 0
        for k in columns:
            for text, count in zip(*self.cells.distinct(k), strict=True):
                form = normalise_label(text)
                if self.headers.spss and form in NO_ANSWER | NOT_SELECTED:
                    continue
                together[form] = together.get(form, 0) + int(count)
                spelled.setdefault(form, text)
                longest = max(longest, len(text))
        texts = list(spelled.values())
        total = sum(together.values())
        labels = [self.labels[k] for k in columns if self.labels[k]]
        if not texts:
            group.kind = "matrix" if len(columns) > 1 else "single"
            group.items = labels
            self.item |= {k: self.labels[k] for k in columns}
            return
        rows = len(columns)
        if rows > 1 and self._are_ranks(columns, texts):
            group.kind = "ranking"
            ranks = [t for t in texts if normalise_label(t) not in _UNRANKED]
            group.options = list(_ordered(ranks))
        elif are_dates(texts):
            group.kind = "date"
        elif are_numbers(texts):
            few = are_integers(texts) and len(texts) <= 11 and max(map(number, texts)) <= 100
            scale = few and min(map(number, texts)) >= 0 and max(map(number, texts)) <= 11
            group.kind = "matrix" if scale else "number"
            group.options = list(_ordered(texts)) if scale else []
        elif self._are_shared(columns, texts, total, longest):
            group.kind = "matrix" if rows > 1 or self.labels[columns[0]] else "single"
            group.options = list(_ordered(texts))
        else:
            group.kind = "text"
            return
        if rows > 1 or group.kind == "matrix":
            group.items = labels
            self.item |= {k: self.labels[k] for k in columns}

    def _are_shared(self, columns: list[int], texts: list[str], total: int, longest: int) -> bool:
        """Tell whether columns share one small set of answers to choose from."""
        if len(texts) > _MOST_ANSWERS or longest > 250:
            return False
        again = any(len(self.cells.forms(k)) < self.cells.total(k) for k in columns)
        if len(texts) > 5 and not again:
            return False
        if len(texts) <= 12 and total >= 2 * len(texts):
            return True
        if total < 2 * len(texts):
            return False
        sizes = [len(self.cells.forms(k)) for k in columns if self.cells.total(k)]
        return len(texts) <= 2 * max(sizes) and total >= 3 * len(texts)

    def _are_ranks(self, columns: list[int], texts: list[str]) -> bool:
        """Tell whether each record numbers the columns, none with a number that another has."""
        ranks = [text for text in texts if normalise_label(text) not in _UNRANKED]
        if len(ranks) < 2 or not are_integers(ranks):
            return False
        values = {int(number(text)) for text in ranks}
        if min(values) != 1 or max(values) > len(columns):
            return False
        known: dict[str, int] = {}
        codes = np.column_stack([self.cells.codes(k, known) for k in columns])
        unranked = [code for form, code in known.items() if form in _UNRANKED]
        codes = np.where(np.isin(codes, unranked), -1, codes)
        ordered = np.sort(codes, axis=1)
        twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1)
        ranking = (codes >= 0).sum(axis=1) >= 2
        return bool(ranking.any()) and int(twice.sum()) <= 0.02 * int(ranking.sum())

    # --- who could be recognised ---

    def _mark_personal(self, group: _Group, columns: list[int]) -> None:
        """Mark the boxes of a contact block, and typed text that is mostly mailboxes."""
        labels = [normalise_label(self.labels[k]) for k in columns]
        block = group.kind == "text" and sum(label in _CONTACT for label in labels) >= 3
        for k, label in zip(columns, labels, strict=True):
            if not self.text_of.get(k):
                continue
            texts = self.cells.texts(k)
            mails = sum(bool(_MAILBOX.fullmatch(text)) for text in texts)
            title = self.labels[k] if len(columns) > 1 else group.title
            named = identify_a_person(title, texts)
            if (block and label in _CONTACT) or named or (texts and mails > 0.5 * len(texts)):
                self.roles[k] = ("personal", "")


# --- text ---


def _ordered(texts: Sequence[str]) -> list[str]:
    """Return answers in order: by the number they begin with, where all but one kind do."""
    begin = {text: re.match(r"[-+]?\d+(?:[.,]\d+)?(?![\d,.]*[-–])", text) for text in texts}
    numbered = [text for text, found in begin.items() if found]
    rest = [text for text in texts if not begin[text]]
    values = {text: number(found[0]) for text, found in begin.items() if found}
    whole = sum(are_numbers([text]) for text in numbered)
    if len(rest) > 2 or 2 * whole < len(numbered) or len(set(values.values())) < len(values):
        return list(texts)
    return [*sorted(numbered, key=values.__getitem__), *rest]


def _announces_text(label: str) -> bool:
    """Tell whether a label asks for typed text: “other”, a comment, a question."""
    form = normalise_label(label)
    said = re.search(r"\b(comment|precis|specif|pourquoi|why|lequel|laquelle|which|warum)", form)
    return bool(_OTHER.match(form) or said or "?" in label)


def _asks_people(headings: Sequence[str], cells: _Cells) -> bool:
    """Tell whether headings are questions: three in five, one with its mark, none with brackets.

    A table of data has names for headings. Brackets are the grids of Google Forms and LimeSurvey,
    whose modules know them. One question at least is answered twice alike: a list of questions and
    answers never is.
    """
    titles = [title for title in headings if title]
    asking = [k for k, title in enumerate(headings) if "?" in title or len(title.split()) >= 6]
    if not any(len(cells.texts(k)) < cells.total(k) for k in asking):
        return False
    asked = len(asking)
    marked = any("?" in title for title in titles)
    if sum(any("|" in text for text in cells.texts(k)[:ENOUGH_TEXTS]) for k in asking) >= 2:
        return False  # ticked choices that share a cell: this platform writes none
    grids = sum(title.endswith("]") for title in titles)
    return len(titles) >= 3 and marked and grids < 2 and 5 * asked >= 3 * len(titles)


def _undoubled(title: str) -> str:
    """Return a title without the number by which a tool tells repeated titles apart (`Title.1`)."""
    return re.sub(r"\.\d{1,3}$", "", title)


def _stem(title: str, text: str) -> str | None:
    """Return what stands before an answer at the end of a title; None when it is not there."""
    whole, end = title.casefold().rstrip(" .]):;?!"), text.casefold().rstrip(" .]):;?!")
    if not end or len(whole) <= len(end) or not whole.endswith(end):
        return None
    before = title[: len(whole) - len(end)]
    stem = before
    while joint := _JOINT.search(stem):
        stem = stem[: joint.start()]
    stem = re.sub(r"\s+[-–—:>|]$", "", stem)
    if stem == before:
        stem = before.rstrip(" -–—:>|[(.").rstrip()
    if before == stem or not stem:
        return None
    return re.sub(r"^(Q\s?\d+)[ ._-]\d{1,3}$", r"\1", stem, flags=re.IGNORECASE)


def _counts_on(one: str | None, other: str) -> bool:
    """Tell whether two stems are numbers that follow each other: those of choices."""
    numbers = one is not None and one.isdecimal() and other.isdecimal()
    return numbers and int(other) == int(one or 0) + 1


def _same_stem(one: str, other: str) -> bool:
    return normalise_label(one) == normalise_label(other)


def _rest(title: str, stem: str) -> str | None:
    """Return what a title says after a stem and a joint; None when it says nothing more."""
    if not stem or not title.casefold().startswith(stem.casefold()):
        return None
    rest = title[len(stem) :]
    if rest[:1].isalnum() and stem[-1:].isalnum():
        return None
    joint = rest[: len(rest) - len(rest.lstrip(" -–—:>|[(.?"))]
    rest = rest[len(joint) :].strip()
    for opened, closed in (("[", "]"), ("(", ")")):
        if opened in joint:
            rest = rest.removesuffix(closed).strip()
    return rest or None


def _stems(one: str, other: str) -> list[str]:
    """Return the common beginnings of two titles that end at a joint, longest first."""
    common = 0
    for a, b in zip(one.casefold(), other.casefold(), strict=False):
        if a != b:
            break
        common += 1
    found = []
    for joint in _JOINTS:
        place = one.rfind(joint, 0, common)
        if place > 2 and place + len(joint) <= common:
            keep = 1 if joint[0] in "?" else 0
            found.append(one[: place + keep].rstrip())
    return sorted(set(found), key=len, reverse=True)


def _unworded(title: str) -> tuple[str, str]:
    """Return the title and the word for "Response" that was joined to it, if there is one."""
    for joint in (" - ", " – ", " — ", ": ", " [", " | "):
        before, found, after = title.rpartition(joint)
        if found and normalise_label(after.rstrip("]")) in RESPONSE_FORMS | OPEN_FORMS:
            return before.strip(), after.rstrip("]").strip()
    return title, ""


def _row_before(label: str, text: str) -> str | None:
    """Return the row of a label `row - column` whose column is the text; None when it is not."""
    form = normalise_label(text)
    for cut in _CUT.finditer(label):
        if normalise_label(label[cut.end() :]) == form:
            return label[: cut.start()].strip()
    return None


def _only_cut(label: str, rows: dict[str, str], answers: dict[str, str]) -> tuple[str, str] | None:
    """Return the row and column of a label, where one cut gives known ones or one known half."""
    cuts = [
        (label[: cut.start()].strip(), label[cut.end() :].strip()) for cut in _CUT.finditer(label)
    ]
    for known in (
        [c for c in cuts if normalise_label(c[0]) in rows and normalise_label(c[1]) in answers],
        [c for c in cuts if normalise_label(c[0]) in rows],
        [c for c in cuts if normalise_label(c[1]) in answers],
    ):
        if len(known) == 1:
            return known[0]
    return None


def _kind_of_response(texts: list[str], counts: np.ndarray) -> QuestionKind:
    """Return the kind of a column that the platform marks as answers to choose from."""
    if not texts:
        return "single"
    if are_dates(texts):
        return "date"
    if are_numbers(texts):
        values = [number(text) for text in texts]
        if not are_integers(texts) and len(texts) <= 20 and int(counts.sum()) >= 3 * len(texts):
            # A slider gives whole numbers: these are answers that happen to be decimals.
            return "single"
        scale = are_integers(texts) and min(values) >= 0 and len(texts) <= 12
        if max(values) > 11 and len(texts) > 0.7 * int(counts.sum()) and any(v % 5 for v in values):
            return "number"  # a slider that few moved: nearly everyone elsewhere
        return "single" if scale and max(values) <= 100 else "number"
    total = int(counts.sum())
    unique = len(texts) > 0.7 * total and total >= 20
    long = sum(map(len, texts)) / len(texts) > 40
    if len(texts) > 0.7 * total and all(map(_FILE_NAME.fullmatch, texts)):
        return "text"
    return "text" if unique and (long or len(texts) > _MOST_ANSWERS) else "single"


def _leading_shapes(
    cells: _Cells, headers: Headers, fields: dict[int, str], *, leave_out: Collection[int] = ()
) -> dict[int, str]:
    """Return the metadata fields of leading columns whose header no name explains.

    Leading columns are those before the first label; without a row of labels, before the first
    column that no shape explains.
    """
    found: dict[int, str] = {}
    taken = set(fields.values())
    unexplained = 0
    for k in range(cells.grid.width):
        if k in fields or k in leave_out:
            continue
        if headers.has_labels and headers.labels[k]:
            break
        texts, counts = cells.distinct(k)
        if not texts:
            continue
        name = _shape(texts, counts, taken=taken | set(found.values()))
        asks = not headers.has_labels and len(headers.titles[k]) > 25
        if name is None or asks:
            unexplained += 1
            if not headers.has_labels and (unexplained > 1 or headers.titles[k]):
                break
            continue
        found[k] = name
    return found


def _shape(texts: list[str], counts: np.ndarray, *, taken: set[str]) -> str | None:
    def all_like(pattern: re.Pattern[str]) -> bool:
        return all(pattern.fullmatch(text.strip()) for text in texts)

    unique = float((counts == 1).mean()) >= 0.95
    if "respondent_id" not in taken and unique and all_like(_RESPONDENT):
        return "respondent_id"
    few = len(texts) <= max(1, int(counts.sum()) // 2)
    if "collector_id" not in taken and few and all_like(_COLLECTOR):
        return "collector_id"
    if are_moments(texts):
        return next((name for name in ("started_at", "ended_at") if name not in taken), None)
    if all_like(_ADDRESS):
        return "ip_address"
    if all_like(_MAILBOX):
        return "email"
    return None
