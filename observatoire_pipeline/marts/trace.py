"""From a figure back to the cells it was counted from.

In: the answers that are a figure's numerator, and the cells of the delivered files that they were
read from. Not in: where the tables are stored and how the cells are shown (`cli.trace`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import SELECTED, UNCODED
from observatoire_pipeline.marts.estimates import parts_of_figure

CELL_COLUMNS = (
    "file", "member", "column", "position", "title", "label", "row", "text", "respondent_id",
)  # fmt: skip


class TraceError(LookupError):
    """The stored tables do not lead from the figure to its cells; says why."""


def numerator(
    figure: Mapping[Hashable, Any],
    mart_answers: pd.DataFrame,
    profiles: pd.DataFrame,
    *,
    codebook: Codebook,
) -> pd.DataFrame:
    """Return the answers that a figure counts.

    Args:
        figure: A row of `mart_estimates` that is not hidden. A weighted one counts the same
            answers as its unweighted twin.
        mart_answers: A frame of that table.
        profiles: A frame of `respondent_profiles`.
        codebook: The survey.

    Returns:
        The rows of `mart_answers`, in their order.

    Raises:
        TraceError: the tables hold another number of answers than the figure says.
    """
    edition, variable = str(figure["edition"]), str(figure["variable"])
    asked = (mart_answers["edition"] == edition) & (mart_answers["variable"] == variable)
    asked &= (mart_answers["item"] == figure["item"]) & (mart_answers["unit"] == figure["unit"])
    if figure["statistic"] == "theme_share":
        uncoded = mart_answers["code"] == UNCODED  # said of every theme
        themed = (mart_answers["theme"] == figure["code"]) & (mart_answers["code"] == SELECTED)
        asked &= uncoded if figure["code"] == UNCODED else themed
    else:
        codes = parts_of_figure(codebook, variable, edition, str(figure["code"]))
        asked &= (mart_answers["theme"] == "") & mart_answers["code"].isin(codes)
    found = mart_answers[asked]
    who = profiles[profiles["edition"] == edition]
    if not codebook.is_repeated(variable):
        who = who[who["counts"].astype(bool)]
    if figure["breakdown"] != "all":
        who = who[who[str(figure["breakdown"])] == figure["breakdown_code"]]
    found = found[found["respondent_id"].isin(who["respondent_id"])]
    found = found.drop_duplicates(["respondent_id", "instance"])
    if pd.notna(figure["numerator"]) and len(found) != int(figure["numerator"]):
        raise TraceError(
            f"{figure['figure_id']}: {len(found)} answers are stored and the figure counts "
            f"{int(figure['numerator'])}: publish again, the tables are not of one run"
        )
    return found


def cells(
    answers: pd.DataFrame,
    *,
    norm_sources: pd.DataFrame,
    cell_map: pd.DataFrame,
    source_files: pd.DataFrame,
    raw_columns: pd.DataFrame,
    raw_responses: pd.DataFrame,
) -> pd.DataFrame:
    """Return the cells that answers were read from.

    A choice among others in one cell leads to that cell; an "other" that was only typed, to where
    it was typed.

    Args:
        answers: Rows of `mart_answers`, of one edition and question.
        norm_sources: That table of the edition.
        cell_map: That table of the edition.
        source_files: That table of the edition.
        raw_columns: That table of the edition.
        raw_responses: That table of the edition.

    Returns:
        `CELL_COLUMNS`: a row a cell that is not blank, in the order of files, columns and rows;
        `row` as a spreadsheet counts, `text` as delivered.

    Raises:
        TraceError: an answer stands in no cell; says whose.
    """
    of_answer = ["respondent_id", "instance", "variable", "item", "code"]
    rows = answers[of_answer].merge(
        norm_sources[["respondent_id", "source_id", "row"]], on="respondent_id", how="left"
    )
    columns = cell_map[["source_id", "column", "variable", "item", "instance", "code"]]
    columns = columns.rename(columns={"item": "of_item", "code": "of_code"})
    columns = columns[columns["variable"].isin(answers["variable"])]
    found = rows.merge(columns, on=["source_id", "variable", "instance"], how="left")
    own = (found["of_item"] == found["item"]) | (found["of_item"] == "")
    typed = (found["item"] == "") & (found["of_item"] == found["code"])
    ticked = (found["of_code"] == "") | (found["of_code"] == found["code"])
    found = found.assign(typed=~own)[(own | typed) & ticked]
    names = sorted(found["column"].unique())
    delivered = raw_responses[["source_id", "row", *names]].melt(
        ["source_id", "row"], var_name="column", value_name="text"
    )
    found = found.merge(delivered, on=["source_id", "row", "column"], validate="many_to_one")
    found = found[found["text"].astype("str").str.strip() != ""]
    only_typed = found.groupby(["respondent_id", "instance"])["typed"].transform("min")
    found = found[found["typed"] == only_typed]
    lost = sorted(set(answers["respondent_id"]) - set(found["respondent_id"]))
    if lost:
        raise TraceError(f"no cell holds the answer of {', '.join(lost)}")
    described = raw_columns[["source_id", "column", "position", "title", "label"]]
    found = found.merge(described, on=["source_id", "column"], validate="many_to_one")
    found = found.merge(
        source_files[["source_id", "file", "member"]], on="source_id", validate="many_to_one"
    )
    ordered = found.sort_values(["source_id", "position", "row"], kind="stable")
    return ordered[list(CELL_COLUMNS)].drop_duplicates().reset_index(drop=True)
