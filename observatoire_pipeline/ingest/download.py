"""An edition's answers from the platform's API into its landing folder, whole or not at all.

In: SurveyMonkey's API v3: `GET /surveys/{id}/details` and every page of
`GET /surveys/{id}/responses/bulk` (https://api.surveymonkey.com/v3/docs), saved as served. Not in:
what the files mean (`platforms.surveymonkey_api` reads them as it reads files saved by hand), and
when it is done (`automation`).

Answers that arrive between two pages would be lost or told twice: a page that says another total
than the first starts the download again. The folder is exchanged when everything is there, and left
as it is when nothing has changed.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.ingest.manifest import MANIFEST

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

ROOTS = {
    "us": "https://api.surveymonkey.com/v3",
    "eu": "https://api.eu.surveymonkey.com/v3",
    "ca": "https://api.surveymonkey.ca/v3",
}
"""Where the accounts of a data centre are answered."""

PER_PAGE = 100
"""The most that the platform gives at once; a call costs one of 500 a day."""
STARTS = 3
"""How often a download begins again because answers arrived meanwhile."""
TRIES = 6
TIMEOUT = (10, 60)
"""Seconds to connect, and between two bytes."""
DETAILS, RESPONSES = "details.json", "responses_{:04d}.json"


class DownloadError(RuntimeError):
    """The answers could not be fetched; the landing folder is as it was."""


@dataclass(frozen=True)
class Downloaded:
    """What a download brought.

    Attributes:
        folder: The landing folder.
        responses: Responses on the platform, whatever their status.
        files: Names of the files, the details first.
        changed: Whether the folder was exchanged.
    """

    folder: Path
    responses: int
    files: tuple[str, ...]
    changed: bool


def download_edition(
    edition: str, *, codebook: Codebook, landing: Path, token: str, url: str = ""
) -> Downloaded:
    """Fetch an edition's answers from the `source` that the codebook declares.

    Args:
        edition: Key of the edition.
        codebook: Declares the sources, in `editions.yaml`.
        landing: Folder of the landing folders.
        token: As for `download`.
        url: Root of the API, that of the source's data centre by default.

    Raises:
        DownloadError: the edition is unknown, has no source, there is no token, or as `download`.
    """
    declared = codebook.editions.get(edition)
    if declared is None:
        raise DownloadError(f"{edition} is none of {', '.join(codebook.edition_keys)}")
    source = declared.source
    if source is None:
        raise DownloadError(
            f"edition {edition} has no `source` in {codebook.root}/editions.yaml: "
            'add `source: {survey: "..."}`, or put its export into the landing folder'
        )
    if not token:
        raise DownloadError(
            f"no access token for edition {edition}: set OBSERVATOIRE_SURVEYMONKEY_TOKEN"
        )
    return download(
        landing / edition, survey=source.survey, url=url or ROOTS[source.region], token=token
    )


def download(folder: Path, *, survey: str, url: str, token: str) -> Downloaded:
    """Fetch a survey's details and responses into a landing folder.

    Args:
        folder: The landing folder of the edition; need not exist. Its manifest is kept.
        survey: Identifier of the survey on the platform.
        url: Root of the API, e.g. `https://api.surveymonkey.com/v3`.
        token: Access token of the account; it is sent to that root alone and never written.

    Raises:
        DownloadError: the folder holds files of another origin, or the platform refuses, fails or
            keeps changing; says what it answered.
    """
    before = folder.with_name(f".{folder.name}.before")
    if before.exists() and not folder.exists():
        before.rename(folder)  # an exchange was interrupted
    _refuse_other_files(folder)
    with _session(token) as session:
        pages = _whole(session, survey=survey, url=url.rstrip("/"))
    total = int(json.loads(pages[1])["total"])
    names = (DETAILS, *(RESPONSES.format(number) for number in range(1, len(pages))))
    files = dict(zip(names, pages, strict=True))
    manifest = folder / MANIFEST
    kept = {MANIFEST: manifest.read_bytes()} if manifest.exists() else {}
    changed = not folder.is_dir() or files | kept != {
        path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")
    }
    if changed:
        _exchange(folder, files | kept, before=before)
    return Downloaded(folder, total, names, changed)


def _refuse_other_files(folder: Path) -> None:
    other = sorted(
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if not path.name.startswith(".")
        and path.name not in (MANIFEST, DETAILS)
        and not path.match(RESPONSES.format(0).replace("0000", "*"))
    )
    if other:
        raise DownloadError(
            f"{folder} holds {', '.join(other)}, delivered by hand: a download beside it would "
            "count every answer twice; take it out, or leave `source` out of editions.yaml"
        )


def _exchange(folder: Path, files: dict[str, bytes], *, before: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.made-"))
    try:
        for name, data in files.items():
            (made / name).write_bytes(data)
        made.chmod(0o755)
        shutil.rmtree(before, ignore_errors=True)
        if folder.exists():
            folder.rename(before)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(before, ignore_errors=True)


# --- the platform ---------------------------------------------------------------------------


def _session(token: str) -> requests.Session:
    """Return a session that waits where the platform asks for it and tries a failure again."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    class Patient(Retry):
        """Waits for the end of the minute where the calls of a minute are used up."""

        def get_retry_after(self, response: Any) -> float | None:
            told = super().get_retry_after(response)
            reset = response.headers.get("X-Ratelimit-App-Global-Minute-Reset", "")
            return float(reset) if told is None and reset.isdigit() else told

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    session.headers["Accept"] = "application/json"
    patient = Patient(
        total=TRIES - 1,
        backoff_factor=0.5,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=["GET"],
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=patient))
    return session


def _whole(session: requests.Session, *, survey: str, url: str) -> list[bytes]:
    """Return the details and every page of responses, of one moment."""
    for _ in range(STARTS):
        details = _get(session, f"{url}/surveys/{survey}/details")
        pages: list[bytes] = []
        totals: set[int] = set()
        responses: list[str] = []
        for data, total, held in _pages(session, f"{url}/surveys/{survey}/responses/bulk"):
            pages.append(data)
            totals.add(total)
            responses += held
        if totals == {len(responses)} == {len(set(responses))}:
            return [details, *pages]
        logger.warning("survey %s: answers arrived during the download; it starts again", survey)
    raise DownloadError(
        f"survey {survey}: answers kept arriving during {STARTS} downloads; close the survey first"
    )


def _pages(session: requests.Session, address: str) -> Iterator[tuple[bytes, int, list[str]]]:
    """Yield each page as served, the number of all responses, and the identifiers on the page."""
    number, seen = 0, 0
    while True:
        number += 1
        data = _get(session, address, page=number, per_page=PER_PAGE)
        try:
            page = json.loads(data)
            total, held = int(page["total"]), [str(record["id"]) for record in page["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise DownloadError(f"{address}, page {number}: not a page of responses") from error
        yield data, total, held
        seen += len(held)
        if seen >= total or not held:
            return


def _get(session: requests.Session, address: str, **query: int) -> bytes:
    import requests

    try:
        # A redirection could lead the token elsewhere.
        answer = session.get(address, params=query, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        raise DownloadError(f"{address}: no answer ({error.__class__.__name__})") from error
    if answer.status_code != requests.codes.ok:
        raise DownloadError(f"{address}: {answer.status_code} {_reason(answer)}")
    return answer.content


def _reason(answer: requests.Response) -> str:
    """Return why the platform refused, in its words and in what to do about it."""
    try:
        said = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        said = answer.reason
    left = answer.headers.get("X-Ratelimit-App-Global-Day-Remaining")
    hints = {
        401: "the token is missing, wrong or expired",
        403: "the token may not read responses (scopes View Surveys and View Responses)",
        404: "no such survey in this account: see `source.survey` in editions.yaml",
        429: "the calls of the day are used up" if left == "0" else "too many calls: try later",
    }
    hint = hints.get(answer.status_code)
    return f"({said}): {hint}" if hint else f"({said})"
