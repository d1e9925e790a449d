"""The lake gives back the table that was stored, and nothing that is not its table replaces it."""

import dagster as dg
import pandas as pd
import pytest

from observatoire_pipeline.codebook.reader import packaged_codebook
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.tables.frames import TableError, empty


@pytest.fixture
def lake(tmp_path):
    return Lake(root=str(tmp_path / "lake"), codebook=str(packaged_codebook()))


def texts(edition="2018"):
    return pd.DataFrame(
        {
            "edition": [edition],
            "respondent_id": ["7"],
            "variable": ["x"],
            "item": [""],
            "instance": [1],
            "text": ["l’avis des élus"],
        }
    )


def test_a_stored_table_comes_back_as_it_was(lake):
    lake.write(texts(), "norm_texts", "2018")
    found = lake.read("norm_texts", "2018")
    assert found.to_dict("list") == texts().to_dict("list")
    assert found["instance"].dtype == "int64"


def test_an_empty_table_keeps_its_categories(lake):
    table = lake.tables["norm_responses"]
    lake.write(empty(table), "norm_responses", "2018")
    found = lake.read("norm_responses", "2018")
    coded = next(c for c in table.columns if c.type == "coded")
    assert list(found[coded.name].cat.categories) == list(coded.vocabulary)


def test_a_frame_that_is_not_its_table_replaces_nothing(lake):
    lake.write(texts(), "norm_texts", "2018")
    before = lake.checksum("norm_texts", "2018")
    with pytest.raises(TableError, match="missing column text"):
        lake.write(texts().drop(columns="text"), "norm_texts", "2018")
    assert lake.checksum("norm_texts", "2018") == before
    assert [p.name for p in lake.path("norm_texts", "2018").parent.iterdir()] == ["2018.parquet"]


def test_rows_of_another_edition_are_refused(lake):
    with pytest.raises(ValueError, match=r"rows of \['2017'\] in the edition 2018"):
        lake.write(texts("2017"), "norm_texts", "2018")


def test_a_table_that_is_not_stored_is_named(lake):
    with pytest.raises(FileNotFoundError, match="norm_texts of edition 2018 is not stored"):
        lake.read("norm_texts", "2018")


def test_an_object_store_takes_the_place_of_a_folder():
    lake = Lake(root="memory://lake", codebook=str(packaged_codebook()))
    lake.write(texts(), "norm_texts", "2018")
    assert lake.read("norm_texts", "2018")["text"].tolist() == ["l’avis des élus"]
    assert lake.checksum("norm_texts", "2016") is None


EDITIONS = dg.StaticPartitionsDefinition(["2016", "2017", "2018"])


@dg.asset(partitions_def=EDITIONS)
def norm_texts(context: dg.AssetExecutionContext) -> pd.DataFrame:
    return texts(context.partition_key)


@dg.asset_check(asset="norm_texts")
def one_row(frame: pd.DataFrame) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=len(frame) == 1)


def test_a_downstream_asset_gets_the_editions_that_are_stored(lake):
    seen = {}

    @dg.asset
    def stacked(norm_texts: dict[str, pd.DataFrame]) -> None:
        seen.update(norm_texts)

    resources = {"io_manager": lake}
    dg.materialize([norm_texts], partition_key="2018", resources=resources)
    dg.materialize([norm_texts], partition_key="2016", resources=resources)
    dg.materialize(
        [stacked, norm_texts.to_source_asset()], resources=resources, selection=[stacked]
    )
    assert list(seen) == ["2016", "2018"]


def test_a_check_takes_the_edition_of_its_run_and_never_picks_one(lake):
    resources = {"io_manager": lake}
    assert dg.materialize([norm_texts, one_row], partition_key="2018", resources=resources).success
    definitions = dg.Definitions(
        assets=[norm_texts],
        asset_checks=[one_row],
        resources=resources,
        jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())],
    )
    result = definitions.resolve_job_def("checks").execute_in_process(raise_on_error=False)
    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "launch the check with its edition" in str(failure.step_failure_data.error)


def test_what_one_reader_changes_no_other_sees(lake):
    lake.write(texts(), "norm_texts", "2018")
    for _ in range(2):
        mine = lake.read("norm_texts", "2018")
        mine.loc[0, "text"] = "changed"
        assert mine["text"].tolist() == ["changed"]
    assert lake.read("norm_texts", "2018")["text"].tolist() == ["l’avis des élus"]


def test_a_table_stored_again_is_read_again(lake):
    lake.write(texts(), "norm_texts", "2018")
    lake.read("norm_texts", "2018")
    lake.write(texts().assign(text="autre avis"), "norm_texts", "2018")
    assert lake.read("norm_texts", "2018")["text"].tolist() == ["autre avis"]
