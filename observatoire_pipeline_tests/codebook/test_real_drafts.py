"""Real editions drafted one from another, decided without thinking, checked, and read.

What this proves is that a draft never leads into a codebook that cannot be read, not that its
proposals are right: those are looked at in `unit/codebook/test_diff.py`.
"""

import os
import shutil
from pathlib import Path

import pytest

from observatoire_pipeline.codebook.draft import draft_edition, write_draft
from observatoire_pipeline.codebook.first_draft import draft_codebook
from observatoire_pipeline.codebook.reader import check_codebook, read_codebook
from observatoire_pipeline.codebook.review import review_page
from observatoire_pipeline.ingest.questionnaire import questionnaire_of_file
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.longitudinal.comparability import comparability_problems
from observatoire_pipeline_tests.codebook.decisions import accept

SHARED = Path(os.environ.get("OBSERVATOIRE_SHARED", Path(__file__).parents[3] / "shared"))
EXPORTS = SHARED / "real_exports"
SERIES = {
    "surveymonkey/ambassadors/{}.csv": ("2019_h1", "2019_h2", "2020_h1", "2021"),
    "google_forms/dask_{}.csv": ("2019", "2020", "2021"),
}


@pytest.mark.parametrize(("name", "editions"), SERIES.items(), ids=["ambassadors", "dask"])
def test_every_edition_is_drafted_from_the_one_before_and_read(name, editions, tmp_path):
    book, base = None, "none"
    for edition in editions:
        path = EXPORTS / name.format(edition)
        if not path.is_file():
            message = f"the real exports are not at {EXPORTS}; set OBSERVATOIRE_SHARED"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        found, platform = questionnaire_of_file(path)
        if book is None:
            draft = draft_codebook(found, edition=edition, platform=platform, language="en")
        else:
            draft = draft_edition(book, found, edition=edition, base=base, platform=platform)
        page = review_page(draft, edition=edition, base=base, source=path.name)
        before = tmp_path / base
        folder = write_draft(draft, codebook=before, out=tmp_path / edition, page=page)

        told = [str(problem) for problem in check_codebook(folder).problems]
        assert len(told) == draft.marks
        assert all(": review: decide " in problem for problem in told)
        accept(folder)
        book, base = read_codebook(folder), edition
        assert list(comparability_problems(book)) == []

        landing = tmp_path / f"landing_{edition}"
        landing.mkdir()
        shutil.copy(path, landing)
        raw = read_landing(landing, edition=edition, codebook=book)
        known = raw.raw_columns["variable"] != ""
        assert set(raw.raw_columns.loc[known, "variable"]) == {
            variable.variable for variable in book.variables_asked(edition)
        }
