"""`docs/adding_an_edition.md`, followed step by step for a made-up edition of 2019.

Only YAML and CSV of a copy of the codebook are edited, as text, the way a person would; after each
step `observatoire codebook check` must say what is still missing. The export is that of 2018 with
one question reworded, one dropped, one new, one new choice, one new answer and one renamed answer.
"""

import csv
import io
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import packaged_codebook
from observatoire_pipeline_tests.pipeline.homes import column_of, edit_zip, table_of

ZIP = "Donnees_Tous_181214.zip"

REWORDED = "Votre collectivité a-t-elle un service chargé de la participation ?"
NEW_QUESTION = "Votre collectivité a-t-elle une personne élue référente ?"
NEW_CHOICE = "En écoutant des podcasts"
NEW_ANSWER = "Agent chargé de la participation"
RENAMED = "Jamais entendu parler"


class Codebook:
    """A copy of the shipped codebook, edited as text."""

    def __init__(self, root: Path) -> None:
        self.root = Path(shutil.copytree(packaged_codebook(), root))

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old, text.count(old))
        (self.root / name).write_text(text.replace(old, new), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        path = self.root / name
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + text, "utf-8")

    def insert_row(self, name: str, after: str, row: str) -> None:
        """Put a row of a CSV below the one that starts with these cells."""
        path = self.root / name
        lines = path.read_text(encoding="utf-8").splitlines()
        (place,) = [k for k, line in enumerate(lines) if line.startswith(after)]
        lines.insert(place + 1, row)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def add_column(self, edition: str, *, differs: dict[tuple[str, str], str]) -> None:
        """Repeat the last column of every columns/*.csv, but for the cells that differ."""
        for path in sorted((self.root / "columns").glob("*.csv")):
            rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
            for row in rows:
                row.append(edition if row[0] == "variable" else row[-1])
                row[-1] = differs.get((row[0], row[1]), row[-1])
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream, lineterminator="\n").writerows(rows)

    def check(self) -> list[str]:
        """Return what `observatoire codebook check` lists, one entry for each error."""
        result = CliRunner().invoke(main, ["codebook", "check", "--codebook", str(self.root)])
        if result.exit_code == 0:
            assert "no error" in result.output
            return []
        first, *errors = result.output.strip().splitlines()
        count = int(re.search(r"(\d+) errors? in the codebook", first).group(1))
        assert count == len(errors), result.output
        place = re.compile(r"  [\w/]+\.(yaml|csv):\d+: ")
        assert [error for error in errors if not place.match(error)] == []
        return [error.strip() for error in errors]


def edit_the_export(rows: list[list[str]]) -> None:
    """Make what the platform would have exported in 2019 out of the export of 2018."""
    head, labels, *answers = rows

    head[column_of(rows, "Votre collectivité dispose-t-elle d'un service")] = REWORDED

    place = column_of(rows, "Le service communication joue-t-il")
    head.insert(place, NEW_QUESTION)
    labels.insert(place, "Response")
    for row in answers:  # by respondent: the sample holds one of them twice
        row.insert(place, ("Oui", "Non", "")[int(row[0]) % 3])

    place = column_of(rows, "Par la participation à des réseaux d’échange") + 1
    head.insert(place, "")
    labels.insert(place, NEW_CHOICE)
    for row in answers:
        row.insert(place, NEW_CHOICE if int(row[0]) % 4 == 0 else "")

    place = column_of(rows, "Quelle est votre fonction")
    for row in answers[:5]:
        row[place] = NEW_ANSWER

    for title in (
        "Avez-vous déjà entendu parler de « gouv",
        "Avez-vous déjà entendu parler de « c",
    ):
        place = column_of(rows, title)
        for row in answers:
            row[place] = RENAMED if row[place] == "Non" else row[place]

    place = column_of(rows, "De nouveaux dispositifs en 2019")
    for row in rows:
        del row[place : place + 2]

    place = column_of(rows, "Start Date")
    for row in answers:
        for k in (place, place + 1):
            row[k] = row[k].replace("/2018", "/2019")


@pytest.mark.slow
def test_an_edition_is_added_with_a_few_data_files_and_no_python(landed, tmp_path):
    codebook = Codebook(tmp_path / "codebook")
    home = tmp_path / "home"
    for folder in ("landing", "dagster"):
        shutil.copytree(landed / folder, home / folder)
    assert codebook.check() == []

    # 1. Declare the edition: every columns/*.csv now lacks a column.
    codebook.append(
        "editions.yaml",
        '  - edition: "2019"\n'
        '    title: "Baromètre 2019"\n'
        "    fieldwork: {start: 2019-09-26, end: null}\n"
        "    platform: SurveyMonkey\n"
        '    frame: "Appel ouvert aux collectivités, réponse volontaire"\n'
        "    evidence: printed\n",
    )
    files = sorted((codebook.root / "columns").glob("*.csv"))
    assert codebook.check() == [
        f"columns/{file.name}:1: the header is variable,item,2016,2017,2018; "
        "expected variable,item,2016,2017,2018,2019: the column 2019 is missing"
        for file in files
    ]

    # 2. Give it its words (none for a dropped question), and its key where scales go by edition.
    codebook.add_column(
        "2019",
        differs={
            ("moy_service_dedie", ""): REWORDED,
            ("disp_nouveaux_2019", ""): "not_asked",
            ("disp_nouveaux_2019", "lesquels"): "not_asked",
        },
    )
    (error,) = [e for e in codebook.check() if e.startswith("variables.yaml:")]
    assert "scale: edition '2019' asks it, but has no scale" in error

    codebook.replace(
        "variables.yaml",
        "2018: collectivite_type_2018}",
        "2018: collectivite_type_2018, 2019: collectivite_type_2018}",
    )

    # 3. New questions and choices are new rows, `not_asked` before.
    codebook.insert_row(
        "columns/moyens.csv",
        "moy_service_dedie,",
        f"moy_elu_referent,,not_asked,not_asked,not_asked,{NEW_QUESTION}",
    )
    codebook.insert_row(
        "columns/perceptions.csv",
        "info_sources,reseaux,",
        f"info_sources,podcasts,not_asked,not_asked,not_asked,{NEW_CHOICE}",
    )
    listed = codebook.check()
    assert [e for e in listed if "moy_elu_referent" in e and e.startswith("columns/moyens.csv:")]
    assert [e for e in listed if "podcasts" in e and e.startswith("columns/perceptions.csv:")]
    codebook.replace(
        "variables.yaml",
        "  - variable: moy_role_service_communication\n",
        "  - variable: moy_elu_referent\n"
        "    block: moyens\n"
        '    label: "Personne élue référente"\n'
        "    kind: single\n"
        "    scale: oui_non\n"
        "    evidence: printed\n"
        "\n"
        "  - variable: moy_role_service_communication\n",
    )
    codebook.replace(
        "variables.yaml",
        '      - {item: reseaux, label: "Réseaux d’échange entre collectivités"}\n',
        '      - {item: reseaux, label: "Réseaux d’échange entre collectivités"}\n'
        '      - {item: podcasts, label: "Podcasts"}\n',
    )

    # 4. An answer that is new is a new code.
    codebook.replace(
        "scales.yaml",
        '      - {code: agent_numerique, label: "Agent chargé du numérique"}\n',
        '      - {code: agent_numerique, label: "Agent chargé du numérique"}\n'
        f'      - {{code: agent_participation, label: "{NEW_ANSWER}", editions: ["2019"]}}\n',
    )

    # 5. Grade the comparisons: every pair that lacks a grade is named.
    wanted = re.compile(r"comparability\.yaml:\d+: no grade for (\w+) (\d+)–2019")
    listed = codebook.check()
    assert [error for error in listed if not wanted.match(error)] == []
    missing = [wanted.match(error).groups() for error in listed]
    assert ("rep_fonction", "2016") in missing
    assert ("moy_etp", "2018") in missing
    assert [pair for pair in missing if pair[0] in ("moy_elu_referent", "disp_nouveaux_2019")] == []
    earlier: dict[str, list[str]] = {}
    for variable, edition in missing:
        earlier.setdefault(variable, []).append(edition)
    regrouped = ("rep_collectivite_type", ["2016", "2017", "2018"])
    assert (regrouped[0], earlier.pop(regrouped[0])) == regrouped
    codebook.replace(
        "comparability.yaml",
        "    earlier: [2016, 2017]\n    later: [2018]\n    grade: options_regrouped\n",
        "    earlier: [2016, 2017]\n    later: [2018, 2019]\n    grade: options_regrouped\n",
    )
    codebook.append(
        "comparability.yaml",
        "  - {variable: rep_collectivite_type, earlier: [2018], later: [2019], grade: identical,\n"
        '     reason: "Même question, mêmes réponses"}\n'
        + "".join(
            f"  - {{variable: {variable}, earlier: [{', '.join(editions)}], later: [2019], "
            'grade: identical, reason: "Même question, mêmes réponses"}\n'
            for variable, editions in earlier.items()
        ),
    )
    # A grade that the words do not bear out is refused in turn, with the words.
    doubtful = codebook.check()
    wanted = re.compile(
        r"comparability\.yaml:\d+: entry \d+ \((\w+), identical\) from (\d+) to 2019: "
    )
    pairs = {wanted.match(error).groups() for error in doubtful}
    assert pairs == {
        ("moy_service_dedie", "2018"),
        *(("rep_fonction", edition) for edition in ("2016", "2017", "2018")),
    }
    assert [e for e in doubtful if REWORDED in e and "(that is reworded)" in e]
    for variable in ("moy_service_dedie", "rep_fonction"):
        path = codebook.root / "comparability.yaml"
        line = re.compile(rf"(variable: {variable}, .*)grade: identical,")
        path.write_text(line.sub(r"\1grade: reworded,", path.read_text("utf-8")), "utf-8")
    assert codebook.check() == []

    # 6. Land the export. 7. Read it: what is spelled in another way is told, and goes to recodes.
    shutil.copytree(home / "landing" / "2018", home / "landing" / "2019")
    edit_zip(home / "landing" / "2019" / ZIP, edit_the_export)
    command = ["run", "--codebook", str(codebook.root), "--home", str(home)]
    refused = CliRunner().invoke(main, [*command, "--edition", "2019"])
    assert refused.exit_code == 1
    told = re.findall(r"recodes\.csv: (\w+),2019,(.*),CODE,assumed,", refused.output)
    assert ("notoriete", RENAMED) in told, refused.output
    recodes = list(csv.reader((codebook.root / "recodes.csv").open(encoding="utf-8")))
    before = {(scale, label): code for scale, _, label, code, *_ in recodes}
    before["notoriete", RENAMED] = "non"
    unheard = [entry for entry in told if entry not in before]
    assert unheard == []
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [scale, "2019", label, before[scale, label], "printed", ""] for scale, label in told
    )
    codebook.append("recodes.csv", out.getvalue())
    assert codebook.check() == []
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output

    # 8. Look.
    latest = home / "releases" / "latest"
    estimates = table_of(latest, "mart_estimates")
    assert set(estimates["edition"]) == {"2016", "2017", "2018", "2019"}

    def shares(variable: str, edition: str, item: str = "") -> dict[str, int]:
        rows = estimates[
            (estimates["variable"] == variable)
            & (estimates["item"] == item)
            & (estimates["edition"] == edition)
            & (estimates["base_rule"] == "answered")
            & (estimates["statistic"] == "share")
            & (estimates["breakdown"] == "all")
        ]
        return dict(zip(rows["code"], rows["numerator"], strict=True))

    assert set(shares("moy_elu_referent", "2019")) >= {"oui", "non"}
    assert shares("moy_elu_referent", "2018") == {}
    assert shares("rep_fonction", "2019")["agent_participation"] == 5
    assert "agent_participation" not in shares("rep_fonction", "2018")
    assert shares("notoriete_opengov", "2019") == shares("notoriete_opengov", "2018")
    assert shares("moy_service_dedie", "2019") == shares("moy_service_dedie", "2018")
    assert shares("disp_nouveaux_2019", "2019") == {}
    panel = pd.read_parquet(home / "lake" / "longitudinal" / "panel_responses" / "all.parquet")
    podcasts = panel.groupby("edition")["info_sources__podcasts"].agg(lambda s: set(s.astype(str)))
    assert podcasts["2018"] == {"not_asked"}
    assert "selected" in podcasts["2019"]
    grades = table_of(latest, "comparability")
    pair = grades[(grades["edition_from"] == "2018") & (grades["edition_to"] == "2019")]
    service = pair.loc[pair["variable"] == "moy_service_dedie", "grade"]
    assert service.tolist() == ["reworded"]
