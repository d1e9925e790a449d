"""Tables that are known and not read: other tools' exports, forms, tables on their side.

In: the names of fixed columns of tools whose exports are not read; definitions of a questionnaire;
responses laid on their side, or one row for each answer. Not in: summaries (`summaries`), the
platforms that are read (a module each).

A name here only makes a refusal say what the file is: without it the file would be refused as
unknown or, where its questions look like those of a platform that is read, be taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.grid import Grid
from observatoire_pipeline.ingest.platforms.interface import Platform

DEEPEST = 4
"""Records in which names of fixed columns are looked for."""

_FROM_IT = "export the survey from a platform that is read, or bring its responses to one"

EXPORTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Microsoft Forms", ("id", "starttime", "completiontime")),
    ("Microsoft Forms", ("id", "heuredebut", "heuredefin")),
    ("Microsoft Forms", ("id", "heurededebut", "heuredefin")),
    ("Microsoft Forms", ("id", "startzeit", "fertigstellungszeit")),
    ("Microsoft Forms", ("id", "horadeinicio", "horadefinalizacion")),
    ("Microsoft Forms", ("id", "horadeinicio", "horadeconclusao")),
    ("Microsoft Forms", ("id", "oradiinizio", "oradicompletamento")),
    ("Microsoft Forms", ("id", "begintijd", "tijdvanvoltooien")),
    ("KoboToolbox", ("uuid", "submissiontime")),
    ("ODK", ("submissiondate", "key")),
    ("ODK", ("metainstanceid", "key")),
    ("SoSci Survey", ("case", "questnnr", "started")),
    ("REDCap", ("recordid", "redcapeventname")),
    ("REDCap", ("recordid", "redcapsurveyidentifier")),
    ("REDCap", ("recordid", "redcaprepeatinstrument")),
    ("Drupal Webform (Framaforms)", ("sid", "uid", "submittedtime")),
    ("Drupal Webform (Framaforms)", ("sid", "uid", "heuredesoumission")),
    ("Drupal Webform (Framaforms)", ("sid", "uid", "heuredefin")),
    ("Jotform", ("submissiondate", "submissionid")),
    ("Jotform", ("submissiondate", "submissionip")),
    ("Alchemer", ("responseid", "timestarted", "datesubmitted")),
    ("Tally", ("submissionid", "respondentid", "submittedat")),
    ("Wufoo", ("entryid", "datecreated", "completionstatus")),
    ("QuestionPro", ("responseid", "responsestatus", "seqnumber")),
    ("SmartSurvey", ("userid", "userno", "uniqueid")),
    ("Sphinx", ("cle", "datesaisie", "originesaisie")),
    ("Decidim", ("iphash", "userstatus")),
    ("Qualtrics (the history of a distribution)", ("responseid", "emailsenton", "link")),
    ("Qualtrics (the history of a distribution)", ("responseid", "externaldatareference", "link")),
    ("Eventbrite (a list of orders)", ("order", "orderdate", "tickettype")),
    ("Prolific (a list of participants)", ("submissionid", "participantid")),
    ("Mechanical Turk", ("hitid", "assignmentid", "workerid")),
)
"""Tool → names of fixed columns that stand together in its exports, letters and digits only."""

FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("the definition of a form (XLSForm)", ("type", "name", "label")),
    ("the structure of a LimeSurvey survey", ("class", "typescale", "relevance")),
    ("a data dictionary (REDCap)", ("variablefieldname", "formname", "fieldtype")),
)


_LIMESURVEY = {"lastpage", "startlanguage", "seed", "datestarted", "datelastaction"}
"""Of LimeSurvey, which names two columns as Alchemer does."""


class Stranger(NamedTuple):
    """What a table is, what was expected instead, and what to do."""

    found: str
    expected: str
    hint: str


def stranger(grid: Grid, *, platforms: Collection[Platform]) -> Stranger | None:
    """Return what a table is that is known and not read, None for any other.

    Args:
        grid: Its records.
        platforms: Those whose exports are read.
    """
    titles = "an export of " + ", ".join(platform.title for platform in platforms)
    for row in grid.head[:DEEPEST]:
        names = {_letters(cell) for cell in row if cell}
        for tool, signs in EXPORTS:
            if names.issuperset(signs):
                return Stranger(f"an export of {tool}, which is not read", titles, _FROM_IT)
    first = {_letters(cell) for cell in grid.head[0] if cell} if grid.head else set()
    for form, signs in FORMS:
        if first.issuperset(signs):
            return Stranger(f"{form}, without responses", titles, "export the responses")
    tool = _by_shape(grid)
    if tool:
        return Stranger(f"an export of {tool}, which is not read", titles, _FROM_IT)
    if _on_its_side(grid, platforms):
        return Stranger(
            "a table on its side: respondents stand in columns",
            "one row for each response",
            "transpose it, or export it again",
        )
    if _row_for_each_answer(grid, platforms):
        return Stranger(
            "one row for each answer: each respondent stands in several",
            "one row for each response",
            "export it again from the platform, one column for each question",
        )
    return None


def _by_shape(grid: Grid) -> str:
    """Return the tool whose way of ticked choices, or fixed columns without others, a table has.

    Alchemer heads a box by `choice:question` and writes the choice; Tally writes the question with
    all that was ticked, then `question (choice)` for each with TRUE or FALSE.
    """
    heads = [cell.strip() for cell in grid.head[0]] if grid.head else []
    names = {_letters(cell) for cell in heads}
    if names >= {"responseid", "datesubmitted", "status"} and not names & _LIMESURVEY:
        return "Alchemer"
    boxes: dict[str, int] = {}
    flags: dict[str, int] = {}
    for k, head in enumerate(heads, start=1):
        choice, mark, title = head.partition(":")
        if mark and len(title.split()) >= 3 and _held(grid, k) == {normalise_label(choice)}:
            boxes[title] = boxes.get(title, 0) + 1
        if head.endswith(")") and _held(grid, k) == {"true", "false"}:
            asked = next((one for one in heads if one and head.startswith(f"{one} (")), "")
            flags[asked] = flags.get(asked, 0) + bool(asked)
    if sum(count >= 2 for count in boxes.values()) >= 2:
        return "Alchemer"
    return "Tally" if any(count >= 2 for count in flags.values()) else ""


def _held(grid: Grid, position: int) -> set[str]:
    """Return the texts of a column; none where there are more than four."""
    texts, _ = grid.distinct(position, below=1)
    return {normalise_label(text) for text in texts} if len(texts) <= 4 else set()


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", normalise_label(name))


def _fields(cells: Sequence[str], platform: Platform) -> set[str]:
    return {field for cell in cells if cell and (field := platform.field_of(cell)) is not None}


def _on_its_side(grid: Grid, platforms: Collection[Platform]) -> bool:
    """Tell whether the names of fixed columns stand one below the other in the first column."""
    if grid.width < 3 or not grid.head:
        return False
    below = [row[0] for row in grid.head[1:]]
    return any(
        len(_fields(below, platform)) >= 2 and len(_fields(grid.head[0], platform)) <= 1
        for platform in platforms
    )


def _row_for_each_answer(grid: Grid, platforms: Collection[Platform]) -> bool:
    """Tell whether the identifiers of respondents come back three times each, in a narrow table."""
    if not grid.head or grid.width > 8 or len(grid.rows) < 10:
        return False
    for k, cell in enumerate(grid.head[0], start=1):
        if not any(platform.field_of(cell) == "respondent_id" for platform in platforms):
            continue
        texts, counts = grid.distinct(k, below=1)
        whole = all(text.isalnum() for text in texts[:100])
        if whole and len(texts) >= 3 and int(counts.min()) >= 2 and counts.mean() >= 3:
            return True
    return False
