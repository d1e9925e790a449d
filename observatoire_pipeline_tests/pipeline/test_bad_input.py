"""`observatoire run` on what it cannot read: refused in plain words, and nothing is published.

Each message must let a person mend the input without reading the code: which file, where in it,
what was found, what was expected, and what to edit.
"""

import shutil

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import packaged_codebook
from observatoire_pipeline_tests.pipeline.homes import column_of, edit_zip

ZIP = "Donnees_Tous_181214.zip"
CSV_2016 = "Sheet_1.csv"
XLSX_2017 = "Barometre 2017.xlsx"


@pytest.fixture
def home(landed, tmp_path):
    """An empty home beside the sample's exports; `land` copies one of them into it."""
    # An instance that is already set up: making its database takes longer than most refusals.
    shutil.copytree(landed / "dagster", tmp_path / "home" / "dagster")
    return LandingHome(tmp_path / "home", exports=landed / "landing")


class LandingHome:
    def __init__(self, root, *, exports):
        self.root, self.exports, self.landing = root, exports, root / "landing"
        self.landing.mkdir(parents=True)

    def land(self, edition):
        shutil.copytree(self.exports / edition, self.landing / edition)
        return self.landing / edition

    def refused(self, *arguments):
        """Run the command, which must fail and publish nothing, and return what it said."""
        result = CliRunner().invoke(main, ["run", "--home", str(self.root), *arguments])
        assert isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        assert "observatoire_pipeline." not in result.output, "a class name tells a reader nothing"
        assert not (self.root / "releases").is_dir() or not [
            path for path in (self.root / "releases").iterdir() if path.name != ".lock"
        ]
        return result.output

    def read_nothing(self):
        return not list(self.root.glob("lake/*/*/*.parquet"))


def says(message, *parts):
    missing = [part for part in parts if part not in message]
    assert missing == [], message


# --- the landing folder ---------------------------------------------------------------------


def test_nothing_has_landed(home):
    says(
        home.refused(),
        "nothing has landed",
        f"{home.landing}/<edition>/",
        "2016, 2017, 2018",
        "--sample",
    )


def test_the_landing_folder_of_the_edition_is_missing(home):
    said = home.refused("--edition", "2018")
    says(said, f"{home.landing}/2018: found no such folder; expected", "put the export in it")


def test_the_landing_folder_of_the_edition_is_empty(home):
    (home.landing / "2018").mkdir()
    says(home.refused(), "nothing has landed")
    said = home.refused("--edition", "2018")
    says(said, f"{home.landing}/2018: found no export; expected")
    says(said, ".csv, .tsv, .txt, .xlsx, .xls, .ods, .sav, .zsav, .json, .zip")


def test_a_folder_of_an_edition_that_the_codebook_does_not_know(home):
    home.land("2016")
    home.land("2018").rename(home.landing / "2019")
    said = home.refused()
    says(said, "no codebook for 2019", "2016, 2017, 2018", "editions.yaml", "adding_an_edition.md")
    assert home.read_nothing(), "2016 must wait too, or a misspelled folder would go unseen"


def test_an_edition_that_the_codebook_does_not_know(home):
    says(home.refused("--edition", "2020"), "no codebook for 2020", "2016, 2017, 2018")


def test_a_file_where_the_folder_of_an_edition_should_be(home):
    home.land("2016")
    shutil.copy(home.exports / "2018" / ZIP, home.landing / ZIP)
    says(
        home.refused(),
        f"{home.landing}/{ZIP}: found a file; expected a folder named after an edition",
    )
    assert home.read_nothing()


def test_a_landing_folder_that_cannot_be_reached_is_not_an_edition_that_never_landed(home):
    """A link to a disk that is away: root reads what chmod forbids, but nobody reads this.

    Were it taken for an absence, the release would lose an edition without a word.
    """
    home.land("2016")
    (home.landing / "2018").symlink_to(home.root / "disk_that_is_away" / "2018")
    says(home.refused(), f"{home.landing}/2018: found a link that leads nowhere; expected a folder")
    assert home.read_nothing()


def test_a_file_in_the_place_of_the_home(home):
    home.landing.rmdir()
    home.landing.write_text("")
    says(home.refused(), f"{home.landing}: found a file; expected a folder")


# --- the file -------------------------------------------------------------------------------


def test_an_empty_file(home):
    (home.land("2016") / CSV_2016).write_bytes(b"")
    says(home.refused(), f"{CSV_2016}: found an empty file; expected", "export it again")


@pytest.mark.parametrize(
    ("edition", "file", "kind"), [("2018", ZIP, "ZIP archive"), ("2017", XLSX_2017, "XLSX")]
)
def test_a_download_that_was_cut(home, edition, file, kind):
    path = home.land(edition) / file
    path.write_bytes(path.read_bytes()[:5000])
    says(home.refused(), f"{file}: found bytes that are not", kind, "export it again")


@pytest.mark.parametrize(("edition", "file"), [("2018", ZIP), ("2017", XLSX_2017)])
def test_an_archive_with_a_flipped_byte(home, edition, file):
    path = home.land(edition) / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    says(home.refused(), file, "found", "expected", "export it again")


def test_a_sample_export_without_its_manifest_is_not_taken_for_a_real_one(home):
    (home.land("2016") / "manifest.yaml").unlink()
    says(
        home.refused(),
        f"{CSV_2016}, column I (position 9): found cells that say the answers are synthetic",
        "expected `synthetic: true` in manifest.yaml",
    )


# --- what the file says ---------------------------------------------------------------------


def test_a_column_that_no_question_knows(home):
    new = "De nouveaux dispositifs en 2020 ?"

    def add_a_column(rows):
        for row, cell in zip(rows, [new, "Response"], strict=False):
            row.append(cell)
        for row in rows[2:]:
            row.append("Oui")

    edit_zip(home.land("2018") / ZIP, add_a_column)
    says(
        home.refused(),
        f"{ZIP} [Baromètre de la démocratie locale numérique 2018.csv]",
        "column CS (position 97)",
        f"found title “{new}”",
        "expected one of the nearest titles: “De nouveaux dispositifs en 2019",
        "columns/participation.csv:",
    )


def test_a_question_that_the_file_lacks(home):
    def remove_a_column(rows):
        position = column_of(rows, "Combien d'équivalents temps plein")
        for row in rows:
            del row[position]

    edit_zip(home.land("2018") / ZIP, remove_a_column)
    says(home.refused(), ZIP, "moy_etp", "columns/moyens.csv:", "not_asked")


def test_an_answer_that_no_list_knows(home):
    def answer(rows):
        rows[5][column_of(rows, "Quel budget annuel")] = "Environ 3 millions"

    edit_zip(home.land("2018") / ZIP, answer)
    says(
        home.refused(),
        ZIP,
        "column AO (Quel budget annuel",
        "unknown answer 'Environ 3 millions'",
        "(row 6)",
        "Plus de 1 million",
        "recodes.csv: budget,2018,Environ 3 millions,CODE,assumed,",
    )


def test_one_respondent_with_two_different_rows(home):
    def answer_twice(rows):
        position = column_of(rows, "Votre collectivité dispose")
        second = list(rows[2])
        second[position] = "Non" if second[position] == "Oui" else "Oui"
        rows.append(second)

    edit_zip(home.land("2018") / ZIP, answer_twice)
    says(
        home.refused(),
        "has two rows with different answers, row 3 and row 74",
        "column AM (Votre collectivité dispose",
        "drop_row correction in corrections.yaml",
    )


def test_every_problem_of_every_edition_is_told_at_once(home):
    (home.land("2016") / CSV_2016).write_bytes(b"")
    path = home.land("2017") / XLSX_2017
    path.write_bytes(b"PK")

    def spoil(rows):
        rows[5][column_of(rows, "Quel budget annuel")] = "Environ 3 millions"
        rows[6][column_of(rows, "Dans quelle région")] = "Septimanie"

    edit_zip(home.land("2018") / ZIP, spoil)
    says(
        home.refused(),
        f"{CSV_2016}: found an empty file",
        f"{XLSX_2017}: found",
        "2 problems to settle",
        "Environ 3 millions",
        "Septimanie",
        "Nothing is published\n",
    )


# --- the codebook ---------------------------------------------------------------------------


def test_a_codebook_with_errors_is_told_line_by_line_and_nothing_is_read(home):
    home.land("2016")
    codebook = home.root / "codebook"
    shutil.copytree(packaged_codebook(), codebook)
    lines = {}
    for name, right, wrong in (
        ("variables.yaml", "kind: bracket", "kind: braket"),
        ("comparability.yaml", "grade: identical", "grade: same"),
    ):
        path = codebook / name
        text = path.read_text(encoding="utf-8")
        lines[name] = text[: text.index(right)].count("\n") + 1
        path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    columns = codebook / "columns" / "moyens.csv"
    text = columns.read_text(encoding="utf-8")
    lines["columns/moyens.csv"] = len(text.splitlines()) + 1
    columns.write_text(text + "moy_xx,,a\n", encoding="utf-8")
    said = home.refused("--codebook", str(codebook))
    says(said, "3 errors in the codebook", *(f"{name}:{line}: " for name, line in lines.items()))
    assert home.read_nothing()
    checked = CliRunner().invoke(main, ["codebook", "check", "--codebook", str(codebook)])
    assert checked.exit_code == 1
    says(checked.output, *(f"{name}:{line}: " for name, line in lines.items()))


def test_a_codebook_that_is_not_there(home):
    says(home.refused("--codebook", str(home.root / "nowhere")), "nowhere", "no such folder")
