"""A large export read to coded columns, against pyarrow's bare read and pandas'.

The file is the sample's 2018 export repeated with respondents of their own: 500 000 rows of 95
columns and more. What is compared with the bare reads is everything that makes codes of it: headers
matched, every cell validated, every answer coded, every cell accounted for, and the coded tables
written. It is done again on a quarter of the rows, to see how memory grows.

Each reader runs in a process of its own, its imports included. Beside the time that went by stands
the time of the processors: on a busy machine the latter says more.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.sample.landing import write_sample

ROWS = 500_000
AIM = 1.5

_TOLD = """
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""

_READERS = {
    "pyarrow to dictionaries": """
import pyarrow as pa
from pyarrow import csv
with open(path, "rb") as stream:
    names = csv.open_csv(stream).schema.names
names = [str(k) for k in range(len(names))]
table = csv.read_csv(path, read_options=csv.ReadOptions(column_names=names),
    parse_options=csv.ParseOptions(newlines_in_values=True),
    convert_options=csv.ConvertOptions(strings_can_be_null=False,
        column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string()))))
assert table.num_rows == rows + 2
""",
    "pandas.read_csv": """
import pandas as pd
frame = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
assert len(frame) == rows + 2
""",
    "read to coded columns": """
import tempfile
from pathlib import Path
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.normalise.streaming import stream_edition
with tempfile.TemporaryDirectory() as folder:
    made = stream_edition(Path(path).parent, Path(folder) / "coded", edition="2018",
        codebook=read_codebook(packaged_codebook()))
assert made.rows["norm_responses"] == rows
terms = made.cell_map[["cells_coded", "cells_rejected", "cells_dropped"]].sum(axis="columns")
assert (terms == made.cell_map["cells_in"]).all()
""",
}


@dataclass(frozen=True)
class Measured:
    """What a reader took, in seconds and in MB at most."""

    seconds: float
    processors: float
    memory: float

    def __str__(self) -> str:
        """Return the figures as a part of a line."""
        return (
            f"{self.seconds:8.1f} s{self.processors:8.1f} s of processors"
            f"{self.memory:8.0f} MB at most"
        )


def reading(rows: int = ROWS) -> Iterator[str]:
    """Yield what each reader takes, the ratios, and how memory grows with the rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = _large_export(Path(folder), rows)
        yield f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB"
        taken = {}
        for name, code in _READERS.items():
            taken[name] = _measured(code, path, rows)
            yield f"{name:26}{taken[name]}"
    bare, other, ours = taken.values()
    yield (
        f"ratio to pyarrow          {ours.seconds / bare.seconds:8.2f}"
        f"  {ours.processors / bare.processors:8.2f} of processors   (aim: {AIM} or less)"
    )
    yield (
        f"ratio to pandas           {ours.seconds / other.seconds:8.2f}"
        f"  {ours.processors / other.processors:8.2f} of processors"
    )
    fewer = rows // 4
    with tempfile.TemporaryDirectory() as folder:
        path = _large_export(Path(folder), fewer)
        less = _measured(_READERS["read to coded columns"], path, fewer)
    yield f"{f'on {fewer} rows':26}{less}"
    grown = (ours.memory - less.memory) * 1024**2 / (rows - fewer)
    yield f"memory grows by {grown:.0f} bytes a row"


def _measured(code: str, path: Path, rows: int) -> Measured:
    """Return what the code took in a new process, imports included."""
    start = time.perf_counter()
    program = f"path, rows = {str(path)!r}, {rows}\n{code}\n{_TOLD}"
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    processors, memory = map(float, told.stdout.split()[-2:])
    return Measured(seconds, processors, memory / 1024)


def _large_export(folder: Path, rows: int) -> Path:
    """Write the sample's 2018 export with its rows repeated, each with its own identifier."""
    (archive,) = write_sample(
        folder / "sample", codebook=read_codebook(packaged_codebook()), only=["2018"]
    )
    with zipfile.ZipFile(archive) as container:
        text = container.read(container.namelist()[0]).decode("utf-8-sig")
    title, labels, *answers = csv.reader(io.StringIO(text))
    distinct = list({row[0]: row for row in answers}.values())
    path = folder / "landing" / "large.csv"
    path.parent.mkdir()
    (path.parent / "manifest.yaml").write_text("synthetic: true\n", encoding="utf-8")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(title)
        writer.writerow(labels)
        for number in range(rows):
            row = distinct[number % len(distinct)]
            writer.writerow([str(10_000_000_000 + number), *row[1:]])
    return path
