"""What a person says of the exports in a landing folder: `manifest.yaml`, read strictly.

In: the keys of the manifest, and the mark by which a generated export brands itself.
Not in: the reading of the exports.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError

from observatoire_pipeline.codebook.labels import normalise_label
from observatoire_pipeline.ingest.refusal import Problem, RefusedExport, refuse

MANIFEST = "manifest.yaml"
BRAND = normalise_label("DONNÉES SYNTHÉTIQUES")
"""Normal form of the cell by which a generated export says what it is."""


class Manifest(BaseModel):
    """What the manifest may say: whether the answers were generated, and a note."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    synthetic: StrictBool = False
    note: StrictStr | None = None


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a landing folder; without one, the answers are real.

    Raises:
        RefusedExport: it is not YAML, or says something unknown; lists every such key.
    """
    import yaml

    path = folder / MANIFEST
    if not path.exists():
        return Manifest()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise refuse(
            MANIFEST, "", found=f"it cannot be read ({error.strerror})", expected="a readable file"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise refuse(
            MANIFEST,
            "" if mark is None else f"line {mark.line + 1}",
            found="text that is not YAML",
            expected="`synthetic: true` or `synthetic: false`, and a `note`",
        ) from error
    if content is None:
        return Manifest()
    if not isinstance(content, dict):
        raise refuse(
            MANIFEST, "", found=f"a {type(content).__name__}", expected="keys synthetic and note"
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise RefusedExport(
            Problem(
                MANIFEST,
                f"key {'.'.join(map(str, detail['loc']))}",
                detail["msg"].lower(),
                "synthetic (true or false) and note (text)",
                "a key that is not known may be a misspelled synthetic",
            )
            for detail in error.errors()
        ) from error
