"""The directory of participation projects: from the file that landed to tidy tables, or a refusal.

In: which file is read, its columns against the codebook, codes split and folded, owners linked to
the reference, places checked, texts cleaned, cells counted. Not in: what columns, codes and labels
there are (`codebook.directory`), how a name is matched (`collectivites.matching`), figures
(`marts.directory`).

`landing/directory/` holds `ressources*.csv`. Of several the last by name is read (`ressources.csv`,
then `ressources_2022-10.csv`), the others are listed as superseded. Nothing there: every table is
empty, and a survey goes on without a directory.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pandas as pd

from observatoire_pipeline.codebook.directory import (
    DirectoryBook,
    DirectoryFacet,
    FacetReader,
    fold_label,
    nearest,
)
from observatoire_pipeline.codebook.models import DIRECTORY_FOLDER
from observatoire_pipeline.collectivites.enrichment import UNKNOWN
from observatoire_pipeline.collectivites.extents import departements_around, extents
from observatoire_pipeline.collectivites.matching import LINKED, REVIEW, Matcher
from observatoire_pipeline.collectivites.reference import Reference, units_at
from observatoire_pipeline.ingest.reading import landing_sha256
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, column_place, shown
from observatoire_pipeline.ingest.sniff import CsvFormat, Member, open_members, sniff_csv
from observatoire_pipeline.tables.catalogue import DIRECTORY_READ
from observatoire_pipeline.tables.frames import conform, empty, from_records
from observatoire_pipeline.tables.model import Table

FOLDER = DIRECTORY_FOLDER

PATTERN = "ressources*.csv"
REFERENCE_DAY = "2019-01-01"
"""The last day that the reference knows; projects are of 2016 to 2021."""

TYPE_OF_KIND = {
    "commune": "commune",
    "epci": "intercommunalite",
    "departement": "departement",
    "region": "region",
}
_TEXTS = ("owner_text", "presentation", "actors", "lesson", "steps_title", "steps")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_PHONE = re.compile(r"(?<!\d)(?:\+33[ .]?|0)[1-9](?:[ .-]?\d{2}){4}(?!\d)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK_TAG = re.compile(r"<\s*(?:br|/p|/li|/div)\b[^<>]*>", re.IGNORECASE)
_PARAGRAPH = re.compile(r"(?<!:)//")
_POSTCODE = re.compile(r"\d{4,5}")
_IN_ADDRESS = re.compile(r"(?<!\d)\d{5}(?!\d)")
REMOVED = "[coordonnées retirées]"
"""Stands where an e-mail address or a telephone number stood in a text."""

Frames = dict[str, pd.DataFrame]


@dataclass
class _Reading:
    """One file while it is read: its rows as text, and every problem found so far."""

    file: str
    book: DirectoryBook
    header: list[str]
    rows: list[tuple[int, list[str]]]
    problems: list[Problem] = field(default_factory=list)

    def report(self, where: str, *, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, where, found, expected, hint))

    def cells(self, column: str | None) -> list[str]:
        """Return the cells of a column by name, "" for each row where the file has none."""
        if column is None or column not in self.header:
            return [""] * len(self.rows)
        place = self.header.index(column)
        return [row[place] for _, row in self.rows]

    def of_field(self, name: str) -> list[str]:
        """Return the cells of the column that holds a field."""
        columns = [c.column for c in self.book.columns.values() if c.field == name]
        return self.cells(columns[0] if columns else None)

    def place(self, row: int, column: str) -> str:
        """Return a cell in words."""
        return f"row {self.rows[row][0]}, {column}"

    def column_of(self, name: str) -> str:
        """Return the name of the column that holds a field."""
        return next(c.column for c in self.book.columns.values() if c.field == name)


def directory_files(folder: Path) -> list[Path]:
    """Return the directories that landed, the one to read last; none where nothing landed.

    Raises:
        RefusedExport: something else stands in the folder; lists every name.
    """
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    strange = sorted(path.name for path in found if not path.match(PATTERN))
    if strange:
        raise RefusedExport(
            Problem(
                name,
                "",
                "a file of another name",
                PATTERN,
                "rename it, or move it out of directory/",
            )
            for name in strange
        )
    return sorted(found, key=lambda path: (path.stem, path.name))


def landed_sha256(folder: Path) -> str:
    """Return the checksum of the folder of the directory; "" where nothing landed.

    Raises:
        RefusedExport: a file cannot be read.
    """
    if not folder.is_dir() or all(path.name.startswith(".") for path in folder.iterdir()):
        return ""
    return landing_sha256(folder)


def read_directory(
    folder: Path,
    *,
    book: DirectoryBook | None,
    reference: Callable[[], Reference],
    tables: Mapping[str, Table],
) -> Frames:
    """Read the directory that landed.

    Args:
        folder: `landing/directory`; it may be absent.
        book: What the codebook knows of it; None where the survey has no directory.
        reference: Gives the collectivités; asked only when there is a file.
        tables: The declarations of `DIRECTORY_READ`.

    Returns:
        The frames of `DIRECTORY_READ`, all without rows where nothing landed.

    Raises:
        RefusedExport: with every problem of the file: columns, codes, labels, identifiers,
            coordinates, postcodes.
    """
    paths = directory_files(folder)
    if not paths:
        return {name: empty(tables[name]) for name in DIRECTORY_READ}
    if book is None:
        raise RefusedExport(
            [
                Problem(
                    paths[-1].name,
                    "",
                    "a directory",
                    "none: the codebook has no directory.yaml",
                    "write directory.yaml in the codebook, or move the file out of the folder",
                )
            ]
        )
    (member,) = open_members(paths[-1])
    written = sniff_csv(member)
    reading = _opened(member, written, book)
    frames = _raw(reading, member, written, paths, folder=folder, tables=tables)
    codes = _codes(reading)
    _check_identity(reading)
    places = _places(reading)
    if reading.problems:
        raise RefusedExport(reading.problems)
    frames["directory_projects"] = _projects(
        reading, codes, places, reference=reference(), table=tables["directory_projects"]
    )
    frames["directory_project_codes"] = from_records(
        (record for found in codes.values() for record in found),
        tables["directory_project_codes"],
    )
    return {name: frames[name] for name in DIRECTORY_READ}


def unaccounted(
    columns: pd.DataFrame, raw: pd.DataFrame, projects: pd.DataFrame, codes: pd.DataFrame
) -> list[str]:
    """Return where cells or rows of the directory went missing, counted in the raw table again."""
    broken = []
    for column, name, role, cells_in, kept, dropped in zip(
        *(
            columns[c]
            for c in ("column", "name", "role", "cells_in", "cells_kept", "cells_dropped")
        ),
        strict=True,
    ):
        found = int((raw[column].str.strip() != "").sum())
        if not found == cells_in == kept + dropped:
            broken.append(f"{name}: {found} cells, {cells_in} counted, {kept} + {dropped} told")
        if (dropped > 0) != (role == "dropped" and cells_in > 0):
            broken.append(f"{name}: {dropped} cells dropped of a column that is {role}")
    if len(raw) != len(projects):
        broken.append(f"{len(raw)} rows, {len(projects)} projects")
    for facet, mine in codes.groupby("facet"):
        without = sorted(set(projects["project_id"]) ^ set(mine["project_id"]))
        if without:
            broken.append(f"facet {facet}: no code, or no project: {', '.join(without)}")
    return broken


# --- the file -------------------------------------------------------------------------------


def _opened(member: Member, written: CsvFormat, book: DirectoryBook) -> _Reading:
    """Return the rows under the header, once the columns are those of the codebook."""
    reader = csv.reader(
        io.StringIO(written.text.decode("utf-8"), newline=""), delimiter=written.delimiter
    )
    records = [(number, row) for number, row in enumerate(reader, start=1)]
    header = [" ".join(cell.split()) for cell in records[0][1]] if records else []
    body = [(number, row) for number, row in records[1:] if any(cell.strip() for cell in row)]
    reading = _Reading(member.place, book, header, body)
    known = book.column_names
    for name in known:
        if name not in header:
            reading.report(
                "header",
                found=f"no column {shown(name)}",
                expected="every column that the codebook declares",
                hint=f"export it again, or take the column out of {book.path.name}",
            )
    for place, name in enumerate(header, start=1):
        if name not in known:
            reading.report(
                f"header, {column_place(place)}",
                found=f"the column {shown(name)}",
                expected="a column that the codebook declares",
                hint=f"add it to {book.path.name} under columns, as a field or as dropped",
            )
    for name, times in Counter(header).items():
        if times > 1:
            reading.report(
                "header", found=f"the column {shown(name)} {times} times", expected="each once"
            )
    for number, row in body:
        if len(row) != len(header):
            reading.report(
                f"row {number}",
                found=f"{len(row)} cells",
                expected=f"{len(header)}, as in the header",
                hint="a text with a delimiter or a line break stands between quotation marks",
            )
    if not body:
        reading.report("", found="no row under the header", expected="one a project")
    if reading.problems:
        raise RefusedExport(reading.problems)
    return reading


def _raw(
    reading: _Reading,
    member: Member,
    written: CsvFormat,
    paths: Sequence[Path],
    *,
    folder: Path,
    tables: Mapping[str, Table],
) -> Frames:
    """Return the file as delivered, its columns with what became of their cells, and the files."""
    names = [f"c{place:03d}" for place in range(1, len(reading.header) + 1)]
    raw = pd.DataFrame([row for _, row in reading.rows], columns=names, dtype="str")
    raw.insert(0, "row", [number for number, _ in reading.rows])
    raw.insert(0, "file", reading.file)
    filled = [(raw[name].str.strip() != "").sum() for name in names]
    roles = _roles(reading.book)
    columns = pd.DataFrame(
        {
            "file": reading.file,
            "column": names,
            "position": range(1, len(names) + 1),
            "name": reading.header,
            "role": [roles[name][0] for name in reading.header],
            "target": [roles[name][1] for name in reading.header],
            "reason": [roles[name][2] for name in reading.header],
            "cells_in": filled,
        }
    )
    dropped = columns["role"] == "dropped"
    columns["cells_kept"] = columns["cells_in"].where(~dropped, 0)
    columns["cells_dropped"] = columns["cells_in"].where(dropped, 0)
    newest = paths[-1]
    whole = landed_sha256(folder)
    files = from_records(
        (
            {
                "file": path.name,
                "state": "read" if path == newest else "superseded",
                "sha256": member.file_sha256 if path == newest else "",
                "bytes": path.stat().st_size,
                "encoding": written.encoding if path == newest else "",
                "delimiter": written.delimiter if path == newest else "",
                "rows": len(raw) if path == newest else 0,
                "columns": len(names) if path == newest else 0,
                "cells_in": int(sum(filled)) if path == newest else 0,
                "landing_sha256": whole,
                "directory_sha256": reading.book.sha256,
            }
            for path in paths
        ),
        tables["directory_files"],
    )
    return {
        "directory_files": files,
        "directory_columns": conform(columns, tables["directory_columns"]),
        "raw_directory": conform(raw, tables["raw_directory"]),
    }


def _roles(book: DirectoryBook) -> dict[str, tuple[str, str, str]]:
    """Return what becomes of each column: role, where it goes, why it is dropped."""
    roles = {
        entry.column: (
            ("field", entry.field, "") if entry.field else ("dropped", "", str(entry.dropped))
        )
        for entry in book.columns.values()
    }
    for facet in book.facets.values():
        for name, role in ((facet.codes_column, "codes"), (facet.labels_column, "labels")):
            if name is not None:
                kept_as = roles.get(name, ("", "", ""))[1]
                target = f"{kept_as}, {facet.facet}" if kept_as else facet.facet
                roles[name] = (role, target, "")
    return roles


# --- facets ---------------------------------------------------------------------------------


def _codes(reading: _Reading) -> dict[str, list[dict[str, object]]]:
    """Return the codes of every facet; what is no known code or label is a problem."""
    found: dict[str, list[dict[str, object]]] = {}
    for facet in reading.book.facets.values():
        found[facet.facet] = list(_of_facet(reading, facet))
    return found


def _of_facet(reading: _Reading, facet: DirectoryFacet) -> list[dict[str, object]]:
    look_up = FacetReader(facet)
    written = reading.cells(facet.codes_column), reading.cells(facet.labels_column)
    by_code = {cell: look_up.codes(cell) for cell in set(written[0])}
    by_label = {cell: look_up.labels(cell) for cell in set(written[1])}
    _report_unknown(reading, facet, written[0], by_code, codes=True)
    _report_unknown(reading, facet, written[1], by_label, codes=False)
    records: list[dict[str, object]] = []
    for row, (project, code_cell, label_cell) in enumerate(
        zip(reading.of_field("project_id"), *written, strict=True)
    ):
        codes, labels = by_code[code_cell][0], by_label[label_cell][0]
        unread = bool(by_code[code_cell][1] or by_label[label_cell][1])
        where = reading.place(row, facet.codes_column or str(facet.labels_column))
        if codes and labels and set(codes) != set(labels) and not unread:
            reading.report(
                where,
                found=f"the codes {' + '.join(codes)} beside the labels of {' + '.join(labels)}",
                expected="codes and labels that say the same",
                hint="correct the cell that is wrong",
            )
        chosen = codes or labels
        if len(chosen) > 1 and not facet.several:
            reading.report(
                where,
                found=f"{len(chosen)} codes ({' + '.join(chosen)})",
                expected="one",
                hint=f"set several: true at {reading.book.place(facet.facet)} if this is meant",
            )
        if not chosen and not unread:
            reading.report(
                where,
                found=f"no {facet.facet}",
                expected="a code or a label",
                hint="fill the cell in",
            )
        evidence = "both" if codes and labels else "code" if codes else "label"
        records += [
            {
                "project_id": _identifier(project),
                "facet": facet.facet,
                "code": code,
                "label": facet.label_of(code),
                "evidence": evidence,
            }
            for code in chosen
        ]
    return records


def _report_unknown(
    reading: _Reading,
    facet: DirectoryFacet,
    cells: Sequence[str],
    read: Mapping[str, tuple[list[str], list[str]]],
    *,
    codes: bool,
) -> None:
    """Report each unknown code or label once, with its first row and the line to edit."""
    first: dict[str, int] = {}
    times: Counter[str] = Counter()
    for row, cell in enumerate(cells):
        for piece in read[cell][1]:
            first.setdefault(fold_label(piece), row)
            times[fold_label(piece)] += 1
    column = str(facet.codes_column if codes else facet.labels_column)
    for text, row in first.items():
        known = nearest(text, facet, codes=codes)
        (code,) = (FacetReader(facet).codes if codes else FacetReader(facet).labels)(known)[0]
        more = f" ({times[text]} rows)" if times[text] > 1 else ""
        reading.report(
            reading.place(row, column),
            found=f"the {'code' if codes else 'label'} {shown(text)}{more}",
            expected=f"one of the facet {facet.facet}; the nearest is {shown(known)}",
            hint=f"if it is the same, add it to {'typed' if codes else 'variants'} at "
            f"{reading.book.place(facet.facet, code)}; else add a code to that facet",
        )


# --- identity and place ---------------------------------------------------------------------


def _identifier(text: str) -> str:
    return text.strip().strip("_")


def _check_identity(reading: _Reading) -> None:
    """Report blank and repeated identifiers, and projects without title or owner."""
    rows: dict[str, list[int]] = {}
    column = reading.column_of("project_id")
    for row, cell in enumerate(reading.of_field("project_id")):
        rows.setdefault(_identifier(cell), []).append(row)
    for identifier, places in rows.items():
        if not identifier:
            where = ", ".join(str(reading.rows[row][0]) for row in places)
            reading.report(f"row {where}", found=f"no {column}", expected="one for each project")
        elif len(places) > 1:
            where = ", ".join(str(reading.rows[row][0]) for row in places)
            reading.report(
                f"row {where}",
                found=f"the {column} {shown(identifier)} {len(places)} times",
                expected="each project once",
                hint="take the copies out, or give the other project an identifier of its own",
            )
    for name in ("title", "owner"):
        for row, cell in enumerate(reading.of_field(name)):
            if not cell.strip():
                reading.report(
                    reading.place(row, reading.column_of(name)),
                    found="nothing",
                    expected=f"its {name}",
                )


@dataclass(frozen=True)
class _Place:
    """Where a project is, as the file says it."""

    postcode: str
    latitude: float | None
    longitude: float | None
    around: tuple[str, ...]


def _places(reading: _Reading) -> list[_Place]:
    """Return postcode, coordinates and the départements these can lie in; report what is none.

    A blank postcode is read out of the address where this holds one number of five digits.
    """
    latitudes, longitudes = reading.of_field("latitude"), reading.of_field("longitude")
    made = []
    for row, (postcode, address, latitude, longitude) in enumerate(
        zip(
            reading.of_field("postcode"),
            reading.of_field("address"),
            latitudes,
            longitudes,
            strict=True,
        )
    ):
        in_address = set(_IN_ADDRESS.findall(address))
        digits = postcode.strip().replace(" ", "")
        if not digits and len(in_address) == 1:
            (digits,) = in_address
        if digits and not _POSTCODE.fullmatch(digits):
            reading.report(
                reading.place(row, reading.column_of("postcode")),
                found=shown(postcode),
                expected="a postcode of five digits, or nothing",
            )
        # A spreadsheet that takes a postcode for a number loses its first zero, and only that one.
        digits = digits.zfill(5) if digits else ""
        point = _number(latitude), _number(longitude)
        blank = not latitude.strip() and not longitude.strip()
        around: tuple[str, ...] = ()
        if point[0] is not None and point[1] is not None:
            around = departements_around(point[0], point[1])
        if not blank and not around:
            swapped = (
                point[0] is not None
                and point[1] is not None
                and departements_around(point[1], point[0])
            )
            reading.report(
                reading.place(
                    row, f"{reading.column_of('latitude')} and {reading.column_of('longitude')}"
                ),
                found=f"{shown(latitude)}, {shown(longitude)}",
                expected="degrees inside metropolitan France, Guadeloupe, Martinique, Guyane, "
                "La Réunion or Mayotte, or nothing",
                hint="the two are swapped" if swapped else "correct both, or leave both empty",
            )
        made.append(_Place(digits, *point, around))
    return made


def _number(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _of_postcode(postcode: str) -> str:
    """Return the département of a postcode, "" where it tells none."""
    if postcode[:2] == "20":
        return {"200": "2A", "201": "2A", "202": "2B", "206": "2B"}.get(postcode[:3], "")
    code = postcode[:3] if postcode[:2] == "97" else postcode[:2]
    return code if code in extents() else ""


def located(
    postcode: str, around: Sequence[str], of_owner: Sequence[str], *, has_point: bool
) -> tuple[str, str]:
    """Return the département of a project and what the evidence for it is.

    Three say where it is: the postcode, the coordinates (which can lie in `around`) and the
    territory of the owner. Two that agree outweigh the third, which is then named; where the
    postcode stands against the coordinates alone it is kept, because people typed it and a
    machine made the coordinates out of it.

    Args:
        postcode: Five digits, or "".
        around: Départements whose box holds the coordinates.
        of_owner: Départements of the owner, none where it is not known.
        has_point: Whether there are coordinates.

    Returns:
        A code or `unknown`, and: agrees | postcode_alone | postcode_against_coordinates |
        owner_and_coordinates_against_postcode | owner_and_postcode_against_coordinates |
        coordinates_alone | owner_and_coordinates | nothing.
    """
    typed = _of_postcode(postcode)
    both = [code for code in of_owner if code in around]
    if typed and not has_point:
        return typed, "postcode_alone"
    if typed and typed in around:
        return typed, "agrees"
    if typed and typed in of_owner:
        return typed, "owner_and_postcode_against_coordinates"
    if typed and len(both) == 1:
        return both[0], "owner_and_coordinates_against_postcode"
    if typed:
        return typed, "postcode_against_coordinates"
    if len(both) == 1:
        return both[0], "owner_and_coordinates"
    if len(around) == 1:
        return around[0], "coordinates_alone"
    return UNKNOWN, "nothing"


# --- projects -------------------------------------------------------------------------------


def _projects(
    reading: _Reading,
    codes: Mapping[str, list[dict[str, object]]],
    places: Sequence[_Place],
    *,
    reference: Reference,
    table: Table,
) -> pd.DataFrame:
    """Return one row a project."""
    identifiers = [_identifier(cell) for cell in reading.of_field("project_id")]
    frame = pd.DataFrame(
        {
            "file": reading.file,
            "row": [number for number, _ in reading.rows],
            "project_id": identifiers,
            "title": [_line(cell) for cell in reading.of_field("title")],
            "owner": [_line(cell) for cell in reading.of_field("owner")],
            "commune": [_line(cell) for cell in reading.of_field("commune")],
            "postcode": [place.postcode for place in places],
            "latitude": pd.array([place.latitude for place in places], dtype="Float64"),
            "longitude": pd.array([place.longitude for place in places], dtype="Float64"),
            "source": [_line(cell) for cell in reading.of_field("source")],
            "url": [_address(cell) for cell in reading.of_field("url")],
        }
    )
    removed = pd.Series(0, index=frame.index)
    for name in _TEXTS:
        cleaned = [clean_text(cell) for cell in reading.of_field(name)]
        frame[name] = [text for text, _ in cleaned]
        removed += pd.Series([count for _, count in cleaned], index=frame.index)
    frame["contacts_removed"] = removed
    _link(frame, codes, reading.book, reference=reference)
    territories = _territories(reference)
    told = [
        located(
            place.postcode,
            place.around,
            territories.get((kind, code), ()),
            has_point=place.latitude is not None,
        )
        for place, kind, code in zip(places, frame["owner_kind"], frame["owner_code"], strict=True)
    ]
    frame["departement"] = [code for code, _ in told]
    frame["place_evidence"] = [evidence for _, evidence in told]
    frame["duplicate_of"] = _duplicates(frame)
    return conform(frame, table)


def _link(
    frame: pd.DataFrame,
    codes: Mapping[str, list[dict[str, object]]],
    book: DirectoryBook,
    *,
    reference: Reference,
) -> None:
    """Add who owns each project: a unit of the reference, or what it is instead."""
    kind_of = {
        (facet.facet, entry.code): entry.owner
        for facet in book.facets.values()
        for entry in facet.codes
        if entry.owner is not None
    }
    declared = {
        str(record["project_id"]): kind_of[str(record["facet"]), str(record["code"])]
        for records in codes.values()
        for record in records
        if (record["facet"], record["code"]) in kind_of
    }
    said = frame["project_id"].map(declared).fillna("autre").astype("str")
    matcher = _matcher(reference)
    year = REFERENCE_DAY[:4]
    decided = [
        matcher.decide(owner, "", "", postcode, year)
        for owner, postcode in zip(frame["owner"], frame["postcode"], strict=True)
    ]
    matched = pd.DataFrame(decided, index=frame.index)
    decision = matched["decision"].astype("str")
    reason = matched["reason"].astype("str")
    # A name alone makes no collectivité of what the directory calls a company.
    against = (decision == LINKED) & (said != "collectivite")
    decision = decision.mask(against, REVIEW)
    reason = reason.mask(against, reason + "; but the directory says " + said)
    linked = decision == LINKED
    frame["owner_decision"] = decision
    frame["owner_kind"] = matched["kind"].astype("str")
    frame["owner_code"] = matched["code"].astype("str")
    frame["owner_score"] = matched["score"].astype("int64")
    frame["owner_reason"] = reason
    frame["owner_type"] = frame["owner_kind"].map(TYPE_OF_KIND).where(linked, said)


@lru_cache(maxsize=1)
def _matcher(reference: Reference) -> Matcher:
    """Return the matcher of a reference, whose names take seconds to read."""
    return Matcher(reference)


@lru_cache(maxsize=1)
def _territories(reference: Reference) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the départements of every unit, by kind and code."""
    units = units_at(reference, date=REFERENCE_DAY)
    found = {
        (kind, code): tuple(str(several).split())
        for kind, code, several in zip(
            units["kind"], units["code"], units["departements"], strict=True
        )
    }
    of_region: dict[tuple[str, str], list[str]] = {}
    parts = units[units["kind"] == "departement"]
    for code, region in zip(parts["code"], parts["region"], strict=True):
        of_region.setdefault(("region", region), []).append(code)
    return found | {key: tuple(codes) for key, codes in of_region.items()}


def _duplicates(frame: pd.DataFrame) -> list[str]:
    """Return for each project the earlier one of the same title and owner, "" for none."""
    first: dict[tuple[str, str], str] = {}
    found = []
    for identifier, title, owner in zip(
        frame["project_id"], frame["title"], frame["owner"], strict=True
    ):
        earlier = first.setdefault((fold_label(title), fold_label(owner)), identifier)
        found.append("" if earlier == identifier else earlier)
    return found


# --- texts ----------------------------------------------------------------------------------


def clean_text(text: str) -> tuple[str, int]:
    """Return a text as paragraphs, and how many e-mail addresses and telephone numbers it lost.

    HTML is read (tags away, entities as signs), `//` between paragraphs becomes a line break and
    `::` within a step a colon; an address keeps its `://`. Blanks are folded, words untouched.
    """
    text = _PARAGRAPH.sub("\n", html.unescape(_TAG.sub("", _BREAK_TAG.sub("\n", text))))
    text = re.sub(r"\s*::\s*", "\u00a0: ", text)
    text, mails = _MAIL.subn(REMOVED, text)
    text, phones = _PHONE.subn(REMOVED, text)
    lines = (" ".join(re.split(r"[ \t\r]+", line.strip())) for line in text.split("\n"))
    return "\n".join(line for line in lines if line), mails + phones


def _line(text: str) -> str:
    """Return a short text on one line."""
    return " ".join(html.unescape(text).split())


def _address(text: str) -> str:
    """Return the addresses of a cell, blank-separated."""
    return " ".join(text.split())
