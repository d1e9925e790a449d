"""Themes of typed texts are figures; what nobody has coded yet counts in the base."""

from observatoire_pipeline.codebook.models import Coding, Theme
from observatoire_pipeline.marts.estimates import estimates
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.marts.panels import norm_responses, panel

CODING = Coding(
    variable="commentaire",
    label="Commentaires",
    codes=(Theme(code="moyens", label="Moyens"), Theme(code="temps", label="Temps")),
)


def test_themes_are_shares_of_the_texts_typed():
    book = small_codebook(codings=(CODING,))
    given = ["moyens", "moyens", "uncoded", "no_answer", "unreadable"]
    typed = ["answered", "answered", "answered", "no_answer", "unreadable"]
    frame = norm_responses(book, "2018", commentaire=typed, commentaire__theme=given)
    made = estimates(*panel(book, {"2018": frame}), codebook=book, tables=catalogue(book))
    rows = made[made["statistic"] == "theme_share"]
    assert rows[["variable", "code", "code_label", "numerator", "base_n"]].values.tolist() == [
        ["commentaire", "moyens", "Moyens", 2, 3],
        ["commentaire", "temps", "Temps", 0, 3],
        ["commentaire", "uncoded", "Réponse pas encore classée", 1, 3],
    ]
    assert set(rows["base_words"]) == {"3 collectivités ayant écrit une réponse"}
    assert "commentaire" not in set(made.loc[made["statistic"] == "share", "variable"])


def test_an_edition_that_did_not_ask_has_no_themes():
    book = small_codebook(codings=(CODING,))
    frame = norm_responses(book, "2017", equipe=["oui"])
    made = estimates(*panel(book, {"2017": frame}), codebook=book, tables=catalogue(book))
    assert "theme_share" not in set(made["statistic"])
