"""Qualtrics, responses as CSV or workbook: rows of ids, of question text and of ImportIds.

In: recognising such a file by its ImportIds or by the ids of its fixed columns, whatever language
the text row is in; counting the header rows by what stands under them; its questions.
Not in: what cells look like (`cell_shapes`), several choices in one cell (`joined`).

Three header rows are written: ids (`Q5_3_TEXT`), text in the language of the account, and
`{"ImportId":"QID5_3_TEXT"}`. Older files lack the third, and people delete the second or the third.
Columns of one question share the stem of the ImportId, else of the id. A test or a preview of the
survey, and a response that was not finished, are counted, never dropped here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    number,
    shared_texts,
)
from observatoire_pipeline.ingest.platforms.interface import Platform
from observatoire_pipeline.ingest.platforms.joined import read_joined
from observatoire_pipeline.ingest.sniff import CsvFormat

MOST_HEADER_ROWS = 4
SEPARATOR = ","
"""What stands between choices that share one cell, codes and texts alike."""

QUALTRICS = Platform(
    name="qualtrics",
    title="Qualtrics",
    metadata={
        "respondent_id": (
            "ResponseId",
            "ResponseID",
            "Response ID",
            "_recordId",
            "Identifiant de la réponse",
            "ID de la réponse",
            "Antwort-ID",
            "ID de respuesta",
            "ID da resposta",
            "ID risposta",
        ),
        "started_at": (
            "StartDate",
            "Start Date",
            "Date de début",
            "Anfangsdatum",
            "Startdatum",
            "Fecha de inicio",
            "Data de início",
            "Data di inizio",
        ),
        "ended_at": (
            "EndDate",
            "End Date",
            "Date de fin",
            "Enddatum",
            "Fecha de finalización",
            "Fecha final",
            "Data de término",
            "Data di fine",
        ),
        "recorded_at": (
            "RecordedDate",
            "Recorded Date",
            "Date enregistrée",
            "Date d’enregistrement",
            "Erfassungsdatum",
            "Aufzeichnungsdatum",
            "Fecha registrada",
            "Fecha de registro",
            "Data de registro",
            "Data di registrazione",
        ),
        "status": (
            "Status",
            "Response Type",
            "Type de réponse",
            "Antworttyp",
            "Tipo de respuesta",
            "Tipo de resposta",
            "Tipo di risposta",
        ),
        "progress": (
            "Progress",
            "Progression",
            "Avancement",
            "Aktueller Stand",
            "Fortschritt",
            "Progreso",
            "Progresso",
            "Avanzamento",
        ),
        "duration": (
            "Duration (in seconds)",
            "Duration",
            "Durée (en secondes)",
            "Dauer (in Sekunden)",
            "Duración (en segundos)",
            "Duração (em segundos)",
            "Durata (in secondi)",
        ),
        "finished": (
            "Finished",
            "Terminé",
            "Beendet",
            "Finalizado",
            "Terminado",
            "Concluído",
            "Terminato",
        ),
        "collector": (
            "DistributionChannel",
            "Distribution Channel",
            "Canal de distribution",
            "Verteilungskanal",
            "Canal de distribución",
            "Canal de distribuição",
            "Canale di distribuzione",
        ),
        "language": (
            "UserLanguage",
            "User Language",
            "Q_Language",
            "Langue de l’utilisateur",
            "Langue utilisateur",
            "Benutzersprache",
            "Idioma del usuario",
            "Idioma do usuário",
            "Lingua utente",
        ),
        "response_set": ("ResponseSet",),
        "recaptcha": ("Q_RecaptchaScore", "Q_BallotBoxStuffing", "Q_RelevantIDDuplicate"),
        "ip_address": (
            "IPAddress",
            "IP Address",
            "Adresse IP",
            "IP-Adresse",
            "Dirección IP",
            "Endereço IP",
            "Indirizzo IP",
        ),
        "last_name": (
            "RecipientLastName",
            "Recipient Last Name",
            "LastName",
            "Nom de famille du destinataire",
            "Nom du destinataire",
            "Nachname des Empfängers",
            "Apellido del destinatario",
            "Sobrenome do destinatário",
            "Cognome del destinatario",
        ),
        "first_name": (
            "RecipientFirstName",
            "Recipient First Name",
            "FirstName",
            "Prénom du destinataire",
            "Vorname des Empfängers",
            "Nombre del destinatario",
            "Nome do destinatário",
            "Nome del destinatario",
        ),
        "email": (
            "RecipientEmail",
            "Recipient Email",
            "EmailAddress",
            "E-mail du destinataire",
            "Adresse e-mail du destinataire",
            "E-Mail des Empfängers",
            "Correo electrónico del destinatario",
            "E-mail do destinatário",
            "E-mail del destinatario",
        ),
        "name": ("Name",),
        "custom_data": (
            "ExternalReference",
            "External Data Reference",
            "ExternalDataReference",
            "Référence de données externes",
            "Référence externe",
            "Externe Datenreferenz",
            "Referencia de datos externos",
            "Referência de dados externos",
        ),
        "latitude": (
            "LocationLatitude",
            "Location Latitude",
            "Latitude de l’emplacement",
            "Latitude",
            "Breitengrad des Standorts",
            "Latitud de ubicación",
            "Latitude do local",
        ),
        "longitude": (
            "LocationLongitude",
            "Location Longitude",
            "Longitude de l’emplacement",
            "Longitude",
            "Längengrad des Standorts",
            "Longitud de ubicación",
            "Longitude do local",
        ),
        "accuracy": ("LocationAccuracy", "Location Accuracy"),
    },
    personal=frozenset(
        {
            "ip_address",
            "last_name",
            "first_name",
            "email",
            "name",
            "custom_data",
            "latitude",
            "longitude",
            "accuracy",
        }
    ),
    repeatable=frozenset({"recaptcha"}),
    response_words=(),
    open_words=(),
)

_SIGNS = frozenset(
    {
        "recorded_at",
        "status",
        "progress",
        "duration",
        "finished",
        "collector",
        "response_set",
        "custom_data",
        "latitude",
        "longitude",
    }
)
_STEM = re.compile(r"(?P<loop>\d+_)?(?P<stem>QID\d+|.+?)(?P<parts>(?:[_#]x?\d+)*)(?P<text>_TEXT)?")
_PARADATA = re.compile(
    r"_(FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT|DO(_\d+)?|NPS_GROUP|BROWSER|VERSION|OS"
    r"|RESOLUTION|First Click|Last Click|Page Submit|Click Count|Browser|Version"
    r"|Operating System|Resolution)$"
)
_FILE = re.compile(r"_(FILE_(ID|NAME|SIZE|TYPE)|Id|Name|Size|Type)$")
_SPELLED_PARADATA = re.compile(
    r"(Timing|Browser Meta Info) - .*|.* - (First Click|Last Click|Page Submit|Click Count"
    r"|Display Order|Group)"
)
_COMPUTED = re.compile(r"QID\w*_[0-9a-f]{12,}\w*$")
_TOKEN = re.compile(r"R_[A-Za-z0-9]{10,17}")
_ID = re.compile(r"(\d+_)?Q(ID)?\d+(\.\d+)?([_#]\d+)*(_[\w ]{1,20})?|SC\d+")
_CODES = re.compile(r"(0|[1-9]\d{0,3})(,(0|[1-9]\d{0,3}))*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NOT_FINISHED = frozenset({"false", "0", "falsch", "faux", "falso", "non", "no", "nein"})
_PREVIEW = ("preview", "vorschau", "apercu", "vista previa", "anteprima", "test")


@dataclass(frozen=True)
class Headers:
    """The header rows of a file, told apart.

    Attributes:
        rows: How many there are.
        ids: The ids of the columns (the texts, where there is no row of ids).
        texts: The question text of each column; empty where there is none.
        imports: The ImportId of each column; empty where there is none.
    """

    rows: int
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    imports: tuple[str, ...]


def import_id(cell: str) -> str:
    """Return the id in a cell such as `{"ImportId":"QID2_TEXT"}`; empty when it is none."""
    text = cell.strip()
    if not text.startswith("{") or "importid" not in text.lower():
        return ""
    try:
        found = json.loads(text)
    except ValueError:
        match = re.search(r"importid\W+([\w#]+)", text, re.I)
        return match[1] if match else ""
    if not isinstance(found, dict):
        return ""
    name = next((str(v) for k, v in found.items() if str(k).lower() == "importid"), "")
    choice = found.get("choiceId")
    return f"{name}_{choice}" if choice is not None else name


def certainty(head: Sequence[Sequence[str]]) -> int:
    """Return how sure it is that the first records are those of a Qualtrics export.

    Args:
        head: The first non-blank records, header included.
    """
    if not head:
        return 0
    for row in head[:MOST_HEADER_ROWS]:
        if sum(bool(import_id(cell)) for cell in row) * 2 >= sum(bool(cell) for cell in row):
            return 100
    best = _by_shape(head)
    for row in head[:2]:
        fields = {QUALTRICS.field_of(clean(cell)) for cell in row if cell} - {None}
        signs = fields & _SIGNS
        if "respondent_id" in fields and len(signs) >= 2:
            best = max(best, 95)
        elif len(signs) >= 3 or ("respondent_id" in fields and signs):
            best = max(best, 70)
    return best


def _by_shape(head: Sequence[Sequence[str]]) -> int:
    """Return how sure the shape of ids makes it, in any language and without fixed columns.

    A column of `R_` and a token of letters and digits is Qualtrics' identifier of a response; a
    row of `Q1`, `Q3_2`, `Q5_4_TEXT` above questions is its row of ids.
    """
    for k in range(len(head[0])):
        cells = [row[k] for row in head[1:] if k < len(row) and row[k]]
        tokens = sum(bool(_TOKEN.fullmatch(cell)) for cell in cells)
        if tokens and tokens >= len(head) - MOST_HEADER_ROWS and tokens >= len(cells) - 2:
            return 65
    if len(head) > 2 and _names_over_texts(head):
        return 48
    filled = [cell for cell in head[0] if cell]
    named = [cell for cell in filled if _ID.fullmatch(cell)]
    typed = any("_" in cell for cell in named)
    if (
        len(named) >= 3
        and typed
        and len(named) >= 0.8 * len(filled)
        and len(set(filled)) == len(filled)
    ):
        return 45
    return 0


def _names_over_texts(head: Sequence[Sequence[str]]) -> bool:
    """Tell whether names of variables stand over their questions, side by side `question - row`.

    A person may have renamed `Q3_1` to `trust_1`; the row under it still has the text of each.
    """
    names = [cell.strip() for cell in head[0]]
    texts = [clean(cell) for cell in head[1]]
    if len(texts) != len(names) or len(names) < 5 or len(set(names)) < len(names):
        return False
    if not all(names) or 10 * sum(not re.search(r"\s", name) for name in names) < 8 * len(names):
        return False
    asked = sum(len(text) >= 12 and " " in text for text in texts)
    stems = [text.rpartition(" - ")[0] for text in texts]
    beside = sum(
        bool(stems[k]) and stems[k] == stems[k + 1] and re.search(r"_\d+$", names[k]) is not None
        for k in range(len(names) - 1)
    )
    return 2 * asked >= len(names) and beside >= 1


def find_headers(grid: Grid) -> Headers:
    """Return the header rows: those above the first record that holds answers.

    The row of ImportIds is the last one. Without it, a row is a header as long as a column whose
    records hold moments holds none there.
    """
    head = [[*row, *[""] * (grid.width - len(row))] for row in grid.head]
    imports: tuple[str, ...] = ("",) * grid.width
    last = None
    for k, row in enumerate(head[:MOST_HEADER_ROWS]):
        found = [import_id(cell) for cell in row]
        if sum(map(bool, found)) * 2 >= sum(map(bool, row)):
            imports, last = tuple(found), k
            break
    rows = last + 1 if last is not None else _rows_above_moments(head)
    named = [k for k in range(rows) if k != last]
    ids = tuple(clean(cell) for cell in head[named[0]]) if named else imports
    texts = tuple(clean(cell) for cell in head[named[-1]]) if len(named) > 1 else ("",) * grid.width
    return Headers(rows, ids, texts, imports)


def _rows_above_moments(head: Sequence[Sequence[str]]) -> int:
    """Return the number of records above the first that holds a moment in a column of moments."""
    width = len(head[0])
    last = head[-1]
    moments = [k for k in range(width) if last[k] and are_moments([last[k]])]
    for k, row in enumerate(head[:MOST_HEADER_ROWS]):
        if k and any(row[place] and are_moments([row[place]]) for place in moments):
            return k
    two = len(head) > 1 and (_repeats_headings(head) or _asks(head))
    return 2 if two or (len(head) > 2 and _names_over_texts(head)) else 1


def _asks(head: Sequence[Sequence[str]]) -> bool:
    """Tell whether the second record holds questions: longer than any record under it, no repeat.

    Looked for under a row of ids only.
    """
    filled = [k for k, cell in enumerate(head[0]) if _ID.fullmatch(cell)]
    if len(filled) < 3 or len(filled) < 0.8 * sum(map(bool, head[0])) or len(head) < 3:
        return False
    asked = [k for k in filled if len(head[1][k]) >= 8 and " " in head[1][k]]
    again = sum(head[1][k] in {row[k] for row in head[2:]} for k in asked)
    return 2 * len(asked) >= len(filled) and 5 * again <= len(asked)


def _repeats_headings(head: Sequence[Sequence[str]]) -> bool:
    """Tell whether the second record names the fixed columns as the first one does."""
    first, second = head[0], head[1]
    same = sum(
        QUALTRICS.field_of(clean(a)) is not None
        and QUALTRICS.field_of(clean(a)) == QUALTRICS.field_of(clean(b))
        for a, b in zip(first, second, strict=True)
    )
    return same >= 2


def read(grid: Grid) -> Export:
    """Return what a Qualtrics export holds.

    Args:
        grid: Its records, header rows included.
    """
    headers = find_headers(grid)
    below = headers.rows
    head = [[*row, *[""] * (grid.width - len(row))] for row in grid.head[:below]]
    cells = {k: grid.distinct(k, below=below) for k in range(1, grid.width + 1)}
    fields = _fields(headers, cells)
    asked = [
        k
        for k in cells
        if k not in fields
        and (headers.ids[k - 1] or headers.imports[k - 1])
        and not headers.ids[k - 1].startswith("Unnamed:")
        and not _is_embedded(headers, k)
        and not _PARADATA.search(headers.imports[k - 1] or headers.ids[k - 1])
        and not (headers.rows == 1 and _SPELLED_PARADATA.fullmatch(headers.ids[k - 1]))
    ]
    questions: list[ExportQuestion] = []
    columns: dict[int, ExportColumn] = {}
    separators: dict[int, str] = {}
    firsts: dict[str, int] = {}
    for positions in _groups(headers, asked):
        question, members, joins = _question(grid, positions, headers)
        looped = _looped(headers, question.position)
        key = looped or normalise_label(question.title)
        first = firsts.setdefault(key, question.position)
        if first != question.position:
            question = replace(question, same_as=first)
        questions.append(question)
        columns |= {column.position: column for column in members}
        if joins:
            separators[question.position] = SEPARATOR
    for k, (texts, counts) in cells.items():
        if k in columns:
            continue
        field = fields.get(k, "")
        if field:
            role = "personal" if field in QUALTRICS.personal else "metadata"
        else:
            role = "extra" if texts or headers.ids[k - 1] else "blank"
        columns[k] = ExportColumn(
            position=k,
            headers=tuple(row[k - 1] for row in head),
            title=headers.texts[k - 1] or headers.ids[k - 1],
            label="",
            role=role,  # type: ignore[arg-type]
            field=field,
            cells_in=int(counts.sum()),
        )
    ordered = tuple(columns[k] for k in sorted(columns))
    return Export(
        platform=QUALTRICS.name,
        layout="joined_cells" if separators else "condensed",
        header_rows=below,
        grid=grid,
        columns=ordered,
        questions=tuple(questions),
        damage=tuple(_damage(grid, ordered, below=below)),
        multiple_in_one_cell=separators,
    )


def _fields(headers: Headers, cells: dict[int, tuple[list[str], np.ndarray]]) -> dict[int, str]:
    """Return the field of each fixed column, by its ImportId or its id, then by its text.

    In files of before 2016 the ids are `V1`, `V2`... and only the text names the fixed columns.
    """
    fields: dict[int, str] = {}
    taken: set[str] = set()
    old = sum(bool(re.fullmatch(r"V\d+", name)) for name in headers.ids) >= 5
    for k in cells:
        found = headers.imports[k - 1]
        names = [found] if found else []
        if old:
            if re.fullmatch(r"V\d+", headers.ids[k - 1]) or (
                headers.ids[k - 1] == headers.texts[k - 1]
            ):
                names.append(headers.texts[k - 1])
        else:
            names.append(headers.ids[k - 1])
        if found.startswith("QID"):
            names = []
        elif not found and not old and not _ID.fullmatch(headers.ids[k - 1]):
            names.append(headers.texts[k - 1])
        field = next((f for f in map(_field_named, names) if f is not None), None)
        if field is not None and (field not in taken or field in QUALTRICS.repeatable):
            fields[k] = field
            taken.add(field)
    return fields


def _field_named(name: str) -> str | None:
    return QUALTRICS.field_of(name) if name else None


def _is_embedded(headers: Headers, position: int) -> bool:
    """Tell whether a column is no question: embedded data, a score, topics found in a text."""
    found = headers.imports[position - 1]
    if not found:
        return False
    return not re.match(r"(\d+_)?QID\d+", found) or bool(_COMPUTED.search(found))


def _groups(headers: Headers, asked: Sequence[int]) -> list[list[int]]:
    """Return the columns of each question: those side by side with one stem (and one loop)."""
    groups: list[list[int]] = []
    keys: dict[int, tuple[str, str]] = {}
    spelled = _spelled_stems(headers, asked)
    for k in asked:
        name = headers.imports[k - 1] or headers.ids[k - 1]
        name = _FILE.sub("", name)
        if k in spelled:
            keys[k] = ("", spelled[k])
            continue
        match = _STEM.fullmatch(name)
        keys[k] = (match["loop"] or "", match["stem"]) if match else ("", name)
    for k in asked:
        last = groups[-1][-1] if groups else 0
        if last and last == k - 1 and (keys[last] == keys[k] or _same_question(headers, last, k)):
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _same_question(headers: Headers, one: int, other: int) -> bool:
    """Tell whether two columns without ImportId are one question by their ids and their texts.

    Published files rename the parts of a question by hand: `Q7_Part_3`, then `Q7_OTHER`.
    """
    ids = [headers.ids[k - 1].partition("_") for k in (one, other)]
    stems = [headers.texts[k - 1].rpartition(" - ")[0] for k in (one, other)]
    named = ids[0][0] == ids[1][0] and all(found for _, found, _ in ids)
    if any(headers.imports) or not stems[0]:
        return False
    if re.search(r"_(OTHER|Part_\d+)_TEXT$", headers.ids[other - 1]):
        bare = [stem.removesuffix(" - Selected Choice") for stem in stems]
        shared = {bare[0], bare[0].rpartition(" - ")[0]} & {bare[1], bare[1].rpartition(" - ")[0]}
        return ids[0][0] == ids[1][0] and bool(shared - {""})
    return named and stems[0] == stems[1] and not headers.ids[other - 1].endswith("_TEXT")


def _spelled_stems(headers: Headers, asked: Sequence[int]) -> dict[int, str]:
    """Return what stands before ` - ` in headings of a single row that has questions for ids."""
    if headers.rows > 1 or any(headers.imports):
        return {}
    return {
        k: headers.ids[k - 1].removesuffix(" - Text").rpartition(" - ")[0]
        for k in asked
        if " - " in headers.ids[k - 1]
    }


def _looped(headers: Headers, position: int) -> str:
    """Return what the turns of a loop share (`1_Q3`, `2_Q3`); empty for a question asked once."""
    match = _STEM.fullmatch(headers.imports[position - 1] or headers.ids[position - 1])
    return f"loop of {match['stem']}" if match and match["loop"] else ""


def _is_typed(headers: Headers, position: int) -> bool:
    return bool(
        headers.imports[position - 1].endswith("_TEXT")
        or headers.ids[position - 1].endswith(("_TEXT", " - Text"))
    )


def _titles(texts: Sequence[str]) -> tuple[str, list[str]]:
    """Return the title that texts of one question share, and what each adds to it.

    Qualtrics writes `question - choice`; a question may hold ` - ` itself, so the title ends at the
    last ` - ` of what all texts share. `Selected Choice` in between is no part of either.
    """
    if len(texts) == 1:
        return re.sub(r"\s+-\s+(Selected Choice|Text)$", "", texts[0]), [""]
    common = common_start(texts)
    cut = len(common) if common in texts else common.rfind(" - ")
    if cut <= 0:
        # Older files write `question-choice`.
        cut = common.rfind("-")
    if cut <= 0:
        return texts[0], ["" if text == texts[0] else text for text in texts]
    labels = [re.sub(r"^\s*-\s*", "", text[cut:]).strip() for text in texts]
    title = common[:cut].removesuffix(" - Selected Choice")
    labels = [re.sub(r"^Selected Choice( - |$)", "", label) for label in labels]
    return title.strip(), [re.sub(r" - Text$", "", label) for label in labels]


def _question(
    grid: Grid, positions: list[int], headers: Headers
) -> tuple[ExportQuestion, list[ExportColumn], bool]:
    below = headers.rows
    title, labels = _titled(headers, positions)
    label_of = dict(zip(positions, labels, strict=True))
    file = {"Id", "Name"} <= set(labels)
    typed = {k: "other" for k in positions if _is_typed(headers, k)}
    answered = [k for k in positions if k not in typed]
    if typed and len(answered) > 1:
        # Between question and choice stand the account's words for “Selected Choice”.
        between = common_start([label_of[k] for k in answered]).rfind(" - ")
        if between > 0:
            label_of |= {k: label_of[k][between + 3 :] for k in answered}
    joins = False
    options: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    item_of: dict[int, str] = {}
    option_of: dict[int, str] = {}
    kind: QuestionKind
    if not answered:
        found, counts = shared_texts(grid, positions, below=below)
        kind = kind_of(found, counts) if found else "text"
        kind = "text" if kind == "single" else kind
        items = tuple(label_of[k] for k in positions if label_of[k])
        item_of = {k: label_of[k] for k in positions}
        typed = dict.fromkeys(positions, "answer" if kind == "text" else "")
    elif len(answered) == 1:
        kind, options, joins = _kind_of_one(grid, answered[0], below=below)
        items = options if joins else ()
        if kind == "text" and typed:
            kind = "single"
        if kind == "text":
            typed[answered[0]] = "answer"
    else:
        kind, options = _kind_of_many(grid, answered, label_of, below=below)
        items = tuple(label_of[k] for k in answered)
        item_of = {k: label_of[k] for k in answered}
        crossed = _crossed(headers, answered, label_of) if kind == "multiple" else {}
        if crossed:
            kind = "matrix"
            item_of = {k: row for k, (row, _) in crossed.items()}
            option_of = {k: column for k, (_, column) in crossed.items()}
            items = tuple(dict.fromkeys(item_of.values()))
            options = tuple(dict.fromkeys(option_of.values()))
        if kind == "text":
            typed |= dict.fromkeys(answered, "answer")
    columns = [
        ExportColumn(
            position=k,
            headers=tuple(row[k - 1] if k <= len(row) else "" for row in grid.head[: headers.rows]),
            title=title,
            label=label_of[k],
            role="personal"
            if identify_a_person(
                title
                if file or _FILE.search(headers.ids[k - 1]) or kind in ("multiple", "matrix")
                else label_of[k] or title,
                grid.distinct(k, below=below)[0],
            )
            else "question",
            question=positions[0],
            item=item_of.get(k, ""),
            option=option_of.get(k, ""),
            text_of=typed.get(k, ""),  # type: ignore[arg-type]
            cells_in=grid.cells_in(k, below=below),
        )
        for k in positions
    ]
    question = ExportQuestion(
        position=positions[0],
        title=title,
        kind=kind,
        columns=tuple(positions),
        options=options,
        items=items,
    )
    return question, columns, joins


def _titled(headers: Headers, positions: Sequence[int]) -> tuple[str, list[str]]:
    """Return the title of a question and the label of each column, by its texts or its ids."""
    texts = [headers.texts[k - 1] or headers.ids[k - 1] for k in positions]
    spelled = len(positions) > 1 and all(" - " in text for text in texts)
    if spelled or any(headers.texts[k - 1] for k in positions):
        return _titles(texts)
    match = _STEM.fullmatch(headers.ids[positions[0] - 1])
    title = match["stem"] if match and len(positions) > 1 else headers.ids[positions[0] - 1]
    return title, [name.removeprefix(title).lstrip("_#") for name in texts]


def _crossed(
    headers: Headers, positions: Sequence[int], labels: dict[int, str]
) -> dict[int, tuple[str, str]]:
    """Return row and column of each cell of a matrix with several answers; empty for others.

    Such columns have two numbers after their stem (`Q5_2_3`) and a text `row - column`.
    """
    crossed: dict[int, tuple[str, str]] = {}
    for k in positions:
        match = _STEM.fullmatch(headers.imports[k - 1] or headers.ids[k - 1])
        if match is None or len(re.findall(r"\d+", match["parts"])) != 2:
            return {}
        row, dash, column = labels[k].rpartition(" - ")
        crossed[k] = (row, column) if dash else tuple(re.findall(r"\d+", match["parts"]))
    return crossed


def _kind_of_one(
    grid: Grid, position: int, *, below: int
) -> tuple[QuestionKind, tuple[str, ...], bool]:
    """Return kind, answers, and whether several share a cell, of a question of one column."""
    texts, counts = grid.distinct(position, below=below)
    if texts and all(_CODES.fullmatch(text) for text in texts) and any("," in t for t in texts):
        codes = {code for text in texts for code in text.split(SEPARATOR)}
        return "multiple", tuple(sorted(codes, key=int)), True
    if any(SEPARATOR in _THOUSANDS.sub("", text) for text in texts):
        joined = read_joined(texts, counts, separator=SEPARATOR)
        if joined.is_choice:
            return "multiple", joined.options, True
    kind = kind_of(texts, counts)
    if kind == "number" and are_integers(texts) and len(texts) <= 12 and _are_codes(texts):
        kind = "single"
    return kind, in_order(texts) if kind == "single" else (), False


def _are_codes(texts: Sequence[str]) -> bool:
    """Tell whether whole numbers are small enough to be codes of choices."""
    return all(0 <= number(text) <= 30 for text in texts)


def _kind_of_many(
    grid: Grid, positions: Sequence[int], labels: dict[int, str], *, below: int
) -> tuple[QuestionKind, tuple[str, ...]]:
    """Return kind and answers of a question of several columns.

    Ticked choices hold one text a column: the choice itself, or a code. A matrix shares its answers
    over its columns.
    """
    distinct = {k: grid.distinct(k, below=below)[0] for k in positions}
    together, counts = shared_texts(grid, positions, below=below)
    unticked = _unticked(distinct, labels)
    if unticked:
        distinct = {k: [t for t in texts if t != unticked] for k, texts in distinct.items()}
        together = [text for text in together if text != unticked]
    filled = [texts for texts in distinct.values() if texts]
    if filled and all(len(texts) == 1 for texts in filled):
        own = all(
            normalise_label(distinct[k][0]) == normalise_label(labels[k])
            or (labels[k] and normalise_label(labels[k]).endswith(normalise_label(distinct[k][0])))
            for k in positions
            if distinct[k]
        )
        codes = are_numbers(together)
        # A handful of responses to a matrix may differ from row to row by chance.
        different = len(together) == len(filled) > 1 and len(grid.rows) - below >= 5
        if own or different or (codes and len(together) == 1):
            return "multiple", in_order(together)
    if are_ranks(grid, positions, below=below):
        return "ranking", in_order(together)
    if not together:
        return "matrix", ()
    kind = kind_of(together, counts)
    if kind == "number" and are_integers(together) and _are_codes(together) and len(together) <= 12:
        kind = "single"
    return ("matrix", in_order(together)) if kind == "single" else (kind, ())


def _unticked(distinct: dict[int, list[str]], labels: dict[int, str]) -> str:
    """Return what boxes hold that were shown and not ticked (`-99`); empty when there is no word.

    It is the one text that every column holds beside its own label.
    """
    strange = [
        {text for text in texts if normalise_label(text) != normalise_label(labels[k])}
        for k, texts in distinct.items()
    ]
    own = sum(len(texts) > len(s) for texts, s in zip(distinct.values(), strange, strict=True))
    same = set.union(*strange) if strange else set()
    return next(iter(same)) if len(same) == 1 and own >= 2 and 2 * own > len(distinct) else ""


def _damage(grid: Grid, columns: Sequence[ExportColumn], *, below: int) -> list[Damage]:
    """Return previews and unfinished responses, each counted."""
    damage: list[Damage] = []
    fields = {column.field: column for column in columns if column.field}

    def count(rule: str, field: str, marked: Sequence[tuple[str, int]]) -> None:
        total = sum(number for _, number in marked)
        if total:
            where = column_letters([fields[field].position])
            damage.append(Damage(rule, where, total, where, ""))

    def pairs(field: str) -> list[tuple[str, int]]:
        texts, counts = grid.distinct(fields[field].position, below=below)
        return list(zip(texts, map(int, counts), strict=True))

    if "status" in fields:
        count(
            "previews_and_tests",
            "status",
            [
                (text, number)
                for text, number in pairs("status")
                if text in ("1", "2", "1.0", "2.0")
                or any(word in normalise_label(text) for word in _PREVIEW)
            ],
        )
    if "finished" in fields:
        count(
            "unfinished_responses",
            "finished",
            [pair for pair in pairs("finished") if normalise_label(pair[0]) in _NOT_FINISHED],
        )
    elif "progress" in fields:
        count(
            "unfinished_responses",
            "progress",
            [p for p in pairs("progress") if are_numbers([p[0]]) and number(p[0]) < 100],
        )
    return damage


class QualtricsReader:
    """Reads the responses of a Qualtrics survey."""

    name = QUALTRICS.name
    platform = QUALTRICS

    def recognise(self, grid: Grid, *, sheets: Sequence[str] = ()) -> int:
        """Return how sure it is that the file is Qualtrics', from 0 to 100."""
        return certainty(grid.head)

    def read(self, grid: Grid, *, file: str, csv: CsvFormat | None) -> Export:
        """Return the export as its columns and cells show it."""
        return read(grid)
