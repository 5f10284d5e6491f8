"""Changes that the service does not have yet: the browser keeps and offers them; in a real one."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.page.steps import button, dropped, until_done
from tests.serve.conftest import served
from tools.headless_browser import Tab

_PATIENCE_S = 60.0
_FIRST = "document.querySelector('.cue textarea')"
# The texts of the first subtitles of what the browser keeps.
KEPT = """new Promise((resolve, reject) => {
  const opened = indexedDB.open('qasr');
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const database = opened.result;
    const found = database.transaction('drafts').objectStore('drafts').getAll();
    found.onsuccess = () => {
      database.close();
      resolve(found.result.map(each => JSON.parse(each.cues)[0].text));
    };
  };
})"""


def typed(tab: Tab, text: str) -> None:
    """Have the text of the first subtitle be another."""
    tab.run(f"{_FIRST}.focus(); {_FIRST}.select()")
    tab.type(text)


def until_kept(tab: Tab, *texts: str) -> None:
    """Wait until the browser keeps changes with these first texts, and no others."""
    tab.until(f"{KEPT}.then(all => JSON.stringify(all) === JSON.stringify({list(texts)}))")


def _cues(client: httpx.Client) -> tuple[str, list[dict[str, Any]]]:
    """Where the cues of the only recording are, and what they are."""
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    return address, client.get(address).json()["cues"]


def _until_first_is(client: httpx.Client, text: str) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while _cues(client)[1][0]["text"] != text:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def _killed_while_typing(
    open_browser: Callable[..., Tab], recordings: Path, folder: Path, text: str
) -> int:
    """Service and browser die over a text that was typed; the port of the service."""
    with served(folder / "service") as running:
        tab = open_browser(folder / "browser")
        tab.open(running.url + "/")
        tab.until("document.querySelector('select')?.length > 20")
        dropped(tab, recordings / "announcement.wav")
        until_done(tab)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        typed(tab, text)
        until_kept(tab, text)
        tab.kill()
        return running.port


@contextlib.contextmanager
def _again(folder: Path, port: int) -> Iterator[tuple[str, httpx.Client]]:
    """The address of the page, which has to be the same as before, and a client."""
    with served(folder / "service", "--port", str(port)) as running, running.client() as client:
        yield f"http://127.0.0.1:{port}/", client


def test_what_was_typed_outlives_browser_and_service(
    open_browser: Callable[..., Tab], recordings: Path, tmp_path: Path
) -> None:
    """Both are killed; what was typed is offered with its time, and saved once it is wanted."""
    (tmp_path / "service").mkdir()
    (tmp_path / "browser").mkdir()
    port = _killed_while_typing(open_browser, recordings, tmp_path, "typed at the last moment")

    with _again(tmp_path, port) as (url, client):
        tab = open_browser(tmp_path / "browser")
        tab.open(url)
        tab.until("document.querySelector('.comparing .difference')")
        before = _cues(client)[1][0]["text"]
        assert tab.run(f"{_FIRST}.value") == before
        assert tab.run("document.querySelector('.comparing').innerText").count("typed at the") == 1
        tab.click("document.querySelector('.comparing .primary')")
        _until_first_is(client, "typed at the last moment")
        until_kept(tab)
        tab.until("!document.querySelector('.comparing')")
        tab.run(f"{_FIRST}.focus()")
        tab.press("z", code=90, modifiers=2)
        _until_first_is(client, before)
        assert tab.console == []


def test_what_was_typed_does_not_take_the_place_of_what_came_later(
    open_browser: Callable[..., Tab], recordings: Path, tmp_path: Path
) -> None:
    """Where the service has changed meanwhile, both versions are shown; discarded is gone."""
    (tmp_path / "service").mkdir()
    (tmp_path / "browser").mkdir()
    port = _killed_while_typing(open_browser, recordings, tmp_path, "mine")

    with _again(tmp_path, port) as (url, client):
        address, cues = _cues(client)
        theirs = [{**cues[0], "text": "theirs"}, *cues[1:]]
        client.patch(address, json={"cues": theirs}, headers={"If-Match": "*"}).raise_for_status()
        tab = open_browser(tmp_path / "browser")
        tab.open(url)
        tab.until("document.querySelector('.comparing .difference')")
        shown = tab.run("document.querySelector('.difference').innerText")
        assert "both were changed" in shown
        assert [each in shown for each in ("mine", "theirs")] == [True, True]
        tab.click(button("Discard them"))
        tab.until("!document.querySelector('.comparing')")
        until_kept(tab)
        assert _cues(client)[1][0]["text"] == "theirs"


def test_of_two_versions_each_place_is_chosen(
    page: Tab, client: httpx.Client, recordings: Path, allowed_lines: list[str]
) -> None:
    """Of a conflict every difference is shown; where one side changed, its text is proposed."""
    allowed_lines.append("412 (Precondition Failed)")
    dropped(page, recordings / "clip.mp4")
    until_done(page)
    address, cues = _cues(client)
    theirs = [*cues[:-1], {**cues[-1], "text": "theirs"}]
    client.patch(address, json={"cues": theirs}, headers={"If-Match": "*"}).raise_for_status()
    typed(page, "mine")
    page.until("document.querySelectorAll('.difference').length === 2")
    chosen = "[...document.querySelectorAll('.difference input:checked')]"
    assert page.run(f"{chosen}.map(e => e.closest('label').innerText.split('\\n').at(-1))") == [
        "mine",
        "theirs",
    ]

    page.click(button("Save what is chosen"))

    _until_first_is(client, "mine")
    assert [cue["text"] for cue in _cues(client)[1]] == [
        "mine",
        *(cue["text"] for cue in cues[1:-1]),
        "theirs",
    ]
    page.until("!document.querySelector('.comparing')")
    until_kept(page)


def test_a_service_that_was_gone_gets_what_was_typed(
    page: Tab, client: httpx.Client, recordings: Path, allowed_lines: list[str]
) -> None:
    """While nobody answers it is said that nothing is saved; then it is, without being asked."""
    allowed_lines += ["ERR_INTERNET_DISCONNECTED", "ERR_NETWORK"]
    dropped(page, recordings / "announcement.wav")
    until_done(page)
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.send("Network.emulateNetworkConditions", offline=True, **offline)
    typed(page, "typed while nobody answered")
    page.until("document.querySelector('.pane-head .bad')?.innerText.startsWith('Not saved')")
    until_kept(page, "typed while nobody answered")
    page.send("Network.emulateNetworkConditions", offline=False, **offline)
    _until_first_is(client, "typed while nobody answered")
    until_kept(page)
