"""The window, the columns and the error that the modules of this room share.

In: the shape of the shipped tables. Not in: how they are made (`history`, `territories`, `build`)
and asked (`reference`).
"""

from __future__ import annotations

from collections.abc import Sequence

YEARLY_TABLES_VARIABLE = "OBSERVATOIRE_YEARLY_TABLES"
"""Names the folder of yearly tables that completes the shipped reference."""

FIRST_DAY = "2016-01-01"
LAST_DAY = "2019-12-31"
"""The days that the tables answer for; the record of communes ends on 1 January 2019."""

ORIGIN = "1943-01-01"
"""Start of the record of communes: "since then or before", no date of birth is claimed."""

COMMUNE_COLUMNS = (
    "code", "name", "departement", "region", "valid_from", "valid_to", "name_from", "name_to",
    "siren", "population", "population_source", "postcodes", "epci",
)  # fmt: skip
EPCI_COLUMNS = (
    "siren", "name", "type", "population", "members", "departement", "departements", "region",
)  # fmt: skip
LINK_COLUMNS = (
    "date", "event", "relation", "grade", "from_kind", "from_code", "from_valid_from", "to_kind",
    "to_code", "to_valid_from",
)  # fmt: skip
ALIAS_COLUMNS = ("kind", "code", "valid_from", "name", "alias_kind", "alias_code", "until")
TERRITORY_COLUMNS = (
    "kind", "code", "name", "region", "population", "valid_from", "valid_to", "name_from",
    "name_to", "governed_by",
)  # fmt: skip
SHIPPED_COLUMNS = {
    "communes": COMMUNE_COLUMNS,
    "epci": EPCI_COLUMNS,
    "territories": TERRITORY_COLUMNS,
    "links": LINK_COLUMNS,
    "aliases": ALIAS_COLUMNS,
}
"""Columns of each shipped table."""


class CollectiviteError(ValueError):
    """Every fault of a source, a reference file or a request, one a line; nothing came of it."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))
