"""`docs/adding_an_edition.md` with its commands: diff, draft, decide, check, run.

The export of 2019 is that of 2018 with ten drifts. A person decides by editing text; every step
goes through the command line, and no decision is left to a default.
"""

import json
import shutil

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline_tests.codebook.decisions import accept
from observatoire_pipeline_tests.pipeline.homes import column_of, edit_zip, table_of

ZIP = "Donnees_Tous_181214.zip"
SERVICE = (
    "Votre collectivité dispose-t-elle aujourd’hui d’un service dédié à la participation des "
    "habitants ?"
)
ELECTED = "Votre collectivité a-t-elle désigné une personne élue référente ?"
PODCASTS = "En écoutant des podcasts"
AGENT = "Agent chargé de la participation"
COUNCILS = "Les conseils de quartiers"
KNOWN = "Oui, et vous voyez bien de ce dont il s'agit"
WIDER = "Entre 1000 et 10 000 euros"


def drift(rows: list[list[str]]) -> None:
    """Make what the platform would have exported in 2019 out of the export of 2018."""
    head, labels, *answers = rows

    def recode(place: int, renamed: dict[str, str]) -> None:
        for row in answers:
            row[place] = renamed.get(row[place].strip(), row[place])

    # 1. A title in other words. 2. A title that lost its punctuation.
    head[column_of(rows, "Votre collectivité dispose-t-elle d'un service")] = SERVICE
    role = column_of(rows, "Quelle est votre fonction")
    head[role] = head[role].rstrip(" ?")
    # 3. A new answer.
    for row in answers[:5]:
        row[role] = AGENT
    # 4. An answer in other words.
    for start in ("Avez-vous déjà entendu parler de « g", "Avez-vous déjà entendu parler de « c"):
        recode(column_of(rows, start), {"Oui, et vous voyez bien ce dont il s'agit": KNOWN})
    # 5. Two intervals made one.
    budget = column_of(rows, "Quel budget annuel")
    recode(budget, {"Entre 1000 et 5000": WIDER, "Entre 5000 et 10000": WIDER})
    # 6. A choice in other words.
    councils = column_of(rows, "Conseils de quartier")
    labels[councils] = COUNCILS
    recode(councils, {"Conseils de quartier": COUNCILS})
    # 7. A new choice.
    place = column_of(rows, "Par la participation à des réseaux d’échange") + 1
    head.insert(place, "")
    labels.insert(place, PODCASTS)
    for row in answers:
        row.insert(place, PODCASTS if int(row[0]) % 4 == 0 else "")
    # 8. A new question.
    place = column_of(rows, "Le service communication joue-t-il")
    head.insert(place, ELECTED)
    labels.insert(place, "Response")
    for row in answers:
        row.insert(place, ("Oui", "Non", "")[int(row[0]) % 3])
    # 9. A question that is not asked any more.
    place = column_of(rows, "De nouveaux dispositifs en 2019")
    for row in rows:
        del row[place : place + 2]
    # 10. A question that moved.
    comment, service = (
        column_of(rows, start) for start in ("Souhaitez-vous ajouter", "Votre collectivité dispose")
    )
    for row in rows:
        row.insert(service, row.pop(comment))

    started = column_of(rows, "Start Date")
    for row in answers:
        for k in (started, started + 1):
            row[k] = row[k].replace("/2018", "/2019")


def observatoire(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_an_edition_with_ten_drifts_is_drafted_decided_and_published(landed, tmp_path):
    home, codebook = tmp_path / "home", tmp_path / "codebook"
    for folder in ("landing", "dagster"):
        shutil.copytree(landed / folder, home / folder)
    shutil.copytree(home / "landing" / "2018", home / "landing" / "2019")
    export = edit_zip(home / "landing" / "2019" / ZIP, drift)

    # What changed?
    found = json.loads(observatoire("codebook", "diff", "2018", export, "--json").output)
    assert [e["a"]["variable"] for e in found["reworded"]] == ["moy_service_dedie"]
    assert [e["b"]["title"] for e in found["added"]] == [ELECTED]
    assert [e["a"]["variable"] for e in found["dropped"]] == ["disp_nouveaux_2019"]
    assert [e["a"]["variable"] for e in found["order_changed"]] == ["commentaire"]
    assert {e["a"]["variable"] for e in found["options_changed"]} == {
        "rep_fonction",
        "disp_en_place",
        "moy_budget_tranche",
        "info_sources",
        "notoriete_opengov",
        "notoriete_civictech",
    }

    # Draft it: nothing runs before a person has decided.
    drafted = observatoire(
        "codebook", "draft", export, "--edition", "2019", "--from", "2018", "--out", codebook
    )
    assert drafted.exit_code == 0, drafted.output
    checked = observatoire("codebook", "check", "--codebook", codebook)
    assert checked.exit_code == 1
    told = [line for line in checked.output.splitlines() if ": review: decide " in line]
    assert len(told) == len(checked.output.strip().splitlines()) - 1
    run = ["run", "--codebook", codebook, "--home", home]
    assert observatoire(*run, "--edition", "2019").exit_code == 1

    page = (codebook / "review.md").read_text("utf-8")
    assert all(f"  - {line.split(': review: ')[0].strip()}: " in page for line in told)

    # Decide: a nicer label for the wider interval, whose mapping is computed; the rest as proposed.
    book = read_codebook(packaged_codebook())
    brackets = codebook / "brackets.yaml"
    nicer = brackets.read_text("utf-8").replace(f'"review: {WIDER}"', '"De 1 000 à 10 000 €"')
    brackets.write_text(nicer, encoding="utf-8")
    accept(codebook)
    assert "no error" in observatoire("codebook", "check", "--codebook", codebook).output

    # Run it.
    done = observatoire(*run)
    assert done.exit_code == 0, done.output
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

    for same in ("moy_service_dedie", "notoriete_opengov", "notoriete_civictech"):
        assert shares(same, "2019") == shares(same, "2018") != {}
    councils = [shares("disp_en_place", e, "conseils_quartier") for e in ("2018", "2019")]
    assert councils[0] == councils[1] != {}
    assert shares("rep_fonction", "2019")["agent_charge"] == 5
    assert shares("disp_nouveaux_2019", "2019") == {}
    budgets = [shares("moy_budget_tranche", e) for e in ("2018", "2019")]
    wider = "entre_1000_10000_euros"
    grade = read_codebook(codebook).grade("moy_budget_tranche", None, "2018", "2019")
    assert grade.mapping["de_1000_a_5000"] == grade.mapping["de_5000_a_10000"] == wider
    assert budgets[1][wider] == sum(budgets[0][c] for c in ("de_1000_a_5000", "de_5000_a_10000"))
    (elected,) = set(read_codebook(codebook).variables) - set(book.variables)
    assert set(shares(elected, "2019")) >= {"oui", "non"}
