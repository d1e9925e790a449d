"""What a codebook may say, as strict models: one class for each kind of entry.

In: the shape of one entry, and what can be judged from that entry alone.
Not in: reading files (`reader`), rules that hold between entries (`consistency`), matching of
text (`labels`).

Every name that the pipeline spells (variable, item, code, edition) is a stable ASCII identifier;
every label is what a reader of the survey sees, in the language of the survey.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MISSING_KINDS = (
    "do_not_know",
    "declined",
    "no_answer",
    "not_applicable",
    "not_reached",
    "not_asked",
    "unreadable",
)
"""The kinds of missing, in the order in which they close the categories of a coded column."""

DIRECTORY_FOLDER = "directory"
"""The landing folder of the directory of projects, beside those of the editions."""

OFFERED_MISSING = ("do_not_know", "declined")
"""The kinds that a respondent chooses; all others are derived from a blank or a rejection."""

NO_ANSWER = frozenset(MISSING_KINDS) - frozenset(OFFERED_MISSING)
"""The kinds that are no answer at all; do-not-know and a refusal are answers given."""

UNCODED = "uncoded"
"""The code of a typed text that nobody has given a code yet; it counts in the base."""

SELECTED, NOT_SELECTED = "selected", "not_selected"
NOT_RANKED = "not_ranked"
ANSWERED = "answered"
NOT_ASKED_MARK = "not_asked"
"""What a cell of `columns/*.csv` says for an edition that did not ask the question."""

CUT_MARK = "[…]"
"""Closes a label whose end is unknown: only such a label is matched by its beginning."""


def _text(value: object) -> object:
    """Let an edition be written 2016 as well as "2016": YAML reads the first as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


EditionKey = Annotated[str, BeforeValidator(_text), Field(pattern=r"^[a-z0-9_]+$")]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_THEMES = r"^[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*$"
Evidence = Literal["printed", "derived", "inferred", "assumed"]
PlainText = Annotated[str, BeforeValidator(_text), Field(min_length=1)]


class Entry(BaseModel):
    """Base of every entry: unknown keys are errors and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- editions.yaml --------------------------------------------------------------------------


class ReleasePolicy(Entry):
    """What a publication may hold."""

    microdata: bool = False
    mixed_synthetic: bool = False


class Quality(Entry):
    """What is expected of the content of an edition; an answer outside it is named, never changed.

    Shares are between 0 and 1.
    """

    non_response: Annotated[float, Field(gt=0, le=1)] = 0.4
    """Share of blanks, among those who were asked, above which a question is worth a look."""
    speeder_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.33
    """A response is hasty when it took less than this part of the edition's median duration."""
    fewest_durations: Annotated[int, Field(ge=1)] = 10
    """With fewer durations than this, their median says nothing of haste."""
    straight_line_rows: Annotated[int, Field(ge=2)] = 5
    """One answer on all rows of a matrix is looked at from this number of answered rows on."""
    other: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Share of "other", among the answers, above which the list of answers lacks something."""
    distance: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Total variation distance to an earlier edition that is never worth a word, however sure."""
    false_alarm: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    """How often a distance may be told of when nothing but chance separates two editions."""
    organisation: tuple[Identifier, ...] = ()
    """Text variables that together name the organisation that answers: its name, its place."""


OrganisationType = Literal["commune", "intercommunalite", "departement", "region", "autre"]


class Identity(Entry):
    """Which questions tell who answers, and what they say of that collectivité."""

    name: Identifier | None = None
    """Text: the name of the collectivité. Without it no response is linked."""
    type: Identifier | None = None
    """Choice: its type, whose answers `types` reads."""
    departement: Identifier | None = None
    postcode: Identifier | None = None
    region: Identifier | None = None
    """Choice: its région, whose labels are the official names."""
    size: Identifier | None = None
    """Brackets of inhabitants, into which a population of the reference is put as well."""
    types: dict[Identifier, OrganisationType] = {}
    """Answer to `type` → type of collectivité."""
    several: Literal["most_complete", "latest"] = "most_complete"
    """Which response counts, where one per collectivité does: the one with the most answers (the
    latest of equals), or the latest."""
    per_inhabitant: tuple[Identifier, ...] = ()
    """Brackets of euros, asked once, that are divided by the population of who answers."""


class Disclosure(Entry):
    """What of a small base may be shown; see `estimation.disclosure`.

    The defaults are proposals: public bodies are no persons, but agents speak for them, and the
    questionnaire promised them something. docs/assumptions.md tells what each rests on.
    """

    smallest_base: Annotated[int, Field(ge=1)] = 10
    """Answers that a group of a breakdown must have, or its figures are hidden."""
    cautious_base: Annotated[int, Field(ge=1)] = 30
    """Below this base a figure is shown and flagged."""
    smallest_count: Annotated[int, Field(ge=1)] = 3
    """Respondents that a group of tools or devices, or those common to two editions, must have
    for what tells of them to be shown."""
    dominance: Annotated[float, Field(gt=0, le=1)] = 0.85
    """Greatest part of the units of a group that may be one respondent's."""
    smallest_difference: Annotated[int, Field(ge=1)] = 3
    """Respondents by which two published bases must differ, if one holds the other."""
    identifying: tuple[Identifier, ...] = ()
    """Variables that tell who answers: none of them is broken down by the groups of another."""


class Weighting(Entry):
    """How answers are weighted to all collectivités that could have answered, by type × size.

    Without `types` or `sizes` nothing is weighted. The levels of a margin that are joined here are
    one level; a cell with too few respondents joins that of the next size of the same type, and if
    that is not enough the two margins are raked.
    """

    types: tuple[tuple[OrganisationType, ...], ...] = ()
    """Types of collectivité, those joined together; one left out is not weighted."""
    sizes: tuple[tuple[Identifier, ...], ...] = ()
    """Answers to `identity.size` from the smallest to the largest, those joined together."""
    smallest_cell: Annotated[int, Field(ge=1)] = 5
    """Respondents that a cell needs for a weight of its own."""
    trim_ratio: Annotated[float, Field(gt=1)] | None = None
    """Largest weight, as a multiple of the mean one; none is cut when left out."""

    @model_validator(mode="after")
    def _once(self) -> Weighting:
        for what, groups in (("types", self.types), ("sizes", self.sizes)):
            names = [name for group in groups for name in group]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} given twice: {', '.join(twice)}")
        if bool(self.types) != bool(self.sizes):
            raise ValueError("weighting needs both types and sizes, or neither")
        return self


class Population(Entry):
    """Of which figures the frame is known, so that their intervals allow for its size.

    Without `unit` no interval does: each supposes that there are many more than who answered.
    """

    unit: Identifier | None = None
    """The unit that the reference lists; a unit that a collectivité may have several of is none."""
    types: tuple[OrganisationType, ...] = ()
    """Types of collectivité of which the reference lists all that could answer."""

    @model_validator(mode="after")
    def _both(self) -> Population:
        if (self.unit is None) != (not self.types):
            raise ValueError("population needs both unit and types, or neither")
        return self


class Survey(Entry):
    """The survey as a whole."""

    survey: Identifier
    title: PlainText
    publisher: PlainText
    language: Literal["fr", "en"] = "fr"
    source_note: PlainText
    """The sentence under every chart that names the source."""
    licence: PlainText
    """Under which the tables and charts of a release may be used; said on its cover."""
    release: ReleasePolicy = ReleasePolicy()
    quality: Quality = Quality()
    disclosure: Disclosure = Disclosure()
    identity: Identity = Identity()
    population: Population = Population()
    weighting: Weighting = Weighting()


class Unit(Entry):
    """What is counted: a collectivité, an outil, a dispositif."""

    unit: Identifier
    label: PlainText
    plural: PlainText


class Fieldwork(Entry):
    """When answers were collected; null where nobody has printed it."""

    start: date | None = None
    end: date | None = None


class Source(Entry):
    """Where the answers of an edition can be fetched: a survey on SurveyMonkey's API."""

    survey: Annotated[str, Field(pattern=r"^[0-9]+$")]
    """Identifier of the survey on the platform."""
    region: Literal["us", "eu", "ca"] = "us"
    """Data centre of the account."""


class Edition(Entry):
    """One wave of the survey; the order of the file is the order of the editions."""

    edition: EditionKey
    title: PlainText
    fieldwork: Fieldwork = Fieldwork()
    platform: str | None = None
    source: Source | None = None
    day_first: bool = False
    """Whether 03/04/2018 in the metadata of the export is 3 April (true) or 4 March (false)."""
    frame: str | None = None
    evidence: Evidence
    note: str | None = None

    @model_validator(mode="after")
    def _not_the_directory(self) -> Edition:
        if self.edition == DIRECTORY_FOLDER:
            raise ValueError(
                f"an edition cannot be called '{DIRECTORY_FOLDER}': that landing folder holds the "
                "directory of projects"
            )
        return self


# --- scales.yaml and brackets.yaml ----------------------------------------------------------


class MissingLabel(Entry):
    """A missing kind that the questionnaire offered, with the words it used."""

    kind: Literal["do_not_know", "declined"]
    label: PlainText
    raw: tuple[PlainText, ...] = ()


class Code(Entry):
    """One answer of a scale.

    `label` is what a reader sees; `raw` are the labels found in exports, when they differ.
    """

    code: Identifier
    label: PlainText
    raw: tuple[PlainText, ...] = ()
    pole: Literal["positive", "neutral", "negative"] | None = None
    editions: tuple[EditionKey, ...] | None = None
    """The editions that offered this answer; all that used the scale when absent."""


class Bracket(Code):
    """One interval, `[lower, upper)`; an open end is null; `point` is the single value `lower`."""

    lower: float | None
    upper: float | None
    point: bool = False

    @model_validator(mode="after")
    def _bounds(self) -> Bracket:
        if self.point:
            if self.lower is None or self.lower != self.upper:
                raise ValueError("a point has lower and upper, and they are equal")
        elif self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(f"lower {self.lower} must be below upper {self.upper}")
        return self


class Scale(Entry):
    """A list of answers; `ordered` when their order carries meaning, lowest or first as listed."""

    scale: Identifier
    label: str | None = None
    ordered: bool = False
    codes: tuple[Code, ...]
    missing: tuple[MissingLabel, ...] = ()


class Brackets(Entry):
    """A list of intervals from the lowest to the highest, with the unit of their bounds."""

    brackets: Identifier
    label: str | None = None
    unit_of_measure: PlainText
    codes: tuple[Bracket, ...]
    missing: tuple[MissingLabel, ...] = ()

    @property
    def scale(self) -> str:
        """The name under which recodes and variables refer to these brackets."""
        return self.brackets

    @property
    def ordered(self) -> bool:
        """Brackets are always ordered."""
        return True


class Recode(Entry):
    """A label as one edition spelled it, and the code that it means (`*`: every edition)."""

    scale: Identifier
    edition: Annotated[str, Field(pattern=r"^([a-z0-9_]+|\*)$")]
    label: PlainText
    code: Identifier
    evidence: Evidence
    note: str | None = None


# --- variables.yaml -------------------------------------------------------------------------

Kind = Literal["single", "multiple", "matrix", "ranking", "bracket", "number", "text"]


class Block(Entry):
    """A part of the questionnaire: questions of one unit, asked once or once per instance."""

    block: Identifier
    title: PlainText
    unit: Identifier
    instances: int | dict[EditionKey, int] = 1
    """How often the block is asked: once, or up to n times (tool 1, 2, 3), by edition if needed."""

    @property
    def repeated(self) -> bool:
        """Whether the block describes several instances of its unit."""
        return self.instances != 1

    def instances_in(self, edition: str) -> int:
        """Return how many instances the edition asked for (0 when it did not ask the block)."""
        if isinstance(self.instances, int):
            return self.instances
        return self.instances.get(edition, 0)


class Item(Entry):
    """A row of a matrix, a choice of a multiple-choice question, a thing to rank."""

    item: Identifier
    label: PlainText
    exclusive: bool = False
    """Multiple choice: ticking it excludes every other choice (`Non`, `Aucun`)."""
    text: bool = False
    """Multiple choice: the cell holds what the respondent typed ("Autre (veuillez préciser)")."""


class Filter(Entry):
    """Who is asked: those whose answer to `variable` (and `item`) is one of `codes`."""

    variable: Identifier
    item: Identifier | None = None
    codes: tuple[Identifier, ...]


class Variable(Entry):
    """One question of the survey, for all editions."""

    variable: Identifier
    block: Identifier | dict[EditionKey, Identifier]
    """The block that asks it: one for all editions, or one for each when the unit changed."""
    label: PlainText
    """The short title of charts and tables."""
    kind: Kind
    scale: Identifier | dict[EditionKey, Identifier] | None = None
    """Scale or brackets, one for all editions or one for each."""
    items: tuple[Item, ...] = ()
    other: Identifier | None = None
    """Single choice: the code whose free text stands in a column of its own."""
    comment: Identifier | None = None
    """The item of a comment box that stands beside the answers."""
    filter: Filter | None = None
    universe: str | None = None
    """Who the answers speak for, in words, when a filter applies ("les collectivités équipées")."""
    unit_of_measure: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    chart: bool = True
    """Whether the report draws it; its figures are in the marts all the same."""
    personal: bool = False
    """Text that identifies a person: its column is dropped at the door."""
    evidence: Evidence | dict[EditionKey, Evidence]
    """What its wording rests on; an edition not named has the evidence of the edition."""
    source: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _parts(self) -> Variable:
        wants_scale = self.kind in ("single", "matrix", "bracket")
        if wants_scale and self.scale is None:
            raise ValueError(f"a {self.kind} question needs a scale")
        if not wants_scale and self.scale is not None:
            raise ValueError(f"a {self.kind} question has no scale")
        wants_items = self.kind in ("multiple", "matrix", "ranking")
        if wants_items != bool(self.items):
            raise ValueError(
                f"a {self.kind} question {'needs items' if wants_items else 'has no items'}"
            )
        names = [item.item for item in self.items]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"items given twice: {', '.join(repeated)}")
        if self.other is not None and self.kind != "single":
            raise ValueError("'other' belongs to a single choice; in a multiple choice use an item")
        if self.personal and self.kind != "text":
            raise ValueError("only a text question can be personal")
        return self

    def item(self, name: str) -> Item:
        """Return the item of that name."""
        return next(item for item in self.items if item.item == name)


# --- columns/*.csv --------------------------------------------------------------------------


class ColumnText(Entry):
    """The words of one question, or of one item of it, in one edition's export.

    `item` is null for the title of the question (first header row), and an item, the `other`
    code or the `comment` item for the label under it (second header row). `{instance}` in a text
    stands for the number of the instance of a repeated block.
    """

    variable: Identifier
    item: Identifier | None
    edition: EditionKey
    text: PlainText


# --- codings.yaml and coding/*.csv ------------------------------------------------------------


class Theme(Entry):
    """What a typed text can be said to speak of."""

    code: Identifier
    label: PlainText
    exclusive: bool = False
    """Whether a text of this theme has no other one: it says nothing, it is off the subject."""


class Coding(Entry):
    """The themes under which the typed texts of one question (or of one box of it) are counted."""

    variable: Identifier
    item: Identifier | None = None
    """The "other" code, the item or the comment box that holds the text; none: the question."""
    label: PlainText
    codes: tuple[Theme, ...]

    @model_validator(mode="after")
    def _themes(self) -> Coding:
        names = [theme.code for theme in self.codes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"codes given twice: {', '.join(twice)}")
        taken = sorted({*names} & {UNCODED, ANSWERED, SELECTED, NOT_SELECTED, *MISSING_KINDS})
        if taken:
            raise ValueError(f"codes with a meaning of their own: {', '.join(taken)}")
        return self


class CodedText(Entry):
    """The themes that a person gave to one text; the text itself stands nowhere in a codebook."""

    variable: Identifier
    item: Identifier | None = None
    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    code: Annotated[str, Field(pattern=_THEMES)]
    """One theme, or several joined by `+`, for a text that speaks of several things."""
    coder: PlainText
    date: date
    note: str | None = None

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes of the text, in the order in which they were written."""
        return tuple(self.code.split("+"))

    @model_validator(mode="after")
    def _once(self) -> CodedText:
        twice = sorted({name for name in self.themes if self.themes.count(name) > 1})
        if twice:
            raise ValueError(f"themes given twice: {', '.join(twice)}")
        return self


# --- corrections.yaml, comparability.yaml, published_figures.yaml, timeline.yaml ------------


class Correction(Entry):
    """A known error of one edition, repaired on purpose; it fails when it matches nothing."""

    edition: EditionKey
    respondent_id: PlainText
    action: Literal["override", "drop_cell", "drop_row"]
    variable: Identifier | None = None
    item: Identifier | None = None
    instance: int = 1
    expect: str | None = None
    """The raw text that must be found, so that the entry fails once the source is repaired."""
    value: str | None = None
    reason: PlainText

    @model_validator(mode="after")
    def _action(self) -> Correction:
        if self.action == "drop_row" and (self.variable or self.value):
            raise ValueError("drop_row takes neither variable nor value")
        if self.action != "drop_row" and (self.variable is None or self.expect is None):
            raise ValueError(f"{self.action} needs variable and expect")
        if (self.action == "override") != (self.value is not None):
            raise ValueError("override needs a value, and only override takes one")
        return self


COMPARABLE_GRADES = ("identical", "reworded", "options_regrouped")
"""The grades that allow a change to be computed; across the others no line is drawn."""

Grade = Literal[
    "identical", "reworded", "options_regrouped", "scale_changed", "base_changed", "not_asked"
]


class Comparability(Entry):
    """A grade for pairs of editions: all pairs within `among`, or each of `earlier` × `later`.

    Pairs in which one edition did not ask the question are `not_asked` without being declared.
    """

    variable: Identifier
    items: tuple[Identifier, ...] | None = None
    among: tuple[EditionKey, ...] | None = None
    earlier: tuple[EditionKey, ...] | None = None
    later: tuple[EditionKey, ...] | None = None
    grade: Grade
    mapping: dict[Identifier, Identifier] | None = None
    """Codes of both editions → codes of the common partition (options_regrouped only)."""
    reason: PlainText

    @model_validator(mode="after")
    def _pairs(self) -> Comparability:
        pairwise = self.earlier is not None and self.later is not None
        if (self.among is not None) == pairwise or ((self.earlier is None) != (self.later is None)):
            raise ValueError("give either among, or both earlier and later")
        if (self.grade == "options_regrouped") != (self.mapping is not None):
            raise ValueError("options_regrouped needs a mapping, and only it takes one")
        return self


class Document(Entry):
    """Where figures were printed; two states of one edition are two documents."""

    document: Identifier
    title: PlainText
    published: date | None = None
    state: Literal["provisional", "final"]
    url: str | None = None


class SampleAim(Entry):
    """How the sample exports relate to a published figure."""

    aims: bool
    reason: str | None = None

    @model_validator(mode="after")
    def _reason(self) -> SampleAim:
        if not self.aims and not self.reason:
            raise ValueError("say why the sample does not aim at this figure")
        return self


class PublishedFigure(Entry):
    """One printed figure: what it says, where, on which base, and how it was rounded."""

    figure: Identifier
    edition: EditionKey
    document: Identifier
    variable: Identifier
    item: Identifier | None = None
    codes: tuple[Identifier, ...]
    """The codes whose shares are added; for a multiple choice, `selected`."""
    statistic: Literal["share", "count"] = "share"
    value: float
    """As printed: a percentage (17 for 17 %) or a count."""
    decimals: int = 0
    rounding: Literal["half_up", "largest_remainder", "unknown"]
    group: Identifier | None = None
    """Figures printed together, rounded so that they sum to 100 (largest_remainder)."""
    base_group: Identifier | None = None
    """Figures computed on one base that nobody printed; by default those of one question in one
    document."""
    stated_base: int | None = None
    stated_unit: Identifier | None = None
    base_rule: Literal["answered", "answered_or_dk"] = "answered"
    evidence: Evidence = "printed"
    quote: str | None = None
    sample: SampleAim
    note: str | None = None


class TimelineEvent(Entry):
    """One of the dates of the field, as the Observatory told it."""

    when: PlainText
    """A year or a month, `2016-04`."""
    event: PlainText
    evidence: Evidence = "printed"
