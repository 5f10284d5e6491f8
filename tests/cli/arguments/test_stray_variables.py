"""Variables that begin like one of qasr and set nothing."""

import json
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording."""
    write_wav(tmp_path / "in" / "talk.wav")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("QASR_LANGAGE", "; did you mean QASR_LANGUAGE?"),
        ("QASR_BATCH_TIME_BUGDET", "; did you mean QASR_BATCH_TIME_BUDGET?"),
        ("QASR_TIME_BUDGET", "; did you mean QASR_BATCH_TIME_BUDGET?"),  # only batch has it
        ("QASR_QQQ", ""),
    ],
)
@pytest.mark.parametrize("command", [("batch",), ("plan",)])
def test_a_mistyped_variable_is_a_warning(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    command: tuple[str, ...],
    name: str,
    advice: str,
) -> None:
    """One line says so, and the work is done: another program may have such a name."""
    monkeypatch.setenv(name, "German")

    assert run([*command, str(folder), *FAKE]) == 0

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"warning  {name} sets nothing{advice}"
    assert [line for line in lines[1:] if "QASR_" in line] == []


def test_variables_that_are_known_are_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of other commands, those that stand for no option, and empty ones."""
    for name, value in (
        ("QASR_LANGUAGE", "de"),
        ("QASR_LINT_FORMAT", "json"),
        ("QASR_BATCH_RETRY_FAILED", "true"),
        ("QASR_MODELS", "/nowhere"),
        ("QASR_OPTIONS", "-f srt"),
        ("QASR_LANGAGE", ""),
        ("OTHER_LANGAGE", "de"),
    ):
        monkeypatch.setenv(name, value)

    assert run(["batch", str(folder), *FAKE]) == 0

    assert "warning" not in capsys.readouterr().err


def test_the_warning_may_be_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For whoever parses standard error."""
    monkeypatch.setenv("QASR_LANGAGE", "de")

    assert run(["batch", str(folder), "--log-format", "json", *FAKE]) == 0

    assert json.loads(capsys.readouterr().err.splitlines()[0]) == {
        "event": "warning",
        "message": "QASR_LANGAGE sets nothing; did you mean QASR_LANGUAGE?",
    }
