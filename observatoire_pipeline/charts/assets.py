"""Assets of the charts stage: figures as pictures, one asset for each family of charts.

In: the families of questions, drawn by one process, and the maps. Not in: how a chart looks
(`style` and the families).
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pandas as pd

from observatoire_pipeline.charts import directory, drawing
from observatoire_pipeline.charts import map as tile_map
from observatoire_pipeline.charts.rendering import Picture, render_all
from observatoire_pipeline.codebook.directory import read_directory_book
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.tables.frames import from_records

FAMILIES = (
    "likert_charts",
    "choice_charts",
    "bracket_charts",
    "ranking_charts",
    "comparison_charts",
)


@dg.multi_asset(outs={family: dg.AssetOut() for family in FAMILIES})
def charts(
    survey: SurveyHome,
    lake: dg.ResourceParam[Lake],
    mart_estimates: pd.DataFrame,
    mart_brackets: pd.DataFrame,
    mart_rankings: pd.DataFrame,
    mart_changes: pd.DataFrame,
    comparability: pd.DataFrame,
) -> Iterator[dg.Output[pd.DataFrame]]:
    """Draw every chart of every family from the rows of the marts, and from nothing else."""
    drawn: dict[str, list[Picture]] = {family: [] for family in FAMILIES}
    specs = drawing.charts(
        mart_estimates,
        mart_brackets,
        mart_rankings,
        mart_changes,
        comparability,
        codebook=survey.read_codebook(),
    )
    for picture in render_all(specs, kept=survey.pictures / "charts"):
        drawn[f"{picture.family}_charts"].append(picture)
    for family, pictures in drawn.items():
        frame = from_records((_row(picture) for picture in pictures), lake.tables[family])
        yield dg.Output(frame, family, metadata={p.name: _shown(p) for p in pictures})


@dg.asset
def map_charts(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], mart_departements: pd.DataFrame
) -> dg.MaterializeResult[pd.DataFrame]:
    """Draw who answered each edition on a map of tiles, metropolitan France and overseas."""
    specs = tile_map.charts(mart_departements, codebook=survey.read_codebook())
    pictures = list(render_all(specs, kept=survey.pictures / "map_charts"))
    return dg.MaterializeResult(
        value=from_records(map(_row, pictures), lake.tables["map_charts"]),
        metadata={picture.name: _shown(picture) for picture in pictures},
    )


@dg.asset
def directory_charts(
    survey: SurveyHome, lake: dg.ResourceParam[Lake], mart_directory: pd.DataFrame
) -> dg.MaterializeResult[pd.DataFrame]:
    """Draw the projects of the directory by département; nothing where none has landed."""
    specs = directory.charts(
        mart_directory,
        book=read_directory_book(Path(survey.codebook)),
        codebook=survey.read_codebook(),
    )
    pictures = list(render_all(specs, kept=survey.pictures / "directory_charts"))
    return dg.MaterializeResult(
        value=from_records(map(_row, pictures), lake.tables["directory_charts"]),
        metadata={picture.name: _shown(picture) for picture in pictures},
    )


def _row(picture: Picture) -> dict[str, object]:
    return {
        "chart": picture.name,
        "family": picture.family,
        "title": picture.title,
        "description": picture.description,
        "figure_ids": json.dumps(list(picture.figure_ids)),
        "svg": picture.svg,
        "png": picture.png,
    }


def _shown(picture: Picture) -> dg.MarkdownMetadataValue:
    encoded = base64.b64encode(picture.svg.encode()).decode("ascii")
    return dg.MetadataValue.md(f"![{picture.title}](data:image/svg+xml;base64,{encoded})")


ASSETS = (charts, map_charts, directory_charts)
