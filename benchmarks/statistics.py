"""The whole statistics layer on the three sample editions: every mart of figures, once each.

Seconds are those of the processor: a shared machine makes others of them wait.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from click.testing import CliRunner

from observatoire_pipeline.cli import main
from observatoire_pipeline.collectivites.origins import LAST_DAY
from observatoire_pipeline.collectivites.reference import units_at
from observatoire_pipeline.io_managers import Lake
from observatoire_pipeline.longitudinal.comparability import comparability_table
from observatoire_pipeline.marts.brackets import bracket_summaries
from observatoire_pipeline.marts.breakdowns import estimates
from observatoire_pipeline.marts.changes import changes
from observatoire_pipeline.marts.choices import choice_summaries
from observatoire_pipeline.marts.rankings import rankings
from observatoire_pipeline.marts.reconciliation import reconcile
from observatoire_pipeline.marts.scales import scale_summaries
from observatoire_pipeline.marts.sensitivity import sensitivity
from observatoire_pipeline.marts.units import Units, those_that_count
from observatoire_pipeline.marts.weighting import weigh
from observatoire_pipeline.resources import SurveyHome
from observatoire_pipeline.sample.reference import looked_up_in

AIM = 2.0
REPEATS = 3


def statistics() -> Iterator[str]:
    """Yield the processor seconds of each mart, and of all of them."""
    with tempfile.TemporaryDirectory() as folder:
        survey = SurveyHome.from_environment(home=Path(folder))
        run = CliRunner().invoke(main, ["run", "--sample", "--home", folder])
        if run.exit_code:
            raise RuntimeError(run.output)
        lake = Lake(root=str(survey.lake), codebook=survey.codebook)
        codebook, tables = survey.read_codebook(), lake.tables
        responses, instances = lake.read("panel_responses"), lake.read("panel_instances")
        profiles = lake.read("respondent_profiles")
    grades = comparability_table(codebook)
    reference = survey.read_reference()
    found = units_at(reference, date=LAST_DAY, kinds=("region",))
    regions = dict(zip(found["code"], found["name"], strict=True))
    references = looked_up_in(reference, responses, survey=codebook.survey.survey)
    counting = those_that_count(responses, profiles)
    units = Units(counting, instances, profiles, codebook=codebook, references=references)
    weights = weigh(profiles, codebook=codebook, references=references, tables=tables).respondents

    def all_estimates() -> pd.DataFrame:
        return estimates(
            responses,
            instances,
            profiles,
            codebook=codebook,
            regions=regions,
            tables=tables,
            weights=weights,
            references=references,
        )

    figures = all_estimates()
    marts: dict[str, Callable[[], object]] = {
        "weighting": lambda: weigh(
            profiles, codebook=codebook, references=references, tables=tables
        ),
        "estimates": all_estimates,
        "brackets": lambda: bracket_summaries(
            counting, instances, codebook=codebook, tables=tables, units=units
        ),
        "rankings": lambda: rankings(
            counting, instances, codebook=codebook, tables=tables, units=units
        ),
        "scales": lambda: scale_summaries(units, tables=tables),
        "choices": lambda: choice_summaries(units, tables=tables),
        "changes": lambda: changes(
            figures, responses, instances, profiles, grades, codebook=codebook, tables=tables
        ),
        "sensitivity": lambda: sensitivity(
            figures, responses, instances, codebook=codebook, tables=tables
        ),
        "published": lambda: reconcile(figures, codebook=codebook, tables=tables),
    }
    total = 0.0
    for name, make in marts.items():
        seconds = _processor_seconds(make)
        total += seconds
        yield f"{name:14}{seconds:8.3f} s"
    yield f"{'all':14}{total:8.3f} s   (aim: {AIM:g} or less)"


def _processor_seconds(make: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        make()
        best = min(best, time.process_time() - start)
    return best
