"""`observatoire table`: one question by group, from the stored figures.

In: which figures are asked for, and the cross-table on the screen or as CSV. Not in: any figure:
all stand in `mart_estimates`, hidden ones included, and nothing is counted here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from observatoire_pipeline.cli.figures import Figures, of_publication, of_survey
from observatoire_pipeline.cli.survey import codebook_option, home_option

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    "edition", "item_label", "code_label", "breakdown_label", "base_rule", "weighting", "numerator",
    "base_n", "share", "ci_lower", "ci_upper", "ci_method", "frame_n", "frame_reason",
    "effective_n", "suppression", "cautious", "synthetic", "base_words", "figure_id",
)  # fmt: skip

_MOST_COLUMNS = 6
"""With more groups than this they are the lines of the page."""

_HIDDEN = {
    "hidden_small_base": "masqué\u00a0: trop peu de réponses",
    "hidden_with_others": "masqué\u00a0: révélerait des réponses",
    "no_base": "aucune réponse",
    "small_base": "très petite base",
}


@click.command()
@click.argument("variable")
@click.option(
    "--by",
    type=click.Choice(["all", "type", "size_class", "region"]),
    default="all",
    help="Groups: type of collectivité, size class or région.",
)
@click.option("--edition", help="Edition (default: the last one that asked the question).")
@click.option("--item", help="Item of a matrix or multiple choice (default: all of them).")
@click.option("--with-dk", is_flag=True, help="Base with do-not-know (default: without).")
@click.option("--weighted", is_flag=True, help="Weighted shares; they have no groups.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every figure as a row of CSV.")
@click.option(
    "--from",
    "place",
    help="A release's folder, a DuckDB file or a warehouse's URL, instead of the home.",
)
@home_option
@codebook_option
def table(
    variable: str,
    by: str,
    edition: str | None,
    item: str | None,
    with_dk: bool,
    weighted: bool,
    as_csv: bool,
    place: str | None,
    home: Path | None,
    codebook: Path | None,
) -> None:
    """Print the shares of VARIABLE by group, with base, interval and what is hidden.

    Figures are those of the last publication run of the survey's home, or those that --from
    published; nothing is counted again.
    Exit status 1: the question, its group or its edition has no figure; 2: wrong arguments.
    """
    if weighted and by != "all":
        raise click.UsageError("weighted shares have no groups: leave --by out")
    if place is not None and (home is not None or codebook is not None):
        raise click.UsageError("--from needs neither --home nor --codebook")
    figures = of_survey(home, codebook) if place is None else of_publication(place)
    rule = "answered_or_dk" if with_dk else "answered"
    weighting = "type_size" if weighted else "unweighted"
    chosen = _chosen(
        figures, variable, by=by, edition=edition, item=item, rule=rule, weighting=weighting
    )
    if as_csv:
        click.echo(_as_csv(chosen), nl=False)
        return
    for line in _page(chosen, figures, variable):
        click.echo(line)


def _chosen(
    figures: Figures,
    variable: str,
    *,
    by: str,
    edition: str | None,
    item: str | None,
    rule: str,
    weighting: str,
) -> pd.DataFrame:
    """Return the figures asked for, or name what is nearest to what does not exist."""
    if variable not in figures.questions:
        _unknown("question", variable, figures.questions)
    rows = figures.rows
    own = rows[(rows["variable"] == variable) & (rows["statistic"] == "share")]
    if own.empty:
        kind = figures.kinds.get(variable)
        told = f" (a {kind} question)" if kind else ""
        raise click.ClickException(f"{variable} has no share in the figures at hand{told}")
    editions = list(dict.fromkeys(own["edition"]))
    chosen = edition or editions[-1]
    if chosen not in editions:
        raise click.ClickException(
            f"{variable}: no figure in edition {chosen}; editions: {', '.join(editions)}"
        )
    own = own[own["edition"] == chosen]
    if item is not None:
        items = dict(zip(own["item"], own["item_label"], strict=True))
        if item not in items:
            _unknown(f"item of {variable}", item, items)
        own = own[own["item"] == item]
    if rule not in set(own["base_rule"]):
        raise click.ClickException(f"{variable} offers no do-not-know in {chosen}")
    own = own[own["base_rule"] == rule]
    if weighting not in set(own["weighting"]):
        raise click.ClickException(
            f"{variable} has no weighted share in {chosen}: mart_weighting tells why"
        )
    own = own[own["weighting"] == weighting]
    if by not in set(own["breakdown"]):
        raise click.ClickException(
            f"{variable} by {by} has no figure in {chosen}: fewer than two groups are large "
            "enough, or the question is the one that makes the groups"
        )
    wanted = own["breakdown"].isin(["all", by])
    return own[wanted].reset_index(drop=True)


def _unknown(what: str, name: str, known: dict[str, str]) -> None:
    from rapidfuzz import fuzz, process

    labelled = {key: f"{key} {label}" for key, label in known.items()}
    near = process.extract(name, labelled, scorer=fuzz.partial_token_set_ratio, limit=5)
    told = "\n".join(f"  {key}  {known[key]}" for _, _, key in near)
    raise click.ClickException(f"no {what} {name}; the nearest:\n{told}")


def _as_csv(chosen: pd.DataFrame) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    # An earlier publication may lack the newest columns: what the page needs was asked for.
    columns = [name for name in _COLUMNS if name in chosen]
    writer.writerow(columns)
    plain = chosen[columns].astype(object).where(chosen[columns].notna(), "")
    writer.writerows(plain.itertuples(index=False, name=None))
    return out.getvalue()


def _page(chosen: pd.DataFrame, figures: Figures, variable: str) -> list[str]:
    """Return the cross-table in the language of a reader, one part an item."""
    first = chosen.iloc[0]
    lines = [f"{first['variable_label']} — {first['edition']} ({variable})"]
    if bool(chosen["synthetic"].any()):
        lines.append("DONNÉES SYNTHÉTIQUES\u00a0: ces réponses ont été générées.")
    for _, of_item in chosen.groupby("item", sort=False):
        lines += _of_item(of_item)
    lines += ["", *_notes(chosen), "", f"Source des chiffres\u00a0: {_stem(chosen)}"]
    lines.append(figures.source)
    return lines


def _of_item(rows: pd.DataFrame) -> list[str]:
    groups = list(dict.fromkeys(rows["breakdown_label"]))
    cells = {(r.code_label, r.breakdown_label): r for r in rows.itertuples(index=False)}
    codes = list(dict.fromkeys(rows["code_label"]))
    header = ["", *groups]
    body = [[code, *(_cell(cells.get((code, group))) for group in groups)] for code in codes]
    bases = ["Base (n)", *(_base(rows[rows["breakdown_label"] == group]) for group in groups)]
    title = rows.iloc[0]["item_label"]
    made = [header, *body, bases]
    if len(groups) > _MOST_COLUMNS:
        made = [list(line) for line in zip(*made, strict=True)]
    return ["", *([title] if title else []), *_aligned(made)]


def _cell(row: Any) -> str:
    """Return `58 % [47 ; 68]`, or a mark where the figure is hidden."""
    import pandas as pd

    if row is None:
        return "—"
    if pd.isna(row.share):
        return "n.r." if row.suppression == "no_base" else "···"
    mark = "*" if row.suppression == "small_base" else "°" if row.cautious else ""
    low, high = 100 * float(row.ci_lower), 100 * float(row.ci_upper)
    return f"{_percent(float(row.share))}{mark} [{low:.0f}\u00a0; {high:.0f}]"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".replace(".", ",") + "\u202f%"


def _base(rows: pd.DataFrame) -> str:
    known = rows["base_n"].dropna()
    return f"{int(known.iloc[0])}" if len(known) else "···"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
    return [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def _notes(chosen: pd.DataFrame) -> list[str]:
    whole = chosen[chosen["breakdown"] == "all"].iloc[0]
    notes = [f"Base\u00a0: {whole['base_words']}."]
    level = f"{100 * float(whole['ci_level']):.0f}\u202f%"
    notes.append(f"Entre crochets\u00a0: intervalle indicatif à {level} ({whole['ci_method']}).")
    if "frame_n" in chosen and chosen["frame_n"].notna().any():
        notes.append(_frames(chosen))
    if str(whole["weighting"]) != "unweighted":
        notes.append("Parts pondérées par type et taille, arrondies au point.")
    if bool((chosen["cautious"] & chosen["share"].notna()).any()):
        notes.append("°\u00a0: base de moins de 30, à lire avec prudence.")
    if (chosen["suppression"] == "small_base").any():
        notes.append(f"*\u00a0: {_HIDDEN['small_base']}.")
    hidden = [s for s in dict.fromkeys(chosen["suppression"]) if s.startswith("hidden")]
    if hidden:
        notes.append("···\u00a0: " + ", ".join(_HIDDEN[state] for state in hidden) + ".")
    if (chosen["suppression"] == "no_base").any():
        notes.append(f"n.r.\u00a0: {_HIDDEN['no_base']}.")
    return notes


def _frames(chosen: pd.DataFrame) -> str:
    """Return from how many collectivités the bases are, and what that does not say."""
    known = chosen[chosen["frame_n"].notna() & chosen["share"].notna()]
    sizes = dict(zip(known["breakdown_label"], known["frame_n"].astype(int), strict=True))
    told = ", ".join(f"{label} {size}" for label, size in sizes.items())
    return (
        f"Intervalles corrigés pour une population finie ({told} collectivités), comme si les "
        "répondants avaient été tirés au sort ; ils se sont portés volontaires."
    )


def _stem(chosen: pd.DataFrame) -> str:
    """Return the figure of the first cell; `--csv` gives the id of every one."""
    return f"{chosen['figure_id'].iloc[0]} … ({len(chosen)} chiffres, --csv pour tous)"
