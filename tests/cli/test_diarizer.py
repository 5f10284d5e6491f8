"""`--diarizer`: which model tells voices apart, and what goes with it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.errors import ExitCode
from tests.nemotron_files import write_band_nemotron
from tests.voice_files import write_voices

NEMOTRON = ("--engine", "fake", "--vad", "energy", "--diarize", "--diarizer", "nemotron")
TURNS = [(0.5, 6.5, "low"), (7.0, 13.0, "high"), (14.0, 20.0, "low")]


@pytest.fixture
def talk(tmp_path: Path) -> str:
    """A recording in which two sounds take turns."""
    return str(write_voices(tmp_path / "talk.wav", TURNS, length_s=21.0))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--diarizer", "nemotron"], "--diarizer goes with --diarize"),
        (["--diarize", "--diarizer", "pyannote"], "takes one of: campplus, nemotron"),
        (
            ["--diarize", "--diarizer", "nemotron", "--speakers", "9"],
            "--speakers 9: --diarizer nemotron tells 8 voices apart at most",
        ),
        (
            ["--diarize", "--diarizer", "nemotron", "--min-speakers", "9"],
            "--min-speakers 9: --diarizer nemotron tells 8 voices apart at most",
        ),
    ],
)
def test_what_does_not_go_together(
    talk: str, arguments: Sequence[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line says what to leave out, before anything is read."""
    assert run(["transcribe", talk, "--engine", "fake", *arguments]) == ExitCode.USAGE

    assert says in capfd.readouterr().err


def test_up_to_more_than_it_can_is_no_mistake(
    talk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--max-speakers may be any number: eight are fewer."""
    write_band_nemotron(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))

    assert run(["transcribe", talk, *NEMOTRON, "--max-speakers", "20"]) == ExitCode.OK


def test_without_the_model(
    talk: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Before the first recording it is said how to get it; with --voices the other one, too."""
    for name in ("QASR_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["transcribe", talk, *NEMOTRON]) == ExitCode.ENVIRONMENT
    assert "`qasr models pull nemotron` gets it" in capfd.readouterr().err

    write_band_nemotron(tmp_path / "models")
    (tmp_path / "people").mkdir()
    write_voices(tmp_path / "people" / "Anna.wav", TURNS, length_s=21.0)
    more = ("--voices", str(tmp_path / "people"), "--model-dir", str(tmp_path / "models"))
    assert run(["transcribe", talk, *NEMOTRON, *more]) == ExitCode.ENVIRONMENT
    assert "`qasr models pull speakers` gets it" in capfd.readouterr().err


def test_the_turns_of_both_are_one_format(
    talk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who speaks reaches srt and rttm as with the default."""
    write_band_nemotron(tmp_path / "models")
    monkeypatch.setenv("QASR_MODELS", str(tmp_path / "models"))

    assert run(["transcribe", talk, *NEMOTRON, "-f", "srt,rttm"]) == ExitCode.OK

    turns = (tmp_path / "talk.rttm").read_text().splitlines()
    names = [turn.split()[7] for turn in turns]
    assert list(dict.fromkeys(names)) == ["Speaker_1", "Speaker_2"]
    assert (tmp_path / "talk.srt").read_text().count("Speaker 1: ") == 2
