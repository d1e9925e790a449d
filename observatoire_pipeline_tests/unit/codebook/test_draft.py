"""A draft writes down what is proved, and marks `review:` what a person must decide."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from observatoire_pipeline.cli.codebook import days_of
from observatoire_pipeline.codebook.draft import (
    DraftError,
    draft_edition,
    write_draft,
)
from observatoire_pipeline.codebook.edits import CsvText, YamlText
from observatoire_pipeline.codebook.first_draft import draft_codebook
from observatoire_pipeline.codebook.intervals import (
    NewInterval,
    bracket_lines,
    common_partition,
)
from observatoire_pipeline.codebook.labels import is_cut
from observatoire_pipeline.codebook.questionnaire import (
    Question,
    Questionnaire,
    questionnaire_of,
)
from observatoire_pipeline.codebook.reader import (
    CodebookError,
    check_codebook,
    packaged_codebook,
    read_codebook,
)
from observatoire_pipeline.codebook.review import review_page
from observatoire_pipeline.longitudinal.comparability import comparability_problems
from observatoire_pipeline_tests.codebook.decisions import accept

AGENT = "Agent chargé de la participation"


@pytest.fixture(scope="module")
def book():
    return read_codebook(packaged_codebook())


def as_exported(asked):
    """Return an edition as an export shows it: no names, and only the answers that were given."""
    return Questionnaire(
        "export.csv",
        tuple(
            replace(q, variable="", spellings={}, codes=(), options_complete=False)
            for q in asked.questions
        ),
    )


def change(questionnaire, start, **fields):
    """Return the questionnaire with one question changed, found by the start of its title."""
    (found,) = [q for q in questionnaire.questions if q.title.startswith(start)]
    return replace(
        questionnaire,
        questions=tuple(replace(q, **fields) if q is found else q for q in questionnaire.questions),
    )


def written(book, questionnaire, folder, *, base="2018"):
    draft = draft_edition(book, questionnaire, edition="2019", base=base)
    page = review_page(draft, edition="2019", base=base, source="export.csv")
    write_draft(draft, codebook=book.root, out=folder, page=page)
    return draft


@pytest.mark.parametrize("base", ["2016", "2017", "2018"])
def test_an_unchanged_edition_leaves_nothing_to_decide(book, tmp_path, base):
    draft = written(book, as_exported(questionnaire_of(book, base)), tmp_path / "new", base=base)
    assert (draft.marks, draft.reviews) == (0, ())
    new = read_codebook(tmp_path / "new")
    assert new.edition_keys == ("2016", "2017", "2018", "2019")
    names = [v.variable for v in book.variables_asked(base)]
    assert [v.variable for v in new.variables_asked("2019")] == names
    for name in names:
        assert new.codes_of(name, edition="2019") == book.codes_of(name, edition=base)
        assert new.block_of(name, "2019") == new.block_of(name, base)


def test_files_change_by_addition_alone(book, tmp_path):
    written(book, as_exported(questionnaire_of(book, "2018")), tmp_path / "new")
    for name in ("editions.yaml", "comparability.yaml", "scales.yaml", "recodes.csv"):
        before = (book.root / name).read_text("utf-8")
        assert (tmp_path / "new" / name).read_text("utf-8").startswith(before)
    for path in book.root.glob("columns/*.csv"):
        new = (tmp_path / "new" / "columns" / path.name).read_text("utf-8").splitlines()
        for old_line, new_line in zip(path.read_text("utf-8").splitlines(), new, strict=True):
            assert new_line.startswith(old_line + ",")


def test_a_reworded_title_is_proposed_with_its_score(book, tmp_path):
    title = "Votre collectivité dispose-t-elle aujourd’hui d’un service voué à la participation ?"
    export = change(
        as_exported(questionnaire_of(book, "2018")),
        "Votre collectivité dispose-t-elle d’un service",
        title=title,
    )
    draft = written(book, export, tmp_path / "new")
    (review,) = draft.reviews
    assert (review.subject, review.score) == ("moy_service_dedie", pytest.approx(88, abs=8))
    assert "{+aujourd’hui+}" in review.difference
    with pytest.raises(CodebookError) as caught:
        read_codebook(tmp_path / "new")
    told = [str(p) for p in caught.value.problems]
    assert len(told) == draft.marks == 3
    assert "columns/moyens.csv:2: review: decide whether 2019 asks moy_service_dedie" in told[0]
    assert told[1].startswith("comparability.yaml:")
    assert "to accept 'reworded'" in told[1]
    assert "decide what readers are told beside the figures" in told[2]
    assert title in (tmp_path / "new" / "columns" / "moyens.csv").read_text("utf-8")
    assert "**moy_service_dedie** (score" in (tmp_path / "new" / "review.md").read_text("utf-8")
    accept(tmp_path / "new")
    new = read_codebook(tmp_path / "new")
    assert new.column_text("moy_service_dedie", None, "2019") == title
    assert new.grade("moy_service_dedie", None, "2018", "2019").grade == "reworded"


def test_the_notes_of_a_draft_never_stand_beside_figures(book, tmp_path):
    title = "Votre collectivité dispose-t-elle aujourd’hui d’un service voué à la participation ?"
    start = "Votre collectivité dispose-t-elle d’un service"
    written(book, change(as_exported(questionnaire_of(book, "2018")), start, title=title), tmp_path)
    for path in (*tmp_path.glob("*.yaml"), *tmp_path.glob("columns/*.csv")):
        path.write_text(path.read_text("utf-8").replace("review: ", ""), encoding="utf-8")
    (problem,) = check_codebook(tmp_path).problems
    lines = (tmp_path / problem.file).read_text("utf-8").splitlines()
    assert (problem.file, "À relire" in lines[problem.line - 1]) == ("comparability.yaml", True)
    assert "write in its place what changed between the editions" in problem.message
    with pytest.raises(CodebookError, match="decide what readers are told"):
        read_codebook(tmp_path)


def test_words_that_were_cut_are_completed_where_the_export_shows_them_whole(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    (goals,) = [q for q in export.questions if any(is_cut(item) for item in q.items)]
    items = tuple(i.replace("l’action […]", "l’action publique") for i in goals.items)
    draft = written(book, change(export, goals.title, items=items), tmp_path)
    (place,) = draft.places
    assert (place.file, place.detail) == ("columns/perceptions.csv", "avis_preferences")
    cell = "pour améliorer l’action publique"
    line = (tmp_path / place.file).read_text("utf-8").splitlines()[place.line - 1]
    assert line.count(cell) == 2 and line.count("review: ") == 1
    assert f"{place.file}:{place.line}: `{place.proposal}`" in (tmp_path / "review.md").read_text()
    accept(tmp_path)
    new = read_codebook(tmp_path)
    for edition in ("2018", "2019"):
        assert new.column_text("disp_objectifs", "avis_preferences", edition).endswith(cell)
    grade = new.grade("disp_objectifs", "avis_preferences", "2018", "2019")
    assert grade.grade == "identical"


def test_inclusive_writing_is_a_spelling_and_not_a_decision(book, tmp_path):
    export = change(
        as_exported(questionnaire_of(book, "2018")),
        "Quelle est votre fonction",
        title="Quelle est, votre fonction",
    )
    draft = written(book, export, tmp_path / "new")
    assert draft.marks == 0
    grade = read_codebook(tmp_path / "new").grade("rep_fonction", None, "2018", "2019")
    assert (grade.grade, "ponctuation" in grade.reason) == ("reworded", True)


def test_a_dropped_question_is_not_asked_and_told(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    kept = tuple(q for q in export.questions if not q.title.startswith("De nouveaux dispositifs"))
    draft = written(book, replace(export, questions=kept), tmp_path / "new")
    assert [note.subject for note in draft.notes] == ["disp_nouveaux_2019"]
    assert not read_codebook(tmp_path / "new").asked("disp_nouveaux_2019", "2019")


def test_a_question_that_resembles_another_kind_is_not_dropped_in_silence(book, tmp_path):
    export = change(
        as_exported(questionnaire_of(book, "2018")),
        "Comment vous renseignez-vous",
        kind="text",
        items=(),
    )
    draft = written(book, export, tmp_path / "new")
    assert any(
        r.subject == "info_sources" and "multiple became text" in r.what for r in draft.reviews
    )
    told = [str(p) for p in check_codebook(tmp_path / "new").problems]
    assert any("renseignez" in problem for problem in told)


def test_a_new_answer_a_new_choice_and_a_new_question_are_marked(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    (role,) = [q for q in export.questions if q.title.startswith("Quelle est votre fonction")]
    export = change(export, role.title, options=(*role.options, AGENT))
    (sources,) = [q for q in export.questions if q.title.startswith("Comment vous renseignez")]
    export = change(export, sources.title, items=(*sources.items, "En écoutant des podcasts"))
    new = Question(13, "Une personne élue est-elle référente ?", "single", ("Oui", "Non"))
    export = replace(export, questions=(*export.questions[:12], new, *export.questions[12:]))
    draft = written(book, export, tmp_path / "new")
    problems = check_codebook(tmp_path / "new").problems
    assert {(p.file, p.line) for p in draft.places} == {(p.file, p.line) for p in problems}
    page = (tmp_path / "new" / "review.md").read_text("utf-8")
    assert page.count("\n  - ") == draft.marks == len(problems)
    assert all(f"\n  - {p.file}:{p.line}: " in page for p in problems)
    told = "\n".join(str(p) for p in problems)
    for words in ("Agent chargé de la participation", "En écoutant des podcasts", "élue"):
        assert words in told
    accept(tmp_path / "new")
    drafted = read_codebook(tmp_path / "new")
    assert "agent_charge" in drafted.codes_of("rep_fonction", edition="2019")
    assert "agent_charge" not in drafted.codes_of("rep_fonction", edition="2018")
    (added,) = [v for v in drafted.variables.values() if v.variable not in book.variables]
    assert (added.kind, added.scale) == ("single", "oui_non")
    assert not added.chart  # no yes-or-no question of its block is drawn
    assert (added.evidence, added.source) == ("derived", "export.csv")
    known = [drafted.evidence_of("rep_fonction", edition) for edition in ("2018", "2019")]
    assert known == [book.evidence_of("rep_fonction", "2018"), "derived"]
    assert f"- `{added.variable}`: columns/" in page
    # "Other" stays the last, and the words of the export are kept beside a label that may change.
    assert [code.code for code in drafted.scales["fonction"].codes][-2:] == [
        "agent_charge",
        "autre",
    ]
    assert drafted.code_entry("rep_fonction", "agent_charge").raw == (AGENT,)
    assert [i.item for i in drafted.variables["info_sources"].items][-1] == "autre"
    assert drafted.asked("info_sources", "2019", item="ecoutant_podcasts")
    assert not drafted.asked("info_sources", "2018", item="ecoutant_podcasts")


def test_a_renamed_answer_is_a_recode_to_confirm(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    (known,) = [q for q in export.questions if "gouvernance ouverte" in q.title]
    asked = questionnaire_of(book, "2018")
    (declared,) = [q for q in asked.questions if q.title == known.title]
    (printed,) = [s for s in declared.spellings if s.startswith("Oui, et")]
    others = tuple(o for o in known.options if o != declared.spellings[printed])

    spelled = change(export, known.title, options=(*others, printed.replace(",", "")))
    assert written(book, spelled, tmp_path / "spelled").marks == 0
    assert read_codebook(tmp_path / "spelled").recodes[-1].code == "oui_bien"

    stronger = printed.replace("ce dont", "très exactement ce dont")
    renamed = printed.replace("bien ce dont", "bien de ce dont")
    contrary = printed.replace("vous voyez bien", "vous ne voyez pas bien")
    for answer, proposed in ((renamed, True), (contrary, False), (stronger, False)):
        folder = tmp_path / str(hash(answer))
        written(book, change(export, known.title, options=(*others, answer)), folder)
        rows = (folder / "recodes.csv").read_text("utf-8").splitlines()
        assert any("2019" in row and "review: oui_bien" in row for row in rows) == proposed
        shown = "Oui, et vous voyez bien {+de+} ce dont il s’agit"  # not our label of the answer
        assert (shown in (folder / "review.md").read_text("utf-8")) == proposed
        told = [str(p) for p in check_codebook(folder).problems]
        assert any(answer in problem for problem in told)


def test_a_new_interval_takes_the_place_of_those_that_it_covers(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    (budget,) = [q for q in export.questions if q.title.startswith("Quel budget annuel")]
    wider = "Entre 1000 et 10 000 euros"
    options = (*budget.options[:2], *budget.options[4:], wider)
    written(book, change(export, budget.title, options=options), tmp_path / "new")
    accept(tmp_path / "new")
    path = tmp_path / "new" / "brackets.yaml"
    nicer = path.read_text("utf-8").replace(f'label: "{wider}"', 'label: "De 1 000 à 10 000 €"')
    path.write_text(nicer, encoding="utf-8")
    new = read_codebook(tmp_path / "new")
    scale = new.scale_of("moy_budget_tranche", "2019")
    bounds = [(code.lower, code.upper) for code in scale.codes]
    assert bounds[:4] == [(0, 0), (0, 1000), (1000, 10000), (10000, 50000)]
    code = new.answer_labels(scale.scale, "2019").find(wider)
    assert new.label_of("moy_budget_tranche", None, code) == "De 1 000 à 10 000 €"
    grade = new.grade("moy_budget_tranche", None, "2018", "2019")
    assert grade.grade == "options_regrouped"
    joined = [old for old, common in grade.mapping.items() if common == code != old]
    assert joined == ["de_1000_a_5000", "de_5000_a_10000"]
    assert list(comparability_problems(new)) == []


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ([(0, 0), (0, 5), (5, 9)], [(0, 0), (0, 9)], {"b0": "a0", "a1": "b1", "a2": "b1"}),
        ([(0, 9), (9, None)], [(0, 5), (5, 9), (9, None)], {"b0": "a0", "b1": "a0", "b2": "a1"}),
        ([(0, 5), (5, 9)], [(0, 6), (6, 9)], {}),  # they overlap
        ([(0, 5), (5, 9)], [(0, 5), (5, 10)], {}),  # they end elsewhere
        ([(0, 0), (0, 5)], [(0, 5)], {}),  # zero is an answer of its own on one side
        ([(0, 3), (3, 6), (6, 9)], [(0, 4), (4, 6), (6, 9)], {}),
    ],
)
def test_intervals_are_put_together_only_where_they_add_up(first, second, common):
    sides = [
        [NewInterval(f"{name}{k}", "", *bounds) for k, bounds in enumerate(side)]
        for name, side in (("a", first), ("b", second))
    ]
    mapping = dict(common_partition(*sides))
    assert common.items() <= mapping.items()
    assert set(mapping) == ({one.code for side in sides for one in side} if common else set())


def test_the_days_of_the_file_are_proposed(book, tmp_path):
    moments = ("11/25/2019 10:02:00", "09/26/2019 08:00:00", "10/03/2019 09:00:00")
    days = days_of(Questionnaire("export.csv", (), moments=moments), day_first=(False,))
    assert days == (date(2019, 9, 26), date(2019, 11, 25))
    either = Questionnaire("export.csv", (), moments=("03/04/2019 10:00:00",))
    assert days_of(either, day_first=(False, True)) is None
    export = as_exported(questionnaire_of(book, "2018"))
    draft = draft_edition(book, export, edition="2019", base="2018", fieldwork=days)
    assert [place.proposal for place in draft.places] == ["2019-09-26", "2019-11-25"]
    write_draft(draft, codebook=book.root, out=tmp_path / "new", page="")
    accept(tmp_path / "new")
    fieldwork = read_codebook(tmp_path / "new").editions["2019"].fieldwork
    assert (fieldwork.start, fieldwork.end) == days


def test_a_question_of_an_earlier_edition_is_found_again(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    (back,) = [
        q for q in questionnaire_of(book, "2016").questions if q.variable == "perc_leviers_freins"
    ]
    asked = (*export.questions, replace(back, variable="", position=99))
    written(book, replace(export, questions=asked), tmp_path / "new")
    new = read_codebook(tmp_path / "new")
    assert new.asked("perc_leviers_freins", "2019")
    assert new.grade("perc_leviers_freins", None, "2016", "2019").grade == "identical"


def test_the_box_of_other_may_be_shown_as_an_answer(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2016"))
    (kind,) = [q for q in export.questions if q.title.startswith("De quel type de collectivité")]
    expanded = change(export, kind.title, texts=(), options=(*kind.options[:-1], *kind.texts))
    assert written(book, expanded, tmp_path / "new", base="2016").marks == 0
    assert read_codebook(tmp_path / "new").asked("rep_collectivite_type", "2019", item="autre")


def test_answers_and_boxes_of_another_edition_come_back_under_their_names(tmp_path):
    ambassadors = read_codebook(Path(__file__).parents[2] / "codebook" / "ambassadors")
    export = as_exported(questionnaire_of(ambassadors, "2021"))
    draft = draft_edition(ambassadors, export, edition="2022", base="2020_h1")
    write_draft(draft, codebook=ambassadors.root, out=tmp_path / "new", page="")
    accept(tmp_path / "new")
    new = read_codebook(tmp_path / "new")
    for code in ("yes_needs_met", "yes_needs_not_met", "other"):
        assert code in new.codes_of("reached_out", edition="2022")
    assert new.asked("reached_out", "2022", item="other")
    assert new.asked("understanding", "2022", item="understanding_comment")
    assert not new.asked("projects", "2022")
    assert set(new.variables) == set(ambassadors.variables)


def test_an_edition_that_exists_is_refused(book):
    export = as_exported(questionnaire_of(book, "2018"))
    with pytest.raises(DraftError, match="'2017' stands already"):
        draft_edition(book, export, edition="2017", base="2018")
    with pytest.raises(DraftError, match="expected one of 2016, 2017, 2018, or none"):
        draft_edition(book, export, edition="2019", base="2015")


def test_in_place_the_codebook_itself_is_changed(book, tmp_path):
    folder = shutil.copytree(book.root, tmp_path / "mine")
    draft = draft_edition(
        read_codebook(folder),
        as_exported(questionnaire_of(book, "2018")),
        edition="2019",
        base="2018",
    )
    assert write_draft(draft, codebook=folder, out=None, page="") == folder
    assert read_codebook(folder).edition_keys[-1] == "2019"


def test_a_folder_with_files_is_not_written_over(book, tmp_path):
    draft = draft_edition(
        book, as_exported(questionnaire_of(book, "2018")), edition="2019", base="2018"
    )
    (tmp_path / "kept.txt").touch()
    with pytest.raises(DraftError, match="found files"):
        write_draft(draft, codebook=book.root, out=tmp_path, page="")


# --- from nothing ---------------------------------------------------------------------------


def test_a_codebook_from_one_export_reads_once_the_marks_are_gone(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    draft = draft_codebook(export, edition="2018")
    write_draft(draft, codebook=tmp_path / "new", out=tmp_path / "new", page="")
    told = check_codebook(tmp_path / "new").problems
    assert len(told) == draft.marks > 0
    assert all(" review: decide " in str(problem) for problem in told)
    accept(tmp_path / "new")
    made = read_codebook(tmp_path / "new")
    assert len(made.variables) == len(export.questions)
    path = tmp_path / "new" / "editions.yaml"
    path.write_text(path.read_text("utf-8").replace("To be told", "?"), encoding="utf-8")
    unsaid = [problem.message for problem in check_codebook(tmp_path / "new").problems]
    assert ["'publisher'" in unsaid[0], "'licence'" in unsaid[1], len(unsaid)] == [True, True, 2]
    kinds = {"bracket": "single"}
    for mine, asked in zip(made.variables.values(), export.questions, strict=True):
        assert mine.kind == kinds.get(asked.kind, asked.kind)
        assert made.column_text(mine.variable, None, "2018") == asked.title
    shared = {v.scale for v in made.variables.values() if v.kind == "matrix"}
    assert len(shared) == 1  # both matrices have the same answers
    assert [v.label for v in made.variables.values() if v.personal] == [
        "Quel est le nom de votre collectivité",
        "À quelle adresse électronique pouvons-nous vous recontacter",
    ]


def test_names_are_stable_short_and_unique(book):
    export = as_exported(questionnaire_of(book, "2018"))
    drafts = [draft_codebook(export, edition="2018").files["variables.yaml"] for _ in range(2)]
    assert drafts[0] == drafts[1]
    names = [line.split()[-1] for line in drafts[0].splitlines() if "- variable:" in line]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.isidentifier() and len(name) <= 36 for name in names)


def test_intervals_of_whole_numbers_leave_no_gap(book):
    old = book.scales["taille"]
    options = ["De 0 à 99 habitants", "De 100 à 3 499 habitants", "De 3 500 à 9 999 habitants"]
    known = book.answer_labels("taille", "2018")
    lines = "\n".join(bracket_lines("taille_2", old, options, known))
    assert "lower: 0, upper: 100}" in lines
    assert "lower: 100, upper: 3500}" in lines


def test_new_questions_asked_of_several_things_are_a_new_block(book, tmp_path):
    export = as_exported(questionnaire_of(book, "2018"))
    count = len(export.questions)
    new = [
        Question(count + 2 * n + k, title.format(n), kind, options)
        for n in (1, 2)
        for k, (title, kind, options) in enumerate(
            (
                ("Partenaire {} : comment s’appelle-t-il ?", "text", ()),
                ("Partenaire {} : est-il rémunéré ?", "single", ("Oui", "Non", "En partie")),
            )
        )
    ]
    draft = written(book, replace(export, questions=(*export.questions, *new)), tmp_path / "new")
    assert draft.reviews[0].what.startswith("asked 2 times (numbered titles)")
    told = check_codebook(tmp_path / "new").problems
    assert len(told) == draft.marks
    accept(tmp_path / "new")
    made = read_codebook(tmp_path / "new")
    names = [name for name in made.variables if name not in book.variables]
    assert len(names) == 2
    (block,) = {made.block_of(name, "2019") for name in names}
    assert (block.instances_in("2019"), made.units[block.unit].plural) == (2, "partenaires")
    asked = [c.title for c in made.expected_columns("2019") if c.variable == names[0]]
    assert asked == [f"Partenaire {n} : comment s’appelle-t-il ?" for n in (1, 2)]


def test_what_people_type_among_the_answers_has_a_place_in_every_edition(tmp_path):
    asked = [
        Question(1, "Quels outils ?", "multiple", items=("Carte", "Vote"), items_complete=False),
        Question(2, "Quel cadre ?", "single", ("Loi", "Usage", "Contrat")),
    ]
    for number, question in enumerate(asked):
        typed = replace(question, typed_inside=True)
        for first, then in ((question, typed), (typed, typed), (typed, question)):
            folder = tmp_path / f"{number}{first.typed_inside}{then.typed_inside}"
            draft = draft_codebook(Questionnaire("a.csv", (first,)), edition="e1")
            write_draft(draft, codebook=folder, out=folder / "e1", page="")
            accept(folder / "e1")
            book = read_codebook(folder / "e1")
            draft = draft_edition(book, Questionnaire("b.csv", (then,)), edition="e2", base="e1")
            write_draft(draft, codebook=book.root, out=folder / "e2", page="")
            accept(folder / "e2")
            (variable,) = read_codebook(folder / "e2").variables.values()
            places = [item.item for item in variable.items if item.text] + [variable.other]
            (place,) = [place for place in places if place]
            read = read_codebook(folder / "e2")
            assert read.asked(variable.variable, "e1", item=place) == first.typed_inside
            assert read.asked(variable.variable, "e2", item=place) or not then.typed_inside


# --- edits of a text ------------------------------------------------------------------------


def test_a_row_of_several_lines_is_written_anew_as_a_whole():
    file = CsvText('variable,item,2018\na,,"one\ntwo […]"\nb,,x\n')
    file.replace(("a", ""), "2018", "review: one two three")
    file.add_column("2019", {("a", ""): "one two three"}, "not_asked")
    assert file.result == (
        "variable,item,2018,2019\na,,review: one two three,one two three\nb,,x,not_asked\n"
    )


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("codes:\n  - {code: a}\n  - {code: z}\n", "codes:\n  - {code: a}\n  - b\n  - {code: z}\n"),
        ("codes: [a, z]\n", "codes: [a, b, z]\n"),
    ],
)
def test_an_entry_goes_before_those_that_close_a_list(text, result):
    file = YamlText(text)
    file.insert_before(file.value(file.root, "codes"), 1, ["- b"], indent=2)
    assert file.result == result
