"""`qasr models pull` against the hub of this folder's fixtures."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qasr_cli.checkpoints.locate import pull_root
from qasr_cli.cli.commands.models import app
from qasr_cli.errors import DownloadError, ExitCode

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "Qwen/Qwen3-ASR-1.7B-hf"


@pytest.mark.usefixtures("hub_url")
@pytest.mark.parametrize("source", ["hf", "modelscope"])
def test_pull_find_verify(source: str) -> None:
    """A model that was pulled is in qasr's own folder, is found by its name, and is whole."""
    runner = CliRunner()
    folder = pull_root(None) / REPOSITORY

    pulled = runner.invoke(app, ["pull", "1.7b", "--source", source])

    assert pulled.exit_code == 0
    assert pulled.stdout == f"1.7b: pulled: {folder} at {COMMIT}\n"
    assert "qasr models pull aligner" in pulled.stderr
    assert runner.invoke(app, ["path", "1.7b"]).stdout == f"{folder}\n"
    assert runner.invoke(app, ["verify", "1.7b"]).exit_code == 0
    assert "already here" in runner.invoke(app, ["pull", "1.7b", "--source", source]).stdout


@pytest.mark.usefixtures("hub_url")
def test_the_first_folder_searched_is_the_one_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--model-dir, or else the first folder of QASR_MODELS, receives the model."""
    named, listed = tmp_path / "named", tmp_path / "listed"
    monkeypatch.setenv("QASR_MODELS", f"{listed}:{tmp_path / 'other'}")
    runner = CliRunner()

    runner.invoke(app, ["pull", REPOSITORY])
    runner.invoke(app, ["pull", REPOSITORY, "--model-dir", str(named)])

    assert (listed / REPOSITORY / "config.json").is_file()
    assert (named / REPOSITORY / "config.json").is_file()


@pytest.mark.usefixtures("hub_url")
def test_a_model_the_hub_does_not_have_exits_3() -> None:
    """A failed download is an error of the surroundings, with nothing on standard output."""
    result = CliRunner().invoke(app, ["pull", "aligner"])

    assert isinstance(result.exception, DownloadError)
    assert result.exception.exit_code == ExitCode.ENVIRONMENT
    assert result.stdout == ""
