"""The view of files, from a drop to a download, in a real browser."""

import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
import soundfile

from tools.headless_browser import Tab

_RATE_HZ = 16_000
_PATIENCE_S = 60.0


def _button(text: str, *, within: str = "document") -> str:
    """An expression for what can be pressed and says this, or is labelled so."""
    return (
        f"[...{within}.querySelectorAll('button, a, summary')].find(e =>"
        f" e.checkVisibility() && (e.innerText.trim() === '{text}'"
        f" || e.getAttribute('aria-label') === '{text}'))"
    )


def _select(tab: Tab, element: str) -> None:
    """Have what is typed next take the place of a text."""
    tab.run(f"{element}.focus(); {element}.select()")


def _states(tab: Tab) -> list[str]:
    found: list[str] = tab.run(
        "[...document.querySelectorAll('.row')].map(e => e.className.split(' ')[1])"
    )
    return found


def _dropped(tab: Tab, *paths: Path) -> None:
    tab.drop([str(path) for path in paths])


def _until_done(tab: Tab, count: int = 1) -> None:
    tab.until(f"document.querySelectorAll('.row.done').length === {count}")
    tab.until("document.querySelector('.cue textarea')")


def _downloaded(folder: Path, name: str) -> Path:
    deadline_s = time.monotonic() + _PATIENCE_S
    while not (folder / name).is_file():
        assert time.monotonic() < deadline_s, list(folder.iterdir())
        time.sleep(0.02)
    return folder / name


@pytest.fixture
def downloads(browser: tuple[Tab, Path]) -> Iterator[Path]:
    """Where downloads go; empty."""
    for path in browser[1].iterdir():
        path.unlink()
    yield browser[1]


def _transcribed(recording: Path, folder: Path, *formats: str) -> None:
    command = [sys.executable, "-m", "qasr_cli", "transcribe", str(recording), "--engine", "fake"]
    command += ["-f", ",".join(formats), "-o", str(folder), "--quiet"]
    subprocess.run(command, check=True)


def test_a_download_is_what_the_command_writes(
    page: Tab, recordings: Path, downloads: Path, tmp_path: Path
) -> None:
    """Drop, wait, press Download: the file is that of `qasr transcribe`, byte for byte."""
    _dropped(page, recordings / "announcement.wav")
    _until_done(page)
    page.until("document.querySelector('.row .number').innerText === '0:04.47'")
    page.click(_button("Download as SRT"))
    _transcribed(recordings / "announcement.wav", tmp_path, "srt")

    downloaded = _downloaded(downloads, "announcement.srt").read_bytes()

    assert downloaded == (tmp_path / "announcement.srt").read_bytes()


def test_all_formats_in_one_zip(
    page: Tab, client: httpx.Client, recordings: Path, downloads: Path
) -> None:
    """A zip has every format as it is had alone; of several recordings, the one that is chosen."""
    _dropped(page, recordings / "announcement.wav", recordings / "announcement.mp3")
    _until_done(page, 2)
    page.click(_button("All formats (zip)"))
    jobs = {job["name"]: job["id"] for job in client.get("/api/jobs").json()["jobs"]}
    offered = client.get("/api/choices").json()["formats"]
    shown = page.run("document.querySelector('#result-title').innerText")
    with zipfile.ZipFile(_downloaded(downloads, "announcement.zip")) as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert contents == {
        f"announcement{each['suffix']}": client.get(
            f"/api/jobs/{jobs[shown]}/result.{each['name']}"
        ).content
        for each in offered
        if each["name"] != "docx"
    } | {name: content for name, content in contents.items() if name.endswith(".docx")}

    page.click(_button("Download all 2 finished"))

    with zipfile.ZipFile(_downloaded(downloads, "qasr.zip")) as archive:
        assert sorted(archive.namelist()) == ["announcement (2).srt", "announcement.srt"]


def test_what_is_chosen_and_queued_is_there_after_a_reload(page: Tab, recordings: Path) -> None:
    """Language, words, format, start, colours and the page's own language; and every recording."""
    page.run(
        """(() => {
          const set = (e, value, kind) => { e.value = value; e.dispatchEvent(new Event(kind)); };
          document.querySelector('.more').open = true;
          set(document.querySelector('.choices select'), 'German', 'change');
          set(document.querySelector('.choices textarea'), 'über Züge', 'input');
          set(document.querySelector('.more input'), 'ICE, Gleis', 'input');
          set(document.querySelectorAll('.choices select')[1], 'bbc', 'change');
        })()"""
    )
    _dropped(page, recordings / "announcement.wav")
    _until_done(page)
    page.run(
        "(() => { const e = document.querySelector('.download select');"
        " e.value = 'vtt'; e.dispatchEvent(new Event('change')); })()"
    )
    page.click(_button("Dark colours"))
    page.click("document.querySelector('header button[lang]')")
    page.click("document.querySelector('.check input')")

    page.reload()
    page.until("document.querySelector('.cue textarea')")

    assert page.run("document.documentElement.lang") == "zh-CN"
    assert page.run("document.documentElement.dataset.theme") == "dark"
    assert page.run("[...document.querySelectorAll('.choices select')].map(e => e.value)") == [
        "German",
        "bbc",
    ]
    assert page.run("document.querySelector('.choices textarea').value") == "über Züge"
    assert page.run("document.querySelector('.download select').value") == "vtt"
    assert page.run("document.querySelector('.check input').checked") is False
    assert _states(page) == ["done"]
    assert page.run("document.querySelector('.row .name').innerText") == "announcement.wav"


def test_a_recording_waits_for_start(page: Tab, client: httpx.Client, tmp_path: Path) -> None:
    """Without starting at once, its exact length and its wave are there before anything is heard."""
    sound = np.random.default_rng(1).normal(0, 0.2, 83_200 + 79).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", sound, _RATE_HZ)
    page.click("document.querySelector('.check input')")
    _dropped(page, tmp_path / "noise.wav")
    page.until("document.querySelector('.row.held .number').innerText === '0:05.20'")
    wave = "document.querySelector('.wave canvas')"
    drawn = f"{wave}.getContext('2d').getImageData(9, 0, 1, {wave}.height).data.some(v => v)"
    page.until(drawn)
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert (job["state"], job["progress"]) == ("held", 0.0)
    assert client.get(f"/api/jobs/{job['id']}/cues").status_code == httpx.codes.CONFLICT

    page.click(_button("Start noise.wav"))

    page.until("document.querySelector('.row.done')")
    page.until("document.querySelector('#result').innerText.includes('No speech was found')")


def test_corrections_are_kept_and_taken_back(
    page: Tab, client: httpx.Client, recordings: Path, downloads: Path
) -> None:
    """What is typed is in the text to copy at once, on the service soon, and in the next download."""
    _dropped(page, recordings / "announcement.wav")
    _until_done(page)
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    before = client.get(address).json()["cues"]
    _select(page, "document.querySelector('.cue textarea')")
    page.type("שלום <b>&amp; 你好")
    assert page.run("document.querySelector('.plain').value").startswith("שלום <b>&amp; 你好 ")

    page.click(_button("Download as SRT"))

    text = _downloaded(downloads, "announcement.srt").read_text(encoding="utf-8")
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
    _dropped(page, recordings / "announcement.wav")
    _until_done(page)
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    cues = client.get(address).json()["cues"]

    def corrected_elsewhere(text: str) -> None:
        changed = [{**cues[0], "text": text}, *cues[1:]]
        answer = client.patch(address, json={"cues": changed}, headers={"If-Match": "*"})
        assert answer.status_code == httpx.codes.OK

    for choice, kept in (("Keep mine", "mine"), ("Show theirs", "theirs 2")):
        corrected_elsewhere("theirs" if kept == "mine" else "theirs 2")
        _select(page, "document.querySelector('.cue textarea')")
        page.type("mine")
        page.click(_button(choice))
        page.until(f"document.querySelector('.cue textarea').value === '{kept}'")
        page.until("!document.querySelector('.pane [role=alert]')")
        deadline_s = time.monotonic() + _PATIENCE_S
        while client.get(address).json()["cues"][0]["text"] != kept:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)


def test_a_file_that_is_none_says_so_beside_it(
    page: Tab, client: httpx.Client, recordings: Path, tmp_path: Path
) -> None:
    """In plain words; it can be tried again, and removed; the others are done all the same."""
    (tmp_path / "empty.wav").write_bytes(b"")
    _dropped(
        page,
        recordings / "damaged" / "truncated.mp4",
        tmp_path / "empty.wav",
        recordings / "announcement.wav",
    )
    page.until("document.querySelectorAll('.row.failed').length === 2")
    page.until("document.querySelectorAll('.row.done').length === 1")
    reasons = page.run("[...document.querySelectorAll('.row > .bad')].map(e => e.innerText)")
    assert reasons == [
        "The file is empty.",
        "This is no recording that can be read, or it is damaged.",
    ]
    page.click(_button("Try truncated.mp4 again"))
    page.until("document.querySelectorAll('.row.failed').length === 2")

    for name in ("truncated.mp4", "empty.wav"):
        page.click(_button(f"Remove {name}"))
    page.click(_button("Remove announcement.wav"))
    page.until("document.activeElement.innerText === 'Keep it'")
    page.click(_button("Remove it"))

    page.until("!document.querySelector('.row')")
    assert client.get("/api/jobs").json()["jobs"] == []


def test_a_folder_gives_its_recordings(page: Tab, recordings: Path) -> None:
    """Folders are walked; what in them is no recording is left out, and that is said."""
    _dropped(page, recordings / "damaged")
    page.until("document.querySelector('.row.failed')")
    _dropped(page, recordings / "truth")
    page.until("document.querySelector('.notice').innerText.includes('left out')")
    assert len(_states(page)) == 1


def test_a_long_list_draws_what_is_seen(
    page: Tab, client: httpx.Client, recordings: Path
) -> None:
    """Of 4,000 subtitles a few dozen rows are there; typing at the end reaches the service."""
    _dropped(page, recordings / "announcement.wav")
    _until_done(page)
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
    _select(page, "[...document.querySelectorAll('.cue textarea')].at(-1)")
    page.type("the end")
    deadline_s = time.monotonic() + _PATIENCE_S
    while client.get(address).json()["cues"][-1]["text"] != "the end":
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_captions_stand_over_what_plays(page: Tab, recordings: Path) -> None:
    """A click on a time plays from there, with its caption drawn, also after a reload."""
    _dropped(page, recordings / "clip.mp4")
    _until_done(page)
    for _ in range(2):
        page.until("document.querySelector('.player.video video')?.readyState > 0")
        page.click("document.querySelectorAll('.cue .time')[1]")
        page.until("document.querySelector('video').currentTime > 6")
        second = page.run("document.querySelectorAll('.cue textarea')[1].value")
        page.until(f"document.querySelector('.caption').innerText === '{second}'")
        page.until("document.querySelectorAll('.cue')[1].matches('[aria-current]')")
        page.run("document.querySelector('video').pause()")
        page.reload()


@pytest.mark.parametrize("width", [320, 390, 1024])
def test_nothing_is_wider_than_the_screen(page: Tab, tmp_path: Path, width: int) -> None:
    """On a phone, with names as long as there are."""
    path = tmp_path / ("n" * 200 + ".wav")
    soundfile.write(path, np.zeros(_RATE_HZ, dtype=np.float32), _RATE_HZ)
    page.look(width=width, height=800)
    _dropped(page, path)
    page.until("document.querySelector('.row.done')")
    page.until("document.querySelector('#result-title').innerText.startsWith('nnn')")
    assert page.run("document.documentElement.scrollWidth") <= width
