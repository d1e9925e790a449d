"""`observatoire trace`: from a figure to the cells of the files that it was counted from.

In: the stored tables of a survey's home, and the cells on the screen or as CSV. Not in: which
answers a figure counts (`marts.trace`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from observatoire_pipeline.cli.figures import of_survey
from observatoire_pipeline.cli.survey import codebook_option, home_option, open_survey

if TYPE_CHECKING:
    import pandas as pd

_NEAREST = 3


@click.command()
@click.argument("figure_id")
@click.option("--csv", "as_csv", is_flag=True, help="Print every cell as a row of CSV.")
@home_option
@codebook_option
def trace(figure_id: str, as_csv: bool, home: Path | None, codebook: Path | None) -> None:
    """Print the cells that the figure FIGURE_ID of mart_estimates was counted from.

    File, row and column are those of the delivered export; rows count as a spreadsheet does.
    Exit status 1: there is no such figure, it is hidden, or the tables are not of one run.
    """
    from observatoire_pipeline.io_managers import Lake
    from observatoire_pipeline.marts.trace import TraceError, cells, numerator

    figure = _figure(of_survey(home, codebook).rows, figure_id)
    survey = open_survey(home, codebook)
    lake = Lake(root=str(survey.lake), codebook=survey.codebook)
    edition = str(figure["edition"])
    try:
        answers = numerator(
            figure,
            lake.read("mart_answers"),
            lake.read("respondent_profiles"),
            codebook=survey.read_codebook(),
        )
        names = ("norm_sources", "cell_map", "source_files", "raw_columns", "raw_responses")
        found = cells(answers, **{name: lake.read(name, edition) for name in names})
    except (TraceError, FileNotFoundError) as error:
        raise click.ClickException(str(error)) from error
    if as_csv:
        click.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)
        return
    _show(figure, found)


def _figure(rows: pd.DataFrame, figure_id: str) -> dict[Any, Any]:
    from rapidfuzz import process

    found = rows[rows["figure_id"] == figure_id]
    if found.empty:
        near = process.extract(figure_id, rows["figure_id"].tolist(), limit=_NEAREST)
        listed = "".join(f"\n  {name}" for name, _, _ in near)
        raise click.ClickException(
            f"no figure is called {figure_id}; `observatoire table VARIABLE --csv` lists those of "
            f"a question, the nearest are:{listed}"
        )
    figure = found.iloc[0].to_dict()
    if str(figure["suppression"]).startswith("hidden"):
        raise click.ClickException(
            f"{figure_id} is hidden, too few answered: its cells would tell who gave which answer"
        )
    return figure


def _show(figure: dict[Any, Any], found: pd.DataFrame) -> None:
    from observatoire_pipeline.ingest.refusal import column_letter

    of = " — ".join(
        str(figure[name]) for name in ("variable_label", "item_label", "code_label") if figure[name]
    )
    share = f"{100 * float(figure['share']):.1f} %"
    click.echo(f"{share}  {of}, {figure['edition']}")
    click.echo(f"  {figure['numerator']} of {figure['base_n']}: {figure['base_words']}")
    if figure["weighting"] != "unweighted":
        click.echo(f"  weighted ({figure['weighting']}): each answer counts by respondent_weights")
    if figure["synthetic"]:
        click.echo("  synthetic answers")
    for (file, member, column, position, title, label), cells in found.groupby(
        ["file", "member", "column", "position", "title", "label"], sort=False
    ):
        place = f"{file} [{member}]" if member else file
        heading = " / ".join(text for text in (title, label) if text)
        click.echo(f"\n{place}\n  column {column_letter(position)} ({column}) “{heading}”")
        for row, text in zip(cells["row"], cells["text"], strict=True):
            click.echo(f"  row {row:>5}  {text}")
    click.echo(f"\n{len(found)} cells of {found['respondent_id'].nunique()} respondents")
