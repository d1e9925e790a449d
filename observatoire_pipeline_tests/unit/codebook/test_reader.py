"""Every error of a codebook is listed at once, each with the line to edit."""

import shutil

import pytest

from observatoire_pipeline.codebook.reader import (
    CodebookError,
    codebook_sha256,
    packaged_codebook,
    read_codebook,
)


@pytest.fixture
def folder(tmp_path):
    """Give a copy of the packaged codebook, to break."""
    return shutil.copytree(packaged_codebook(), tmp_path / "book")


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer holds {old!r}: mend this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems_of(folder):
    with pytest.raises(CodebookError) as caught:
        read_codebook(folder)
    return [str(problem) for problem in caught.value.problems]


def test_the_packaged_codebook_reads(folder):
    assert read_codebook(folder).edition_keys == ("2016", "2017", "2018")


def test_a_missing_folder_is_named(tmp_path):
    assert "no such folder" in problems_of(tmp_path / "nowhere")[0]


def test_an_unknown_key_is_named_at_its_line(folder):
    line = edit(folder, "editions.yaml", "publisher:", "editor: x\n  publisher:")
    assert f"editions.yaml:{line}: unknown key 'editor'" in problems_of(folder)


def test_every_file_is_read_before_anything_is_said(folder):
    edit(folder, "editions.yaml", "publisher:", "editor: x\n  publisher:")
    edit(folder, "scales.yaml", "ordered: true", "orderd: true")
    (folder / "timeline.yaml").unlink()
    found = problems_of(folder)
    assert {problem.split(":")[0] for problem in found} == {
        "editions.yaml",
        "scales.yaml",
        "timeline.yaml",
    }


def test_invalid_yaml_is_named_at_its_line(folder):
    (folder / "corrections.yaml").write_text("corrections:\n  - [unclosed\n", encoding="utf-8")
    (problem,) = problems_of(folder)
    assert problem.startswith("corrections.yaml:3: not valid YAML")


def test_a_key_given_twice_is_an_error(folder):
    (folder / "corrections.yaml").write_text("corrections: []\ncorrections: []\n", encoding="utf-8")
    assert problems_of(folder) == ["corrections.yaml:2: the key 'corrections' is given twice"]


def test_a_scale_that_nobody_declared_is_named_by_the_variable_that_uses_it(folder):
    edit(folder, "variables.yaml", "scale: oui_non", "scale: oui_nom")
    (problem,) = [p for p in problems_of(folder) if "oui_nom'" in p]
    assert problem.endswith(
        "scale 'oui_nom' is not declared in scales.yaml or brackets.yaml; did you mean 'oui_non'?"
    )
    assert problem.startswith("variables.yaml:")


def test_an_empty_cell_asks_for_not_asked(folder):
    path = next((folder / "columns").glob("*.csv"))
    header, first, *_rest = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, first, "x,,,,"]) + "\n", encoding="utf-8")
    assert any(
        "columns/" in p and ":3: x  2016: empty; write not_asked" in p for p in problems_of(folder)
    )


def test_a_missing_edition_column_shows_the_header_expected(folder):
    path = next((folder / "columns").glob("*.csv"))
    text = path.read_text(encoding="utf-8").replace(
        "variable,item,2016,2017,2018", "variable,item,2016,2017", 1
    )
    path.write_text(text, encoding="utf-8")
    assert any("expected variable,item,2016,2017,2018" in p for p in problems_of(folder))


def test_a_pair_of_editions_without_a_grade_is_an_error(folder):
    (folder / "comparability.yaml").write_text("comparability: []\n", encoding="utf-8")
    assert "comparability.yaml:1: no grade for rep_collectivite_type 2016–2017" in problems_of(
        folder
    )


def test_the_checksum_follows_the_contents_and_not_the_place(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert codebook_sha256(copy) == codebook_sha256(folder)
    (copy / "timeline.yaml").write_text("timeline: []\n", encoding="utf-8")
    assert codebook_sha256(copy) != codebook_sha256(folder)


def test_a_proposal_of_a_draft_waits_for_a_decision_at_its_line(folder):
    line = (
        edit(folder, "variables.yaml", "    scale: oui_non\n", '    scale: "review: oui_non"\n') + 0
    )
    (problem,) = problems_of(folder)
    assert problem.startswith(
        f"variables.yaml:{line}: review: decide whether these are its answers"
    )
    assert "take 'review:' away to accept 'oui_non'" in problem


def test_a_proposal_is_read_on_so_that_all_is_checked_at_once(folder):
    edit(folder, "variables.yaml", "    scale: oui_non\n", '    scale: "review: oui_nom"\n')
    found = problems_of(folder)
    assert any("review: decide" in problem for problem in found)
    assert any("scale 'oui_nom' is not declared" in problem for problem in found)


def test_a_name_that_leads_nowhere_hides_no_other_error(folder):
    edit(folder, "variables.yaml", "scale: oui_non\n", "scale: oui_nom\n")
    line = edit(folder, "recodes.csv", "budget,2018,0 euro,zero", "budget,2018,0 euro,zerro")
    found = problems_of(folder)
    assert any("scale 'oui_nom' is not declared" in problem for problem in found)
    assert any(p.startswith(f"recodes.csv:{line}: 'zerro' is no code of 'budget'") for p in found)


def test_an_entry_that_cannot_be_read_hides_no_error_of_others_and_makes_none(folder):
    line = edit(folder, "variables.yaml", "kind: single", "kind: simple")
    edit(folder, "recodes.csv", "budget,2018,0 euro,zero", "budget,2018,0 euro,zerro")
    found = problems_of(folder)
    assert len(found) == 2
    (kind,) = [problem for problem in found if problem.startswith(f"variables.yaml:{line}: kind")]
    assert kind.endswith("found 'simple'")
