"""Workers that are killed, in a short form; `python -m tools.kill_workers` is the long one."""

from pathlib import Path

import pytest

from tools.kill_workers import Trial, make_recordings, run


@pytest.mark.parametrize("seed", [1, 2])
def test_whoever_is_killed_every_file_comes_out_once(tmp_path: Path, seed: int) -> None:
    """Two workers are killed and one recording kills three: bytes and outcomes are as alone."""
    make_recordings(tmp_path / "in", 19)
    run(tmp_path / "in", tmp_path / "alone")
    trial = Trial(
        source=tmp_path / "in",
        target=tmp_path / "killed",
        alone=tmp_path / "alone",
        seed=seed,
        worker_count=2,
        kill_count=2,
    )

    assert trial.problems() == []


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    """A trial against a run of something else says what differs."""
    make_recordings(tmp_path / "in", 3)
    trial = Trial(
        source=tmp_path / "in",
        target=tmp_path / "killed",
        alone=tmp_path / "nothing",
        seed=1,
        worker_count=1,
        kill_count=0,
    )

    assert "0000.srt is too much" in trial.problems()
