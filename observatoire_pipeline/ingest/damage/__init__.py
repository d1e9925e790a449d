"""What was wrong with a file, family by family: found by name, repaired only with proof.

In: rules over bytes (`encodings`), over a grid of text before its layout (`encodings`,
`spreadsheet`, `structure`), and the list that a file is delivered with (`listing`).
Not in: what is refused while a file is opened (`sniff`, `grid`), and the reading of headers.
"""

from observatoire_pipeline.ingest.damage.listing import Damage, as_json, find_damage

__all__ = ["Damage", "as_json", "find_damage"]
