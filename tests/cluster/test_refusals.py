"""What `--executor ray` refuses before any work, and what its process may do."""

import contextlib
import importlib.util
from pathlib import Path

import pytest

from qasr_cli.cli import walls
from qasr_cli.cli.main import run
from qasr_cli.cluster import connection
from qasr_cli.errors import UsageError
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--no-progress")
RAY = ("--executor", "ray")


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording."""
    write_wav(tmp_path / "in" / "talk.wav")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (RAY, "--executor ray needs --address HOST:PORT"),
        (("--address", "head:6379"), "it goes with --executor ray"),
        ((*RAY, "--address", "head:6379", "--devices", "cuda:0"), "GPUs of this machine"),
        ((*RAY, "--address", "head:6379", "--workers", "0"), "--workers takes 1 to 64"),
        (("--executor", "dask"), "--executor takes one of: local, ray"),
    ],
)
def test_what_makes_no_sense_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    """In one line, with code 2, before anything is connected."""
    assert run(["batch", str(folder), *FAKE, *arguments]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert said.count("\n") == 1


@pytest.mark.skipif(
    importlib.util.find_spec("ray") is not None, reason="Ray is installed in this environment"
)
def test_without_ray_it_is_said_what_to_install(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, with the extra that brings it."""
    assert run(["batch", str(folder), *FAKE, *RAY, "--address", "head:6379"]) == 2
    assert "pip install 'qasr-cli[cluster]'" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["local", "ray://head:10001"])
def test_no_cluster_is_started_and_no_client_is_used(address: str) -> None:
    """Ray would start a cluster on all interfaces for the one, and hold jobs back for the other."""
    with pytest.raises(UsageError, match="qasr starts none"):
        connection._connect(object(), address)  # noqa: SLF001


def test_only_the_relay_stays_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run, the planner, and every other command are behind the walls."""
    monkeypatch.delenv(walls.RELAYED, raising=False)
    ray = {"executor": "ray"}
    assert walls.are_around_another("batch", ray)
    assert not walls.are_around_another("plan", ray)
    assert not walls.are_around_another("batch", {**ray, "dry_run": True})
    assert not walls.are_around_another("batch", {"executor": "local"})
    monkeypatch.setenv(walls.RELAYED, "1")
    assert not walls.are_around_another("batch", ray)


def test_a_dry_run_asks_no_cluster(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would be done, as ever."""
    with contextlib.suppress(SystemExit):
        assert run(["batch", str(folder), "--engine", "fake", *RAY, "--dry-run"]) == 0
    assert "todo     talk.wav" in capsys.readouterr().out
