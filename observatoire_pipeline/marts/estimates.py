"""Every share of the survey as a row: numerator, base in words and number, interval, caveats.

In: the rows of `mart_estimates`: choices, batteries, brackets, themes of typed texts, by edition.
Not in: the same by group (`breakdowns`), rankings (`rankings`), medians of brackets (`brackets`),
numbers and texts that nobody codes, which have no share; changes between editions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from observatoire_pipeline.codebook.codebook import Codebook, CodedColumn
from observatoire_pipeline.codebook.models import NOT_SELECTED, SELECTED, UNCODED, Variable
from observatoire_pipeline.estimation.intervals import wilson_interval
from observatoire_pipeline.estimation.proportions import favourable_count, shares
from observatoire_pipeline.marts.bases import DO_NOT_KNOW, base_words, offers_do_not_know
from observatoire_pipeline.marts.counts import CodeCounts, PanelCounts

FAVOURABLE = "favourable"
"""The code of the row that adds the answers at the positive pole of a scale."""

THEME_SHARE = "theme_share"
"""The statistic of the themes of typed texts; that of answers is `share`."""

SMALL_BASE = 10
"""Below this base a share is kept but marked: one answer moves it by more than ten points."""

CI_LEVEL = 0.95

_FAVOURABLE_LABELS = {"fr": "Réponses favorables", "en": "Favourable answers"}

Record = dict[str, Any]


def overall_estimates(
    panel_responses: pd.DataFrame, panel_instances: pd.DataFrame, *, codebook: Codebook
) -> pd.DataFrame:
    """Return every unweighted share, for each edition of the panel and question that it asked.

    - single choice, matrix, bracket: one row for each answer that the edition offered, zeros
      included, over the substantive answers (`answered`); where the scale offers do-not-know, the
      same rows and do-not-know over all of them (`answered_or_dk`);
    - a scale with poles has a further row `favourable`: the answers at the positive pole;
    - multiple choice: `selected` for each item, over the units that answered the question, which
      are those whose items say selected or not selected;
    - typed text that people code (`codings.yaml`): one row for each theme and one for `uncoded`,
      over the units that wrote a text, so that what is left to code is seen and not left out.

    An empty base gives rows without share (`no_base`); a base under 10 keeps its share and says
    `small_base`. Intervals are Wilson's at 95 %, indicative: the sample is not a random one.

    Groups, and what needs the respondents again, are added by `breakdowns`.

    Args:
        panel_responses: Frame of `panel_responses`; editions may be absent.
        panel_instances: Frame of `panel_instances`.
        codebook: The survey.

    Returns:
        Rows of `mart_estimates` without what `breakdowns` adds, in the order of editions,
        questions, items and answers.

    Raises:
        PanelError: the panel does not agree with the codebook.
    """
    counts = PanelCounts(panel_responses, panel_instances, codebook=codebook)
    by_edition: dict[str, list[Record]] = {edition: [] for edition in counts.editions}
    themes: dict[str, dict[str | None, list[CodedColumn]]] = {}
    for repeated in (False, True):
        for column in codebook.coding_columns(repeated=repeated):
            of_variable = themes.setdefault(column.variable.variable, {})
            of_variable.setdefault(column.item, []).append(column)
    for variable in codebook.variables.values():
        for record in _of_variable(variable, counts, codebook):
            by_edition[record["edition"]].append(record)
        for columns in themes.get(variable.variable, {}).values():
            for record in _of_themes(columns, counts, codebook):
                by_edition[record["edition"]].append(record)
    records = [record for rows in by_edition.values() for record in rows]
    return _with_shares(pd.DataFrame(records)) if records else pd.DataFrame()


def parts_of_figure(codebook: Codebook, variable: str, edition: str, code: str) -> list[str]:
    """Return the answers that a figure adds: its code, or those at the positive pole."""
    if code != FAVOURABLE:
        return [code]
    return list(codebook.favourable_codes(variable, edition))


def figure_id(
    edition: str,
    unit: str,
    variable: str,
    *,
    item: str | None = None,
    code: str | None = None,
    statistic: str,
    base_rule: str,
) -> str:
    """Return the key of an unweighted figure without breakdown, spelled for people and links."""
    parts = (edition, unit, variable, item or "-", code or "-", statistic, base_rule)
    return ".".join((*parts, "unweighted", "all", "all"))


def _with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    numerator, base = frame["numerator"].to_numpy(), frame["base_n"].to_numpy()
    lower, upper = wilson_interval(numerator, base, level=CI_LEVEL)
    suppression = pd.Series("none", index=frame.index, dtype="str")
    suppression = suppression.mask(base < SMALL_BASE, "small_base").mask(base == 0, "no_base")
    return frame.assign(
        share=shares(numerator, base),
        ci_lower=lower,
        ci_upper=upper,
        ci_method="wilson",
        ci_level=CI_LEVEL,
        suppression=suppression,
    )


def _of_variable(variable: Variable, counts: PanelCounts, codebook: Codebook) -> Iterator[Record]:
    if variable.kind in ("single", "matrix", "bracket"):
        items = [item.item for item in variable.items] if variable.items else [None]
        for item in items:
            for edition, found in counts.by_edition(variable.variable, item).items():
                if codebook.asked(variable.variable, edition, item=item):
                    yield from _of_scale(variable, item, edition, found, counts, codebook)
    elif variable.kind == "multiple":
        yield from _of_choices(variable, counts, codebook)


def _of_scale(
    variable: Variable,
    item: str | None,
    edition: str,
    found: CodeCounts,
    counts: PanelCounts,
    codebook: Codebook,
) -> Iterator[Record]:
    codes = codebook.codes_of(variable.variable, edition=edition)
    rows = [(code, found[code]) for code in codes]
    entries = [codebook.code_entry(variable.variable, code) for code in codes]
    poles = [None if entry is None else entry.pole for entry in entries]
    extra = []
    if any(poles):
        extra.append((FAVOURABLE, favourable_count([n for _, n in rows], poles)))
    answered = sum(n for _, n in rows)
    bases = {"answered": (answered, [*rows, *extra])}
    if offers_do_not_know(codebook, variable.variable, edition):
        unsure = found[DO_NOT_KNOW]
        bases["answered_or_dk"] = (answered + unsure, [*rows, (DO_NOT_KNOW, unsure), *extra])
    for base_rule, (base_n, figures) in bases.items():
        for order, (code, numerator) in enumerate(figures, start=1):
            yield _record(
                variable,
                item,
                edition,
                code=code,
                code_order=order,
                base_rule=base_rule,
                numerator=numerator,
                base_n=base_n,
                synthetic=counts.synthetic[edition],
                codebook=codebook,
            )


def _of_choices(variable: Variable, counts: PanelCounts, codebook: Codebook) -> Iterator[Record]:
    items = [item.item for item in variable.items]
    bases = counts.with_any(variable.variable, items, (SELECTED, NOT_SELECTED))
    for item in items:
        for edition, found in counts.by_edition(variable.variable, item).items():
            if codebook.asked(variable.variable, edition, item=item):
                yield _record(
                    variable,
                    item,
                    edition,
                    code=SELECTED,
                    code_order=1,
                    base_rule="answered",
                    numerator=found[SELECTED],
                    base_n=bases[edition],
                    synthetic=counts.synthetic[edition],
                    codebook=codebook,
                )


def _of_themes(
    columns: Sequence[CodedColumn], counts: PanelCounts, codebook: Codebook
) -> Iterator[Record]:
    """Yield the shares of the texts of one box that speak of each theme, then of those not coded.

    The base is every text typed, coded or not; a text of several themes counts for each of them.
    """
    coding, name = columns[0].coding, columns[0].variable.variable
    if coding is None:
        return
    labels = {theme.code: theme.label for theme in coding.codes}
    by_theme = [
        (str(column.theme), counts.by_edition(name, column.item, column=column.name))
        for column in columns
    ]
    for edition, found in by_theme[0][1].items():
        if not codebook.asked(name, edition, item=coding.item):
            continue
        base_n = sum(found[code] for code in (SELECTED, NOT_SELECTED, UNCODED))
        words = base_words(codebook, name, edition, base_n=base_n, base_rule="typed")
        told = [(theme, of_theme[edition][SELECTED]) for theme, of_theme in by_theme]
        told.append((UNCODED, found[UNCODED]))
        for order, (code, numerator) in enumerate(told, start=1):
            record = _record(
                columns[0].variable,
                coding.item,
                edition,
                code=code,
                code_order=order,
                base_rule="answered",
                numerator=numerator,
                base_n=base_n,
                synthetic=counts.synthetic[edition],
                codebook=codebook,
                labels={**labels, UNCODED: codebook.label_of(name, None, UNCODED)},
            )
            yield {
                **record,
                # Another statistic, or what counts answers would count themes among them.
                "statistic": THEME_SHARE,
                "figure_id": figure_id(
                    edition,
                    record["unit"],
                    name,
                    item=coding.item,
                    code=code,
                    statistic=THEME_SHARE,
                    base_rule="answered",
                ),
                "base_words": words,
                "item_label": coding.label if coding.item else "",
            }


def _record(
    variable: Variable,
    item: str | None,
    edition: str,
    *,
    code: str,
    code_order: int,
    base_rule: str,
    numerator: int,
    base_n: int,
    synthetic: bool,
    codebook: Codebook,
    labels: Mapping[str, str] | None = None,
) -> Record:
    name = variable.variable
    unit = codebook.unit_of(name, edition).unit
    return {
        "figure_id": figure_id(
            edition, unit, name, item=item, code=code, statistic="share", base_rule=base_rule
        ),
        "edition": edition,
        "unit": unit,
        "variable": name,
        "item": item or "",
        "code": code,
        "statistic": "share",
        "base_rule": base_rule,
        "weighting": "unweighted",
        "breakdown": "all",
        "breakdown_code": "all",
        "variable_label": variable.label,
        "item_label": "" if item is None or labels else variable.item(item).label,
        "code_label": labels[code]
        if labels
        else _FAVOURABLE_LABELS[codebook.survey.language]
        if code == FAVOURABLE
        else codebook.label_of(name, item, code),
        "code_order": code_order,
        "base_words": base_words(codebook, name, edition, base_n=base_n, base_rule=base_rule),
        "numerator": numerator,
        "base_n": base_n,
        "evidence": codebook.evidence_of(name, edition),
        "synthetic": synthetic,
    }
