"""The editions of the survey, as Dagster partitions.

In: the one partitions definition of the project. Not in: the editions themselves, which are data of
the codebook; adding one adds a partition and no Python.
"""

from __future__ import annotations

import dagster as dg

from observatoire_pipeline.codebook.codebook import Codebook

EDITION_JOB = "edition"
"""Name of the job that reads one edition, in its history, its tags and the messages of the gate."""


def edition_partitions(codebook: Codebook) -> dg.StaticPartitionsDefinition:
    """Return one static partition for each edition, in the order of the codebook."""
    return dg.StaticPartitionsDefinition(list(codebook.edition_keys))
