"""Two editions that do not compare: two panels, and a break with its reason between them.

In: a panel of bars for each edition with its own labels where the answers differ, the jagged line.
Not in: the lines (`pairs`), pairs that compare (`comparison`). No difference is shown here.
"""

from __future__ import annotations

from observatoire_pipeline.charts import layers, pairs, style
from observatoire_pipeline.charts.figures import Facts
from observatoire_pipeline.charts.layers import Rows, Spec
from observatoire_pipeline.charts.page import Page
from observatoire_pipeline.charts.pairs import Line
from observatoire_pipeline.charts.words import Words
from observatoire_pipeline.codebook.codebook import Codebook

_SHARED_ENDS = (170, 250, 340)
_VALUE_ROOM, _BREAK_ROOM = 52, 56


def parted(
    lines: list[Line],
    *,
    sides: tuple[Facts, Facts],
    bases: list[str],
    notes: list[str],
    codebook: Codebook,
    words: Words,
) -> Spec:
    """Return the sheet of two editions that do not compare, with the reason over it."""
    reasons = [reason for said in pairs.reasons(lines).values() for reason in said]
    banner = words.because(words.broken, reasons)
    sheet = pairs.open_sheet(
        sides=sides,
        bases=bases,
        notes=[*pairs.left_out(lines, words=words), *notes],
        banner=banner,
        finding=words.broken_finding.format(earlier=sides[0].edition, later=sides[1].edition),
        codebook=codebook,
        words=words,
    )
    every, lines = lines, pairs.kept(lines)
    parts = [[x for x in lines if x.earlier], [x for x in lines if x.later]]
    names = [x.label for x in parts[0]]
    shared = names == [x.label for x in parts[1]]
    heading = sheet.top + 9
    rows = sheet.rows(max(len(part) for part in parts), top=sheet.top + 24)
    places = _halves(sheet.label_end(names, rows, ends=_SHARED_ENDS) if shared else None)
    highest = max(
        (f.upper or f.share or 0.0 for x in lines for f in (x.earlier, x.later) if f), default=0.0
    )
    domain, apart = layers.share_scale(highest)
    for side, facts, part, (left, start, end) in zip(
        ("earlier", "later"), sides, parts, places, strict=True
    ):
        numbers = [figure.n for line in part if (figure := getattr(line, side))]
        count = words.count(max(numbers, default=0))
        sheet.text(start, heading, f"{facts.edition} ({count})", size=15, bold=True)
        if left is not None:
            sheet.labels([x.label for x in part], rows, left=left, right=start - 10)
        bars = []
        for place, line in enumerate(part):
            figure = getattr(line, side)
            y = rows.centre(place)
            if figure.share is None:
                sheet.text(start + 2, y, words.too_small(figure.n), size=12, colour=style.MUTED)
                continue
            bars.append(
                {
                    "start": 0,
                    "end": figure.share,
                    "lower": figure.lower,
                    "upper": figure.upper,
                    "y": y,
                    "fill": style.BAR,
                    **rows.bar(place),
                }
            )
            reach = start + max(figure.share, figure.upper or 0.0) / domain * (end - start)
            sheet.text(reach + 7, y, words.percent(figure.share), size=15, bold=True)
        if bars:
            x = layers.share_axis(left=start, right=end, domain=(0, domain), apart=apart)
            sheet.panel(
                layers.bars([bar for bar in bars if bar["end"] > 0], x=x, rows=rows),
                *layers.intervals([bar for bar in bars if bar["upper"]], x=x, rows=rows),
                x=x,
                rows=rows,
            )
            sheet.rule(start, rows.top, start, rows.bottom, colour=style.INK)
    _break_mark(
        sheet, x=places[1][1] - _BREAK_ROOM / 2 if shared else style.WIDTH / 2 + 6, rows=rows
    )
    pairs.describe(sheet, every, sides=sides)
    return sheet.compose(rows=rows)


def _halves(label_end: float | None) -> list[tuple[float | None, float, float]]:
    """Return where labels start, bars start and bars end in both panels.

    Panels with the same answers share one column of labels, which ends at `label_end`.
    """
    right = style.WIDTH - style.MARGIN - _VALUE_ROOM
    if label_end is None:
        middle = style.WIDTH / 2
        return [
            (style.MARGIN, middle - 250, middle - 30 - _VALUE_ROOM),
            (middle + 30, middle + 230, right),
        ]
    start = label_end + 12
    width = (right - start - _VALUE_ROOM - _BREAK_ROOM) / 2
    return [(style.MARGIN, start, start + width), (None, right - width, right)]


def _break_mark(sheet: Page, *, x: float, rows: Rows) -> None:
    """Draw a jagged line from top to bottom: what stands on its two sides is not one series."""
    teeth = max(int((rows.bottom - rows.top) // 14), 2)
    height = (rows.bottom - rows.top + 20) / teeth
    for tooth in range(teeth):
        y = rows.top - 20 + tooth * height
        turn = 5 if tooth % 2 else -5
        sheet.rule(x + turn, y, x - turn, y + height, colour=style.BREAK, width=2)
