"""What is no export of responses: refused with the reason, whatever its name says.

In: data tables, summaries in several languages, documents, pages, pictures, JSON, empty files.
Not in: archives and workbooks built to harm (`test_refusals`).
"""

from __future__ import annotations

import json

import pytest

from observatoire_pipeline_tests.unit.ingest.made_surveys import as_text, inspected

ROWS = range(60)
DATA: dict[str, list[list[str]]] = {
    "communes": [
        ["code_insee", "nom", "departement", "population", "date_maj"],
        *([f"{1001 + k}", f"Commune{k}", "Ain", str(300 + k * 17), "2023-01-01"] for k in ROWS),
    ],
    "communes by number": [
        ["id", "nom", "code", "region", "population"],
        *([str(k + 1), f"C{k}", f"{1001 + k}", "ARA", str(300 + k)] for k in ROWS),
    ],
    "bank": [
        ["Date", "Libellé", "Débit", "Crédit", "Solde"],
        *([f"{1 + k % 28:02d}/03/2023", f"VIR {k}", str(k), "", str(k)] for k in ROWS),
    ],
    "bank under titles": [
        ["Compte courant"],
        ["Solde au 31/03"],
        ["Date", "Libellé", "Débit", "Crédit", "Solde"],
        *([f"{1 + k % 28:02d}/03/2023 10:00", f"VIR {k}", str(k), "", "1"] for k in ROWS),
    ],
    "log": [
        ["timestamp", "level", "message", "user_id"],
        *([f"2023-03-{1 + k % 28:02d} 10:00:00", "INFO", f"message {k}", str(k)] for k in ROWS),
    ],
    "sensor": [
        ["Timestamp", "Temperature", "Humidity"],
        *([f"2023-03-{1 + k % 28:02d} 10:00:00", f"{20 + k / 10}", str(k)] for k in ROWS),
    ],
    "people": [
        ["First Name", "Last Name", "Email Address", "Company", "Phone"],
        *([f"P{k}", f"N{k}", f"p{k}@example.org", "C", "0612345678"] for k in ROWS),
    ],
    "orders": [
        ["Order ID", "Customer ID", "Start Date", "End Date", "Amount"],
        *(
            [str(11_400_000_000 + k), "227548242", "2023-03-01 10:00", "2023-03-02 10:00", str(k)]
            for k in ROWS
        ),
    ],
    "users": [
        ["id", "email", "language", "ip", "created"],
        *([str(k + 1), f"p{k}@example.org", "fr", "192.0.2.1", "2023-03-01 10:00"] for k in ROWS),
    ],
    "events": [
        ["id", "langue", "titre de la manifestation", "lieu de la manifestation"],
        *([str(k + 1), "fr", f"Titre {k}", f"Lieu {k}"] for k in ROWS),
    ],
    "passengers": [
        ["PassengerId", "Survived", "Class", "Name", "Sex", "Age"],
        *([str(k), str(k % 2), str(k % 3), f"N {k}", "f", str(20 + k)] for k in ROWS),
    ],
    "numbers": [[str(c * r) for c in range(8)] for r in ROWS],
    "cross table": [
        ["", "Total", "Commune", "Région"],
        ["Oui", "45%", "40%", "50%"],
        ["Non", "55%", "60%", "50%"],
        ["n", "120", "60", "60"],
    ],
    "counts": [["Réponse", "Effectif", "%"], ["Oui", "45", "45%"], ["Non", "55", "55%"]],
}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_data_that_are_no_survey(tmp_path, name, delimiter):
    found = inspected(tmp_path, as_text(DATA[name], delimiter=delimiter))
    assert (found.kind, found.verdict, found.platform) == ("unknown", "refused", "")
    assert (found.n_responses, found.questions) == (0, [])
    assert found.cells.came_in == found.cells.rejected > 0


SUMMARIES = {
    "fr": (["Baromètre"], "Q1. Votre type ?", "Choix de réponses", "Réponses", "Ignorées"),
    "fr, singular": (["Baromètre"], "Q1. Votre type ?", "Choix de réponse", "Réponse", "Ignoré"),
    "de": (["Umfrage"], "F1. Ihr Typ?", "Antwortoptionen", "Beantwortungen", "Übersprungen"),
    "es": (["Encuesta"], "P1. ¿Tipo?", "Opciones de respuesta", "Respuestas", "Omitidas"),
    "it": (["Sondaggio"], "D1. Tipo?", "Opzioni di risposta", "Risposte", "Saltate"),
    "no title": ([], "Q1. Votre type ?", "Answer Choices", "Responses", "Skipped"),
}


@pytest.mark.parametrize("language", SUMMARIES)
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("padded", [True, False])
def test_summaries(tmp_path, language, delimiter, padded):
    title, question, choices, answers, skipped = SUMMARIES[language]
    block = [
        [question],
        [choices, answers, ""],
        ["Commune", "45,2%", "12"],
        ["Région", "54,8%", "14"],
    ]
    rows = [title] if title else []
    for _ in range(3):
        rows += [*block, ["", answers, "26"], ["", skipped, "0"], []]
    if padded:
        rows = [[*row, *[""] * (3 - len(row))] for row in rows]
    found = inspected(tmp_path, as_text(rows, delimiter=delimiter))
    assert (found.kind, found.verdict, found.n_responses) == ("summary", "refused", 0)
    assert "a summary export" in found.reasons[0]


FILES: dict[str, tuple[str, bytes, str]] = {
    # what it is → name, bytes, what the reason says
    "nothing": ("a.csv", b"", "an empty file"),
    "spaces": ("a.csv", b" \r\n \r\n", "an empty file"),
    "a mark": ("a.csv", b"\xef\xbb\xbf", "an empty file"),
    "zeros": ("a.csv", b"\x00" * 5000, "an empty file"),
    "page": ("a.csv", b"<html><body><table></table></body></html>", "a web page (HTML)"),
    "page named xls": ("a.xls", b"<html><body><table>", "a web page (HTML)"),
    "XML": ("a.csv", b"<?xml version='1.0'?><survey/>", "an XML document"),
    "PDF": ("a.csv", b"%PDF-1.4\n%\xe2\xe3\n1 0 obj", "a PDF document"),
    "picture": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a picture"),
    "noise": ("a.csv", bytes((k * k * 31 + k) % 251 for k in range(9000)), "no text"),
    "letter": (
        "a.txt",
        "Monsieur,\n\nJe vous écris, ici.\nEt cela, oui, là.\n".encode(),
        "another length",
    ),
    "one column": ("a.csv", b"a\r\nb\r\nc\r\n", "a single column"),
    "headings only": ("a.csv", b"Respondent ID,Start Date,Vous ?\r\n", "no response"),
    "two rows of headings": (
        "a.csv",
        b"Respondent ID,Start Date,Vous ?\r\n,,Response\r\n",
        "2 header row(s) and no response",
    ),
    "other JSON": ("a.json", json.dumps({"a": 1}).encode(), "not an answer of SurveyMonkey"),
    "list of JSON": (
        "a.json",
        json.dumps([{"Q1": "a"}] * 5).encode(),
        "not an answer of SurveyMonkey",
    ),
    "broken JSON": ("a.json", b"{", "not JSON"),
    "JSON named csv": ("a.csv", json.dumps({"data": [{"id": "1"}]}).encode(), "JSON named .csv"),
    "half a SAV": ("a.sav", b"$FL2@(#) SPSS" + b"\x00" * 200, "SPSS"),
    "no suffix": ("export", b"a,b\r\n1,2\r\n", "no suffix"),
    "one endless line": ("a.csv", b"," * 200_000, "a single row"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_table(tmp_path, name):
    file, data, reason = FILES[name]
    found = inspected(tmp_path, data, file)
    assert found.verdict == "refused"
    assert reason in found.reasons[0]
    assert "broke the reader" not in found.reasons[0]
