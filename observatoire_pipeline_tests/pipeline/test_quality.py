"""The quality job writes its table, its page and the note; generated answers meet no real ones."""

import pytest

from observatoire_pipeline.validate.assets import _earlier


@pytest.fixture
def home(accepted, copy_of):
    return copy_of(accepted)


def test_the_job_writes_the_page_and_the_note(home):
    result = home.launch("quality", partition_key="2018")
    assert result.success
    folder = home.survey.quality / "2018"
    assert sorted(path.name for path in folder.iterdir()) == [
        "note_fournisseur.html",
        "note_fournisseur.md",
        "rapport.html",
    ]
    report = home.lake.read("quality_report", "2018")
    assert "distance" in set(report["rule"])
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["rapport.html"].value == str(folder / "rapport.html")
    assert metadata["page"].value == (folder / "rapport.html").as_uri()


def test_generated_answers_are_not_compared_with_collected_ones(home):
    codebook = home.survey.read_codebook()
    receipt = home.lake.read("accepted_editions", "2016")
    home.lake.write(receipt.assign(synthetic=False), "accepted_editions", "2016")
    assert set(_earlier("2018", home.lake, codebook)) == {"2017"}
    assert set(_earlier("2016", home.lake, codebook)) == set()
