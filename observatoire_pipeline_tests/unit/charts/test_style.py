from __future__ import annotations

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from observatoire_pipeline.charts import style


def test_dark_ends_take_white_ink_and_mid_tones_dark_ink():
    colours = style.diverging(negative=2, neutral=0, positive=2)
    assert colours == ["#b35806", "#fdb863", "#b2abd2", "#542788"]
    assert [style.ink_on(colour) for colour in colours] == [
        style.PAPER,
        style.INK,
        style.INK,
        style.PAPER,
    ]


@pytest.mark.parametrize("poles", [(1, 0, 1), (1, 1, 1), (2, 1, 2), (3, 0, 3)])
def test_every_label_on_a_segment_reads(poles):
    negative, neutral, positive = poles
    for colour in style.diverging(negative=negative, neutral=neutral, positive=positive):
        assert style.contrast(style.ink_on(colour), colour) >= 4.5


def test_contrast_is_that_of_wcag():
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#b35806", "#ffffff") == pytest.approx(4.87, abs=0.01)
    assert style.contrast("#fdb863", "#ffffff") == pytest.approx(1.72, abs=0.01)


def test_more_tones_than_anyone_can_tell_apart_are_refused():
    with pytest.raises(ValueError, match="up to 3"):
        style.diverging(negative=4, neutral=0, positive=2)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "Améliorer la qualité des décisions en bénéficiant de l’expertise citoyenne",
        "Rupture de série\u00a0: les bases diffèrent, 1\u202f234,5\u202f% (n\u00a0=\u00a070)",
        "WAGMŒ œuvre «\u00a0présentiel\u00a0» ÀÉÎÔÙ – — … 0123456789 <>&+−€/·",
        "illil,.;:!?'’()[]",
    ],
)
def test_a_text_never_leaves_the_width_that_was_counted(text, bold):
    """The strip right of the counted width is blank: nothing was drawn there."""
    width = style.text_width(text, size=40, bold=bold)
    with_text, without = (_strip(said, width=width, bold=bold) for said in (text, ""))
    assert with_text == without
    assert _strip(text, width=width * 0.8, bold=bold) != without


def _strip(text: str, *, width: float, bold: bool) -> bytes:
    weight = ' font-weight="bold"' if bold else ""
    said = text.replace("&", "&amp;").replace("<", "&lt;")
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60" '
        f'viewBox="{width + 1} 0 400 60"><text x="0" y="45" font-size="40px"{weight} '
        f'font-family="{style.FONT}">{said}</text></svg>'
    )
    return vl_convert.svg_to_png(svg, scale=1)


@given(
    st.text(alphabet="abcdeéàiW ’\u00a0", max_size=120),
    st.floats(min_value=40, max_value=400),
)
def test_wrapped_text_fits_and_loses_nothing(text, width):
    text = " ".join(text.split(" "))
    for cut in (style.wrap, style.balance):
        lines = cut(text, width=width, size=12)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(style.text_width(line, size=12) <= width + 0.01 for line in lines)


def test_balanced_lines_leave_no_lonely_word():
    text = "Augmenter la confiance des citoyens dans l’action publique"
    assert style.wrap(text, width=360, size=14)[-1] == "publique"
    lines = style.balance(text, width=360, size=14)
    assert len(lines) == 2
    assert len(lines[-1]) > len(text) / 3


def test_labels_shrink_until_they_fit_their_rows():
    size, lines = style.fit(["mot " * 30], width=200, height=60)
    assert len(lines[0]) * style.line_height(size) <= 60
    assert size < 17
