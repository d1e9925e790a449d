"""An edition comes from the platform whole or not at all; a server plays the platform."""

import json

import pytest

from observatoire_pipeline.codebook.models import Source
from observatoire_pipeline.ingest import download as module
from observatoire_pipeline.ingest.download import DownloadError, download, download_edition
from observatoire_pipeline.ingest.reading import landing_sha256
from observatoire_pipeline_tests.builders import small_codebook
from observatoire_pipeline_tests.unit.ingest.api_server import Platform, served

TOKEN = "s3cret-t0ken"
SURVEY = "318754279"


def response(number):
    return {"id": str(1000 + number), "survey_id": SURVEY, "pages": []}


@pytest.fixture
def platform():
    details = {"id": SURVEY, "title": "Été", "pages": []}
    with served(Platform(details, [response(number) for number in range(250)])) as served_one:
        yield served_one


def fetched(platform, folder):
    return download(folder, survey=SURVEY, url=platform.url, token=TOKEN)


def refused(platform, folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
    with pytest.raises(DownloadError) as caught:
        fetched(platform, folder)
    after = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
    assert after == before
    assert TOKEN not in str(caught.value)
    return str(caught.value)


def error(status, message, **headers):
    body = json.dumps({"error": {"message": message, "http_status_code": status}}).encode()
    return status, headers, body


def test_the_details_and_every_page_are_saved_as_served(platform, tmp_path):
    done = fetched(platform, tmp_path / "2018")
    assert done.responses == 250
    assert done.changed
    assert done.files == (
        "details.json",
        "responses_0001.json",
        "responses_0002.json",
        "responses_0003.json",
    )
    assert sorted(path.name for path in (tmp_path / "2018").iterdir()) == sorted(done.files)
    held = [
        record["id"]
        for name in done.files[1:]
        for record in json.loads((tmp_path / "2018" / name).read_bytes())["data"]
    ]
    assert held == [each["id"] for each in platform.responses]
    assert platform.tokens == {f"Bearer {TOKEN}"}
    assert len(platform.asked) == 4, "a call costs one of 500 a day"
    assert list(tmp_path.iterdir()) == [tmp_path / "2018"]


def test_no_answers_yet(platform, tmp_path):
    platform.responses = []
    assert fetched(platform, tmp_path / "2018").responses == 0


def test_what_has_not_changed_is_left_alone(platform, tmp_path):
    folder = tmp_path / "2018"
    fetched(platform, folder)
    (folder / "manifest.yaml").write_text("note: by API\n", encoding="utf-8")
    written = (folder / "details.json").stat().st_mtime_ns
    again = fetched(platform, folder)
    assert not again.changed
    assert (folder / "details.json").stat().st_mtime_ns == written


def test_fewer_pages_leave_none_behind_and_the_manifest_stays(platform, tmp_path):
    folder = tmp_path / "2018"
    fetched(platform, folder)
    (folder / "manifest.yaml").write_text("note: by API\n", encoding="utf-8")
    checksum = landing_sha256(folder)
    del platform.responses[120:]
    assert fetched(platform, folder).changed
    assert not (folder / "responses_0003.json").exists()
    assert (folder / "manifest.yaml").read_text(encoding="utf-8") == "note: by API\n"
    assert landing_sha256(folder) != checksum


def test_answers_that_arrive_meanwhile_start_it_again(platform, tmp_path):
    platform.arriving = 2
    done = fetched(platform, tmp_path / "2018")
    assert done.responses == 252
    platform.arriving = 99
    assert "answers kept arriving" in refused(platform, tmp_path / "2018")


def test_a_busy_platform_is_asked_again_when_it_says_so(platform, tmp_path):
    platform.failures = [
        error(429, "slow down", **{"X-Ratelimit-App-Global-Minute-Reset": "1"}),
        error(503, "not now", **{"Retry-After": "0"}),
    ]
    assert fetched(platform, tmp_path / "2018").responses == 250
    assert len(platform.asked) == 6


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "the token is missing, wrong or expired"),
        (403, "may not read responses"),
        (404, "see `source.survey`"),
    ],
)
def test_a_refusal_is_told_in_the_platforms_words_and_what_to_do(platform, tmp_path, status, hint):
    platform.failures = [error(status, "Words of the platform.")]
    told = refused(platform, tmp_path / "2018")
    assert f"{status} (Words of the platform.): " in told
    assert hint in told
    assert len(platform.asked) == 1


def test_a_used_up_day_is_told(platform, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TRIES", 1)
    platform.failures = [error(429, "Limit", **{"X-Ratelimit-App-Global-Day-Remaining": "0"})]
    assert "the calls of the day are used up" in refused(platform, tmp_path / "2018")


def test_a_failure_in_the_middle_leaves_what_was_there(platform, tmp_path):
    fetched(platform, tmp_path / "2018")
    del platform.responses[150:]
    platform.failures = [(200, {}, None), (200, {}, None), (200, {}, b"<html>Maintenance</html>")]
    assert "page 2: not a page of responses" in refused(platform, tmp_path / "2018")


def test_the_token_follows_no_redirection(platform, tmp_path):
    platform.failures = [(302, {"Location": "http://127.0.0.1:9/"}, b"")]
    assert ": 302 (" in refused(platform, tmp_path / "2018")


def test_a_platform_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "TRIES", 1)
    with pytest.raises(DownloadError, match="no answer"):
        download(tmp_path / "2018", survey=SURVEY, url="http://127.0.0.1:9/v3", token=TOKEN)


def test_files_delivered_by_hand_are_not_joined(platform, tmp_path):
    (tmp_path / "2018").mkdir()
    (tmp_path / "2018" / "export.csv").write_text("x", encoding="utf-8")
    assert "holds export.csv, delivered by hand" in refused(platform, tmp_path / "2018")
    assert platform.asked == []


def test_an_interrupted_exchange_is_undone_first(platform, tmp_path):
    fetched(platform, tmp_path / "2018")
    (tmp_path / "2018").rename(tmp_path / ".2018.before")
    platform.failures = [error(401, "No.")]
    with pytest.raises(DownloadError):
        fetched(platform, tmp_path / "2018")
    assert (tmp_path / "2018" / "details.json").exists()


def test_the_codebook_says_where(platform, tmp_path):
    def asked(edition, token=TOKEN, source=None):
        declared = {
            key: each.model_copy(update={"source": source})
            for key, each in small_codebook().editions.items()
        }
        book = small_codebook(editions=declared)
        return download_edition(
            edition, codebook=book, landing=tmp_path, token=token, url=platform.url
        )

    there = Source(survey=SURVEY)
    assert asked("2018", source=there).folder == tmp_path / "2018"
    with pytest.raises(DownloadError, match="OBSERVATOIRE_SURVEYMONKEY_TOKEN"):
        asked("2018", token="", source=there)
    with pytest.raises(DownloadError, match="1999 is none of 2017, 2018"):
        asked("1999", source=there)
    with pytest.raises(DownloadError, match=r"no `source` in small_codebook/editions\.yaml"):
        asked("2018")
