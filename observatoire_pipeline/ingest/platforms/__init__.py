"""The survey platforms whose exports are read.

To read a further platform, add a module with its reader here.
"""

from observatoire_pipeline.ingest.platforms.google_forms import GOOGLE_FORMS, GoogleFormsReader
from observatoire_pipeline.ingest.platforms.interface import Platform, PlatformReader
from observatoire_pipeline.ingest.platforms.limesurvey import LimeSurveyReader
from observatoire_pipeline.ingest.platforms.qualtrics import QualtricsReader
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY
from observatoire_pipeline.ingest.platforms.surveymonkey_files import SurveyMonkeyReader
from observatoire_pipeline.ingest.platforms.typeform import TypeformReader

READERS: tuple[PlatformReader, ...] = (
    SurveyMonkeyReader(),
    LimeSurveyReader(),
    GoogleFormsReader(),
    QualtricsReader(),
    TypeformReader(),
)
"""One module for each platform; the surest reads a file, the first of equals."""

PLATFORMS: tuple[Platform, ...] = tuple(reader.platform for reader in READERS)
"""Platforms whose exports are read."""

BY_NAME: dict[str, Platform] = {platform.name: platform for platform in PLATFORMS}

__all__ = [
    "BY_NAME",
    "GOOGLE_FORMS",
    "PLATFORMS",
    "READERS",
    "SURVEYMONKEY",
    "Platform",
    "PlatformReader",
]
