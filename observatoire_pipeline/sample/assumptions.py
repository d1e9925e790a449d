"""What the sample assumes where nothing is published, as strict models, and how it is read.

In: the shape of `assumptions.yaml` and of `collectivites_fictives.csv`, and every error of both at
once. Not in: the answers that follow from them (`generate`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import (
    EditionKey,
    Entry,
    Identifier,
    PlainText,
    Variable,
)
from observatoire_pipeline.sample.writers import Container, Dates, Layout, SampleError

Share = float
ASSUMPTIONS, COLLECTIVITES = "assumptions.yaml", "collectivites_fictives.csv"


class _Strict(Entry):
    """An entry whose shares lie between 0 and 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Typed(_Strict):
    """What people type: texts, and how many of those who could do."""

    texts: tuple[str, ...] = Field(min_length=1)
    filled: Share = Field(ge=0, le=1, default=1.0)
    codes: tuple[Identifier, ...] = ()
    """Comment of a single choice: only beside these answers."""


class Assumed(_Strict):
    """How the answers to one question, or to one item of a matrix, are spread.

    Counts are exact numbers of units (collectivités, or instances of a repeated block); shares are
    apportioned by largest remainder among those who answer, so that they too are exact to a unit.
    """

    base: NonNegativeInt | None = None
    """Units that give an answer other than an offered missing kind; the others stay blank."""
    counts: dict[Identifier, NonNegativeInt] | None = None
    """Code → units; with an offered missing kind among the codes. A choice: item → ticks."""
    shares: dict[Identifier, float] | None = None
    """Code → weight; a multiple choice: item → share of those who answer."""
    favourable: NonNegativeInt | None = None
    """Units that choose a code of the positive pole, of `base`."""
    do_not_know: Share | None = Field(ge=0, le=1, default=None)
    declined: Share | None = Field(ge=0, le=1, default=None)
    no_answer: Share | None = Field(ge=0, le=1, default=None)
    items: dict[Identifier, Assumed] = Field(default_factory=dict)
    """Item of a matrix → its own assumptions; an item without takes those of the question."""
    strengths: dict[Identifier, float] = Field(default_factory=dict)
    """Item of a ranking → how strongly it draws the first ranks (Plackett-Luce)."""
    vary: float | None = Field(ge=0, default=None)
    """Matrix: how far the items without an entry of their own differ from one another (standard
    deviation of a logarithm): less favour goes with more "ne sait pas"."""
    partial: Share = Field(ge=0, le=1, default=0.0)
    """Ranking: share of those who rank only their first choices."""
    reference: (
        Literal["name", "type", "departement", "region", "code", "population", "email_address"]
        | None
    ) = None
    """Taken from the fictional collectivité, or from the person who answers for it."""
    mapping: dict[str, Identifier] = Field(default_factory=dict)
    """Value of the reference → code."""
    text: Typed | None = None
    """A text question."""
    other: Typed | None = None
    """The box beside "autre"."""
    comment: Typed | None = None
    within: Identifier | None = None
    """A number: inside the bracket that this variable was given."""
    median: float | None = None
    spread: float = 1.0
    """A number: log-normal, with this standard deviation of the logarithm."""
    filled: Share = Field(ge=0, le=1, default=1.0)
    """A number: share of those asked who type one."""
    follows: Literal["population", "attitude"] | None = None
    """What the answers of one unit have in common with its other answers."""


class Defaults(_Strict):
    """What holds for every question that no entry describes."""

    do_not_know: Share = Field(ge=0, le=1)
    declined: Share = Field(ge=0, le=1)
    no_answer: Share = Field(ge=0, le=1)
    positive: float = Field(ge=0)
    neutral: float = Field(ge=0)
    negative: float = Field(ge=0)
    decay: float = Field(gt=0)
    """Weight of an answer relative to the one before it, within a pole or in a list."""
    vary: float = Field(ge=0)
    ticked: Share = Field(ge=0, le=1)
    exclusive: Share = Field(ge=0, le=1)
    text: Typed
    other: Typed
    comment: Typed
    median: float = Field(gt=0)
    spread: float = Field(ge=0)


class FileShape(_Strict):
    """The export as this edition's platform would have written it."""

    name: PlainText
    container: Container
    layout: Layout
    member: PlainText = "Sheet_1.csv"
    encoding: PlainText = "utf-8-sig"
    delimiter: PlainText = ","
    line_end: str = "\r\n"
    metadata: Literal["old", "new"] = "new"
    dates: Dates = "month_first_12h"
    under_metadata: str = ""
    newest_first: bool = False
    first_respondent_id: int
    collector_id: int
    custom: PlainText


class Fieldwork(_Strict):
    """When the answers of the sample were given."""

    start: date
    end: date


class EditionAssumptions(_Strict):
    """One edition of the sample."""

    edition: EditionKey
    note: PlainText
    fieldwork: Fieldwork
    respondents: dict[Identifier, NonNegativeInt]
    """Type of the fictional reference → responses."""
    returning: NonNegativeInt = 0
    """Responses of collectivités that answered an earlier edition."""
    size_bias: float = 0.0
    """Exponent of the population in the draw of the collectivités."""
    duplicates: NonNegativeInt = 0
    """Rows that stand twice in the export."""
    stops: dict[Identifier, NonNegativeInt] = Field(default_factory=dict)
    """Variable → respondents who leave the questionnaire just before it."""
    instances: dict[Identifier, dict[int, NonNegativeInt]] = Field(default_factory=dict)
    """Repeated block → number of instances → respondents who describe that many."""
    spellings: dict[Identifier, dict[Identifier, PlainText]] = Field(default_factory=dict)
    """Scale → code → its text in this export, where it is not the first raw label."""
    file: FileShape
    variables: dict[Identifier, Assumed] = Field(default_factory=dict)


class Assumptions(_Strict):
    """The whole of `assumptions.yaml`."""

    persons: tuple[PlainText, ...] = Field(min_length=1)
    """Invented given names and family names, as "Given Family"."""
    names: dict[Identifier, tuple[PlainText, ...]]
    """Type → ways to type the name: `{name}`, `{upper}`, `{plain}`, `{departement}`."""
    endings: dict[PlainText, PlainText] = Field(default_factory=dict)
    """Label that the codebook marks as cut → an invented end."""
    default: Defaults
    variables: dict[Identifier, Assumed] = Field(default_factory=dict)
    """Holds in every edition that says nothing else of the variable."""
    editions: tuple[EditionAssumptions, ...]

    @model_validator(mode="after")
    def _once(self) -> Assumptions:
        keys = [edition.edition for edition in self.editions]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"editions given twice: {', '.join(twice)}")
        return self

    def of(self, variable: str, edition: EditionAssumptions) -> Assumed:
        """Return what is assumed of a variable in an edition, an empty entry when nothing is."""
        return edition.variables.get(variable) or self.variables.get(variable) or Assumed()


@dataclass(frozen=True)
class Collectivite:
    """An invented collectivité; nothing in it names a real one but its département and région."""

    name: str
    type: str
    departement: str
    region: str
    code: str
    population: int


@dataclass(frozen=True)
class SampleData:
    """Everything that the generator reads besides the codebook."""

    root: Path
    assumptions: Assumptions
    collectivites: tuple[Collectivite, ...]


def packaged_sample(survey: str) -> Path:
    """Return the folder of the sample data that ship for a survey."""
    return Path(str(files("observatoire_pipeline.sample"))) / "data" / survey


def read_sample_data(root: Path, *, codebook: Codebook) -> SampleData:
    """Read and check `assumptions.yaml` and `collectivites_fictives.csv` of a folder.

    Raises:
        SampleError: with every error of both files: file, line, what was found, what is expected.
    """
    problems: list[str] = []
    assumptions = _read_assumptions(root / ASSUMPTIONS, codebook, problems)
    collectivites = _read_collectivites(root / COLLECTIVITES, problems)
    if problems or assumptions is None:
        raise SampleError(f"errors in the sample data {root}:", problems)
    return SampleData(root=root, assumptions=assumptions, collectivites=collectivites)


def _read_assumptions(path: Path, codebook: Codebook, problems: list[str]) -> Assumptions | None:
    if not path.is_file():
        problems.append(f"{path.name}: the file is missing")
        return None
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        problems.append(f"{path.name}: not valid YAML: {error}")
        return None
    lines: dict[tuple[str | int, ...], int] = {}
    if node is not None:
        problems += [f"{path.name}:{problem}" for problem in _walk(node, (), lines)]

    def place(loc: tuple[str | int, ...]) -> str:
        for end in range(len(loc), -1, -1):
            if loc[:end] in lines:
                return f"{path.name}:{lines[loc[:end]]}"
        return path.name

    try:
        assumptions = Assumptions.model_validate(value)
    except ValidationError as error:
        for detail in error.errors():
            where = ".".join(str(part) for part in detail["loc"])
            problems.append(f"{place(detail['loc'])}: {where}: {detail['msg']}")
        return None
    for loc, message in _against_codebook(assumptions, codebook):
        problems.append(f"{place(loc)}: {message}")
    return assumptions


def _walk(
    node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]
) -> Iterator[str]:
    """Note the line of every path, and yield keys that stand twice."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, str(key.value))
            if child in lines:
                yield f"{key.start_mark.line + 1}: the key '{key.value}' is given twice"
            yield from _walk(value, child, lines)
            lines[child] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), lines)


Finding = tuple[tuple[str | int, ...], str]


def _against_codebook(assumptions: Assumptions, codebook: Codebook) -> Iterator[Finding]:
    for name, assumed in assumptions.variables.items():
        yield from _assumed(("variables", name), name, assumed, codebook, None)
    for position, edition in enumerate(assumptions.editions):
        top = ("editions", position)
        key = edition.edition
        if key not in codebook.editions:
            yield (*top, "edition"), f"edition '{key}' is not in the codebook"
            continue
        for name, assumed in edition.variables.items():
            yield from _assumed((*top, "variables", name), name, assumed, codebook, key)
        for name in edition.stops:
            if name not in codebook.variables or not codebook.asked(name, key):
                yield (*top, "stops", name), f"stops: edition {key} does not ask '{name}'"
            elif codebook.is_repeated(name):
                yield (*top, "stops", name), f"stops: '{name}' belongs to a repeated block"
        for name, counts in edition.instances.items():
            most = codebook.blocks[name].instances_in(key) if name in codebook.blocks else 0
            for count in counts:
                if not 1 <= count <= most:
                    message = f"instances: '{name}' has {most} in edition {key}, not {count}"
                    yield (*top, "instances", name), message


def _assumed(
    top: tuple[str | int, ...],
    name: str,
    assumed: Assumed,
    codebook: Codebook,
    edition: str | None,
) -> Iterator[Finding]:
    variable = codebook.variables.get(name)
    if variable is None:
        yield top, f"variable '{name}' is not in the codebook"
        return
    if edition is not None and not codebook.asked(name, edition):
        yield top, f"edition {edition} does not ask '{name}'"
        return
    items = {item.item for item in variable.items}
    for given in (*assumed.items, *assumed.strengths):
        if given not in items:
            yield top, f"'{given}' is no item of '{name}'; its items: {', '.join(sorted(items))}"
    if assumed.items and variable.kind != "matrix":
        yield top, f"'items' belongs to a matrix; '{name}' is a {variable.kind}"
    if assumed.strengths and variable.kind != "ranking":
        yield top, f"'strengths' belongs to a ranking; '{name}' is a {variable.kind}"
    if assumed.within is not None and (
        assumed.within not in codebook.variables
        or codebook.variables[assumed.within].kind != "bracket"
    ):
        yield top, f"within: '{assumed.within}' is no question with brackets"
    answers = _answers_of(variable, codebook, edition)
    for entry in (assumed, *assumed.items.values()):
        codes = {*(entry.counts or ()), *(entry.shares or ()), *entry.mapping.values()}
        unknown = sorted(codes - answers)
        if unknown:
            expected = ", ".join(sorted(answers)) or "none"
            yield top, f"'{name}' has no answer {', '.join(unknown)}; its answers: {expected}"
        if entry.favourable is not None and entry.base is None:
            yield top, f"'{name}': favourable needs base"


def _answers_of(variable: Variable, codebook: Codebook, edition: str | None) -> set[str]:
    """Return the codes, or the items of a multiple choice, that an entry may name."""
    if variable.kind == "multiple":
        return {item.item for item in variable.items}
    if variable.kind not in ("single", "bracket", "matrix"):
        return set()
    scales = codebook.scales_of(variable.variable)
    if edition is not None:
        used = codebook.scale_of(variable.variable, edition)
        scales = [] if used is None else [used]
    offered = {missing.kind for scale in scales for missing in scale.missing}
    return {*codebook.codes_of(variable.variable, edition=edition), *offered}


def _read_collectivites(path: Path, problems: list[str]) -> tuple[Collectivite, ...]:
    if not path.is_file():
        problems.append(f"{path.name}: the file is missing")
        return ()
    found: list[Collectivite] = []
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        expected = list(Collectivite.__dataclass_fields__)
        if rows.fieldnames != expected:
            problems.append(
                f"{path.name}:1: the header is {','.join(rows.fieldnames or [])}; "
                f"expected {','.join(expected)}"
            )
            return ()
        for row in rows:
            values: dict[str, Any] = dict(row)
            try:
                values["population"] = int(values["population"])
                found.append(Collectivite(**values))
            except (TypeError, ValueError) as error:
                problems.append(f"{path.name}:{rows.line_num}: {error}")
    for field_name in ("code", "name"):
        seen = [getattr(collectivite, field_name) for collectivite in found]
        twice = sorted({value for value in seen if seen.count(value) > 1})
        problems += [f"{path.name}: the {field_name} {value} stands twice" for value in twice]
    return tuple(found)
