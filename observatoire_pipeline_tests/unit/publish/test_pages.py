"""The page of the charts: what a reader who does not see the pictures gets."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from observatoire_pipeline.charts.drawing import charts
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline.publish.pages import charts_page
from observatoire_pipeline.publish.warehouse import PublicationError
from observatoire_pipeline_tests.unit.charts import marts

FEW = {"perc_apports_outils", "moy_budget_tranche", "besoins_renforcement", "notoriete_civictech"}
CHANGE = ("notoriete_civictech", "oui_bien", 0.15, (-0.04, 0.35), 0.34)


class Outline(HTMLParser):
    """Records the elements of a page with their attributes, and the text inside each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@cache
def drawn():
    """Return the rows of the chart tables, without pictures, and the marts."""
    codebook = marts.barometer()
    shares, brackets, rankings = marts.whole_survey(codebook)
    changed = marts.changes(codebook, marts.change_row(codebook, *CHANGE))
    changed = changed.assign(share_from=0.4, share_to=0.55, code_label="Oui, voit bien")
    ledger = comparability_table(codebook)
    specs = charts(shares, brackets, rankings, changed, ledger, codebook=codebook, questions=FEW)
    rows = [
        {**spec["usermeta"], "chart": spec["name"], "figure_ids": json.dumps(ids)}
        for spec in specs
        for ids in [spec["usermeta"]["figure_ids"]]
    ]
    frames = {
        "mart_estimates": shares,
        "mart_brackets": brackets,
        "mart_rankings": rankings,
        "mart_changes": changed,
    }
    return rows, frames


@cache
def page(*, synthetic=True):
    rows, frames = drawn()
    return charts_page(rows, frames, codebook=marts.barometer(), synthetic=synthetic)


def test_every_picture_has_a_text_alternative_and_its_figures_in_a_table():
    articles = page().split("<article")[1:]
    rows, _ = drawn()
    assert len(articles) == len(rows)
    for article in articles:
        (image,) = Outline(f"<article{article}").all("img")
        assert len(image["alt"]) > 20
        assert "<caption>" in article
        assert article.count("<tr>") > 3


def test_every_figure_of_a_picture_is_a_row_of_its_table():
    rows, frames = drawn()
    row = next(row for row in rows if row["chart"] == "2018_perc_apports_outils")
    article = page().split('id="2018_perc_apports_outils"')[1].split("</article>")[0]
    body = article.split("<tbody>")[1].split("</tbody>")[0]
    told = re.findall(r"<tr><th scope=\"row\">(.*?)</th><td>(.*?)</td>", body)
    shares = frames["mart_estimates"].set_index("figure_id")["share"]
    expected = [f"{int(shares[name] * 100 + 0.5)}\u202f%" for name in json.loads(row["figure_ids"])]
    assert [share for _, share in told] == expected


def test_a_change_stands_with_its_interval_and_what_it_is_worth():
    article = page().split('id="2017_2018_notoriete_civictech"')[1].split("</article>")[0]
    cells = re.findall(r"<td>(.*?)</td>", article.split("Évolutions 2017 – 2018")[-1])
    assert cells == [
        "40\u202f%",
        "55\u202f%",
        "+15\u00a0pts",
        "−4\u00a0à\u00a0+35",
        "0,340",
        "20\u00a0pts",
        "indiscernable de zéro",
    ]


def test_language_headings_tables_and_links_are_those_of_an_accessible_page():
    outline = Outline(page())
    assert outline.all("html") == [{"lang": "fr"}]
    levels = [int(tag[1]) for tag, _ in outline.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in outline.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    inner = [a["href"][1:] for a in outline.all("a") if a["href"].startswith("#")]
    assert set(inner) <= set(ids)
    named = [a["aria-labelledby"] for _, a in outline.found if "aria-labelledby" in a]
    assert set(named) <= set(ids)
    assert {a.get("scope") for a in outline.all("th")} == {"col", "row"}
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert len(outline.all("main")) == len(outline.all("nav")) == 1
    others = [a["href"] for a in outline.all("a") if not a["href"].startswith("#")]
    assert all(re.fullmatch(r"\w+\.svg", link) for link in others), "nothing outside the folder"


def test_synthetic_answers_brand_the_page_and_every_picture():
    rows, _ = drawn()
    assert page().count("Données synthétiques.</strong>") == len(rows)
    assert "Données synthétiques" not in page(synthetic=False).replace("Données synthétiques.", "")


def test_a_figure_that_no_mart_holds_is_named():
    rows, frames = drawn()
    wrong = [{**rows[0], "figure_ids": json.dumps(["2018.nothing"])}]
    with pytest.raises(PublicationError, match=r"2018\.nothing"):
        charts_page(wrong, frames, codebook=marts.barometer(), synthetic=True)
