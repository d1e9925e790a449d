"""Themes of typed texts are figures; what nobody has coded yet counts in the base."""

import pandas as pd

from observatoire_pipeline.charts.drawing import charts
from observatoire_pipeline.charts.rendering import render
from observatoire_pipeline.codebook.models import Coding, Theme
from observatoire_pipeline.marts.answers import answers
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import empty
from observatoire_pipeline.tables.pandera_schema import failures
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import estimates, norm_responses, panel

CODING = Coding(
    variable="commentaire",
    label="Commentaires",
    codes=(Theme(code="moyens", label="Moyens"), Theme(code="temps", label="Temps")),
)


def coded_responses(book):
    """Return three texts (on two themes, on one, not coded), a blank, an unreadable one."""
    blanks = ["no_answer", "unreadable"]
    return norm_responses(
        book,
        "2018",
        commentaire=["answered", "answered", "answered", *blanks],
        commentaire__theme__moyens=["selected", "selected", "uncoded", *blanks],
        commentaire__theme__temps=["selected", "not_selected", "uncoded", *blanks],
    )


def test_themes_are_shares_of_the_texts_typed_and_a_text_counts_for_each_of_its_themes():
    book = small_codebook(codings=(CODING,))
    frame = coded_responses(book)
    made = estimates(*panel(book, {"2018": frame}), codebook=book, tables=catalogue(book))
    rows = made[made["statistic"] == "theme_share"]
    assert rows[["variable", "code", "code_label", "numerator", "base_n"]].to_numpy().tolist() == [
        ["commentaire", "moyens", "Moyens", 2, 3],
        ["commentaire", "temps", "Temps", 1, 3],
        ["commentaire", "uncoded", "Réponse pas encore classée", 1, 3],
    ]
    assert set(rows["base_words"]) == {
        "3 collectivités ayant écrit une réponse (plusieurs thèmes possibles)"
    }
    assert "commentaire" not in set(made.loc[made["statistic"] == "share", "variable"])


def test_an_edition_that_did_not_ask_has_no_themes():
    book = small_codebook(codings=(CODING,))
    frame = norm_responses(book, "2017", equipe=["oui"])
    made = estimates(*panel(book, {"2017": frame}), codebook=book, tables=catalogue(book))
    assert "theme_share" not in set(made["statistic"])


def test_the_long_form_has_a_row_for_each_theme_of_a_response():
    book = small_codebook(codings=(CODING,))
    tables = catalogue(book)
    found = answers(*panel(book, {"2018": coded_responses(book)}), codebook=book, tables=tables)
    of_text = found[found["variable"] == "commentaire"]
    first = of_text[of_text["respondent_id"] == of_text["respondent_id"].iloc[0]]
    assert first[["theme", "code", "label"]].to_numpy().tolist() == [
        ["", "answered", "Réponse donnée"],
        ["moyens", "selected", "Moyens"],
        ["temps", "selected", "Temps"],
    ]
    assert of_text.loc[of_text["theme"] == "temps", "missing"].tolist() == [
        "",
        "",
        "",
        "no_answer",
        "unreadable",
    ]
    assert failures(found, tables["mart_answers"]) == []


def test_the_chart_of_themes_draws_the_rows_and_says_that_they_may_exceed_a_hundred():
    book = small_codebook(codings=(CODING,))
    frame = pd.concat([coded_responses(book)] * 12, ignore_index=True)
    frame["respondent_id"] = [str(n) for n in range(len(frame))]
    made = estimates(*panel(book, {"2018": frame}), codebook=book, tables=catalogue(book))
    tables = catalogue(book)
    (spec,) = charts(
        made,
        empty(tables["mart_brackets"]),
        empty(tables["mart_rankings"]),
        empty(tables["mart_changes"]),
        empty(tables["comparability"]),
        codebook=book,
        questions=["commentaire"],
    )
    drawn = render(spec)
    assert drawn.name == "2018_commentaire_themes"
    assert drawn.title == "Commentaires"
    rows = made[made["statistic"] == "theme_share"].set_index("code")
    assert list(drawn.figure_ids) == rows.loc[["moyens", "temps", "uncoded"], "figure_id"].tolist()
    assert "Moyens : 67\u202f%" in drawn.description.replace("\u00a0", " ")
    assert "36" in drawn.description
    assert "la somme peut dépasser 100" in drawn.svg.replace("\u00a0", " ")
