"""What a draft leaves to a person: the places that wait, and the page that explains them.

In: the places of drafted files where something is to be decided, with the proposals that they
belong to, as `review.md`. Not in: what is proposed (`draft`, `first_draft`), and the refusal of a
codebook in which something waits (`reader`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import yaml

from observatoire_pipeline.codebook.reader import REVIEW_MARK as MARK
from observatoire_pipeline.codebook.reader import to_be_written

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENED = re.compile(r"  - \{?(?:variable|scale|brackets): \"?([a-z0-9_]+)")


@dataclass(frozen=True)
class Review:
    """Something that a person must decide, or should know.

    Attributes:
        subject: Variable, or title of a question.
        what: The proposal in words.
        score: How near the wordings are, out of 100; None where nothing was scored.
        difference: The two wordings as one.
        detail: What of the subject it is about: an item, a code, an answer; empty for the whole.
        also: Other entries of the codebook that it decides: a scale, a unit.
    """

    subject: str
    what: str
    score: float | None = None
    difference: str = ""
    detail: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A cell or a value that waits for a decision.

    Attributes:
        file: Name in the codebook folder.
        line: Its line, from 1.
        subject: The entry that it stands in, or the first cell of its row.
        detail: The part of that entry: an item, a code, an answer; empty for the whole.
        proposal: What stands there, without the mark.
    """

    file: str
    line: int
    subject: str
    detail: str
    proposal: str


@dataclass(frozen=True)
class Draft:
    """The files of a codebook that a new edition changes, and what is left to decide.

    Attributes:
        files: Name in the codebook folder → whole new text.
        reviews: What to decide, in the order of the export.
        notes: What was decided by the files alone and is worth a look (dropped questions, say).
        names: Names that the draft made, each with the entries in which it means that (none: all).
    """

    files: dict[str, str]
    reviews: tuple[Review, ...]
    notes: tuple[Review, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The places that wait for a decision, as `observatoire codebook check` lists them."""
        return tuple(place for name in sorted(self.files) for place in _places(self, name))

    @property
    def marks(self) -> int:
        """How many places wait."""
        return len(self.places)


def review_page(draft: Draft, *, edition: str, base: str, source: str) -> str:
    """Return `review.md`: every decision with its score, its difference of words and its places."""
    lines = [
        f"# Edition {edition}, drafted from {source} against {base}",
        "",
        f"{draft.marks} place(s) wait for a decision. Take `{MARK}` away to accept what stands "
        "behind it, or write something else; a reason that begins with a note to you is written "
        "anew. `observatoire codebook check` lists the same places as long as they wait; the lines "
        "below are those of the draft before any change.",
        "",
        "## To decide",
        "",
    ]
    waiting: dict[Review, list[Place]] = {review: [] for review in draft.reviews}
    for place in draft.places:
        waiting.setdefault(_review_of(place, draft.reviews), []).append(place)
    for review, places in waiting.items():
        lines.append(_line(review))
        lines += [f"  - {place.file}:{place.line}: {_spelled(place)}" for place in places]
    lines += [] if waiting else ["Nothing."]
    lines += ["", "## To know", "", *(map(_line, draft.notes) if draft.notes else ["Nothing."])]
    if draft.names:
        lines += [
            "",
            "## New names",
            "",
            "Made from the words of the export. Another name may be written (small letters, digits "
            "and `_`), in all of its places, before the edition is published for the first time.",
            "",
        ]
        lines += [f"- `{name}`: {_found(draft, name, within)}" for name, *within in draft.names]
    return "\n".join(lines) + "\n"


def _review_of(place: Place, reviews: Sequence[Review]) -> Review:
    mine = [r for r in reviews if place.subject in (r.subject, *r.also)]
    same = [review for review in mine if review.detail == place.detail]
    return next(iter((*same, *mine)), Review(place.subject, "proposed, and not proved"))


def _line(review: Review) -> str:
    score = "" if review.score is None else f" (score {review.score:g})"
    words = f"\n  {review.difference}" if review.difference else ""
    return f"- **{review.subject}**{score}: {review.what}{words}"


def _spelled(place: Place) -> str:
    return f"`{place.proposal}`" if place.proposal else "the reason for readers, to be written"


# --- places ---------------------------------------------------------------------------------


def _places(draft: Draft, name: str) -> Iterator[Place]:
    text = draft.files[name]
    if name.endswith(".csv"):
        yield from _in_rows(name, text)
    elif name.endswith(".yaml"):
        root: Any = yaml.compose(text, Loader=_LOADER)
        for key, value in root.value:
            yield from _in_node(name, value, names=(str(key.value),), key="")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def _in_rows(name: str, text: str) -> Iterator[Place]:
    detail = 2 if name == "recodes.csv" else 1
    for line, row in _rows(text):
        for cell in row:
            if cell.strip().startswith(MARK):
                yield Place(name, line, row[0], row[detail], _proposal(cell))


def _in_node(file: str, node: Any, *, names: tuple[str, ...], key: str) -> Iterator[Place]:
    """Yield the places of a value; `names` are those of the entries around it, outermost first."""
    if isinstance(node, yaml.MappingNode):
        first = node.value[0][1] if node.value else None
        inner = isinstance(first, yaml.ScalarNode) and key == "-"
        own = (*names, _proposal(first.value)) if inner and first is not None else names
        for key_node, value in node.value:
            yield from _in_node(file, value, names=own, key=str(key_node.value))
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _in_node(file, child, names=names, key="-")
    else:
        text = str(node.value)
        waits = text.startswith(MARK)
        if waits or to_be_written(key, text):
            subject, detail = (*names[1:3], "", "")[:2] if len(names) > 1 else (names[0], "")
            proposal = _proposal(text) if waits else ""
            yield Place(file, node.start_mark.line + 1, subject, detail, proposal)


def _proposal(text: str) -> str:
    return text.strip().removeprefix(MARK).strip()


# --- names ----------------------------------------------------------------------------------


def _found(draft: Draft, name: str, within: Sequence[str]) -> str:
    """Return the places of a name; that of an item or a code only within its entries."""
    places: list[str] = []
    for file in sorted(draft.files):
        lines = list(_lines_of(file, draft.files[file], name, within))
        for _, run in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
            first, *_, last = [line for _, line in run] * 2
            places.append(f"{file}:{first}" + (f"-{last}" if last > first else ""))
    return ", ".join(places)


def _lines_of(file: str, text: str, name: str, within: Sequence[str]) -> Iterator[int]:
    if file.endswith(".csv"):
        for line, row in _rows(text):
            if name in row[:1] or (row and row[0] in within and name in (row[1], *row[3:4])):
                yield line
        return
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    owner = ""
    for line, written in enumerate(text.splitlines(), start=1):
        opened = _OPENED.match(written)
        owner = opened[1] if opened else owner
        if word.search(written) and (not within or owner in within):
            yield line
