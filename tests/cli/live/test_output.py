"""What `qasr live` prints and keeps."""

import contextlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.live.conftest import (
    FAKE,
    LONGEST_S,
    QASR,
    TWO_FINALS,
    TWO_PHRASES,
    children_of,
    contained,
    events_of,
    pcm,
    ran,
    send,
    started,
    wait_until_gone,
)


def test_finals_are_lines(tmp_path: Path) -> None:
    """In a pipe standard output has finals and nothing else, one a line."""
    found = ran("--pcm", sound=TWO_PHRASES, folder=tmp_path)

    assert found.returncode == 0
    assert found.stdout.splitlines() == TWO_FINALS
    assert found.stderr == "qasr: listening; Ctrl-C ends it\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "coding",
    [
        ("-f", "wav"),
        ("-c:a", "aac", "-f", "mpegts"),
        ("-c:a", "libopus", "-f", "webm"),
        ("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"),
        ("-ar", "48000", "-ac", "2", "-c:a", "flac", "-f", "flac"),
    ],
    ids=["wav", "mpegts", "webm", "fragments", "flac"],
)
def test_any_stream_is_read(tmp_path: Path, coding: tuple[str, ...]) -> None:
    """What ffmpeg reads from a pipe has the same finals, from its very beginning."""
    found = ran(sound=contained(TWO_PHRASES, *coding, folder=tmp_path), folder=tmp_path)

    assert (found.returncode, found.stdout.splitlines()) == (0, TWO_FINALS)


def test_a_file_in_place_of_a_pipe_waits(tmp_path: Path) -> None:
    """`< FILE` is taken as fast as it is recognised, and is never behind."""
    wav = contained(pcm(*[2.5, 1.0] * 12), "-f", "wav", folder=tmp_path)
    (tmp_path / "talk.wav").write_bytes(wav)

    with (tmp_path / "talk.wav").open("rb") as file:
        done = subprocess.run(
            [*QASR, "-", "--max-lag", "5s", *FAKE],
            stdin=file,
            capture_output=True,
            check=False,
            timeout=LONGEST_S,
        )

    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 12
    assert b"behind" not in done.stderr


def test_other_rates_are_converted(tmp_path: Path) -> None:
    """`--rate 48000` hears the same as 16 kHz."""
    sound = contained(TWO_PHRASES, "-f", "s16le", "-ar", "48000", folder=tmp_path)

    found = ran("--pcm", "-", "--rate", "48000", sound=sound, folder=tmp_path)

    assert (found.returncode, found.stdout.splitlines()) == (0, TWO_FINALS)


def test_events_are_lines_of_json(tmp_path: Path) -> None:
    """`--format json` prints every event as the protocol has it, ready first and done last."""
    found = ran("--pcm", "--format", "json", "-q", "-o", "talk", sound=TWO_PHRASES, folder=tmp_path)

    events = [json.loads(line) for line in found.stdout.splitlines()]
    assert events[0] == {"type": "ready", "session": "live", "step_ms": 500, "endpoint_ms": 500}
    assert events[-1] == {"type": "done", "job": "talk.srt"}
    assert [event["text"] for event in events if event["type"] == "final"] == TWO_FINALS
    assert [event["id"] for event in events if event["type"] == "times"] == [1, 2]
    assert found.stderr == ""


def test_partials_come_while_somebody_speaks(tmp_path: Path) -> None:
    """Before a phrase has ended, its words so far are told."""
    with started("--pcm", "--format", "json", folder=tmp_path) as live:
        events = events_of(live)
        assert next(events)["type"] == "ready"
        send(live, pcm(2.5))
        partial = next(event for event in events if event["type"] == "partial")
        assert live.stdin is not None
        live.stdin.close()
        final = next(event for event in events if event["type"] == "final")

    assert (partial["settled"] + partial["tail"]).startswith("word0")
    assert final["text"] == "word0 word1 word2."


def test_the_whole_is_a_result_like_any_other(tmp_path: Path) -> None:
    """Its outputs are those that `qasr render` makes of its JSON, and no journal is left."""
    found = ran("--pcm", "-o", "talk", "-f", "srt,vtt,json,txt", sound=TWO_PHRASES, folder=tmp_path)

    assert found.stderr.splitlines()[-1] == "done     -> talk.srt +3"
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["talk.json", "talk.srt", "talk.txt", "talk.vtt"]
    document = json.loads((tmp_path / "talk.json").read_text())
    assert (document["schema_version"], document["file"]) == (1, "talk")
    assert document["text"] == " ".join(TWO_FINALS)
    assert document["duration_ms"] == 7000
    assert document["speech"]
    render = [*QASR[:-1], "render", "talk.json", "-f", "srt,vtt,txt", "-o", "again", "-q"]
    subprocess.run(render, check=True, cwd=tmp_path)
    for name in ("talk.srt", "talk.vtt", "talk.txt"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_suffix_names_a_format(tmp_path: Path) -> None:
    """`-o talk.vtt` writes that, as ffmpeg does."""
    ran("--pcm", "-o", "talk.vtt", sound=TWO_PHRASES, folder=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["talk.vtt"]


def test_outputs_of_others_stay(tmp_path: Path) -> None:
    """A file that stands there is refused before anything is heard; --overwrite replaces it."""
    (tmp_path / "talk.srt").write_text("mine")

    refused = ran("--pcm", "-o", "talk", sound=TWO_PHRASES, folder=tmp_path)
    assert refused.returncode == 1
    assert "talk.srt" in refused.stderr
    assert "--overwrite" in refused.stderr
    assert (tmp_path / "talk.srt").read_text() == "mine"

    taken = ran("--pcm", "-o", "talk", "--overwrite", sound=TWO_PHRASES, folder=tmp_path)
    assert taken.returncode == 0
    assert "word4" in (tmp_path / "talk.srt").read_text()


def test_a_killed_session_has_lost_no_final(tmp_path: Path) -> None:
    """After kill -9 subtitles hold every phrase that was timed; the journal has them all."""
    arguments = ("--format", "json", "-o", "talk", "-f", "srt,vtt,txt,json")
    with started(*arguments, folder=tmp_path) as live:
        events = events_of(live)
        sound = contained(TWO_PHRASES + pcm(0, 1.0), "-f", "wav", folder=tmp_path)
        send(live, sound)
        for event in events:
            if event == {**event, "type": "times", "id": 2}:
                break
        child = children_of(live.pid)
        live.kill()
        live.wait()
        assert live.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            live.stdin.close()

    assert child != []
    wait_until_gone(child)
    srt = (tmp_path / "talk.srt").read_text()
    assert [line for line in srt.splitlines() if "word" in line] == TWO_FINALS
    assert srt.startswith("1\n")
    assert "\n2\n" in srt
    assert (tmp_path / "talk.txt").read_text().splitlines() == TWO_FINALS
    assert (tmp_path / "talk.vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> ")
    journal = tmp_path / "talk.live.jsonl"
    assert journal.stat().st_mode & 0o077 == 0
    render = [*QASR[:-1], "render", journal.name, "-f", "json", "-o", "rescued", "-q"]
    subprocess.run(render, check=True, cwd=tmp_path)
    document = json.loads((tmp_path / "rescued" / "talk.json").read_text())
    assert document["text"] == " ".join(TWO_FINALS)
    assert document["speech"]


def test_formats_of_other_commands_print_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`format` for all commands says what they write, and not what is printed here."""
    monkeypatch.setenv("QASR_FORMAT", "json")

    found = ran("--pcm", sound=TWO_PHRASES, folder=tmp_path)

    assert found.stdout.splitlines() == TWO_FINALS
