from __future__ import annotations

import re

import pytest

from observatoire_pipeline.codebook.models import MISSING_KINDS
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.dictionary import data_dictionary, table_schema
from observatoire_pipeline.tables.model import Column, Table
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.publish.published import ESTIMATES, TABLES, filled

CODEBOOK = small_codebook()
CATALOGUE = catalogue(CODEBOOK)
TEXT = data_dictionary(CATALOGUE.values(), CODEBOOK)


def section(heading: str) -> str:
    return TEXT.split(f"\n### {heading}\n")[1].split("\n#")[0]


def test_every_table_and_every_column_is_told():
    for table in CATALOGUE.values():
        told = re.findall(r"^\| `([^`]+)` \|", section(table.name), flags=re.MULTILINE)
        extra = [table.extra_columns.pattern] if table.extra_columns else []
        assert told == table.column_names + extra


def test_a_table_tells_its_grain_its_key_and_whether_it_is_published():
    text = section("panel_responses")
    assert "One row is a response of any edition" in text
    assert "Key: `edition`, `respondent_id`." in text
    assert "Microdata" in text
    assert "Part of a release." in section("mart_estimates")


def test_a_vocabulary_is_told_once_with_what_readers_see():
    assert TEXT.count("### oui_non\n") == 1
    assert "| `oui` | Oui |" in section("oui_non")
    assert "| `equipe` | [oui_non](#oui_non) |" in section("panel_responses")
    assert "Codes: `identical`" in section("comparability.grade")


def test_a_scale_used_by_several_questions_is_one_vocabulary():
    # objectifs (5 items) and outil_usages (2 items) are multiple choices alike.
    assert TEXT.count("### multiple choice\n") == 1


def test_kinds_of_missing_are_told_once_for_all():
    assert [kind for kind in MISSING_KINDS if f"| `{kind}` |" in section("Kinds of missing")] == (
        list(MISSING_KINDS)
    )
    assert "no_answer" not in section("oui_non")


def test_every_link_leads_to_a_heading():
    headings = re.findall(r"^#+ (.*)$", TEXT, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= anchors


def test_a_bar_in_a_meaning_does_not_break_the_table():
    table = Table(
        name="t", stage="marts", grain="a row", key=(), columns=(Column("a", "text", "x | y"),)
    )
    assert "| x \\| y |" in data_dictionary([table], CODEBOOK)


def test_the_dictionary_is_the_same_each_time_it_is_made():
    assert data_dictionary(catalogue(small_codebook()).values(), small_codebook()) == TEXT


def test_a_table_schema_says_types_key_and_what_is_required():
    schema = table_schema(ESTIMATES)
    fields = {field["name"]: field for field in schema["fields"]}
    assert schema["primaryKey"] == ["figure_id"]
    assert fields["share"]["type"] == "number"
    assert "constraints" not in fields["share"]
    assert fields["code_order"]["constraints"] == {"required": True}
    assert fields["synthetic"]["type"] == "boolean"


def test_a_coded_column_lists_its_codes():
    fields = {field["name"]: field for field in table_schema(CATALOGUE["comparability"])["fields"]}
    assert fields["grade"]["constraints"]["enum"][0] == "identical"


def test_an_empty_text_is_a_value_and_so_text_is_not_required():
    fields = {field["name"]: field for field in table_schema(ESTIMATES)["fields"]}
    assert "constraints" not in fields["item"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_file_of_the_table_is_valid_against_its_schema(table, tmp_path):
    frictionless = pytest.importorskip("frictionless", reason="frictionless is not installed")
    filled(table, rows=6).to_csv(tmp_path / "table.csv", index=False)
    schema = frictionless.Schema.from_descriptor(table_schema(table))
    resource = frictionless.Resource(
        path="table.csv", basepath=str(tmp_path), schema=schema, encoding="utf-8"
    )
    report = resource.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "message"])[:5]
