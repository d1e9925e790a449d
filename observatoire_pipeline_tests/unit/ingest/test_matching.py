"""Columns are matched by title, then label; what could be two things is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from observatoire_pipeline.codebook.models import Code, Scale
from observatoire_pipeline.ingest.export import Export
from observatoire_pipeline.ingest.matching import Target, match_columns
from observatoire_pipeline.ingest.reading import read_member
from observatoire_pipeline.ingest.sniff import open_members
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.ingest.lookalikes import (
    CONDENSED,
    as_csv,
    expanded,
    land,
    rows,
)

CODEBOOK = small_codebook()


@pytest.fixture
def export_of(tmp_path):
    def made(columns: list[tuple[str, ...]]) -> Export:
        folder: Path = land(tmp_path / "in", a__csv=as_csv(rows(columns)))
        (member,) = open_members(folder / "a.csv")
        (table,) = read_member(member)
        return table.export

    return made


def with_texts(**changes: str):
    """Return the codebook with other words for `variable` or `variable__item`."""
    return small_codebook(
        columns=tuple(
            c.model_copy(update={"text": changes.get(f"{c.variable}__{c.item}", c.text)})
            if c.item
            else c.model_copy(update={"text": changes.get(c.variable, c.text)})
            for c in CODEBOOK.columns
        )
    )


def retitled(**titles: str) -> list[tuple[str, ...]]:
    known = {title.replace(" ", "_"): title for title, *_ in CONDENSED}
    swap = {known[key]: title for key, title in titles.items()}
    return [(swap.get(title, title), *rest) for title, *rest in CONDENSED]


def test_spelling_of_titles_and_labels_is_folded(export_of):
    columns = [
        (f"<strong>{title.upper()}</strong>" if title else "", label.replace(" ", "\u00a0"), *cells)
        for title, label, *cells in CONDENSED
    ]
    found = match_columns(export_of(columns), codebook=CODEBOOK, edition="2018", file="a.csv")
    assert not found.problems
    assert not found.missing
    assert len(found.targets) == len(CONDENSED)


def test_questions_that_share_a_title_are_told_apart_by_their_labels(export_of):
    codebook = with_texts(objectifs="Vos choix ?", priorites="Vos choix ?")
    columns = retitled(
        **{"Quels_sont_vos_objectifs_?": "Vos choix ?", "Classez_vos_priorités": "Vos choix ?"}
    )
    groups: list[list[tuple[str, ...]]] = []
    for column in columns:
        if column[0]:
            groups.append([])
        groups[-1].append(column)
    swapped = [column for group in reversed(groups) for column in group]
    found = match_columns(export_of(swapped), codebook=codebook, edition="2018", file="a.csv")
    assert not found.problems
    assert not found.missing
    ranked = {
        swapped[p - 10][1]: t.item for p, t in found.targets.items() if t.variable == "priorites"
    }
    assert ranked == {"Le coût": "cout", "La sécurité": "securite", "L’ergonomie": "ergonomie"}


def test_matrix_label_is_cut_where_row_and_column_are_both_known(export_of):
    export = export_of(expanded())
    found = match_columns(export, codebook=CODEBOOK, edition="2018", file="a.csv")
    by_label = {c.label: found.targets.get(c.position) for c in export.columns}
    assert by_label["Temps - calendrier - Parfois - rarement"] == Target(
        "difficultes", "temps", 1, "parfois"
    )


def test_matrix_label_that_can_be_cut_in_two_ways_is_cut_where_its_cells_show(export_of):
    """Row `A` with column `B - C`, or row `A - B` with column `C`: the cells hold the column."""
    frequence = Scale(
        scale="frequence",
        codes=(
            Code(code="jamais", label="Jamais"),
            Code(code="calendrier_jamais", label="calendrier - Jamais"),
        ),
    )
    texts = with_texts(difficultes__moyens="Temps").columns
    codebook = small_codebook(
        columns=texts,
        scales=CODEBOOK.scales | {"frequence": frequence},
    )
    export = export_of(expanded())
    found = match_columns(export, codebook=codebook, edition="2018", file="a.csv")
    by_label = {c.label: found.targets.get(c.position) for c in export.columns}
    meant = Target("difficultes", "temps", 1, "jamais")
    assert by_label["Temps - calendrier - Jamais"] == meant


def test_matrix_row_that_is_cut_is_taken_from_its_column_first(export_of):
    """A row known by its beginning only must not swallow the column behind it."""
    codebook = with_texts(difficultes__moyens="Manque de[…]")
    export = export_of(expanded())
    found = match_columns(export, codebook=codebook, edition="2018", file="a.csv")
    assert not found.problems
    codes = [t.code for t in found.targets.values() if t.item == "moyens"]
    assert codes == ["jamais", "parfois", "souvent", "do_not_know"]


def test_check_boxes_alone_are_no_expanded_layout(export_of):
    """Without a “Response” in the file, and with one tick each, they are choices all the same."""
    boxes = [c for c in CONDENSED if c[1] != "Response" and c[1] != "Open-Ended Response"][1:6]
    boxes = [("Quels sont vos objectifs ?", *boxes[0][1:]), *boxes[1:]]
    export = export_of(boxes)
    found = match_columns(export, codebook=CODEBOOK, edition="2018", file="a.csv")
    items = ["informer", "consulter", "decider", "aucun", "autre"]
    assert list(found.targets.values()) == [Target("objectifs", i, 1) for i in items]


def test_a_label_of_another_edition_is_unknown(export_of):
    found = match_columns(export_of(CONDENSED), codebook=CODEBOOK, edition="2017", file="a.csv")
    places = [problem.where for problem in found.problems]
    assert "column J (position 10)" in places
    assert Target("profil", "", 1) in found.missing


def test_an_answer_column_beside_response_is_refused(export_of):
    columns = [*CONDENSED[:1], ("", "Commune", "", "", ""), *CONDENSED[1:]]
    found = match_columns(export_of(columns), codebook=CODEBOOK, edition="2018", file="a.csv")
    assert [problem.where for problem in found.problems] == ["column K (position 11)"]
