"""A large export read to coded columns, against pyarrow's bare read and pandas'.

The file is the sample's 2018 export repeated with respondents of their own: 500 000 rows of 95
columns and more. What is compared with the bare reads is everything that makes codes of it: headers
matched, every cell validated, every answer coded, every cell accounted for.
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
from pathlib import Path

from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.sample.landing import write_sample

ROWS = 500_000
AIM = 1.5

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
from pathlib import Path
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.ingest.reading import read_landing
from observatoire_pipeline.normalise.responses import normalise
from observatoire_pipeline.validate.acceptance import accept
book = read_codebook(packaged_codebook())
raw = read_landing(Path(path).parent, edition="2018", codebook=book)
tables = (raw.raw_responses, raw.raw_columns, raw.source_files)
accepted = accept(*tables, edition="2018", codebook=book)
made = normalise(*accepted, raw.raw_columns, raw.source_files, raw.raw_responses,
    edition="2018", codebook=book)
assert len(made.norm_responses) == rows
""",
}


def reading(rows: int = ROWS) -> Iterator[str]:
    """Yield seconds and peak memory of each reader, in a process of its own, and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = _large_export(Path(folder), rows)
        yield f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB"
        seconds = {}
        for name, code in _READERS.items():
            seconds[name], memory = _measured(code, path, rows)
            yield f"{name:26}{seconds[name]:8.1f} s{memory:8.0f} MB at most"
    bare, other, ours = seconds.values()
    yield f"ratio to pyarrow          {ours / bare:8.2f}   (aim: {AIM} or less)"
    yield f"ratio to pandas           {ours / other:8.2f}"


def _measured(code: str, path: Path, rows: int) -> tuple[float, float]:
    """Return the seconds that the code took in a new process, imports included, and its peak MB."""
    start = time.perf_counter()
    program = f"path, rows = {str(path)!r}, {rows}\n{code}\nimport resource\n" + (
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return time.perf_counter() - start, int(told.stdout.split()[-1]) / 1024


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
