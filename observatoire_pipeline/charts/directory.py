"""The directory of projects on a map of tiles.

In: which rows of `mart_directory` the map draws, its words and its source. Not in: the tiles
(`map`), the counts (`marts.directory`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from observatoire_pipeline.charts import figures
from observatoire_pipeline.charts import map as tile_map
from observatoire_pipeline.charts.layers import Spec
from observatoire_pipeline.charts.words import words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.directory import DirectoryBook
from observatoire_pipeline.ingest.directory import UNKNOWN

NAME = "annuaire_departements"


def charts(
    mart_directory: pd.DataFrame, *, book: DirectoryBook | None, codebook: Codebook
) -> Iterator[Spec]:
    """Yield the map of the projects by département; nothing where there are no projects.

    Raises:
        ValueError: a département is missing among the rows, or no tile holds it.
    """
    rows = mart_directory[mart_directory["margin"] == "departement"]
    if rows.empty or book is None:
        return
    words = words_of(codebook)
    counts = dict(zip(rows["departement"], rows["projects_n"].astype(int), strict=True))
    unknown = counts.pop(UNKNOWN, 0)
    base = f"{words.tidy(figures.base_words(rows))}, {words.count(rows['base_n'].max())}"
    yield tile_map.draw(
        tile_map.Counts(
            name=NAME,
            title=book.about.title,
            subtitle=[words.colon(words.base, base)],
            legend=words.map_projects,
            reached=words.map_projects_reached,
            counts=counts,
            names=dict(zip(rows["departement"], rows["departement_name"], strict=True)),
            figure_ids=dict(zip(rows["departement"], rows["figure_id"], strict=True)),
            notes=tile_map.beside(0, unknown, words=words),
            source=book.about.source_note,
        ),
        codebook=codebook,
    )
