"""Put the synthetic exports where real ones would be dropped, and never over a real one.

In: the landing folders of the sample, with their manifests. Not in: what the files hold
(`generate`, `writers`).
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import yaml

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.sample.answers import Answers
from observatoire_pipeline.sample.assumptions import (
    EditionAssumptions,
    packaged_sample,
    read_sample_data,
)
from observatoire_pipeline.sample.generate import generate
from observatoire_pipeline.sample.wording import typed
from observatoire_pipeline.sample.writers import SampleError, Wording, write_export

MANIFEST = "manifest.yaml"
SEED = 2016

logger = logging.getLogger(__name__)


def write_sample(
    out: Path,
    *,
    codebook: Codebook,
    seed: int = SEED,
    data: Path | None = None,
    only: Collection[str] | None = None,
) -> list[Path]:
    """Write the synthetic export of each edition to `out/<edition>/`, with its manifest.

    Equal arguments give equal bytes. A folder that an earlier call wrote is replaced.

    Args:
        out: Landing folder of the survey; made when absent.
        codebook: The questionnaire.
        seed: Number from which all chance derives.
        data: Folder with `assumptions.yaml` and `collectivites_fictives.csv`; the one that ships
            for the survey of the codebook by default.
        only: Editions to write; all that the assumptions describe by default. What one edition
            holds does not depend on the others being written.

    Returns:
        The export files, in the order of the editions.

    Raises:
        SampleError: a folder holds something that this function did not write (no manifest that
            says `synthetic: true`), the sample data have errors, or their counts cannot be met.
            Nothing is replaced then.
    """
    root = packaged_sample(codebook.survey.survey) if data is None else data
    sample = read_sample_data(root, codebook=codebook)
    described = sample.assumptions.editions
    editions = [e for e in described if only is None or e.edition in only]
    taken = [out / e.edition for e in editions if not _may_replace(out / e.edition)]
    if taken:
        raise SampleError(
            "these folders hold files that are not a sample; move them, or choose another folder:",
            [f"{folder}: no {MANIFEST} that says synthetic: true" for folder in taken],
        )
    generated = generate(sample, codebook=codebook, seed=seed)
    answers = {e.edition: of_edition for e, of_edition in zip(described, generated, strict=True)}
    wording = typed(sample.assumptions.endings)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sample-", dir=out) as beside:
        # Every edition is complete before the first folder is replaced.
        for edition in editions:
            folder = Path(beside) / edition.edition
            folder.mkdir()
            own = answers[edition.edition]
            _write_edition(folder, edition, own, codebook=codebook, wording=wording)
        for edition in editions:
            folder = out / edition.edition
            if folder.exists():
                shutil.rmtree(folder)
            (Path(beside) / edition.edition).rename(folder)
            logger.info("synthetic export of %s written to %s", edition.edition, folder)
    return [out / edition.edition / edition.file.name for edition in editions]


def _write_edition(
    folder: Path,
    edition: EditionAssumptions,
    answers: Answers,
    *,
    codebook: Codebook,
    wording: Wording,
) -> None:
    file = edition.file
    write_export(
        answers,
        folder / file.name,
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
    text = yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False, width=100)
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _may_replace(folder: Path) -> bool:
    """Tell whether the folder is absent, empty, or a sample."""
    if not folder.exists():
        return True
    if folder.is_symlink() or not folder.is_dir():
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
