"""Build the shipped reference from the three versions of the npm package it is made of.

In: fetch by `npm pack`, check the tarball's sum, transform (`history`), write the tables and their
manifest. Run by `python -m observatoire_pipeline.collectivites.build [--into FOLDER]`; the result
is the same byte for byte each time. Not in: any use of the tables (`reference`). It stands beside
the data it makes, so that an installed copy can rebuild them.

The tables are CSV in xz: readable without this package, and, unlike Parquet, free of the name and
version of the writer.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import lzma
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from observatoire_pipeline.collectivites import history as hist
from observatoire_pipeline.collectivites.territories import (
    territory_aliases,
    territory_links,
    territory_table,
)

log = logging.getLogger(__name__)

PACKAGE = "@etalab/decoupage-administratif"
VERSIONS = ("0.7.0", "0.3.0", "6.0.0")
"""0.7.0: communes, their history, EPCI. 0.3.0: populations of 2019, where 0.7.0 gives 239 communes
nouvelles the population of the predecessor that had their code. 6.0.0: SIREN of four island
communes and the census of Mayotte, which the others lack."""

SUMS = {
    "0.3.0": "49a14b140440ab305f8c96a5b9d988cff08ea56e80cfa1df6e58b39bfa9def72",
    "0.7.0": "4643f584e1502d38a9baefe6e5b478aa8d5077bcd7e8972461dbbaceb66559f0",
    "6.0.0": "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a",
}
"""sha256 of the tarballs; another content is another source and is refused."""

DATA = Path(__file__).parent / "data"
MANIFEST = "manifest.json"


class BuildError(RuntimeError):
    """The source could not be fetched, or is not the one that the sums name."""


def fetch(version: str, *, into: Path) -> Path:
    """Fetch one version of the package with the machine's npm and check its sum.

    Returns:
        The tarball.

    Raises:
        BuildError: npm is missing or failed (its message), or the tarball has another sum.
    """
    command = ["npm", "pack", f"{PACKAGE}@{version}", "--silent", "--pack-destination", str(into)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BuildError("npm is not installed: the reference cannot be rebuilt here") from error
    if done.returncode:
        raise BuildError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    tarball = into / done.stdout.strip().splitlines()[-1]
    found = hashlib.sha256(tarball.read_bytes()).hexdigest()
    if found != SUMS[version]:
        raise BuildError(f"{tarball.name} has sha256 {found}, expected {SUMS[version]}")
    return tarball


def read_json(tarball: Path, name: str) -> list[dict[str, Any]]:
    """Return one file of the package's `data/` folder, parsed."""
    with tarfile.open(tarball) as archive:
        member = archive.extractfile(f"package/data/{name}.json")
        if member is None:
            raise BuildError(f"{tarball.name} holds no data/{name}.json")
        found: list[dict[str, Any]] = json.load(member)
    return found


def tables(source: Path, counted: Path, later: Path) -> dict[str, pd.DataFrame]:
    """Make the shipped tables from the tarballs, in the order of `VERSIONS`.

    Raises:
        CollectiviteError: lists every fault.
    """
    history = hist.History.from_records(read_json(source, "historique-communes"))
    epci, departements = read_json(source, "epci"), read_json(source, "departements")
    communes_2019, communes_later = read_json(source, "communes"), read_json(later, "communes")
    later_population = _by_code(communes_later, "population")
    communes = hist.commune_periods(
        history,
        region_of={d["code"]: d["region"] for d in departements},
        communes=communes_2019,
        epci=epci,
        populations=hist.unit_populations(
            history,
            now=_by_code(read_json(counted, "communes"), "population"),
            before=_by_code(communes_2019, "population"),
            mayotte={c: n for c, n in later_population.items() if c.startswith("976")},
        ),
        island_siren=_by_code(communes_later, "siren"),
    )
    alive = communes[communes["name_to"] == ""]
    return {
        "communes": communes,
        "links": pd.concat([hist.commune_links(history), territory_links()], ignore_index=True),
        "aliases": pd.concat(
            [hist.commune_aliases(history), territory_aliases()], ignore_index=True
        ),
        "epci": hist.epci_table(epci, communes=alive),
        "territories": territory_table(
            departements=departements, regions=read_json(source, "regions"), communes=alive
        ),
    }


def _by_code(communes: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return {r["code"]: r[key] for r in communes if r["type"] == "commune-actuelle" and key in r}


def write(frames: dict[str, pd.DataFrame], *, into: Path) -> dict[str, Any]:
    """Write the tables as `NAME.csv.xz` and their manifest; return the manifest."""
    into.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, frame in sorted(frames.items()):
        plain = frame.to_csv(index=False, lineterminator="\n").encode()
        packed = lzma.compress(plain, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=9)
        (into / f"{name}.csv.xz").write_bytes(packed)
        files[name] = {
            "rows": len(frame),
            "sha256": hashlib.sha256(packed).hexdigest(),
            "sha256_plain": hashlib.sha256(plain).hexdigest(),
        }
    manifest = {
        "sources": [{"package": PACKAGE, "version": v, "sha256": SUMS[v]} for v in sorted(SUMS)],
        "files": files,
    }
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (into / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


def build(*, into: Path = DATA) -> dict[str, Any]:
    """Fetch the versions and write the reference; return the manifest."""
    with tempfile.TemporaryDirectory() as folder:
        tarballs = [fetch(version, into=Path(folder)) for version in VERSIONS]
        return write(tables(*tarballs), into=into)


def main(arguments: Sequence[str] | None = None) -> None:
    """Rebuild the reference from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=DATA)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name, facts in build(into=chosen.into)["files"].items():
        log.info("%-12s %6d rows  %s", name, facts["rows"], facts["sha256_plain"][:12])


if __name__ == "__main__":
    main()
