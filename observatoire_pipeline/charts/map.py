"""Counts by département, as a map of tiles: every département once, roughly at its place.

In: where the tiles stand (`data/departement_tiles.csv`, drawn by hand for this project), their
shades, what lies beside the map. Not in: who is counted (`marts.territories`, `marts.directory`).

A tile says its code and its number, so that no shade is needed to read it; a département is as
large as any other, so that Paris and Mayotte can be read as well as the Gironde.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

import pandas as pd

from observatoire_pipeline.charts import figures, page, style
from observatoire_pipeline.charts.layers import Rows, Spec
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.words import Words, words_of
from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.longitudinal.profile import UNKNOWN
from observatoire_pipeline.marts.territories import REGION

Place = tuple[int, int]
"""Column and row of a tile, from 0, from the north-west."""

FAMILY = "map"
OVERSEAS = "97"
_TILE, _GAP = 43.5, 2.5
_LEGEND = 672
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_SHADES = 4


@lru_cache(maxsize=1)
def tiles() -> dict[str, Place]:
    """Return the place of every département, by its code."""
    path = files("observatoire_pipeline.charts") / "data" / "departement_tiles.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {row["departement"]: (int(row["column"]), int(row["row"])) for row in rows}


@dataclass(frozen=True)
class Counts:
    """What a map shows.

    Attributes:
        name: Slug of the picture.
        title: What is counted.
        subtitle: Sentences under the title: of what, the base and its n.
        legend: What a number of a tile counts, over the shades.
        reached: Sentence on the départements that have any, with {n} and {total}.
        counts: Code of a département → its number; every tile has one.
        names: Code of a département → its name.
        figure_ids: Code of a département → the row of the mart.
        notes: Sentences at the foot.
        synthetic: Whether the answers were generated.
        source: The source line, where it is not that of the survey.
    """

    name: str
    title: str
    subtitle: Sequence[str]
    legend: str
    reached: str
    counts: Mapping[str, int]
    names: Mapping[str, str]
    figure_ids: Mapping[str, str]
    notes: Sequence[str] = field(default_factory=tuple)
    synthetic: bool = False
    source: str | None = None


def charts(departements: pd.DataFrame, *, codebook: Codebook) -> Iterator[Spec]:
    """Yield the map of each edition of which anybody stands on it.

    Args:
        departements: Frame of `mart_departements`.
        codebook: The survey.

    Raises:
        ValueError: an edition lacks a département, or has one that no tile holds.
    """
    for _, rows in departements.groupby("edition", sort=False):
        on_map = ~rows["departement"].isin([REGION, UNKNOWN])
        if rows.loc[on_map, "collectivites_n"].sum() > 0:
            yield chart(rows, codebook=codebook)


def chart(rows: pd.DataFrame, *, codebook: Codebook) -> Spec:
    """Return the map of one edition; see `charts`."""
    words = words_of(codebook)
    edition = str(rows["edition"].iloc[0])
    counts = dict(zip(rows["departement"], rows["collectivites_n"].astype(int), strict=True))
    regions, unknown = counts.pop(REGION, 0), counts.pop(UNKNOWN, 0)
    base = figures.base_words(rows)
    return draw(
        Counts(
            name=f"{edition}_departements",
            title=words.map_title,
            subtitle=[
                words.tidy(codebook.editions[edition].title),
                words.colon(words.base, f"{words.tidy(base)}, {words.count(rows['base_n'].max())}"),
            ],
            legend=words.map_legend,
            reached=words.map_reached,
            counts=counts,
            names=dict(zip(rows["departement"], rows["departement_name"], strict=True)),
            figure_ids=dict(zip(rows["departement"], rows["figure_id"], strict=True)),
            notes=beside(regions, unknown, words=words),
            synthetic=bool(rows["synthetic"].iloc[0]),
        ),
        codebook=codebook,
    )


def draw(counts: Counts, *, codebook: Codebook) -> Spec:
    """Return a map of tiles.

    Raises:
        ValueError: a tile has no number, or a number no tile; every one is named.
    """
    places = tiles()
    wrong = sorted(set(places) ^ set(counts.counts))
    if wrong:
        raise ValueError(f"{counts.name}: tiles and numbers disagree on {', '.join(wrong)}")
    words = words_of(codebook)
    reached = sum(1 for n in counts.counts.values() if n)
    sheet = page.open_page(
        codebook=codebook,
        words=words,
        name=counts.name,
        title=counts.title,
        family=FAMILY,
        form=words.map_alt,
        subtitle=counts.subtitle,
        notes=[words.map_note, *counts.notes],
        synthetic=counts.synthetic,
        source=counts.source,
        finding=counts.reached.format(n=words.number(reached), total=len(counts.counts)),
    )
    height = 1 + max(row for _, row in places.values())
    top = round(sheet.top, 2)
    rows = Rows(top=top, step=round((sheet.bottom - top) / height, 2), count=height, thickness=0)
    lowest = classes(max(counts.counts.values()))
    shades = style.sequential(len(lowest))
    for code, place in places.items():
        n = counts.counts[code]
        fill = shades[_class_of(n, lowest)] if n else style.PAPER
        _tile(sheet, rows, place, code=code, number=words.number(n), fill=fill, zero=not n)
        if code.startswith(OVERSEAS):
            x = style.MARGIN + _TILE + 4
            y = rows.centre(place[1]) - _GAP / 2
            sheet.text(x, y, words.tidy(counts.names[code]), size=12)
    _legend(sheet, rows, lowest, shades, counts=counts)
    _describe(sheet, counts)
    return sheet.compose(rows=rows)


def classes(highest: int) -> list[int]:
    """Return the lowest number of each shade: 1, then round numbers up to the highest count."""
    if highest <= _SHADES:
        return list(range(1, highest + 1))
    steps = [step for step in _STEPS if step <= highest]
    return steps if len(steps) <= _SHADES else [1, *steps[1 - _SHADES :]]


def _class_of(n: int, lowest: Sequence[int]) -> int:
    return max(place for place, least in enumerate(lowest) if n >= least)


def _tile(
    sheet: Page, rows: Rows, place: Place, *, code: str, number: str, fill: str, zero: bool
) -> None:
    left = style.MARGIN + place[0] * _TILE
    right = left + _TILE - _GAP
    top = rows.top + place[1] * rows.step
    ink = style.MUTED if zero else style.ink_on(fill)
    outline = style.GRID if zero else style.OUTLINE
    sheet.box(left, right, top, top + rows.step - _GAP, fill=fill, outline=outline)
    middle = top + (rows.step - _GAP) / 2
    taken = style.text_width(code, size=11) + style.text_width(number, size=14, bold=True)
    apart = 0.0 if taken + 9 <= right - left else (rows.step - _GAP) / 4  # one over the other
    size = 14 if apart == 0 else 12
    sheet.text(left + 3, middle - apart, code, size=11, colour=ink)
    sheet.text(
        right - 3, middle + apart, number, size=size, colour=ink, align="right", bold=not zero
    )


def _legend(
    sheet: Page, rows: Rows, lowest: Sequence[int], shades: Sequence[str], *, counts: Counts
) -> None:
    words = sheet.words
    step, height = 24.0, 17.0
    y = rows.top + 2.5 * rows.step
    heading = style.wrap(
        words.tidy(counts.legend), width=style.WIDTH - style.MARGIN - _LEGEND, size=14, bold=True
    )
    for line in heading:
        sheet.text(_LEGEND, y, line, size=14, bold=True)
        y += style.line_height(14)
    y += 10
    entries = [(style.PAPER, style.GRID, words.number(0))]
    entries += [
        (shade, style.OUTLINE, _span(place, lowest, words=words))
        for place, shade in enumerate(shades)
    ]
    for fill, outline, label in entries:
        sheet.box(_LEGEND, _LEGEND + 30, y - height / 2, y + height / 2, fill=fill, outline=outline)
        sheet.text(_LEGEND + 40, y, label, size=13.5)
        y += step


def _span(place: int, lowest: Sequence[int], *, words: Words) -> str:
    """Return the numbers that a shade holds, in words."""
    low = words.number(lowest[place])
    if place + 1 == len(lowest):
        return words.map_and_more.format(n=low)
    high = lowest[place + 1] - 1
    return low if high == lowest[place] else f"{low} {words.range_to} {words.number(high)}"


def beside(regions: int, unknown: int, *, words: Words) -> list[str]:
    """Return the sentence on those that stand on no tile, none where there are none."""
    said = []
    if regions:
        said.append(words.map_regions.format(n=words.number(regions)))
    if unknown:
        said.append(words.map_unknown.format(n=words.number(unknown)))
    return [words.because(words.map_beside, said) + "."] if said else []


def _describe(sheet: Page, counts: Counts) -> None:
    """Tell the numbers in words, the largest first; those without any in one sentence."""
    words = sheet.words
    order = sorted(counts.counts, key=lambda code: (-counts.counts[code], code))
    for code in order:
        sheet.figure_ids.append(counts.figure_ids[code])
        if n := counts.counts[code]:
            place = f"{words.tidy(counts.names[code])} ({code})"
            sheet.description.append(f"{words.colon(place, words.number(n))}.")
    if any(n == 0 for n in counts.counts.values()):
        sheet.description.append(words.map_others)
    sheet.description.extend(words.tidy(note) for note in counts.notes)
