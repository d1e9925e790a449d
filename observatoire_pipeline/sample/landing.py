"""Put the synthetic exports where real ones would be dropped, and never over a real one.

In: the landing folders of the sample, with their manifests. Not in: what the files hold
(`generate`, `writers`).
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import yaml

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.sample.assumptions import packaged_sample, read_sample_data
from observatoire_pipeline.sample.generate import generate
from observatoire_pipeline.sample.wording import typed
from observatoire_pipeline.sample.writers import SampleError, write_export

MANIFEST = "manifest.yaml"
SEED = 2016

logger = logging.getLogger(__name__)


def write_sample(
    out: Path, *, codebook: Codebook, seed: int = SEED, data: Path | None = None
) -> list[Path]:
    """Write the synthetic export of each edition to `out/<edition>/`, with its manifest.

    Equal arguments give equal bytes. A folder that an earlier call wrote is replaced.

    Args:
        out: Landing folder of the survey; made when absent.
        codebook: The questionnaire.
        seed: Number from which all chance derives.
        data: Folder with `assumptions.yaml` and `collectivites_fictives.csv`; the one that ships
            for the survey of the codebook by default.

    Returns:
        The export files, in the order of the editions.

    Raises:
        SampleError: a folder holds something that this function did not write (no manifest that
            says `synthetic: true`), the sample data have errors, or their counts cannot be met.
            Nothing is written then.
    """
    root = packaged_sample(codebook.survey.survey) if data is None else data
    sample = read_sample_data(root, codebook=codebook)
    editions = sample.assumptions.editions
    taken = [out / e.edition for e in editions if not _may_replace(out / e.edition)]
    if taken:
        raise SampleError(
            "these folders hold files that are not a sample; move them, or choose another folder:",
            [f"{folder}: no {MANIFEST} that says synthetic: true" for folder in taken],
        )
    wording = typed(sample.assumptions.endings)
    written = []
    for edition, answers in zip(
        editions, generate(sample, codebook=codebook, seed=seed), strict=True
    ):
        file, folder = edition.file, out / edition.edition
        beside = out / f".{edition.edition}.writing"
        if beside.exists():
            shutil.rmtree(beside)
        beside.mkdir(parents=True)
        write_export(
            answers,
            beside / file.name,
            codebook=codebook,
            layout=file.layout,
            container=file.container,
            encoding=file.encoding,
            delimiter=file.delimiter,
            line_end=file.line_end,
            metadata=file.metadata,
            dates=file.dates,
            under_metadata=file.under_metadata,
            wording=wording,
            spellings=edition.spellings,
            member=file.member,
        )
        manifest = {"synthetic": True, "note": edition.note}
        (beside / MANIFEST).write_text(
            yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False, width=100),
            encoding="utf-8",
        )
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
        written.append(folder / file.name)
        logger.info("synthetic export of %s written to %s", edition.edition, folder)
    return written


def _may_replace(folder: Path) -> bool:
    """Tell whether the folder is absent, empty, or a sample."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    if not any(folder.iterdir()):
        return True
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    try:
        value = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(value, dict) and value.get("synthetic") is True
