"""What the quality report says of an edition: each rule on a few rows; it holds no answer."""

import json

import pandas as pd
import pytest

from observatoire_pipeline.codebook.models import (
    Fieldwork,
    Item,
    Quality,
)
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.pandera_schema import failures
from observatoire_pipeline.validate.content import (
    ACCEPTED,
    RAW,
    RULES,
    Earlier,
    Edition,
    quality_report,
)
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables

FULL = {
    "objectifs__informer": "Informer les habitants",
    "difficultes__moyens": "Souvent",
    "difficultes__temps": "Parfois - rarement",
    "priorites__cout": "1",
    "priorites__securite": "2",
    "priorites__ergonomie": "3",
    "agents": "3",
    "commentaire": "RAS",
}

FREQUENCIES = {"souvent": "Souvent", "parfois": "Parfois - rarement"}


def codebook(*, fieldwork=None, **quality):
    book = small_codebook()
    survey = book.survey.model_copy(update={"quality": Quality(**quality)})
    editions = dict(book.editions)
    if fieldwork:
        changed = {"fieldwork": fieldwork}
        editions["2018"] = editions["2018"].model_copy(update=changed)
    return small_codebook(survey=survey, editions=editions)


def tables_of(rows, book, edition="2018"):
    raw = raw_tables(rows, codebook=book, edition=edition)
    made = raw.normalise()
    return Edition(
        raw.source_files,
        raw.raw_columns,
        raw.raw_responses,
        made.norm_responses,
        made.norm_instances,
        made.norm_texts,
    )


def report_of(rows, book, *, earlier=None):
    table = catalogue(book)["quality_report"]
    found = quality_report(
        tables_of(rows, book), edition="2018", codebook=book, table=table, earlier=earlier
    )
    assert failures(found, table) == []
    return found


def only(report, rule, column=None, suite=None):
    rows = report[report["rule"] == rule]
    if suite is not None:
        rows = rows[rows["suite"] == suite]
    if column is not None:
        rows = rows[rows["column"] == column]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def each(report, rule):
    """Return what the two suites found by a rule that both have."""
    return [only(report, rule, suite=suite) for suite in (RAW, ACCEPTED)]


def rows_of(finding):
    return json.loads(finding["row_numbers"])


def person(number, **answers):
    given = {"equipe": "oui", "profil": "Commune", **answers}
    return {"respondent_id": str(number), **given}


def test_a_question_that_most_leave_blank_is_told_with_its_rows():
    rows = [person(1), person(2), person(3, profil="")]
    report = report_of(rows, codebook(non_response=0.3))
    found = only(report, "blanks", "profil")
    assert not found["met"]
    assert (found["rows"], found["unexpected_rows"]) == (3, 1)
    assert found["observed"] == pytest.approx(1 / 3)
    assert rows_of(found) == {"s1": [5]}
    assert only(report, "blanks", "equipe")["met"]


def test_blanks_count_only_those_who_were_asked():
    rows = [person(1), person(2, equipe="non")]
    report = report_of(rows, codebook())
    assert not report.loc[report["rule"] == "blanks", "column"].str.startswith("outil").any()


def minutes(number, count):
    end = pd.Timestamp("2018-10-01 10:00:00") + pd.Timedelta(minutes=count)
    return person(
        number, started_at="10/01/2018 10:00:00 AM", ended_at=f"{end:%m/%d/%Y %I:%M:%S %p}"
    )


def test_a_hasty_response_took_a_fraction_of_the_median():
    rows = [*(minutes(n, 20) for n in range(1, 11)), minutes(11, 4), minutes(12, 6)]
    for found in each(report_of(rows, codebook(speeder_fraction=0.25)), "hasty"):
        assert json.loads(found["expected"]) == {"min_value": 300.0}
        assert rows_of(found) == {"s1": [13]}
        assert found["severity"] == "notable"


def test_few_durations_say_nothing_of_haste():
    rows = [minutes(n, 20) for n in range(1, 10)]
    assert "hasty" not in set(report_of(rows, codebook())["rule"])
    assert "hasty" in set(report_of(rows, codebook(fewest_durations=9))["rule"])


def test_one_answer_on_every_row_of_a_matrix_is_a_straight_line():
    def difficulties(number, moyens, temps):
        return person(number, difficultes__moyens=moyens, difficultes__temps=temps)

    rows = [
        difficulties(1, "Souvent", "Souvent"),
        difficulties(2, "Souvent", "Parfois - rarement"),
        difficulties(3, "Souvent", ""),
        difficulties(4, "NSP", "NSP"),
    ]
    for found in each(report_of(rows, codebook(straight_line_rows=2)), "straight_line"):
        assert rows_of(found) == {"s1": [3]}
        assert found["rows"] == 2  # the others answered too few rows: do-not-know is no answer


def test_a_straight_line_is_seen_in_check_boxes_too():
    def difficulties(number, moyens, temps):
        given = {f"difficultes__{i}={c}": "" for i in ("moyens", "temps") for c in FREQUENCIES}
        ticked = {
            f"difficultes__moyens={moyens}": FREQUENCIES[moyens],
            f"difficultes__temps={temps}": FREQUENCIES[temps],
        }
        return person(number, **given | ticked)

    rows = [difficulties(1, "souvent", "souvent"), difficulties(2, "souvent", "parfois")]
    for found in each(report_of(rows, codebook(straight_line_rows=2)), "straight_line"):
        assert rows_of(found) == {"s1": [3]}
        assert found["rows"] == 2


def test_two_spellings_of_a_name_are_one_organisation():
    rows = [person(1, commentaire="Ville de Gif"), person(2, commentaire="VILLE DE GIF ")]
    rows += [person(3, commentaire="Ville de Bures"), person(4), person(5)]
    report = report_of(rows, codebook(organisation=("commentaire",)))
    for found in each(report, "organisation_twice"):
        assert rows_of(found) == {"s1": [3, 4]}
        assert found["rows"] == 3  # a blank names nobody
    assert "gif" not in report.to_json().casefold()


def test_a_response_outside_the_fieldwork_is_told():
    dates = Fieldwork(start="2018-10-01", end="2018-10-31")
    rows = [
        person(1, started_at="09/30/2018 11:59:00 PM"),
        person(2, started_at="10/31/2018 11:59:00 PM"),
        person(3, started_at="11/01/2018 12:00:00 AM"),
    ]
    for found in each(report_of(rows, codebook(fieldwork=dates)), "outside_fieldwork"):
        assert rows_of(found) == {"s1": [3, 5]}


def test_a_response_that_ends_before_it_starts_is_told_and_has_no_duration():
    rows = [minutes(n, 20) for n in range(1, 11)] + [minutes(11, -4)]
    report = report_of(rows, codebook())
    for found in each(report, "ends_before_start"):
        assert rows_of(found) == {"s1": [13]}
    assert all(found["rows"] == 10 for found in each(report, "hasty"))


def test_a_repeated_row_is_told_of_the_file_and_not_of_the_responses():
    rows = [person(1, **FULL), person(1, **FULL), person(2), person(3)]
    report = report_of(rows, codebook(organisation=("commentaire",)))
    found = only(report, "respondent_twice")
    assert (found["suite"], found["severity"]) == (RAW, "serious")
    assert rows_of(found) == {"s1": [3, 4]}
    assert only(report, "same_answers")["met"]  # they are one person's
    raw, accepted = each(report, "organisation_twice")
    assert (raw["met"], accepted["met"]) == (False, True)


def test_a_suite_asks_its_rules_and_no_other():
    rows = [minutes(n, 20) for n in range(1, 11)]
    dates = Fieldwork(start="2018-10-01", end="2018-10-31")
    book = codebook(fieldwork=dates, organisation=("commentaire",), straight_line_rows=2)
    then = tables_of([person(n) for n in range(1, 41)], book, "2017")
    earlier = {"2017": Earlier(then.norm_responses, then.norm_instances)}
    report = report_of(rows, book, earlier=earlier)
    for suite, rules in RULES.items():
        assert set(report.loc[report["suite"] == suite, "rule"]) == set(rules)


def test_the_share_of_other_is_over_those_who_answered():
    rows = [person(1, profil="Autre"), person(2), person(3), person(4, profil="")]
    report = report_of(rows, codebook(other=0.3))
    for found in (only(report, "other", "other__profil", suite) for suite in (RAW, ACCEPTED)):
        assert not found["met"]
        assert (found["unexpected_rows"], found["rows"]) == (1, 3)


def test_a_row_without_answer_is_told_of_the_file_as_delivered():
    rows = [person(1), {"respondent_id": "2"}]
    found = only(report_of(rows, codebook()), "no_answer_at_all")
    assert found["table"] == "raw_responses"
    assert rows_of(found) == {"s1": [4]}


def test_equal_answers_of_two_respondents_are_told_when_there_are_enough_of_them():
    rows = [person(1, **FULL), person(2, **FULL), person(3), person(4)]
    found = only(report_of(rows, codebook()), "same_answers")
    assert rows_of(found) == {"s1": [3, 4]}


def test_a_question_is_compared_with_a_comparable_edition_only():
    book = codebook()
    then = tables_of([person(n) for n in range(1, 41)], book, "2017")
    now = [person(n, equipe="non") for n in range(1, 41)]
    earlier = {"2017": Earlier(then.norm_responses, then.norm_instances)}
    report = report_of(now, book, earlier=earlier)
    found = only(report, "distance", "distance__equipe")
    assert not found["met"]
    assert found["observed"] == 1.0
    graded = tuple(
        entry.model_copy(update={"grade": "base_changed"}) if entry.variable == "equipe" else entry
        for entry in book.comparability
    )
    broken = small_codebook(comparability=graded)
    report = report_of(now, broken, earlier=earlier)
    assert "distance__equipe" not in set(report["column"])
    assert "distance__profil" in set(report["column"])


def test_without_an_earlier_edition_nothing_is_compared():
    assert "distance" not in set(report_of([person(1)], codebook())["rule"])


def test_items_are_not_limits():
    with pytest.raises(ValueError, match="extra"):
        Quality(items=[Item(item="a", label="b")])
