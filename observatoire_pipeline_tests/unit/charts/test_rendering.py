from __future__ import annotations

import zlib
from xml.etree import ElementTree

import pytest
import vl_convert

from observatoire_pipeline.charts import multiple, rendering
from observatoire_pipeline.charts.rendering import as_altair, render, render_all
from observatoire_pipeline_tests.unit.charts import drawn, marts

SVG = "{http://www.w3.org/2000/svg}"


def chart():
    codebook = marts.barometer()
    rows = marts.choice_rows(
        codebook,
        "2018",
        "disp_reseaux_sociaux",
        {"site_web": 60, "reseaux_sociaux": 52, "aucun": 4},
        70,
    )
    return multiple.chart(marts.estimates(rows, codebook=codebook), codebook=codebook)


def test_a_reader_who_does_not_see_it_gets_title_and_figures():
    root = ElementTree.fromstring(render(chart()).svg)
    named = root.get("aria-labelledby").split()
    parts = {
        part.get("id"): part.text for part in (root.find(f"{SVG}title"), root.find(f"{SVG}desc"))
    }
    assert root.get("role") == "img"
    assert named == list(parts)
    assert parts[named[0]].startswith(
        "Site web et réseaux sociaux – En tête, sans que l’enquête les départage"
    )
    assert "Réseaux sociaux (Facebook, Twitter…)\u00a0: 74\u202f%" in parts[named[1]]


def test_marks_say_nothing_of_their_raw_values():
    svg = render(chart()).svg
    assert "aria-label=" not in svg
    assert "aria-roledescription" not in svg


def test_the_same_rows_give_the_same_bytes():
    one, other = render(chart()), render(chart())
    assert one.svg == other.svg
    assert one.png == other.png


def test_a_chart_that_has_not_changed_is_not_drawn_again(tmp_path, monkeypatch):
    first, other = chart(), chart()
    other["usermeta"] = {**other["usermeta"], "title": "Un autre titre"}
    made = list(render_all([first, other], kept=tmp_path / "kept"))
    assert made == [render(first), render(other)]
    assert len(list((tmp_path / "kept").iterdir())) == 4

    def drawn(spec):
        raise AssertionError(f"drawn again: {spec['name']}")

    with monkeypatch.context() as patched:
        patched.setattr(rendering, "_drawn", drawn)
        assert list(render_all([chart()], kept=tmp_path / "kept")) == made[:1]
        assert len(list((tmp_path / "kept").iterdir())) == 2, "the other one is forgotten"
        with pytest.raises(AssertionError, match="drawn again"):
            list(render_all([other], kept=tmp_path / "kept"))


def test_the_png_is_a_slide_at_twice_its_size():
    png = render(chart()).png
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(png[k : k + 4], "big") for k in (16, 20)] == [1920, 1080]


def test_a_png_is_packed_without_changing_a_pixel():
    loose = vl_convert.svg_to_png(render(chart()).svg, scale=rendering.SCALE)
    packed = render(chart()).png
    assert len(packed) < len(loose) / 2
    assert pixels(packed) == pixels(loose)
    assert (packed[:33], packed[-12:]) == (loose[:33], loose[-12:]), "header and end"


def pixels(png):
    """Return the pixels of a PNG whose checksums hold."""
    stream, place = b"", 8
    while place < len(png):
        end = place + 12 + int.from_bytes(png[place : place + 4])
        body, checksum = png[place + 4 : end - 4], png[end - 4 : end]
        assert zlib.crc32(body) == int.from_bytes(checksum)
        stream += body[4:] if body[:4] == b"IDAT" else b""
        place = end
    return zlib.decompress(stream)


def test_every_text_leaves_ink_where_it_should_stand():
    svg = render(chart()).svg
    silent = [text.text for text in drawn.texts(svg) if not drawn.leaves_ink(svg, text)]
    assert not silent


def test_a_chart_is_vega_lite_that_altair_reads():
    made = as_altair(chart())
    assert made.to_dict()["usermeta"]["family"] == "choice"
