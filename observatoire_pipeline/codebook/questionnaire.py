"""The questions of one questionnaire, wherever they were read: a codebook's edition or an export.

In: the small form in which two questionnaires are compared. Not in: the comparison (`proposals`,
`diff`), and the reading of exports, which a later room does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import NOT_ASKED_MARK, Variable

FAMILIES = {
    "single": "choice",
    "bracket": "choice",
    "multiple": "multiple",
    "matrix": "matrix",
    "ranking": "ranking",
    "number": "number",
    "text": "text",
    "date": "text",
}
"""Kinds that an export cannot tell apart share a family."""


@dataclass(frozen=True)
class Question:
    """One question as a questionnaire or an export shows it.

    Attributes:
        position: Place in the questionnaire, from 1.
        title: Its words.
        kind: single, bracket, multiple, matrix, ranking, number, date or text.
        options: Answers to choose from.
        items: Choices of a multiple choice, rows of a matrix, things to rank.
        texts: Labels of the boxes to type in beside the answers.
        variable: Its name in the codebook; empty when it was read from an export.
        instance: Which instance of a repeated block it describes.
        spellings: Another spelling of an option → the option (codebook only).
        options_complete: Whether an option that is absent here was not offered.
        items_complete: Whether an item that is absent here was not offered.
        codes: Codes of its scale (codebook only): two scales may spell different answers alike.
        personal: Whether it identifies a person: it is matched, and never said to be new.
        typed_inside: Whether cells hold answers in people's words where its options stand.
        counts: Option (or item whose ticks share one cell) → how many gave it (export only).
        answered: How many answers were given in all, or how many ticked anything.
    """

    position: int
    title: str
    kind: str
    options: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    variable: str = ""
    instance: int = 1
    spellings: Mapping[str, str] = field(default_factory=dict)
    options_complete: bool = False
    items_complete: bool = True
    codes: tuple[str, ...] = ()
    personal: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    answered: int = 0
    typed_inside: bool = False

    @property
    def family(self) -> str:
        """The family of its kind."""
        return FAMILIES[self.kind]


@dataclass(frozen=True)
class Questionnaire:
    """The questions of one edition or one file, in the order in which they were asked.

    Attributes:
        name: Key of the edition, or name of the file.
        questions: The questions.
        declared: Whether a codebook says so; what an export shows of kinds is a reading of cells.
        moments: When answers began and ended, as the cells of an export write it, each text once.
    """

    name: str
    questions: tuple[Question, ...]
    declared: bool = False
    moments: tuple[str, ...] = ()


def questionnaire_of(codebook: Codebook, edition: str) -> Questionnaire:
    """Return what an edition asked, one question for each instance of a repeated block.

    Args:
        codebook: The codebook.
        edition: Key of one of its editions.

    Raises:
        KeyError: the codebook has no such edition.
    """
    if edition not in codebook.editions:
        raise KeyError(edition)
    asked: list[tuple[int, int, int, Variable]] = []
    starts: dict[str, int] = {}
    for place, variable in enumerate(codebook.variables_asked(edition)):
        block = codebook.block_of(variable.variable, edition)
        start = starts.setdefault(block.block, place)
        for instance in range(1, block.instances_in(edition) + 1):
            asked.append((start, instance, place, variable))
    asked.sort(key=lambda entry: entry[:3])
    return Questionnaire(
        edition,
        tuple(
            _question(codebook, variable, edition, instance=instance, position=position)
            for position, (_, instance, _, variable) in enumerate(asked, start=1)
        ),
        declared=True,
    )


def _question(
    codebook: Codebook, variable: Variable, edition: str, *, instance: int, position: int
) -> Question:
    def words(item: str | None) -> str:
        text = codebook.column_text(variable.variable, item, edition) or NOT_ASKED_MARK
        return text.replace("{instance}", str(instance))

    options, spellings = _answers(codebook, variable.variable, edition)
    beside = [name for name in (variable.other, variable.comment) if name]
    return Question(
        position=position,
        title=words(None),
        kind=variable.kind,
        options=options,
        items=tuple(
            words(item.item)
            for item in variable.items
            if codebook.asked(variable.variable, edition, item=item.item)
        ),
        texts=tuple(
            words(name) for name in beside if codebook.asked(variable.variable, edition, item=name)
        ),
        variable=variable.variable,
        instance=instance,
        spellings=spellings,
        options_complete=True,
        codes=() if not options else codebook.codes_of(variable.variable, edition=edition),
        personal=variable.personal,
    )


def _answers(
    codebook: Codebook, variable: str, edition: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the labels of the answers an edition offered, and their other spellings."""
    scale = codebook.scale_of(variable, edition)
    if scale is None:
        return (), {}
    shown = {
        code.code: code.label
        for code in scale.codes
        if code.editions is None or edition in code.editions
    } | {missing.kind: missing.label for missing in scale.missing}
    index = codebook.answer_labels(scale.scale, edition)
    spellings = {}
    for label in index.labels:
        meaning = index.find(label)
        if meaning in shown:
            spellings[label] = shown[meaning]
    return tuple(shown.values()), spellings
