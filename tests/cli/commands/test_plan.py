"""`qasr plan` and `qasr batch --dry-run`: the same answer, on standard output."""

import json
import re
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two recordings, the first one done."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write_wav(tmp_path / "in" / "a.wav")
    assert run(["batch", str(tmp_path / "in"), "--quiet", *FAKE]) == 0
    write_wav(tmp_path / "in" / "b.wav", seed=1)
    return tmp_path / "in"


@pytest.mark.parametrize("command", [("plan",), ("batch", "--dry-run")])
def test_the_plan_is_told(
    folder: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A line a file, then the sums, then what it takes or how to find out; nothing is done."""
    assert run([*command, str(folder), *FAKE]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["skipped  a.wav: done before, unchanged", "todo     b.wav  0:04"]
    assert lines[2].startswith("2 files: 1 to do, 1 skipped, 0 cannot be done; 0:04 of sound")
    assert "qasr doctor --calibrate" in lines[3]
    assert not (folder / "b.srt").exists()


@pytest.mark.parametrize(
    "command",
    [("plan", "--json"), ("plan", "--log-format", "json"), ("batch", "--dry-run", "--json")],
)
def test_the_plan_for_programs(
    folder: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """`--json` is one document, on standard output."""
    assert run([*command, str(folder), *FAKE]) == 0

    document = json.loads(capsys.readouterr().out)
    assert [detail["status"] for detail in document["details"]] == ["skipped", "todo"]
    assert document["summary"]["audio_s"] == 4.0


def test_what_a_batch_is_set_to_holds_for_its_plan(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`[batch]` of qasr.toml counts for `qasr plan`."""
    monkeypatch.setenv("QASR_CONFIG", str(tmp_path / "qasr.toml"))
    (tmp_path / "qasr.toml").write_text('[batch]\nexclude = "b*"\nretry-failed = true')

    assert run(["plan", str(folder), *FAKE]) == 0

    assert capsys.readouterr().out.splitlines()[1].startswith("1 file: 0 to do")


def test_retry_failed_reaches_every_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What only `batch` takes holds for the files' own options, too."""
    (folder / "bad.mp3").write_bytes(b"\1" * 50)
    argv = ["batch", str(folder), "--log-format", "json", *FAKE]
    attempts = []
    for more in ([], [], ["--retry-failed"]):
        assert run([*argv, *more]) == 1
        lines = map(json.loads, capsys.readouterr().err.splitlines())
        (bad,) = (line for line in lines if line.get("file") == "bad.mp3")
        attempts.append(bool(bad["warnings"]))

    assert attempts == [False, True, False]  # the second run did not try it again


def test_a_plan_needs_no_model(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """How many files and hours there are is told before a model is here, and what gets it."""
    argv = ["plan", str(folder), "-o", str(tmp_path / "out"), "--model-dir", str(tmp_path)]
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("QASR_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)

    assert run(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    assert run([*argv, "--log-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)

    assert lines[:2] == ["todo     a.wav  0:04", "todo     b.wav  0:04"]
    assert "2 to do" in lines[2]
    assert "0:08 of sound to do" in lines[2]
    assert lines[3].startswith("time and memory are not known: model 1.7b is not on this machine")
    assert lines[4] == "until the models are here, files that are done count as to do"
    assert "qasr models pull 1.7b" in document["models_missing"]
    assert document["summary"]["audio_s"] == 8.0


@pytest.mark.slow
def test_the_doctor_measures_for_the_plan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After `doctor --calibrate` a plan says time and memory."""
    assert run(["doctor", "--calibrate", "--model", "demo"]) == 0
    assert "8 clips at once" in capsys.readouterr().out

    assert run(["plan", str(folder), "--model", "demo"]) == 0

    time_line, memory_line = capsys.readouterr().out.splitlines()[-2:]
    assert time_line.startswith("time     about ")
    assert "real time" in time_line
    # How much depends on what this process did before: the peak is its own.
    assert re.match(
        r"memory   about \d+\.\d GB of \d+\.\d GB free, in groups of 8 clips of 24 s;", memory_line
    )
