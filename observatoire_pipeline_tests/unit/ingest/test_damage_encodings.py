"""Text in the wrong alphabet: undone where it is proved, reported where not, left alone else."""

from __future__ import annotations

import pytest

from observatoire_pipeline.ingest.damage.encodings import (
    NBSP_LEFTOVERS,
    implausibility,
    mend_line_ends,
    mend_texts,
    single_byte_encoding,
    without_mark_utf16,
)
from observatoire_pipeline.ingest.opening import open_export
from observatoire_pipeline_tests.unit.ingest.lookalikes import as_csv, rows

FRENCH = [
    "nationalité française",
    "Êtes-vous à la recherche d’un outil ?",
    "l’expression « citoyenne »",
    "ça dépend",
    "État",
    "Étudiant·e",
    "50 €",
    "COLLECTIVITÉ",
    "Oui…",
    "œuvre",
    "n° 5",
    "Âge",
    "Île-de-France",
    "– un tiret",
    "Où ?",
    "Noël naïf",
    "hôtel d’août",
    "À définir",
]
OTHERS = [
    "¿Qué día? La próxima canción, mañana — Última, Índice, Óscar",
    "línea, país, día, tío, sí, río, crítica, líder, difícil, jíbaro, Sísifo, lío",
    "mañana y canción",
    "Größe, Ärzte, Öl, Übung, Straße",
    "CAFÉ… ÉTÉ – « ÉTÉ » É’",
    "São Paulo, NÃO, coração",
    "Łódź, Őr, čeština, Ž",
    "Iñtërnâtiônàlizætiøn ☃ 你好 Привет",
    "Total† and more‡ ±5 50 % ½",
    "🙂 très bien 👍",
    "x\u2009≥\u202f5 °C, 3 m²",
]


def windows(data: bytes) -> str:
    """Decode as programs do: the five bytes that Windows-1252 lacks become control characters."""
    return "".join(
        bytes([b]).decode("cp1252") if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(b)
        for b in data
    )


MANGLED = {
    "Windows-1252 read as Mac Roman": lambda t: t.encode("cp1252").decode("mac_roman"),
    "Mac Roman read as Windows-1252": lambda t: windows(t.encode("mac_roman")),
    "UTF-8 read as Windows-1252": lambda t: windows(t.encode()),
    "UTF-8 read as Mac Roman": lambda t: t.encode().decode("mac_roman"),
}


@pytest.mark.parametrize("reading", MANGLED)
def test_a_wrong_reading_of_a_whole_file_is_undone(reading):
    # Every Mac Roman or Windows-1252 character, but for the middle dot that Mac Roman has at E1.
    found = mend_texts([MANGLED[reading](text) for text in FRENCH])
    assert [found.changes[MANGLED[reading](text)] for text in FRENCH] == FRENCH
    (damage,) = found.damage
    assert (damage.rule, damage.count) == ("mojibake", len(FRENCH))
    assert damage.example.startswith(reading) and damage.repaired


def test_apostrophes_alone_show_a_wrong_reading():
    clean = ["I don’t use it", "l’expression d’un citoyen", "plain"]
    mangled = [text.encode("cp1252").decode("mac_roman") for text in clean]
    assert mangled[:2] == ["I donít use it", "líexpression díun citoyen"]
    assert mend_texts(mangled).changes == dict(zip(mangled[:2], clean[:2], strict=True))


@pytest.mark.parametrize("texts", [FRENCH, *([text] for text in FRENCH + OTHERS), OTHERS])
def test_text_as_it_should_be_is_left_alone(texts):
    found = mend_texts(texts)
    assert found.changes == {} and found.damage == ()


def test_a_file_mangled_in_part_is_reported_and_not_changed():
    part = [text.encode("cp1252").decode("mac_roman") for text in FRENCH[:8]]
    found = mend_texts([*part, "déjà réparé"])
    assert found.changes == {}
    (damage,) = found.damage
    assert damage.rule == "mojibake" and damage.repaired == ""


def test_known_labels_prove_what_the_writing_does_not():
    mangled = "Île".encode("cp1252").decode("mac_roman")
    assert mend_texts([mangled]).changes == {}
    assert mend_texts([mangled], known=["Île"]).changes == {mangled: "Île"}


def test_known_labels_forbid_a_repair_that_loses_one():
    found = mend_texts(["nationalitÈ", "Œuvre"], known=["Œuvre"])
    assert found.changes == {}


def test_a_mangled_no_break_space_is_undone():
    once = windows(windows("\u00a0".encode()).encode("mac_roman"))
    twice = windows(once.encode("mac_roman"))
    assert {once, twice} <= set(NBSP_LEFTOVERS)
    found = mend_texts([f"Universe?{twice}", "Cœur, œdème"])
    assert found.changes == {f"Universe?{twice}": "Universe?\u00a0"}
    assert found.damage[0].rule == "mangled_bytes"


def test_a_byte_order_mark_inside_a_cell_is_left_out():
    found = mend_texts(["\ufeff1 (None at all)", "2"])
    assert found.changes == {"\ufeff1 (None at all)": "1 (None at all)"}
    assert found.damage[0].rule == "zero_width_mark"


def test_implausible_signs():
    assert implausibility("nationalitÈ") >= 2
    assert implausibility("d©jà") >= 2
    assert [implausibility(text) for text in FRENCH] == [0] * len(FRENCH)


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_the_alphabet_of_bytes(encoding):
    assert single_byte_encoding("\n".join(FRENCH).encode(encoding)) == encoding


def test_windows_is_taken_where_both_alphabets_read_well():
    assert single_byte_encoding("plain – text".encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_mark(encoding):
    assert without_mark_utf16("nom,réponse\r\nAnne,Oui\r\n".encode(encoding)) == encoding


@pytest.mark.parametrize("data", [b"plain text", bytes(range(256)) * 20, b"a\x00\x00\x00" * 9])
def test_other_bytes_are_not_utf16(data):
    assert without_mark_utf16(data) is None


def test_line_ends_written_twice_are_undone():
    clean = b'a,b\r\n"x\ny",1\r\n'
    text, damage = mend_line_ends(clean.replace(b"\n", b"\r\n"))
    assert text == clean
    assert (damage[0].rule, damage[0].count) == ("doubled_line_ends", 2)


@pytest.mark.parametrize("text", [b"a,b\r\nc,d\r\n", b"a\nb\n", b"a\rb\r", b'a\r\n"\r"\r\r\nb\n'])
def test_other_line_ends_are_left_alone(text):
    assert mend_line_ends(text) == (text, ())


WHOLE_FILES = {
    "mac_roman": as_csv(rows(), encoding="mac_roman"),
    "cp1252": as_csv(rows(), encoding="cp1252"),
    "utf-16": as_csv(rows(), encoding="utf-16"),
    "utf-16-le": as_csv(rows(), encoding="utf-16-le"),
    "doubled line ends": as_csv(rows(), encoding="cp1252").replace(b"\r\n", b"\r\r\n"),
    "mojibake": as_csv(rows(), encoding="cp1252").decode("mac_roman").encode("utf-8-sig"),
    "double UTF-8": windows(as_csv(rows())).encode(),
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_damaged_file_reads_as_the_clean_one(tmp_path, name):
    (tmp_path / "clean.csv").write_bytes(as_csv(rows()))
    (tmp_path / "damaged.csv").write_bytes(WHOLE_FILES[name])
    (clean,) = open_export(tmp_path / "clean.csv").exports
    (mended,) = open_export(tmp_path / "damaged.csv").exports
    assert mended.grid.cells.to_pylist() == clean.grid.cells.to_pylist()
    assert mended.questions == clean.questions
    assert clean.damage == ()
