"""Every table of the pipeline, declared once, in the order of the stages.

In: names, grains, keys, columns with type, unit and meaning. Tables whose columns follow the
questionnaire (one per variable) take them from the codebook.
Not in: how a declaration becomes a schema, or who fills the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.tables.model import Column, Table

RAW_CELL = re.compile(r"^c\d{3,}$")

_EDITION = Column("edition", "text", "Edition of the survey, as the codebook spells it.")
_RESPONDENT = Column(
    "respondent_id", "text", "Identifier of the response, as the platform gave it."
)
_SOURCE = Column("source_id", "text", "Identifier of the source file within its edition.")
_ROW = Column("row", "integer", "Row of the source file, counted from 1 as a spreadsheet does.")
_INSTANCE = Column(
    "instance", "integer", "Number of the instance in a repeated block; 1 in a block asked once."
)
_SYNTHETIC = Column("synthetic", "boolean", "True when the answers were generated, not collected.")
_FIGURE = Column(
    "figure_id", "text", "Spells the key of the figure; the same from release to release."
)
_UNIT = Column("unit", "text", "What is counted: collectivite, outil, dispositif.")
_VARIABLE = Column("variable", "text", "Variable of the codebook.")
_ITEM = Column("item", "text", "Item of a battery; empty for a variable without items.")
_BASE_RULE = Column(
    "base_rule",
    "text",
    "Who is in the base: answered = substantive answers; answered_or_dk = with do-not-know.",
)
_BASE_WORDS = Column("base_words", "text", "The base in words, in the language of the survey.")
_BASE_N = Column("base_n", "integer", "Number of units in the base.")
_LABELS = (
    Column("variable_label", "text", "Short title of the question."),
    Column("item_label", "text", "Label of the item; empty without items."),
)

_PICTURE = (
    Column("chart", "text", "Name of the chart and of its two files."),
    Column("family", "text", "Family of the chart."),
    Column("title", "text", "Title as drawn."),
    Column("description", "text", "Alternative text."),
    Column("figure_ids", "text", "Figures drawn, as a JSON list."),
    Column("svg", "text", "The picture, for the web and print."),
    Column("png", "binary", "The picture, for slides."),
)
OWNER_TYPES = (
    "commune",
    "intercommunalite",
    "departement",
    "region",
    "collectivite",
    "etat",
    "entreprise",
    "association",
    "autre",
)
"""Who carries a project of the directory; `collectivite` is one that no reference identifies."""
PLACE_EVIDENCE = (
    "agrees",
    "postcode_alone",
    "postcode_against_coordinates",
    "owner_and_postcode_against_coordinates",
    "owner_and_coordinates_against_postcode",
    "owner_and_coordinates",
    "coordinates_alone",
    "nothing",
)
DIRECTORY_READ = (
    "directory_files",
    "directory_columns",
    "raw_directory",
    "directory_projects",
    "directory_project_codes",
)
DIRECTORY_TABLES = (*DIRECTORY_READ, "mart_directory", "directory_charts", "accepted_directory")
"""Tables that a job of their own makes, so that a directory that is refused holds up no edition."""


def catalogue(codebook: Codebook) -> dict[str, Table]:
    """Return every table by name, in the order of the stages, for one codebook."""
    tables = (
        *_ingest(),
        *_validate(),
        *_normalise(codebook),
        *_longitudinal(codebook),
        *_marts(),
        *_who_answered(),
        *_compared_and_summarised(),
        *_charts(),
        *_directory(),
    )
    return {table.name: table for table in tables}


def _ingest() -> tuple[Table, ...]:
    return (
        Table(
            name="source_files",
            stage="ingest",
            grain="a file received for an edition (each member of an archive is one)",
            key=("edition", "source_id"),
            per_edition=True,
            columns=(
                _EDITION,
                _SOURCE,
                Column("file", "text", "Name of the file in the landing folder."),
                Column("member", "text", "Name inside the archive or of the sheet; may be empty."),
                Column("sha256", "text", "Checksum of the file as received."),
                Column("bytes", "integer", "Size of the file as received.", unit="byte"),
                Column("platform", "text", "Survey platform whose export it is."),
                Column("layout", "text", "condensed or expanded."),
                Column("encoding", "text", "Character encoding found; empty for a workbook."),
                Column("delimiter", "text", "Delimiter found; empty for a workbook."),
                Column("header_rows", "integer", "Number of header rows found."),
                Column("rows", "integer", "Data rows under the header that are not blank."),
                Column("columns", "integer", "Columns of the file."),
                Column("cells_in", "integer", "Non-blank cells under the header."),
                Column("damage", "text", "Damage found and repaired, as a JSON list."),
                _SYNTHETIC,
                Column("landing_sha256", "text", "Checksum of the whole landing folder."),
            ),
        ),
        Table(
            name="raw_columns",
            stage="ingest",
            grain="a column of a source file, with what it was recognised as",
            key=("edition", "source_id", "column"),
            per_edition=True,
            columns=(
                _EDITION,
                _SOURCE,
                Column("column", "text", "c001, c002... by position in the file."),
                Column("position", "integer", "Position in the file, from 1."),
                Column("title", "text", "Title of its question, or its own heading; clean text."),
                Column(
                    "label",
                    "text",
                    "What the headers say beside the title: a choice, a row, a box.",
                ),
                Column(
                    "question_group", "integer", "Position of the first column of its question."
                ),
                Column("role", "text", "metadata, personal, question, extra (added) or blank."),
                Column("field", "text", "Metadata field it holds; empty for other roles."),
                Column("variable", "text", "Variable it maps to; empty for other roles."),
                _ITEM,
                _INSTANCE,
                Column(
                    "code", "text", "Code that a tick means, in an expanded layout; else empty."
                ),
                Column(
                    "reading",
                    "text",
                    "How its cells are read where they are no labels: joined (choices share a"
                    " cell), other_inside, places (the cell names what has this rank), ticks (a"
                    " word says whether); else empty.",
                ),
                Column("separator", "text", "What stands between choices that share a cell."),
                Column(
                    "no_answer",
                    "text",
                    "Texts, separated by |, by which the platform says that it was not answered.",
                ),
                Column("cells_in", "integer", "Non-blank cells under the header."),
            ),
        ),
        Table(
            name="raw_responses",
            stage="ingest",
            grain="a data row of a source file, as delivered, without its personal columns",
            key=("edition", "source_id", "row"),
            per_edition=True,
            columns=(_EDITION, _SOURCE, _ROW),
            extra_columns=RAW_CELL,
        ),
    )


def _validate() -> tuple[Table, ...]:
    return (
        Table(
            name="valid_responses",
            stage="validate",
            grain="an accepted row of a source file, as delivered after declared corrections",
            key=("edition", "source_id", "row"),
            per_edition=True,
            columns=(
                _EDITION,
                _SOURCE,
                _ROW,
                _RESPONDENT,
                Column("started_at", "timestamp", "Start of the response.", nullable=True),
                Column("ended_at", "timestamp", "End of the response.", nullable=True),
            ),
            extra_columns=RAW_CELL,
        ),
        Table(
            name="rejected_responses",
            stage="validate",
            grain="a row or a cell that was rejected or dropped, with the rule and the place",
            key=("edition", "source_id", "row", "column"),
            per_edition=True,
            columns=(
                _EDITION,
                _SOURCE,
                _ROW,
                Column("column", "text", "Column of the cell; empty when the whole row went."),
                _RESPONDENT,
                Column("scope", "text", "row or cell."),
                Column("outcome", "text", "rejected, or dropped by a declared rule."),
                Column("rule", "text", "Name of the rule."),
                Column("value", "text", "What was found; empty for a row."),
                Column("expected", "text", "What the rule expects."),
                Column("where", "text", "File, row and column in words."),
                Column("cells", "integer", "Non-blank cells that went with it."),
            ),
        ),
        Table(
            name="quality_report",
            stage="validate",
            grain="an expectation on the content of an accepted edition, met or not",
            key=("edition", "suite", "table", "rule", "column"),
            per_edition=True,
            columns=(
                _EDITION,
                Column("suite", "text", "raw: rows as delivered, accepted: what figures count."),
                Column("table", "text", "Table that was looked at."),
                Column("rule", "text", "What is asked: hasty, straight_line, distance..."),
                Column("expectation", "text", "Expectation, by its Great Expectations name."),
                Column("column", "text", "Column (or columns) it is about."),
                Column("severity", "text", "If it is not met: serious, notable or minor."),
                Column("place", "text", "The question, in words; empty for the whole response."),
                Column("expected", "text", "Its parameters, as JSON."),
                Column("met", "boolean", "Whether it is met; nothing is blocked when not."),
                Column(
                    "observed",
                    "number",
                    "The share or distance found; empty for a rule about single rows.",
                    nullable=True,
                    unit="1",
                ),
                Column("rows", "integer", "Rows looked at."),
                Column("unexpected_rows", "integer", "Rows that do not meet it."),
                Column(
                    "row_numbers",
                    "text",
                    "The first of those rows by source_id, as JSON; counted as a spreadsheet does.",
                ),
            ),
        ),
    )


def _normalise(codebook: Codebook) -> tuple[Table, ...]:
    return (
        Table(
            name="norm_responses",
            stage="normalise",
            grain="a response: identifiers, then one column per variable and item asked once",
            key=("edition", "respondent_id"),
            per_edition=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                _SOURCE,
                _ROW,
                Column("collector", "text", "Collector through which it came; may be empty."),
                Column("started_at", "timestamp", "Start of the response.", nullable=True),
                Column("ended_at", "timestamp", "End of the response.", nullable=True),
                *_answers(codebook, repeated=False),
            ),
        ),
        Table(
            name="norm_instances",
            stage="normalise",
            grain="a response × repeated block × instance that has an answer",
            key=("edition", "respondent_id", "block", "instance"),
            per_edition=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                Column("block", "text", "Repeated block of the questionnaire."),
                _INSTANCE,
                *_answers(codebook, repeated=True),
            ),
        ),
        Table(
            name="norm_texts",
            stage="normalise",
            grain="a free text or an 'other' answer (it may hold personal data)",
            key=("edition", "respondent_id", "variable", "item", "instance"),
            per_edition=True,
            microdata=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                _VARIABLE,
                _ITEM,
                _INSTANCE,
                Column("text", "text", "What was typed, spaces trimmed."),
            ),
        ),
        Table(
            name="cell_map",
            stage="normalise",
            grain="a column of a source file and what became of its cells",
            key=("edition", "source_id", "column"),
            per_edition=True,
            columns=(
                _EDITION,
                _SOURCE,
                Column("column", "text", "c001, c002... by position in the file."),
                Column("variable", "text", "Variable it was coded to; empty for metadata."),
                _ITEM,
                _INSTANCE,
                Column(
                    "code", "text", "Code that a tick means, in an expanded layout; else empty."
                ),
                Column("cells_in", "integer", "Non-blank cells under the header."),
                Column("cells_coded", "integer", "Cells coded, or kept as text or metadata."),
                Column("cells_rejected", "integer", "Cells rejected with a reason."),
                Column("cells_dropped", "integer", "Cells dropped by a declared rule."),
            ),
        ),
        Table(
            name="norm_sources",
            stage="normalise",
            grain="a response and a row of a source file that it was read from",
            key=("edition", "respondent_id", "source_id", "row"),
            per_edition=True,
            columns=(_EDITION, _RESPONDENT, _SOURCE, _ROW),
        ),
        Table(
            name="accepted_editions",
            stage="normalise",
            grain="an edition that passed every blocking check: its receipt",
            key=("edition",),
            per_edition=True,
            columns=(
                _EDITION,
                _SYNTHETIC,
                Column("landing_sha256", "text", "Checksum of the landing folder that was read."),
                Column("codebook_sha256", "text", "Checksum of the codebook that was used."),
                Column("partition_sha256", "text", "Checksums of the stored tables, as JSON."),
                Column("responses", "integer", "Responses accepted."),
                Column("instances", "integer", "Instances of repeated blocks accepted."),
                Column("rejected", "integer", "Rows and cells rejected or dropped."),
                Column("run_id", "text", "Dagster run that accepted the edition."),
                Column("accepted_at", "timestamp", "When it was accepted (UTC)."),
            ),
        ),
    )


def _longitudinal(codebook: Codebook) -> tuple[Table, ...]:
    return (
        Table(
            name="panel_responses",
            stage="longitudinal",
            grain="a response of any edition; a variable its edition did not ask is not_asked",
            key=("edition", "respondent_id"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                _SYNTHETIC,
                Column("started_at", "timestamp", "Start of the response.", nullable=True),
                Column("ended_at", "timestamp", "End of the response.", nullable=True),
                *_answers(codebook, repeated=False),
            ),
        ),
        Table(
            name="panel_instances",
            stage="longitudinal",
            grain="an instance of a repeated block in any edition",
            key=("edition", "respondent_id", "block", "instance"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                Column("block", "text", "Repeated block of the questionnaire."),
                _INSTANCE,
                _SYNTHETIC,
                *_answers(codebook, repeated=True),
            ),
        ),
        Table(
            name="respondent_profiles",
            stage="longitudinal",
            grain="a response, with the collectivité it speaks for and what is known of that one",
            key=("edition", "respondent_id"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                Column(
                    "organisation_id",
                    "text",
                    "Identity of the collectivité: kind:code@first day, epci:SIREN, new:… when "
                    "unknown, unnamed:….",
                ),
                Column(
                    "link",
                    "text",
                    "linked (by the matching), confirmed (by a person), review (waits for a "
                    "person), new (named, in no reference) or unnamed.",
                ),
                Column("score", "number", "How well the typed name fits, from 0 to 100."),
                Column("reason", "text", "Why it was linked so."),
                Column(
                    "type",
                    "text",
                    "commune, intercommunalite, departement, region, autre; or unknown.",
                ),
                Column(
                    "size_class",
                    "text",
                    "Class of its population, as the survey's own question cuts it; or unknown.",
                ),
                Column(
                    "legal_class",
                    "text",
                    "Legal class of its population (CGCT L2334-3); empty without population.",
                ),
                Column("region", "text", "Code of its région; or unknown."),
                Column(
                    "departement",
                    "text",
                    "Code of its département (of an EPCI the one of most inhabitants); empty for a "
                    "région; or unknown.",
                ),
                Column(
                    "profile_source",
                    "text",
                    "reference, typed (the respondent's own answers), or mixed.",
                ),
                Column("population", "integer", "Inhabitants, where known.", nullable=True),
                Column("population_source", "text", "Where the population comes from."),
                Column(
                    "counts",
                    "boolean",
                    "Whether this is the response of its collectivité that counts, when figures "
                    "take one answer per collectivité.",
                ),
                Column("responses", "integer", "Responses of the collectivité in the edition."),
                Column(
                    "kind", "text", "commune, epci, departement or region; empty unless linked."
                ),
                Column("code", "text", "COG code, or SIREN of an EPCI; empty unless linked."),
                Column("official_name", "text", "Its name on the day; empty unless linked."),
                Column(
                    "unit_id",
                    "text",
                    "Identity of the unit on the day; organisation_id is the one it had first, "
                    "where its code has changed.",
                ),
                Column("reference_date", "text", "Day on which it was looked up."),
                Column(
                    "attested",
                    "boolean",
                    "False for an EPCI that no source shows on that day: taken from a later list.",
                ),
                _SYNTHETIC,
            ),
        ),
        *_panel(),
        Table(
            name="comparability",
            stage="longitudinal",
            grain="a variable or an item × a pair of editions, with its grade",
            key=("variable", "item", "edition_from", "edition_to"),
            published=True,
            columns=(
                _VARIABLE,
                _ITEM,
                Column("edition_from", "text", "The earlier edition."),
                Column("edition_to", "text", "The later edition."),
                Column(
                    "grade",
                    "coded",
                    "How far the two editions can be compared.",
                    vocabulary=(
                        "identical",
                        "reworded",
                        "options_regrouped",
                        "scale_changed",
                        "base_changed",
                        "not_asked",
                    ),
                ),
                Column("comparable", "boolean", "Whether a change may be computed."),
                Column("code_mapping", "text", "Codes to the common partition, as JSON."),
                Column("reason", "text", "Why the pair has this grade."),
                *_LABELS,
            ),
        ),
    )


def _panel() -> tuple[Table, ...]:
    organisation = Column(
        "organisation_id", "text", "Identity of the collectivité, as in respondent_profiles."
    )
    return (
        Table(
            name="organisations",
            stage="longitudinal",
            grain="a collectivité that answered any edition, as it was when it last did",
            key=("organisation_id",),
            microdata=True,
            published=True,
            columns=(
                organisation,
                Column("kind", "text", "commune, epci, departement or region; empty: in no list."),
                Column("code", "text", "COG code, or SIREN of an EPCI; empty: in no list."),
                Column("siren", "text", "SIREN, where the reference has it."),
                Column("name", "text", "Official name; what was typed, folded, where in no list."),
                Column("type", "text", "As in respondent_profiles."),
                Column("size_class", "text", "As in respondent_profiles."),
                Column("legal_class", "text", "As in respondent_profiles."),
                Column("region", "text", "Code of its région; or unknown."),
                Column("departement", "text", "As in respondent_profiles."),
                Column("population", "integer", "Inhabitants, where known.", nullable=True),
                Column("population_source", "text", "Where the population comes from."),
                Column("valid_from", "text", "First day of the body; 1943-01-01: then or before."),
                Column("valid_to", "text", "First day after it; empty while it goes on."),
                Column(
                    "predecessors",
                    "text",
                    "Bodies of 2016-01-01 that it took over, whole or in part: identities, "
                    "blank-separated.",
                ),
                Column(
                    "successors",
                    "text",
                    "Bodies of 2019-12-31 that took it over, whole or in part.",
                ),
                Column(
                    "succession_known",
                    "boolean",
                    "Whether the two lists above are complete; False for an EPCI without the "
                    "yearly tables, and for what is in no list.",
                ),
                Column("first_edition", "text", "First edition that it answered."),
                Column("last_edition", "text", "Last edition that it answered."),
                Column("editions", "integer", "Editions that it answered."),
                Column("responses", "integer", "Responses in all editions."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="panel_relations",
            stage="longitudinal",
            grain="a collectivité that answered an edition × one that took it over, whole or in "
            "part, and answered a later edition",
            key=("edition_from", "edition_to", "from_organisation", "to_organisation"),
            microdata=True,
            published=True,
            columns=(
                Column("edition_from", "text", "The earlier edition."),
                Column("edition_to", "text", "The later edition."),
                Column("from_organisation", "text", "The collectivité of the earlier edition."),
                Column("to_organisation", "text", "The other body, of the later edition."),
                Column("grade", "text", "full, partial or unknown: how much was taken over."),
                Column("events", "text", "What happened, in order of date."),
                Column(
                    "share_population",
                    "number",
                    "Share of the inhabitants of the earlier one that live in the later one.",
                    nullable=True,
                    unit="1",
                ),
                Column(
                    "share_of_successor",
                    "number",
                    "Share of the inhabitants of the later one that came from the earlier one.",
                    nullable=True,
                    unit="1",
                ),
                Column(
                    "main",
                    "boolean",
                    "Whether it counts as a succession: full, or one of the shares is a half or "
                    "more.",
                ),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="panel_membership",
            stage="longitudinal",
            grain="a collectivité × an edition: whether it answered, linked how",
            key=("organisation_id", "edition"),
            microdata=True,
            published=True,
            columns=(
                organisation,
                _EDITION,
                Column("answered", "boolean", "Whether it answered."),
                Column("responses", "integer", "Its responses in the edition."),
                Column("link", "text", "As in respondent_profiles; empty when it did not answer."),
                Column(
                    "score",
                    "number",
                    "Confidence of the link, 0 to 100; empty when it did not answer.",
                    nullable=True,
                ),
                Column(
                    "existed",
                    "coded",
                    "Whether the body existed on the day of the edition, as far as sources show.",
                    vocabulary=("yes", "no", "unknown"),
                ),
                Column(
                    "related",
                    "text",
                    "Other bodies that answered the edition and took it over, or that it took "
                    "over: identities, blank-separated.",
                ),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="instance_organisations",
            stage="longitudinal",
            grain="an instance of a repeated block, with the collectivité that has it",
            key=("edition", "respondent_id", "block", "instance"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                Column("block", "text", "The repeated block."),
                _INSTANCE,
                organisation,
                Column(
                    "counts",
                    "boolean",
                    "Whether its response is the one of its collectivité that counts.",
                ),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="link_changes",
            stage="longitudinal",
            grain="the link of a response as it was first made (change 0), or as it later became",
            key=("edition", "respondent_id", "change"),
            microdata=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                Column("change", "integer", "0 for the first link, then 1, 2…"),
                organisation,
                Column("previous_organisation_id", "text", "What it was; empty at first."),
                Column("link", "text", "As in respondent_profiles."),
                Column("previous_link", "text", "What it was; empty at first."),
                Column("reason", "text", "Why it was linked so."),
                Column("run_id", "text", "The run that found it."),
            ),
        ),
    )


_FRAME = (
    Column(
        "frame_n",
        "integer",
        "Collectivités of the group that could have answered: the finite population for which the "
        "interval is corrected, as if the base were a random sample of it, which it is not (who "
        "answered chose to). Empty: not corrected.",
        nullable=True,
    ),
    Column(
        "frame_reason",
        "text",
        "Why there is no frame_n: not_declared, other_unit (tools and devices are in no list), "
        "subpopulation (a filter, or texts typed), no_list, list_of_another_day, outside_list (a "
        "respondent is in no list, or in that of another group), unknown_group, outside_weighting; "
        "empty where there is one.",
    ),
)


def _measure(name: str, words: str) -> Column:
    return Column(name, "number", words, nullable=True)


def _marts() -> tuple[Table, ...]:
    return (
        Table(
            name="mart_estimates",
            stage="marts",
            grain=(
                "a figure: edition × unit × variable × item × code × statistic × base rule × "
                "weighting × breakdown"
            ),
            key=("figure_id",),
            published=True,
            columns=(
                _FIGURE,
                _EDITION,
                _UNIT,
                _VARIABLE,
                _ITEM,
                Column("code", "text", "Answer counted; `favourable` adds the positive answers."),
                Column(
                    "statistic",
                    "text",
                    "share, or theme_share: of the texts typed, those that a person gave a theme.",
                ),
                _BASE_RULE,
                Column(
                    "weighting",
                    "text",
                    "unweighted; type_size: to all collectivités by type and size, shares to the "
                    "point.",
                ),
                Column(
                    "breakdown", "text", "type, size_class or region; `all` for the whole base."
                ),
                Column("breakdown_code", "text", "Group of the breakdown; `all` for none."),
                Column("breakdown_label", "text", "Label of the group."),
                *_LABELS,
                Column("code_label", "text", "Label of the answer."),
                Column("code_order", "integer", "Place of the answer on its scale, from 1."),
                _BASE_WORDS,
                Column(
                    "n_asked",
                    "integer",
                    "Units that were shown the question; empty for themes of typed texts.",
                    nullable=True,
                ),
                Column(
                    "n_answered",
                    "integer",
                    "Of those, units that gave any answer; like n_asked empty where it would tell "
                    "the answer that decided who was asked.",
                    nullable=True,
                ),
                Column(
                    "numerator",
                    "integer",
                    "Units that gave the answer, those of a weighted figure not weighted. Of a "
                    "hidden figure only where it gives nothing back.",
                    nullable=True,
                ),
                Column(
                    "base_n",
                    "integer",
                    "Units in the base. Of a hidden figure only where it gives nothing back.",
                    nullable=True,
                ),
                Column(
                    "share",
                    "number",
                    "numerator / base_n, or the weighted share rounded to the point; empty where "
                    "hidden.",
                    nullable=True,
                    unit="1",
                ),
                Column("ci_lower", "number", "Lower end of the interval.", nullable=True, unit="1"),
                Column("ci_upper", "number", "Upper end of the interval.", nullable=True, unit="1"),
                Column(
                    "ci_method",
                    "text",
                    "wilson; wilson_clustered where one collectivité describes several units; with "
                    "_weighted, of the rounded share on the effective number rounded down.",
                ),
                Column("ci_level", "number", "Confidence level.", unit="1"),
                *_FRAME,
                Column(
                    "jeffreys_lower",
                    "number",
                    "Lower end of the Jeffreys interval; empty for clustered units.",
                    nullable=True,
                    unit="1",
                ),
                Column("jeffreys_upper", "number", "Upper end of that.", nullable=True, unit="1"),
                Column(
                    "effective_n",
                    "number",
                    "Independent units that the interval is worth, for clustered or weighted ones: "
                    "p (1 − p) over the linearised variance, no more than base_n or Kish's number.",
                    nullable=True,
                ),
                Column(
                    "do_not_know_share",
                    "number",
                    "Share of do-not-know among all who replied; empty where it was not offered, "
                    "or would give a hidden figure back.",
                    nullable=True,
                    unit="1",
                ),
                Column(
                    "share_if_dk_no",
                    "number",
                    "Share if no do-not-know hid this answer.",
                    nullable=True,
                    unit="1",
                ),
                Column(
                    "share_if_dk_yes",
                    "number",
                    "Share if every do-not-know hid this answer.",
                    nullable=True,
                    unit="1",
                ),
                Column(
                    "suppression",
                    "text",
                    "none; no_base; small_base (shown: too few in the whole base); "
                    "hidden_small_base, or hidden_with_others: it, or another by it, would tell "
                    "answers of a few (numbers left out).",
                ),
                Column("cautious", "boolean", "Whether the base asks for caution (under 30)."),
                Column("evidence", "text", "What the wording in the codebook rests on."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_brackets",
            stage="marts",
            grain="a bracket question in an edition, summarised without assuming midpoints",
            key=("figure_id",),
            published=True,
            columns=(
                _FIGURE,
                _EDITION,
                _UNIT,
                _VARIABLE,
                Column("variable_label", "text", "Short title of the question."),
                _BASE_RULE,
                _BASE_WORDS,
                _BASE_N,
                Column(
                    "do_not_know_n", "integer", "Units that answered do-not-know (not in base)."
                ),
                Column("unit_of_measure", "text", "Unit of the bounds."),
                Column("median_code", "text", "Bracket that holds the median; empty without base."),
                Column("median_label", "text", "Label of that bracket."),
                Column("median_lower", "number", "Lower bound of that bracket.", nullable=True),
                Column("median_upper", "number", "Upper bound of that bracket.", nullable=True),
                Column(
                    "mean_lower_bound",
                    "number",
                    "Mean if every unit stood at its lower bound: needs no assumption.",
                    nullable=True,
                ),
                _measure(
                    "mean_upper_bound",
                    "Mean if every unit stood at its upper bound; empty where an open bracket has "
                    "answers.",
                ),
                _measure(
                    "grouped_median",
                    "Median interpolated in its bracket; empty where that bracket is open.",
                ),
                _measure(
                    "grouped_median_lower",
                    "Lower end of Woodruff's interval, where the line reaches ½ − 1.96 × ½ / √n (n "
                    "corrected for frame_n, or effective); empty where open or not known.",
                ),
                _measure("grouped_median_upper", "Upper end of that, likewise."),
                Column("grouped_median_assumption", "text", "What that median supposes, in words."),
                Column("ci_level", "number", "Confidence level.", unit="1"),
                *_FRAME,
                _measure(
                    "tail_alpha",
                    "Index of the Pareto tail: ln((n₁ + n₂) / n₂) / ln(L₂ / L₁), n and lower "
                    "bounds L of the two highest brackets.",
                ),
                _measure(
                    "mean_pareto",
                    "Mean under that tail; empty for an index of 1 or less.",
                ),
                _measure(
                    "mean_pareto_harmonic",
                    "Mean with the open bracket at the harmonic mean of its tail: it bends less.",
                ),
                Column("mean_assumption", "text", "What these means suppose, in words."),
                Column(
                    "tail_warning",
                    "text",
                    "tail_mean_undefined (index 1 or less), tail_mean_unusable (under 1.5), "
                    "no_tail (nobody in it), no_open_top (no bracket open above alone), or empty.",
                ),
                Column("suppression", "text", "none; small_base (under 10: shown); no_base."),
                Column("cautious", "boolean", "Whether the base asks for caution (under 30)."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_rankings",
            stage="marts",
            grain="an item of a ranking question in an edition",
            key=("figure_id",),
            published=True,
            columns=(
                _FIGURE,
                _EDITION,
                _UNIT,
                _VARIABLE,
                _ITEM,
                *_LABELS,
                _BASE_WORDS,
                Column("ranked_n", "integer", "Units that ranked the item: the divisor."),
                Column("items_n", "integer", "Number of items to rank (K)."),
                Column("score", "number", "Σ (K − rank + 1) / ranked_n.", nullable=True),
                Column("mean_rank", "number", "Mean of the ranks.", nullable=True),
                Column("first_share", "number", "Share ranked first.", nullable=True, unit="1"),
                Column("top3_share", "number", "Share ranked 1 to 3.", nullable=True, unit="1"),
                Column("divisor", "text", "Who divides the score: ranked (those who ranked it)."),
                Column("respondents_n", "integer", "Units that ranked any item."),
                _measure(
                    "score_of_respondents",
                    "The score if divided by respondents_n, an item not ranked counting 0.",
                ),
                _measure("mean_rank_lower", "Lower end of Student's interval of the mean rank."),
                _measure("mean_rank_upper", "Upper end; empty for fewer than two units."),
                Column("ci_level", "number", "Confidence level.", unit="1"),
                *_FRAME,
                Column("suppression", "text", "none; small_base (under 10: shown); no_base."),
                Column("cautious", "boolean", "Whether the base asks for caution (under 30)."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_published",
            stage="marts",
            grain="a published figure beside ours",
            key=("published_id",),
            published=True,
            columns=(
                Column("published_id", "text", "Figure of the registry of published figures."),
                _EDITION,
                Column("document", "text", "Document that printed it."),
                Column("state", "text", "provisional or final."),
                _VARIABLE,
                _ITEM,
                Column("codes", "text", "Codes whose shares are added, joined by +."),
                *_LABELS,
                Column("statistic", "text", "share or count."),
                Column("published_value", "number", "As printed (17 for 17 %)."),
                Column("rounding", "text", "half_up, largest_remainder or unknown."),
                Column("stated_base", "integer", "Base as printed, if any.", nullable=True),
                Column("stated_unit", "text", "Unit as printed; empty if none."),
                _BASE_RULE,
                Column("unit", "text", "Unit of our figure."),
                Column("our_value", "number", "Ours, unrounded.", nullable=True),
                Column("our_value_rounded", "number", "Ours, as rounded.", nullable=True),
                Column("our_numerator", "integer", "Units that gave the answer.", nullable=True),
                Column("our_base_n", "integer", "Units in our base.", nullable=True),
                Column(
                    "possible_bases",
                    "text",
                    "Bases up to base_bound that round to all the percentages printed with this "
                    "one; `none` where no base does, empty where there is no bound.",
                ),
                Column(
                    "base_bound",
                    "integer",
                    "Largest number of such units that the registry counts in the edition.",
                    nullable=True,
                ),
                Column(
                    "stated_base_possible",
                    "boolean",
                    "Whether the printed base is one of those; empty without one.",
                    nullable=True,
                ),
                Column("aimed", "boolean", "Whether the sample was made to reproduce it."),
                Column(
                    "verdict",
                    "text",
                    "reproduced, within_rounding (rounded down or up, ours is the printed one), "
                    "differs or not_computable.",
                ),
                Column(
                    "reason",
                    "text",
                    "Why it differs or is not computable, what its rounding leaves open, or why "
                    "its stated base cannot be.",
                ),
                Column(
                    "synthetic",
                    "boolean",
                    "True when our answers were generated; empty when we have none.",
                    nullable=True,
                ),
            ),
        ),
        Table(
            name="mart_answers",
            stage="marts",
            grain="an edition × response × instance × variable × item, or a theme of what was typed"
            " there, with its one code",
            key=("edition", "respondent_id", "instance", "variable", "item", "theme"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                _INSTANCE,
                _UNIT,
                _VARIABLE,
                _ITEM,
                Column(
                    "theme", "text", "Theme that a person gave, or not, to the text; else empty."
                ),
                Column("code", "text", "Answer, or kind of missing."),
                Column("label", "text", "What a reader sees for the code."),
                Column("missing", "text", "Kind of missing; empty for an answer."),
                Column("value", "number", "The number typed, for a number.", nullable=True),
                _SYNTHETIC,
            ),
        ),
    )


def _who_answered() -> tuple[Table, ...]:
    def count(name: str, words: str) -> Column:
        return Column(name, "integer", words)

    def share(name: str, words: str) -> Column:
        return Column(name, "number", words, nullable=True, unit="1")

    return (
        Table(
            name="mart_panel",
            stage="marts",
            grain="a pair of editions × a type of collectivité × a way to follow them: who came "
            "back, who was lost, who is new",
            key=("edition_from", "edition_to", "type", "succession"),
            published=True,
            columns=(
                Column("edition_from", "text", "The earlier edition."),
                Column("edition_to", "text", "The later edition."),
                Column("type", "text", "Type of collectivité, or all."),
                Column("type_label", "text", "What a reader sees of it."),
                Column(
                    "succession",
                    "text",
                    "same: the same legal body; with_successors: or one that took it over.",
                ),
                count("from_n", "Collectivités named in the earlier edition."),
                count("to_n", "Collectivités named in the later edition."),
                count("retained_n", "Those of the earlier one that answered the later one."),
                count("lost_n", "The others of the earlier edition."),
                count(
                    "known_n",
                    "Those of the later one that had answered the earlier one; with successors "
                    "they may be fewer than retained_n, for two may have become one.",
                ),
                count("entrants_n", "The others of the later edition."),
                share("retention_share", "retained_n / from_n."),
                share("entrant_share", "entrants_n / to_n."),
                count("from_unnamed_n", "Responses that named nobody, left out: earlier edition."),
                count("to_unnamed_n", "Responses that named nobody, left out: later edition."),
                count(
                    "from_by_words_n",
                    "Of from_n, those in no list or under review: followed by their words alone.",
                ),
                count("to_by_words_n", "Of to_n, likewise."),
                Column(
                    "succession_known",
                    "boolean",
                    "False where the sources do not show which EPCI took over which.",
                ),
                Column("base_words", "text", "The base of the retention, in words."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_departements",
            stage="marts",
            grain="an edition × a département (or what lies in none): how many collectivités "
            "answered",
            key=("edition", "departement"),
            published=True,
            columns=(
                _FIGURE,
                _EDITION,
                _UNIT,
                Column(
                    "departement",
                    "text",
                    "Code of the département; region for a région; unknown where nobody knows.",
                ),
                Column("departement_name", "text", "Its name; empty for region and unknown."),
                count("collectivites_n", "Collectivités that answered."),
                count("responses_n", "Their responses."),
                _BASE_WORDS,
                _BASE_N,
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_coverage",
            stage="marts",
            grain="a stratum of the collectivités that could have answered an edition: how many "
            "there are, how many answered",
            key=("edition", "margin", "type", "size_class", "region"),
            published=True,
            columns=(
                _EDITION,
                Column("margin", "text", "all, or what the stratum splits: type × size_class…"),
                Column("type", "text", "Type of collectivité, or all."),
                Column(
                    "size_class",
                    "text",
                    "Legal class of population (CGCT L2334-3), unknown, all; not the classes that "
                    "the survey asks, by which mart_estimates is broken down.",
                ),
                Column("region", "text", "Code of the région, or all."),
                Column("stratum_label", "text", "What a reader sees of the stratum."),
                Column(
                    "frame_n",
                    "integer",
                    "Collectivités with a council of their own on the day; empty where their list "
                    "of that day is not known.",
                    nullable=True,
                ),
                count("respondents_n", "Collectivités of the frame that answered."),
                count("responses_n", "Their responses."),
                share("share", "respondents_n / frame_n."),
                Column(
                    "representation",
                    "number",
                    "Share of the stratum among respondents / among the frame: 1 is a mirror.",
                    nullable=True,
                ),
                Column(
                    "outside_n",
                    "integer",
                    "Named or unnamed respondents in no stratum; on the row of all.",
                    nullable=True,
                ),
                Column("frame_source", "text", "reference, or fictional (of synthetic answers)."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="per_inhabitant",
            stage="marts",
            grain="a response to a question of money, as an interval of euros per inhabitant",
            key=("edition", "respondent_id", "variable"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                _VARIABLE,
                Column("organisation_id", "text", "As in respondent_profiles."),
                Column("counts", "boolean", "As in respondent_profiles."),
                Column("code", "text", "The bracket, or the kind of missing."),
                Column("population", "integer", "Divisor; empty if unknown.", nullable=True),
                Column(
                    "lower",
                    "number",
                    "From this value on; empty where open.",
                    nullable=True,
                    unit="€ / habitant",
                ),
                Column(
                    "upper",
                    "number",
                    "Below this value (or this value, where lower is the same); empty where open.",
                    nullable=True,
                    unit="€ / habitant",
                ),
                Column(
                    "state",
                    "text",
                    "known, no_amount, no_population, or too_large (the population known is that "
                    "of a larger unit).",
                ),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_per_inhabitant",
            stage="marts",
            grain="a question of money in an edition × its median or a class of euros per "
            "inhabitant: the distribution that makes the answers most likely",
            key=("edition", "variable", "statistic", "place"),
            published=True,
            columns=(
                _EDITION,
                _VARIABLE,
                Column("variable_label", "text", "Short title of the question."),
                Column("statistic", "text", "median, or share (of a class)."),
                Column(
                    "place",
                    "integer",
                    "Number of the class in order, empty ones left out; 0 for the median.",
                ),
                Column(
                    "lower",
                    "number",
                    "Lower bound, on the grid of 1, 2 and 5; empty when hidden.",
                    nullable=True,
                    unit="€ / habitant",
                ),
                Column(
                    "upper",
                    "number",
                    "Upper bound, excluded unless it is the lower one; empty when open or hidden.",
                    nullable=True,
                    unit="€ / habitant",
                ),
                share("share_low", "The class holds at least this share."),
                share("share_high", "The class holds at most this share."),
                count("base_n", "Collectivités with an interval."),
                Column("base_words", "text", "The base in words."),
                count("no_amount_n", "Collectivités that gave no amount."),
                count("no_population_n", "Collectivités whose population is not known."),
                count("too_large_n", "Collectivités of which only a larger population is known."),
                Column("suppressed", "boolean", "Hidden: fewer than the smallest base."),
                _SYNTHETIC,
            ),
        ),
    )


def _compared_and_summarised() -> tuple[Table, ...]:
    def count(name: str, words: str) -> Column:
        return Column(name, "integer", words, nullable=True)

    def share(name: str, words: str) -> Column:
        return Column(name, "number", words, nullable=True, unit="1")

    return (
        Table(
            name="mart_changes",
            stage="marts",
            grain="a share in two editions × base rule × code: how it changed, or why it is not "
            "compared",
            key=("change_id",),
            published=True,
            columns=(
                Column("change_id", "text", "Stable key, spelled from the columns that make it."),
                Column("edition_from", "text", "The earlier edition."),
                Column("edition_to", "text", "The later edition: the next one, or any after it."),
                Column("block", "text", "Block of the questionnaire."),
                _UNIT,
                _VARIABLE,
                _ITEM,
                Column(
                    "code",
                    "text",
                    "Answer that both editions know; empty on the one row of a question that is "
                    "not compared.",
                ),
                Column("base_rule", "text", "As in mart_estimates; empty likewise."),
                *_LABELS,
                Column("code_label", "text", "Label of the answer."),
                count("code_order", "Place of the answer on its scale, from 1."),
                Column("grade", "text", "Grade of comparability of the two editions."),
                Column(
                    "status",
                    "text",
                    "computed; not_comparable; refused (synthetic against collected); no_base.",
                ),
                Column("reason", "text", "Why the grade is given, or why nothing is computed."),
                Column("figures_from", "text", "Figures added in the earlier edition, by id."),
                Column("figures_to", "text", "Figures added in the later edition, by id."),
                count("numerator_from", "Units that gave the answer, earlier edition."),
                count("base_n_from", "Units in the base, earlier edition."),
                share("share_from", "numerator_from / base_n_from."),
                count(
                    "frame_n_from",
                    "Collectivités that could have answered, for which variance and interval are "
                    "corrected as in mart_estimates; empty where they are not.",
                ),
                count("numerator_to", "Units that gave the answer, later edition."),
                count("base_n_to", "Units in the base, later edition."),
                share("share_to", "numerator_to / base_n_to."),
                count("frame_n_to", "The same of the later edition."),
                Column(
                    "overlap",
                    "text",
                    "independent, matched or overlapping: how the bases share collectivités.",
                ),
                count("common_n", "Collectivités in both bases."),
                share("difference", "share_to − share_from."),
                share(
                    "standard_error",
                    "Of the difference: Σ (1 − n/N) p (1 − p) / (n − 1) − 2 (n₁₂ / (n₁n₂) − 1/N) "
                    "s₁₂, s₁₂ the covariance of the n₁₂ common ones, N the larger frame; without "
                    "N, with n.",
                ),
                share("ci_lower", "Lower end of the interval of the difference."),
                share("ci_upper", "Upper end."),
                Column(
                    "ci_method",
                    "text",
                    "newcombe, newcombe_correlated (some in common, and fewer than five with or "
                    "without the answer), wald_matched, exact_matched (none of them changed), "
                    "wald_overlap or wald_clustered.",
                ),
                share("ci_level", "Confidence level."),
                Column("test", "text", "z_unpooled, mcnemar_exact, z_overlap or z_clustered."),
                Column("p_value", "number", "Two-sided.", nullable=True),
                Column(
                    "family",
                    "text",
                    "Tests that are adjusted together: block × pair of editions; empty where "
                    "nothing is compared.",
                ),
                count("family_size", "Tests declared in the family, those without base included."),
                Column(
                    "p_adjusted",
                    "number",
                    "p_value adjusted within its family (Benjamini–Hochberg).",
                    nullable=True,
                ),
                share(
                    "smallest_detectable",
                    "Change that these bases would have shown four times in five: (1.960 + 0.842) "
                    "standard errors; empty where the answers do not vary.",
                ),
                share(
                    "composition",
                    "Part of the difference due to which types of collectivité answered, to the "
                    "point.",
                ),
                share("behaviour", "Part due to what they answered, to the point."),
                Column(
                    "split_note",
                    "text",
                    "Types put together, or why there is no split. Types differ from answer to "
                    "answer where some are hidden: parts of several answers do not add up.",
                ),
                Column("note", "text", "What else limits the reading; empty for nothing."),
                Column(
                    "suppression", "text", "none; small_base (one base under 10: shown); no_base."
                ),
                Column("cautious", "boolean", "Whether one of the bases is under 30."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="respondent_weights",
            stage="marts",
            grain="a response that is weighted, in an edition whose weights could be made",
            key=("edition", "respondent_id"),
            microdata=True,
            published=True,
            columns=(
                _EDITION,
                _RESPONDENT,
                Column("weighting", "text", "type_size: by type of collectivité and size class."),
                Column("weight", "number", "Its weight; their mean in an edition is 1."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_weighting",
            stage="marts",
            grain="an edition: how it is weighted to all collectivités, or why it is not",
            key=("edition", "weighting"),
            published=True,
            columns=(
                _EDITION,
                Column("weighting", "text", "type_size, as in mart_estimates."),
                Column("status", "text", "weighted; refused; off (no margin, or no frame)."),
                Column("reason", "text", "Every reason of a refusal; empty when weighted."),
                Column("margins", "text", "Levels of the two margins, joined ones with +."),
                Column(
                    "method",
                    "text",
                    "post_stratified, collapsed (along sizes, within a type) or raked.",
                ),
                Column("why", "text", "Cells that were too small for the simpler methods."),
                count("frame_n", "Collectivités that respondents are weighted to."),
                count("frame_outside_n", "Of these types, without known size: left out."),
                Column("respondents_n", "integer", "Collectivités that answered."),
                Column("outside_n", "integer", "Of those, of a type that is not weighted."),
                _measure("effective_n", "Kish's effective number of respondents."),
                _measure("effective_n_before_trimming", "The same before weights were cut."),
                _measure("design_effect", "Respondents weighted / effective_n."),
                _measure("largest_weight", "Largest weight, their mean being 1."),
                _measure("smallest_weight", "Smallest weight."),
                _measure(
                    "margin_error",
                    "Largest relative distance of a weighted count from the frame's, on the "
                    "margins that the method meets; above 0 where weights were cut.",
                ),
                count("steps", "Rounds of raking."),
                count("trimmed_n", "Respondents whose weight was cut."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_sensitivity",
            stage="marts",
            grain="a headline figure (of the registry, or favourable answers) under one of several "
            "ways to compute it",
            key=("edition", "variable", "item", "codes", "alternative"),
            published=True,
            columns=(
                _EDITION,
                _UNIT,
                _VARIABLE,
                _ITEM,
                Column("codes", "text", "Codes whose shares are added, joined by +."),
                *_LABELS,
                Column(
                    "alternative",
                    "text",
                    "answered (as in the figures), with_dk, weighted, every_response (also the "
                    "second one of a collectivité).",
                ),
                Column(
                    "status",
                    "text",
                    "computed; absent (no such figure); withheld (its base is within a few "
                    "respondents of the published one).",
                ),
                Column("reason", "text", "Why it is absent or withheld."),
                count("base_n", "Units in this base."),
                share("share", "The figure computed so; weighted ones are to the point."),
                share("lowest_share", "Least share of all alternatives that are computed."),
                share("highest_share", "Greatest share of those."),
                _BASE_WORDS,
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_scales",
            stage="marts",
            grain="a question, or an item of a matrix, answered on an ordered scale in an edition",
            key=("figure_id",),
            published=True,
            columns=(
                _FIGURE,
                _EDITION,
                _UNIT,
                _VARIABLE,
                _ITEM,
                *_LABELS,
                _BASE_RULE,
                _BASE_WORDS,
                _BASE_N,
                Column("levels_n", "integer", "Levels of the scale."),
                Column("top2_labels", "text", "The two highest levels, in words."),
                share("top2_share", "Share of these two; empty for a scale of two levels."),
                share("top2_lower", "Lower end of its interval."),
                share("top2_upper", "Upper end."),
                Column("top2_method", "text", "wilson or wilson_clustered."),
                share("net_agreement", "Positive minus negative shares; empty without both poles."),
                share("net_standard_error", "Its standard error."),
                share("net_lower", "Lower end of its normal interval, cut at −1."),
                share("net_upper", "Upper end, cut at 1."),
                count("do_not_know_n", "Units that answered do-not-know; empty if not offered."),
                share("do_not_know_share", "Of all who replied."),
                share("top2_if_dk_no", "top2_share if no do-not-know hid one of these answers."),
                share("top2_if_dk_yes", "top2_share if every do-not-know hid one."),
                _measure("mean", "Secondary: mean of the levels under `mean_coding`."),
                _measure("standard_deviation", "Their deviation, divisor n − 1."),
                Column("mean_coding", "text", "The number that stands for each level, in words."),
                Column("ci_level", "number", "Confidence level.", unit="1"),
                *_FRAME,
                Column("suppression", "text", "none; small_base (under 10: shown); no_base."),
                Column("cautious", "boolean", "Whether the base asks for caution (under 30)."),
                _SYNTHETIC,
            ),
        ),
        Table(
            name="mart_choices",
            stage="marts",
            grain="a multiple-choice question in an edition: who answered, how many ticks",
            key=("figure_id",),
            published=True,
            columns=(
                _FIGURE,
                _EDITION,
                _UNIT,
                _VARIABLE,
                Column("variable_label", "text", "Short title of the question."),
                _BASE_WORDS,
                Column("shown_n", "integer", "Units that were shown the question."),
                Column("base_n", "integer", "Of those, units that ticked anything."),
                Column("unanswered_n", "integer", "Of those, units that left it blank."),
                Column("none_n", "integer", "Units of the base that said none."),
                Column("options_n", "integer", "Choices offered, the explicit none left out."),
                _measure("mean_ticks", "Choices ticked by a unit of the base, on average."),
                share("sum_of_shares", "What the shares of all choices add up to, none included."),
                Column("adds_beyond_one", "boolean", "Whether that is more than 100 %."),
                Column("sum_words", "text", "The same for a reader; empty otherwise."),
                Column("suppression", "text", "none; small_base (under 10: shown); no_base."),
                Column("cautious", "boolean", "Whether the base asks for caution (under 30)."),
                _SYNTHETIC,
            ),
        ),
    )


def _charts() -> tuple[Table, ...]:
    families = {
        "likert_charts": "a matrix question of an edition, as diverging bars",
        "choice_charts": "a single- or multiple-choice question of an edition, as bars",
        "bracket_charts": "a bracket question of an edition, as bars in order",
        "ranking_charts": "a ranking question of an edition, as scores",
        "comparison_charts": "a question in two editions side by side, a break marked",
        "map_charts": "an edition on a map of tiles, its respondents by département",
    }
    return tuple(
        Table(
            name=name,
            stage="charts",
            grain=grain,
            key=("chart",),
            columns=_PICTURE,
        )
        for name, grain in families.items()
    )


def _directory() -> tuple[Table, ...]:
    file = Column("file", "text", "Name of the file in landing/directory.")
    project = Column("project_id", "text", "Identifier of the project in the directory.")
    landing = Column("landing_sha256", "text", "Checksum of the folder landing/directory.")
    book = Column("directory_sha256", "text", "Checksum of directory.yaml in the codebook.")
    return (
        Table(
            name="directory_files",
            stage="ingest",
            grain="a file of the directory of projects that landed",
            key=("file",),
            columns=(
                file,
                Column("state", "text", "read, or superseded by one whose name comes later."),
                Column("sha256", "text", "Its checksum; empty when superseded."),
                Column("bytes", "integer", "Its size.", unit="byte"),
                Column("encoding", "text", "Character encoding found."),
                Column("delimiter", "text", "Delimiter found."),
                Column("rows", "integer", "Rows under the header that are not blank."),
                Column("columns", "integer", "Columns."),
                Column("cells_in", "integer", "Non-blank cells under the header."),
                landing,
                book,
            ),
        ),
        Table(
            name="directory_columns",
            stage="ingest",
            grain="a column of the directory, with what became of its cells",
            key=("column",),
            columns=(
                file,
                Column("column", "text", "c001, c002... by position."),
                Column("position", "integer", "Position in the file, from 1."),
                Column("name", "text", "Its heading."),
                Column("role", "text", "field, codes or labels (of a facet), or dropped."),
                Column("target", "text", "The field and the facet that it holds."),
                Column("reason", "text", "Why it is dropped; else empty."),
                Column("cells_in", "integer", "Non-blank cells."),
                Column("cells_kept", "integer", "Those that are read."),
                Column("cells_dropped", "integer", "Those of a column that is dropped."),
            ),
        ),
        Table(
            name="raw_directory",
            stage="ingest",
            grain="a row of the directory, as delivered",
            key=("row",),
            columns=(file, _ROW),
            extra_columns=RAW_CELL,
        ),
        Table(
            name="directory_projects",
            stage="ingest",
            grain="a participation project of the directory",
            key=("project_id",),
            published=True,
            columns=(
                project,
                Column("title", "text", "Title."),
                Column("owner", "text", "Who carries the project, as written."),
                Column(
                    "owner_type",
                    "coded",
                    "What kind of body that is: by the reference where it is linked, else by the "
                    "directory.",
                    vocabulary=OWNER_TYPES,
                ),
                Column("owner_kind", "text", "commune, epci, departement, region; or empty."),
                Column("owner_code", "text", "COG code or SIREN; of a review, the candidate."),
                Column("owner_score", "integer", "How well the name fits, from 0 to 100."),
                Column(
                    "owner_decision",
                    "coded",
                    "linked, review (a person must look), none (no collectivité).",
                    vocabulary=("linked", "review", "none"),
                ),
                Column("owner_reason", "text", "Why it was linked so, or what it is instead."),
                Column("commune", "text", "Commune of its address, as written."),
                Column("postcode", "text", "Postcode of its address, five digits; may be empty."),
                Column("departement", "text", "Code of its département, or unknown."),
                Column(
                    "place_evidence",
                    "coded",
                    "Which of postcode, coordinates and owner tell the département, and which "
                    "speak against it.",
                    vocabulary=PLACE_EVIDENCE,
                ),
                Column("latitude", "number", "Latitude (WGS 84).", nullable=True, unit="degree"),
                Column("longitude", "number", "Longitude (WGS 84).", nullable=True, unit="degree"),
                Column("source", "text", "Where the directory has it from, as written."),
                Column("url", "text", "Its address on the web."),
                Column("owner_text", "text", "What the directory says of the owner."),
                Column("presentation", "text", "Presentation, one paragraph a line."),
                Column("actors", "text", "Who took part."),
                Column("lesson", "text", "What to keep in mind, one point a line."),
                Column("steps_title", "text", "Heading of the steps."),
                Column("steps", "text", "Steps, one a line."),
                Column(
                    "contacts_removed",
                    "integer",
                    "E-mail addresses and telephone numbers taken out of its texts.",
                ),
                Column(
                    "duplicate_of",
                    "text",
                    "An earlier project of the same title and owner; empty for none.",
                ),
                file,
                _ROW,
            ),
        ),
        Table(
            name="directory_project_codes",
            stage="ingest",
            grain="a project × a facet (structure, device, theme, source) × a code of it",
            key=("project_id", "facet", "code"),
            published=True,
            columns=(
                project,
                Column("facet", "text", "Facet of the directory."),
                Column("code", "text", "Code of the facet."),
                Column("label", "text", "Its label, for readers."),
                Column("evidence", "text", "What told it: code, label or both."),
            ),
        ),
        Table(
            name="mart_directory",
            stage="marts",
            grain="a number of projects: type of owner × device × theme, or a département",
            key=("figure_id",),
            published=True,
            columns=(
                _FIGURE,
                Column("margin", "text", "all, or what is split: owner_type × device…"),
                Column("owner_type", "text", "Type of owner, or all."),
                Column("owner_type_label", "text", "Its label; empty for all."),
                Column("device", "text", "Code of the device, or all."),
                Column("device_label", "text", "Its label; empty for all."),
                Column("theme", "text", "Code of the theme, or all."),
                Column("theme_label", "text", "Its label; empty for all."),
                Column("departement", "text", "Code of a département, unknown, or all."),
                Column("departement_name", "text", "Its name; empty for all and unknown."),
                Column("projects_n", "integer", "Projects; one with two devices counts in both."),
                Column("share", "number", "projects_n / base_n.", nullable=True, unit="1"),
                _BASE_WORDS,
                _BASE_N,
                _SYNTHETIC,
            ),
        ),
        Table(
            name="directory_charts",
            stage="charts",
            grain="a picture of the directory: its projects by département on a map of tiles",
            key=("chart",),
            columns=_PICTURE,
        ),
        Table(
            name="accepted_directory",
            stage="marts",
            grain="the directory that passed every blocking check, for the release; one row",
            key=("landing_sha256",),
            columns=(
                Column("file", "text", "Name of the file; empty where none has landed."),
                Column("projects", "integer", "Its projects."),
                landing,
                book,
                Column("table_sha256", "text", "Table → checksum as stored, as JSON."),
                Column("run_id", "text", "Run that accepted it."),
            ),
        ),
    )


def _answers(codebook: Codebook, *, repeated: bool) -> list[Column]:
    columns: list[Column] = []
    for coded in codebook.table_columns(repeated=repeated):
        if coded.variable.kind == "number" and coded.coding is None:
            columns.append(
                Column(
                    coded.variable.variable,
                    "number",
                    _question(coded),
                    nullable=True,
                    unit=coded.variable.unit_of_measure,
                )
            )
        columns.append(Column(coded.name, "coded", _question(coded), vocabulary=coded.vocabulary))
    return columns


def _question(coded: CodedColumn) -> str:
    if coded.coding is not None:
        themes = {theme.code: theme.label for theme in coded.coding.codes}
        return f"{coded.coding.label} — {themes[str(coded.theme)]} (theme of what was typed)"
    if coded.item is None:
        return coded.variable.label
    return f"{coded.variable.label} — {coded.variable.item(coded.item).label}"


def published_tables(tables: Mapping[str, Table]) -> list[Table]:
    """Return the tables of a release, those of single respondents included."""
    return [table for table in tables.values() if table.published]


def chart_tables(tables: Mapping[str, Table]) -> list[Table]:
    """Return the tables whose rows are charts."""
    return [table for table in tables.values() if table.stage == "charts"]
