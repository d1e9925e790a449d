"""Count the answers of the panel: one pass over the codes of a column, all editions at once.

In: the panel with its groups (edition, or edition × repeated block) ready for `bincount`.
Not in: which counts make a figure (`estimates`, `brackets`, `rankings`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, column_name

CodeCounts = dict[str, int]


class PanelError(ValueError):
    """The panel does not agree with the codebook or with itself."""


class PanelCounts:
    """Answers of the panel by edition and code.

    Args:
        panel_responses: Rows of `panel_responses`; some editions may be absent.
        panel_instances: Rows of `panel_instances`.
        codebook: The survey.

    Raises:
        PanelError: the panel holds an edition that the codebook does not know, or an edition is
            partly synthetic.
    """

    def __init__(
        self, panel_responses: pd.DataFrame, panel_instances: pd.DataFrame, *, codebook: Codebook
    ) -> None:
        self._codebook = codebook
        self._blocks = list(codebook.blocks)
        self._frames = {False: panel_responses, True: panel_instances}
        of_response = edition_positions(panel_responses, codebook=codebook)
        of_instance = edition_positions(panel_instances, codebook=codebook)
        block = pd.Index(self._blocks).get_indexer(pd.Index(panel_instances["block"]))
        if (block < 0).any():
            strange = sorted(panel_instances["block"][block < 0].unique())
            raise PanelError(f"panel_instances: blocks not in the codebook: {', '.join(strange)}")
        self._groups = {False: of_response, True: of_instance * len(self._blocks) + block}
        self._width = {
            False: len(codebook.edition_keys),
            True: len(codebook.edition_keys) * len(self._blocks),
        }
        self.synthetic = _synthetic(panel_responses, panel_instances)
        self.editions = [key for key in codebook.edition_keys if key in self.synthetic]

    def by_edition(
        self, variable: str, item: str | None, *, column: str | None = None
    ) -> dict[str, CodeCounts]:
        """Return how many units gave each answer or kind of missing, zeros included.

        Args:
            variable: What was asked.
            item: Of which item.
            column: The column that is counted, when it is not the answers' own.

        Returns:
            For each edition at hand that asked the variable: code → count.
        """
        repeated = self._codebook.is_repeated(variable)
        codes, vocabulary = self._codes(column or column_name(variable, item), repeated)
        groups, width = self._groups[repeated], self._width[repeated]
        flat = np.bincount(groups * len(vocabulary) + codes, minlength=width * len(vocabulary))
        table = flat.reshape(width, len(vocabulary))
        return {
            edition: dict(
                zip(vocabulary, table[self._group(variable, edition)].tolist(), strict=True)
            )
            for edition in self._asking(variable)
        }

    def with_any(self, variable: str, items: Sequence[str], codes: Sequence[str]) -> dict[str, int]:
        """Return by edition how many units gave one of the codes to at least one of the items."""
        repeated = self._codebook.is_repeated(variable)
        hit = np.zeros(len(self._frames[repeated]), dtype=bool)
        for item in items:
            column, vocabulary = self._codes(column_name(variable, item), repeated)
            wanted = np.array([code in codes for code in vocabulary])
            hit |= wanted[column]
        table = np.bincount(self._groups[repeated][hit], minlength=self._width[repeated])
        return {
            edition: int(table[self._group(variable, edition)])
            for edition in self._asking(variable)
        }

    def _asking(self, variable: str) -> list[str]:
        return [edition for edition in self.editions if self._codebook.asked(variable, edition)]

    def _group(self, variable: str, edition: str) -> int:
        place = self._codebook.edition_keys.index(edition)
        if not self._codebook.is_repeated(variable):
            return place
        block = self._codebook.block_of(variable, edition).block
        return place * len(self._blocks) + self._blocks.index(block)

    def _codes(self, name: str, repeated: bool) -> tuple[npt.NDArray[np.intp], list[str]]:
        column = self._frames[repeated][name]
        codes = column.cat.codes.to_numpy().astype(np.intp)
        if (codes < 0).any():
            raise PanelError(f"column {column.name} has empty cells")
        return codes, list(column.cat.categories)


def edition_positions(frame: pd.DataFrame, *, codebook: Codebook) -> npt.NDArray[np.intp]:
    """Return for each row the position of its edition in the codebook.

    Raises:
        PanelError: an edition is not in the codebook; all such editions are listed.
    """
    distinct, keys = pd.factorize(frame["edition"])
    known = pd.Index(list(codebook.edition_keys)).get_indexer(pd.Index(keys))
    if (known < 0).any():
        strange = sorted(str(key) for key in keys[known < 0])
        raise PanelError(f"the panel holds editions not in the codebook: {', '.join(strange)}")
    return known[distinct] if len(frame) else np.zeros(0, dtype=np.intp)


def _synthetic(panel_responses: pd.DataFrame, panel_instances: pd.DataFrame) -> dict[str, bool]:
    flags = pd.concat(
        [
            frame[["edition", "synthetic"]].drop_duplicates()
            for frame in (panel_responses, panel_instances)
        ],
        ignore_index=True,
    ).drop_duplicates()
    torn = sorted(flags["edition"][flags["edition"].duplicated()].unique())
    if torn:
        raise PanelError(f"editions partly synthetic, partly collected: {', '.join(torn)}")
    return {
        str(edition): bool(flag)
        for edition, flag in zip(flags["edition"], flags["synthetic"], strict=True)
    }
