"""Which editions may enter the panel: those whose receipt matches what is stored and landed.

In: the rule, over plain facts. Not in: collecting the facts (`assets`).

A blocking check stops only its own run, after the table is stored. A later publication would take
that table; this gate is what refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class GateClosed(Exception):
    """Some editions may not be published; the message names each with the reason."""


@dataclass(frozen=True)
class Receipt:
    """What `accepted_editions` holds for one edition."""

    landing_sha256: str
    codebook_sha256: str
    partition_sha256: Mapping[str, str]


@dataclass(frozen=True)
class Standing:
    """What is known of one declared edition at the moment of publication.

    Attributes:
        edition: Its key.
        landed: Checksum of its landing folder; None when nothing has landed.
        landing_error: Why the landing folder cannot be read; None when it can.
        stored: Checksum of each stored table that the receipt should cover.
        receipt: Its receipt, None when it was never accepted.
        last_attempt: What went wrong in the last run of the edition job; None when nothing did.
    """

    edition: str
    landed: str | None
    stored: Mapping[str, str]
    receipt: Receipt | None
    landing_error: str | None = None
    last_attempt: str | None = None


def refusal(standing: Standing, *, codebook_sha256: str) -> str | None:
    """Return why an edition may not be published, None when it may or has nothing to publish."""
    receipt = standing.receipt
    if standing.landing_error is not None:
        return standing.landing_error
    if receipt is None:
        if standing.landed is None and not standing.stored:
            return None
        what = "files have landed" if standing.landed is not None else "tables are stored"
        return f"{what}, but the edition was never accepted"
    if standing.landed is not None and standing.landed != receipt.landing_sha256:
        return "the landing folder holds other files than those that were accepted"
    if receipt.codebook_sha256 != codebook_sha256:
        return "it was accepted with another state of the codebook"
    changed = sorted(
        table
        for table in receipt.partition_sha256.keys() | standing.stored.keys()
        if receipt.partition_sha256.get(table) != standing.stored.get(table)
    )
    if changed:
        return f"stored tables differ from those that were accepted: {', '.join(changed)}"
    return None


def open_editions(standings: Iterable[Standing], *, codebook_sha256: str) -> list[str]:
    """Return the editions to publish.

    Raises:
        GateClosed: an edition has landed or is stored, but is not accepted as it stands; or no
            edition is accepted at all. Every such edition is named, with what its last run said.
    """
    standings = list(standings)
    refused = []
    for standing in standings:
        reason = refusal(standing, codebook_sha256=codebook_sha256)
        if reason is not None:
            lines = [f"edition {standing.edition}: {reason}"]
            if standing.last_attempt:
                lines.append(f"    last run of the edition job: {standing.last_attempt}")
            lines.append(f"    mend it, then launch the edition job for {standing.edition}")
            refused.append("\n".join(lines))
    if refused:
        raise GateClosed("nothing is published:\n  " + "\n  ".join(refused))
    accepted = [standing.edition for standing in standings if standing.receipt is not None]
    if not accepted:
        raise GateClosed("nothing is published: no edition has been accepted yet")
    return accepted
