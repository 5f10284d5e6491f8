"""Voices from the command line: kept where asked for, forgotten, speakers put right by hand."""

import json
import shutil
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.core.shard import Shard
from qasr_cli.run.state.store import Store
from tests.voice_files import write_voice_model, write_voices

TURNS = [(0.5, 6.5, "low"), (7.0, 13.0, "high"), (14.0, 20.0, "middle")]
BATCH = ["--engine", "fake", "--vad", "energy", "--diarize", "--no-progress", "-f", "json,srt"]


@pytest.fixture
def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one recording of three voices, and the model that tells them apart."""
    write_voice_model(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "talks"
    folder.mkdir()
    write_voices(folder / "talk.wav", TURNS, length_s=21.0)
    return folder


def test_voices_are_kept_only_on_demand_and_forgotten(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is kept nobody else can read, and one command removes it all."""
    assert run(["batch", str(talks), *BATCH]) == 0
    assert not (talks / ".qasr" / "voices").exists()
    assert run(["batch", str(talks), *BATCH, "--keep-voices"]) == 0

    (kept,) = (talks / ".qasr" / "voices").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text().count('"vector"') == 3
    capsys.readouterr()
    assert run(["voices", "forget", str(talks)]) == 0
    assert "voices of 1 recording forgotten" in capsys.readouterr().out
    assert not (talks / ".qasr" / "voices").exists()
    assert run(["voices", "forget", str(talks)]) == 0
    assert "none were kept" in capsys.readouterr().out
    assert run(["voices", "forget", str(talks.parent)]) == 1


def test_speakers_are_put_right_without_sound(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two that are one, and names, from the result alone."""
    assert run(["batch", str(talks), *BATCH]) == 0
    (talks / "talk.wav").unlink()
    result, out = str(talks / "talk.json"), talks / "out"
    options = ["--merge-speakers", "1,3", "--speaker-names", "Anna,Ben"]

    assert run(["render", result, *options, "-o", str(out), "-f", "srt,rttm"]) == 0

    told = [line.split()[7] for line in (out / "talk.rttm").read_text().splitlines()]
    assert list(dict.fromkeys(told)) == ["Anna", "Ben"]
    assert told[-1] == "Anna"
    assert (out / "talk.srt").read_text().count("Anna: ") == 2
    capsys.readouterr()
    assert run(["render", result, "--merge-speakers", "1,9", "-o", str(out)]) == 1
    assert "there is no speaker 9; there are 1 Speaker 1" in capsys.readouterr().err
    assert run(["render", result, "--merge-speakers", "1"]) == 2


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--speakers", "2"], "--speakers goes with --diarize"),
        (["--diarize", "--speakers", "0"], "--speakers takes 1 to 50"),
        (["--diarize", "--speakers", "2", "--max-speakers", "3"], "--speakers says it all"),
        (["--diarize", "--min-speakers", "5", "--max-speakers", "3"], "is more than"),
        (["--diarize", "--speaker-names", "A,A"], "each once"),
        (["--diarize", "--keep-voices"], "goes with qasr batch"),
    ],
)
def test_what_means_nothing_is_refused(
    talks: Path, options: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Numbers without voices to count, and counts that contradict."""
    assert run(["transcribe", str(talks / "talk.wav"), "--engine", "fake", *options]) == 2
    assert line in capsys.readouterr().err


def test_a_missing_model_is_said_before_any_work(
    talks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that gets it."""
    monkeypatch.setenv("QASR_MODELS", str(talks))
    monkeypatch.setenv("HOME", str(talks))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    assert run(["batch", str(talks), *BATCH]) == 3

    assert "`qasr models pull speakers` gets it" in capsys.readouterr().err
    assert not (talks / "talk.srt").exists()


def test_one_voice_has_one_name_over_a_folder(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who speaks second in one recording and first in the next is one person; short ones stay."""
    long = {
        "a.wav": [(0.5, 22.5, "low"), (23.0, 45.0, "high")],
        "b.wav": [(0.5, 22.5, "high"), (23.0, 45.0, "middle"), (45.5, 50.0, "low")],
    }
    (talks / "talk.wav").unlink()
    for name, turns in long.items():
        write_voices(talks / name, turns, length_s=51.0)
    options = [*BATCH, "--keep-voices", "--same-speakers"]

    assert run(["batch", str(talks), *options]) == 0

    told = {name: _speakers(talks / f"{name}.json") for name in ("a", "b")}
    assert told == {"a": ["Voice 1", "Voice 2"], "b": ["Voice 2", "Voice 3", "Speaker 3"]}
    assert "Voice 3: " in (talks / "b.srt").read_text()
    people = json.loads((talks / "speakers.json").read_text())["speakers"]
    places = [(person["name"], [place["file"] for place in person["in"]]) for person in people]
    assert places == [
        ("Voice 1", ["a.wav"]),
        ("Voice 2", ["a.wav", "b.wav"]),
        ("Voice 3", ["b.wav"]),
    ]
    before = {path: path.stat().st_mtime_ns for path in talks.glob("*.srt")}
    capsys.readouterr()
    assert run(["batch", str(talks), *options]) == 0
    assert "2 skipped" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in talks.glob("*.srt")} == before


def _done_in_parts(talks: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Do three recordings in two parts; the options of the batch."""
    (talks / "talk.wav").unlink()
    for name, who in (("a.wav", "low"), ("b.wav", "high"), ("c.wav", "high")):
        write_voices(talks / name, [(0.5, 23.5, who)], length_s=24.0)
    options = [*BATCH, "--keep-voices", "--same-speakers"]
    for part in ("1/2", "2/2"):
        assert run(["batch", str(talks), *options, "--shard", part]) == 0
        assert "qasr report merge names everybody" in capsys.readouterr().err
    assert not (talks / "speakers.json").exists()
    return options


def _written(talks: Path) -> dict[str, bytes]:
    """Everything that names somebody."""
    paths = [*talks.glob("*.srt"), *talks.glob("*.json"), *talks.glob(".qasr/results/*.json")]
    return {
        path.relative_to(talks).as_posix(): path.read_bytes()
        for path in paths
        if path.name != "processing_report.json"
    }


def test_parts_have_one_name_for_one_voice_once_all_are_done(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No part names anybody; `report merge` does, as the command without --shard, to the byte."""
    options = _done_in_parts(talks, capsys)
    apart = talks.with_name("apart")
    shutil.copytree(talks, apart)

    assert run(["report", "merge", str(talks)]) == 0
    told = [_speakers(talks / f"{name}.json") for name in "abc"]
    assert told == [["Voice 1"], ["Voice 2"], ["Voice 2"]]
    merged = _written(talks)
    capsys.readouterr()
    assert run(["batch", str(talks), *options]) == 0
    assert "3 skipped" in capsys.readouterr().err
    assert _written(talks) == merged

    assert run(["batch", str(apart), *options]) == 0
    assert _written(apart).keys() == merged.keys()
    for name, content in _written(apart).items():
        if not name.startswith(".qasr/"):
            assert content == merged[name], name
    assert run(["report", "merge", str(talks)]) == 0
    assert _written(talks) == merged


def test_an_output_that_somebody_edited_keeps_its_names(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line says so, and the others have theirs."""
    _done_in_parts(talks, capsys)
    (talks / "b.srt").write_text("mine")

    assert run(["report", "merge", str(talks)]) == 0

    assert "b.srt: was edited since, and keeps its names" in capsys.readouterr().err
    assert (talks / "b.srt").read_text() == "mine"
    assert _speakers(talks / "b.json") == _speakers(talks / "c.json") == ["Voice 2"]
    assert "Voice 2: " in (talks / "c.srt").read_text()


def test_parts_that_are_at_work_are_named_later(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their reports are merged all the same, and a line says why nobody has another name."""
    _done_in_parts(talks, capsys)
    before = _written(talks)
    with Store(str(talks), shard=Shard(index=1, count=2)).lock():
        assert run(["report", "merge", str(talks)]) == 0

    assert "once these are done" in capsys.readouterr().err
    assert _written(talks) == before
    assert (talks / "processing_report.json").exists()


def test_who_did_not_ask_for_it_keeps_the_numbers(
    talks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Voices may be kept for another reason."""
    assert run(["batch", str(talks), *BATCH, "--keep-voices"]) == 0
    before = _written(talks)
    capsys.readouterr()

    assert run(["report", "merge", str(talks)]) == 0

    assert _written(talks) == before
    assert not (talks / "speakers.json").exists()


def _speakers(path: Path) -> list[str]:
    segments = json.loads(path.read_text())["segments"]
    return list(dict.fromkeys(segment["speaker"] for segment in segments))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--diarize", "--same-speakers"], "it needs --keep-voices"),
        (["--diarize", "--same-speakers", "--keep-voices", "--watch"], "leave out --watch"),
        (
            ["--diarize", "--same-speakers", "--keep-voices", "--speaker-names", "A,B"],
            "leave out --speaker-names",
        ),
    ],
)
def test_what_the_same_speakers_need(
    talks: Path, options: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Voices are compared that somebody allowed to be kept, once all is done."""
    assert run(["batch", str(talks), "--engine", "fake", *options]) == 2
    assert line in capsys.readouterr().err
