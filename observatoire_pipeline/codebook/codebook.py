"""The assembled codebook: what the rest of the package asks of the questionnaire.

In: look-ups over the entries (which editions asked what, in which words, with which answers).
Not in: reading and checking the files (`reader`, `consistency`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from observatoire_pipeline.codebook.labels import LabelIndex
from observatoire_pipeline.codebook.models import (
    ANSWERED,
    MISSING_KINDS,
    NOT_ASKED_MARK,
    NOT_RANKED,
    NOT_SELECTED,
    SELECTED,
    UNCODED,
    Block,
    Bracket,
    Brackets,
    Code,
    CodedText,
    Coding,
    ColumnText,
    Comparability,
    Correction,
    Document,
    Edition,
    PublishedFigure,
    Recode,
    Scale,
    Survey,
    TimelineEvent,
    Unit,
    Variable,
)


@dataclass(frozen=True)
class CodedColumn:
    """A column of coded answers: one variable, or one item of it.

    `name` is the variable, or `variable__item`; `vocabulary` lists every category in order: the
    answers, then the kinds of missing.
    """

    name: str
    variable: Variable
    item: str | None
    vocabulary: tuple[str, ...]
    coding: Coding | None = None
    """Set where the column says whether a typed text speaks of a theme, beside the answers' own."""
    theme: str | None = None
    """The theme, where `coding` is set."""


@dataclass(frozen=True)
class ExpectedColumn:
    """A heading that an edition's export must show for one question or one item of it.

    `label` is None where the second header row says the platform's word for "Response".
    """

    variable: str
    item: str | None
    instance: int
    title: str
    label: str | None


@dataclass(frozen=True)
class Codebook:
    """Everything that is known of one survey, checked as a whole when it was read."""

    root: Path
    sha256: str
    survey: Survey
    units: dict[str, Unit]
    editions: dict[str, Edition]
    blocks: dict[str, Block]
    variables: dict[str, Variable]
    scales: dict[str, Scale | Brackets]
    columns: tuple[ColumnText, ...]
    recodes: tuple[Recode, ...]
    corrections: tuple[Correction, ...]
    comparability: tuple[Comparability, ...]
    documents: dict[str, Document]
    published: dict[str, PublishedFigure]
    timeline: tuple[TimelineEvent, ...]
    codings: tuple[Coding, ...] = ()
    coded_texts: tuple[CodedText, ...] = ()
    comparability_lines: tuple[int, ...] = ()
    """The line of comparability.yaml at which each entry of `comparability` stands."""
    _indexes: dict[tuple[str, str], LabelIndex[str]] = field(
        default_factory=dict, repr=False, compare=False
    )

    # --- editions and questions -------------------------------------------------------------

    @property
    def edition_keys(self) -> tuple[str, ...]:
        """The editions in the order of the codebook, which is their order in time."""
        return tuple(self.editions)

    @cached_property
    def _texts(self) -> dict[tuple[str, str | None, str], str]:
        return {(c.variable, c.item, c.edition): c.text for c in self.columns}

    def column_text(self, variable: str, item: str | None, edition: str) -> str | None:
        """Return the words of a question or an item in an edition, None when it was not asked."""
        text = self._texts.get((variable, item, edition))
        return None if text is None or text == NOT_ASKED_MARK else text

    def block_of(self, variable: str, edition: str) -> Block:
        """Return the block in which an edition asked the variable."""
        chosen = self.variables[variable].block
        return self.blocks[chosen if isinstance(chosen, str) else chosen[edition]]

    def is_repeated(self, variable: str) -> bool:
        """Tell whether the variable belongs to repeated blocks (the same in every edition)."""
        chosen = self.variables[variable].block
        names = [chosen] if isinstance(chosen, str) else list(chosen.values())
        return self.blocks[names[0]].repeated

    def evidence_of(self, variable: str, edition: str) -> str:
        """Return what the wording of the variable in an edition rests on.

        An edition that the variable does not name has the evidence of the edition as a whole.
        """
        evidence = self.variables[variable].evidence
        if isinstance(evidence, str):
            return evidence
        return evidence.get(edition, self.editions[edition].evidence)

    def asked(self, variable: str, edition: str, *, item: str | None = None) -> bool:
        """Tell whether an edition asked the variable (and the item)."""
        if self.column_text(variable, None, edition) is None:
            return False
        return item is None or self.column_text(variable, item, edition) is not None

    def variables_asked(self, edition: str) -> list[Variable]:
        """Return the variables of an edition in the order of the questionnaire."""
        return [v for v in self.variables.values() if self.asked(v.variable, edition)]

    def expected_columns(self, edition: str) -> list[ExpectedColumn]:
        """Return every heading that a condensed export of the edition must show.

        A repeated block appears once for each instance; `{instance}` in a text is its number.
        """
        found: list[ExpectedColumn] = []
        for variable in self.variables_asked(edition):
            instances = self.block_of(variable.variable, edition).instances_in(edition)
            for instance in range(1, instances + 1):
                found.extend(self._expected_of(variable, edition, instance))
        return found

    def _expected_of(
        self, variable: Variable, edition: str, instance: int
    ) -> Iterator[ExpectedColumn]:
        def words(item: str | None) -> str | None:
            text = self.column_text(variable.variable, item, edition)
            return None if text is None else text.replace("{instance}", str(instance))

        title = words(None)
        if title is None:
            return
        name = variable.variable
        if not variable.items:
            yield ExpectedColumn(name, None, instance, title, None)
        side = [variable.other] if variable.other else []
        side += [variable.comment] if variable.comment else []
        for item in [*(i.item for i in variable.items), *side]:
            label = words(item)
            if label is not None:
                yield ExpectedColumn(name, item, instance, title, label)

    # --- answers ----------------------------------------------------------------------------

    def scale_of(self, variable: str, edition: str) -> Scale | Brackets | None:
        """Return the scale (or brackets) that the edition used, None for kinds without one."""
        chosen = self.variables[variable].scale
        if chosen is None:
            return None
        name = chosen if isinstance(chosen, str) else chosen.get(edition)
        return None if name is None else self.scales[name]

    def scales_of(self, variable: str) -> list[Scale | Brackets]:
        """Return the scales of a variable, each once, in the order of the editions."""
        chosen = self.variables[variable].scale
        if chosen is None:
            return []
        if isinstance(chosen, str):
            return [self.scales[chosen]]
        names = dict.fromkeys(chosen[key] for key in self.edition_keys if key in chosen)
        return [self.scales[name] for name in names]

    def codes_of(self, variable: str, *, edition: str | None = None) -> tuple[str, ...]:
        """Return the codes that are answers, in order: of one edition, or of all of them."""
        kind = self.variables[variable].kind
        if kind == "multiple":
            return (SELECTED, NOT_SELECTED)
        if kind == "ranking":
            count = len(self.variables[variable].items)
            return (*(f"rank_{k}" for k in range(1, count + 1)), NOT_RANKED)
        if kind in ("text", "number"):
            return (ANSWERED,)
        scales = self.scales_of(variable)
        if edition is not None:
            used = self.scale_of(variable, edition)
            scales = [] if used is None else [used]
        codes = [
            code.code
            for scale in scales
            for code in scale.codes
            if edition is None or code.editions is None or edition in code.editions
        ]
        return tuple(dict.fromkeys(codes))

    def code_entry(self, variable: str, code: str) -> Code | Bracket | None:
        """Return the entry of a code of the variable's scales, None for `selected` and the like."""
        for scale in self.scales_of(variable):
            for entry in scale.codes:
                if entry.code == code:
                    return entry
        return None

    def favourable_codes(self, variable: str, edition: str) -> tuple[str, ...]:
        """Return the answers at the positive pole of the edition's scale; none without poles."""
        return tuple(
            code
            for code in self.codes_of(variable, edition=edition)
            if getattr(self.code_entry(variable, code), "pole", None) == "positive"
        )

    def answer_labels(self, scale: str, edition: str) -> LabelIndex[str]:
        """Return the look-up from an export's answer text to a code or an offered missing kind.

        Args:
            scale: Name of a scale or of brackets; answers it did not offer then are unknown.
            edition: Whose spellings (`recodes.csv`) join the scale's own labels.
        """
        key = (scale, edition)
        if key not in self._indexes:
            entry = self.scales[scale]
            labels: list[tuple[str, str]] = []
            for code in entry.codes:
                if code.editions is None or edition in code.editions:
                    labels += [(label, code.code) for label in (code.label, *code.raw)]
            for missing in entry.missing:
                labels += [(label, missing.kind) for label in (missing.label, *missing.raw)]
            labels += [
                (r.label, r.code)
                for r in self.recodes
                if r.scale == scale and r.edition in ("*", edition)
            ]
            self._indexes[key] = LabelIndex(labels)
        return self._indexes[key]

    # --- coded columns ----------------------------------------------------------------------

    def coded_columns(self, *, repeated: bool) -> list[CodedColumn]:
        """Return the coded columns of the responses, or of the instances of repeated blocks.

        A number is a nullable column of its own, so that its coded column is `<name>__state`; a
        personal text has none, because it is dropped at the door.
        """
        found: list[CodedColumn] = []
        for variable in self.variables.values():
            if variable.personal or self.is_repeated(variable.variable) != repeated:
                continue
            vocabulary = (*self.codes_of(variable.variable), *MISSING_KINDS)
            items: list[str | None] = [item.item for item in variable.items]
            for item in items or [None]:
                name = column_name(variable.variable, item)
                if variable.kind == "number":
                    name += "__state"
                found.append(CodedColumn(name, variable, item, vocabulary))
        return found

    def coding_columns(self, *, repeated: bool) -> list[CodedColumn]:
        """Return the columns that hold the themes of typed texts (`coding/*.csv`), one a theme.

        A text may speak of several things: each of its themes is `selected`, the others are
        `not_selected`, and all are `uncoded` while nobody has coded it. They are not answers to a
        question of their own: whoever goes through the questions uses `coded_columns`.
        """
        return [
            CodedColumn(
                f"{column_name(coding.variable, coding.item)}__theme__{theme.code}",
                self.variables[coding.variable],
                coding.item,
                (SELECTED, NOT_SELECTED, UNCODED, *MISSING_KINDS),
                coding,
                theme.code,
            )
            for coding in self.codings
            if self.is_repeated(coding.variable) == repeated
            for theme in coding.codes
        ]

    def theme_label(self, column: CodedColumn, code: str) -> str:
        """Return what a reader sees for a code of a column of `coding_columns`."""
        if code == SELECTED and column.coding is not None:
            return next(t.label for t in column.coding.codes if t.code == column.theme)
        return self.label_of(column.variable.variable, None, code)

    def table_columns(self, *, repeated: bool) -> list[CodedColumn]:
        """Return every column of codes that the tables hold: answers, then themes of texts."""
        return [*self.coded_columns(repeated=repeated), *self.coding_columns(repeated=repeated)]

    def grade(
        self, variable: str, item: str | None, earlier: str, later: str
    ) -> Comparability | None:
        """Return the entry that grades a question for two editions, None when one asked it not."""
        for entry in self.comparability:
            if entry.variable != variable or (entry.items and item not in entry.items):
                continue
            both = entry.among is not None and {earlier, later} <= {*entry.among}
            if both or (earlier in (entry.earlier or ()) and later in (entry.later or ())):
                asked = [self.asked(variable, key, item=item) for key in (earlier, later)]
                return entry if all(asked) else None
        return None

    def unit_of(self, variable: str, edition: str) -> Unit:
        """Return the unit that a variable speaks of in an edition."""
        return self.units[self.block_of(variable, edition).unit]

    def label_of(self, variable: str, item: str | None, code: str) -> str:
        """Return what a reader sees for a code: its label, or the label of its kind of missing."""
        entry = self.code_entry(variable, code)
        if entry is not None:
            return entry.label
        for scale in self.scales_of(variable):
            for missing in scale.missing:
                if missing.kind == code:
                    return missing.label
        if code == SELECTED and item is not None:
            return self.variables[variable].item(item).label
        return STANDARD_LABELS.get(self.survey.language, STANDARD_LABELS["en"])[code]


def column_name(variable: str, item: str | None) -> str:
    """Return the name of a coded column: `variable`, or `variable__item`."""
    return variable if item is None else f"{variable}__{item}"


def _standard_labels() -> dict[str, dict[str, str]]:
    french = {
        SELECTED: "Coché",
        NOT_SELECTED: "Non coché",
        NOT_RANKED: "Non classé",
        ANSWERED: "Réponse donnée",
        UNCODED: "Réponse pas encore classée",
        "do_not_know": "Ne sait pas",
        "declined": "Ne souhaite pas répondre",
        "no_answer": "Sans réponse",
        "not_applicable": "Non concerné",
        "not_reached": "Questionnaire interrompu",
        "not_asked": "Question non posée",
        "unreadable": "Réponse illisible",
    }
    english = {
        SELECTED: "Selected",
        NOT_SELECTED: "Not selected",
        NOT_RANKED: "Not ranked",
        ANSWERED: "Answered",
        UNCODED: "Not coded yet",
        "do_not_know": "Don't know",
        "declined": "Declined",
        "no_answer": "No answer",
        "not_applicable": "Not applicable",
        "not_reached": "Not reached",
        "not_asked": "Not asked",
        "unreadable": "Unreadable",
    }
    french |= {f"rank_{k}": f"Rang {k}" for k in range(1, 100)}
    english |= {f"rank_{k}": f"Rank {k}" for k in range(1, 100)}
    return {"fr": french, "en": english}


STANDARD_LABELS = _standard_labels()
"""What a reader sees for the codes that every questionnaire shares, by language."""
