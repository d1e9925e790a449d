"""The note to the supplier as it is printed: one page of A4, however much there is to say."""

import re
from dataclasses import replace

import pytest

from observatoire_pipeline.validate.note import Place, Point
from observatoire_pipeline.validate.page import write_pages
from observatoire_pipeline.validate.wording import RULES
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.validate.bad_delivery import bad_delivery

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def delivery():
    return bad_delivery()


@pytest.fixture
def printed(chromium, delivery, tmp_path):
    """Return how many pages a note prints on, and the shares of the last one that are filled."""

    def pages(points, name="note_fournisseur.html"):
        write_pages(
            tmp_path,
            delivery.report,
            points,
            delivery.source_files,
            responses=delivery.responses,
            edition="2018",
            codebook=small_codebook(),
        )
        page = chromium.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / name).as_uri())
        made = page.pdf(format="A4", prefer_css_page_size=True)
        page.close()
        assert [url for url in asked if not url.startswith("file:")] == []
        return len(PAGE.findall(made))

    return pages


def test_a_bad_delivery_is_told_on_one_page(printed, delivery):
    assert len(delivery.points) >= 20
    assert printed(delivery.points) == 1


def test_everything_that_can_be_told_at_once_is_told_on_one_page(printed):
    place = Place(
        file="Barometre_export_complet_2018-11-05_version_definitive.csv",
        rows=tuple(range(3, 400, 2)),
        columns=("AB", "AC"),
        question="Rôle des élus dans la mise en place de la démarche de participation",
    )
    every = [
        Point(
            rule=rule,
            kinds=(words.seen,),
            to_do=words.to_do,
            where=tuple(replace(place, columns=(c, "AC")) for c in "CDEFGH"),
            rank=0,
            count=1200,
            unit="lignes",
        )
        for rule, words in RULES.items()
    ]
    assert len(every) > 60
    assert printed(every) == 1


def test_the_count_of_pages_can_tell_two(printed, delivery):
    """The quality page of the team is longer than a page: the measure sees it."""
    assert printed(delivery.points, name="rapport.html") > 1
