"""Read a codebook folder: every file, every entry, every error at once with file and line.

In: YAML and CSV → entries → one checked `Codebook`. Not in: the rules between entries
(`consistency`), and the classes of the entries (`models`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.consistency import (
    find_inconsistencies,
    meant,
    unresolved_variables,
)
from observatoire_pipeline.codebook.models import (
    Block,
    Brackets,
    CodedText,
    Coding,
    ColumnText,
    Comparability,
    Correction,
    Document,
    Edition,
    Entry,
    PublishedFigure,
    Recode,
    Scale,
    Survey,
    TimelineEvent,
    Unit,
    Variable,
)

E = TypeVar("E", bound=Entry)

REVIEW_MARK = "review:"
"""Opens a cell or a value that was proposed by a draft: a person must decide before it is used."""

_TO_BE_WRITTEN = re.compile(r"\s*(?:à relire|to be read again)\b", re.IGNORECASE)

_DECISIONS = {
    "kind": "which kind of question it is",
    "scale": "whether these are its answers",
    "ordered": "whether the order of the answers carries meaning (true, and sort them), or false",
    "label": "whether this is new, and how readers should see it",
    "grade": "how far the two editions may be compared",
    "personal": "whether it identifies a person (its column is then dropped at the door)",
    "text": "whether respondents type there (true or false)",
    "comment": "whether a box to type in stands beside the answers",
    "instances": "whether this is one question about so many things (tools, projects), else write "
    "a variable for each",
    "start": "on which day the first answer came in",
    "end": "on which day the last answer came in",
    "unit": "what is described, in the words of readers",
    "plural": "what is described, in the words of readers",
    "code": "which code the answer means",
}
"""Key → what a person decides there."""

COLUMN_KEYS = ("variable", "item")
CODING_FIELDS = ("variable", "item", "text_sha256", "code", "coder", "date", "note")
RECODE_FIELDS = ("scale", "edition", "label", "code", "evidence", "note")


def to_be_written(key: str, text: str) -> bool:
    """Tell whether a value is still what a draft leaves where it has nothing to propose."""
    if key == "reason":
        return _TO_BE_WRITTEN.match(text) is not None
    return key in ("publisher", "licence") and text.strip() == "?"


@dataclass(frozen=True, order=True)
class Problem:
    """One error of the codebook and the line to edit."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class CodebookError(ValueError):
    """The codebook cannot be used; `problems` lists every error with file and line."""

    def __init__(self, root: Path, problems: Sequence[Problem]) -> None:
        self.root = root
        self.problems = sorted(set(problems))
        count = len(self.problems)
        head = f"{count} error{'s' if count > 1 else ''} in the codebook {root}:"
        super().__init__("\n  ".join([head, *map(str, self.problems)]))


@dataclass
class Reading:
    """What a reading of a folder has found so far: entries with their place, and problems."""

    root: Path
    problems: list[Problem] = field(default_factory=list)
    reviews: list[Problem] = field(default_factory=list)
    """What waits for a decision; the proposal itself is read on, so that all is checked at once."""
    broken: set[str] = field(default_factory=set)
    """Names of entries that could not be read: what only follows from that is not told."""
    unreadable: bool = False
    """Whether a whole file, or an entry that all others lean on, could not be read."""
    places: dict[int, tuple[str, int]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    """Keeps every entry alive, so that an id in `places` stays its own."""

    def report(self, file: str, line: int, message: str) -> None:
        """Keep a problem for the end."""
        self.problems.append(Problem(file, line, message))
        self.unreadable = True

    def report_broken(self, file: str, line: int, message: str, names: set[str] | None) -> None:
        """Keep a problem of one entry; None where too much leans on it to go on."""
        self.problems.append(Problem(file, line, message))
        self.broken |= names or set()
        self.unreadable |= names is None

    def decided(self, file: str, line: int, value: str, *, what: str) -> str:
        """Return a value without the mark of a draft, and keep that it waits for a decision."""
        if not value.strip().startswith(REVIEW_MARK):
            return value
        proposal = value.strip().removeprefix(REVIEW_MARK).strip()
        how = f"take '{REVIEW_MARK}' away to accept {proposal!r}, or write something else"
        if proposal == "?":
            how = f"write it in the place of {value!r}"
        message = f"{REVIEW_MARK} decide {what}; {how} (review.md says more)"
        self.reviews.append(Problem(file, line, message))
        return proposal

    def written(self, file: str, line: int, key: str, text: str) -> None:
        """Keep that a text which readers see is still the note of a draft."""
        if not to_be_written(key, text):
            return
        what = f"what '{key}' is; write it in the place of '?'"
        if key == "reason":
            what = (
                f"what readers are told beside the figures: {text!r} is a note to you; write in "
                "its place what changed between the editions, for them"
            )
        self.reviews.append(Problem(file, line, f"{REVIEW_MARK} decide {what}"))

    def keep(self, entry: Entry, file: str, line: int) -> None:
        """Note where an entry was read."""
        self.entries.append(entry)
        self.places[id(entry)] = (file, line)

    def report_entry(self, entry: Entry, message: str) -> None:
        """Keep a problem of an entry, at the line where it was read."""
        self.problems.append(Problem(*self.places.get(id(entry), ("?", 0)), message))


def packaged_codebook(name: str = "barometre_dln") -> Path:
    """Return the folder of a codebook that ships with the package."""
    return Path(str(files("observatoire_pipeline.codebook"))) / "data" / name


def codebook_sha256(root: Path) -> str:
    """Return a checksum of the names and contents of every file of a codebook.

    But for what persons decided of who answered (`collectivites/`): no edition is read by it, and
    the publication reads it anew, so that a decision does not ask for every edition again.
    """
    digest = hashlib.sha256()
    for path in _codebook_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def read_codebook(root: Path) -> Codebook:
    """Read and check a codebook folder.

    Args:
        root: Folder with `editions.yaml`, `variables.yaml`, `scales.yaml`, `brackets.yaml`,
            `columns/*.csv`, `recodes.csv`, `corrections.yaml`, `comparability.yaml`,
            `published_figures.yaml` and `timeline.yaml`; `codings.yaml` and `coding/*.csv` where
            typed texts are coded.

    Returns:
        The codebook; the same object as long as no file of the folder changes.

    Raises:
        CodebookError: with every error of every file, each with its line.
    """
    checked = check_codebook(root)
    if checked.codebook is None or checked.problems:
        raise CodebookError(root, checked.problems)
    return checked.codebook


@dataclass(frozen=True)
class Checked:
    """A codebook as far as it can be read, and every problem of it.

    Attributes:
        codebook: None where nothing could be put together.
        problems: Errors, and proposals of a draft that wait for a decision.
        resolved: Whether every name in `codebook` leads somewhere, so that rules of other rooms may
            be asked of it too.
    """

    codebook: Codebook | None
    problems: tuple[Problem, ...]
    resolved: bool


def check_codebook(root: Path) -> Checked:
    """Read a codebook folder and return it with its problems; nothing is raised for them."""
    if not root.is_dir():
        return Checked(None, (Problem(str(root), 0, "no such folder"),), False)
    return _read(root.resolve(), codebook_sha256(root))


@lru_cache(maxsize=8)
def _read(root: Path, sha256: str) -> Checked:
    reading = Reading(root)
    editions_file = _yaml(reading, "editions.yaml", {"survey", "units", "editions"})
    variables_file = _yaml(reading, "variables.yaml", {"blocks", "variables"})
    figures_file = _yaml(reading, "published_figures.yaml", {"documents", "figures"})
    survey = _one(reading, Survey, "editions.yaml", editions_file, "survey")
    units = _named(reading, Unit, "editions.yaml", editions_file, "units", "unit")
    editions = _named(reading, Edition, "editions.yaml", editions_file, "editions", "edition")
    blocks = _named(reading, Block, "variables.yaml", variables_file, "blocks", "block")
    variables = _named(reading, Variable, "variables.yaml", variables_file, "variables", "variable")
    scales: dict[str, Scale | Brackets] = {}
    scales |= _named(
        reading, Scale, "scales.yaml", _yaml(reading, "scales.yaml", {"scales"}), "scales", "scale"
    )
    brackets = _named(
        reading,
        Brackets,
        "brackets.yaml",
        _yaml(reading, "brackets.yaml", {"brackets"}),
        "brackets",
        "brackets",
    )
    for name, listed in brackets.items():
        if name in scales:
            reading.report_entry(listed, f"'{name}' is also the name of a scale in scales.yaml")
        scales[name] = listed
    documents = _named(
        reading, Document, "published_figures.yaml", figures_file, "documents", "document"
    )
    figures = _named(
        reading, PublishedFigure, "published_figures.yaml", figures_file, "figures", "figure"
    )
    given = editions_file.value.get("editions")
    named = {str(v.get("edition")) for v in given if isinstance(v, dict)} if given else set()
    columns: list[ColumnText] = []
    if named <= set(editions):
        columns = _columns(reading, list(editions))  # else every header would be said to be wrong
    recodes = _recodes(reading)
    corrections = _listed(reading, Correction, "corrections.yaml", "corrections")
    comparability = _listed(reading, Comparability, "comparability.yaml", "comparability")
    timeline = _listed(reading, TimelineEvent, "timeline.yaml", "timeline")
    codings: list[Coding] = []
    if (root / "codings.yaml").is_file():  # a survey need not code its open answers
        codings = _listed(reading, Coding, "codings.yaml", "codings")
    coded_texts = _coded_texts(reading)
    if reading.unreadable or survey is None:
        # Rules between entries would only repeat what is wrong with a file.
        return Checked(None, _all(reading), False)
    codebook = Codebook(
        root=root,
        sha256=sha256,
        survey=survey,
        units=units,
        editions=editions,
        blocks=blocks,
        variables=variables,
        scales=scales,
        columns=tuple(columns),
        recodes=tuple(recodes),
        corrections=tuple(corrections),
        comparability=tuple(comparability),
        documents=documents,
        published=figures,
        timeline=tuple(timeline),
        codings=tuple(codings),
        coded_texts=tuple(coded_texts),
        comparability_lines=tuple(reading.places[id(entry)][1] for entry in comparability),
    )
    findings = list(find_inconsistencies(codebook, broken=frozenset(reading.broken)))
    for entry, message in findings:
        if entry is None:
            reading.problems.append(Problem("comparability.yaml", 1, message))
        else:
            reading.report_entry(entry, message)
    resolved = not reading.broken and not unresolved_variables(findings)
    return Checked(codebook, _all(reading), resolved)


def _all(reading: Reading) -> tuple[Problem, ...]:
    return (*reading.problems, *reading.reviews)


def _codebook_files(root: Path) -> list[Path]:
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file()
        and path.suffix in (".yaml", ".csv")
        and not path.name.startswith(".")
        and path.relative_to(root).parts[0] not in ("collectivites", "directory.yaml")
    )


# --- YAML -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Located:
    """A value read from YAML, and the line of every path inside it."""

    value: Any
    lines: dict[tuple[str | int, ...], int]

    def line(self, *path: str | int) -> int:
        """Return the line of the nearest known ancestor of a path."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _yaml(reading: Reading, name: str, keys: set[str]) -> _Located:
    path = reading.root / name
    nothing = _Located({}, {})
    if not path.is_file():
        empty = " and ".join(f"`{key}: []`" for key in sorted(keys))
        reading.report(name, 1, f"the file is missing; one without entries holds {empty}")
        return nothing
    text = _text(reading, name)
    if text is None:
        return nothing
    try:
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            lines: dict[tuple[str | int, ...], int] = {}
            value = None if node is None else _construct(loader, node, (), lines, reading, name)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = str(getattr(error, "problem", error))
        message = f"not valid YAML: {problem}{_yaml_hint(problem, text, line)}"
        reading.report(name, line, message)
        return nothing
    if not isinstance(value, dict):
        found = {list: "a list", type(None): "nothing"}.get(type(value), "a text")
        names = ", ".join(f"'{key}:'" for key in sorted(keys))
        reading.report(name, 1, f"found {found}; expected {names} at the beginning of a line")
        return nothing
    for key in sorted(set(value) - keys):
        message = f"unknown key '{key}'; expected {', '.join(sorted(keys))}{meant(key, keys)}"
        reading.report(name, lines.get((key,), 1), message)
    for key in sorted(keys - set(value)):
        reading.report(name, 1, f"the key '{key}' is missing")
    return _Located(value, lines)


def _text(reading: Reading, name: str) -> str | None:
    """Return the text of a file without its byte order mark, None when it is not UTF-8."""
    data = (reading.root / name).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        written = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "another encoding"
        reading.report(name, line, f"not UTF-8, but {written}: save the file as UTF-8")
        return None


_YAML_HINTS = (
    ("mapping values are not allowed", "a text that holds ': ' stands between quotation marks"),
    ("tab character", "indent with spaces"),
    ("cannot start any token", "indent with spaces, and quote a text that begins with @ or `"),
    ("expected '-' indicator", "its indentation differs from that of the lines above"),
    ("expected <block end>", "its indentation differs from that of the lines above"),
    ("expected ',' or", "a bracket that opens is not closed, or a comma is missing"),
    ("alias", "a text that begins with * or & stands between quotation marks"),
)


def _yaml_hint(problem: str, text: str, line: int) -> str:
    """Return what the editor of a YAML file can do about an error of its parser."""
    for number, written in enumerate(text.splitlines()[:line], start=1):
        if not written.lstrip().startswith("#") and written.replace('\\"', "").count('"') % 2:
            return f"; the quotation mark of line {number} is not closed"
    hints = [hint for part, hint in _YAML_HINTS if part in problem]
    return f"; {hints[0]}" if hints else "; compare it with the lines above"


def _construct(
    loader: Any,
    node: yaml.Node,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    reading: Reading,
    name: str,
) -> Any:
    """Build plain values and note the line of each; a key given twice is a problem."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node, deep=True))
            line = key_node.start_mark.line + 1
            if key in mapping:
                reading.report(name, line, f"the key '{key}' is given twice")
            mapping[key] = _construct(loader, value_node, (*path, key), lines, reading, name)
            lines[(*path, key)] = line
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(loader, child, (*path, index), lines, reading, name)
            for index, child in enumerate(node.value)
        ]
    value = loader.construct_object(node, deep=True)
    if isinstance(value, str):
        keys = [part for part in reversed(path) if isinstance(part, str)]
        key = next((part for part in keys if part in _DECISIONS), keys[0] if keys else "")
        what = _DECISIONS.get(key, f"what '{key}' is")
        reading.written(name, node.start_mark.line + 1, keys[0] if keys else "", value)
        return reading.decided(name, node.start_mark.line + 1, value, what=what)
    return value


def _one(reading: Reading, model: type[E], file: str, located: _Located, key: str) -> E | None:
    if key not in located.value:
        return None
    return _entry(reading, model, file, located, (key,), located.value[key])


def _listed(reading: Reading, model: type[E], file: str, key: str) -> list[E]:
    return _list(reading, model, file, _yaml(reading, file, {key}), key)


def _list(reading: Reading, model: type[E], file: str, located: _Located, key: str) -> list[E]:
    values = located.value.get(key, [])
    if not isinstance(values, list):
        reading.report(file, located.line(key), f"'{key}' must be a list")
        return []
    entries = (
        _entry(reading, model, file, located, (key, index), value)
        for index, value in enumerate(values)
    )
    return [entry for entry in entries if entry is not None]


def _named(
    reading: Reading, model: type[E], file: str, located: _Located, key: str, name: str
) -> dict[str, E]:
    found: dict[str, E] = {}
    for entry in _list(reading, model, file, located, key):
        own = getattr(entry, name)
        if own in found:
            file_, line = reading.places[id(found[own])]
            reading.report_entry(entry, f"{name} '{own}' is given twice, first at {file_}:{line}")
        found[own] = entry
    return found


def _entry(
    reading: Reading,
    model: type[E],
    file: str,
    located: _Located,
    path: tuple[str | int, ...],
    value: Any,
) -> E | None:
    try:
        entry = model.model_validate(value)
    except ValidationError as error:
        for detail in error.errors():
            place = located.line(*path, *detail["loc"])
            reading.report_broken(file, place, _explain(detail, model), _names_of(model, value))
        return None
    reading.keep(entry, file, located.line(*path))
    for key in ("codes", "items", "missing"):
        for index, part in enumerate(getattr(entry, key, None) or ()):
            if isinstance(part, Entry):
                reading.keep(part, file, located.line(*path, key, index))
    return entry


def _names_of(model: type[Entry], value: object) -> set[str] | None:
    """Return the names that an unreadable entry would have given or used.

    None for what all others lean on: their rules cannot be asked without it.
    """
    if model in (Survey, Unit, Edition, Block) or not isinstance(value, Mapping):
        return None
    keys = ("variable", "scale", "brackets", "document", "figure")
    return {str(value[key]) for key in keys if isinstance(value.get(key), str)}


_PATTERNS = {
    "^[a-z][a-z0-9_]*$": "a name of small letters, digits and _, which begins with a letter",
    "^[a-z0-9_]+$": "a key of small letters, digits and _",
    r"^([a-z0-9_]+|\*)$": "the key of an edition, or * for all",
    "^[0-9a-f]{64}$": "the 64 signs of a SHA-256 in small letters",
}


def _explain(detail: Mapping[str, Any], model: type[Entry] | None = None) -> str:
    """Return an error of a model in the words of the person who edits the file."""
    place = [f"#{part + 1}" if isinstance(part, int) else str(part) for part in detail["loc"]]
    where = ".".join(place).replace(".#", " #")
    kind, found = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        known = model.model_fields if model is not None and len(place) == 1 else ()
        return f"unknown key '{where}'{meant(place[-1], known)}"
    if kind == "missing":
        return f"the key '{where}' is missing"
    message = str(detail["msg"]).removeprefix("Value error, ")
    message, hint = message.replace("Input should be", "expected"), ""
    if kind == "string_pattern_mismatch":
        pattern = detail["ctx"]["pattern"]
        message = f"expected {_PATTERNS.get(pattern, pattern)}"
    elif kind in ("float_parsing", "int_parsing", "int_from_float"):
        message = "expected a number, written with a point and without spaces"
    elif kind.startswith("date"):
        message = "expected a date, written 2018-09-26"
    elif kind == "string_type" and isinstance(found, bool):
        message = "expected a text; YAML takes no, yes, on and off for true or false: quote it"
    elif kind == "literal_error" and isinstance(found, str):
        hint = meant(found, re.findall(r"'([^']*)'", message))
    if kind != "value_error" and isinstance(found, str | int | float | bool | None):
        message += f", found {found!r}{hint}"
    return f"{where}: {message}" if where else message


# --- CSV ------------------------------------------------------------------------------------


def _rows(reading: Reading, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    text = _text(reading, name)
    if text is None:
        return [], []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in reader:
            rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        hint = "a quotation mark is not closed, or one inside a text is not doubled"
        reading.report(name, start, f"not valid CSV from this line on: {hint} ({error})")
        return [], []
    rows = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    if not rows:
        reading.report(name, 1, "the file is empty")
        return [], []
    header = [cell.strip() for cell in rows[0][1]]
    kept = []
    for line, row in rows[1:]:
        if len(row) != len(header):
            hint = (
                "a text that holds a comma stands between quotation marks"
                if len(row) > len(header)
                else "a comma is missing; an empty cell keeps its comma"
            )
            message = f"{len(row)} cells, but the header has {len(header)}: {hint}"
            reading.report(name, line, message)
        else:
            kept.append((line, row))
    return header, kept


def _columns(reading: Reading, editions: list[str]) -> list[ColumnText]:
    folder = reading.root / "columns"
    paths = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not paths:
        reading.report("columns", 1, "no columns/*.csv: no question has any words")
    found: list[ColumnText] = []
    seen: dict[tuple[str, str | None, str], str] = {}
    for path in paths:
        name = f"columns/{path.name}"
        header, rows = _rows(reading, name)
        if not header:
            continue
        expected = [*COLUMN_KEYS, *editions]
        if header != expected:
            reading.report(name, 1, _header_problem(header, expected))
            continue
        for line, row in rows:
            variable, item = row[0].strip(), row[1].strip() or None
            for edition, cell in zip(editions, row[2:], strict=True):
                named = f"{variable} ({item})" if item else variable
                what = f"whether {edition} asks {named} in these words"
                text = reading.decided(name, line, cell, what=what)
                if not text.strip():
                    message = f"{variable} {item or ''} {edition}: empty; write not_asked"
                    reading.report(name, line, message)
                    continue
                entry = _csv_entry(
                    reading,
                    ColumnText,
                    name,
                    line,
                    {"variable": variable, "item": item, "edition": edition, "text": text.strip()},
                )
                key = (variable, item, edition)
                if key in seen:
                    message = f"{variable} {item or ''} {edition} stands already at {seen[key]}"
                    reading.report(name, line, message)
                elif entry is not None:
                    seen[key] = f"{name}:{line}"
                    found.append(entry)
    return found


def _header_problem(header: Sequence[str], expected: Sequence[str]) -> str:
    message = f"the header is {','.join(header)}; expected {','.join(expected)}"
    if len(header) == 1 and len(re.split(r"[;\t]", header[0])) == len(expected):
        return f"{message}: separate the cells with commas"
    lacking = [name for name in expected if name not in header]
    if lacking and not set(header) - set(expected):
        return f"{message}: the column {', '.join(lacking)} is missing"
    return message


def _recodes(reading: Reading) -> list[Recode]:
    name = "recodes.csv"
    if not (reading.root / name).is_file():
        message = f"the file is missing; one without entries holds {','.join(RECODE_FIELDS)}"
        reading.report(name, 1, message)
        return []
    header, rows = _rows(reading, name)
    if header and tuple(header) != RECODE_FIELDS:
        reading.report(name, 1, _header_problem(header, RECODE_FIELDS))
        return []
    found = []
    for line, row in rows:
        values: dict[str, str | None] = dict(zip(header, row, strict=True))
        values["note"] = values["note"] or None
        what = f"which code of {values['scale']} the answer {values['label']!r} means"
        values["code"] = reading.decided(name, line, values["code"] or "", what=what)
        entry = _csv_entry(reading, Recode, name, line, values)
        if entry is not None:
            found.append(entry)
    return found


def _coded_texts(reading: Reading) -> list[CodedText]:
    found: list[CodedText] = []
    for path in sorted((reading.root / "coding").glob("*.csv")):
        name = f"coding/{path.name}"
        header, rows = _rows(reading, name)
        if header and tuple(header) != CODING_FIELDS:
            reading.report(name, 1, _header_problem(header, CODING_FIELDS))
            continue
        for line, row in rows:
            values: dict[str, str | None] = dict(zip(header, map(str.strip, row), strict=True))
            values |= {key: values[key] or None for key in ("item", "note")}
            if values["variable"] != path.stem:
                message = f"a text of {values['variable']}: move it to {values['variable']}.csv"
                reading.report(name, line, message)
            entry = _csv_entry(reading, CodedText, name, line, values)
            if entry is not None:
                found.append(entry)
    return found


def _csv_entry(
    reading: Reading, model: type[E], file: str, line: int, values: dict[str, str | None]
) -> E | None:
    try:
        entry = model.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            reading.report_broken(file, line, _explain(detail), _names_of(model, values))
        return None
    reading.keep(entry, file, line)
    return entry
