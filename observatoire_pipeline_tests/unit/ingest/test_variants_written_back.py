"""SurveyMonkey exports that a program or a person wrote back: what `inspect` says is what was made.

In: pandas, R and a spreadsheet between the export and the file; lines and columns added; surveys in
further alphabets; the whole in an archive or in a sheet behind others. Not in: damage to texts and
places (`test_variants_damaged`), other platforms (`test_variants_other_hands`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from observatoire_pipeline_tests.unit.ingest.made_surveys import (
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
DRAW = Draw(seed=3)
Rows = list[list[str]]


def filled(titles: Sequence[str]) -> list[str]:
    found, last = [], ""
    for title in titles:
        last = title or last
        found.append(last)
    return found


def indexed(rows: Rows, *, heads: int) -> Rows:
    """Return records with the index of a program before them."""
    return [["" if k < heads else str(k - heads), *row] for k, row in enumerate(rows)]


def na(rows: Rows, word: str = "NA") -> Rows:
    return [[cell or word for cell in row] for row in rows]


def counted(titles: Sequence[str], name: Callable[[int, int], str]) -> list[str]:
    """Return titles with a name for each blank one, of its place and of its number among them."""
    blank = iter(range(len(titles)))
    return [title or name(k, next(blank)) for k, title in enumerate(titles, start=1)]


def joined(made: Survey, write: Callable[[str, str], str]) -> list[str]:
    words = ("", "Response", "Open-Ended Response")
    pairs = zip(filled(made.titles), made.labels, strict=True)
    return [write(title, label) if label not in words else title for title, label in pairs]


def levels(made: Survey) -> Rows:
    """Return two header rows as pandas writes them of two levels."""
    return [
        ["", *(t or f"Unnamed: {k}_level_0" for k, t in enumerate(made.titles))],
        ["", *(t or f"Unnamed: {k}_level_1" for k, t in enumerate(made.labels))],
    ]


def snake(title: str) -> str:
    return re.sub(r"\W+", "_", title).strip("_").casefold()


REPAIRED = {"verdict": "accepted_with_repairs"}
R_NAMES = REPAIRED | {"damage": ["blank_words", "unnamed_headings"]}
PANDAS = REPAIRED | {"damage": ["index_column", "unnamed_headings"], "shift": 1, "cells": None}
ONE_ROW = {"header_rows": 1}
BROUGHT_BACK: dict[str, tuple[Callable[[Survey], Rows], dict[str, object]]] = {
    "readr": (
        lambda s: [counted(s.titles, lambda k, _: f"...{k}"), *na([s.labels, *s.body])],
        R_NAMES,
    ),
    "janitor": (
        lambda s: [
            [*map(snake, NEW), *counted(s.titles, lambda k, _: f"x{k}")[9:]],
            *na([s.labels, *s.body]),
        ],
        R_NAMES,
    ),
    "base R": (
        lambda s: [
            counted([re.sub(r"\W", ".", t) for t in s.titles], lambda _, n: f"X.{n}" if n else "X"),
            s.labels,
            *s.body,
        ],
        REPAIRED | {"damage": ["unnamed_headings"], "titles": None},
    ),
    "pandas, two levels": (lambda s: [*levels(s), *indexed(s.body, heads=0)], PANDAS),
    "pandas, two levels and the name of the index": (
        lambda s: [*levels(s), [""] * (len(s.titles) + 1), *indexed(s.body, heads=0)],
        PANDAS | {"damage": ["blank_rows", "index_column", "unnamed_headings"]},
    ),
    "pandas, nan": (
        lambda s: [
            [t or f"Unnamed: {k}" for k, t in enumerate(s.titles)],
            *na([s.labels, *s.body], "nan"),
        ],
        R_NAMES,
    ),
    "Power Query": (
        lambda s: [counted(s.titles, lambda k, _: f"Column{k}"), s.labels, *s.body],
        REPAIRED | {"damage": ["excel_table_headings"]},
    ),
    "identifiers with a decimal": (
        lambda s: [s.titles, s.labels, *([row[0] + ".0", *row[1:]] for row in s.body)],
        {},
    ),
    "fixed columns last": (
        lambda s: [[*row[9:], *row[:9]] for row in s.rows],
        {"positions": [position - 9 for position in WHOLE.positions()]},
    ),
    "a weight": (
        lambda s: [
            [*row, "weight" if not k else "" if k == 1 else f"{k}.5"]
            for k, row in enumerate(s.rows)
        ],
        {"n_columns": len(WHOLE.titles) + 1, "cells": None, "damage": None},
    ),
    "names of variables above": (
        lambda s: [[f"var_{k}" for k, _ in enumerate(s.titles)], *s.rows],
        {"header_rows": 3},
    ),
    "lines below": (
        lambda s: [
            *s.rows,
            [],
            ["Source: " + "l’enquête de la ville, 2021 " * 3, *[""] * (len(s.titles) - 1)],
        ],
        REPAIRED | {"damage": ["blank_rows", "notes"], "cells": None},
    ),
    "two marks": (
        lambda s: [["\ufeff" + s.titles[0], *s.titles[1:]], *s.rows[1:]],
        {"damage": None, "verdict": None},
    ),
    "a line break between": (
        lambda s: [joined(s, "{}\n{}".format), *s.body],
        ONE_ROW,
    ),
    "a vertical bar between": (lambda s: [joined(s, "{} | {}".format), *s.body], ONE_ROW),
    "brackets around": (lambda s: [joined(s, "{} ({})".format), *s.body], ONE_ROW),
    "pairs of pandas": (
        lambda s: [
            [
                str((t, x or f"Unnamed: {k}_level_1"))
                for k, (t, x) in enumerate(zip(filled(s.titles), s.labels, strict=True))
            ],
            *s.body,
        ],
        ONE_ROW | REPAIRED | {"damage": ["joined_headings"]},
    ),
}


@pytest.mark.parametrize("name", BROUGHT_BACK)
def test_written_back(tmp_path, name):
    write, other = BROUGHT_BACK[name]
    made = WHOLE.without("Depuis") if other.get("header_rows") == 1 else WHOLE
    check(inspected(tmp_path, as_text(write(made))), made, **other)


@pytest.mark.parametrize("name", [n for n, (_, o) in BROUGHT_BACK.items() if "header_rows" in o])
def test_one_column_for_each_answer_written_back(tmp_path, name):
    write, other = BROUGHT_BACK[name]
    made = expanded()
    check(inspected(tmp_path, as_text(write(made))), made, layout="expanded", **other)


@pytest.mark.parametrize("name", ["readr", "brackets around"])
def test_a_handful_of_responses_written_back(tmp_path, name):
    write, other = BROUGHT_BACK[name]
    made = survey(seed=12, size=8).without("Depuis")
    check(inspected(tmp_path, as_text(write(made))), made, **other)


ALPHABETS: dict[str, list[str]] = {
    # word for "Response", for an open one, title, two answers, two choices
    "Russian": ["Ответ", "Открытый ответ", "Вы участвовали?", "Да", "Нет", "Почта", "Портал"],
    "Japanese": ["回答", "自由回答", "関心がありますか？", "はい", "いいえ", "電話", "窓口"],
    "Portuguese": ["Resposta", "Resposta aberta", "Participou?", "Sim", "Não", "Carta", "Sítio"],
    "Swedish": ["Svar", "Öppet svar", "Är du nöjd?", "Ja", "Nej", "Brev", "Möte"],
    "Arabic": [
        "Response",
        "Open-Ended Response",
        "\u200fهل تشارك؟\u200f",
        "نعم",
        "لا",
        "هاتف",
        "بريد",
    ],
}


@pytest.mark.parametrize("language", ALPHABETS)
def test_a_single_question_of_each_kind_in_further_languages(tmp_path, language):
    word, opened, title, *texts = ALPHABETS[language]
    asked = [
        replace(DRAW.single(title, texts[:2]), labels=[word]),
        DRAW.multiple("U", texts[2:], other=False),
        replace(DRAW.text("C"), labels=[opened]),
    ]
    made = Survey([f"Zz {k}" for k in range(9)], DRAW.fixed(), asked)
    titles = [title.strip("\u200f"), "U", "C"]
    check(inspected(tmp_path, as_text(made.rows)), made, titles=titles)


def test_boxes_that_ask_for_a_person(tmp_path):
    names = ["First name", "Surname", "Telephone"]
    cells = [["Ann", "Bob", "Cy"] * 20, ["Smith", "Jones"] * 30, ["+44 7700 900123"] * PEOPLE]
    block = Asked("About you", names, cells, "text", [], names)
    made = Survey(list(NEW), DRAW.fixed(), [DRAW.single("Happy?", ["Yes", "No"]), block])
    found = inspected(tmp_path, as_text(made.rows))
    check(found, made, personal=[*NEW[4:], *names])


def test_a_rating_whose_row_has_no_name(tmp_path):
    rating = replace(DRAW.scale("How do you rate us?", ["1", "2", "3", "4", "5"]), labels=[" "])
    after = DRAW.single("Happy?", ["Yes", "No"])
    made = Survey(list(NEW), DRAW.fixed(), [DRAW.single("Here?", ["Yes", "No"]), rating, after])
    check(inspected(tmp_path, as_text(made.rows)), made, damage=None)


@pytest.mark.parametrize(
    ("given", "kind"),
    [(["2", "26", "35", "39"], "number"), (["10", "20", "30", "50"], "single")],
)
def test_a_slider_that_few_moved_is_no_scale(tmp_path, given, kind):
    draw = Draw(size=4)
    slider = Asked("Where do you stand?", ["Response"], [given], kind)
    made = Survey(list(NEW), draw.fixed(), [slider, draw.single("Here?", ["Yes", "No"])])
    check(inspected(tmp_path, as_text(made.rows)), made, options=None)


def test_a_typed_other_beside_a_ticked_one_is_no_choice_of_its_own(tmp_path):
    made = Survey(
        ["RespondentID"],
        DRAW.fixed()[:1],
        [
            DRAW.single("Do you celebrate?", ["Yes", "No"]),
            DRAW.multiple("Which side dishes?", ["Carrots", "Rolls"], other=False),
        ],
    )
    ticked = ["Other" if k % 4 == 0 else "" for k in range(PEOPLE)]
    typed = [f"beans {k}" if cell else "" for k, cell in enumerate(ticked)]
    stem = "Which side dishes? - "
    heads = [
        "RespondentID",
        "Do you celebrate?",
        *(stem + x for x in ("Carrots", "Rolls", "Other", "Other.1")),
    ]
    rows = [[*row, a, b] for row, a, b in zip(made.body, ticked, typed, strict=True)]
    found = inspected(tmp_path, as_text([heads, *rows]))
    assert [(q.title, q.kind, q.n_columns, q.items) for q in found.questions] == [
        ("Do you celebrate?", "single", 1, []),
        ("Which side dishes?", "multiple", 4, ["Carrots", "Rolls", "Other"]),
    ]


def zipped(**files: bytes | str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def test_an_archive_of_a_mac(tmp_path):
    data = zipped(
        **{
            "CSV/Enquête.csv": as_text(WHOLE.rows),
            "__MACOSX/CSV/._Enquête.csv": b"\0\5\x16\7",
            ".DS_Store": b"\0\0\0\1Bud1",
        }
    )
    check(inspected(tmp_path, data, "a.zip"), WHOLE)


def test_responses_behind_other_sheets(tmp_path):
    import xlsxwriter

    sheets: dict[str, Rows] = {
        "Lisez-moi": [["Enquête 2021"], ["Mairie, service vélo"]],
        "Dictionnaire": [
            ["Colonne", "Question"],
            *([f"c{k}", t] for k, t in enumerate(WHOLE.titles)),
        ],
        "Tris à plat": [["Avez-vous ?", "n", "%"], ["Oui", "20", "57 %"], ["Non", "15", "43 %"]],
        "Réponses": WHOLE.rows,
    }
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for k, row in enumerate(rows):
                sheet.write_row(k, 0, row)
    found = inspected(tmp_path, (tmp_path / "a.xlsx").read_bytes(), "b.xlsx")
    check(found, WHOLE, reasons=None)
    assert len(found.reasons) == 1 and "and 2 more: also in the file, not read" in found.reasons[0]
