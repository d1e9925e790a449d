"""SurveyMonkey exports after a spreadsheet, a mail program or a careless hand.

In: the made-up survey in other bytes, with labels that became dates, with titles and cells out of
place: read as made with the damage named, or refused with its first place. Not in: other platforms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from observatoire_pipeline.ingest.inspection import Inspection
from observatoire_pipeline_tests.unit.ingest.made_surveys import (
    COLLECTIVITES,
    NEW,
    PEOPLE,
    Asked,
    Draw,
    Survey,
    as_text,
    check,
    expanded,
    inspected,
    survey,
)

WHOLE = survey()
TEXT = as_text(WHOLE.rows)
DRAW = Draw(seed=9)
REPAIRED = "accepted_with_repairs"


def of(*asked: Asked) -> Survey:
    return Survey(list(NEW), DRAW.fixed(), list(asked))


def rules(found: Inspection) -> dict[str, bool]:
    """Return the rules that found something, and whether all of it was repaired."""
    said: dict[str, bool] = {}
    for one in found.damage:
        said[one.rule] = said.get(one.rule, True) and bool(one.repaired)
    return said


# --- bytes ----------------------------------------------------------------------------------


def mangled(text: str, times: int, encoding: str) -> bytes:
    for _ in range(times):
        text = text.encode().decode(encoding)
    return text.encode()


def with_stray(*words: str) -> bytes:
    data = TEXT.encode()
    for word in words:
        data = data.replace(word.encode(), word.encode("cp1252"), 1)
    return data


BYTES: dict[str, tuple[bytes, str, dict[str, object]]] = {
    "semicolons, Windows": (
        as_text(WHOLE.rows, delimiter=";").encode("cp1252"),
        "a.csv",
        {"damage": ["not_utf8"], "delimiter": ";", "encoding": "cp1252"},
    ),
    "semicolons, mark": (
        as_text(WHOLE.rows, delimiter=";").encode("utf-8-sig"),
        "a.csv",
        {"damage": ["byte_order_mark"], "encoding": "utf-8-sig"},
    ),
    "Unicode text of Excel": (
        as_text(WHOLE.rows, delimiter="\t").encode("utf-16"),
        "a.txt",
        {"delimiter": "\t", "encoding": "utf-16"},
    ),
    "tabulations": (as_text(WHOLE.rows, delimiter="\t").encode(), "a.tsv", {"delimiter": "\t"}),
    "tabulations named xls": (as_text(WHOLE.rows, delimiter="\t").encode(), "a.xls", {}),
    "old Mac": (
        as_text(WHOLE.rows, end="\r").encode("mac_roman"),
        "a.csv",
        {"damage": ["not_utf8"]},
    ),
    "Mac Roman": (
        TEXT.encode("mac_roman"),
        "a.csv",
        {"damage": ["not_utf8"], "encoding": "mac_roman"},
    ),
    "doubled returns": (
        as_text(WHOLE.rows, end="\r\r\n").encode("cp1252"),
        "a.csv",
        {"damage": ["doubled_line_ends", "not_utf8"], "verdict": REPAIRED},
    ),
    "read as Latin-1": (
        mangled(TEXT, 1, "latin-1"),
        "a.csv",
        {"damage": ["mojibake"], "verdict": REPAIRED},
    ),
    "read as Latin-1 twice": (
        mangled(TEXT, 2, "latin-1"),
        "a.csv",
        {"damage": ["mojibake"], "verdict": REPAIRED},
    ),
    "read as Mac Roman, twice": (
        mangled(TEXT, 2, "mac_roman"),
        "a.csv",
        {"damage": ["mojibake"], "verdict": REPAIRED},
    ),
    "three stray letters": (
        with_stray("Décider", "Région", "l’ergonomie", "critères"),
        "a.csv",
        {"damage": ["mixed_encodings"], "verdict": REPAIRED},
    ),
    "separator line": (
        ("sep=;\r\n" + as_text(WHOLE.rows, delimiter=";")).encode(),
        "a.csv",
        {"header_rows": 3},
    ),
    "blank columns and rows": (
        as_text(
            [*([*row, "", "", ""] for row in WHOLE.rows), *[[""] * (len(WHOLE.titles) + 3)] * 9]
        ).encode(),
        "a.csv",
        {"damage": ["blank_columns", "blank_rows"], "n_columns": len(WHOLE.titles) + 3},
    ),
}


@pytest.mark.parametrize("name", BYTES)
def test_other_bytes(tmp_path, name):
    data, file, other = BYTES[name]
    check(inspected(tmp_path, data, file), WHOLE, **other)


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode().replace("é".encode(), b"\xc3", 1),
        TEXT.encode().replace("é".encode(), b"\xa9", 1),
        TEXT.encode().replace("’".encode(), b"\xe2\x80", 1),
        TEXT.encode() + b"caf\xc3",
    ],
)
def test_bytes_that_may_be_cut_characters_are_refused(tmp_path, data):
    found = inspected(tmp_path, data)
    assert (found.verdict, found.kind) == ("refused", "unknown")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Вы участвовали в голосовании?", "cp1251"),
        ("Вы участвовали в голосовании?", "koi8-r"),
        ("Συμμετείχατε στην ψηφοφορία;", "cp1253"),
        ("市民参加に関心がありますか", "shift_jis"),
        ("您关心市民参与吗", "gb18030"),
        ("Czy często jeżdżą, dokąd chodzą i mówią", "cp1250"),
    ],
)
def test_alphabets_that_are_not_read_are_refused_and_never_taken_for_another(
    tmp_path, text, encoding
):
    rows = [["RespondentID", text], *([str(4_337_954_960 + k), text] for k in range(9))]
    found = inspected(tmp_path, as_text(rows).encode(encoding))
    assert found.verdict == "refused"
    assert "an alphabet that is not read" in found.reasons[0]


def test_letters_replaced_by_question_marks_are_reported(tmp_path):
    found = inspected(tmp_path, TEXT.replace("é", "?"))
    check(found, WHOLE, titles=None, options=None, items=None, damage=["lost_characters"])


# --- labels ---------------------------------------------------------------------------------

SIZES = of(
    DRAW.single("Type ?", COLLECTIVITES),
    DRAW.single("Taille ?", ["1", "2-5", "6-10", "10-49", "50 et plus"]),
    DRAW.multiple("Tailles ?", ["1-2", "2-5", "6-10", "10-49"], other=False),
    DRAW.text("Un mot ?"),
)
DATES = {
    "english": {"2-5": "5-Feb", "6-10": "10-Jun", "10-49": "Oct-49", "1-2": "2-Jan"},
    "french": {"2-5": "05-févr", "6-10": "10-juin", "10-49": "oct-49", "1-2": "02-janv"},
}


@pytest.mark.parametrize("language", DATES)
@pytest.mark.parametrize("part", ["headings", "cells", "both"])
def test_ranges_that_became_dates(tmp_path, language, part):
    words = DATES[language]

    def changed(row: Sequence[str]) -> list[str]:
        return [words.get(cell, cell) for cell in row]

    labels = SIZES.labels if part == "cells" else changed(SIZES.labels)
    body = SIZES.body if part == "headings" else [changed(row) for row in SIZES.body]
    found = inspected(tmp_path, as_text([SIZES.titles, labels, *body]))
    check(found, SIZES, options=None, items=None, damage=["excel_date"], verdict=None)
    told = {one.where for one in found.damage if not one.repaired}
    # Check boxes are mended by their twin; nothing proves what the single answers were.
    wanted = {"headings": set(), "cells": {"column K"}, "both": {"columns K, L, M, N, O"}}[part]
    assert told == wanted
    if part != "both":
        assert found.questions[2].items == ["1-2", "2-5", "6-10", "10-49"]


def test_dates_of_a_calendar_are_no_damage(tmp_path):
    days = ["3-Feb", "4-Feb", "5-Feb", "11-Mar"]
    made = of(
        DRAW.single("Type ?", COLLECTIVITES), DRAW.multiple("Quels jours ?", days, other=False)
    )
    check(inspected(tmp_path, as_text(made.rows)), made)


def test_formula_errors_in_headings(tmp_path):
    made = of(
        DRAW.single("Type ?", COLLECTIVITES),
        DRAW.multiple("U ?", ["Jamais", "- Toujours", "- Souvent"], other=False),
    )
    labels = ["#NAME?" if label.startswith("-") else label for label in made.labels]
    found = inspected(tmp_path, as_text([made.titles, labels, *made.body]))
    check(found, made, damage=["formula_error"], verdict=REPAIRED)


def test_a_zero_cut_off_a_label(tmp_path):
    made = of(
        DRAW.multiple("Versions ?", ["1.18", "1.19", "1.20", "1.21"], other=False),
        DRAW.single("Version ?", ["1.19", "1.20", "1.21"]),
    )
    cut = [["1.2" if cell == "1.20" else cell for cell in row] for row in made.rows]
    found = inspected(tmp_path, as_text(cut))
    check(found, made, options=None, items=None, damage=["trailing_zero_lost"])
    assert [one.where for one in found.damage] == ["column L", "column N"]
    half = inspected(tmp_path, as_text([*made.rows[:2], *cut[2:]]))
    assert half.questions[0].items == ["1.18", "1.19", "1.20", "1.21"]


def test_zeros_cut_off_postal_codes(tmp_path):
    codes = [f"{1000 + k * 1613:05d}" for k in range(PEOPLE)]
    asked = Asked("Code postal ?", ["Open-Ended Response"], [codes], "text")
    made = of(DRAW.single("Type ?", COLLECTIVITES), asked)
    check(inspected(tmp_path, as_text(made.rows)), made)
    rows = [*made.rows[:2], *([*row[:-1], row[-1].lstrip("0")] for row in made.body)]
    check(inspected(tmp_path, as_text(rows)), made, kinds=None, damage=["leading_zeros_lost"])


# --- moments and identifiers ----------------------------------------------------------------

SMALL = of(DRAW.single("Type ?", COLLECTIVITES), DRAW.multiple("U ?", ["Aa", "Bb", "Cc"]))


def serial(row: list[str], k: int) -> list[str]:
    return [*row[:2], f"{43290.5 + k / 10:.5f}", f"{43290.51 + k / 10:.5f}", *row[4:]]


def test_serial_dates_around_a_repeated_header(tmp_path):
    body = [serial(row, k) for k, row in enumerate(SMALL.body)]
    rows = [*SMALL.rows[:2], *body[:30], *SMALL.rows[:2], *body[30:]]
    found = inspected(tmp_path, as_text(rows))
    check(found, SMALL, cells=None, damage=["repeated_header", "serial_dates"], verdict=REPAIRED)
    assert found.cells.came_in == found.cells.kept + found.cells.dropped


def test_serial_dates_beside_others_are_left_and_told(tmp_path):
    body = [serial(row, k) if k < 40 else row for k, row in enumerate(SMALL.body)]
    found = inspected(tmp_path, as_text([*SMALL.rows[:2], *body]))
    check(found, SMALL, damage=["serial_dates"])
    assert not any(one.repaired for one in found.damage)


@pytest.mark.parametrize("mark", [".", ","])
def test_identifiers_in_scientific_notation(tmp_path, mark):
    body = [[f"{float(row[0]):.5E}".replace(".", mark), *row[1:]] for row in SMALL.body]
    found = inspected(tmp_path, as_text([*SMALL.rows[:2], *body]))
    assert (found.verdict, found.n_responses) == ("refused", PEOPLE)
    assert "scientific notation" in found.reasons[0]
    alone = [[f"1.14{k:03d}E+11", *row[1:]] for k, row in enumerate(SMALL.body)]
    told = inspected(tmp_path, as_text([*SMALL.rows[:2], *alone]))
    check(told, SMALL, damage=["scientific_identifiers"])


# --- out of place ---------------------------------------------------------------------------

COMMA = of(
    DRAW.single("Type ?", COLLECTIVITES),
    DRAW.multiple("U ?", ["Alpha", "Beta, gamma", "Delta", "Epsilon"]),
    DRAW.single("Et ?", ["x1", "y1"]),
)


def torn(row: list[str]) -> list[str]:
    """Return a row that lost the quotation marks around its choice, at the width of the others."""
    if "Beta, gamma" not in row:
        return [*row, ""]
    place = row.index("Beta, gamma")
    return [*row[:place], "Beta", "gamma", *row[place + 1 :]]


def wide(row: list[str]) -> list[str]:
    return [*row, ""]


def pushed(rows: list[list[str]]) -> list[list[str]]:
    return [[*row[:10], "", *row[10:-1]] for row in rows]


BODY = COMMA.body
TICKS = next(k for k, row in enumerate(BODY) if "Beta, gamma" in row)
SHIFTED: dict[str, tuple[list[list[str]], str]] = {
    # file → the first column and row that do not hold what their heading says
    "a comma in the heading and in rows": (
        [wide(COMMA.titles), torn(COMMA.labels), *map(torn, BODY)],
        "column M (position 13), row ",
    ),
    "a comma in rows only": (
        [wide(COMMA.titles), wide(COMMA.labels), *map(torn, BODY)],
        f"column L (position 12), row {TICKS + 3}",
    ),
    "every row pushed": (
        [COMMA.titles, COMMA.labels, *pushed(BODY)],
        "column L (position 12), row ",
    ),
    "ten rows pushed": (
        [COMMA.titles, COMMA.labels, *BODY[:18], *pushed(BODY[18:28]), *BODY[28:]],
        "column L (position 12), row 2",
    ),
}


@pytest.mark.parametrize("name", SHIFTED)
def test_a_shift_is_refused_at_its_first_place(tmp_path, name):
    rows, place = SHIFTED[name]
    found = inspected(tmp_path, as_text(rows))
    assert (found.verdict, found.kind, found.n_responses) == ("refused", "responses", PEOPLE)
    assert "a column shift" in found.reasons[0]
    assert place in found.reasons[0]


def moved(titles: list[str], title: str, by: int) -> list[str]:
    """Return the titles with one of them some columns further."""
    place = next(k for k, one in enumerate(titles) if one.startswith(title))
    found = list(titles)
    found[place], found[place + by] = "", found[place]
    return found


OUT_OF_STEP: dict[str, tuple[Survey, str, int, str]] = {
    "check boxes, right": (COMMA, "U ?", 1, "column K"),
    "one answer expanded, right": (expanded(), "Avez", 1, "column N"),
    "one answer expanded, left": (expanded(), "Avez", -1, "column M"),
    "matrix, right": (WHOLE, "À quelle", 1, "column U"),
    "matrix, left": (WHOLE, "À quelle", -1, "column T"),
}


@pytest.mark.parametrize("name", OUT_OF_STEP)
def test_a_title_above_the_columns_of_another_question(tmp_path, name):
    made, title, by, where = OUT_OF_STEP[name]
    found = inspected(tmp_path, as_text([moved(made.titles, title, by), made.labels, *made.body]))
    (one,) = [one for one in found.damage if one.rule == "headers_out_of_step"]
    assert (one.where, one.repaired) == (where, "")
    assert found.n_responses == PEOPLE


def test_no_alarm_on_intact_surveys(tmp_path):
    """Ten surveys of other answers, condensed and expanded: nothing is wrong with any."""
    make: Callable[..., Survey]
    for make in (survey, expanded):
        for seed in range(10, 20):
            for size in (4, 25):
                made = make(seed=seed, size=size)
                found = inspected(tmp_path, as_text(made.rows))
                assert (rules(found), found.reasons, found.verdict) == ({}, [], "accepted"), seed
