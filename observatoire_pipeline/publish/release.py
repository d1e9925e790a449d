"""A release: a folder that appears whole or not at all, and the link `latest` that points to it.

In: what a release holds, whether it may appear, and how it appears.
Not in: how tables become a database (`warehouse`), and how pictures are drawn (`charts`).

```
releases/                         microdata/              (never inside a release by default)
├── latest -> 2018-06-01          ├── latest -> 2018-06-01
└── 2018-06-01/                   └── 2018-06-01/
    ├── LISEZMOI.md                   ├── microdata.duckdb
    ├── release.json                  └── release.json
    ├── warehouse.duckdb
    ├── tables/<name>.parquet, <name>.schema.json
    └── charts/index.html, <name>.svg, <name>.png
```

A reader that has a file of an older release open keeps it: no file is ever written again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.publish.pages import PAGE_FILE
from observatoire_pipeline.publish.warehouse import (
    PublicationError,
    build_duckdb,
    check_frames,
    fsync,
)
from observatoire_pipeline.tables.dictionary import table_schema
from observatoire_pipeline.tables.model import Table

logger = logging.getLogger(__name__)

LATEST = "latest"
WAREHOUSE_FILE = "warehouse.duckdb"
MICRODATA_FILE = "microdata.duckdb"
MANIFEST_FILE = "release.json"
COVER_FILE = "LISEZMOI.md"
_VERSIONS_OF = ("observatoire-pipeline", "pandas", "pyarrow", "duckdb", "sqlalchemy")
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
_NARROW, _HARD = "\u202f", "\u00a0"

Picture = tuple[str, str | bytes, bytes]
"""Name of a chart, its SVG, its PNG."""


@dataclass(frozen=True)
class Release:
    """A release that has appeared.

    Attributes:
        release_id: Its name, and the name of its folder.
        folder: The folder itself, not the link.
        published_at: When, in UTC, without time zone.
        editions: Edition → whether its answers are synthetic, in the order of the codebook.
        row_counts: Rows by table, microdata included.
        microdata: Folder of the microdata, None when no table of them was given.
    """

    release_id: str
    folder: Path
    published_at: datetime
    editions: dict[str, bool]
    row_counts: dict[str, int]
    microdata: Path | None

    @property
    def synthetic(self) -> bool:
        """Whether any edition in it is synthetic."""
        return any(self.editions.values())

    @property
    def warehouse(self) -> Path:
        """The embedded warehouse of the release."""
        return self.folder / WAREHOUSE_FILE


def editions_of(
    frames: Mapping[str, pd.DataFrame], tables: Iterable[Table], codebook: Codebook
) -> dict[str, bool]:
    """Return the editions that the tables speak of, and whether each is synthetic.

    Every table that has `edition` and `synthetic` is asked; order is that of the codebook.

    Raises:
        PublicationError: an edition is unknown to the codebook, or is synthetic in some rows and
            real in others; all such editions are named.
    """
    flags: dict[str, set[bool]] = {}
    for table in tables:
        if {"edition", "synthetic"} <= set(table.column_names):
            # A row without the flag holds no answer of the edition.
            pairs = frames[table.name][["edition", "synthetic"]].dropna().drop_duplicates()
            for edition, synthetic in zip(pairs["edition"], pairs["synthetic"], strict=True):
                flags.setdefault(str(edition), set()).add(bool(synthetic))
    problems = [
        f"edition {edition} is not in the codebook"
        for edition in flags
        if edition not in codebook.editions
    ]
    problems += [
        f"edition {edition} is synthetic in some rows and real in others"
        for edition, found in flags.items()
        if len(found) > 1
    ]
    if problems:
        raise PublicationError("the tables disagree on their editions:\n  " + "\n  ".join(problems))
    return {key: flags[key].pop() for key in codebook.edition_keys if key in flags}


def refuse_mixed(editions: Mapping[str, bool], codebook: Codebook) -> None:
    """Refuse synthetic editions beside real ones, unless the codebook allows it.

    Raises:
        PublicationError: naming the editions on both sides.
    """
    synthetic = [edition for edition, flag in editions.items() if flag]
    real = [edition for edition, flag in editions.items() if not flag]
    if synthetic and real and not codebook.survey.release.mixed_synthetic:
        raise PublicationError(
            f"a release would mix synthetic editions ({', '.join(synthetic)}) with real ones "
            f"({', '.join(real)}); publish them apart, or set release.mixed_synthetic in "
            "editions.yaml and the release says so on its cover"
        )


def publish_release(
    home_releases: Path,
    *,
    release_id: str,
    frames: Mapping[str, pd.DataFrame],
    tables: Sequence[Table],
    pictures: Iterable[Picture],
    codebook: Codebook,
    microdata_dir: Path,
    page: str,
    notes: Sequence[str] = (),
    published_at: datetime | None = None,
) -> Release:
    """Write a release beside, make it appear by a rename, then point `latest` to it.

    One publication to a folder at a time: others wait. Whatever a dead publication left unfinished
    is removed. Publishing the same content again under the same name changes nothing but `latest`.

    Args:
        home_releases: Folder of the releases; created when missing.
        release_id: Letters, digits, `.`, `_` and `-`; not `latest`.
        frames: Frames by table name.
        tables: What is published, open tables and microdata.
        pictures: Charts, taken one by one.
        codebook: Names the survey, its editions, and what a release may hold.
        microdata_dir: Folder of the microdata, outside `home_releases`; created when missing.
        page: The page of the charts, as HTML.
        notes: Sentences for the cover, in the language of the survey.
        published_at: When, in UTC; now when not given.

    Returns:
        The release that `latest` points to.

    Raises:
        TableError: a frame is not its table.
        PublicationError: the release mixes synthetic and real editions, or holds an unknown one; a
            name is unfit or given twice; or a release of that name holds something else. Nothing
            that was published has changed.
    """
    if not _NAME.match(release_id) or release_id == LATEST:
        raise PublicationError(f"{release_id!r} cannot be the name of a release")
    if microdata_dir.resolve().is_relative_to(home_releases.resolve()):
        raise PublicationError(f"microdata ({microdata_dir}) must stand outside {home_releases}")
    check_frames(frames, tables)
    editions = editions_of(frames, tables, codebook)
    refuse_mixed(editions, codebook)
    when = (published_at or datetime.now(UTC)).replace(tzinfo=None, microsecond=0)
    microdata = [table for table in tables if table.microdata]
    release = Release(
        release_id=release_id,
        folder=home_releases / release_id,
        published_at=when,
        editions=editions,
        row_counts={table.name: len(frames[table.name]) for table in tables},
        microdata=microdata_dir / release_id if microdata else None,
    )
    about = _about(release, codebook, notes)
    roots = [microdata_dir, home_releases] if microdata else [home_releases]
    with contextlib.ExitStack() as stack:
        for root in roots:
            root.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_alone(root))
            _remove_leftovers(root)
        if microdata and not release.folder.exists():
            _remove_orphan(microdata_dir, release_id)
        partials = [_partial(root, release_id, stack) for root in roots]
        if microdata:
            _write_microdata(partials[0], release, frames, microdata, about)
        _write_release(partials[-1], release, frames, tables, pictures, page, codebook, about)
        for partial, root in zip(partials, roots, strict=True):
            _refuse_another(partial, root / release_id)
        for partial, root in zip(partials, roots, strict=True):
            _appear(partial, root / release_id)
        for root in roots:
            _point_latest(root, release_id)
        stood = json.loads((release.folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    logger.info("published release %s", release_id)
    return replace(release, published_at=datetime.fromisoformat(stood["published_at"][:-1]))


# --- what is in it --------------------------------------------------------------------------


def _about(release: Release, codebook: Codebook, notes: Sequence[str]) -> dict[str, Any]:
    return {
        "release_id": release.release_id,
        "published_at": release.published_at.isoformat() + "Z",
        "survey": codebook.survey.survey,
        "title": codebook.survey.title,
        "publisher": codebook.survey.publisher,
        "licence": codebook.survey.licence,
        "synthetic": release.synthetic,
        "mixed_synthetic": len(set(release.editions.values())) > 1,
        "editions": [
            {"edition": key, "title": codebook.editions[key].title, "synthetic": synthetic}
            for key, synthetic in release.editions.items()
        ],
        "codebook_sha256": codebook.sha256,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _VERSIONS_OF},
        },
        "notes": list(notes),
    }


def _write_release(
    partial: Path,
    release: Release,
    frames: Mapping[str, pd.DataFrame],
    tables: Sequence[Table],
    pictures: Iterable[Picture],
    page: str,
    codebook: Codebook,
    about: Mapping[str, Any],
) -> None:
    open_tables = [table for table in tables if not table.microdata]
    (partial / "tables").mkdir()
    for table in open_tables:
        _write_table(partial / "tables", frames[table.name], table)
    build_duckdb(partial / WAREHOUSE_FILE, frames, open_tables)
    if codebook.survey.release.microdata and release.microdata is not None:
        microdata = [table for table in tables if table.microdata]
        build_duckdb(partial / MICRODATA_FILE, frames, microdata)
    (partial / "charts").mkdir()
    for name, svg, png in pictures:
        _write_picture(partial / "charts", name, svg, png)
    (partial / "charts" / PAGE_FILE).write_text(page, encoding="utf-8")
    cover = _cover(release, open_tables, codebook, about)
    (partial / COVER_FILE).write_text(cover, encoding="utf-8")
    shown = [
        {
            "name": table.name,
            "rows": len(frames[table.name]),
            "file": f"tables/{table.name}.parquet",
        }
        for table in open_tables
    ]
    _write_manifest(partial, {**about, "tables": shown})


def _write_microdata(
    partial: Path,
    release: Release,
    frames: Mapping[str, pd.DataFrame],
    tables: Sequence[Table],
    about: Mapping[str, Any],
) -> None:
    build_duckdb(partial / MICRODATA_FILE, frames, tables)
    shown = [
        {
            "name": table.name,
            "rows": release.row_counts[table.name],
            "content_sha256": _content_sha256(frames[table.name]),
        }
        for table in tables
    ]
    _write_manifest(partial, {**about, "tables": shown})


def _write_table(folder: Path, frame: pd.DataFrame, table: Table) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(arrow, folder / f"{table.name}.parquet", compression="zstd")
    _write_json(folder / f"{table.name}.schema.json", table_schema(table))


def _write_picture(folder: Path, name: str, svg: str | bytes, png: bytes) -> None:
    if not _NAME.match(name):
        raise PublicationError(f"{name!r} cannot be the name of a chart's files")
    if (folder / f"{name}.svg").exists():
        raise PublicationError(f"two charts are named {name!r}")
    (folder / f"{name}.svg").write_bytes(svg.encode() if isinstance(svg, str) else svg)
    (folder / f"{name}.png").write_bytes(png)


def _write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listed = [
        {
            "path": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": _file_sha256(path),
        }
        for path in files
    ]
    _write_json(folder / MANIFEST_FILE, {**about, "files": listed})


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content_sha256(frame: pd.DataFrame) -> str:
    """Return a checksum of the cells: the file of the same cells differs from run to run."""
    digest = hashlib.sha256("\0".join(map(str, frame.columns)).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


# --- the cover ------------------------------------------------------------------------------


def _cover(
    release: Release, tables: Sequence[Table], codebook: Codebook, about: Mapping[str, Any]
) -> str:
    """Return the cover in French; it opens with the synthetic editions when there are any."""
    survey = codebook.survey
    lines: list[str] = []
    synthetic = [key for key, flag in release.editions.items() if flag]
    if synthetic:
        real = [key for key, flag in release.editions.items() if not flag]
        lines += [
            "> **Données synthétiques.** Les réponses "
            f"{_of_editions(synthetic)} ont été produites par calcul, à partir de chiffres publiés "
            "et d’hypothèses déclarées. Elles ne décrivent aucune collectivité réelle.",
        ]
        if real:
            lines += [
                ">",
                f"> **Cette publication y mêle les réponses réelles {_of_editions(real)}.** "
                "Les unes et les autres ne se comparent pas.",
            ]
        lines.append("")
    lines += [
        f"# {survey.title}",
        "",
        f"Publication {release.release_id} du {_french_date(release.published_at)}, "
        f"par {survey.publisher}.",
        "",
        "## Éditions",
        "",
    ]
    for key, flag in release.editions.items():
        mark = f"{_HARD}: données synthétiques" if flag else ""
        lines.append(f"- {codebook.editions[key].title}{mark}")
    lines += [
        "",
        "## Contenu",
        "",
        "- `tables/`\u00a0: une table par fichier Parquet, avec son schéma "
        "(`*.schema.json`, Table Schema).",
        f"- `{WAREHOUSE_FILE}`\u00a0: les mêmes tables dans une base DuckDB, en lecture seule.",
        f"- `charts/`\u00a0: les graphiques, en SVG et en PNG\u202f; `charts/{PAGE_FILE}` les "
        "montre avec leurs chiffres en tableaux.",
        f"- `{MANIFEST_FILE}`\u00a0: provenance, effectifs et empreintes SHA-256 des fichiers.",
        "",
        "| Table | Lignes |",
        "| --- | ---: |",
        *(f"| `{table.name}` | {_count(release.row_counts[table.name])} |" for table in tables),
        "",
    ]
    if codebook.survey.release.microdata and release.microdata is not None:
        lines += [f"- `{MICRODATA_FILE}`\u00a0: les réponses individuelles.", ""]
    else:
        lines += ["Les réponses individuelles ne font pas partie de cette publication.", ""]
    if about["notes"]:
        lines += ["## Notes", "", *(f"- {note}" for note in about["notes"]), ""]
    lines += [
        "## Licence et attribution",
        "",
        f"Licence\u00a0: {about['licence']}.",
        "",
        f"À citer\u00a0: {survey.publisher}, «\u00a0{survey.title}\u00a0», "
        f"publication {release.release_id}" + (", données synthétiques." if synthetic else "."),
        "",
        survey.source_note,
        "",
    ]
    return "\n".join(lines)


def _of_editions(editions: Sequence[str]) -> str:
    if len(editions) == 1:
        return f"de l’édition {editions[0]}"
    return f"des éditions {', '.join(editions[:-1])} et {editions[-1]}"


def _french_date(when: datetime) -> str:
    from babel.dates import format_date

    words = str(format_date(when.date(), format="long", locale="fr"))
    return f"1er{words[1:]}" if when.day == 1 else words


def _count(number: int) -> str:
    return f"{number:,}".replace(",", _NARROW)


# --- how it appears -------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Wait for other publications to the folder; the lock of a killed one is free at once."""
    import fcntl

    with (root / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("another publication to %s is under way: waiting for it", root)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_leftovers(root: Path) -> None:
    """Remove what dead publications left; under the lock, whatever is unfinished is dead."""
    for leftover in root.glob(".*.partial"):
        logger.warning("removing what an interrupted publication left: %s", leftover.name)
        shutil.rmtree(leftover)
    (root / f".{LATEST}.new").unlink(missing_ok=True)


def _remove_orphan(root: Path, release_id: str) -> None:
    """Remove microdata that appeared, when the publication died before its release did."""
    folder, latest = root / release_id, root / LATEST
    if folder.exists() and latest.resolve() != folder.resolve():
        logger.warning("removing microdata of a release that never appeared: %s", release_id)
        shutil.rmtree(folder)


def _partial(root: Path, release_id: str, stack: contextlib.ExitStack) -> Path:
    folder = root / f".{release_id}.partial"
    folder.mkdir()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _refuse_another(partial: Path, folder: Path) -> None:
    if folder.exists() and _identity(folder) != _identity(partial):
        raise PublicationError(
            f"{folder} exists and holds something else; a release is never written again, so "
            "publish under another name"
        )


def _appear(partial: Path, folder: Path) -> None:
    """Rename the finished folder to its name, once the disk has all of it."""
    if folder.exists():
        return
    for path in [*partial.rglob("*"), partial]:
        fsync(path)
    partial.rename(folder)
    fsync(folder.parent)


def _identity(folder: Path) -> dict[str, str]:
    """Return what makes two releases the same: tables, schemas, charts, codebook, editions.

    Not the DuckDB files (the same rows make other bytes) nor the cover (it holds the date).
    """
    manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    same = {
        entry["path"]: entry["sha256"]
        for entry in manifest["files"]
        if entry["path"].startswith(("tables/", "charts/"))
    }
    for table in manifest["tables"]:
        same[f"content of {table['name']}"] = table.get("content_sha256", "")
    same["codebook"] = manifest["codebook_sha256"]
    same["editions"] = json.dumps(manifest["editions"])
    return same


def _point_latest(root: Path, release_id: str) -> None:
    """Point `latest` to the release in one step: a reader finds the old or the new, never none."""
    beside = root / f".{LATEST}.new"
    beside.symlink_to(release_id, target_is_directory=True)
    beside.replace(root / LATEST)
    fsync(root)
