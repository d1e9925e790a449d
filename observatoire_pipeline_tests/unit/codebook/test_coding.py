"""What is wrong with codings and coded texts is told with file and line."""

import shutil

import pytest

from observatoire_pipeline.codebook.reader import CodebookError, packaged_codebook, read_codebook

TEXTS = "coding/perc_leviers_freins.csv"
HEADER = "variable,item,text_sha256,code,coder,date,note\n"
GOOD = f"perc_leviers_freins,,{'a' * 64},moyens,une personne,2018-11-05,"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(packaged_codebook(), tmp_path / "book")


def problems(folder, lines):
    (folder / TEXTS).write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(CodebookError) as caught:
        read_codebook(folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_code_must_be_declared(folder):
    found = problems(folder, [GOOD, GOOD.replace("moyens", "argent").replace("aaa", "bbb")])
    assert len(found) == 1
    assert found[0].startswith(f"{TEXTS}:3: code 'argent' is not declared for perc_leviers_freins")


def test_every_field_is_strict(folder):
    found = problems(folder, [GOOD.replace("2018-11-05", "hier").replace("aaa", "zzz")])
    assert [problem.split(": ")[1] for problem in found] == ["date", "text_sha256"]
    assert all(problem.startswith(f"{TEXTS}:2: ") for problem in found)


def test_a_text_has_one_code(folder):
    found = problems(folder, [GOOD, GOOD.replace("moyens", "crainte")])
    assert found == [
        f"{TEXTS}:3: this text of perc_leviers_freins has the code 'moyens' on an earlier line"
    ]


def test_a_file_holds_the_texts_of_its_variable(folder):
    found = problems(folder, [GOOD.replace("perc_leviers_freins", "commentaire")])
    assert f"{TEXTS}:2: a text of commentaire: move it to commentaire.csv" in found


def test_a_text_of_a_question_without_coding_is_told(folder):
    (folder / TEXTS).rename(folder / "coding" / "commentaire.csv")
    path = folder / "coding" / "commentaire.csv"
    path.write_text(HEADER + GOOD.replace("perc_leviers_freins", "commentaire"), encoding="utf-8")
    with pytest.raises(CodebookError, match=r"csv:2: codings.yaml declares no coding of commentai"):
        read_codebook(folder)


def test_the_header_is_strict(folder):
    (folder / TEXTS).write_text("variable,text,code\n", encoding="utf-8")
    with pytest.raises(CodebookError, match=rf"{TEXTS}:1: the header is variable,text,code"):
        read_codebook(folder)


def test_only_what_is_typed_can_be_coded(folder):
    path = folder / "codings.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("perc_leviers_freins", "perc_effets_outils"), encoding="utf-8")
    with pytest.raises(CodebookError, match=r"codings.yaml:6: perc_effets_outils: item none"):
        read_codebook(folder)


def test_uncoded_is_not_a_theme(folder):
    path = folder / "codings.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("code: crainte", "code: uncoded"), encoding="utf-8")
    with pytest.raises(CodebookError, match=r"codings.yaml:6: codes with a meaning of their own"):
        read_codebook(folder)


def test_the_organisation_is_named_by_texts(folder):
    path = folder / "editions.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("rep_departement]", "rep_region]"), encoding="utf-8")
    with pytest.raises(
        CodebookError, match=r"quality.organisation: variable 'rep_region' is not a"
    ):
        read_codebook(folder)


def test_a_survey_need_not_code_anything(folder):
    (folder / "codings.yaml").unlink()
    shutil.rmtree(folder / "coding")
    assert read_codebook(folder).codings == ()
