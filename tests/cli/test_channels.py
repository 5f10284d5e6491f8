"""`--channels`: argv to subtitles that say who speaks."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from qasr_cli.cli.main import run
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from tests.conftest import RECORDINGS, WriteWav
from tests.engines.conftest import Recording

FAKE = ("--engine", "fake", "--vad", "energy", "--quiet")
LESSON, ANNOUNCEMENT = "lesson.flac", "announcement.wav"


@pytest.fixture
def duo(tmp_path: Path) -> Path:
    """Two voices of noise that take turns; the engine without models hears the seconds."""
    pcm = np.zeros((8 * SAMPLE_RATE_HZ, 2), np.float32)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, len(pcm))
    for channel, start_s, end_s in ((0, 0.5, 1.5), (1, 3.5, 4.5), (0, 6.5, 7.5)):
        piece = slice(round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ))
        pcm[piece, channel] = noise[piece]
    soundfile.write(tmp_path / "duo.wav", pcm, SAMPLE_RATE_HZ)
    return tmp_path / "duo.wav"


def document(path: Path) -> dict[str, Any]:
    """A result."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_each_channel_is_a_speaker(duo: Path) -> None:
    """In time order, named in srt, vtt, ass, json and md."""
    argv = ["transcribe", str(duo), *FAKE, "--max-chunk-s", "2", "-f", "srt,vtt,ass,json,md"]

    assert run([*argv, "--channels", "split", "--speaker-names", "Anna, Bo & Co"]) == 0

    segments = document(duo.with_suffix(".json"))["segments"]
    speakers = [segment["speaker"] for segment in segments]
    assert speakers == ["Anna", "Bo & Co", "Anna"]
    text = {
        suffix: duo.with_suffix(suffix).read_text() for suffix in (".srt", ".vtt", ".ass", ".md")
    }
    assert re.findall(r"^(.+): word", text[".srt"], re.MULTILINE) == speakers
    assert re.findall(r"<v (.+?)>", text[".vtt"]) == ["Anna", "Bo &amp; Co", "Anna"]
    assert re.findall(r"^Dialogue.+?Default,(.+?),0", text[".ass"], re.MULTILINE) == speakers
    assert re.findall(r"\*\* (.+?): word", text[".md"]) == speakers


def test_batch_goes_on_and_skips_as_ever(duo: Path) -> None:
    """Another choice of channels is another result; the same is none."""
    argv = ["batch", str(duo.parent), *FAKE, "-f", "json"]

    def status(*more: str) -> str:
        assert run([*argv, *more]) == 0
        (detail,) = document(duo.parent / "processing_report.json")["details"]
        return str(detail["status"])

    assert status() == "done"
    assert status("--channels", "split") == "done"
    assert status("--channels", "split") == "skipped"
    speakers = {s["speaker"] for s in document(duo.with_suffix(".json"))["segments"]}
    assert speakers == {"Speaker 1", "Speaker 2"}
    assert status("--channels", "left") == "done"
    assert {s["speaker"] for s in document(duo.with_suffix(".json"))["segments"]} == {None}


def test_mono_is_one_clear_line(
    tmp_path: Path, write_wav: WriteWav, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what is wrong and what to do; nothing is written."""
    wav = write_wav(tmp_path / "talk.wav")

    assert run(["transcribe", str(wav), *FAKE, "--channels", "split"]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("is mono; --channels split needs two channels, so leave it out")
    assert not wav.with_suffix(".srt").exists()


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["transcribe", "x.wav", "--speaker-names", "A,B"], "goes with --channels split"),
        (["batch", ".", "--channels", "split", "--speaker-names", "A"], "takes two names"),
        (["batch", ".", "--channels", "split", "--speaker-names", "A,A"], "takes two names"),
        (["align", "x.wav", "--text", "LICENSE", "--channels", "split"], "aligned to one voice"),
    ],
)
def test_what_means_nothing_is_refused(
    argv: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names without speakers, and speakers without names."""
    assert run(argv) == 2
    assert line in capsys.readouterr().err


def _stereo(
    left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Two voices, one after the other, each faintly in the other's microphone too."""
    pcm = np.zeros((len(left) + len(right), 2), np.float32)
    pcm[: len(left)] = np.outer(left, (1.0, 0.1))
    pcm[len(left) :] = np.outer(right, (0.1, 1.0))
    return pcm


def test_two_speakers_give_two_texts(tmp_path: Path) -> None:
    """Real speech, crosstalk on both channels: each speaker's text is whole, and theirs alone."""
    lesson, announcement = Recording(LESSON), Recording(ANNOUNCEMENT)
    soundfile.write(tmp_path / "duo.wav", _stereo(lesson.pcm, announcement.pcm), SAMPLE_RATE_HZ)
    argv = ["transcribe", str(tmp_path / "duo.wav"), "--model", "demo", "--threads", "1", "--quiet"]

    assert run([*argv, "--channels", "split", "-f", "json"]) == 0

    texts: dict[str, list[str]] = {}
    for segment in document(tmp_path / "duo.json")["segments"]:
        texts.setdefault(segment["speaker"], []).append(segment["text"])
    alone = {}
    for name in (LESSON, ANNOUNCEMENT):
        plain = ["transcribe", str(RECORDINGS / name), "-o", str(tmp_path), "-f", "txt"]
        assert run([*plain, "--model", "demo", "--threads", "1", "--quiet"]) == 0
        alone[name] = (tmp_path / name).with_suffix(".txt").read_text().splitlines()
    assert texts == {"Speaker 1": alone[LESSON], "Speaker 2": alone[ANNOUNCEMENT]}
