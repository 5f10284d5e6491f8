"""Subtitles under somebody's hands: keys, buttons and the timeline, in a real browser."""

import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import srt

from tests.page.steps import button, downloaded, dropped, until_done
from tools.headless_browser import Tab

_PATIENCE_S = 60.0
_CTRL = 2
_PX_PER_S = 60  # as the timeline opens


def _opened(page: Tab, client: httpx.Client, recording: Path) -> str:
    """Where the cues of a recording are, once it is shown."""
    dropped(page, recording)
    until_done(page)
    page.until("document.querySelector('.timeline canvas')")
    (job,) = client.get("/api/jobs").json()["jobs"]
    return f"/api/jobs/{job['id']}/cues"


def _cues(client: httpx.Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(address).json()["cues"]
    return found


def _until_saved(page: Tab) -> None:
    page.until("[...document.querySelectorAll('.pane .soft')].some(e => e.innerText === 'Saved')")


def _until_there(client: httpx.Client, address: str, cues: list[dict[str, Any]]) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while _cues(client, address) != cues:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def _caret(page: Tab, row: int, place: int) -> None:
    """Put the caret into the text of a row."""
    area = f"document.querySelectorAll('.cue textarea')[{row}]"
    page.run(f"{area}.focus(); {area}.setSelectionRange({place}, {place})")


def _drag(page: Tab, from_x: float, to_x: float, *, ends: bool = True) -> None:
    """Move what is at a place of the timeline's boxes, with a mouse."""
    frame = page.run(
        "(() => { const e = document.querySelector('.timeline-frame');"
        " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
        " return {x: r.x, y: r.bottom - 20}; })()"
    )
    steps = [("mousePressed", from_x), ("mouseMoved", (from_x + to_x) / 2), ("mouseMoved", to_x)]
    for kind, x in [*steps, *([("mouseReleased", to_x)] if ends else [])]:
        page.send(
            "Input.dispatchMouseEvent",
            type=kind,
            x=frame["x"] + x,
            y=frame["y"],
            button="left",
            buttons=1,
            clickCount=1,
        )


def test_edited_split_merged_dragged_and_undone(
    page: Tab, client: httpx.Client, recordings: Path, downloads: Path
) -> None:
    """Each step is on the service as it is on the page, all can be undone, a download has them."""
    address = _opened(page, client, recordings / "lecture.mp3")
    before = _cues(client, address)
    text = before[0]["text"]
    _caret(page, 0, text.index("word3"))
    page.press("Enter", code=13, modifiers=_CTRL)
    page.until(f"document.querySelectorAll('.cue').length === {len(before) + 1}")
    page.until("document.activeElement === document.querySelectorAll('.cue textarea')[1]")
    page.type("And ")
    _until_saved(page)
    parted = _cues(client, address)
    assert [cue["text"] for cue in parted[:2]] == ["word1 word2", "And " + text[12:]]
    assert parted[0]["end_ms"] == parted[1]["start_ms"] == 3000  # where the third word begins

    _caret(page, 1, 0)
    page.press("Backspace", code=8, modifiers=_CTRL)
    page.until(f"document.querySelectorAll('.cue').length === {len(before)}")
    edge = before[0]["end_ms"] / 1000 * _PX_PER_S
    _drag(page, edge - 2, edge - 62)
    _until_saved(page)
    moved = _cues(client, address)
    assert moved[0]["text"] == "word1 word2 And " + text[12:]
    assert moved[0]["end_ms"] < before[0]["end_ms"] - 800
    assert moved[1]["start_ms"] - moved[0]["end_ms"] == before[1]["start_ms"] - before[0]["end_ms"]
    page.click(button("Download as SRT"))
    content = downloaded(downloads, "lecture.srt").read_text(encoding="utf-8")
    assert content == client.get(address.replace("cues", "result.srt")).text
    assert [each.content for each in srt.parse(content)] == [cue["text"] for cue in moved]

    _drag(page, 100, 300, ends=False)
    page.press("Escape", code=27)
    assert _cues(client, address) == moved
    for _ in range(4):
        page.press("z", code=90, modifiers=_CTRL)
    page.until("document.querySelector('.cue textarea').value.startsWith('word1 word2 word3')")
    _until_saved(page)
    _until_there(client, address, before)


def test_times_are_typed_and_shifted(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """A typed time counts exactly, one that cannot be is not taken; a form shifts all."""
    address = _opened(page, client, recordings / "lecture.mp3")
    before = _cues(client, address)
    start = "document.querySelectorAll('.cue-times input')[0]"
    for typed, valid in (("0:1.52", True), ("7", False), ("soon", False)):
        page.run(f"{start}.focus(); {start}.select()")
        page.type(typed)
        page.press("Enter", code=13)
        page.until(f"({start}).getAttribute('aria-invalid') === '{str(not valid).lower()}'")
    page.press("Escape", code=27)
    page.run(f"{start}.focus()")
    page.press("ArrowUp", code=38)
    page.until(f"{start}.value === '0:01.56'")
    page.click(button("Times and speakers"))
    field = "document.querySelector('.panel form input')"
    page.run(f"{field}.focus(); {field}.select()")
    page.type("0.2")
    page.click(button("Shift"))
    page.until(f"{start}.value === '0:01.76'")
    _until_saved(page)
    assert [cue["start_ms"] for cue in _cues(client, address)] == [
        1760,
        *(cue["start_ms"] + 200 for cue in before[1:]),
    ]


def test_search_and_replace_is_one_step(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """It counts first, replaces by a pattern in all subtitles, and is undone at once."""
    address = _opened(page, client, recordings / "lecture.mp3")
    before = _cues(client, address)
    page.press("f", code=70, modifiers=_CTRL)
    page.until("document.activeElement.closest('[role=search]')")
    page.type("word(3\\d)")
    page.click("document.querySelectorAll('[role=search] .check input')[2]")
    page.until("document.querySelector('#find-count').innerText === '5 places in 1 subtitles'")
    page.run("document.querySelectorAll('[role=search] .line input')[1].focus()")
    page.type("$1!")
    page.click(button("Replace all"))
    page.until("document.querySelector('#find-count').innerText.startsWith('0 ')")
    _until_saved(page)
    assert _cues(client, address)[-1]["text"].split() == ["30!", "31!", "32!", "33!", "34!."]
    page.click(button("Undo: replacing"))
    page.until("document.querySelector('#find-count').innerText.startsWith('5 ')")
    _until_saved(page)
    assert _cues(client, address) == before


def test_heard_again_only_as_asked(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """Old and new stand side by side, and the old stays until the new is taken."""
    address = _opened(page, client, recordings / "lecture.mp3")
    _caret(page, 0, 0)
    page.type("wrong ")
    _until_saved(page)
    wrong = _cues(client, address)
    page.click(button("Hear it again"))
    page.until("document.querySelectorAll('.compared dd').length === 2")
    assert _cues(client, address) == wrong
    new = page.run("document.querySelectorAll('.compared dd')[1].innerText")
    assert "wrong" not in new
    page.click(button("Use the new"))
    page.until("!document.querySelector('.compared')")
    page.until("!document.querySelector('.cue textarea').value.includes('wrong')")
    page.press("z", code=90, modifiers=_CTRL)
    page.until("document.querySelector('.cue textarea').value.includes('wrong')")
    page.click(button("Time its words again"))
    page.until(button("Keep the old"))
    page.until("!document.querySelector('.subtitles .panel').innerText.includes('Listening')")
    page.click(button("Keep the old"))
    _until_saved(page)
    assert _cues(client, address) == wrong


def test_a_character_that_is_composed_is_no_key(
    page: Tab, client: httpx.Client, recordings: Path
) -> None:
    """Enter that ends a composition, as of Chinese, does not leave the subtitle."""
    _opened(page, client, recordings / "lecture.mp3")
    _caret(page, 0, 0)
    page.run(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert page.run("document.activeElement === document.querySelectorAll('.cue textarea')[0]")
    page.press("Enter", code=13)
    page.until("document.activeElement === document.querySelectorAll('.cue textarea')[1]")
    page.press("F1", code=112)
    page.until("document.querySelector('dialog[open]')")
    page.press("Escape", code=27)
    page.until("!document.querySelector('dialog')")
