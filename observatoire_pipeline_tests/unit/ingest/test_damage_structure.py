"""Rows and columns out of place: left out with proof, reported by name, or refused."""

from __future__ import annotations

import pytest

from observatoire_pipeline.ingest.inspection import count_cells
from observatoire_pipeline.ingest.opening import open_export
from observatoire_pipeline.ingest.refusal import RefusedExport, column_letter
from observatoire_pipeline_tests.unit.ingest.lookalikes import CONDENSED, as_csv, expanded, rows

USES = ["Lire, écrire", "Compter", "Chanter", "Danser"]
PEOPLE = 6


def survey() -> list[list[str]]:
    """Return two questions of check boxes, a closed one, and two spare columns, six responses."""
    header = ["Respondent ID", "Quels usages ?", *[""] * 3, "Où ?", "", "", "Oui ou non ?", "", ""]
    labels = ["", *USES, "Mairie", "École", "Parc", "Response", "", ""]
    records = [header, labels]
    for k in range(PEOPLE):
        ticks = [label if (k >> j) % 2 == 0 else "" for j, label in enumerate(USES)]
        places = [place if (k + j) % 2 else "" for j, place in enumerate(labels[5:8])]
        records.append([str(1065030470 + k), *ticks, *places, "Oui" if k % 2 else "Non", "", ""])
    return records


def unquoted(records: list[list[str]]) -> list[list[str]]:
    """Write the comma of the first choice without quotation marks; widths stay as they were."""
    width = len(records[0])
    text = "\n".join(",".join(record) for record in records)
    return [(line.split(",") + [""] * width)[:width] for line in text.split("\n")]


def opened(tmp_path, records):
    (tmp_path / "a.csv").write_bytes(as_csv(records))
    (table,) = open_export(tmp_path / "a.csv").tables
    if table.export is None:
        raise RefusedExport(table.problems)
    return table.export


def found(export):
    return {damage.rule: damage for damage in export.damage}


def test_clean_files_have_no_damage(tmp_path):
    for records in (rows(), rows(expanded()), [r[:-2] for r in survey()]):
        assert opened(tmp_path, records).damage == ()


def test_a_comma_that_is_not_quoted_is_a_shift(tmp_path):
    records = unquoted(survey())
    # The row that ticked the choice moved with the headings, the next one did not.
    assert records[2][1:3] == ["Lire", " écrire"] and records[3][2] == "Compter"
    with pytest.raises(RefusedExport) as caught:
        opened(tmp_path, records)
    problem = next(p for p in caught.value.problems if "column shift" in p.found)
    assert problem.where == "column C (position 3), row 4"
    assert "column 1 to the right" in problem.found
    assert "Compter" not in str(problem)


def test_a_shift_of_the_headings_alone(tmp_path):
    records = [record[:-2] for record in survey()]
    records[1][1:8] = ["Mairie", *records[1][1:7]]
    with pytest.raises(RefusedExport, match="shift"):
        opened(tmp_path, records)


def test_one_strange_cell_is_reported(tmp_path):
    records = [record[:-2] for record in survey()]
    records[3][2] = "Conter"
    damage = found(opened(tmp_path, records))["check_box_cells"]
    assert (damage.where, damage.count, damage.repaired) == ("column C", 1, "")


def test_typed_text_beside_check_boxes_is_no_break(tmp_path):
    records = [record[:-2] for record in survey()]
    for k, record in enumerate(records):
        typed = ["", "Autre (veuillez préciser)", "Chanter", "", "Rire", "", "Chanter", ""]
        record.insert(5, typed[k])
    assert opened(tmp_path, records).damage == ()


def test_headers_out_of_step_response_under_a_blank_title(tmp_path):
    records = [record[:-2] for record in survey()]
    # The title of the closed question slid onto the last check box.
    records[0][7:9] = ["Oui ou non ?", ""]
    damage = found(opened(tmp_path, records))["headers_out_of_step"]
    assert (damage.where, damage.count) == ("column I", 1)


def test_headers_out_of_step_check_boxes_glued_to_a_response(tmp_path):
    records = [[r[0], r[8], *r[1:8]] for r in survey()]
    records[0][2] = ""
    damage = found(opened(tmp_path, records))["headers_out_of_step"]
    assert (damage.where, damage.count) == ("columns C, D, E, F", 4)


def test_headers_repeated_among_the_responses_are_left_out(tmp_path):
    records = [record[:-2] for record in survey()]
    clean = opened(tmp_path, records)
    pasted = opened(tmp_path, [*records[:5], *records[:2], *records[5:]])
    assert pasted.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert pasted.grid.rows.tolist() == [1, 2, 3, 4, 5, 8, 9, 10]
    damage = found(pasted)["repeated_header"]
    assert (damage.where, damage.count) == ("rows 6, 7", 2) and damage.repaired
    came_in = count_cells(pasted)
    assert came_in.dropped == sum(bool(cell) for record in records[:2] for cell in record)
    assert came_in.came_in == came_in.kept + came_in.rejected + came_in.dropped


def test_a_row_of_totals_is_left_out_when_it_counts(tmp_path):
    records = [record[:-2] for record in survey()]
    counts = [str(sum(bool(r[k]) for r in records[2:])) for k in range(1, 9)]
    total = found(opened(tmp_path, [*records, ["Total", *counts]]))["totals_row"]
    assert total.where == "row 9" and "counts of their columns" in total.repaired
    wrong = found(opened(tmp_path, [*records, ["Total", *["99"] * 8]]))["totals_row"]
    assert wrong.repaired == ""


def test_repeated_respondents_are_reported(tmp_path):
    records = [record[:-2] for record in survey()]
    records.append(list(records[3]))
    damage = found(opened(tmp_path, records))["repeated_respondent"]
    assert (damage.where, damage.count, damage.example) == ("column A", 1, "rows 4, 9")


def test_an_index_column_and_unnamed_headings(tmp_path):
    clean = opened(tmp_path, rows())
    records = [["", *record] for record in rows()]
    for k, record in enumerate(records[2:]):
        record[0] = str(k)
    records[0] = [cell or f"Unnamed: {k}" for k, cell in enumerate(records[0])]
    export = opened(tmp_path, records)
    damage = found(export)
    assert set(damage) >= {"unnamed_headings", "index_column"}
    assert [q.title for q in export.questions] == [q.title for q in clean.questions]


def test_blank_titles_that_excel_numbered(tmp_path):
    clean = opened(tmp_path, rows())
    records = rows()
    blank = [k for k, cell in enumerate(records[0]) if not cell]
    for number, k in enumerate(blank, start=2):
        records[0][k] = f"Colonne{number}"
    mended = opened(tmp_path, records)
    assert mended.questions == clean.questions
    assert found(mended)["excel_table_headings"].count == len(blank)


def test_a_heading_that_names_another_place_stays(tmp_path):
    records = rows()
    records[0][12] = "Unnamed: 3"
    assert "unnamed_headings" not in found(opened(tmp_path, records))


def test_bare_carriage_returns_in_cells_are_reported(tmp_path):
    records = rows()
    place = next(k for k, cell in enumerate(records[0]) if cell.startswith("Souhaitez"))
    records[2][place] = "ligne\rligne"
    damage = found(opened(tmp_path, records))["bare_returns"]
    assert (damage.count, damage.repaired) == (1, "")


def test_blank_rows_and_columns_are_named(tmp_path):
    records = [[*record, "", ""] for record in rows()]
    records.insert(3, [""] * len(records[0]))
    damage = found(opened(tmp_path, records))
    last = len(records[0])
    assert damage["blank_rows"].count == 1
    assert damage["blank_columns"].where == (
        f"columns {column_letter(last - 1)} to {column_letter(last)}"
    )
    assert len(CONDENSED) + 9 == last - 2


# --- rows of other lengths ------------------------------------------------------------------


def bare(records, *, end="\r\n"):
    """Write records without any quotation mark, blank cells at the end left out or not."""
    return (end.join(",".join(record) for record in records) + end).encode()


def without_commas():
    return [[cell.replace(",", " ") for cell in record[:-2]] for record in survey()]


def read_bytes(tmp_path, data):
    (tmp_path / "b.csv").write_bytes(data)
    (table,) = open_export(tmp_path / "b.csv").tables
    if table.export is None:
        raise RefusedExport(table.problems)
    return table.export


def test_line_breaks_in_cells_that_are_not_quoted(tmp_path):
    records = without_commas()
    clean = read_bytes(tmp_path, bare(records))
    records[1][1] = "Lire \récrire"
    for record in records[2:]:
        record[1] = record[1].replace("Lire  écrire", "Lire \récrire")
    mended = read_bytes(tmp_path, bare(records))
    assert mended.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert found(mended)["unquoted_line_breaks"].repaired


def test_surplus_blank_cells_are_left_out(tmp_path):
    records = without_commas()
    clean = read_bytes(tmp_path, bare(records))
    mended = read_bytes(tmp_path, bare([*records[:4], [*records[4], "", ""], *records[5:]]))
    assert mended.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert (found(mended)["long_rows"].where, found(mended)["long_rows"].count) == ("row 5", 1)


def trimmed(record):
    return trimmed(record[:-1]) if record and not record[-1] else record


def test_blank_cells_left_out_at_the_end_of_every_row(tmp_path):
    records = [[r[0], r[8], *r[1:8]] for r in without_commas()]
    clean = read_bytes(tmp_path, bare(records))
    mended = read_bytes(tmp_path, bare([trimmed(record) for record in records]))
    assert mended.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert found(mended)["short_rows"].repaired


@pytest.mark.parametrize(
    "spoil",
    [
        lambda records: [*records[:-1], records[-1][:4]],
        lambda records: [*records[:4], records[4][:-1], *records[5:]],
        lambda records: [*records[:4], [*records[4], "x"], *records[5:]],
    ],
)
def test_other_rows_of_other_lengths_are_refused(tmp_path, spoil):
    with pytest.raises(RefusedExport, match="of another length"):
        read_bytes(tmp_path, bare(spoil(without_commas())))
