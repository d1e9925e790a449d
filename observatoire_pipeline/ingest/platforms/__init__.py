"""The survey platforms: those whose exports are read, and those recognised and refused.

To read a further platform, add a module with its `Platform` here, and take its sign out of
`not_read`.
"""

from observatoire_pipeline.ingest.platforms.interface import Platform
from observatoire_pipeline.ingest.platforms.not_read import foreign_export
from observatoire_pipeline.ingest.platforms.surveymonkey import SURVEYMONKEY

PLATFORMS: tuple[Platform, ...] = (SURVEYMONKEY,)
"""Platforms whose exports are read."""

BY_NAME: dict[str, Platform] = {platform.name: platform for platform in PLATFORMS}

__all__ = ["BY_NAME", "PLATFORMS", "Platform", "foreign_export"]
