"""The three synthetic exports, read back from their files: their aims and their limits."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
import unicodedata
from pathlib import Path

import pytest
import yaml

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.sample.assumptions import (
    ASSUMPTIONS,
    COLLECTIVITES,
    packaged_sample,
    read_sample_data,
)
from observatoire_pipeline.sample.landing import write_sample
from observatoire_pipeline.sample.writers import SampleError
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.sample.reading import grid, read_export

CODEBOOK = read_codebook(packaged_codebook())
DATA = packaged_sample("barometre_dln")
SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", Path(__file__).parents[4] / "shared"))


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    out = tmp_path_factory.mktemp("landing")
    paths = write_sample(out, codebook=CODEBOOK)
    return dict(zip(("2016", "2017", "2018"), paths, strict=True))


@pytest.fixture(scope="module")
def exports(landing):
    return {
        edition: read_export(path, codebook=CODEBOOK, edition=edition)
        for edition, path in landing.items()
    }


# --- what it aims at ------------------------------------------------------------------------

AIMS = [
    # edition, variable, item, codes, units, answers other than "ne sait pas"
    ("2016", "rep_collectivite_type", None, ["commune"], 99, 194),
    ("2016", "rep_collectivite_type", None, ["epci"], 53, 194),
    ("2016", "rep_collectivite_type", None, ["metropole"], 8, 194),
    ("2016", "rep_collectivite_type", None, ["departement"], 24, 194),
    ("2016", "rep_collectivite_type", None, ["region"], 10, 194),
    ("2016", "outil_type", None, ["open_data"], 24, 55),
    ("2016", "outil_satisfaction_nb_citoyens", None, ["tres_satisfait", "plutot_satisfait"], 28, 55),  # noqa: E501
    ("2016", "disp_articulation_presentiel", None, ["oui"], 34, 55),
    *(
        ("2016", "perc_effets_outils", item, ["tout_a_fait_d_accord", "plutot_d_accord"], n, 158)
        for item, n in (
            ("renforcent_participation", 126),
            ("cout_supplementaire", 89),
            ("gain_temps", 92),
            ("support_communication", 125),
        )
    ),
    ("2017", "disp_perennite", None, ["permanent"], 40, 60),
    ("2017", "disp_continuite", None, ["prolonge", "projet_plus_large"], 45, 60),
    ("2017", "disp_articulation_presentiel", None, ["oui"], 54, 60),
    ("2018", "rep_collectivite_type", None, ["commune"], 50, 70),
    ("2018", "moy_etp", None, ["aucun", "moins_1"], 15, 69),
    ("2018", "moy_budget_consolide", None, ["non"], 42, 70),
    ("2018", "moy_service_dedie", None, ["oui"], 37, 70),
    ("2018", "moy_role_service_communication", None, ["oui"], 56, 70),
    *(
        ("2018", "perc_apports_outils", item, ["oui_tout_a_fait", "oui_plutot"], n, 58)
        for item, n in (
            ("valoriser_travail", 57),
            ("nouveaux_publics", 51),
            ("adhesion", 52),
            ("confiance", 52),
            ("engagement", 52),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edition", "variable", "item", "codes", "units", "base"), AIMS)
def test_a_share_is_hit_with_its_numerator_and_its_base(
    exports, edition, variable, item, codes, units, base
):
    tally = exports[edition].tally(variable, item)
    assert sum(tally[code] for code in codes) == units
    assert tally.total() - tally["do_not_know"] == base


@pytest.mark.parametrize(
    ("variable", "base", "ticks"),
    [
        (
            "disp_en_place",
            66,
            {
                "demarches_ponctuelles": 46,
                "conseils_quartier": 39,
                "plateformes": 38,
                "conseils_citoyens": 33,
                "signalement": 28,
                "budgets_participatifs": 20,
                "aucun": 8,
            },
        ),
        ("disp_publics", 55, {"citoyens": 53, "associations": 32, "agents_economiques": 16}),
        ("disp_reseaux_sociaux", 70, {"reseaux_sociaux": 54}),
    ],
)
def test_the_ticks_of_2018_are_hit_with_their_base(exports, variable, base, ticks):
    export = exports["2018"]
    assert export.answered(variable) == base
    assert {item: export.tally(variable, item)["selected"] for item in ticks} == ticks


def test_the_budget_of_2018_follows_the_deck_bracket_by_bracket(exports):
    tally = exports["2018"].tally("moy_budget_tranche")
    order = [code.code for code in CODEBOOK.scales["budget"].codes]
    assert [tally[code] for code in order] == [12, 3, 4, 4, 10, 3, 10, 8, 4, 3]
    assert tally["do_not_know"] == 8


def test_44_equipped_collectivites_of_2016_describe_55_tools(exports):
    export = exports["2016"]
    assert export.tally("outil_equipe")["oui"] == 44
    described = [
        sum(bool(export.cells[("outil_type", None, k)][row]) for k in (1, 2, 3))
        for row in range(len(export.rows))
    ]
    assert [described.count(number) for number in (1, 2, 3)] == [34, 9, 1]


def test_48_collectivites_of_2017_describe_60_devices_mostly_under_three_years(exports):
    tally = exports["2017"].tally("disp_anciennete")
    assert tally.total() == 60
    assert tally["moins_1_an"] + tally["de_1_a_3_ans"] > 60 * 2 / 3


@pytest.mark.parametrize(
    "figure", [f for f in CODEBOOK.published.values() if f.sample.aims], ids=lambda f: f.figure
)
def test_every_published_figure_that_the_sample_aims_at_is_reproduced(exports, figure):
    export = exports[figure.edition]
    tally = export.tally(figure.variable, figure.item)
    numerator = sum(tally[code] for code in figure.codes)
    if figure.statistic == "count":
        assert numerator == figure.value
        return
    if CODEBOOK.variables[figure.variable].kind == "multiple":
        base = export.answered(figure.variable)
    else:
        base = tally.total()
        base -= tally["do_not_know"] if figure.base_rule == "answered" else 0
    share = 100 * numerator / base
    # Largest remainders (the budget) and "about nine out of ten" are within one point.
    within = 0.5 * 10**-figure.decimals if figure.rounding == "half_up" else 1.0
    assert abs(share - figure.value) <= within + 1e-9


# --- what it respects -----------------------------------------------------------------------


@pytest.mark.parametrize(("edition", "rows"), [("2016", 194), ("2017", 48), ("2018", 70)])
def test_each_edition_has_its_responses_and_one_row_that_stands_twice(exports, edition, rows):
    export = exports[edition]
    assert (len(export.rows), export.twice) == (rows, 1)
    assert len({row[0] for row in export.rows}) == rows


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_a_question_that_does_not_apply_is_blank(exports, edition):
    export = exports[edition]
    for variable in CODEBOOK.variables_asked(edition):
        rule = variable.filter
        if rule is None:
            continue
        source = export.cells[(rule.variable, rule.item, 1)]
        seen = [False] * len(export.rows)
        if rule.item is not None:
            for (name, _, _), values in export.cells.items():
                if name == rule.variable:
                    seen = [a or bool(b) for a, b in zip(seen, values, strict=True)]
        for (name, item, _), values in export.cells.items():
            if name != variable.variable:
                continue
            for row, value in enumerate(values):
                code = source[row] or ("not_selected" if seen[row] else "")
                assert not value or code in rule.codes, f"{name} {item} row {row}"


def test_a_respondent_who_leaves_is_blank_from_there_to_the_end(exports):
    for edition, variable, count in (("2016", "outil_equipe", 9), ("2018", "disp_objectifs", 8)):
        export = exports[edition]
        asked = [v.variable for v in CODEBOOK.variables_asked(edition)]
        after = set(asked[asked.index(variable) :])
        left = [
            row
            for row in range(len(export.rows))
            if not any(v[row] for (name, _, _), v in export.cells.items() if name in after)
        ]
        assert len(left) == count


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_a_box_holds_its_own_heading(exports, edition):
    export = exports[edition]
    for offset, (variable, item, _, _) in enumerate(export.columns):
        entry = CODEBOOK.variables[variable]
        if entry.kind != "multiple" or entry.item(item).text:
            continue
        column = 9 + offset
        found = {normalise_label(str(row[column])) for row in export.rows} - {""}
        assert found <= {normalise_label(export.labels[column])}


def test_no_choice_that_excludes_the_others_stands_beside_one(exports):
    export = exports["2018"]
    for variable in ("disp_en_place", "disp_reseaux_sociaux", "moy_accompagnement_externe"):
        items = CODEBOOK.variables[variable].items
        alone = export.cells[(variable, next(i.item for i in items if i.exclusive), 1)]
        for item in items:
            if not item.exclusive:
                other = export.cells[(variable, item.item, 1)]
                assert not any(a and b for a, b in zip(alone, other, strict=True))


def test_ranks_are_a_ranking_and_a_more_precise_evaluation_comes_last(exports):
    export = exports["2018"]
    items = [item.item for item in CODEBOOK.variables["besoins_renforcement"].items]
    columns = [export.cells[("besoins_renforcement", item, 1)] for item in items]
    for ranks in zip(*columns, strict=True):
        given = sorted(int(rank) for rank in ranks if rank)
        assert given == list(range(1, len(given) + 1))
    means = {
        item: sum(int(rank) for rank in column if rank) / sum(bool(rank) for rank in column)
        for item, column in zip(items, columns, strict=True)
    }
    assert max(means, key=means.get) == "evaluation"


@pytest.mark.parametrize("edition", ["2016", "2017", "2018"])
def test_every_row_says_what_it_is_and_names_nobody(exports, edition):
    for row in exports[edition].rows:
        assert normalise_label(row[8]) == normalise_label("DONNÉES SYNTHÉTIQUES")
        assert str(row[4]).startswith("192.0.2.")
        assert str(row[5]).endswith("@example.org")


def test_each_edition_has_the_form_of_its_time(landing):
    old = landing["2016"].read_bytes()
    assert old.startswith(b"RespondentID;CollectorID;StartDate;")
    assert old.split(b"\r\n")[1].startswith(b";".join([b"\x00"] * 9))
    assert re.search(rb";0[1-3]/\d\d/2016 \d\d:\d\d:\d\d;", old)
    book = grid(landing["2017"])
    assert book[0][:3] == ["Respondent ID", "Collector ID", "Start Date"]
    assert book[2][2].year == 2017
    import zipfile

    with zipfile.ZipFile(landing["2018"]) as archive:
        (name,) = archive.namelist()
        new = archive.read(name)
    assert name == "Baromètre de la démocratie locale numérique 2018.csv"
    assert new.startswith(b"\xef\xbb\xbfRespondent ID,")
    assert re.search(rb",(09|1[0-2])/\d\d/2018 [1-9]\d?:\d\d:\d\d [AP]M,", new)
    assert landing["2018"].name.isascii()


def test_the_texts_hold_what_people_type(exports):
    typed = [v for values in exports["2018"].cells.values() for v in values]
    typed += [v for values in exports["2016"].cells.values() for v in values]
    assert {"N/A", "-"} <= set(typed)
    assert any("\n" in value for value in typed)


def test_some_collectivites_answer_several_editions(exports):
    desks = {
        edition: {str(row[5]).split("@")[0].rsplit(".", 1)[1] for row in export.rows}
        for edition, export in exports.items()
    }
    assert len(desks["2016"] & desks["2017"]) >= 10
    assert len((desks["2016"] | desks["2017"]) & desks["2018"]) >= 20
    assert desks["2016"] & desks["2017"] & desks["2018"]


# --- the files ------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_one_the_same_counts(landing, tmp_path):
    again = write_sample(tmp_path / "again", codebook=CODEBOOK)
    other = write_sample(tmp_path / "other", codebook=CODEBOOK, seed=7)
    for path, same, different in zip(landing.values(), again, other, strict=True):
        assert path.read_bytes() == same.read_bytes()
        assert path.read_bytes() != different.read_bytes()
    export = read_export(other[2], codebook=CODEBOOK, edition="2018")
    assert export.answered("disp_en_place") == 66
    assert export.tally("moy_budget_tranche")["zero"] == 12


def test_a_manifest_says_that_the_answers_are_synthetic(landing):
    for path in landing.values():
        manifest = yaml.safe_load((path.parent / "manifest.yaml").read_text(encoding="utf-8"))
        assert manifest["synthetic"] is True
        assert manifest["note"].startswith("Données synthétiques")
        assert sorted(p.name for p in path.parent.iterdir()) == sorted([path.name, "manifest.yaml"])


def test_a_folder_that_it_wrote_is_replaced(tmp_path):
    first = write_sample(tmp_path, codebook=CODEBOOK, seed=1)
    (first[0].parent / "vieux.csv").write_text("reste d’un échantillon", encoding="utf-8")
    write_sample(tmp_path, codebook=CODEBOOK, seed=2)
    assert not (first[0].parent / "vieux.csv").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2016", "2017", "2018"]


@pytest.mark.parametrize(
    "manifest",
    [None, "synthetic: false\n", "synthetic: 'true'\n", "note: reçu le 3 mars\n", "{", "- 1\n"],
)
def test_a_real_landing_is_never_overwritten_and_nothing_else_is_written(tmp_path, manifest):
    real = tmp_path / "2017"
    real.mkdir()
    (real / "export.csv").write_text("vraies réponses", encoding="utf-8")
    if manifest is not None:
        (real / "manifest.yaml").write_text(manifest, encoding="utf-8")
    before = sorted(p.name for p in real.iterdir())
    with pytest.raises(SampleError, match=r"2017: no manifest\.yaml that says synthetic: true"):
        write_sample(tmp_path, codebook=CODEBOOK)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2017"]
    assert sorted(p.name for p in real.iterdir()) == before
    assert (real / "export.csv").read_text(encoding="utf-8") == "vraies réponses"


# --- the fictional collectivités -------------------------------------------------------------


def _bare(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.casefold().replace("œ", "oe").replace("’", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.sub(r"[^a-z0-9]+", " ", plain).split()
    kind = {"cc", "ca", "cu", "communaute", "communes", "agglomeration", "urbaine", "metropole",
            "departement", "region", "du", "de", "des", "d", "la", "le", "l", "les", "pays", "val",
            "grande", "grand"}  # fmt: skip
    return " ".join(word for word in words if word not in kind)


FICTIONAL = list(csv.DictReader(io.StringIO((DATA / COLLECTIVITES).read_text(encoding="utf-8"))))


def test_the_fictional_collectivites_are_many_and_their_codes_cannot_be_real():
    assert len(FICTIONAL) >= 200
    assert {row["code"][0] for row in FICTIONAL} == {"X"}
    departements = {f"{n:02d}" for n in range(1, 96)} - {"20"} | {"2A", "2B"}
    departements |= {"971", "972", "973", "974", "976"}
    assert {row["departement"] for row in FICTIONAL} <= departements
    regions = {code.code for code in CODEBOOK.scales["region"].codes}
    assert {row["region"] for row in FICTIONAL} <= regions


def test_no_fictional_collectivite_bears_a_real_name():
    reference = SHARED / "reference"
    if not reference.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reference} is absent, and CI=true")
        pytest.skip(f"the yearly tables of communes and EPCI are not at {reference}")
    real: set[str] = set()
    for path in sorted(reference.glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            real |= {_bare(row["name"]) for row in csv.DictReader(stream)}
    assert len(real) > 30_000
    assert [row["name"] for row in FICTIONAL if _bare(row["name"]) in real] == []


def test_no_fictional_region_or_departement_bears_a_real_name():
    real = {_bare(code.label) for code in CODEBOOK.scales["region"].codes} | {"haute loire", "ain"}
    assert [row["name"] for row in FICTIONAL if _bare(row["name"]) in real] == []


# --- another survey, another edition ---------------------------------------------------------

_FILE = {
    "name": "export.csv",
    "container": "csv",
    "layout": "condensed",
    "encoding": "cp1252",
    "delimiter": ";",
    "first_respondent_id": 1000,
    "collector_id": 5,
    "custom": "DONNEES SYNTHETIQUES",
}


def _small_data(folder: Path, **edition: object) -> Path:
    """Write sample data that say of an edition no more than who answers and in which file."""
    content = yaml.safe_load((DATA / ASSUMPTIONS).read_text(encoding="utf-8"))
    content["variables"] = {}
    content["endings"] = {}
    content["editions"] = [
        {
            "edition": "2018",
            "note": "Données synthétiques",
            "fieldwork": {"start": "2018-01-01", "end": "2018-02-01"},
            "respondents": {"commune": 40, "region": 4},
            "file": _FILE,
        }
        | edition
    ]
    folder.mkdir(exist_ok=True)
    (folder / ASSUMPTIONS).write_text(yaml.safe_dump(content), encoding="utf-8")
    (folder / COLLECTIVITES).write_bytes((DATA / COLLECTIVITES).read_bytes())
    return folder


@pytest.mark.parametrize("layout", ["condensed", "expanded"])
def test_any_codebook_gets_a_sample_from_the_defaults_alone(tmp_path, layout):
    codebook = small_codebook()
    data = _small_data(tmp_path / "data", file=_FILE | {"layout": layout})
    (path,) = write_sample(tmp_path / "out", codebook=codebook, data=data)
    export = read_export(path, codebook=codebook, edition="2018")
    assert len(export.rows) == 44
    for variable in codebook.variables_asked("2018"):
        if variable.variable != "outil_nom":
            assert export.answered(variable.variable) > 0, variable.variable
    frequency = export.tally("difficultes", "moyens")
    assert frequency["jamais"] > frequency["souvent"], "the positive pole, as declared"
    assert export.answered("outil_type") <= export.tally("equipe")["oui"]


def test_both_layouts_hold_the_same_answers(tmp_path):
    codebook = small_codebook()
    found = []
    for layout in ("condensed", "expanded"):
        data = _small_data(tmp_path / layout, file=_FILE | {"layout": layout})
        (path,) = write_sample(tmp_path / f"out_{layout}", codebook=codebook, data=data)
        export = read_export(path, codebook=codebook, edition="2018")
        found.append({(v, i): export.tally(v, i) for v, i, _ in export.cells if i != "autre"})
    assert found[0] == found[1]


def test_every_error_of_the_assumptions_is_listed_with_its_line(tmp_path):
    data = _small_data(
        tmp_path / "data",
        stops={"outil_type": 1},
        instances={"outils": {3: 1}},
        variables={
            "profil": {"counts": {"village": 3}},
            "inconnue": {"base": 1},
            "agents": {"within": "profil"},
            "difficultes": {"items": {"argent": {"base": 1}}},
        },
    )
    with pytest.raises(SampleError) as caught:
        read_sample_data(data, codebook=small_codebook())
    message = str(caught.value)
    for part in (
        "no answer village; its answers: ",
        "'inconnue' is not in the codebook",
        "'profil' is no question with brackets",
        "'argent' is no item of 'difficultes'; its items: moyens, temps",
        "'outil_type' belongs to a repeated block",
        "'outils' has 2 in edition 2018, not 3",
    ):
        assert part in message
    assert len(caught.value.problems) == 6
    assert all(re.match(r"assumptions\.yaml:\d+: ", problem) for problem in caught.value.problems)


def test_a_key_that_is_unknown_or_given_twice_is_an_error(tmp_path):
    data = _small_data(tmp_path / "data")
    path = data / ASSUMPTIONS
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "surprise: 1\nsurprise: 2\n", encoding="utf-8")
    with pytest.raises(SampleError) as caught:
        read_sample_data(data, codebook=small_codebook())
    last = text.count("\n") + 2
    assert f"assumptions.yaml:{last}: the key 'surprise' is given twice" in str(caught.value)
    assert f"assumptions.yaml:{last}: surprise: Extra inputs are not permitted" in str(caught.value)


def test_counts_that_cannot_be_met_are_all_listed_with_edition_and_variable(tmp_path):
    data = _small_data(
        tmp_path / "data",
        variables={"budget": {"base": 45}, "equipe": {"counts": {"oui": 60}}},
    )
    with pytest.raises(SampleError) as caught:
        write_sample(tmp_path / "out", codebook=small_codebook(), data=data)
    assert "edition 2018: budget: a base of 45 is assumed, but 44 are asked" in str(caught.value)
    assert "edition 2018: equipe: 60 answers are assumed, but 44 are asked" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_edition_that_cannot_be_written_leaves_every_folder_as_it_was(tmp_path):
    codebook = small_codebook()
    data = _small_data(tmp_path / "data")
    (good,) = write_sample(tmp_path / "out", codebook=codebook, data=data)
    before = good.read_bytes()
    spelled = {"budget": {"moins_5000": "Moins de 5\u202f000 €"}}
    _small_data(tmp_path / "data", file=_FILE | {"encoding": "ascii"}, spellings=spelled)
    with pytest.raises(SampleError, match="ascii lacks characters"):
        write_sample(tmp_path / "out", codebook=codebook, data=data)
    assert good.read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["2018"]


def test_the_items_of_a_matrix_differ_from_one_another(exports):
    items = CODEBOOK.variables["disp_objectifs"].items
    tallies = {
        tuple(sorted(exports["2018"].tally("disp_objectifs", i.item).items())) for i in items
    }
    assert len(tallies) > len(items) / 2


def test_more_collectivites_than_there_are_is_an_error(tmp_path):
    data = _small_data(tmp_path / "data", respondents={"region": 400})
    with pytest.raises(SampleError, match="respondents: 400 of type region"):
        write_sample(tmp_path / "out", codebook=small_codebook(), data=data)


def test_an_edition_written_alone_is_the_same_as_with_the_others(tmp_path):
    book = read_codebook(packaged_codebook())
    write_sample(tmp_path / "all", codebook=book)
    (alone,) = write_sample(tmp_path / "one", codebook=book, only=["2018"])
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["2018"]
    assert alone.read_bytes() == (tmp_path / "all" / "2018" / alone.name).read_bytes()
