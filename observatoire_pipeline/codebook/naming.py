"""Names for what a draft must call something: variables, items, codes.

In: words → a short stable ASCII identifier, unique where it is used. Not in: labels, which stay as
they were asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from observatoire_pipeline.codebook.models import MISSING_KINDS
from observatoire_pipeline.codebook.wordings import match_form

_SMALL = frozenset(
    re.split(
        r"\s+",
        "a au aux avec avez ce ces cet cette comment d dans de des du elle en est et etes il ils l "
        "la le les leur leurs lequel lesquels m n ne nous on ou par pas pour que quel quelle quels "
        "quelles qui qu s sa se selon ses si son sont sur t u un une vos votre vous y plusieurs "
        "reponses possibles veuillez preciser "
        "an and any are as at be by can could did do does for from has have how i in is it its of "
        "or other than that the their this to was what when where which who why will with would "
        "you your please specify",
    )
)


def name_of(text: str, *, taken: Collection[str] = (), length: int = 32) -> str:
    """Return an identifier made of the words that carry a wording.

    Args:
        text: The wording.
        taken: Identifiers that are in use; a number is added until it is none of them.
        length: Characters at most, before that number.
    """
    words = re.findall(r"[a-z0-9]+", match_form(text).encode("ascii", "ignore").decode())
    kept = [word for word in words if word not in _SMALL] or words or ["sans_titre"]
    name = kept[0][:length]
    for word in kept[1:6]:
        if len(name) + 1 + len(word) > length:
            break
        name += f"_{word}"
    if not name[0].isalpha():
        name = f"v_{name}"
    unique, count = name, 1
    while unique in taken or unique in MISSING_KINDS:
        count += 1
        unique = f"{name}_{count}"
    return unique
