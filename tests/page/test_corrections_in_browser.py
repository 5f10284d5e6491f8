"""Subtitles that are corrected on the page, in a real browser."""

import time
from pathlib import Path

import httpx2 as httpx

from tests.page.steps import button, downloaded, dropped, select, until_done
from tools.headless_browser import Tab

_PATIENCE_S = 60.0


def test_corrections_are_kept_and_taken_back(
    page: Tab, client: httpx.Client, recordings: Path, downloads: Path
) -> None:
    """What is typed is in the text to copy at once, on the service soon, in the next download."""
    dropped(page, recordings / "announcement.wav")
    until_done(page)
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    before = client.get(address).json()["cues"]
    select(page, "document.querySelector('.cue textarea')")
    page.type("שלום <b>&amp; 你好")
    assert page.run("document.querySelector('.plain').value").startswith("שלום <b>&amp; 你好")

    page.click(button("Download as SRT"))

    text = downloaded(downloads, "announcement.srt").read_text(encoding="utf-8")
    assert "שלום <b>&amp; 你好" in text
    assert client.get(address).json()["cues"][0]["text"] == "שלום <b>&amp; 你好"
    assert page.run("document.querySelector('.cue textarea').matches(':dir(rtl)')")
    page.run("document.querySelector('.cue textarea').focus()")
    page.press("z", code=90, modifiers=2)
    page.until("[...document.querySelectorAll('.pane .soft')].some(e => e.innerText === 'Saved')")
    assert client.get(address).json()["cues"] == before


def test_two_who_correct_the_same(
    page: Tab, client: httpx.Client, recordings: Path, allowed_lines: list[str]
) -> None:
    """Nobody's correction takes the place of another's without being asked."""
    allowed_lines.append("412 (Precondition Failed)")
    dropped(page, recordings / "announcement.wav")
    until_done(page)
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    cues = client.get(address).json()["cues"]

    def corrected_elsewhere(text: str) -> None:
        changed = [{**cues[0], "text": text}, *cues[1:]]
        answer = client.patch(address, json={"cues": changed}, headers={"If-Match": "*"})
        assert answer.status_code == httpx.codes.OK

    for choice, kept in (("Keep mine", "mine"), ("Show theirs", "theirs 2")):
        corrected_elsewhere("theirs" if kept == "mine" else "theirs 2")
        select(page, "document.querySelector('.cue textarea')")
        page.type("mine" if kept == "mine" else "mine 2")
        page.click(button(choice))
        page.until(f"document.querySelector('.cue textarea').value === '{kept}'")
        page.until("!document.querySelector('.pane [role=alert]')")
        deadline_s = time.monotonic() + _PATIENCE_S
        while client.get(address).json()["cues"][0]["text"] != kept:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)


def test_a_long_list_draws_what_is_seen(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """Of 4,000 subtitles a few dozen rows are there; typing at the end reaches the service."""
    dropped(page, recordings / "lecture.mp3")
    until_done(page)
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    cues = [{"start_ms": 2 * n, "end_ms": 2 * n + 2, "text": f"cue {n}"} for n in range(4000)]
    answer = client.patch(address, json={"cues": cues}, headers={"If-Match": "*"})
    assert answer.status_code == httpx.codes.OK, answer.text
    page.reload()
    page.until("document.querySelector('.cue textarea')?.value === 'cue 0'")
    page.run("document.querySelector('.subtitles .scroll').scrollTop = 1e9")
    page.until("[...document.querySelectorAll('.cue textarea')].at(-1).value === 'cue 3999'")
    assert page.run("document.querySelectorAll('.cue').length") < 40
    select(page, "[...document.querySelectorAll('.cue textarea')].at(-1)")
    page.type("the end")
    deadline_s = time.monotonic() + _PATIENCE_S
    while client.get(address).json()["cues"][-1]["text"] != "the end":
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
