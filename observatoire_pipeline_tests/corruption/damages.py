"""What people and spreadsheets do to an export before it reaches us, one function for each.

In: an export and a source of chance → the damaged export, or None where it does not apply. Each
damage says by which rules the reader may report it instead of undoing it.
Not in: writing (`exports`), judging (`judgement`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from observatoire_pipeline_tests.corruption.exports import Column, ExportFile

Apply = Callable[[ExportFile, Random], ExportFile | None]
_ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_FRENCH = "janv févr mars avr mai juin juil août sept oct nov déc".split()  # noqa: SIM905
_RANGE = re.compile(r"(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class DamageKind:
    """One kind of damage.

    Attributes:
        name: What it is called in reports.
        apply: Makes it.
        reports: Rules of `source_files.damage` that tell of it; a difference under any of these
            names is not silent.
    """

    name: str
    apply: Apply
    reports: frozenset[str] = frozenset()


KINDS: dict[str, DamageKind] = {}


def damage(*reports: str) -> Callable[[Apply], Apply]:
    """Declare a damage under the name of its function."""

    def declare(apply: Apply) -> Apply:
        KINDS[apply.__name__] = DamageKind(apply.__name__, apply, frozenset(reports))
        return apply

    return declare


# --- alphabets and line ends ----------------------------------------------------------------


@damage()
def mac_roman(file: ExportFile, random: Random) -> ExportFile | None:
    """Saved by Excel on a Mac."""
    return _encoded(file, "mac_roman")


@damage()
def windows_1252_with_doubled_returns(file: ExportFile, random: Random) -> ExportFile | None:
    """Saved as Windows-1252 by a program that added a second carriage return."""
    found = _encoded(file, "cp1252")
    return found and replace(found, line_end="\r\r\n")


@damage("mojibake", "mangled_bytes", "bare_returns")
def mojibake(file: ExportFile, random: Random) -> ExportFile | None:
    """UTF-8 read as Windows-1252 and saved as UTF-8, or Latin-1 read as Mac Roman."""
    if not file.is_text or file.encoding != "utf-8":
        return None
    told, read = random.choice([("utf-8", "cp1252"), ("cp1252", "mac_roman")])
    return replace(
        file,
        encoding="utf-8-sig",
        retext=(*file.retext, lambda text: text.encode(told).decode(read)),
    )


@damage("bare_returns")
def saved_by_french_excel_on_a_mac(file: ExportFile, random: Random) -> ExportFile | None:
    """Semicolons, a byte order mark, and bare carriage returns inside cells."""
    if not file.is_text or file.encoding != "utf-8":
        return None
    file = _recelled(file, lambda text: text.replace("\n", "\r"))
    return replace(file, encoding="utf-8-sig", delimiter=";")


@damage()
def nul_under_platform_columns(file: ExportFile, random: Random) -> ExportFile | None:
    """Exports until 2017 have a NUL there instead of nothing."""
    if not file.is_text or file.head_rows < 2:
        return None
    columns = tuple(
        replace(c, head=(*c.head[:-1], "\x00")) if c.kind == "platform" and not c.head[-1] else c
        for c in file.columns
    )
    return None if columns == file.columns else replace(file, columns=columns)


@damage()
def unbreakable_spaces(file: ExportFile, random: Random) -> ExportFile | None:
    """Spaces of labels became U+00A0, as the platform itself writes many."""
    return _retyped(file, lambda text: text.replace(" ", "\u00a0"), titles=True)


@damage()
def html_in_labels(file: ExportFile, random: Random) -> ExportFile | None:
    """Titles and choices carry the tags of the questionnaire's editor, hence cells too."""
    tag = random.choice(["<strong>{}</strong>", "{}<br />", '<span style="color: red;">{}</span>'])
    return _retyped(
        file, lambda text: tag.format(text) if re.search(r"[^\W\d]{3}", text) else text, titles=True
    )


# --- spreadsheets ---------------------------------------------------------------------------


@damage("excel_date")
def dates_in_cells(file: ExportFile, random: Random) -> ExportFile | None:
    """Ranges became dates, under the headings only."""
    return _retyped(file, _as_date(random), heads=False)


@damage("excel_date")
def dates_in_headers(file: ExportFile, random: Random) -> ExportFile | None:
    """Ranges became dates, in the headings only."""
    return _retyped(file, _as_date(random), cells=False)


@damage("excel_date")
def dates_everywhere(file: ExportFile, random: Random) -> ExportFile | None:
    """Ranges became dates, in headings and under them."""
    return _retyped(file, _as_date(random))


@damage("trailing_zero_lost")
def zeros_lost(file: ExportFile, random: Random) -> ExportFile | None:
    """1.20 became 1.2."""
    heads, cells = random.choice([(True, True), (True, False), (False, True)])
    return _retyped(
        file,
        lambda text: text.rstrip("0") if re.fullmatch(r"\d+\.\d*[1-9]0+", text) else text,
        heads=heads,
        cells=cells,
    )


@damage("formula_error")
def formula_errors(file: ExportFile, random: Random) -> ExportFile | None:
    """A heading that begins with a dash was evaluated."""
    word = random.choice(["#NAME?", "#NOM?"])
    return _retyped(file, lambda text: word if text.startswith("-") else text, cells=False)


@damage("serial_dates")
def serial_dates(file: ExportFile, random: Random) -> ExportFile | None:
    """Moments became numbers of days since 1900."""

    def serial(text: str) -> str:
        try:
            moment = datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")
        except ValueError:
            return text
        return f"{(moment - datetime(1899, 12, 30)) / timedelta(days=1):.5f}"

    found = _recelled(file, serial)
    return None if found == file else found


@damage("scientific_identifiers")
def scientific_identifiers(file: ExportFile, random: Random) -> ExportFile | None:
    """Long identifiers were shown, then saved, in scientific notation."""
    digits, comma = random.choice([(5, "."), (5, ","), (2, ".")])

    def short(text: str) -> str:
        if not re.fullmatch(r"\d{10,}", text):
            return text
        return f"{int(text):.{digits}E}".replace(".", comma)

    found = _recelled(file, short)
    return None if found == file else found


@damage()
def excel_table_headings(file: ExportFile, random: Random) -> ExportFile | None:
    """A table of a spreadsheet has no blank heading: `Column2` stands there."""
    word = random.choice(["Column", "Colonne"])
    return _headed(file, lambda head, k: (head[0] or f"{word}{k}", *head[1:]))


@damage()
def pandas_round_trip(file: ExportFile, random: Random) -> ExportFile | None:
    """Read and written by pandas: `Unnamed: 7` for blank titles, an index in front."""
    file = _headed(file, lambda head, k: (head[0] or f"Unnamed: {k - 1}", *head[1:])) or file
    if random.random() < 0.3:
        return file
    first = 1 if random.random() < 0.5 else 0  # with one header row read, row 2 is record 0
    height = len(file.columns[0].cells)
    numbers = tuple(str(k) for k in range(first, first + height))
    index = Column("added", ("", *["0"][:first], *[""] * (file.head_rows - 1 - first)), numbers)
    if len(index.head) != file.head_rows:
        return None
    return replace(file, columns=(index, *file.columns))


# --- rows and columns out of place ----------------------------------------------------------


@damage()
def unquoted_comma(file: ExportFile, random: Random) -> ExportFile | None:
    """A choice with a comma was split, in the heading, the rows that ticked it, or both."""
    labels = {c.head[-1] for c in file.columns if c.head and c.kind == "closed"}
    texts = sorted(
        {text for c in file.columns if c.kind == "closed" for text in {*c.cells, c.head[-1]}}
        if file.head_rows
        else ()
    )
    split = [text for text in texts if ", " in text]
    if not split:
        return None
    chosen = random.choice(split)
    spare = random.choice([1, 3])
    heads, cells = random.choice([(True, True), (True, False), (False, True)])
    if chosen not in labels:
        heads, cells = False, True
    records = file.records()
    shifted = []
    for number, record in enumerate(records):
        touched = heads if number < file.head_rows else cells
        out: list[str] = []
        for cell in record:
            out += cell.split(", ") if touched and cell == chosen else [cell]
        out += [""] * spare
        shifted.append(out)
    width = len(records[0]) + spare
    if any(any(record[width:]) for record in shifted):
        return None
    found = file.with_records([record[:width] for record in shifted])
    return found if [r[: len(records[0])] for r in found.records()] != records else None


@damage("headers_out_of_step")
def headers_out_of_step(file: ExportFile, random: Random) -> ExportFile | None:
    """A title stands over the neighbouring group, or is missing, or the whole row slipped."""
    if file.head_rows < 2:
        return None
    titles = [column.head[0] for column in file.columns]
    places = [
        k for k, c in enumerate(file.columns) if c.head[0] and c.kind in ("closed", "typed") and k
    ]
    if not places:
        return None
    place = random.choice(places)
    how = random.choice(["left", "right", "lost", "row right", "row left"])
    if how == "lost":
        titles[place] = ""
    elif how == "left":
        titles[place - 1 : place + 1] = [titles[place], ""]
    elif how == "right":
        titles[place : place + 2] = ["", titles[place]]
    elif how == "row right":
        titles[place:] = ["", *titles[place:-1]]
    else:
        titles[place:] = [*titles[place + 1 :], ""]
    titles = [*titles, ""][: len(file.columns)]
    columns = tuple(
        replace(c, head=(title, *c.head[1:])) for c, title in zip(file.columns, titles, strict=True)
    )
    return None if columns == file.columns else replace(file, columns=columns)


@damage()
def second_row_deleted(file: ExportFile, random: Random) -> ExportFile | None:
    """Somebody found the second header row ugly."""
    if file.head_rows < 2:
        return None
    return replace(file, columns=tuple(replace(c, head=c.head[:1]) for c in file.columns))


@damage()
def three_header_rows(file: ExportFile, random: Random) -> ExportFile | None:
    """Names of variables were written above the titles."""
    return _headed(file, lambda head, k: (f"q{k}", *head))


@damage()
def title_line(file: ExportFile, random: Random) -> ExportFile | None:
    """The name of the survey stands above the header."""
    return replace(file, above=(*file.above, random.choice(["Petite enquête", "Enquête 2018"])))


@damage()
def titles_filled_down(file: ExportFile, random: Random) -> ExportFile | None:
    """Each column got the title of its group."""
    if file.head_rows < 2:
        return None
    carried = ""
    columns = []
    for column in file.columns:
        carried = column.head[0] or carried
        columns.append(replace(column, head=(carried, *column.head[1:])))
    return replace(file, columns=tuple(columns))


@damage()
def headers_joined(file: ExportFile, random: Random) -> ExportFile | None:
    """The two header rows were made one, by a script."""
    if file.head_rows < 2:
        return None
    mark = random.choice([" - ", ": ", " "])
    bare = random.random() < 0.5
    carried = ""
    columns = []
    for column in file.columns:
        carried = column.head[0] or carried
        label = "" if bare and column.head[1].endswith("Response") else column.head[1]
        columns.append(replace(column, head=(mark.join(filter(None, (carried, label))),)))
    return replace(file, columns=tuple(columns))


@damage()
def blank_rows_and_columns(file: ExportFile, random: Random) -> ExportFile | None:
    """Rows between the responses and after them, columns after the last one or between groups."""
    records = file.records()
    blank = [""] * len(records[0])
    for _ in range(random.randint(1, 4)):
        records.insert(random.randint(file.head_rows, len(records)), blank)
    found = file.with_records(records)
    columns = list(found.columns)
    empty = Column("added", ("",) * file.head_rows, ("",) * len(columns[0].cells))
    groups = [k for k, c in enumerate(columns) if c.head and c.head[0]]
    for _ in range(random.randint(0, 3)):
        columns.append(empty)
    if groups and random.random() < 0.3:
        columns.insert(random.choice(groups), empty)
    return replace(found, columns=tuple(columns))


@damage("extra_columns", "added_columns", "index_column")
def columns_added_by_hand(file: ExportFile, random: Random) -> ExportFile | None:
    """Notes of the person who cleaned the file."""
    title = random.choice(
        ["Project", "Serial #", "Minutes", "Recoded_or_edited-Other", "Filter Criteria 1", ""]
    )
    label = random.choice(["", "", "Response", "Open-Ended Response", "Project"])
    head = (title, *[label] * (file.head_rows - 1))[: file.head_rows]
    note = random.choice(["1", "Lot A", "Oui", "", "Rien"])
    cells = tuple(random.choice([note, str(k)]) for k in range(len(file.columns[0].cells)))
    place = random.choice([0, len(file.columns), random.randint(0, len(file.columns))])
    columns = list(file.columns)
    columns.insert(place, Column("added", head, cells))
    return replace(file, columns=tuple(columns))


@damage("repeated_respondent", "repeated_respondents", "repeated_records")
def rows_duplicated(file: ExportFile, random: Random) -> ExportFile | None:
    """Some responses were pasted twice."""
    records = file.records()
    for _ in range(random.randint(1, 3)):
        chosen = random.choice(records[file.head_rows :])
        records.insert(random.randint(file.head_rows, len(records)), list(chosen))
    return file.with_records(records)


@damage("repeated_respondent", "repeated_respondents", "repeated_records")
def identifier_repeated(file: ExportFile, random: Random) -> ExportFile | None:
    """Two responses bear one identifier."""
    place = _place_of(file, r"\d{10,12}")
    if place is None or len(file.columns[place].cells) < 2:
        return None
    cells = list(file.columns[place].cells)
    kept, lost = random.sample([k for k, cell in enumerate(cells) if cell], 2)
    if cells[kept] == cells[lost]:
        return None
    cells[lost] = cells[kept]
    columns = list(file.columns)
    columns[place] = replace(columns[place], cells=tuple(cells))
    return replace(file, columns=tuple(columns))


@damage()
def identifier_blank(file: ExportFile, random: Random) -> ExportFile | None:
    """A response lost its identifier."""
    place = _place_of(file, r"\d{10,12}")
    if place is None:
        return None
    cells = list(file.columns[place].cells)
    cells[random.randrange(len(cells))] = ""
    columns = list(file.columns)
    columns[place] = replace(columns[place], cells=tuple(cells))
    return replace(file, columns=tuple(columns))


@damage("repeated_header")
def header_repeated_below(file: ExportFile, random: Random) -> ExportFile | None:
    """Two downloads were pasted together, headers included."""
    records = file.records()
    at = random.randint(file.head_rows, len(records))
    return file.with_records([*records[:at], *records[: file.head_rows], *records[at:]])


@damage()
def column_deleted(file: ExportFile, random: Random) -> ExportFile | None:
    """A column of a question is gone; its title with it, when it was the first of the group."""
    places = [k for k, c in enumerate(file.columns) if c.kind in ("closed", "typed")]
    if not places:
        return None
    columns = list(file.columns)
    del columns[random.choice(places)]
    return replace(file, columns=tuple(columns))


@damage()
def column_moved(file: ExportFile, random: Random) -> ExportFile | None:
    """A column of a question was dragged elsewhere, with its headings."""
    places = [k for k, c in enumerate(file.columns) if c.kind in ("closed", "typed")]
    if len(places) < 2:
        return None
    columns = list(file.columns)
    start, end = random.sample(places, 2)
    columns.insert(end, columns.pop(start))
    return replace(file, columns=tuple(columns))


@damage()
def column_copied(file: ExportFile, random: Random) -> ExportFile | None:
    """A column stands twice, and one of the two was worked on."""
    places = [k for k, c in enumerate(file.columns) if c.kind in ("closed", "typed")]
    if not places:
        return None
    columns = list(file.columns)
    place = random.choice(places)
    cells = list(columns[place].cells)
    random.shuffle(cells)
    columns.insert(place + 1, replace(columns[place], kind="added", cells=tuple(cells)))
    return replace(file, columns=tuple(columns))


def _place_of(file: ExportFile, pattern: str) -> int | None:
    """Return the first platform column all of whose cells look so."""
    for place, column in enumerate(file.columns):
        if (
            column.kind == "platform"
            and all(re.fullmatch(pattern, cell) for cell in column.cells if cell)
            and sum(map(bool, column.cells)) > 1
        ):
            return place
    return None


def _headed(
    file: ExportFile, change: Callable[[tuple[str, ...], int], tuple[str, ...]]
) -> ExportFile | None:
    """Return the export with other headings; `change` is given a column's place, from 1."""
    columns = tuple(
        replace(column, head=change(column.head, place)) if column.head else column
        for place, column in enumerate(file.columns, start=1)
    )
    return None if columns == file.columns else replace(file, columns=columns)


def _encoded(file: ExportFile, encoding: str) -> ExportFile | None:
    if not file.is_text or file.encoding != "utf-8":
        return None
    found = replace(file, encoding=encoding)
    try:
        found.content()
    except UnicodeEncodeError:
        return None
    return found


def _retyped(
    file: ExportFile,
    change: Callable[[str], str],
    *,
    titles: bool = False,
    heads: bool = True,
    cells: bool = True,
) -> ExportFile | None:
    """Return the export with the labels of its closed questions changed, None if none is."""

    def label(head: tuple[str, ...]) -> tuple[str, ...]:
        if titles:
            return tuple(map(change, head))
        return (*head[:-1], change(head[-1])) if heads and head else head

    columns = tuple(
        Column(
            column.kind,
            label(column.head),
            tuple(map(change, column.cells)) if cells else column.cells,
        )
        if column.kind == "closed"
        else column
        for column in file.columns
    )
    return None if columns == file.columns else replace(file, columns=columns)


def _recelled(file: ExportFile, change: Callable[[str], str]) -> ExportFile:
    """Return the export with every cell under the headers changed."""
    columns = tuple(replace(c, cells=tuple(map(change, c.cells))) for c in file.columns)
    return replace(file, columns=columns)


def _as_date(random: Random) -> Callable[[str], str]:
    """Return what one spreadsheet makes of ranges: its language decides the form."""
    french = random.random() < 0.5

    def form(text: str) -> str:
        match = _RANGE.fullmatch(text.strip())
        if match is None:
            return text
        low, high = int(match[1]), int(match[2])
        if french:
            # Day first: 2-5 is the second of May, 11-49 is November 1949.
            if high <= 12:
                return f"{low:02d}-{_FRENCH[high - 1]}"
            return f"{_FRENCH[low - 1]}-{high:02d}" if low <= 12 else text
        if high <= 28 and low <= 12:
            return f"{high}-{_ENGLISH[low - 1]}"
        return f"{_ENGLISH[low - 1]}-{high:02d}" if low <= 12 else text

    return form
