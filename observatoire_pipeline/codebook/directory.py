"""What a codebook knows of the directory of projects: columns, facets, codes, labels, noise.

In: `directory.yaml` of a codebook folder, read strictly, and looking a written label or code up.
Not in: reading the directory itself (`ingest.directory`), and anything about the questionnaire; a
survey without the file has no directory.

The file is no part of the checksum of the codebook: an edition is not to be read again because the
directory has a new label.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from observatoire_pipeline.codebook.models import Entry, Identifier, PlainText
from observatoire_pipeline.codebook.reader import (
    CodebookError,
    Reading,
    _list,
    _Located,
    _named,
    _one,
    _yaml,
)

DIRECTORY_FILE = "directory.yaml"

OwnerType = Literal["collectivite", "etat", "entreprise", "association", "autre"]
FieldName = Literal[
    "project_id", "title", "owner", "owner_text", "presentation", "actors", "postcode", "commune",
    "address", "latitude", "longitude", "source", "url", "lesson", "steps_title", "steps",
]  # fmt: skip
REQUIRED_FIELDS = ("project_id", "title", "owner", "postcode", "latitude", "longitude")


class DirectoryAbout(Entry):
    """The directory as a whole."""

    title: PlainText
    source_note: PlainText
    """The sentence under its charts that names the source."""
    licence: PlainText
    count: PlainText
    """What is counted, in the plural: "projets recensés"."""


class DirectoryColumn(Entry):
    """A column of the file: kept as a field, or dropped for a reason."""

    column: PlainText
    field: FieldName | None = None
    dropped: PlainText | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> DirectoryColumn:
        if (self.field is None) == (self.dropped is None):
            raise ValueError("expected either 'field' (kept as) or 'dropped' (why not)")
        return self


class DirectoryCode(Entry):
    """A code of a facet, its label, and how either has been written otherwise."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    label: PlainText
    variants: tuple[PlainText, ...] = ()
    """Labels as written, where folding does not lead to `label`."""
    typed: tuple[PlainText, ...] = ()
    """Codes as written, where they are not `code`."""
    owner: OwnerType | None = None
    """Of the facet that tells who owns a project: what kind of owner this is."""


class DirectoryFacet(Entry):
    """A question about a project whose answers are codes: device, theme, structure."""

    facet: Identifier
    label: PlainText
    codes_column: PlainText | None = None
    labels_column: PlainText | None = None
    several: bool = False
    """Whether a project may have several, separated in a cell."""
    codes: Annotated[tuple[DirectoryCode, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _some_column(self) -> DirectoryFacet:
        if self.codes_column is None and self.labels_column is None:
            raise ValueError("expected 'codes_column', 'labels_column' or both")
        return self

    def label_of(self, code: str) -> str:
        """Return the label of a code (KeyError when the facet has none)."""
        return {entry.code: entry.label for entry in self.codes}[code]


class DirectoryOwner(Entry):
    """A type of owner, as readers see it."""

    owner: Literal[
        "commune", "intercommunalite", "departement", "region", "collectivite", "etat",
        "entreprise", "association", "autre",
    ]  # fmt: skip
    label: PlainText


@dataclass(frozen=True)
class DirectoryBook:
    """All that a codebook says of its directory.

    Attributes:
        path: The file it was read from.
        sha256: Its checksum.
        about: The directory as a whole.
        columns: Columns kept or dropped, by their name; those of facets are not among them.
        facets: Facets by name.
        owners: Type of owner → its label.
        lines: (facet, code) → line of the file, for messages; code "" for the facet itself.
    """

    path: Path
    sha256: str
    about: DirectoryAbout
    columns: dict[str, DirectoryColumn]
    facets: dict[str, DirectoryFacet]
    owners: dict[str, str]
    lines: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def column_names(self) -> list[str]:
        """Every column of the file, facets included."""
        of_facets = [
            name
            for facet in self.facets.values()
            for name in (facet.codes_column, facet.labels_column)
            if name is not None
        ]
        return list(dict.fromkeys([*self.columns, *of_facets]))

    def place(self, facet: str, code: str = "") -> str:
        """Return the line to edit, `directory.yaml:12`."""
        line = self.lines.get((facet, code)) or self.lines.get((facet, ""), 1)
        return f"{self.path.name}:{line}"


def directory_sha256(root: Path) -> str:
    """Return the checksum of the directory's file in a codebook folder; "" without one."""
    path = root / DIRECTORY_FILE
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def read_directory_book(root: Path) -> DirectoryBook | None:
    """Read `directory.yaml` of a codebook folder.

    Returns:
        None where the folder has none.

    Raises:
        CodebookError: with every error of the file, each with its line.
    """
    if not (root / DIRECTORY_FILE).is_file():
        return None
    reading = Reading(root)
    located = _yaml(reading, DIRECTORY_FILE, {"directory", "columns", "owners", "facets"})
    about = _one(reading, DirectoryAbout, DIRECTORY_FILE, located, "directory")
    columns = _named(reading, DirectoryColumn, DIRECTORY_FILE, located, "columns", "column")
    facets = _named(reading, DirectoryFacet, DIRECTORY_FILE, located, "facets", "facet")
    owners: dict[str, str] = {
        entry.owner: entry.label
        for entry in _list(reading, DirectoryOwner, DIRECTORY_FILE, located, "owners")
    }
    _check(reading, located, columns, facets, owners)
    if reading.problems or reading.reviews or about is None:
        raise CodebookError(root, [*reading.problems, *reading.reviews])
    return DirectoryBook(
        path=root / DIRECTORY_FILE,
        sha256=directory_sha256(root),
        about=about,
        columns=columns,
        facets=facets,
        owners=owners,
        lines={
            (facet.facet, code): reading.places[id(entry)][1]
            for facet in facets.values()
            for code, entry in [("", facet), *((c.code, c) for c in facet.codes)]
        },
    )


def _check(
    reading: Reading,
    located: _Located,
    columns: dict[str, DirectoryColumn],
    facets: dict[str, DirectoryFacet],
    owners: dict[str, str],
) -> None:
    """Report what no entry shows alone."""
    fields: list[str] = [entry.field for entry in columns.values() if entry.field is not None]
    for name in sorted({name for name in fields if fields.count(name) > 1}):
        reading.report(DIRECTORY_FILE, located.line("columns"), f"two columns are '{name}'")
    for name in REQUIRED_FIELDS:
        if name not in fields:
            reading.report(DIRECTORY_FILE, located.line("columns"), f"no column has field: {name}")
    for facet in facets.values():
        for column in (facet.codes_column, facet.labels_column):
            if column in columns and columns[column].dropped is not None:
                reading.report_entry(facet, f"column '{column}' is also dropped in columns")
        for what, forms in (("label", _labels(facet)), ("code", _codes(facet))):
            first: dict[str, DirectoryCode] = {}
            for entry, text in forms:
                other = first.setdefault(fold_label(text), entry)
                if other is not entry:
                    reading.report_entry(
                        entry,
                        f"{facet.facet}: the {what} {text!r} stands for {other.code} and for "
                        f"{entry.code}",
                    )
        for entry in facet.codes:
            if entry.owner is not None and entry.owner not in owners:
                reading.report_entry(entry, f"no label for the owner '{entry.owner}' in owners")
    if not any(entry.owner for facet in facets.values() for entry in facet.codes):
        reading.report(DIRECTORY_FILE, located.line("facets"), "no code tells who owns a project")


def _labels(facet: DirectoryFacet) -> Iterator[tuple[DirectoryCode, str]]:
    for entry in facet.codes:
        for text in (entry.label, *entry.variants):
            yield entry, text


def _codes(facet: DirectoryFacet) -> Iterator[tuple[DirectoryCode, str]]:
    for entry in facet.codes:
        for text in (entry.code, *entry.typed):
            yield entry, text


def fold_label(text: str) -> str:
    """Return a label without what its writers vary: case, accents, blanks, signs, & for et."""
    plain = unicodedata.normalize("NFKD", html.unescape(text).replace("&", " et "))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).upper()
    return " ".join(re.findall(r"[A-Z0-9]+", plain.replace("Œ", "OE")))


SEPARATORS = re.compile(r"\s*(?:\r?\n|-)\s*")
"""What stands between several codes or labels of a cell: a line break, `-` with blanks or not."""


@dataclass(frozen=True)
class FacetReader:
    """Looks up what is written of one facet."""

    facet: DirectoryFacet

    def labels(self, cell: str) -> tuple[list[str], list[str]]:
        """Return the codes of the labels in a cell, and the pieces that are no label."""
        return self._read(cell, {fold_label(t): e.code for e, t in _labels(self.facet)})

    def codes(self, cell: str) -> tuple[list[str], list[str]]:
        """Return the codes in a cell, and the pieces that are no code."""
        return self._read(cell, {fold_label(t): e.code for e, t in _codes(self.facet)})

    def _read(self, cell: str, known: dict[str, str]) -> tuple[list[str], list[str]]:
        whole = known.get(fold_label(cell))
        if whole is not None or not cell.strip():
            return ([whole] if whole is not None else []), []
        pieces = [p for p in SEPARATORS.split(cell.strip()) if p.strip()]
        found = [known.get(fold_label(piece)) for piece in pieces]
        unknown = [piece for piece, code in zip(pieces, found, strict=True) if code is None]
        return list(dict.fromkeys(code for code in found if code is not None)), unknown


def nearest(text: str, facet: DirectoryFacet, *, codes: bool) -> str:
    """Return the known label (or code) that resembles most what is written."""
    from rapidfuzz import fuzz, process

    forms: Sequence[str] = [t for _, t in (_codes(facet) if codes else _labels(facet))]
    best = process.extractOne(fold_label(text), [fold_label(f) for f in forms], scorer=fuzz.ratio)
    return forms[best[2]]
