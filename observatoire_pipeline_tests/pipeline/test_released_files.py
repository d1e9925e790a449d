"""The release as an attacker has it: its files, all of them, and what they give away."""

import duckdb
import pandas as pd

from observatoire_pipeline.marts.audit import AUDITED, Truth, recovered_figures, respondents
from observatoire_pipeline.marts.units import counting_units
from observatoire_pipeline.tables.catalogue import published_tables


def test_the_released_files_hold_no_microdata_and_give_no_hidden_figure_away(sample):
    folder, lake = sample.survey.releases / "latest", sample.lake
    tables = {path.stem: pd.read_parquet(path) for path in (folder / "tables").glob("*.parquet")}
    private = {table.name for table in published_tables(lake.tables) if table.microdata}
    assert private and not private & set(tables)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as warehouse:
        names = {
            name for (name,) in warehouse.sql("select table_name from duckdb_tables()").fetchall()
        }
    assert names == set(tables) >= set(AUDITED)
    codebook = sample.survey.read_codebook()
    profiles, weights = lake.read("respondent_profiles"), lake.read("respondent_weights")
    units = counting_units(
        lake.read("panel_responses"), lake.read("panel_instances"), profiles, codebook=codebook
    )
    figures = tables["mart_estimates"]
    assert figures["suppression"].str.startswith("hidden").any()
    found = recovered_figures(
        tables, codebook=codebook, who=respondents(profiles, weights), truth=Truth(units, weights)
    )
    assert found == []
