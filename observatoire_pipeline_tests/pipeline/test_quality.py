"""The quality job writes its table, its page and the note; generated answers meet no real ones."""

import re

import dagster as dg
import pytest

from observatoire_pipeline.table_checks import CHECK_NAME
from observatoire_pipeline.validate.assets import _earlier
from observatoire_pipeline.validate.content import RULES
from observatoire_pipeline.validate.wording import typeset, words_of


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
        "note_fournisseur_lignes.csv",
        "rapport.html",
    ]
    report = home.lake.read("quality_report", "2018")
    assert "distance" in set(report["rule"])
    (event,) = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["rapport.html"].value == str(folder / "rapport.html")
    assert metadata["page"].value == (folder / "rapport.html").as_uri()
    shown = metadata["what to look at"].value
    missed = report[~report["met"]]
    assert all(typeset(words_of(rule).seen) in shown for rule in missed["rule"])
    assert not re.search(r"https?:|<", shown)


def test_each_rule_of_a_suite_is_a_check_that_says_what_the_suite_found(home):
    result = home.launch("quality", partition_key="2018")
    report = home.lake.read("quality_report", "2018")
    checks = {
        check.check_name: check
        for check in result.get_asset_check_evaluations()
        if check.check_name != CHECK_NAME
    }
    assert set(checks) == {f"{suite}_{rule}" for suite, rules in RULES.items() for rule in rules}
    assert {check.severity for check in checks.values()} == {dg.AssetCheckSeverity.WARN}
    for name, check in checks.items():
        suite, _, rule = name.partition("_")
        asked = report[(report["suite"] == suite) & (report["rule"] == rule)]
        assert check.passed == asked["met"].all(), name
        assert check.metadata["expectations"].value == len(asked), name
    assert not all(check.passed for check in checks.values())
    assert checks["accepted_blanks"].metadata["expectations"].value > 10


def test_generated_answers_are_not_compared_with_collected_ones(home):
    codebook = home.survey.read_codebook()
    receipt = home.lake.read("accepted_editions", "2016")
    home.lake.write(receipt.assign(synthetic=False), "accepted_editions", "2016")
    assert set(_earlier("2018", home.lake, codebook)) == {"2017"}
    assert set(_earlier("2016", home.lake, codebook)) == set()
