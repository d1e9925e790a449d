"""What is typed beside the name: the type.

In: free French words for a type of body. Not in: the type that a name itself states (`names`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from observatoire_pipeline.collectivites.names import fold


@dataclass(frozen=True)
class TypedType:
    """What the typed type allows.

    Attributes:
        kinds: Kinds that it allows; empty for any.
        natures: Natures of EPCI that it states; empty for any.
        other: A kind of body that is no collectivité, or "".
        vague: Whether it says "autre".
    """

    kinds: frozenset[str] = frozenset()
    natures: frozenset[str] = frozenset()
    other: str = ""
    vague: bool = False


_TYPE_PATTERNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"communaute (?:de |des )?communes?|\bcc\b|com ?com", "epci", ("CC",)),
    (r"communaute (?:d |de l )?agglomeration|\bca\b|\bagglo(?:meration)?\b", "epci", ("CA",)),
    (r"communaute urbaine|\bcu\b", "epci", ("CU",)),
    (r"metropole", "epci", ("METRO", "MET69")),
    (
        r"\bepci\b|intercommunal|\binterco\b|groupement|cooperation intercommunale|"
        r"^communautes?$",
        "epci",
        (),
    ),
    (r"departement|conseil general|\bcd\b|\bcg\b", "departement", ()),
    (r"region|\bcr\b", "region", ()),
    (r"\bcommunes?\b|\bvilles?\b|\bmairies?\b|municipal", "commune", ()),
)
_TYPE_OTHER = re.compile(
    r"(?<!statut )\b(?:association|entreprise|societe|prive|universite|enseignement|ecole|syndicat|"
    r"etat|prefecture|particulier|citoyen|bailleur|ong|fondation|cabinet|startup|parti|media|presse|"
    r"organisme|agence|service deconcentre|chambre|hopital|ccas|epa|sem|spl|pays|petr|pnr)"
)


def read_type(text: str) -> TypedType:
    """Read a typed type, free French text; unknown words allow everything."""
    folded = fold(text)
    if not folded:
        return TypedType()
    kinds, natures, generic = set(), set(), False
    rest = folded
    for pattern, kind, nature in _TYPE_PATTERNS:
        if re.search(pattern, rest):
            kinds.add(kind)
            natures |= set(nature)
            generic |= kind == "epci" and not nature
            rest = re.sub(pattern, " ", rest)
    if not kinds and (found := _TYPE_OTHER.search(folded)):
        return TypedType(other=found.group(0))
    if kinds == {"epci"} and re.search(r"\bsyndicat\b", folded):
        return TypedType(other="syndicat")
    return TypedType(
        kinds=frozenset(kinds),
        natures=frozenset() if generic else frozenset(natures),
        vague=not kinds and bool(re.match(r"autres?\b", folded)),
    )
