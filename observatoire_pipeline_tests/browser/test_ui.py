"""The UI as a data engineer finds it: started as `make ui` does, looked at in a real browser.

In: what must be on the screen after `observatoire run --sample`. Not in: what Dagster itself
guarantees, and the look of the charts.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STAGES = ("ingest", "validate", "normalise", "longitudinal", "marts", "charts", "publish")
LOCATION = "observatoire_pipeline"
PATIENCE = 20_000
"""Milliseconds that the page may take to show what it was asked."""

SENSORS = """
query Sensors {
  sensorsOrError(repositorySelector: {
    repositoryName: "__repository__", repositoryLocationName: "observatoire_pipeline"
  }) {
    __typename
    ... on Sensors {
      results { name sensorState { status ticks { status runIds skipReason error { message } } } }
    }
  }
}
"""


@pytest.fixture(scope="module")
def home(chromium, tmp_path_factory):
    """A home with the sample's runs; asked after the browser, so that a skip costs nothing."""
    folder = tmp_path_factory.mktemp("ui") / "home"
    done = _observatoire("run", "--sample", "--home", str(folder))
    output, _ = done.communicate(timeout=300)
    assert done.returncode == 0, output
    return folder


@pytest.fixture(scope="module")
def ui(home, tmp_path_factory):
    """The address of the UI on that home; its processes end with the module."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "ui.log"
    with log.open("wb") as out:
        server = _observatoire("ui", "--home", str(home), "--port", str(port), output=out)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(address, server, log)
        yield address
    finally:
        _stop(server)


@pytest.fixture(scope="module")
def page(chromium):
    """One page for all tests: what it has loaded need not be loaded again."""
    page = chromium.new_page(viewport={"width": 1500, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.thrown = []
    page.on("pageerror", lambda error: page.thrown.append(str(error)))
    yield page
    page.close()


def test_the_graph_reads_from_export_to_release(ui, page):
    page.goto(f"{ui}/asset-groups")
    page.wait_for_function(
        "n => document.querySelectorAll('foreignObject').length >= n", arg=len(STAGES)
    )
    boxes = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('foreignObject')].map(
            box => [box.textContent.replace(/\\d+$/, ''), box.getBoundingClientRect().left]))"""
    )
    assert set(STAGES) <= set(boxes), boxes
    assert sorted(STAGES, key=boxes.__getitem__) == list(STAGES), boxes
    _nothing_is_wrong(page)


@pytest.mark.parametrize(
    ("job", "partitions"), [("edition", ("2016", "2017", "2018")), ("publication", ())]
)
def test_the_page_of_a_job_lists_the_runs_of_the_command_line(ui, page, job, partitions):
    page.goto(f"{ui}/locations/{LOCATION}/jobs/{job}/runs")
    runs = page.locator("a[href*='/runs/']").filter(has_text=re.compile(r"^\s*[0-9a-f]{8}\s*$"))
    runs.first.wait_for()
    assert runs.count() == max(len(partitions), 1)
    for partition in partitions:
        page.get_by_text(re.compile(rf"partition: *{partition}")).first.wait_for()
    _nothing_is_wrong(page)


def test_the_page_of_an_asset_says_what_a_row_is_and_where_the_cells_went(ui, page):
    page.goto(f"{ui}/assets/cell_map")
    page.get_by_text("One row is a column of a source file").wait_for()
    page.get_by_text(re.compile(r"\d+ in = \d+ coded \+ \d+ rejected \+ \d+ dropped")).wait_for()
    _nothing_is_wrong(page)


def test_the_page_of_a_chart_shows_the_picture_whole(ui, page):
    page.goto(f"{ui}/assets/likert_charts")
    page.get_by_text("[Show Markdown]").first.click()
    picture = page.locator("img[src^='data:image/svg+xml']")
    picture.wait_for()
    page.wait_for_function(
        "() => document.querySelector(\"img[src^='data:image/svg+xml']\").naturalWidth > 0"
    )
    box = picture.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]


def test_the_first_tick_of_the_landing_sensor_requests_nothing(ui, page):
    deadline = time.monotonic() + 30
    while not (ticks := _sensors(ui)["landing_sensor"]["ticks"]):
        assert time.monotonic() < deadline, "the landing sensor has not ticked"
        time.sleep(0.5)
    first = ticks[-1]
    assert first["error"] is None
    assert first["runIds"] == []
    assert first["status"] == "SKIPPED"
    assert first["skipReason"].count("accepted as it stands") == 3
    assert {state["status"] for state in _sensors(ui).values()} == {"RUNNING"}
    page.goto(f"{ui}/automation")
    for name in ("landing_sensor", "from_receipt_to_release", "yearly_ingestion"):
        page.get_by_text(name).first.wait_for()
    _nothing_is_wrong(page)


# --- parts ----------------------------------------------------------------------------------


def _observatoire(*arguments, output=subprocess.PIPE):
    """Start the command in a process group of its own, which is stopped as one."""
    return subprocess.Popen(
        [sys.executable, "-m", "observatoire_pipeline.cli", *arguments],
        stdout=output,
        stderr=subprocess.STDOUT,
        text=output is subprocess.PIPE,
        start_new_session=True,
    )


def _wait_until_ready(address, server, log):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            if _ask(address, "{ workspaceOrError { __typename } }"):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"the UI did not answer at {address}:\n{log.read_text()}")


def _stop(server):
    """Ask the services to stop, then see to it that none of the group is left."""
    server.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(timeout=10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait(timeout=10)


def _ask(address, query):
    request = urllib.request.Request(
        f"{address}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["data"]


def _sensors(address):
    found = _ask(address, SENSORS)["sensorsOrError"]
    assert found["__typename"] == "Sensors", found
    return {sensor["name"]: sensor["sensorState"] for sensor in found["results"]}


def _nothing_is_wrong(page):
    """No script threw, and no banner says that the code location or the daemon is in trouble."""
    said = page.locator("body").inner_text()
    for trouble in ("loaded with errors", "failed to load", "daemon is not running", "Error"):
        assert trouble not in said, said
    assert page.thrown == []
