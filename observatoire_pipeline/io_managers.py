"""How tables stand between assets: Parquet, one file for each table or each edition of one.

In: the I/O manager. It lets no frame replace a stored table unless it is that table as declared,
and gives every frame its declared dtypes on reading (an empty frame loses its categories in
Parquet). Not in: what the tables are (`tables`), and checks of their values (`table_checks`).
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import PrivateAttr
from upath import UPath

from observatoire_pipeline.codebook.reader import read_codebook
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform
from observatoire_pipeline.tables.model import Table

KEPT_BYTES = 4 * 1024**2
"""Size of the largest file whose frame is kept in memory for the length of a run."""


class Lake(dg.ConfigurableIOManager):
    """Tables as Parquet files under one root.

    Attributes:
        root: A local folder, or the URL of an object store that fsspec knows.
        codebook: Folder of the codebook, which declares some of the columns.
    """

    root: str
    codebook: str

    _tables: Mapping[str, Table] | None = PrivateAttr(default=None)
    _recent: dict[str, tuple[Any, pd.DataFrame]] = PrivateAttr(default_factory=dict)
    """Small frames read in this run, by path: a check and two assets often read one table."""

    @property
    def tables(self) -> Mapping[str, Table]:
        """Every declared table by name, as the codebook declared them when first asked."""
        if self._tables is None:
            self._tables = catalogue(read_codebook(Path(self.codebook)))
        return self._tables

    # --- files ------------------------------------------------------------------------------

    def path(self, table: str, edition: str | None = None) -> UPath:
        """Return where a table (of an edition) stands."""
        folder = UPath(self.root) / self.tables[table].stage / table
        return folder / f"{edition or 'all'}.parquet"

    def exists(self, table: str, edition: str | None = None) -> bool:
        """Tell whether a table (of an edition) is stored."""
        return bool(self.path(table, edition).exists())

    def checksum(self, table: str, edition: str | None = None) -> str | None:
        """Return the SHA-256 of a stored table, None when it is not stored."""
        path = self.path(table, edition)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None

    def write(self, frame: pd.DataFrame, table: str, edition: str | None = None) -> int:
        """Store a frame and return its size in bytes.

        Raises:
            TableError: the frame is not the declared table; what was stored stays.
        """
        declared = self.tables[table]
        checked = conform(frame, declared)
        if edition is not None:
            foreign = set(checked["edition"]) - {edition}
            if foreign:
                raise ValueError(f"{table}: rows of {sorted(foreign)} in the edition {edition}")
        buffer = io.BytesIO()
        checked.to_parquet(buffer, engine="pyarrow", index=False, compression="zstd")
        path = self.path(table, edition)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(path, Path):
            beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
            beside.write_bytes(buffer.getvalue())
            beside.replace(path)
        else:
            # An object store shows an object only when its upload is complete.
            path.write_bytes(buffer.getvalue())
        return buffer.getbuffer().nbytes

    def read(self, table: str, edition: str | None = None) -> pd.DataFrame:
        """Return a stored table with its declared dtypes (FileNotFoundError when there is none)."""
        import pyarrow.parquet as pq

        path = self.path(table, edition)
        if not path.exists():
            what = f"{table} of edition {edition}" if edition else table
            raise FileNotFoundError(f"{what} is not stored at {path}: materialise it first")
        stored = path.stat() if isinstance(path, Path) else None
        signature = stored and (stored.st_ino, stored.st_mtime_ns, stored.st_size)
        if signature and self._recent.get(str(path), (None,))[0] == signature:
            # Copies are lazy in pandas 3: whoever changes one changes no other.
            return self._recent[str(path)][1].copy(deep=False)
        frame = pq.read_table(io.BytesIO(path.read_bytes())).to_pandas()
        frame = conform(frame, self.tables[table])
        if signature and stored.st_size <= KEPT_BYTES:
            self._recent[str(path)] = (signature, frame)
            return frame.copy(deep=False)
        return frame

    # --- Dagster ----------------------------------------------------------------------------

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Store what an asset returned, and show its size."""
        table = context.asset_key.to_user_string()
        edition = context.asset_partition_key if context.has_asset_partitions else None
        size = self.write(obj, table, edition)
        rows = "dagster/partition_row_count" if edition else "dagster/row_count"
        context.add_output_metadata(
            {
                rows: len(obj),
                "dagster/uri": str(self.path(table, edition)),
                "bytes": size,
            }
        )

    def load_input(self, context: dg.InputContext) -> pd.DataFrame | dict[str, pd.DataFrame]:
        """Give a frame; to an unpartitioned asset, a partitioned table by edition.

        Editions that are not stored are left out of the dictionary: a declared edition that has
        not landed does not hold back the others.
        """
        table = context.asset_key.to_user_string()
        if not context.has_asset_partitions:
            return self.read(table)
        if context.has_partition_key:
            return self.read(table, context.partition_key)
        if context.dagster_type.typing_type is pd.DataFrame:
            raise ValueError(f"{table} is stored by edition: launch the check with its edition")
        editions = [key for key in context.asset_partition_keys if self.exists(table, key)]
        return {edition: self.read(table, edition) for edition in editions}
