"""Typed names matched to communes, against `rapidfuzz.process.cdist` alone on the same pairs.

35 357 communes of 2018 and every other unit of the day, 10 000 typed names made of communes drawn
with a fixed seed: as they are, in capitals with "Mairie de", without département, and with a slip.
`cdist` computes one similarity for each pair (all of them, on both cores) and decides nothing;
matching reads types, places and identifiers, and looks at the pairs of the block alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pandas as pd

from observatoire_pipeline.collectivites.matching import TYPED_COLUMNS, match
from observatoire_pipeline.collectivites.names import fold
from observatoire_pipeline.collectivites.reference import read_reference, units_at

NAMES = 10_000
YEAR = "2018"
CHUNK = 500


def matching(names: int = NAMES) -> Iterator[str]:
    """Yield seconds of matching and of `cdist` on the same pairs, how many link, and the ratio."""
    from rapidfuzz import fuzz
    from rapidfuzz.process import cdist

    reference = read_reference()
    communes = units_at(reference, date=f"{YEAR}-01-01", kinds=("commune",))
    typed, codes = _typed(communes, names)
    start = time.perf_counter()
    matched = match(typed, reference=reference)
    ours = time.perf_counter() - start
    linked = matched["decision"] == "linked"
    right = (linked & (matched["code"] == codes)).sum()
    known = [fold(name) for name in communes["name"].tolist()]
    asked = [fold(name) for name in typed["typed_name"].tolist()]
    start = time.perf_counter()
    for first in range(0, len(asked), CHUNK):
        cdist(asked[first : first + CHUNK], known, scorer=fuzz.ratio, dtype="uint8", workers=-1)
    bare = time.perf_counter() - start
    yield f"{len(known)} communes × {len(asked)} typed names"
    yield f"matching              {ours:8.1f} s   {linked.sum()} linked, {right} as drawn"
    yield f"cdist (fuzz.ratio)    {bare:8.1f} s   a number for each pair, no decision"
    yield f"ratio                 {ours / bare:8.2f}"


def _typed(communes: pd.DataFrame, count: int) -> tuple[pd.DataFrame, pd.Series]:
    drawn = communes.sample(count, replace=True, random_state=11).reset_index(drop=True)
    dice = random.Random(11)
    rows = []
    for name, departement in zip(drawn["name"], drawn["departement"], strict=True):
        way = dice.random()
        if way < 0.4:
            rows.append((name, "Commune", departement))
        elif way < 0.65:
            rows.append((f"MAIRIE DE {name.upper()}", "", departement))
        elif way < 0.8:
            rows.append((f"Ville de {name}", "Ville", ""))
        else:
            rows.append((_slip(name, dice), "Commune", departement))
    frame = pd.DataFrame(rows, columns=list(TYPED_COLUMNS[:3]))
    return frame.assign(typed_postcode="", reference_year=YEAR), drawn["code"]


def _slip(name: str, dice: random.Random) -> str:
    place = dice.randrange(1, max(2, len(name) - 1))
    letter = dice.choice("aeinrst")
    return dice.choice(
        (
            name[:place] + name[place + 1 :],
            name[:place] + letter + name[place + 1 :],
            name[:place] + letter + name[place:],
        )
    )
