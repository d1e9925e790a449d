"""What a spreadsheet did to labels: undone with the twin or a known label, else reported."""

from __future__ import annotations

import pytest

from observatoire_pipeline.ingest.damage.spreadsheet import (
    LabelColumn,
    date_pairs,
    lost_leading_zeros,
    mend_labels,
    range_pair,
)
from observatoire_pipeline.ingest.opening import open_export
from observatoire_pipeline.ingest.refusal import RefusedExport
from observatoire_pipeline_tests.unit.ingest.lookalikes import METADATA, as_csv, as_xlsx, rows

PEOPLE = ["1-5", "6-10", "10-49", "50+"]
SPOILT = {"1-5": "5-Jan", "6-10": "10-Jun", "10-49": "Oct-49"}


def column(position, label, *texts, question=1):
    return LabelColumn(position, question, label, texts, (1,) * len(texts))


def boxes(labels, cells=None):
    pairs = zip(labels, cells or labels, strict=True)
    return [column(k, label, cell) for k, (label, cell) in enumerate(pairs, start=1)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("5-Feb", {(2, 5)}),
        ("05-févr", {(2, 5)}),
        ("05-févr.", {(2, 5)}),
        ("02-mai", {(2, 5)}),
        ("10-Jun", {(6, 10)}),
        ("Oct-49", {(10, 49)}),
        ("oct-49", {(10, 49)}),
        ("août-12", {(8, 12)}),
        ("2024-02-05 00:00:00", {(2, 5)}),
        ("1949-10-01 00:00:00", {(1, 10), (10, 49)}),
        ("2-5", set()),
        ("5-Foo", set()),
        ("5-5", set()),
        ("2024-02-05 10:30:00", set()),
        ("Mars", set()),
    ],
)
def test_the_ranges_behind_a_date_form(text, pairs):
    assert date_pairs(text) == pairs


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("1-5", (1, 5)),
        ("1 to 5 ", (1, 5)),
        ("de 1 à 5", (1, 5)),
        ("2–5 agents", (2, 5)),
        ("De 5 000 à 20 000 €", (5000, 20000)),
        ("50+", None),
        ("5-1", None),
        ("Oui", None),
    ],
)
def test_a_range_of_whole_numbers(text, pair):
    assert range_pair(text) == pair


def test_heading_repaired_by_hand_while_the_cells_are_not():
    found = mend_labels(boxes(["1 to 5 ", "6 to 10"], ["5-Jan", "10-Jun"]))
    assert found.cells == {1: {"5-Jan": "1 to 5 "}, 2: {"10-Jun": "6 to 10"}}
    (damage,) = found.damage
    assert (damage.rule, damage.count, damage.example) == ("excel_date", 2, "5-Jan")
    assert "the heading of its column" in damage.repaired


@pytest.mark.parametrize("spoilt", ["5-Feb", "05-févr", "02-mai", "2024-02-05 00:00:00"])
def test_heading_spoilt_while_the_cells_are_intact(spoilt):
    found = mend_labels(boxes([spoilt, "50+"], ["2-5", "50+"]))
    assert found.headers == {1: "2-5"} and found.cells == {}


def test_heading_and_cells_spoilt_are_reported_without_a_known_label():
    labels = ["5-Jan", "10-Jun", "50+"]
    found = mend_labels(boxes(labels))
    assert found.headers == found.cells == {}
    (damage,) = found.damage
    assert (damage.rule, damage.where, damage.repaired) == ("excel_date", "columns A, B", "")


def test_heading_and_cells_spoilt_are_read_with_the_codebook():
    found = mend_labels(boxes(["5-Jan", "10-Jun", "50+"]), known=PEOPLE)
    assert found.headers == {1: "1-5", 2: "6-10"}
    assert found.cells == {1: {"5-Jan": "1-5"}, 2: {"10-Jun": "6-10"}}


def test_options_of_one_column():
    spoilt = column(1, "Response", "5-Jan", "10-Jun", "Oct-49", "50+", "1-5")
    known = mend_labels([spoilt], known=PEOPLE)
    assert known.cells == {1: {new: old for old, new in SPOILT.items()}}
    alone = mend_labels([spoilt])
    assert alone.cells == {1: {"5-Jan": "1-5"}}
    assert [(d.count, bool(d.repaired)) for d in alone.damage] == [(1, True), (2, False)]


def test_two_labels_for_one_date_are_ambiguous():
    spoilt = column(1, "Response", "5-Jan", "50+")
    found = mend_labels([spoilt], known=["1-5", "1 to 5 days"])
    assert found.cells == {} and found.damage[0].repaired == ""


@pytest.mark.parametrize(
    "texts",
    [
        ("5-Jan", "12-Mar", "Oct-19"),  # people who answer with dates
        ("2019-11-03", "2020-01-05"),
        tuple(PEOPLE),
        ("May", "June", "1-5"),
        ("5-Jan", "Oui", "Non", "Peut-être", "50+"),
    ],
)
def test_dates_and_ranges_as_answers_are_left_alone(texts):
    found = mend_labels([column(1, "Response", *texts)])
    assert found.cells == {} and found.damage == ()


@pytest.mark.parametrize("error", ["#NAME?", "#NOM?", "#REF!"])
def test_an_error_in_a_heading_is_restored_from_the_cells(error):
    found = mend_labels([column(1, error, " - Never"), column(2, " - Often", " - Often")])
    assert found.headers == {1: " - Never"}
    assert (found.damage[0].rule, found.damage[0].count) == ("formula_error", 1)


def test_an_error_over_empty_cells_is_reported():
    found = mend_labels([column(1, "#NAME?"), column(2, "#NAME?", "a", "b")])
    assert found.headers == {}
    assert (found.damage[0].count, found.damage[0].repaired) == (2, "")


def test_an_error_among_the_cells_is_reported():
    (damage,) = mend_labels([column(3, "Response", "Oui", "#NAME?")]).damage
    assert (damage.where, damage.repaired) == ("cells of column C", "")


def test_an_error_over_one_typed_text_is_reported():
    typed = LabelColumn(1, 1, "#NAME?", ("Un syndicat",), (1,), typed=True)
    assert mend_labels([typed]).headers == {}


def test_an_error_in_a_check_box_cell_is_its_label():
    spoilt = [column(1, "- Never", "- Never", "#NAME?"), column(2, "- Often", "#NAME?")]
    found = mend_labels(spoilt)
    assert found.cells == {1: {"#NAME?": "- Never"}, 2: {"#NAME?": "- Often"}}
    assert found.damage[0].repaired and len(found.damage) == 1


def test_headings_of_an_excel_table_are_restored_from_the_cells():
    found = mend_labels([column(1, "Column2", "Lire"), column(2, "Colonne3", "Écrire")])
    assert found.headers == {1: "Lire", 2: "Écrire"}


def test_a_zero_cut_off_is_restored_from_the_twin():
    assert mend_labels(boxes(["1.20"], ["1.2"])).cells == {1: {"1.2": "1.20"}}
    assert mend_labels(boxes(["1.2"], ["1.20"])).headers == {1: "1.20"}
    assert mend_labels(boxes(["1.2"]), known=["1.20"]).headers == {1: "1.20"}


def test_a_zero_cut_off_is_reported_by_its_neighbours():
    found = mend_labels(boxes(["1.19", "1.2", "1.21"]))
    assert found.headers == found.cells == {}
    assert (found.damage[0].rule, found.damage[0].where) == ("trailing_zero_lost", "column B")


@pytest.mark.parametrize("labels", [["1.19", "1.20", "1.21"], ["1.1", "1.2", "1.3"], ["1.5", "2"]])
def test_decimal_labels_are_left_alone(labels):
    assert mend_labels(boxes(labels)).damage == ()


def test_leading_zeros():
    damage = lost_leading_zeros(["1234", "75011"], width=5)
    assert damage is not None and (damage.count, damage.example) == (1, "4 digits for 5")
    assert lost_leading_zeros(["01234"], width=5) is None


# --- whole files ----------------------------------------------------------------------------

CHOICES = [
    ("Combien d’agents ?", "1-5", "1-5", "", "1-5"),
    ("", "6-10", "6-10", "6-10", ""),
    ("", "10-49", "", "10-49", "10-49"),
    ("", "- Never", "- Never", "- Never", ""),
    ("Une question ?", "Response", "Oui", "Non", "Oui"),
    ("Une autre ?", "Response", "Non", "Non", "Oui"),
]


def opened(tmp_path, data, *, name="a.csv"):
    (tmp_path / name).write_bytes(data)
    (table,) = open_export(tmp_path / name).tables
    if table.export is None:
        raise RefusedExport(table.problems)
    return table.export


def rules(export):
    return {damage.rule: bool(damage.repaired) for damage in export.damage}


def test_a_file_with_spoilt_cells_reads_as_the_clean_one(tmp_path):
    spoilt = [(t, h, *(SPOILT.get(cell, cell) for cell in cells)) for t, h, *cells in CHOICES]
    clean = opened(tmp_path, as_csv(rows(CHOICES)))
    mended = opened(tmp_path, as_csv(rows(spoilt)))
    assert mended.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert mended.questions == clean.questions
    assert clean.damage == () and rules(mended) == {"excel_date": True}


def test_a_file_with_spoilt_headings_reads_as_the_clean_one(tmp_path):
    spoilt = [(t, SPOILT.get(h, h), *cells) for t, h, *cells in CHOICES]
    spoilt[3] = ("", "#NAME?", *spoilt[3][2:])
    clean = opened(tmp_path, as_csv(rows(CHOICES)))
    mended = opened(tmp_path, as_csv(rows(spoilt)))
    assert mended.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert mended.questions == clean.questions
    assert rules(mended) == {"excel_date": True, "formula_error": True}


def test_true_dates_in_the_cells_of_a_workbook(tmp_path):
    import datetime as dt

    records = rows(CHOICES)
    places = [k for k, cell in enumerate(records[1]) if cell == "1-5"]
    for record in records[2:]:
        for k in places:
            record[k] = dt.datetime(2024, 1, 5) if record[k] else ""
    mended = opened(tmp_path, as_xlsx(records), name="a.xlsx")
    assert mended.grid.text(places[0] + 1, below=2).to_pylist() == ["1-5", "", "1-5"]
    assert rules(mended)["excel_date"]


def test_serial_dates_of_start_and_end(tmp_path):
    records = rows(CHOICES)
    for k, record in enumerate(records[2:]):
        record[2], record[3] = f"4329{k}.5", f"4329{k}.53487"
    export = opened(tmp_path, as_csv(records))
    assert export.grid.text(3, below=2).to_pylist()[0] == "2018-07-09 12:00:00"
    assert export.grid.text(4, below=2).to_pylist()[0] == "2018-07-09 12:50:13"
    assert rules(export) == {"serial_dates": True}


def test_serial_dates_that_end_before_they_start_are_reported(tmp_path):
    records = rows(CHOICES)
    for record in records[2:]:
        record[2], record[3] = "43291.5", "43290.5"
    export = opened(tmp_path, as_csv(records))
    assert export.grid.text(3, below=2).to_pylist()[0] == "43291.5"
    assert rules(export) == {"serial_dates": False}


def test_identifiers_in_scientific_notation(tmp_path):
    records = rows(CHOICES)
    for record in records[2:]:
        record[0] = "1.06503E+10"
    with pytest.raises(RefusedExport, match="no longer unique"):
        opened(tmp_path, as_csv(records))
    for k, record in enumerate(records[2:]):
        record[0] = METADATA[k][0] if k else "1.06503E+10"
    assert rules(opened(tmp_path, as_csv(records))) == {"scientific_identifiers": False}
