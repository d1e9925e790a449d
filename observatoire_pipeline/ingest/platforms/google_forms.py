"""Google Forms, responses as CSV or sheet: one header row, moments in the first column.

In: recognising such a file by its words or, in any language, by its shape; questions with their
kind, grids (`Title [Row]`), ticked choices that share a cell with the separator of the file.
Not in: how a cell of choices is cut (`joined`), what cells look like (`cell_shapes`).

The download as CSV joins ticks with `;`, the linked sheet with `, `: one file uses one of them, so
the separator is the one by which more columns read as choices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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
    NO,
    YES,
    are_integers,
    are_moments,
    are_numbers,
    are_ranks,
    clean,
    column_letters,
    identify_a_person,
    in_order,
    kind_of,
    number,
    shared_texts,
    uncounted,
)
from observatoire_pipeline.ingest.platforms.interface import Platform
from observatoire_pipeline.ingest.platforms.joined import Joined, read_joined
from observatoire_pipeline.ingest.sniff import CsvFormat

HEADER_ROWS = 1
SEPARATORS = (";", ", ")

GOOGLE_FORMS = Platform(
    name="google_forms",
    title="Google Forms",
    metadata={
        "ended_at": (
            "Timestamp",
            "Horodateur",
            "Horodatage",
            "Zeitstempel",
            "Marca temporal",
            "Marca de tiempo",
            "Informazioni cronologiche",
            "Carimbo de data/hora",
            "Tijdstempel",
            "Sygnatura czasowa",
            "Tidsstämpel",
            "Tidsstempel",
            "Aikaleima",
            "Marcaj de timp",
            "Időbélyeg",
            "Časovna oznaka",
            "Vremenska oznaka",
            "Marca de temps",
            "Stempel waktu",
            "Dấu thời gian",
            "Χρονική σήμανση",
            "Позначка часу",
            "타임스탬프",
            "時間戳記",
            "طابع زمني",
            "חותמת זמן",
            "Časová značka",
            "Zaman damgası",
            "Отметка времени",
            "タイムスタンプ",
            "时间戳记",
        ),
        "email": (
            "Email Address",
            "Email",
            "E-mail",
            "Username",
            "Adresse e-mail",
            "Adresse email",
            "Nom d’utilisateur",
            "E-Mail-Adresse",
            "Nutzername",
            "Dirección de correo electrónico",
            "Correo electrónico",
            "Nombre de usuario",
            "Indirizzo email",
            "Nome utente",
            "Endereço de e-mail",
            "Nome de usuário",
            "E-mailadres",
        ),
        "score": (
            "Score",
            "Total score",
            "Score total",
            "Note",
            "Punkte",
            "Punktzahl",
            "Puntuación",
            "Punteggio",
            "Gesamtpunktzahl",
            "Puntuación total",
            "Punteggio totale",
            "Pontuação",
        ),
    },
    personal=frozenset({"email"}),
    repeatable=frozenset({"email"}),
    response_words=(),
    open_words=(),
)
_MARKS = frozenset({"score", "feedback", "note", "points", "commentaires", "punkte"})
_GRID = re.compile(r"^(?P<title>.*?)\s*\[(?P<row>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]\s*$", re.S)

_DOTTED = re.compile(r"(?P<title>\S+?\.)\.(?P<row>[^.\s]\S*?)\.")
"""A title and its row as R rewrites them: `Rate.these..Audio.`."""


def certainty(head: Sequence[Sequence[str]]) -> int:
    """Return how sure it is that the first records are those of a Google Forms export.

    The first column (the second, after an index without heading) holds moments under a heading that
    says so, or moments with a time of day under any heading when every other column with cells
    has a heading too and a single header row stands above them.

    Args:
        head: The first non-blank records, header included.
    """
    if not head or len(head[0]) < 2:
        return 0
    place = _moment_place(head)
    if place is None:
        return 0
    titles = head[0][place + 1 :]
    if GOOGLE_FORMS.field_of(head[0][place]) == "ended_at":
        generic = normalise_label(head[0][place]) == "timestamp"
        return 80 if not generic or any(map(_may_ask, titles)) else 0
    cells = [row[place] for row in head[1:]]
    if is_blank(head[0][place]) or not are_moments(cells):
        return 0
    named = sum(not is_blank(title) for title in titles)
    asked = sum(len(clean(title)) >= 12 or "?" in title for title in titles)
    second_moment = any(
        are_moments([row[k] for row in head[1:] if k < len(row)])
        for k in range(place + 1, len(head[0]))
    )
    people = any("?" in title or "？" in title or len(title.split()) >= 4 for title in titles)
    said = [cell.strip() for row in head[1:] for cell in row[place + 1 :] if cell.strip()]
    if not people or are_numbers(said):
        return 0  # the readings of an instrument
    return (
        50 if named >= 0.9 * len(titles) and asked * 2 >= len(titles) and not second_moment else 0
    )


def renamed_certainty(grid: Grid) -> int:
    """Return how sure the answers make it, where “Timestamp” stands before headings of one word.

    A person may have renamed the questions. Two columns are answered by yes or no, in any of many
    languages: the readings of an instrument and the lines of a log are not.
    """
    head = grid.head
    if len(head) < 3 or GOOGLE_FORMS.field_of(head[0][0]) != "ended_at":
        return 0
    if not are_moments([row[0] for row in head[1:]]):
        return 0
    agreed = 0
    for k in range(2, grid.width + 1):
        texts, _ = grid.distinct(k, below=HEADER_ROWS)
        forms = {normalise_label(text) for text in texts[:9]}
        spoken = bool(forms & YES) and bool(forms & NO)
        agreed += len(texts) < 9 and spoken
    return 60 if agreed >= 2 else 0


def certainty_without_moments(grid: Grid) -> int:
    """Return how sure the questions alone make it, where the column of moments was deleted.

    Half of the headings ask people, and a cell joins ticked choices: no other platform's file of
    one header row does both.
    """
    head = grid.head
    titles = [clean(cell) for cell in head[0]] if head else []
    asked = sum("?" in title or "？" in title or len(title.split()) >= 4 for title in titles)
    if len(head) < 3 or not all(titles[1:]) or 2 * asked < len(titles) or len(titles) < 3:
        return 0
    columns = {
        k: grid.distinct(k, below=HEADER_ROWS)
        for k in range(1, len(titles) + 1)
        if any(mark in row[k - 1] for row in head[1:] for mark in SEPARATORS if k <= len(row))
    }
    if sum(any("|" in text for text in texts) for texts, _ in columns.values()) >= 2:
        return 0  # another tool's ticks, of which some hold a comma
    _, joined = _separator(columns)  # type: ignore[arg-type]
    return 35 if joined else 0


def _may_ask(title: str) -> bool:
    """Tell whether a heading may be that of a form: several words, or a question mark.

    “Timestamp” alone stands over the readings of any instrument too.
    """
    return "?" in title or " " in clean(title) or title.count(".") >= 2


def _moment_place(head: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the column of moments: the first, or the second after an index."""
    first = head[0]
    if is_blank(first[0]) or normalise_label(first[0]).startswith("unnamed"):
        return 1 if are_integers([row[0] for row in head[1:]]) else None
    return 0


def read(grid: Grid) -> Export:
    """Return what a Google Forms export holds.

    Args:
        grid: Its records, one header row included.
    """
    headers = [*grid.head[0], *[""] * (grid.width - len(grid.head[0]))]
    titles = uncounted([clean(header) for header in headers])
    found = {k: grid.distinct(k, below=HEADER_ROWS) for k in range(1, grid.width + 1)}
    fixed = _fixed(grid, titles)
    asked = [
        k
        for k in range(1, grid.width + 1)
        if k not in fixed and titles[k - 1] and not titles[k - 1].startswith("Unnamed:")
    ]
    separator, joined = _separator({k: found[k] for k in asked})
    marks = _marks(titles)
    fixed |= dict.fromkeys(marks, ("metadata", "mark"))
    asked = [k for k in asked if k not in marks]
    groups = _groups(titles, asked)
    questions: list[ExportQuestion] = []
    ticks: dict[int, str] = {}
    rows: dict[int, tuple[int, str, str]] = {}
    firsts: dict[str, int] = {}
    for title, members in groups:
        positions = [position for position, _ in members]
        items = tuple(row for _, row in members if row)
        kind, options = _kind(grid, positions, joined, is_grid=bool(items))
        if kind == "multiple":
            items = options
        if any(position in joined for position in positions):
            ticks[positions[0]] = separator
        first = firsts.setdefault(normalise_label(title), positions[0]) if title else positions[0]
        questions.append(
            ExportQuestion(
                position=positions[0],
                title=title,
                kind=kind,
                columns=tuple(positions),
                options=options,
                items=items,
                same_as=0 if first == positions[0] else first,
            )
        )
        for position, row in members:
            rows[position] = (positions[0], title, row)
    kinds = {question.position: question.kind for question in questions}
    columns: list[ExportColumn] = []
    for k in range(1, grid.width + 1):
        texts, counts = found[k]
        question, title, row = rows.get(k, (0, titles[k - 1], ""))
        role, field = fixed.get(k, ("question" if question else "extra", ""))
        if role == "extra" and not texts:
            role = "blank"
        if role == "question" and identify_a_person(titles[k - 1], texts):
            role = "personal"
        columns.append(
            ExportColumn(
                position=k,
                headers=(headers[k - 1],),
                title=title,
                label=row,
                role=role,  # type: ignore[arg-type]
                field=field,
                question=question,
                item=row,
                text_of="answer" if question and kinds[question] == "text" else "",
                cells_in=int(counts.sum()),
            )
        )
    return Export(
        platform=GOOGLE_FORMS.name,
        layout="joined_cells" if ticks else "condensed",
        header_rows=HEADER_ROWS,
        grid=grid,
        columns=tuple(columns),
        questions=tuple(questions),
        damage=tuple(_damage(columns)),
        multiple_in_one_cell=ticks,
    )


def _fixed(grid: Grid, titles: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Return role and field of the columns that Google Forms adds to the questions."""
    place = _moment_place(grid.head) or 0
    fixed: dict[int, tuple[str, str]] = {}
    for k in range(1, place + 1):
        fixed[k] = ("extra", "")
    texts, _ = grid.distinct(place + 1, below=HEADER_ROWS)
    if GOOGLE_FORMS.field_of(titles[place]) == "ended_at" or are_moments(texts):
        fixed[place + 1] = ("metadata", "ended_at")
    for k in range(1, grid.width + 1):
        field = GOOGLE_FORMS.field_of(titles[k - 1])
        if k in fixed:
            continue
        if field == "email":
            fixed[k] = ("personal", "email")
        elif field == "score" and k <= place + 3 and _is_score(grid, k):
            fixed[k] = ("metadata", "score")
    return fixed


def _marks(titles: Sequence[str]) -> list[int]:
    """Return the columns in which a quiz marks the question before: `Title [Score]`."""
    marks: list[int] = []
    title = ""
    for k, text in enumerate(titles, start=1):
        match = _GRID.match(text)
        if match and match["title"] == title and normalise_label(match["row"]) in _MARKS:
            marks.append(k)
        else:
            title = text
    return marks


def _is_score(grid: Grid, position: int) -> bool:
    texts, _ = grid.distinct(position, below=HEADER_ROWS)
    return bool(texts) and all(re.fullmatch(r"\d+([.,]\d+)?\s*/\s*\d+", t.strip()) for t in texts)


def _separator(columns: dict[int, tuple[list[str], object]]) -> tuple[str, dict[int, Joined]]:
    """Return the separator of the file, and the columns whose cells hold ticked choices."""
    best: tuple[str, dict[int, Joined]] = (SEPARATORS[0], {})
    for separator in SEPARATORS:
        found: dict[int, Joined] = {}
        for position, (texts, counts) in columns.items():
            if any(separator in text for text in texts) and not any("\n" in t for t in texts):
                joined = read_joined(texts, counts, separator=separator)  # type: ignore[arg-type]
                if joined.is_choice:
                    found[position] = joined
        if len(found) > len(best[1]):
            best = (separator, found)
    return best


def _groups(titles: Sequence[str], asked: Sequence[int]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the questions: a title and its columns, each with its row in a grid.

    Columns side by side whose headings differ in the last bracket only are a grid, which a form may
    leave without title; a lone heading that ends in a bracket is a title.
    """
    parsed: list[tuple[int, str, str]] = []
    for position in asked:
        match = _GRID.match(titles[position - 1]) or _DOTTED.fullmatch(titles[position - 1])
        if match:
            parsed.append((position, match["title"], match["row"].strip()))
        else:
            parsed.append((position, titles[position - 1], ""))
    groups: list[tuple[str, list[tuple[int, str]]]] = []
    for position, title, row in parsed:
        last = groups[-1] if groups else None
        if (
            last
            and row
            and last[0] == title
            and all(other and other != row for _, other in last[1])
            and last[1][-1][0] == position - 1
        ):
            last[1].append((position, row))
        else:
            groups.append((title, [(position, row)]))
    return [
        (title, members)
        if len(members) > 1 or not members[0][1]
        else (titles[members[0][0] - 1], [(members[0][0], "")])
        for title, members in groups
    ]


def _kind(
    grid: Grid, positions: Sequence[int], joined: dict[int, Joined], *, is_grid: bool
) -> tuple[QuestionKind, tuple[str, ...]]:
    texts, counts = shared_texts(grid, positions, below=HEADER_ROWS)
    if not is_grid:
        (position,) = positions
        if position in joined:
            return "multiple", joined[position].options
        kind = kind_of(texts, counts)
        return kind, _chosen(texts, counts) if kind == "single" else ()
    if any(position in joined for position in positions):
        separator = next(joined[p].separator for p in positions if p in joined)
        return "matrix", read_joined(texts, counts, separator=separator).options
    if are_ranks(grid, positions, below=HEADER_ROWS):
        return "ranking", in_order(texts)
    return "matrix", in_order(texts)


def _chosen(texts: Sequence[str], counts: object) -> tuple[str, ...]:
    """Return the answers of a list; one that a single person gave was typed under “other”."""
    pairs = list(zip(texts, map(int, counts), strict=True))  # type: ignore[call-overload]
    if are_integers(texts) and all(0 <= number(text) <= 10 for text in texts):
        return in_order(texts)
    total = sum(count for _, count in pairs)
    return in_order([text for text, count in pairs if count > 1 or total < 10])


def _damage(columns: Sequence[ExportColumn]) -> list[Damage]:
    """Return what was added to the export: columns under no heading that hold cells."""
    extra = [
        column.position for column in columns if column.role == "extra" and column.position > 1
    ]
    if not extra:
        return []
    where = column_letters(extra)
    return [Damage("extra_columns", where, len(extra), where, "")]


class GoogleFormsReader:
    """Reads the responses of a Google form."""

    name = GOOGLE_FORMS.name
    platform = GOOGLE_FORMS

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is a Google form's, from 0 to 100."""
        return certainty(grid.head) or renamed_certainty(grid) or certainty_without_moments(grid)

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it."""
        return read(grid)
