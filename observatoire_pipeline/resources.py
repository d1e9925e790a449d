"""Where a survey lives: its codebook, its landing folder, its releases, its warehouse.

In: paths and connections, as one Dagster resource. Not in: how tables are stored between assets
(`io_managers`), and any rule about the data.

Each survey has its own home, so that partition keys of two surveys never share a history.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.collectivites.origins import YEARLY_TABLES_VARIABLE
from observatoire_pipeline.collectivites.reference import Reference, read_reference
from observatoire_pipeline.collectivites.reviewed import REVIEW_FILE

HOME_VARIABLE = "OBSERVATOIRE_HOME"
CODEBOOK_VARIABLE = "OBSERVATOIRE_CODEBOOK"
WAREHOUSE_VARIABLE = "OBSERVATOIRE_WAREHOUSE_URL"
TOKEN_VARIABLE = "OBSERVATOIRE_SURVEYMONKEY_TOKEN"
API_VARIABLE = "OBSERVATOIRE_SURVEYMONKEY_URL"

_INSTANCE_SETTINGS = """\
# Settings of this survey's Dagster instance; deploy/dagster.yaml shows those of a team server.
telemetry:
  enabled: false
nux: # no invitation to a newsletter over the first page
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 2
"""


class SurveyHome(dg.ConfigurableResource):
    """The home of one survey.

    Secrets are no fields: the web server shows the fields of a resource. They are asked of the
    environment when they are needed.

    Attributes:
        home: Folder that holds `landing/`, `lake/`, `releases/`, `microdata/` and `dagster/`.
        codebook: Folder of the codebook.
        yearly_tables: Folder of yearly tables of communes and EPCI that completes the reference of
            collectivités; empty for the shipped reference alone.
    """

    home: str
    codebook: str
    yearly_tables: str = ""

    @classmethod
    def from_environment(
        cls, *, home: Path | None = None, codebook: Path | None = None
    ) -> SurveyHome:
        """Return the home that the environment names; `var/` and the barometer by default."""
        folder = home or Path(os.environ.get(HOME_VARIABLE) or "var")
        book = codebook or Path(os.environ.get(CODEBOOK_VARIABLE) or packaged_codebook())
        return cls(
            home=str(folder.resolve()),
            codebook=str(book.resolve()),
            yearly_tables=os.environ.get(YEARLY_TABLES_VARIABLE, ""),
        )

    def read_codebook(self) -> Codebook:
        """Read the codebook as it is on disk now (CodebookError lists every error)."""
        return read_codebook(Path(self.codebook))

    def read_reference(self) -> Reference:
        """Read the reference of collectivités (CollectiviteError lists every fault of a table)."""
        return read_reference(Path(self.yearly_tables) if self.yearly_tables else None)

    @property
    def warehouse_url(self) -> str:
        """SQLAlchemy URL of a PostgreSQL warehouse; empty for the embedded file alone."""
        return os.environ.get(WAREHOUSE_VARIABLE, "")

    @property
    def token(self) -> str:
        """Access token of the platform's API; empty without one."""
        return os.environ.get(TOKEN_VARIABLE, "")

    @property
    def api_url(self) -> str:
        """Root of the platform's API where it is not the platform's own (a proxy); else empty."""
        return os.environ.get(API_VARIABLE, "")

    @property
    def landing(self) -> Path:
        """Where exports are dropped, one folder for each edition."""
        return Path(self.home) / "landing"

    @property
    def lake(self) -> Path:
        """Where tables stand between assets."""
        return Path(self.home) / "lake"

    @property
    def releases(self) -> Path:
        """Where releases stand, with the link `latest`."""
        return Path(self.home) / "releases"

    @property
    def microdata(self) -> Path:
        """Where answers of single respondents are published, apart from the releases."""
        return Path(self.home) / "microdata"

    @property
    def pictures(self) -> Path:
        """Where the charts of the last run stand, by digest; may be deleted at any time."""
        return Path(self.home) / "pictures"

    @property
    def quality(self) -> Path:
        """Where the quality pages and the notes to suppliers stand, one folder an edition."""
        return Path(self.home) / "quality"

    @property
    def review_file(self) -> Path:
        """Names that wait for a person; filled in, it goes to `collectivites/` of the codebook."""
        return Path(self.home) / "review" / REVIEW_FILE.name

    def write_review(self, text: str) -> None:
        """Write the review file, whole or not at all; it holds what respondents typed."""
        self.review_file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.review_file.with_name(f".{self.review_file.name}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.review_file)

    @property
    def dagster_home(self) -> Path:
        """Where the survey's Dagster instance keeps its history."""
        return Path(self.home) / "dagster"

    def prepare(self) -> None:
        """Create the folders and the settings of the Dagster instance where they are missing."""
        for folder in (self.landing, self.lake, self.releases, self.microdata, self.dagster_home):
            folder.mkdir(parents=True, exist_ok=True)
        settings = self.dagster_home / "dagster.yaml"
        if not settings.exists():
            settings.write_text(_INSTANCE_SETTINGS, encoding="utf-8")
