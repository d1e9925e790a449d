"""The data dictionary in the repository is the one that the declarations give today."""

from pathlib import Path

from observatoire_pipeline.codebook.reader import packaged_codebook, read_codebook
from observatoire_pipeline.tables.catalogue import catalogue
from observatoire_pipeline.tables.dictionary import data_dictionary

DICTIONARY = Path(__file__).parents[2] / "docs" / "data_dictionary.md"


def test_the_data_dictionary_is_current():
    book = read_codebook(packaged_codebook())
    expected = data_dictionary(catalogue(book).values(), book)
    assert DICTIONARY.read_text(encoding="utf-8") == expected, "run `observatoire dictionary`"
