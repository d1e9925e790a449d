"""The user interface can load what `workspace.yaml` names: every job and asset, names included."""

import dagster as dg

from observatoire_pipeline.definitions import build_definitions
from observatoire_pipeline.resources import SurveyHome


def test_no_job_bears_the_name_of_a_step_so_that_the_interface_loads(tmp_path):
    """A job run from Python never notices; the web server refuses the whole repository."""
    dg.Definitions.validate_loadable(
        build_definitions(survey=SurveyHome.from_environment(home=tmp_path))
    )
