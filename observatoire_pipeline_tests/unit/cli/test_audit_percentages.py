"""`observatoire audit-percentages`: the bases, the counts behind them, a base that is stated."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main


def audit(*arguments):
    return CliRunner().invoke(main, ["audit-percentages", *arguments])


def test_the_only_base_of_two_percentages_of_2016():
    said = audit("56.3", "79.1", "--max-n", "194")
    assert said.exit_code == 0
    assert "56.3 % and 79.1 % of one base, from 1 to 194" in said.output
    assert "only n = 158" in said.output
    assert "89/158  125/158" in said.output


def test_as_json():
    said = json.loads(audit("56,3 %", "79,1 %", "--max-n", "194", "--json").output)
    assert said["percentages"] == ["56.3", "79.1"]
    assert said["possible"] == {
        "half_up": [{"base": 158, "counts": [[89, 89], [125, 125]], "example": [89, 125]}]
    }


def test_percentages_that_sum_to_100_are_also_read_as_parts():
    budget = ("17", "4", "6", "6", "15", "4", "14", "12", "6", "4", "12")
    said = audit(*budget, "--max-n", "77").output
    assert said.count("no base is possible") == 2
    assert "largest remainder" in said
    assert "n = 69    12  3  4  4  10  3  10  8  4  3  8" in said
    assert "largest remainder" not in audit(*budget, "--max-n", "77", "--no-parts").output
    found = json.loads(audit(*budget, "--max-n", "77", "--json").output)["possible"]
    assert [one["base"] for one in found["largest_remainder"]] == [49, 51, 69, 72]


def test_a_stated_base_that_is_impossible():
    said = audit("51", "62", "--max-n", "60", "--base", "44").output
    assert "impossible: 22/44 is 50 %, 23/44 is 52 %" in said
    assert "impossible: 27/44 is 61 %, 28/44 is 64 %" in said
    right = audit("51", "62", "--max-n", "60", "--base", "55", "--json").output
    assert [one["reading"] for one in json.loads(right)["stated_base"]["nearest"]] == [
        "28/55 is 51 %",
        "34/55 is 62 %",
    ]


def test_a_stated_base_is_the_largest_that_is_tried_when_no_other_is_told():
    said = audit("51", "62", "--base", "44").output
    assert "51 % and 62 % of one base, from 1 to 44" in said
    assert said == audit("51", "62", "--max-n", "44", "--base", "44").output
    assert json.loads(audit("51", "62", "--base", "44", "--json").output)["max_n"] == 44


def test_many_bases_are_cut_short():
    said = audit("50", "--max-n", "300").output
    assert "more, to 300" in said
    assert len(said.splitlines()) < 60


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("156", "--max-n", "5"), "156 is not a percentage"),
        (("50", "--max-n", "5", "--min-n", "6"), "--min-n 6 is above --max-n 5"),
        (("50",), "Give --max-n, or --base"),
        (("50.5", "--max-n", "5", "--decimals", "0"), "more than 0 decimals"),
        (("50", "50.0", "--max-n", "5", "--parts"), "as many decimals"),
    ],
)
def test_what_cannot_be_audited(arguments, complaint):
    said = audit(*arguments)
    assert said.exit_code == 2
    assert complaint in said.output
