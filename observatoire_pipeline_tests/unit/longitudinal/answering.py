"""Who answers, written as small tables: what each respondent typed of its collectivité.

Names are those of real collectivités; no answer is attached to any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.collectivites.reference import Reference
from observatoire_pipeline.collectivites.reviewed import REVIEW_COLUMNS
from observatoire_pipeline.longitudinal.identity import identify, respondent_profiles
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.frames import conform, from_records
from observatoire_pipeline_tests.unit.marts.panels import norm_responses, panel

NO_REVIEW = pd.DataFrame(columns=list(REVIEW_COLUMNS), dtype="str")


@dataclass(frozen=True)
class Typed:
    """What one respondent said of its collectivité."""

    name: str
    type: str = "no_answer"
    departement: str = ""
    size: str = "no_answer"
    budget: str = "no_answer"
    ended_at: str = ""


def barometer() -> Codebook:
    return read_codebook(packaged_codebook())


def answers(
    editions: Mapping[str, Sequence[Typed]], *, codebook: Codebook, synthetic: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `panel_responses` and `norm_texts` of respondents r1, r2… of each edition."""
    responses, texts = {}, []
    for edition, said in editions.items():
        columns = {
            "rep_collectivite_type": [one.type for one in said],
            "rep_collectivite_taille": [one.size for one in said],
        }
        if codebook.asked("moy_budget_tranche", edition):
            columns["moy_budget_tranche"] = [one.budget for one in said]
        frame = norm_responses(codebook, edition, **columns)
        ended = pd.Series([one.ended_at or None for one in said], dtype="datetime64[us]")
        responses[edition] = frame.assign(ended_at=ended)
        for place, one in enumerate(said, start=1):
            words = {"rep_collectivite_nom": one.name, "rep_departement": one.departement}
            texts += [
                {
                    "edition": edition,
                    "respondent_id": f"r{place}",
                    "variable": variable,
                    "item": "",
                    "instance": 1,
                    "text": text,
                }
                for variable, text in words.items()
                if text
            ]
    stacked, _ = panel(codebook, responses, synthetic=synthetic)
    return stacked, from_records(texts, catalogue(codebook)["norm_texts"])


def who(
    editions: Mapping[str, Sequence[Typed]],
    *,
    reference: Reference | None,
    codebook: Codebook | None = None,
    review: pd.DataFrame = NO_REVIEW,
    synthetic: bool = False,
    shuffled: int | None = None,
) -> pd.DataFrame:
    """Return `respondent_profiles` of what was typed, indexed by edition and respondent."""
    codebook = codebook or barometer()
    rows, texts = answers(editions, codebook=codebook, synthetic=synthetic)
    if shuffled is not None:
        rows = rows.sample(frac=1, random_state=shuffled, ignore_index=True)
        texts = texts.sample(frac=1, random_state=shuffled, ignore_index=True)
        rows = conform(rows, catalogue(codebook)["panel_responses"])
    references = dict.fromkeys(editions, reference)
    identified = identify(rows, texts, codebook=codebook, references=references, review=review)
    made = respondent_profiles(
        rows,
        identified,
        codebook=codebook,
        references=references,
        table=catalogue(codebook)["respondent_profiles"],
    )
    return made.set_index(["edition", "respondent_id"], drop=False).sort_index()


def decision(
    name: str,
    *,
    kind: str = "",
    code: str = "",
    decided: str = "linked",
    type: str = "",
    departement: str = "",
    year: str = "2018",
    author: str = "A. Personne",
    date: str = "2026-01-15",
) -> dict[str, str]:
    """Return one line of a review file, filled in."""
    return {
        "typed_name": name,
        "typed_type": type,
        "typed_departement": departement,
        "typed_postcode": "",
        "reference_year": year,
        "kind": kind,
        "code": code,
        "score": "90",
        "reason": "",
        "decided": decided,
        "who": author,
        "date": date,
    }


def review_of(*lines: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(lines), columns=list(REVIEW_COLUMNS), dtype="str")
