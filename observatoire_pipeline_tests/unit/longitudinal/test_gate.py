"""An edition enters the panel only as it was accepted."""

import pytest

from observatoire_pipeline.longitudinal.gate import (
    GateClosed,
    Receipt,
    Standing,
    open_editions,
    refusal,
)

RECEIPT = Receipt(
    landing_sha256="files", codebook_sha256="book", partition_sha256={"norm_responses": "table"}
)
ACCEPTED = Standing(
    edition="2018", landed="files", stored={"norm_responses": "table"}, receipt=RECEIPT
)


def standing(**changes):
    return Standing(**{**vars(ACCEPTED), **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"landed": None}, None),
        ({"landed": None, "stored": {}, "receipt": None}, None),
        ({"receipt": None}, "files have landed, but the edition was never accepted"),
        (
            {"receipt": None, "landed": None},
            "tables are stored, but the edition was never accepted",
        ),
        (
            {"landed": "others"},
            "the landing folder holds other files than those that were accepted",
        ),
        (
            {"stored": {"norm_responses": "changed"}},
            "stored tables differ from those that were accepted: norm_responses",
        ),
        ({"stored": {}}, "stored tables differ from those that were accepted: norm_responses"),
        ({"landing_error": "cannot be read"}, "cannot be read"),
    ],
)
def test_why_an_edition_is_refused(changes, reason):
    assert refusal(standing(**changes), codebook_sha256="book") == reason


def test_another_state_of_the_codebook_is_refused():
    assert refusal(ACCEPTED, codebook_sha256="edited") == (
        "it was accepted with another state of the codebook"
    )


def test_a_declared_edition_that_has_not_landed_does_not_hold_back_the_others():
    absent = standing(edition="2019", landed=None, stored={}, receipt=None)
    assert open_editions([ACCEPTED, absent], codebook_sha256="book") == ["2018"]


def test_every_refused_edition_is_named_with_its_last_run():
    bad = standing(edition="2016", receipt=None, last_attempt="FAILURE (check x failed)")
    worse = standing(edition="2017", landed="others")
    with pytest.raises(GateClosed) as caught:
        open_editions([bad, worse, ACCEPTED], codebook_sha256="book")
    message = str(caught.value)
    assert "edition 2016: files have landed" in message
    assert "last run of the edition job: FAILURE (check x failed)" in message
    assert "edition 2017: the landing folder holds other files" in message
    assert "edition 2018" not in message


def test_nothing_accepted_is_not_an_empty_release():
    absent = standing(landed=None, stored={}, receipt=None)
    with pytest.raises(GateClosed, match="no edition has been accepted yet"):
        open_editions([absent], codebook_sha256="book")
