"""The view that records, in a real browser with a microphone that beeps."""

from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx

from tests.serve.conftest import Served, served
from tools.headless_browser import Tab

START = "document.querySelector('.record .button.primary')"
STOP = "document.querySelector('.record .acts .primary')"
CLOCK = "document.querySelector('.clock-big').innerText"
# How many parts of recordings the browser keeps. Whoever asks before the page does must not make
# the database: without its stores the page could keep nothing.
PARTS = """new Promise(resolve => {
  const opened = indexedDB.open('qasr');
  opened.onupgradeneeded = () => opened.transaction.abort();
  opened.onerror = () => resolve(0);
  opened.onsuccess = () => {
    const database = opened.result;
    const counted = database.transaction('parts').objectStore('parts').count();
    counted.onsuccess = () => { database.close(); resolve(counted.result); };
  };
})"""


def test_a_recording_becomes_a_file_in_the_queue(page: Tab, client: httpx.Client) -> None:
    """Level and time are seen; in a pause neither goes on; then it is heard as every file."""
    page.run("location.hash = '#record'")
    page.click(START)
    page.until(f"{CLOCK} >= '0:01'")
    page.until("+document.querySelector('[role=meter]').getAttribute('aria-valuenow') > 0")
    page.click("document.querySelector('.record .acts .button')")
    page.until("document.querySelector('.record .status').innerText === 'Paused'")
    stopped_at = page.run(CLOCK)
    page.until("document.querySelector('[role=meter]').getAttribute('aria-valuenow') === '0'")
    assert page.run(CLOCK) == stopped_at
    page.click("document.querySelector('.record .acts .button')")

    page.click(STOP)

    page.until("document.querySelector('.record').innerText.includes('is among your recordings')")
    page.until("document.querySelectorAll('.row.done').length === 1")
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert job["name"].startswith("Recording ")
    assert job["name"].endswith(".webm")
    assert job["duration_s"] > 1
    page.until(f"{PARTS}.then(count => count === 0)")
    page.click("[...document.querySelectorAll('.record .button')].at(-1)")
    page.until(f"document.querySelector('#result-title')?.innerText === '{job['name']}'")


def test_a_crash_loses_a_second_at_most(
    open_browser: Callable[..., Tab], service: Served, client: httpx.Client, tmp_path: Path
) -> None:
    """What was recorded before the browser was killed is offered, and can be transcribed."""
    tab = open_browser(tmp_path)
    tab.open(service.url + "/#record")
    tab.click(START)
    tab.until(f"{PARTS}.then(count => count >= 3)")  # the first may hold next to nothing
    kept = "import('/page/recordings_kept.js').then(all => all.keptRecordings())"
    assert tab.run(f"{kept}.then(found => found.length)") == 0  # a page is at work on it
    tab.kill()
    before = {job["id"] for job in client.get("/api/jobs").json()["jobs"]}

    again = open_browser(tmp_path)
    again.open(service.url + "/#record")
    again.click("document.querySelector('.record .sure .primary')")

    again.until("document.querySelector('.record').innerText.includes('is among your recordings')")
    again.until("!document.querySelector('.record .sure')")
    found = {job["id"]: job for job in client.get("/api/jobs").json()["jobs"]}
    (new,) = found.keys() - before
    again.until("!document.querySelector('.row:not(.done)')")
    assert client.get(f"/api/jobs/{new}").json()["duration_s"] > 1
    assert again.console == []


def test_no_microphone_from_an_address_that_is_not_secure(
    open_browser: Callable[..., Tab], tmp_path: Path
) -> None:
    """It is said why, and what helps; the button stays."""
    with served(tmp_path, "--allow-host", "qasr.test") as running:
        tab = open_browser(flags=["--host-resolver-rules=MAP qasr.test 127.0.0.1"])
        tab.open(f"http://qasr.test:{running.port}/#record")
        tab.until("document.querySelector('.record')")
        assert tab.run("document.querySelector('.record pre').innerText") == (
            f"ssh -L {running.port}:localhost:{running.port} qasr.test"
        )
        assert tab.run(f"{START}.disabled") is True
        # Of such an address Chromium says that it heeds one header less.
        assert [line for line in tab.console if "Opener-Policy" not in line] == []


def test_a_microphone_that_is_refused(open_browser: Callable[..., Tab], service: Served) -> None:
    """The browser's no is said in plain words."""
    tab = open_browser(flags=["--deny-permission-prompts"])
    tab.open(service.url + "/#record")
    tab.run(
        "navigator.mediaDevices.getUserMedia = () =>"
        " Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    tab.click(START)
    tab.until("document.querySelector('.record [role=alert]').innerText.includes('Allow it')")
