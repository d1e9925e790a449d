"""Where a command finds published figures: the survey's own lake, a release, or a warehouse.

In: `mart_estimates` from each of them, and what is known of its questions and its source. Not in:
what is done with the figures (`table`). A release or a warehouse is read as it was published, what
it hides included; nothing of the survey's home or codebook is needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from observatoire_pipeline.cli.survey import open_survey, require_codebook

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

TABLE = "mart_estimates"

_NEEDED = (
    "figure_id", "edition", "variable", "item", "statistic", "base_rule", "weighting", "breakdown",
    "breakdown_label", "variable_label", "item_label", "code_label", "base_words", "base_n",
    "share", "ci_lower", "ci_upper", "ci_method", "ci_level", "suppression", "cautious",
    "synthetic",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """Figures at hand.

    Attributes:
        rows: Rows of `mart_estimates`.
        questions: Variable → label, of all questions that may be asked for.
        kinds: Variable → kind of question; empty where only the figures are known.
        source: The sentence under a page that names where they are from.
    """

    rows: pd.DataFrame
    questions: dict[str, str]
    kinds: dict[str, str]
    source: str


def of_survey(home: Path | None, codebook: Path | None) -> Figures:
    """Return the figures of the last publication run of a survey's home.

    Raises:
        click.ClickException: the codebook has errors, or no figure is stored.
    """
    from observatoire_pipeline.io_managers import Lake

    survey = open_survey(home, codebook)
    require_codebook(survey)
    book = survey.read_codebook()
    try:
        rows = Lake(root=str(survey.lake), codebook=survey.codebook).read(TABLE)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"{survey.home} holds no figure yet: run `observatoire run --home {survey.home}`"
        ) from error
    return Figures(
        rows,
        questions={name: variable.label for name, variable in book.variables.items()},
        kinds={name: variable.kind for name, variable in book.variables.items()},
        source=book.survey.source_note,
    )


def of_publication(place: str) -> Figures:
    """Return the figures that a release or a warehouse publishes.

    Args:
        place: Folder of a release, DuckDB file, or SQLAlchemy URL of a database.

    Raises:
        click.ClickException: there is none, it cannot be opened, or it lacks columns.
    """
    if "://" in place:
        rows, source = _of_database(place)
    else:
        rows, source = _of_path(Path(place))
    missing = [name for name in _NEEDED if name not in rows]
    if missing:
        raise click.ClickException(
            f"{TABLE} of {_shown(place)} lacks {', '.join(missing)}: another version published it; "
            "read it with that one, or publish again"
        )
    labels = rows.drop_duplicates("variable", keep="last")
    questions = dict(zip(labels["variable"], labels["variable_label"], strict=True))
    return Figures(rows, questions=questions, kinds={}, source=source)


def _of_path(path: Path) -> tuple[pd.DataFrame, str]:
    import pandas as pd
    import sqlalchemy as sa

    if path.is_file() and _is_duckdb(path):
        # Resolved: one process keeps reading the first file that it opened by the name of a link.
        url = sa.URL.create("duckdb", database=str(path.resolve()))
        return _read(sa.create_engine(url, connect_args={"read_only": True}), str(path))
    stored = path / "tables" / f"{TABLE}.parquet"
    if path.is_file() or not stored.is_file():
        found = f"a folder without {stored.relative_to(path)}" if path.is_dir() else "nothing"
        found = "a file of another kind" if path.is_file() else found
        raise click.ClickException(
            f"{path}: found {found}; expected the folder of a release, a DuckDB file, or the URL "
            "of a warehouse (postgresql+psycopg://…)"
        )
    about = path / "release.json"
    if not about.is_file():
        return pd.read_parquet(stored), f"Source\u00a0: {path}"
    told = json.loads(about.read_text(encoding="utf-8"))
    cover = f"{told['publisher']}, {told['title']}, publication {told['release_id']}"
    return pd.read_parquet(stored), f"Source\u00a0: {cover}"


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def _of_database(place: str) -> tuple[pd.DataFrame, str]:
    import sqlalchemy as sa

    try:
        url = sa.engine.make_url(place)
        if url.get_backend_name() != "postgresql":
            # Others would make an empty database of a name that does not exist.
            raise click.ClickException(
                f"{_shown(place)}: a warehouse is a PostgreSQL database; a DuckDB file is given by "
                "its path"
            )
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"))
    except (sa.exc.ArgumentError, ImportError) as error:
        raise click.ClickException(f"{_shown(place)} is no URL of a warehouse: {error}") from error
    return _read(engine, _shown(place))


def _read(engine: sa.Engine, name: str) -> tuple[pd.DataFrame, str]:
    import pandas as pd
    import sqlalchemy as sa

    try:
        with engine.connect() as connection:
            rows = pd.read_sql_query(sa.text(f"SELECT * FROM {TABLE}"), connection)
    except sa.exc.SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise click.ClickException(f"{name} has no {TABLE} to read: {cause}") from error
    finally:
        engine.dispose()
    return rows.convert_dtypes(), f"Source\u00a0: {name}"


def _shown(place: str) -> str:
    """Return a place as it may be printed: a URL without its password."""
    import sqlalchemy as sa

    if "://" not in place:
        return place
    try:
        return sa.engine.make_url(place).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return place.split("://", 1)[0] + "://…"
