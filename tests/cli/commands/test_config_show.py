"""`qasr config show` and settings that make no sense."""

from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.core.language.languages import language_from_user
from qasr_cli.errors import UsageError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder one stands in; there is no user's own file."""
    monkeypatch.delenv("QASR_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def _refusal_of(language: str) -> str:
    with pytest.raises(UsageError) as caught:
        language_from_user(language)
    return f"QASR_LANGUAGE: {caught.value}"


def test_show_says_which_settings_no_command_takes(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each by what set it, and with what is possible; all of them are shown, and the code is 2."""
    (project / "qasr.toml").write_text('profile = "netflx"\n[batch]\ntime-budget = 6\n')
    monkeypatch.setenv("QASR_LANGUAGE", "Klingon")
    monkeypatch.setenv("QASR_MAX_LINE_WIDTH", "abc")
    monkeypatch.setenv("QASR_SPEAKER_NAMES", "Ann,Bob")
    monkeypatch.setenv("QASR_CHANNELS", "split")

    assert run(["config", "show"]) == 2

    captured = capsys.readouterr()
    file = project / "qasr.toml"
    lines = captured.err.splitlines()
    assert lines[0] == "qasr: QASR_MAX_LINE_WIDTH: --max-line-width takes a whole number, not 'abc'"
    assert sorted(lines[1:]) == [
        f"qasr: {file} [batch]: --time-budget: '6' needs a unit, such as 6s, 6m or 6h",
        f"qasr: {file}: --profile netflx is not known; did you mean netflix?",
        f"qasr: {_refusal_of('Klingon')}",
    ]
    assert 'language = "Klingon"' in captured.out


def test_show_has_nothing_to_say_of_settings_that_go_together(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What makes sense only with another setting makes sense with it."""
    monkeypatch.setenv("QASR_SPEAKER_NAMES", "Ann,Bob")
    (project / "qasr.toml").write_text('channels = "split"')

    assert run(["config", "show"]) == 0

    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("project")
def test_show_names_variables_that_set_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt variable is told of, with the one that was meant; what is no option may be set."""
    for name in ("QASR_LANGAUGE", "QASR_TIME_BUDGET", "QASR_BATCH_INCLUDE", "QASR_FFMPEG"):
        monkeypatch.setenv(name, "de")

    assert run(["config", "show"]) == 0

    assert capsys.readouterr().err.splitlines() == [
        "warning  QASR_LANGAUGE sets nothing; did you mean QASR_LANGUAGE?",
        "warning  QASR_TIME_BUDGET sets nothing; did you mean QASR_BATCH_TIME_BUDGET?",
    ]
