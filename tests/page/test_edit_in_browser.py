"""`qasr edit` in a real browser: subtitles corrected where they stand, and ticked off."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import srt

from qasr_cli.storage.lock import RunLock
from tests.page.steps import axe, button, faults
from tests.page.test_drafts_in_browser import typed, until_kept
from tools.headless_browser import Tab

_PATIENCE_S = 120.0
_RATE_HZ = 16_000
_ALT = 1
_NAMES = "[...document.querySelectorAll('.row.edit .name')].map(e => e.innerText)"
_TITLE = "document.querySelector('#result-title')?.innerText"
# What to listen to first is there before the subtitles, and F7 is pressed in the very task in which
# both come into the page.
_PRESSES_AT_ONCE = """
  const ask = fetch;
  let hasReview;
  const review = new Promise((done) => (hasReview = done));
  window.fetch = async (address, request) => {
    if (address.endsWith("/cues")) await review;
    const answer = await ask(address, request);
    if (address.endsWith("/review")) setTimeout(hasReview, 100);
    return answer;
  };
  new MutationObserver((_, watch) => {
    if (!document.querySelector(".doubt")) return;
    watch.disconnect();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "F7", bubbles: true }));
  }).observe(document, { childList: true, subtree: true });
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Edited:
    """`qasr edit` that runs."""

    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def _editing(named: Path, folder: Path, *, port: int = 0) -> Iterator[_Edited]:
    """`qasr edit` of a folder, until the context ends."""
    log = folder / "edit.log"
    command = [sys.executable, "-m", "qasr_cli", "edit", str(named), "--no-browser"]
    command += ["--port", str(port), "--engine", "fake", "--state-dir", str(folder / "state")]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors)
    try:
        yield _Edited(url=_address_in(log, process), process=process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE_S)


def _address_in(log: Path, process: "subprocess.Popen[bytes]") -> str:
    deadline_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline_s:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())
        if found:
            return f"http://127.0.0.1:{found[1]}/"
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError(log.read_text())


@pytest.fixture
def talks(tmp_path: Path, recordings: Path) -> Path:
    """What a batch left of two recordings; in one of them is too much text for its time."""
    folder = tmp_path / "talks"
    (folder / "monday").mkdir(parents=True)
    shutil.copy(recordings / "announcement.wav", folder / "monday" / "announcement.wav")
    shutil.copy(recordings / "clip.mp4", folder / "clip.mp4")
    command = [sys.executable, "-m", "qasr_cli", "batch", str(folder), "--engine", "fake"]
    subprocess.run([*command, "-f", "srt", "--quiet"], check=True)
    cues = list(srt.parse((folder / "clip.srt").read_text(encoding="utf-8")))
    cues[-1].content = "far more words than anybody says in such a short time " * 4
    (folder / "clip.srt").write_text(srt.compose(cues), encoding="utf-8")
    return folder


def _texts(path: Path) -> list[str]:
    found = srt.parse(path.read_text(encoding="utf-8"))
    return [each.content.replace("\n", " ") for each in found]


def _until_on_disk(path: Path, first: str) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while _texts(path)[0] != first:
        assert time.monotonic() < deadline_s, _texts(path)
        time.sleep(0.02)


def _opened(tab: Tab, url: str, name: str) -> None:
    """Have one of the recordings shown."""
    tab.open(url)
    row = f"[...document.querySelectorAll('.row-main')].find(e => e.innerText.includes('{name}'))"
    tab.until(row)
    tab.run(f"{row}.click()")
    tab.until(f"{_TITLE}?.endsWith('{name}') && document.querySelector('.cue textarea')")


def test_recordings_are_corrected_and_ticked_off_where_they_lie(
    open_browser: Callable[..., Tab], talks: Path, tmp_path: Path
) -> None:
    """Nothing can be added; a key goes to what is doubtful, one ticks off, one goes on."""
    with _editing(talks, tmp_path) as edited:
        tab = open_browser()
        tab.look(width=1440, height=900)
        _opened(tab, edited.url, "clip.mp4")
        assert tab.run("document.querySelector('.drop, .record, .row-acts')") is None
        typed(tab, "corrected where it lies")
        _until_on_disk(talks / "clip.srt", "corrected where it lies")
        tab.reload()
        tab.until("document.querySelector('.doubt')")
        assert "More text than anyone says" in tab.run("document.querySelector('.doubt').innerText")
        tab.press("F7", code=118)
        tab.until("document.querySelector('.doubt').matches('[aria-current]')")
        tab.until("document.querySelector('video').currentTime > 4")

        tab.press("Enter", code=13, modifiers=_ALT)

        tab.until("document.activeElement.innerText === 'Go on with it'")
        assert tab.run("document.querySelectorAll('.row.reviewed').length") == 1
        tab.click(button("Go on with it"))
        tab.until(f"{_TITLE}?.endsWith('announcement.wav')")
        tab.click("[...document.querySelectorAll('.filters button')].at(-1)")
        tab.until(f"{_NAMES}.join() === 'clip.mp4'")
        tab.click("document.querySelector('.filters button')")
        tab.run("document.querySelector('[type=search]').focus()")
        tab.type("monday ANN")
        tab.until(f"{_NAMES}.join() === 'monday/announcement.wav'")
        assert tab.console == []
    report = json.loads((talks / "processing_report.json").read_text(encoding="utf-8"))
    reviewed = {each["file"]: "reviewed" in each for each in report["details"]}
    assert reviewed == {"clip.mp4": True, "monday/announcement.wav": False}


def test_a_key_is_heard_as_soon_as_one_sees_what_it_acts_on(
    open_browser: Callable[..., Tab], talks: Path, tmp_path: Path
) -> None:
    """However busy the machine is: not only once the browser has painted and has time."""
    with _editing(talks, tmp_path) as edited:
        tab = open_browser()
        tab.send("Page.addScriptToEvaluateOnNewDocument", source=_PRESSES_AT_ONCE)

        _opened(tab, edited.url, "clip.mp4")

        tab.until("document.querySelector('.doubt[aria-current]')")


def test_what_another_program_wrote_meanwhile_is_shown(
    open_browser: Callable[..., Tab], talks: Path, tmp_path: Path
) -> None:
    """Both versions stand beside each other, and what is chosen of both is what stands there."""
    path = talks / "clip.srt"
    with _editing(talks, tmp_path) as edited:
        tab = open_browser()
        _opened(tab, edited.url, "clip.mp4")
        cues = list(srt.parse(path.read_text(encoding="utf-8")))
        cues[-1].content = "by another program"
        path.write_text(srt.compose(cues), encoding="utf-8")
        typed(tab, "by hand")
        tab.until("document.querySelectorAll('.difference').length === 2")
        assert "on the disk" in tab.run("document.querySelector('.comparing').innerText")

        tab.click(button("Save what is chosen"))

        _until_on_disk(path, "by hand")
        assert _texts(path)[-1] == "by another program"
        tab.until("!document.querySelector('.comparing')")
        until_kept(tab)


def test_what_is_typed_while_a_batch_works_is_saved_after_it(
    open_browser: Callable[..., Tab], talks: Path, tmp_path: Path
) -> None:
    """It is said why nothing is saved; nothing has to be pressed once the batch has ended."""
    with _editing(talks, tmp_path) as edited:
        tab = open_browser()
        _opened(tab, edited.url, "clip.mp4")
        with RunLock(str(talks / ".qasr"), of=str(talks)):
            typed(tab, "typed during a batch")
            tab.until(
                "document.querySelector('.pane-head .bad')?.innerText.includes('A run is at')"
            )
            until_kept(tab, "typed during a batch")
        _until_on_disk(talks / "clip.srt", "typed during a batch")
        until_kept(tab)


def test_what_was_typed_is_offered_by_the_next_start(
    open_browser: Callable[..., Tab], talks: Path, tmp_path: Path
) -> None:
    """A start gives other ids: what was not saved is found by the name, after two kills."""
    with _editing(talks, tmp_path) as edited:
        tab = open_browser(tmp_path)
        _opened(tab, edited.url, "clip.mp4")
        edited.process.kill()
        edited.process.wait()
        typed(tab, "typed at the last moment")
        until_kept(tab, "typed at the last moment")
        tab.kill()
    port = int(edited.url.rstrip("/").rpartition(":")[2])
    with _editing(talks, tmp_path, port=port) as edited:
        tab = open_browser(tmp_path)
        tab.open(edited.url)
        tab.until("document.querySelectorAll('.row.edit').length === 2")
        _opened(tab, edited.url, "clip.mp4")
        tab.click("document.querySelector('.comparing .primary')")
        _until_on_disk(talks / "clip.srt", "typed at the last moment")
        until_kept(tab)


def test_a_long_list_draws_what_is_seen(open_browser: Callable[..., Tab], tmp_path: Path) -> None:
    """Of a thousand recordings a few rows are there, and the last can be reached."""
    folder = tmp_path / "many"
    folder.mkdir()
    soundfile.write(folder / "0000.wav", np.zeros(_RATE_HZ, dtype=np.float32), _RATE_HZ)
    for number in range(1000):
        if number:
            os.link(folder / "0000.wav", folder / f"{number:04}.wav")
        subtitle = f"1\n00:00:00,000 --> 00:00:01,000\nnumber {number}\n"
        (folder / f"{number:04}.srt").write_text(subtitle, encoding="utf-8")
    with _editing(folder, tmp_path) as edited:
        tab = open_browser()
        tab.open(edited.url)
        tab.until("document.querySelector('.row.edit')")
        assert tab.run("document.querySelectorAll('.row.edit').length") < 40
        tab.run("document.querySelector('.rows').scrollTop = 1e9")
        tab.until(f"{_NAMES}.at(-1) === '0999.wav'")
        tab.click("[...document.querySelectorAll('.row.edit button')].at(-1)")
        tab.until("document.querySelector('.cue textarea')?.value === 'number 999'")


@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_use_it(
    open_browser: Callable[..., Tab],
    talks: Path,
    tmp_path: Path,
    npm: Callable[[str], Path],
    dark: bool,
) -> None:
    """axe-core finds no fault in list, doubts, comparison and the way on, in either language."""
    with _editing(talks, tmp_path) as edited:
        tab = open_browser()
        tab.look(width=1440, height=900, dark=dark)
        _opened(tab, edited.url, "clip.mp4")
        tab.run(axe(npm))
        tab.until("document.querySelector('.doubt')")
        tab.click("document.querySelector('.result-head .button')")
        tab.until("document.querySelector('.way-on .button')")
        (talks / "clip.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\ntheirs\n")
        typed(tab, "mine")
        tab.until("document.querySelector('.difference')")
        assert faults(tab) == []
        tab.click("document.querySelector('header button[lang]')")
        tab.until("document.documentElement.lang === 'zh-CN'")
        assert faults(tab) == []
        tab.look(width=390, height=844, dark=dark)
        assert faults(tab) == []
        assert tab.run("document.documentElement.scrollWidth") <= 390
