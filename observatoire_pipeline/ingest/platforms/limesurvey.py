"""LimeSurvey, responses as CSV or workbook: one header row in one of three heading styles.

In: recognising such a file by its fixed columns, by its codes (`Q3[SQ001]`) or, in any language, by
its shape; its questions with their kind.
Not in: what cells look like (`cell_shapes`).

Headings are codes (`Q3[SQ001]`, layout `code`), full text (`Title [Row]`, layout `text`) or both
(`Q3[SQ001]. Title [Row]`, layout `code_text`). A multiple choice has a column for each choice, and
its cells are two words for ticked and not ticked, or one word and nothing. `N/A` stands under a
question that was not shown. A response without a date of submission was not finished.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.cell_shapes import (
    NO,
    YES,
    are_integers,
    are_moments,
    are_numbers,
    are_ranks,
    clean,
    column_letters,
    common_start,
    identify_a_person,
    in_order,
    kind_of,
    rank_places,
    shared_texts,
)
from observatoire_pipeline.ingest.platforms.interface import Platform
from observatoire_pipeline.ingest.sniff import CsvFormat

HEADER_ROWS = 1

LIMESURVEY = Platform(
    name="limesurvey",
    title="LimeSurvey",
    metadata={
        "respondent_id": (
            "id",
            "ID réponse",
            "ID de la réponse",
            "Response ID",
            "Antwort ID",
            "Antwort-ID",
            "ID de respuesta",
            "ID risposta",
            "ID da resposta",
            "Antwoord-ID",
            "Reactie ID",
        ),
        "ended_at": (
            "submitdate",
            "Date de soumission",
            "Date submitted",
            "Datum Abgeschickt",
            "Datum abgeschickt",
            "Fecha de envío",
            "Data invio",
            "Data di invio",
            "Data de envio",
            "Datum ingestuurd",
        ),
        "last_page": (
            "lastpage",
            "Dernière page",
            "Dernière page vue",
            "Last page",
            "Letzte Seite",
            "Última página",
            "Ultima pagina",
            "Laatste pagina",
        ),
        "language": (
            "startlanguage",
            "Langue",
            "Langue de départ",
            "Start language",
            "Language",
            "Startsprache",
            "Start-Sprache",
            "Sprache",
            "Lenguaje inicial",
            "Idioma inicial",
            "Lingua iniziale",
            "Starttaal",
        ),
        "seed": (
            "seed",
            "Tête de série",
            "Graine",
            "Zufallsstartwert",
            "Semilla",
            "Seme",
            "Semente",
        ),
        "token": (
            "token",
            "Code d’invitation",
            "Code d’accès",
            "Access code",
            "Zugangscode",
            "Zugangsschlüssel",
            "Contraseña",
            "Código de acceso",
            "Codice di accesso",
            "Jeton",
            "Invitation",
        ),
        "started_at": (
            "startdate",
            "Date de lancement",
            "Date de début",
            "Date started",
            "Datum gestartet",
            "Fecha de inicio",
            "Data di inizio",
            "Data de início",
            "Datum gestart",
        ),
        "last_action_at": (
            "datestamp",
            "Date de la dernière action",
            "Date last action",
            "Datum letzte Aktivität",
            "Fecha de la última acción",
            "Data dell’ultima azione",
            "Data da última ação",
            "Datum laatste actie",
        ),
        "ip_address": (
            "ipaddr",
            "Adresse IP",
            "IP address",
            "IP-Adresse",
            "Dirección IP",
            "Indirizzo IP",
        ),
        "referrer": ("refurl", "URL référente", "Referrer URL", "Weiterleitungs-URL"),
        "duration": (
            "interviewtime",
            "Temps total",
            "Durée totale",
            "Total time",
            "Gesamtzeit",
            "Tiempo total",
            "Tempo totale",
        ),
        "first_name": ("firstname", "First name", "Prénom", "Vorname"),
        "last_name": ("lastname", "Last name", "Nom", "Nom de famille", "Nachname"),
        "email": ("email", "Email address", "Adresse e-mail", "Adresse email", "E-Mail-Adresse"),
    },
    personal=frozenset({"token", "ip_address", "referrer", "first_name", "last_name", "email"}),
    repeatable=frozenset(),
    response_words=(),
    open_words=(),
)

NOT_SHOWN = frozenset({"N/A", "{question_not_shown}"})
"""What a cell says under a question that was not shown."""

TICKS = YES | {
    *("1", "x", "true", "vrai", "wahr", "checked", "coche", "selected", "quoted", "ausgewahlt"),
    *("selectionne", "gewahlt"),
}
NO_TICKS = NO | {
    *("0", "false", "faux", "falsch", "not selected", "not quoted", "unchecked", "unselected"),
    *("nicht gewahlt", "nicht ausgewahlt", "non selectionne", "non coche"),
}
_OTHER = frozenset(
    {"other", "autre", "autres", "sonstiges", "andere", "otro", "otros", "altro", "outro", "anders"}
)
_COMMENT = frozenset(
    {
        "comment",
        "comments",
        "commentaire",
        "commentaires",
        "kommentar",
        "kommentare",
        "comentario",
        "comentarios",
        "commento",
        "opmerking",
    }
)
_CODE = r"[A-Za-z][A-Za-z0-9_]*"
_CODE_ONLY = re.compile(rf"(?P<code>{_CODE})(?P<parts>(?:\[[^\[\]]*\])+)")
_CODE_TEXT = re.compile(rf"(?P<code>{_CODE})(?P<parts>(?:\[[^\[\]]*\])*)\.\s+(?P<text>\S.*)", re.S)
_SGQA = re.compile(r"(?P<code>\d+X\d+X\d+)(?P<part>[A-Za-z]\w*)?")
"""Survey, group and question by their numbers, then a code: `12345X6X78SQ001`."""

_DOTTED = re.compile(r"(?P<code>[A-Za-z][A-Za-z0-9]*)\.(?P<part>\w+)\.")
"""A code and its brackets as R rewrites them: `Q3.SQ001.`."""

_UNDERSCORED = re.compile(r"(?P<code>[A-Za-z][A-Za-z0-9]*)_(?P<part>SQ\d+\w*|other|\d+)")
_TIMING = re.compile(
    r"(groupe?|gruppen?|question|frage)?\s?(time|temps|zeit|timing)\s?:.*"
    r"|(group|question|q)time\w*|interviewtime"
    r"|(durée|temps|zeit|tiempo|tempo|duración|time)\b.{0,30}"
    r"(groupe?|question|gruppe|frage|grupo|pregunta|gruppo|domanda)\b.*:.*"
    r"|(durée|temps) (du groupe|de la question).*",
    re.I | re.S,
)
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,10})?")
_PLACE = re.compile(r"\D{0,20}?(\d{1,2})\D{0,3}")


@dataclass(frozen=True)
class Heading:
    """A heading taken apart.

    Attributes:
        key: What columns of one question share.
        title: The question as a person reads it.
        parts: What stands in brackets: row, choice, scale, `other`, `comment`.
        code: Its code; empty where headings have none.
    """

    key: str
    title: str
    parts: tuple[str, ...]
    code: str = ""


def certainty(head: Sequence[Sequence[str]]) -> int:
    """Return how sure it is that the first records are those of a LimeSurvey export.

    Args:
        head: The first non-blank records, header included.
    """
    if len(head) < 2 or len(head[0]) < 2:
        return 0
    first = head[0]
    below = head[1:]
    fields = [_field_named(clean(cell)) for cell in first]
    own = {"ended_at", "last_page", "language", "seed", "last_action_at", "started_at"}
    known = {field for field in fields if field in own}
    raw = {cell.strip().strip('"') for cell in first}
    ids = [row[0] for row in below if row]
    counted = are_integers(ids) and len(set(ids)) == len(ids) and max(map(len, ids)) <= 8
    if {"submitdate", "lastpage", "startlanguage"} <= raw:
        return 100
    coded = sum(bool(_CODE_ONLY.match(cell.strip())) for cell in first)
    rowed = [parse_heading(cell, "text") for cell in first]
    stems = [heading.key for heading in rowed if heading.parts]
    gridded = sum(a == b for a, b in pairwise(stems))
    bare = clean(first[0]).casefold() == "id"
    if counted and fields[0] == "respondent_id" and len(known) > (bare and not stems):
        return 90
    if coded >= 2 and (counted or known):
        return 80
    if counted and len(known) >= 2 and _has_language(head):
        return 70
    if not known and _ticked_rows(head, rowed) >= 2:
        return 45
    asked = sum("?" in cell or len(clean(cell)) >= 20 for cell in first)
    asks = asked * 2 >= len(first) and any("?" in cell for cell in first)
    if counted and _has_language(head) and (gridded or asks):
        return 55 if gridded else 30
    small = counted and max(map(len, ids)) <= 6
    if counted and gridded and (fields[0] == "respondent_id" or (gridded >= 2 and small)):
        # Numbers under no heading are the index of a program, and grids are of Google Forms too.
        return 50 if clean(first[0]) else 30
    return 60 if coded >= 3 else 0


def _ticked_rows(head: Sequence[Sequence[str]], headings: Sequence[Heading]) -> int:
    """Return how many columns of `Title [Choice]`, side by side, hold both words of a tick.

    Google Forms has such headings too, but joins ticks in one cell: two words alone in several
    columns of one question are LimeSurvey's.
    """
    found = 0
    for k, heading in enumerate(headings):
        beside = [headings[j].key for j in (k - 1, k + 1) if 0 <= j < len(headings)]
        forms = {normalise_label(row[k]) for row in head[1:] if k < len(row) and row[k]}
        if heading.parts and heading.key in beside and len(forms) == 2:
            found += bool(forms & TICKS) and bool(forms & NO_TICKS)
    return found


def _has_language(head: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of the first columns holds codes of languages."""
    for k in range(1, min(8, len(head[0]))):
        cells = [row[k].strip() for row in head[1:] if k < len(row)]
        if cells and all(_LANGUAGE.fullmatch(cell) and cell.islower() for cell in cells):
            return True
    return False


def parse_heading(heading: str, style: str) -> Heading:
    """Return the parts of a heading.

    Args:
        heading: As found.
        style: `code`, `text` or `code_text`.
    """
    text = clean(heading)
    if style == "code":
        match = _CODE_ONLY.fullmatch(text)
        if match:
            return Heading(match["code"], match["code"], _brackets(match["parts"]), match["code"])
        match = _SGQA.fullmatch(text)
        if match:
            part = (match["part"],) if match["part"] else ()
            return Heading(match["code"], match["code"], part, match["code"])
        match = _UNDERSCORED.fullmatch(text) or _DOTTED.fullmatch(text)
        if match:
            return Heading(match["code"], match["code"], (match["part"],), match["code"])
        return Heading(text, text, (), text)
    if style == "code_text":
        match = _CODE_TEXT.fullmatch(text)
        if match:
            title, parts = _last_brackets(match["text"])
            codes = _brackets(match["parts"])
            if codes and not parts:
                parts = codes
            elif not codes:
                title, parts = match["text"], ()
            return Heading(match["code"], title, parts, match["code"])
    title, parts = _last_brackets(text)
    return Heading(title, title, parts)


def heading_style(headers: Sequence[str]) -> str:
    """Return the heading style of a file: `code`, `text` or `code_text`."""
    asked = [clean(h) for h in headers if clean(h) and _field_named(clean(h)) is None]
    if not asked:
        return "text"
    if sum(bool(_CODE_TEXT.fullmatch(text)) for text in asked) >= 0.6 * len(asked):
        return "code_text"
    plain = sum(
        bool(
            _CODE_ONLY.fullmatch(text)
            or _SGQA.fullmatch(text)
            or _DOTTED.fullmatch(text)
            or re.fullmatch(rf"{_CODE}", text)
        )
        for text in asked
    )
    return "code" if plain >= 0.8 * len(asked) else "text"


def _brackets(parts: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.findall(r"\[([^\[\]]*)\]", parts))


def _last_brackets(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a heading without the brackets that end it, and what stands in them."""
    parts: list[str] = []
    rest = text.rstrip()
    while rest.endswith("]"):
        depth = 0
        for k in range(len(rest) - 1, -1, -1):
            depth += (rest[k] == "]") - (rest[k] == "[")
            if depth == 0:
                break
        if depth or k == 0:
            break
        parts.append(rest[k + 1 : -1].strip())
        rest = rest[:k].rstrip()
    return (rest, tuple(reversed(parts))) if rest else (text, ())


# --- reading --------------------------------------------------------------------------------


def read(grid: Grid) -> Export:
    """Return what a LimeSurvey export holds.

    Args:
        grid: Its records, one header row included.
    """
    headers = [*grid.head[0], *[""] * (grid.width - len(grid.head[0]))]
    style = heading_style(headers)
    headings = {k: parse_heading(header, style) for k, header in enumerate(headers, start=1)}
    found = {k: grid.distinct(k, below=HEADER_ROWS) for k in headings}
    fixed = _fixed(grid, headers, style=style)
    groups = _groups(
        headings,
        [k for k in headings if k not in fixed and clean(headers[k - 1])],
    )
    questions: list[ExportQuestion] = []
    columns: dict[int, ExportColumn] = {}
    firsts: dict[str, int] = {}
    for positions in groups:
        question, members = _question(grid, positions, headings, headers)
        first = firsts.setdefault(normalise_label(question.title), question.position)
        questions.append(
            ExportQuestion(
                position=question.position,
                title=question.title,
                kind=question.kind,
                columns=question.columns,
                options=question.options,
                items=question.items,
                same_as=0 if first == question.position else first,
            )
        )
        columns |= {column.position: column for column in members}
    for k, header in enumerate(headers, start=1):
        if k in columns:
            continue
        texts, counts = found[k]
        role, field = fixed.get(k, ("extra", ""))
        if role == "extra" and not texts:
            role = "blank"
        columns[k] = ExportColumn(
            position=k,
            headers=(header,),
            title=clean(header),
            label="",
            role=role,  # type: ignore[arg-type]
            field=field,
            cells_in=int(counts.sum()),
        )
    ordered = tuple(columns[k] for k in sorted(columns))
    return Export(
        platform=LIMESURVEY.name,
        layout=style,
        header_rows=HEADER_ROWS,
        grid=grid,
        columns=ordered,
        questions=tuple(questions),
        damage=tuple(_damage(grid, ordered)),
        no_answer=NOT_SHOWN,
    )


def _fixed(grid: Grid, headers: Sequence[str], *, style: str) -> dict[int, tuple[str, str]]:
    """Return role and field of the columns that LimeSurvey adds to the questions.

    They stand before the first question, where words or the shape of the cells name them; times
    stand after the last, under names of their own.
    """
    fixed: dict[int, tuple[str, str]] = {}
    taken: set[str] = set()
    leading = True
    last = _last_named(headers)
    for k, header in enumerate(headers, start=1):
        title = clean(header)
        field = _field_named(title)
        if field in taken:
            field = None
        spelled = style == "code" and title.islower()
        if field is not None and not (leading or spelled or field == "duration"):
            field = None
        if field is None and leading and (not last or k < last):
            field = _field_by_shape(grid, k, title=title, taken=taken)
        timed = _TIMING.fullmatch(title) or (style == "code" and title.endswith("Time"))
        if field is None and not leading and timed:
            texts, _ = grid.distinct(k, below=HEADER_ROWS)
            if not texts or are_numbers(texts):
                fixed[k] = ("metadata", "timing")
            continue
        if field is None:
            leading = leading and (not title or title.startswith("Unnamed:"))
            if leading or title.startswith("Unnamed:"):
                fixed[k] = ("extra", "")
            continue
        taken.add(field)
        role = "personal" if field in LIMESURVEY.personal else "metadata"
        fixed[k] = (role, field)
    return fixed


def _last_named(headers: Sequence[str]) -> int:
    """Return the position of the last fixed column in a row that words name; 0 below two of them.

    Where words name fixed columns, what stands after them is a question, whatever it looks like.
    """
    named = [k for k, h in enumerate(headers[:16], start=1) if _field_named(clean(h)) is not None]
    return max(named) if len(named) >= 2 else 0


def _field_named(title: str) -> str | None:
    """Return the field of a heading, or of the code before its text (`id. Response ID`)."""
    if not title:
        return None
    code, dot, _ = title.partition(". ")
    return LIMESURVEY.field_of(title) or (LIMESURVEY.field_of(code) if dot else None)


def _field_by_shape(grid: Grid, position: int, *, title: str, taken: set[str]) -> str | None:
    """Return the field of a leading column whose heading is in no list.

    A heading that asks (a question mark, brackets) is a question, whatever its cells look like.
    """
    if not title or "?" in title or title.endswith("]"):
        return None
    texts, counts = grid.distinct(position, below=HEADER_ROWS)
    if not texts:
        return None
    responses = len(grid.rows) - HEADER_ROWS
    unique = bool(np.all(counts == 1))
    if position == 1 and are_integers(texts) and unique and len(texts) == responses:
        return "respondent_id"
    if "respondent_id" not in taken:
        return None
    if are_moments(texts):
        order = ("ended_at", "started_at", "last_action_at")
        return next((field for field in order if field not in taken), None)
    if all(_LANGUAGE.fullmatch(text) and text.islower() for text in texts) and len(texts) <= 12:
        return "language" if "language" not in taken else None
    if identify_a_person("", texts):
        return "ip_address" if "ip_address" not in taken else None
    long_integers = are_integers(texts) and all(len(text) >= 6 for text in texts)
    if "seed" not in taken and long_integers and unique:
        return "seed"
    small = are_integers(texts) and all(len(text) <= 2 for text in texts)
    if "last_page" not in taken and small and taken & {"ended_at"} and position <= 3:
        return "last_page"
    return None


def _groups(headings: dict[int, Heading], asked: Sequence[int]) -> list[list[int]]:
    """Return the columns of each question: side by side, of one title, each part once.

    A heading without brackets opens a question, because titles and codes may repeat.
    """
    groups: list[list[int]] = []
    for k in asked:
        heading = headings[k]
        last = groups[-1] if groups else []
        if (
            last
            and headings[last[-1]].key == heading.key
            and heading.parts
            and last[-1] == k - 1
            and all(headings[other].parts != heading.parts for other in last)
        ):
            last.append(k)
        else:
            groups.append([k])
    return groups


def _question(
    grid: Grid, positions: list[int], headings: dict[int, Heading], headers: Sequence[str]
) -> tuple[ExportQuestion, list[ExportColumn]]:
    parts = {k: headings[k].parts for k in positions}
    title = headings[positions[0]].title
    if len(positions) == 1 and parts[positions[0]] and not headings[positions[0]].code:
        title = clean(headers[positions[0] - 1])
        parts[positions[0]] = ()
    texts = {k: _answers(grid, k) for k in positions}
    typed = _typed(grid, positions, parts, texts)
    answered = [k for k in positions if k not in typed]
    items: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    item_of = {k: " - ".join(parts[k]) for k in answered}
    option_of: dict[int, str] = {}
    if not answered:
        kind: QuestionKind = "text"
        items = tuple(" - ".join(parts[k]) for k in positions if parts[k])
        typed = dict.fromkeys(positions, "answer")
        item_of = {k: " - ".join(parts[k]) for k in positions}
    elif len(answered) == 1 and not parts[answered[0]]:
        found, counts = grid.distinct(answered[0], below=HEADER_ROWS)
        shown = [(t, c) for t, c in zip(found, counts, strict=True) if t not in NOT_SHOWN]
        kind = kind_of([t for t, _ in shown], np.array([c for _, c in shown], dtype=np.int64))
        files = bool(shown) and all(t.lstrip().startswith("[{") for t, _ in shown)
        if typed and kind == "text" and not files:
            kind = "single"
        options = in_order([t for t, _ in shown]) if kind == "single" else ()
        if kind == "text":
            typed[answered[0]] = "answer"
    else:
        kind, options, items, option_of = _kind_of_many(grid, answered, item_of, texts)
        if option_of:
            item_of = dict.fromkeys(answered, "")
        if kind in ("text", "number", "date"):
            typed |= dict.fromkeys(answered, "answer") if kind == "text" else {}
    typed_rows = {k: " - ".join(parts[k]) for k in positions if typed.get(k) == "comment"}
    columns: list[ExportColumn] = []
    for k in positions:
        cells, counts = grid.distinct(k, below=HEADER_ROWS)
        columns.append(
            ExportColumn(
                position=k,
                headers=(headers[k - 1],),
                title=title,
                label=" - ".join(parts[k]),
                role="personal" if identify_a_person(title, cells) else "question",
                question=positions[0],
                item=item_of.get(k, typed_rows.get(k, "") if len(parts[k]) > 1 else ""),
                option=option_of.get(k, ""),
                text_of=typed.get(k, ""),  # type: ignore[arg-type]
                cells_in=int(counts.sum()),
            )
        )
    question = ExportQuestion(
        position=positions[0],
        title=title,
        kind=kind,
        columns=tuple(positions),
        options=options,
        items=items,
    )
    return question, columns


def _answers(grid: Grid, position: int) -> list[str]:
    texts, _ = grid.distinct(position, below=HEADER_ROWS)
    return [text for text in texts if text not in NOT_SHOWN]


def _typed(
    grid: Grid,
    positions: Sequence[int],
    parts: dict[int, tuple[str, ...]],
    texts: dict[int, list[str]],
) -> dict[int, str]:
    """Return the columns of typed text beside the answers: `other` or `comment`.

    Named by its bracket or, in any language, by its cells: beside a list, the one column in
    brackets; after ticked choices, a column whose cells are no ticks. Text beside a list belongs to
    the answer `other` where it stands with one and the same answer.
    """
    typed: dict[int, str] = {}
    for k in positions:
        if not parts[k]:
            continue
        last = normalise_label(parts[k][-1])
        if last in _COMMENT or last.endswith("comment"):
            typed[k] = "comment"
        elif last in _OTHER and not _are_ticks(texts[k]):
            typed[k] = "other"
    opened = [k for k in positions if not parts[k]]
    rest = [k for k in positions if parts[k] and k not in typed]
    if opened and len(positions) == 2 and rest:
        typed[rest[0]] = "other" if _one_answer_beside(grid, opened[0], rest[0]) else "comment"
    elif len(rest) >= 3 and all(_are_ticks(texts[k]) for k in rest[:-1]) and texts[rest[-1]]:
        ticks = {text for k in rest[:-1] for text in texts[k]}
        if not _are_ticks(texts[rest[-1]]) and not set(texts[rest[-1]]) <= ticks:
            typed[rest[-1]] = "other"
    return typed


def _one_answer_beside(grid: Grid, answers: int, typed: int) -> bool:
    """Tell whether every typed text stands beside one and the same answer."""
    left = grid.cells.column(answers - 1).combine_chunks()
    right = grid.cells.column(typed - 1).combine_chunks()
    blank = np.array([not text for text in right.dictionary.to_pylist()], dtype=bool)
    filled = ~blank[right.indices.to_numpy(zero_copy_only=False)[HEADER_ROWS:]]
    codes = left.indices.to_numpy(zero_copy_only=False)[HEADER_ROWS:][filled]
    return len(np.unique(codes)) <= 1


def _are_ticks(texts: Sequence[str]) -> bool:
    """Tell whether cells are those of a choice: a tick, or a tick and its contrary."""
    forms = {normalise_label(text) for text in texts}
    if not forms:
        return True
    if len(forms) == 1:
        return bool(forms & (TICKS | NO_TICKS))
    return len(forms) == 2 and bool(forms & TICKS) and bool(forms & NO_TICKS)


def _kind_of_many(
    grid: Grid,
    positions: Sequence[int],
    labels: dict[int, str],
    texts: dict[int, list[str]],
) -> tuple[QuestionKind, tuple[str, ...], tuple[str, ...], dict[int, str]]:
    """Return kind, answers, items, and the rank that a column stands for, of several columns."""
    together, counts = shared_texts(grid, positions, below=HEADER_ROWS, leave_out=NOT_SHOWN)
    items = tuple(labels[k] for k in positions)
    if _are_ticks(together) and together:
        return "multiple", in_order(together), items, {}
    places = [_PLACE.fullmatch(labels[k]) for k in positions]
    numbered = [match[1] for match in places if match]
    if (
        len(positions) > 1
        and numbered == [str(k) for k in range(1, len(positions) + 1)]
        and rank_places(grid, positions, below=HEADER_ROWS)
        and kind_of(together, counts) == "single"
    ):
        return (
            "ranking",
            tuple(numbered),
            tuple(together),
            dict(zip(positions, numbered, strict=True)),
        )
    if are_ranks(grid, positions, below=HEADER_ROWS):
        return "ranking", in_order(together), items, {}
    kind = kind_of(together, counts) if together else "matrix"
    if kind in ("number", "date", "text"):
        return kind, (), items, {}
    return "matrix", in_order(together), items, {}


def _damage(grid: Grid, columns: Sequence[ExportColumn]) -> list[Damage]:
    """Return what the columns tell of the responses: unfinished ones, what was added by hand."""
    damage: list[Damage] = []
    responses = len(grid.rows) - HEADER_ROWS
    for column in columns:
        if column.field == "ended_at" and column.cells_in < responses:
            where = column_letters([column.position])
            damage.append(
                Damage("unfinished_responses", where, responses - column.cells_in, where, "")
            )
    extra = [
        column.position for column in columns if column.role == "extra" and column.position > 1
    ]
    if extra:
        where = column_letters(extra)
        damage.append(Damage("extra_columns", where, len(extra), where, ""))
    return damage


def texts_over_codes(head: Sequence[Sequence[str]]) -> bool:
    """Tell whether a row of texts stands over the row of codes, as in a VV export."""
    if len(head) < 3:
        return False
    codes = {cell.strip() for cell in head[1]}
    return {"id", "submitdate"} <= codes and bool({"lastpage", "startlanguage"} & codes)


def read_vv(grid: Grid) -> Export:
    """Return what a VV export holds: codes below, the texts above them for titles and labels.

    Args:
        grid: Its records, both header rows included.
    """
    from observatoire_pipeline.ingest.damage.rewriting import rewrite

    above = [*map(clean, grid.head[0]), *[""] * (grid.width - len(grid.head[0]))]
    coded = read(rewrite(grid, keep=np.arange(len(grid.rows)) >= 1))
    titles: dict[int, str] = {}
    labels: dict[int, str] = {}
    for question in coded.questions:
        texts = [above[k - 1] for k in question.columns]
        stem = texts[0]
        if len(texts) > 1:
            common = common_start(texts)
            cut = max((common.rfind(joint) for joint in (" - ", " [", "[", ": ")), default=-1)
            stem = common[:cut] if cut > 0 else common.strip() or texts[0]
        titles[question.position] = stem.strip() or question.title
        for k, text in zip(question.columns, texts, strict=True):
            labels[k] = text[len(stem) :].strip(" -[]:") or text
    columns = tuple(
        replace(
            column,
            headers=(grid.head[0][column.position - 1], *column.headers),
            title=titles.get(column.question, above[column.position - 1]),
            label=labels[column.position] if column.label else "",
            item=labels[column.position] if column.item else "",
        )
        for column in coded.columns
    )
    spelled = {column.position: column.item for column in columns if column.item}
    questions = tuple(
        replace(
            question,
            title=titles[question.position],
            items=tuple(spelled[k] for k in question.columns if k in spelled) or question.items,
        )
        for question in coded.questions
    )
    return replace(
        coded,
        layout="code_text",
        header_rows=HEADER_ROWS + 1,
        grid=grid,
        columns=columns,
        questions=questions,
    )


class LimeSurveyReader:
    """Reads the responses of a LimeSurvey survey."""

    name = LIMESURVEY.name
    platform = LIMESURVEY

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is LimeSurvey's, from 0 to 100."""
        return 100 if texts_over_codes(grid.head) else certainty(grid.head)

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it."""
        return read_vv(grid) if texts_over_codes(grid.head) else read(grid)
