"""The view of files, from a drop to a download, in a real browser."""

import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
import soundfile

from tests.page.steps import button, downloaded, dropped, states, until_done
from tools.headless_browser import Tab

_RATE_HZ = 16_000


def _transcribed(recording: Path, folder: Path, *formats: str) -> None:
    command = [sys.executable, "-m", "qasr_cli", "transcribe", str(recording), "--engine", "fake"]
    command += ["-f", ",".join(formats), "-o", str(folder), "--quiet"]
    subprocess.run(command, check=True)


def test_a_download_is_what_the_command_writes(
    page: Tab, recordings: Path, downloads: Path, tmp_path: Path
) -> None:
    """Drop, wait, press Download: the file is that of `qasr transcribe`, byte for byte."""
    dropped(page, recordings / "announcement.wav")
    until_done(page)
    page.until("document.querySelector('.row .number').innerText === '0:04.47'")
    page.click(button("Download as SRT"))
    _transcribed(recordings / "announcement.wav", tmp_path, "srt")

    content = downloaded(downloads, "announcement.srt").read_bytes()

    assert content == (tmp_path / "announcement.srt").read_bytes()


def test_all_formats_in_one_zip(
    page: Tab, client: httpx.Client, recordings: Path, downloads: Path
) -> None:
    """A zip has every format as it is had alone; of several recordings, the one that is chosen."""
    dropped(page, recordings / "announcement.wav", recordings / "announcement.mp3")
    until_done(page, 2)
    page.click(button("All formats (zip)"))
    jobs = {job["name"]: job["id"] for job in client.get("/api/jobs").json()["jobs"]}
    offered = client.get("/api/choices").json()["formats"]
    shown = page.run("document.querySelector('#result-title').innerText")
    with zipfile.ZipFile(downloaded(downloads, "announcement.zip")) as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert contents == {
        f"announcement{each['suffix']}": client.get(
            f"/api/jobs/{jobs[shown]}/result.{each['name']}"
        ).content
        for each in offered
        if each["name"] != "docx"
    } | {name: content for name, content in contents.items() if name.endswith(".docx")}

    page.click(button("Download all 2 finished"))

    with zipfile.ZipFile(downloaded(downloads, "qasr.zip")) as archive:
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
    dropped(page, recordings / "announcement.wav")
    until_done(page)
    page.run(
        "(() => { const e = document.querySelector('.download select');"
        " e.value = 'vtt'; e.dispatchEvent(new Event('change')); })()"
    )
    page.click(button("Dark colours"))
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
    assert states(page) == ["done"]
    assert page.run("document.querySelector('.row .name').innerText") == "announcement.wav"


def test_a_recording_waits_for_start(page: Tab, client: httpx.Client, tmp_path: Path) -> None:
    """Its exact length and its wave are there before anything is heard."""
    sound = np.random.default_rng(1).normal(0, 0.2, 83_200 + 79).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", sound, _RATE_HZ)
    page.click("document.querySelector('.check input')")
    dropped(page, tmp_path / "noise.wav")
    page.until("document.querySelector('.row.held .number').innerText === '0:05.20'")
    wave = "document.querySelector('.wave canvas')"
    drawn = f"{wave}.getContext('2d').getImageData(9, 0, 1, {wave}.height).data.some(v => v)"
    page.until(drawn)
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert (job["state"], job["progress"]) == ("held", 0.0)
    assert client.get(f"/api/jobs/{job['id']}/cues").status_code == httpx.codes.CONFLICT

    page.click(button("Start noise.wav"))

    page.until("document.querySelector('.row.done')")
    page.until("document.querySelector('#result').innerText.includes('No speech was found')")


def test_a_file_that_is_none_says_so_beside_it(
    page: Tab,
    client: httpx.Client,
    recordings: Path,
    tmp_path: Path,
    allowed_lines: list[str],
) -> None:
    """In plain words; it can be tried again, and removed; the others are done all the same."""
    allowed_lines.append("400 (Bad Request)")  # it has no wave
    (tmp_path / "empty.wav").write_bytes(b"")
    dropped(
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
    page.click(button("Try truncated.mp4 again"))
    page.until("document.querySelectorAll('.row.failed').length === 2")

    for name in ("truncated.mp4", "empty.wav"):
        page.click(button(f"Remove {name}"))
    page.click(button("Remove announcement.wav"))
    page.until("document.activeElement.innerText === 'Keep it'")
    page.click(button("Remove it"))

    page.until("!document.querySelector('.row')")
    assert client.get("/api/jobs").json()["jobs"] == []


def test_a_folder_gives_its_recordings(
    page: Tab, recordings: Path, allowed_lines: list[str]
) -> None:
    """Folders are walked; what in them is no recording is left out, and that is said."""
    allowed_lines.append("400 (Bad Request)")
    dropped(page, recordings / "damaged")
    page.until("document.querySelector('.row.failed')")
    dropped(page, recordings / "truth")
    page.until("document.querySelector('.notice').innerText.includes('left out')")
    assert len(states(page)) == 1


def test_captions_stand_over_what_plays(page: Tab, recordings: Path) -> None:
    """A click on a time plays from there, with its caption drawn, also after a reload."""
    dropped(page, recordings / "clip.mp4")
    until_done(page)
    for _ in range(2):
        page.until("document.querySelector('.player.video video')?.readyState > 0")
        page.click("document.querySelectorAll('.cue-number .button')[1]")
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
    dropped(page, path)
    page.until("document.querySelector('.row.done')")
    page.until("document.querySelector('#result-title').innerText.startsWith('nnn')")
    assert page.run("document.documentElement.scrollWidth") <= width
