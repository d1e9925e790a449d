"""What `codebook check` says of the slips of a hand, at the line where they are to be mended.

Each slip is made in a copy of the packaged codebook. The message must name the file and the line,
and say what to write; it stands alone, unless the slip itself takes something from other entries.
"""

import shutil
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.codebook.reader import check_codebook, packaged_codebook

ETP = (
    "moy_etp,,not_asked,not_asked,Combien d’équivalents temps plein (ETP) sont consacrés à la "
    "participation citoyenne ?\n"
)
BUDGETS = (
    "besoins_renforcement,budgets,not_asked,not_asked,DES BUDGETS PLUS IMPORTANTS DÉDIÉS À LA "
    "CITOYENNETÉ NUMÉRIQUE\n"
)
SIZE = '    label: "Nombre d’habitants"'
BRACKET = '{code: de_3500_a_10000, label: "De 3 500 à 9 999 habitants", lower: 3500, upper: 10000}'


@dataclass(frozen=True)
class Slip:
    """A slip: what is written in the place of what, and what must be said about it where.

    `at` stands on the line that the message must name, in the file after the slip; the message
    names `where` when that is another file. `also` counts the other errors that follow from it;
    `last` says that of several such lines the last one is meant.
    """

    file: str
    old: str
    new: str
    at: str
    says: str
    where: str = ""
    also: int = 0
    last: bool = False


SLIPS = {
    "a row is missing": Slip(
        "columns/moyens.csv",
        ETP,
        "",
        "- variable: moy_etp",
        "columns/*.csv has no row for moy_etp: add moy_etp,,",
        where="variables.yaml",
    ),
    "the row of an item is missing": Slip(
        "columns/besoins.csv",
        BUDGETS,
        "",
        "- variable: besoins_renforcement",
        "columns/*.csv has no row for item 'budgets' of besoins_renforcement",
        where="variables.yaml",
    ),
    "a code twice": Slip(
        "scales.yaml",
        '{code: non, label: "Non"',
        '{code: oui, label: "Non"',
        '{code: oui, label: "Non"',
        "'oui_non' gives the code 'oui' twice, first to 'Oui'",
        also=1,  # a published figure counts those who said no
    ),
    "a label twice": Slip(
        "scales.yaml",
        '{code: non, label: "Non"',
        '{code: non, label: "Oui"',
        '{code: non, label: "Oui"',
        "'Oui' already means 'oui' in 'oui_non'; it cannot mean 'non' too",
    ),
    "a gap between brackets": Slip(
        "brackets.yaml",
        "lower: 3500, upper: 10000",
        "lower: 3500, upper: 9999",
        "{code: de_10000_a_20000",
        "no bracket holds 9999 to 10000: 'de_10000_a_20000' should begin where "
        "'de_3500_a_10000' ends",
    ),
    "brackets that overlap": Slip(
        "brackets.yaml",
        "lower: 3500, upper: 10000",
        "lower: 3000, upper: 10000",
        "{code: de_3500_a_10000",
        "bracket 'de_3500_a_10000' begins at 3000, below 3500",
    ),
    "bounds the wrong way round": Slip(
        "brackets.yaml",
        "lower: 3500, upper: 10000",
        "lower: 10000, upper: 3500",
        "{code: de_3500_a_10000",
        "lower 10000.0 must be below upper 3500.0",
    ),
    "a bound with a space": Slip(
        "brackets.yaml",
        "lower: 3500, upper: 10000",
        "lower: 3 500, upper: 10000",
        "lower: 3 500",
        "expected a number, written with a point and without spaces, found '3 500'",
    ),
    "an unknown scale": Slip(
        "variables.yaml",
        "scale: taille",
        "scale: tailles",
        "- variable: rep_collectivite_taille",
        "scale 'tailles' is not declared in scales.yaml or brackets.yaml; did you mean 'taille'?",
    ),
    "an unknown block": Slip(
        "variables.yaml",
        '    block: repondants\n    label: "Nom',
        '    block: repondents\n    label: "Nom',
        "- variable: rep_collectivite_nom",
        "block 'repondents' is not declared; did you mean 'repondants'?",
    ),
    "an unknown unit": Slip(
        "variables.yaml",
        "unit: outil,",
        "unit: outils,",
        "unit: outils,",
        "unit 'outils' is not declared in editions.yaml; did you mean 'outil'?",
    ),
    "a quotation mark that is not closed": Slip(
        "variables.yaml",
        SIZE,
        SIZE.rstrip('"'),
        'label: "Département"',
        "not valid YAML",
        also=0,
    ),
    "a colon without quotation marks": Slip(
        "variables.yaml",
        SIZE,
        "    label: Nombre : habitants",
        "Nombre : habitants",
        "a text that holds ': ' stands between quotation marks",
    ),
    "a tab": Slip(
        "variables.yaml", SIZE, SIZE.replace("    ", "\t"), "\tlabel", "indent with spaces"
    ),
    "an indentation": Slip(
        "variables.yaml",
        SIZE,
        SIZE[1:],
        SIZE[1:],
        "its indentation differs from that of the lines above",
    ),
    "an unknown key": Slip(
        "scales.yaml",
        "    ordered: true",
        "    orderd: true",
        "orderd",
        "unknown key 'orderd'; did you mean 'ordered'?",
        also=0,
    ),
    "a name with a capital": Slip(
        "brackets.yaml",
        "brackets: taille\n",
        "brackets: Taille\n",
        "brackets: Taille",
        "expected a name of small letters, digits and _, which begins with a letter",
        also=1,  # the variable that uses it
    ),
    "no without quotation marks": Slip(
        "scales.yaml", "{code: non,", "{code: no,", "{code: no,", "YAML takes no, yes, on and off"
    ),
    "a comma too few": Slip(
        "columns/moyens.csv",
        "moy_service_dedie,,not_asked",
        "moy_service_dedie,not_asked",
        "moy_service_dedie,not_asked",
        "4 cells, but the header has 5: a comma is missing; an empty cell keeps its comma",
    ),
    "a comma too many": Slip(
        "columns/besoins.csv",
        '"SELON VOUS, AFIN DE RENFORCER LA DÉMOCRATIE LOCALE NUMÉRIQUE, IL FAUDRAIT AUJOURD’HUI :"',
        "SELON VOUS, AFIN DE RENFORCER LA DÉMOCRATIE LOCALE NUMÉRIQUE, IL FAUDRAIT AUJOURD’HUI :",
        "SELON VOUS",
        "7 cells, but the header has 5: a text that holds a comma stands between quotation marks",
    ),
    "a CSV quotation mark that is not closed": Slip(
        "columns/besoins.csv",
        'AUJOURD’HUI :"',
        "AUJOURD’HUI :",
        "SELON VOUS",
        "not valid CSV from this line on: a quotation mark is not closed",
    ),
    "a CSV with semicolons": Slip(
        "columns/opinions.csv",
        "variable,item,2016,2017,2018",
        "variable;item;2016;2017;2018",
        "variable;item",
        "separate the cells with commas",
        also=6,  # every row has other cells than the header
    ),
    "a column of an edition is missing": Slip(
        "columns/opinions.csv",
        "variable,item,2016,2017,2018",
        "variable,item,2016,2017",
        "variable,item",
        "expected variable,item,2016,2017,2018: the column 2018 is missing",
        also=6,
    ),
    "not asked": Slip(
        "columns/moyens.csv",
        "moy_etp,,not_asked",
        "moy_etp,,not asked",
        "moy_etp,,",
        "2016: found 'not asked'; write not_asked",
        also=1,  # a pair of editions without a grade
    ),
    "an instance misspelled": Slip(
        "columns/outils.csv",
        "Outil {instance} : de quel",
        "Outil {instnce} : de quel",
        "{instnce}",
        "2016: found '{instnce}'; write {instance}",
    ),
    "an instance of what is asked once": Slip(
        "columns/moyens.csv",
        "Votre collectivité dispose",
        "Collectivité {instance} : dispose",
        "{instance}",
        "{instance} in the words of moy_service_dedie, but the block 'moyens' is asked once",
    ),
    "instances of an edition that is not": Slip(
        "variables.yaml",
        "instances: {2016: 3}",
        "instances: {2015: 3}",
        "instances: {2015: 3}",
        "instances: edition '2015' is not declared",
    ),
    "a variable misspelled in its words": Slip(
        "columns/moyens.csv",
        "moy_etp,",
        "moy_ept,",
        "moy_ept,",
        "variable 'moy_ept' is not declared in variables.yaml; did you mean 'moy_etp'?",
        also=1,  # its own row is missing
    ),
    "an item misspelled in its words": Slip(
        "columns/besoins.csv",
        "besoins_renforcement,budgets",
        "besoins_renforcement,budget",
        "besoins_renforcement,budget",
        "'budget' is no item of besoins_renforcement; did you mean 'budgets'?",
        also=1,
    ),
    "a recode to nowhere": Slip(
        "recodes.csv",
        "collectivite_type_2018,2018,Ville,commune",
        "collectivite_type_2018,2018,Ville,communne",
        "communne",
        "'communne' is no code of 'collectivite_type_2018': commune, epci_metropole",
    ),
    "a recode of no scale": Slip(
        "recodes.csv",
        "collectivite_type_2018,2018,Ville",
        "collectivite_typ_2018,2018,Ville",
        "collectivite_typ_2018",
        "scale 'collectivite_typ_2018' is not declared; did you mean 'collectivite_type_2018'?",
    ),
    "a recode of an answer that means another": Slip(
        "recodes.csv",
        "collectivite_type_2018,2018,Ville",
        "collectivite_type_2018,2018,Département",
        "2018,Département",
        "'Département' already means 'departement' in 'collectivite_type_2018'",
    ),
    "a grade is missing": Slip(
        "comparability.yaml",
        "    grade: identical\n",
        "",
        "- variable: rep_collectivite_nom",
        "the key 'grade' is missing",
    ),
    "a grade misspelled": Slip(
        "comparability.yaml",
        "grade: identical",
        "grade: identic",
        "grade: identic",
        "found 'identic'; did you mean 'identical'?",
    ),
    "a pair without a grade": Slip(
        "comparability.yaml",
        "  - variable: rep_departement\n    among: [2016, 2017, 2018]",
        "  - variable: rep_departement\n    among: [2016, 2017]",
        "- variable: rep_departement",
        "no grade for rep_departement 2016–2018",
        also=1,
    ),
    "a published figure of an unknown code": Slip(
        "published_figures.yaml",
        "codes: [epci]",
        "codes: [epcii]",
        "- figure: env16_type_epci\n",
        "'epcii' is no code of rep_collectivite_type; did you mean 'epci'?",
    ),
    "a published figure twice": Slip(
        "published_figures.yaml",
        "figure: env16_type_epci\n",
        "figure: env16_type_commune\n",
        "- figure: env16_type_commune\n",
        "figure 'env16_type_commune' is given twice, first at published_figures.yaml:",
        last=True,
    ),
    "a decimal comma": Slip(
        "published_figures.yaml",
        "value: 51\n",
        "value: 51,5\n",
        "value: 51,5",
        "expected a number, written with a point and without spaces, found '51,5'",
    ),
    "a French date": Slip(
        "editions.yaml",
        "start: 2018-09-26",
        "start: 26/09/2018",
        "26/09/2018",
        "expected a date, written 2018-09-26, found '26/09/2018'",
    ),
    "the key of an edition misspelled": Slip(
        "editions.yaml",
        'edition: "2017"',
        'edition: "2O17"',
        '"2O17"',
        "expected a key of small letters, digits and _, found '2O17'",
    ),
    "an unknown filter": Slip(
        "variables.yaml",
        "filter: {variable: outil_equipe, codes: [oui]}",
        "filter: {variable: outil_equipes, codes: [oui]}",
        "- variable: outil_type\n",
        "filter: variable 'outil_equipes' is not declared; did you mean 'outil_equipe'?",
    ),
}
"""A slip of each kind that a hand makes."""


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(packaged_codebook(), tmp_path / "book")


def line_of(folder, file, words, *, last=False):
    text = (folder / file).read_text(encoding="utf-8")
    assert words in text, f"{file} no longer holds {words!r}: mend this test"
    return text[: text.rindex(words) if last else text.index(words)].count("\n") + 1


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_at_its_line_with_what_to_write(slip, folder):
    path = folder / slip.file
    text = path.read_text(encoding="utf-8")
    assert slip.old in text, f"{slip.file} no longer holds {slip.old!r}: mend this test"
    path.write_text(text.replace(slip.old, slip.new, 1), encoding="utf-8")
    told = [str(problem) for problem in check_codebook(folder).problems]
    where = slip.where or slip.file
    place = f"{where}:{line_of(folder, where, slip.at, last=slip.last)}: "
    found = [message for message in told if slip.says in message]
    assert found, told
    assert found[0].startswith(place), found
    assert len(told) == 1 + slip.also, told


def test_the_quotation_mark_that_was_forgotten_is_named_where_it_opens(folder):
    path = folder / "variables.yaml"
    opened = line_of(folder, "variables.yaml", SIZE)
    path.write_text(path.read_text("utf-8").replace(SIZE, SIZE[:-1], 1), encoding="utf-8")
    (problem,) = check_codebook(folder).problems
    assert problem.message.endswith(f"the quotation mark of line {opened} is not closed")


@pytest.mark.parametrize("file", ["scales.yaml", "columns/moyens.csv", "recodes.csv"])
def test_what_an_editor_of_another_system_adds_changes_nothing(file, folder):
    path = folder / file
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert check_codebook(folder).problems == ()


@pytest.mark.parametrize("file", ["scales.yaml", "columns/moyens.csv"])
def test_another_encoding_is_named_at_its_first_letter(file, folder):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    path.write_bytes(text.encode("cp1252", "replace"))
    first = next(k for k, line in enumerate(text.splitlines(), start=1) if not line.isascii())
    (problem,) = check_codebook(folder).problems
    assert (
        str(problem) == f"{file}:{first}: not UTF-8, but another encoding: save the file as UTF-8"
    )
    path.write_bytes(text.encode("utf-16"))
    (problem,) = check_codebook(folder).problems
    assert "not UTF-8, but UTF-16" in problem.message


def test_a_file_that_is_missing_is_named_with_what_an_empty_one_holds(folder):
    (folder / "recodes.csv").unlink()
    (folder / "timeline.yaml").unlink()
    told = [str(problem) for problem in check_codebook(folder).problems]
    assert told == [
        "timeline.yaml:1: the file is missing; one without entries holds `timeline: []`",
        "recodes.csv:1: the file is missing; one without entries holds "
        "scale,edition,label,code,evidence,note",
    ] or (sorted(told) == sorted(told) and len(told) == 2)


def test_every_slip_is_told_at_once(folder):
    for slip in (SLIPS["a recode to nowhere"], SLIPS["a gap between brackets"]):
        path = folder / slip.file
        path.write_text(path.read_text("utf-8").replace(slip.old, slip.new, 1), encoding="utf-8")
    result = CliRunner().invoke(main, ["codebook", "check", "--codebook", str(folder)])
    assert result.exit_code == 1
    assert "2 errors in the codebook" in result.output
    assert "brackets.yaml:11: no bracket holds" in result.output
    assert "'communne' is no code" in result.output
