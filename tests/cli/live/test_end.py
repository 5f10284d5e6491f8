"""How `qasr live` ends: with its sound, by signals, by mistakes."""

import contextlib
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.live.conftest import (
    FAKE,
    LONGEST_S,
    QASR,
    TWO_PHRASES,
    contained,
    events_of,
    pcm,
    ran,
    send,
    started,
)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "TERM"]
)
@pytest.mark.parametrize("is_pcm", [True, False], ids=["pcm", "container"])
def test_a_signal_ends_it_whole(
    tmp_path: Path, number: signal.Signals, code: int, is_pcm: bool
) -> None:
    """While its source goes on, a signal finishes the phrase at hand and writes everything."""
    sound = pcm(2.5, 1.0, 2.5)
    if not is_pcm:
        sound = contained(sound + pcm(0.5), "-f", "wav", folder=tmp_path)
    arguments = (*(("--pcm",) if is_pcm else ()), "--format", "json", "-o", "talk")
    with started(*arguments, folder=tmp_path) as live:
        events = events_of(live)
        send(live, sound)
        for event in events:
            if event["type"] == "partial" and event["id"] == 2:
                break
        live.send_signal(number)
        rest = list(events)
        assert live.wait() == code

    finals = [event["text"] for event in rest if event["type"] == "final"]
    assert len(finals) == 1
    assert finals[0].startswith("word4")
    assert rest[-1]["type"] == "done"
    assert "word4" in (tmp_path / "talk.srt").read_text()
    assert not (tmp_path / "talk.live.jsonl").exists()


def test_a_signal_ends_it_before_any_sound(tmp_path: Path) -> None:
    """A source that never says anything keeps nobody waiting."""
    with started("--format", "json", "-o", "talk", folder=tmp_path) as live:
        events = events_of(live)
        assert next(events)["type"] == "ready"
        live.send_signal(signal.SIGINT)
        assert [event["type"] for event in events] == ["done"]
        assert live.wait() == 130

    assert (tmp_path / "talk.srt").read_text() == "\n"


def test_nobody_reads_on(tmp_path: Path) -> None:
    """Where standard output is closed early, as by `head`, outputs are whole all the same."""
    with started("--pcm", "-o", "talk", folder=tmp_path) as live:
        assert live.stdout is not None
        send(live, TWO_PHRASES[: len(TWO_PHRASES) // 2])
        assert live.stdout.readline() == b"word0 word1 word2.\n"
        live.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            send(live, TWO_PHRASES)
        assert live.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            live.stdin.close()
        assert live.wait() == 141

    srt = (tmp_path / "talk.srt").read_text()
    assert "word0 word1 word2." in srt
    assert not (tmp_path / "talk.live.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "sound", "code", "message"),
    [
        ((), b"no sound at all " * 999, 1, "qasr: standard input: cannot be decoded: "),
        ((), b"", 1, "qasr: standard input: cannot be decoded: "),
        (("talk.wav",), b"", 2, "qasr: talk.wav: qasr live reads standard input: qasr live - < t"),
        (("--rate", "48000"), b"", 2, "qasr: --rate goes with --pcm"),
        (("--pcm",), b"", 1, "qasr: standard input: there is no sound in it"),
        (("--pcm", "--rate", "1"), b"", 2, "qasr: --rate takes 4000 to 192000"),
        (("--pcm", "--rate", "11111"), b"", 2, "qasr: --rate: 11111 Hz is no rate that sound"),
        (("-f", "srt"), b"", 2, "qasr: -f srt: say under which name: -o NAME"),
        (("-o", "talk", "-f", "mp3"), b"", 2, "qasr: -f takes srt, vtt"),
        (("-o", "-"), b"", 2, "qasr: -o -: finals are printed anyway"),
        (("-o", "."), b"", 2, "qasr: -o .: is a folder"),
        (("--endpoint-ms", "5"), b"", 2, "qasr: --endpoint-ms takes 200 to 5000"),
        (("--max-lag", "30"), b"", 2, "qasr: --max-lag: '30' needs a unit"),
        (("--format", "srt"), b"", 2, "qasr: --format"),
    ],
)
def test_what_cannot_be_is_one_line(
    tmp_path: Path, arguments: tuple[str, ...], sound: bytes, code: int, message: str
) -> None:
    """Sound that is none, and options that make no sense: one line, and the right code."""
    found = ran("-q", *arguments, sound=sound, folder=tmp_path)

    assert found.returncode == code
    assert found.stderr.startswith(message)
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""


def test_standard_input_that_nobody_may_read(tmp_path: Path) -> None:
    """The error is that of the sound, and not of what is written."""
    with (
        open(tmp_path / "written", "wb") as written,
        started("-q", "--pcm", folder=tmp_path, stdin=written) as live,
    ):
        _, said = live.communicate()
    assert live.returncode == 1
    assert said.startswith(b"qasr: standard input: ")


def test_standard_output_whose_disk_is_full(tmp_path: Path) -> None:
    """It ends there, says why, and what -o names is written whole."""
    with (
        open("/dev/full", "wb") as full,
        started("-q", "--pcm", "-o", "talk", folder=tmp_path, stdout=full) as live,
    ):
        _, said = live.communicate(TWO_PHRASES)
    assert live.returncode == 3
    assert said == b"qasr: cannot write standard output: No space left on device\n"
    assert "word0 word1 word2." in (tmp_path / "talk.srt").read_text()
    assert not (tmp_path / "talk.live.jsonl").exists()


@pytest.mark.parametrize("printed", ["text", "json"])
def test_standard_output_that_is_closed(tmp_path: Path, printed: str) -> None:
    """Nothing is printed, and what -o names is written."""
    command = [*QASR, "--pcm", "-o", "talk", "--format", printed, *FAKE]
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command],
        input=TWO_PHRASES,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        check=False,
        timeout=LONGEST_S,
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (0, 2 if printed == "text" else 1)
    assert "word4 word5 word6." in (tmp_path / "talk.srt").read_text()


def test_a_terminal_is_no_sound(tmp_path: Path) -> None:
    """With nothing piped in, it says what to pipe."""
    ours, theirs = pty.openpty()
    try:
        with started(folder=tmp_path, stdin=theirs) as live:
            _, written = live.communicate()
            assert live.returncode == 2
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"arecord -f S16_LE -r 16000 -c 1 -t raw - | qasr live --pcm" in written
