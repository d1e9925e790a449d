"""The quality page and the note: French, one file each, nothing fetched, no answer told."""

import ast
import csv
import json
import re
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest

from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import from_records
from observatoire_pipeline.validate.note import Place, Point, supplier_points
from observatoire_pipeline.validate.page import write_pages
from observatoire_pipeline.validate.wording import RULES, place_words, rows_words, typeset
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.raw_tables import raw_tables

BOOK = small_codebook()
TABLES = catalogue(BOOK)


def finding(rule, **given):
    record = {
        "edition": "2018",
        "suite": "accepted",
        "table": "norm_responses",
        "rule": rule,
        "expectation": "expect",
        "column": "equipe",
        "severity": "notable",
        "place": "Équipement",
        "expected": '{"mostly": 0.6}',
        "met": False,
        "observed": 0.5,
        "rows": 4,
        "unexpected_rows": 2,
        "row_numbers": '{"s1": [3, 4]}',
    }
    return record | given


def report(*findings):
    return from_records(findings, TABLES["quality_report"])


def raw(damage=()):
    rows = [
        {"respondent_id": "1", "agents": "3 <b>SECRET</b>", "equipe": "oui"},
        {"respondent_id": "2", "agents": "2", "equipe": "oui"},
    ]
    made = raw_tables(rows, codebook=BOOK)
    files = made.source_files.assign(damage=json.dumps(list(damage)))
    return made._replace(source_files=files)


def points(*findings, damage=()):
    made = raw(damage)
    rejected = made.accept().rejected_responses
    return supplier_points(
        report(*findings),
        rejected,
        made.source_files,
        made.raw_columns,
        edition="2018",
        codebook=BOOK,
    )


def damaged(rule, repaired, where="columns C to D", count=3):
    return {"rule": rule, "where": where, "count": count, "example": "", "repaired": repaired}


def pages(tmp_path, *findings, damage=()):
    written = write_pages(
        tmp_path,
        report(*findings),
        points(*findings, damage=damage),
        raw().source_files,
        responses=1234,
        edition="2018",
        codebook=BOOK,
    )
    return {path.name: path.read_text(encoding="utf-8") for path in written}


ALL = (
    finding("blanks"),
    finding("distance", expected='{"max_value": 0.25}', row_numbers="{}", unexpected_rows=0),
    finding("hasty", place="", expected='{"min_value": 300.0}', column="seconds"),
    finding("organisation_twice", place="", severity="serious", column="organisation"),
    finding("outside_fieldwork", place="", expected='{"min_value": "2018-09-26T00:00:00"}'),
    finding("straight_line", column="straight__difficultes", expected="{}"),
    finding("other", column="profil", met=True),
)


@pytest.fixture
def written(tmp_path):
    return pages(tmp_path, *ALL, damage=[damaged("mojibake", ""), damaged("spaces_only", "blank")])


def test_no_page_asks_for_anything_from_outside(written):
    for name, text in written.items():
        found = [u for u in re.findall(r"https?://[^\s\"'<]+", text) if "//www.w3.org/" not in u]
        assert found == [], name
        assert not re.search(r"<script|@import|\bsrc\s*=|url\(|<link|\bon\w+\s*=", text), name


class _Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.levels, self.tables, self.captions, self.lang = [], 0, 0, None
        self.unscoped = 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang")
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in given


@pytest.mark.parametrize("name", ["rapport.html", "note_fournisseur.html"])
def test_a_page_can_be_read_by_ear(written, name):
    outline = _Outline()
    outline.feed(written[name])
    assert outline.lang == "fr"
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(outline.levels))
    assert outline.tables == outline.captions > 0
    assert outline.unscoped == 0


def test_no_page_tells_an_answer(written):
    for text in written.values():
        assert "SECRET" not in text


def test_the_page_says_what_is_found_and_what_was_expected(written):
    page = written["rapport.html"]
    assert "1\u202f234 réponses acceptées" in page
    assert "50\u202f% (2 sur 4)" in page
    assert "au plus 40\u202f%" in page
    assert "au moins 5 min" in page
    assert "lignes 3 et 4" in page


def test_the_note_puts_lost_answers_and_serious_findings_first():
    found = points(*ALL, damage=[damaged("mojibake", ""), damaged("spaces_only", "taken as blank")])
    ranks = [point.rank for point in found]
    assert ranks == sorted(ranks)
    assert {point.rule for point in found[:3]} == {
        "number_unreadable",
        "mojibake",
        "organisation_twice",
    }
    assert [point.rule for point in found if point.settled] == ["spaces_only"]
    assert "other" not in {point.rule for point in found}  # it is met


def test_a_rejected_cell_is_told_by_file_row_and_column():
    place = next(point for point in points() if point.rule == "number_unreadable").places[0]
    assert re.fullmatch(r"export\.csv, ligne 3, colonne [A-Z] \(« .+ »\)", place)


def test_an_open_question_may_stay_blank():
    assert points(finding("blanks", column="commentaire")) == points()


def test_five_points_come_first_and_all_are_there(written):
    note = written["note_fournisseur.md"]
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", note, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(points(*ALL, damage=[damaged("mojibake", "")])) + 2))
    assert note.index("5. ") < note.index("## Les autres points") < note.index("6. ")


def test_nothing_found_is_said(tmp_path):
    made = raw()
    texts = [
        path.read_text(encoding="utf-8")
        for path in write_pages(
            tmp_path,
            report(finding("blanks", met=True)),
            [],
            made.source_files,
            responses=2,
            edition="2018",
            codebook=BOOK,
        )
    ]
    assert "toutes les vérifications sont satisfaites" in texts[0]
    assert all("Rien à signaler" in text for text in texts[1:3])


def test_french_spaces(written):
    for text in written.values():
        shown = re.sub(r"<style>.*?</style>|<[^>]+>", "", text, flags=re.DOTALL)
        assert not re.search(r" [;:!?%»]|« ", shown)
        assert "'" not in shown


def test_rows_are_read_as_people_say_them():
    assert rows_words([3]) == "ligne 3"
    assert rows_words([8, 3, 9]) == "lignes 3, 8 et 9"
    assert rows_words([3, 4, 5, 6]) == "lignes 3 à 6"
    assert rows_words([3, 5, 7, 9], shown=2) == "lignes 3, 5 et 2 autres"
    assert rows_words([3, 5], total=3) == "lignes 3, 5 et 1 autre"


def test_a_place_is_told_in_french_and_other_words_are_not():
    assert place_words("columns C to D") == "colonnes C à D"
    assert place_words("row 12") == "ligne 12"
    assert place_words("cells that hold NUL characters") == ""


def test_typesetting_leaves_times_alone():
    assert typeset("à 10:30 : « oui » ; 5 %") == (
        "à 10:30\u00a0: «\u00a0oui\u00a0»\u202f; 5\u202f%"
    )


def test_a_damage_without_words_is_told_all_the_same():
    found = points(damage=[damaged("something_new", "")])
    assert any("something_new" in point.seen for point in found)


def test_damage_that_asks_the_same_is_one_point():
    found = points(damage=[damaged("mojibake", ""), damaged("excel_date", "", where="column B")])
    (point,) = [point for point in found if point.rule == "mojibake"]
    assert point.seen == (
        "Des lettres accentuées ont été abîmées ; un tableur a changé des réponses en dates"
    )
    assert point.places == ("export.csv, colonnes C à D", "export.csv, colonne B")


def test_days_of_the_fieldwork_are_those_of_the_survey(tmp_path):
    limits = '{"max_value": "2016-03-05T00:00:00", "min_value": "2016-01-17T00:00:00"}'
    page = pages(tmp_path, finding("outside_fieldwork", place="", expected=limits))
    assert "du 17/01/2016 au 04/03/2016" in page["rapport.html"]


def test_a_repeated_row_is_told_once_by_the_rule_that_settled_it():
    rows = [{"respondent_id": "1", "equipe": "oui"}, {"respondent_id": "2", "equipe": "oui"}]
    made = raw_tables([*rows, rows[0]], codebook=BOOK)
    damage = json.dumps([damaged("repeated_respondent", "", where="column A", count=1)])
    twice = finding("respondent_twice", suite="raw", severity="serious", place="")
    told = supplier_points(
        report(twice),
        made.accept().rejected_responses,
        made.source_files.assign(damage=damage),
        made.raw_columns,
        edition="2018",
        codebook=BOOK,
    )
    (point,) = told
    assert (point.rule, point.settled, point.places) == (
        "duplicate_row",
        True,
        ("export.csv, ligne 5",),
    )


def test_without_the_rule_that_settles_it_a_repeated_row_is_told():
    twice = finding("respondent_twice", suite="raw", severity="serious", place="")
    assert "respondent_twice" in {point.rule for point in points(twice)}


def test_of_a_rule_of_both_suites_the_accepted_responses_count():
    found = points(
        finding("hasty", suite="raw", place="", row_numbers='{"s1": [3, 4, 9]}'),
        finding("hasty", place=""),
    )
    (point,) = [point for point in found if point.rule == "hasty"]
    assert point.places == ("export.csv, lignes 3 et 4",)


def test_columns_with_the_same_rows_are_told_together():
    row = {"objectifs__aucun": "Aucun", "objectifs__informer": "Informer les habitants"}
    made = raw_tables([{"respondent_id": "1", **row}], codebook=BOOK)
    (point,) = supplier_points(
        report(),
        made.accept().rejected_responses,
        made.source_files,
        made.raw_columns,
        edition="2018",
        codebook=BOOK,
    )
    assert point.places == ("export.csv, ligne 3, colonnes B et C (« Objectifs »)",)


def test_every_damage_that_the_reader_can_find_has_words():
    folder = Path(resources.files("observatoire_pipeline.ingest"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    named = {
        call.args[0].value
        for tree in trees
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") == "Damage"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert len(named) > 30
    assert named - set(RULES) == set()


def test_the_rows_file_holds_every_row_and_opens_in_a_spreadsheet(tmp_path):
    many = ", ".join(str(row) for row in range(3, 201, 2))
    found = finding("straight_line", row_numbers=f'{{"s1": [{many}]}}', unexpected_rows=99)
    pages(tmp_path, found)
    raw_bytes = (tmp_path / "note_fournisseur_lignes.csv").read_bytes()
    assert raw_bytes.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw_bytes.decode("utf-8-sig").splitlines(), delimiter=";"))
    (straight,) = [row for row in rows if "même réponse" in row["Constat"]]
    assert re.findall(r"\d+", straight["Lignes"]) == [str(row) for row in range(3, 201, 2)]


def test_a_file_name_is_no_formula_in_the_rows_file(tmp_path):
    point = Point("hasty", ("Vu",), "Rien.", (Place(file="=cmd.csv", rows=(3,)),), 1, 1, "lignes")
    made = raw()
    write_pages(
        tmp_path,
        report(),
        [point],
        made.source_files,
        responses=2,
        edition="2018",
        codebook=BOOK,
    )
    assert ";'=cmd.csv;" in (tmp_path / "note_fournisseur_lignes.csv").read_text(encoding="utf-8")


def test_what_both_suites_found_in_the_same_rows_is_one_finding(tmp_path):
    both = [
        finding("straight_line", suite=suite, rows=n) for suite, n in (("raw", 5), ("accepted", 4))
    ]
    page = pages(tmp_path, *both)["rapport.html"]
    assert "À regarder\u00a0: 1 constat<" in page
    assert "\u202f; 1 appelle un regard" in page
    assert "Fichier et réponses" in page
    other = [both[0], finding("straight_line", row_numbers='{"s1": [3]}', unexpected_rows=1)]
    assert "À regarder\u00a0: 2 constats<" in pages(tmp_path, *other)["rapport.html"]


def test_items_left_blank_together_are_one_line_of_the_page(tmp_path):
    items = [finding("blanks", place=f"Priorités — {k}", column=f"priorites__{k}") for k in "abc"]
    page = pages(tmp_path, *items, finding("blanks", place="Budget", column="budget"))
    shares = page["rapport.html"].split('id="sans-reponse"')[1]
    assert "Priorités (3 propositions)" in shares
    assert "Priorités — a" not in shares
    assert "Budget" in shares


def test_short_durations_are_told_in_seconds(tmp_path):
    quick = finding("hasty", place="", expected='{"min_value": 20.4}', column="seconds")
    assert "au moins 20 s" in pages(tmp_path, quick)["rapport.html"]


def test_what_is_repaired_is_settled_unless_something_is_left_to_say():
    found = points(damage=[damaged("mojibake", "read again"), damaged("blank_columns", "empty")])
    told = {point.rule: point for point in found}
    assert told["mojibake"].settled
    assert told["mojibake"].to_do.startswith("Rien à renvoyer.")
    assert not told["blank_columns"].settled
    assert told["blank_columns"].rank < told["mojibake"].rank
