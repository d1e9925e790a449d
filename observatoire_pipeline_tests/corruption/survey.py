"""A survey whose labels invite damage, and answers to it.

In: the small codebook with three more questions (ranges that a spreadsheet takes for dates, prices
that lose a zero, choices with a comma or a dash in front), and random answers to all of it.
Not in: files (`exports`), what happens to them (`damages`).

Answers are drawn from a `random.Random`: a seeded one in loops, one of hypothesis where a failure
should shrink.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import (
    NOT_RANKED,
    SELECTED,
    Code,
    ColumnText,
    Item,
    Scale,
    Variable,
)
from observatoire_pipeline.sample.answers import Answers
from observatoire_pipeline_tests.builders import EDITIONS, small_codebook

EDITION = "2018"
_SCALES = (
    Scale(
        scale="effectif",
        ordered=True,
        codes=(
            Code(code="un", label="1"),
            Code(code="de_2_a_5", label="2-5"),
            Code(code="de_6_a_10", label="6-10"),
            Code(code="de_11_a_49", label="11-49"),
            Code(code="plus", label="50 et plus"),
        ),
    ),
    Scale(
        scale="tarif",
        codes=(
            Code(code="bas", label="1.20"),
            Code(code="moyen", label="1.25"),
            Code(code="haut", label="2.50"),
        ),
    ),
)
_QUESTIONS = {
    ("effectif", None): "Combien d’élus participent ?",
    ("tarif", None): "Quel tarif, en euros ?",
    ("reunions", None): "Combien de réunions, selon le public ?",
    ("reunions", "peu"): "2-5",
    ("reunions", "assez"): "6-10",
    ("reunions", "tarif"): "1.20",
    ("reunions", "mois"): "Oui, chaque mois",
    ("reunions", "annee"): "Oui, chaque année",
    ("reunions", "jamais"): "- Jamais",
}
TYPED = (
    "Rien",
    "N/A",
    "-",
    "Un syndicat, à Évry",
    "L’été « prochain » ; peut-être",
    'Dire "oui", puis non',
    "Première ligne\nDeuxième ligne",
    "À définir – naïvement",
    "12",
    "Ça coûte 1 200 €",
    "Œuvre collective",
)
"""Texts in people's words; each exists in Windows-1252."""


def damageable_codebook() -> Codebook:
    """Return the small codebook with the questions that damage likes best, asked in 2018."""
    base = small_codebook()

    def variable(name: str, kind: str, **more: object) -> Variable:
        return Variable(
            variable=name, label=name, kind=kind, block="profil", evidence="printed", **more
        )

    items = tuple(
        Item(item=item, label=label)
        for (name, item), label in _QUESTIONS.items()
        if name == "reunions" and item is not None
    )
    added = (
        variable("effectif", "single", scale="effectif"),
        variable("tarif", "single", scale="tarif"),
        variable("reunions", "multiple", items=items),
    )
    columns = tuple(
        ColumnText(
            variable=name,
            item=item,
            edition=edition,
            text=text if edition == EDITION else "not_asked",
        )
        for (name, item), text in _QUESTIONS.items()
        for edition in EDITIONS
    )
    return replace(
        base,
        variables=base.variables | {each.variable: each for each in added},
        scales=base.scales | {each.scale: each for each in _SCALES},
        columns=(*base.columns, *columns),
    )


def draw_answers(random: Random, codebook: Codebook, *, edition: str = EDITION) -> Answers:
    """Return 6 to 12 respondents who answered most of the questions, filters respected."""
    count = random.randint(6, 12)
    return Answers.of_rows(
        [_row(random, codebook, edition, number) for number in range(count)], edition=edition
    )


def _row(random: Random, codebook: Codebook, edition: str, number: int) -> dict[str, object]:
    start = datetime(2018, 10, 3, 8) + timedelta(hours=5 * number, seconds=random.randint(0, 9000))
    row: dict[str, object] = {
        "respondent_id": str(10_650_304_700 + 13 * number + random.randint(0, 12)),
        "started_at": start,
        "ended_at": start + timedelta(minutes=random.randint(3, 50)),
        "ip_address": f"192.0.2.{number + 1}",
        "email_address": f"personne{number}@example.org" if random.random() < 0.5 else "",
    }
    equipped = random.random() < 0.7
    for column in codebook.expected_columns(edition):
        variable = codebook.variables[column.variable]
        key = column.variable if column.item is None else f"{column.variable}__{column.item}"
        key += f"@{column.instance}" if column.instance > 1 else ""
        if variable.variable == "equipe":
            row[key] = "oui" if equipped else "non"
        elif variable.filter is not None and (not equipped or column.instance > 1):
            continue
        elif random.random() < 0.85:
            value = _answer(random, codebook, variable, column.item, edition, row)
            if value:
                row[key] = value
    return row


def _answer(
    random: Random,
    codebook: Codebook,
    variable: Variable,
    item: str | None,
    edition: str,
    row: dict[str, object],
) -> str:
    """Return one answer, "" for none."""
    name = variable.variable
    if item is not None and item == variable.other and variable.kind != "multiple":
        return random.choice(TYPED) if row.get(name) == item else ""
    if item is not None and item == variable.comment:
        return random.choice(TYPED)
    if variable.kind == "multiple":
        choice = variable.item(item or "")
        if choice.exclusive:
            taken = any(key.startswith(f"{name}__") for key in row)
            return "" if taken else SELECTED
        excluded = any(
            row.get(f"{name}__{other.item}") for other in variable.items if other.exclusive
        )
        if excluded or random.random() < 0.4:
            return ""
        return random.choice(TYPED) if choice.text else SELECTED
    if variable.kind == "ranking":
        ranks = [str(rank) for rank in range(1, len(variable.items) + 1)]
        taken = {value for key, value in row.items() if key.startswith(f"{name}__")}
        free = [rank for rank in ranks if rank not in taken]
        return random.choice([*free, NOT_RANKED])
    if variable.kind == "number":
        return str(random.randint(0, 400))
    if variable.kind == "text":
        return f"p{random.randint(1, 99)}@example.org" if variable.personal else _typed(random)
    scale = codebook.scale_of(name, edition)
    assert scale is not None
    offered = [missing.kind for missing in scale.missing]
    return random.choice([*codebook.codes_of(name, edition=edition), *offered])


def _typed(random: Random) -> str:
    return random.choice(TYPED)
