"""A second codebook, held to the raw exports of the survey that it describes.

The files are public and stay where they are: these tests read them, and no part of them is copied.
Not in: the reading of exports (unit/ingest); the headers are read here with the csv module alone,
so that the codebook is judged by another reader than the one that it feeds.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.consistency import pairs_of
from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.models import OFFERED_MISSING
from observatoire_pipeline.codebook.reader import read_codebook

HERE = Path(__file__).parent
ROOT = HERE / "ambassadors"
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", HERE.parents[2] / "shared"))
EXPORTS = SHARED / "real_exports" / "surveymonkey" / "ambassadors"

EDITIONS = ("2019_h1", "2019_h2", "2020_h1", "2021")
BEFORE_2021 = EDITIONS[:3]
RESPONSES = {"2019_h1": 21, "2019_h2": 42, "2020_h1": 44, "2021": 44}
RATINGS = ("overall_experience", "understanding", "responded_quickly", "recommend")
WORDS_FOR_RESPONSE = ("Response", "Open-Ended Response")


@dataclass(frozen=True)
class Column:
    """A question's column as the file shows it: title filled down, label None for "Response"."""

    title: str
    label: str | None
    cells: tuple[str, ...]

    @property
    def heading(self) -> tuple[str, str | None]:
        return self.title, self.label

    @property
    def answers(self) -> set[str]:
        return {cell for cell in self.cells if cell.strip()}


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return read_codebook(ROOT)


@pytest.fixture(params=EDITIONS)
def edition(request) -> str:
    return request.param


@pytest.fixture
def export(edition) -> list[Column]:
    path = EXPORTS / f"{edition}.csv"
    if not path.is_file():
        message = f"the real export is not here ({path.name}); set OBSERVATOIRE_SHARED"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        titles, labels, *rows = csv.reader(stream, strict=True)
    columns, title = [], ""
    for position, label in enumerate(labels):
        title = titles[position] or title
        if label:  # metadata columns have nothing in the second row
            cells = tuple(row[position] for row in rows)
            own = None if label in WORDS_FOR_RESPONSE else label
            columns.append(Column(title, own, cells))
    return columns


def asked_columns(codebook: Codebook, edition: str, export: list[Column]):
    """Yield (expected column, column of the file) pairs; both sides are in the same order."""
    yield from zip(codebook.expected_columns(edition), export, strict=True)


def folded(heading: tuple[str, str | None]) -> tuple[str, str]:
    return normalise_label(heading[0]), normalise_label(heading[1] or "")


# --- the codebook against the files ---------------------------------------------------------


def test_every_heading_is_spelled_as_in_the_file_and_stands_in_its_order(codebook, edition, export):
    expected = [(c.title, c.label) for c in codebook.expected_columns(edition)]
    assert expected == [column.heading for column in export]


def test_no_two_headings_of_an_edition_fold_into_one(edition, export):
    headings = [folded(column.heading) for column in export]
    assert len(set(headings)) == len(headings)


def test_the_file_holds_the_responses_that_the_codebook_speaks_of(codebook, edition, export):
    assert {len(column.cells) for column in export} == {RESPONSES[edition]}
    assert codebook.editions[edition].note.startswith(f"{RESPONSES[edition]} responses")


def test_every_answer_of_a_closed_question_is_known_and_was_offered(codebook, edition, export):
    unknown = []
    for expected, column in asked_columns(codebook, edition, export):
        scale = codebook.scale_of(expected.variable, edition)
        if scale is None or expected.item is not None:
            continue
        labels = codebook.answer_labels(scale.scale, edition)
        missing = [entry.kind for entry in scale.missing]
        offered = {*codebook.codes_of(expected.variable, edition=edition), *missing}
        for text in sorted(column.answers):
            if labels.find(text) not in offered:
                unknown.append(f"{expected.variable}: {text!r} means {labels.find(text)!r}")
    assert not unknown


def test_a_ticked_box_holds_the_label_of_its_column(codebook, edition, export):
    strange = []
    for expected, column in asked_columns(codebook, edition, export):
        variable = codebook.variables[expected.variable]
        if variable.kind == "multiple" and not variable.item(expected.item).text:
            strange += [(expected.item, cell) for cell in column.answers - {column.label}]
    assert not strange


@pytest.mark.parametrize("edition", ["2021"], indirect=True)
def test_other_is_a_choice_for_one_question_and_a_comment_box_for_the_rest(
    codebook, edition, export
):
    """Three columns of 2021 are called "Other (please specify)"; only the answers tell them apart.

    Beside a choice the answer says "Other" exactly where something is typed; beside a comment box
    it is a rating.
    """
    main: dict[str, Column] = {}
    beside: dict[str, set[str]] = {}
    typed: dict[str, tuple[bool, ...]] = {}
    for expected, column in asked_columns(codebook, edition, export):
        if expected.item is None:
            main[expected.variable] = column
        else:
            answers = main[expected.variable].cells
            typed[expected.variable] = tuple(bool(cell) for cell in column.cells)
            beside[expected.variable] = {a for a, c in zip(answers, column.cells, strict=True) if c}
    said_other = tuple(cell == "Other (please specify)" for cell in main["reached_out"].cells)
    assert typed["reached_out"] == said_other
    assert codebook.variables["reached_out"].other == "other"
    for name in ("understanding", "responded_quickly", "recommend"):
        assert codebook.variables[name].comment is not None
        assert beside[name] <= {str(k) for k in range(1, 11)}


def test_na_was_answered_only_where_the_scale_offers_it(codebook, edition, export):
    found = {
        expected.variable
        for expected, column in asked_columns(codebook, edition, export)
        if codebook.scale_of(expected.variable, edition) and "N/A" in column.answers
    }
    assert found == ({"understanding", "responded_quickly"} if edition == "2021" else set())


def test_no_rating_of_any_edition_is_on_a_scale_of_five(codebook, edition, export):
    """A scale of five that became one of ten was reported; every rating goes up to ten."""
    for expected, column in asked_columns(codebook, edition, export):
        if expected.variable in RATINGS and expected.item is None:
            assert "10" in column.answers, expected.variable


# --- what the codebook says -----------------------------------------------------------------


def test_editions_are_in_the_order_of_time(codebook):
    assert codebook.edition_keys == EDITIONS
    starts = [codebook.editions[key].fieldwork.start for key in EDITIONS]
    assert starts == sorted(starts)


def test_projects_grow_and_then_are_no_longer_offered(codebook):
    offered = [
        {
            i.item
            for i in codebook.variables["projects"].items
            if codebook.asked("projects", key, item=i.item)
        }
        for key in EDITIONS
    ]
    assert [len(items) for items in offered] == [35, 43, 45, 0]
    assert offered[0] < offered[1] < offered[2]
    assert codebook.asked("projects_open", "2021")
    assert not any(codebook.asked("projects_open", key) for key in BEFORE_2021)


def test_two_rating_scales_share_no_code(codebook):
    scales = {s.scale: s for name in RATINGS for s in codebook.scales_of(name)}
    assert len(scales) == 5
    for first, second in combinations(scales.values(), 2):
        shared = {c.code for c in first.codes} & {c.code for c in second.codes}
        assert not shared, (first.scale, second.scale)


def test_every_rating_has_ten_answers_from_1_to_10(codebook):
    for name in RATINGS:
        for scale in codebook.scales_of(name):
            assert scale.ordered
            assert [code.label for code in scale.codes] == [str(k) for k in range(1, 11)]


def test_na_is_an_offered_missing_kind_and_never_a_code(codebook):
    assert codebook.answer_labels("agree10", "2021").find("N/A") == "declined"
    assert "declined" in OFFERED_MISSING
    assert codebook.answer_labels("recommend10", "2021").find("N/A") is None


def grades_of(codebook: Codebook, variable: str) -> dict[tuple[str, str, str | None], str]:
    found = {}
    for entry in codebook.comparability:
        if entry.variable == variable:
            for first, second in pairs_of(entry, list(codebook.edition_keys)):
                for item in entry.items or (None,):
                    found[first, second, item] = entry.grade
    return found


@pytest.mark.parametrize(
    ("variable", "until_2020", "to_2021"),
    [
        ("location", "identical", "identical"),
        ("feedback", "identical", "identical"),
        ("overall_experience", "identical", None),
        ("reached_out", "identical", "options_regrouped"),
        ("understanding", "identical", "scale_changed"),
        ("responded_quickly", "identical", "scale_changed"),
    ],
)
def test_each_pair_of_editions_has_its_own_grade(codebook, variable, until_2020, to_2021):
    expected = {(a, b, None): until_2020 for a, b in combinations(BEFORE_2021, 2)}
    if to_2021 is not None:
        expected |= {(a, "2021", None): to_2021 for a in BEFORE_2021}
    assert grades_of(codebook, variable) == expected


def test_the_typed_rest_of_the_projects_is_a_break_whenever_the_list_grows(codebook):
    found = grades_of(codebook, "projects")
    rest = {pair[:2]: grade for pair, grade in found.items() if pair[2] == "other"}
    assert rest == dict.fromkeys(combinations(BEFORE_2021, 2), "scale_changed")
    assert {grade for pair, grade in found.items() if pair[2] != "other"} == {"identical"}
    assert not [pair for pair in found if "2021" in pair]


def test_what_only_one_edition_asked_is_compared_with_nothing(codebook):
    alone = ("projects_open", "satisfaction", "recommend", "diversity_efforts")
    for name in (*alone, "marketing_efforts", "wished_services"):
        assert sum(codebook.asked(name, key) for key in EDITIONS) == 1
        assert grades_of(codebook, name) == {}


def test_regrouped_answers_can_all_be_reached_from_both_sides(codebook):
    """A class that one edition could not answer would show a change that nobody made."""
    entry = next(c for c in codebook.comparability if c.grade == "options_regrouped")
    classes = [
        {entry.mapping[code] for code in codebook.codes_of(entry.variable, edition=key)}
        for key in ("2020_h1", "2021")
    ]
    assert classes[0] == classes[1] == {"yes", "no_or_other"}
    for code in classes[0]:
        assert codebook.label_of(entry.variable, None, code)
