"""The directory of projects in figures: devices by type of owner and theme, and where they are.

In: the rows of `mart_directory`. Not in: the projects themselves (`ingest.directory`), the map
(`charts.directory`).

A project with two devices or two themes counts in both, so that the rows of a split may sum to more
than the projects; the base is always all projects, and says so in words. The directory is a list
that somebody chose, no sample: its shares describe it and estimate nothing, so they have no
interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pandas as pd

from observatoire_pipeline.codebook.directory import DirectoryBook
from observatoire_pipeline.collectivites.enrichment import UNKNOWN
from observatoire_pipeline.tables.catalogue import OWNER_TYPES
from observatoire_pipeline.tables.frames import conform, empty
from observatoire_pipeline.tables.model import Table

ALL = "all"
SPLITS = ("owner_type", "device", "theme", "departement")
MARGINS: tuple[tuple[str, ...], ...] = (
    (),
    ("owner_type",),
    ("device",),
    ("theme",),
    ("owner_type", "device"),
    ("owner_type", "theme"),
    ("device", "theme"),
    ("owner_type", "device", "theme"),
    ("departement",),
)
FACETS = ("device", "theme")


def directory_figures(
    projects: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    book: DirectoryBook | None,
    departements: Mapping[str, str],
    table: Table,
) -> pd.DataFrame:
    """Count projects by type of owner, device and theme, and by département.

    Args:
        projects: Frame of `directory_projects`.
        codes: Frame of `directory_project_codes`.
        book: What the codebook knows of the directory; None only without projects.
        departements: Code of every département → its name.
        table: The declaration of `mart_directory`.

    Returns:
        A frame of `table`. A split by one thing has a row for each of its values, zero or not; a
        cross has those that occur. No rows without projects.

    Raises:
        ValueError: there are projects and no codebook of them.
    """
    if projects.empty:
        return empty(table)
    if book is None:
        raise ValueError("directory_projects has rows, but the codebook has no directory.yaml")
    wide = projects[["project_id", "owner_type", "departement"]].astype("str")
    for facet in FACETS:
        mine = codes.loc[codes["facet"] == facet, ["project_id", "code"]]
        wide = wide.merge(
            mine.rename(columns={"code": facet}), on="project_id", how="left", validate="m:m"
        )
    values: dict[str, Sequence[str]] = {
        "owner_type": [owner for owner in OWNER_TYPES if owner in book.owners],
        "departement": [*sorted(departements), UNKNOWN],
        **{facet: [entry.code for entry in book.facets[facet].codes] for facet in FACETS},
    }
    counted = pd.concat(
        [_margin(wide, margin, values=values) for margin in MARGINS], ignore_index=True
    )
    labels = {
        "owner_type_label": ("owner_type", book.owners),
        "departement_name": ("departement", dict(departements)),
        **{
            f"{facet}_label": (facet, {e.code: e.label for e in book.facets[facet].codes})
            for facet in FACETS
        },
    }
    for name, (column, words) in labels.items():
        counted[name] = counted[column].map(words).fillna("").astype("str")
    total = len(projects)
    keys = counted[list(SPLITS)]
    spelled = keys["owner_type"].str.cat([keys[column] for column in SPLITS[1:]], sep=".")
    counted["figure_id"] = "directory.projet." + spelled + ".projects"
    counted["base_n"] = total
    counted["base_words"] = f"{total} {book.about.count}"
    counted["share"] = (counted["projects_n"] / total).astype("Float64")
    counted["synthetic"] = False
    return conform(counted[table.column_names], table)


def _margin(
    wide: pd.DataFrame, margin: tuple[str, ...], *, values: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Count the projects of every value of a split, or of every cell of a cross that occurs."""
    if not margin:
        rows = pd.DataFrame({"projects_n": [wide["project_id"].nunique()]})
    else:
        kept = wide.dropna(subset=list(margin)).drop_duplicates(["project_id", *margin])
        found = kept.groupby(list(margin), sort=False).size()
        order = pd.MultiIndex.from_tuples(
            list(product(*(values[name] for name in margin))), names=list(margin)
        )
        if len(margin) == 1:
            found.index = pd.MultiIndex.from_arrays([found.index], names=list(margin))
        strange = [cell for cell in found.index if cell not in order]
        if strange:
            raise ValueError(f"directory: values outside their list: {strange}")
        counts = found.reindex(order, fill_value=0).rename("projects_n")
        rows = counts.reset_index()
        if len(margin) > 1:
            rows = rows[rows["projects_n"] > 0]
    return rows.assign(
        margin=" × ".join(margin) or ALL,
        **{name: ALL for name in SPLITS if name not in margin},
    )
