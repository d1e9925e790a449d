"""What is found while an edition is drafted, before anything is written.

In: the state that the steps of a draft share, and what they ask of it. Not in: the steps (`draft`),
the files (`draft_files`), the grades (`grades`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.diff import Change
from observatoire_pipeline.codebook.entries import NewBlock
from observatoire_pipeline.codebook.intervals import common_partition, new_intervals
from observatoire_pipeline.codebook.models import Brackets
from observatoire_pipeline.codebook.review import Review


@dataclass
class Work:
    """What has been found so far."""

    codebook: Codebook
    edition: str
    base: str
    source: str
    completed: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """Row of columns whose words were cut → earlier edition → the whole words."""
    cells: dict[tuple[str, str], str] = field(default_factory=dict)
    asked_in: dict[str, str] = field(default_factory=dict)
    """Variable → the earlier edition with which it was compared."""
    changes: dict[str, list[Change]] = field(default_factory=dict)
    new_items: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    new_boxes: dict[str, tuple[str, str]] = field(default_factory=dict)
    new_codes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    old_codes: dict[str, set[str]] = field(default_factory=dict)
    """Scale → codes that the base edition did not offer and this one does."""
    new_scales: dict[str, str] = field(default_factory=dict)
    typed_items: set[tuple[str, str]] = field(default_factory=set)
    """New items in which people type."""
    new_others: dict[str, str] = field(default_factory=dict)
    """Variable → the answer under which people type, where it had none."""
    recodes: dict[tuple[str, str], str] = field(default_factory=dict)
    new_blocks: list[NewBlock] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    notes: list[Review] = field(default_factory=list)


def scale_before(work: Work, name: str) -> str | None:
    """Return the name of the scale of a question in the edition with which it was compared."""
    scale = work.codebook.scale_of(name, work.asked_in[name])
    return None if scale is None else scale.scale


def options_of(work: Work, name: str) -> list[str]:
    """Return the answers that the export shows of a question, over all its instances."""
    shown = (option for change in work.changes[name] for option in change.pair.b.options)
    return list(dict.fromkeys(shown))


def partition_of(work: Work, name: str) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Return the mapping to common intervals (empty for none), and the codes that are new."""
    old = work.codebook.scale_of(name, work.asked_in[name])
    if not isinstance(old, Brackets):
        return (), []
    before = work.asked_in[name]
    known = work.codebook.answer_labels(old.scale, before)
    new = new_intervals(old, options_of(work, name), known)
    offered = [c for c in old.codes if c.editions is None or before in c.editions]
    return common_partition(offered, new), [one.code for one in new if one.fresh]
