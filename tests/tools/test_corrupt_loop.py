"""The short form of the loop that damages the state of finished folders."""

import os
import random
from pathlib import Path

import pytest

from tests.tools import plants
from tools.corrupt_loop import CorruptLoop
from tools.damage import MUTATIONS, Mutation


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> CorruptLoop:
    """A folder to damage."""
    return CorruptLoop(tmp_path_factory.mktemp("corrupt"))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_state_loses_no_subtitle(seed: int, loop: CorruptLoop) -> None:
    """Whatever became of the files in `.qasr`, runs end well and every output is as it would be."""
    assert loop.trial(seed) == []


@pytest.mark.parametrize("mutation", dict.fromkeys(MUTATIONS), ids=lambda each: each.__name__)
def test_damage_is_done(mutation: Mutation, tmp_path: Path) -> None:
    """Each kind of damage leaves another state than there was, and touches nothing else."""
    state = tmp_path / ".qasr"
    (state / "results").mkdir(parents=True)
    (state / "results" / "a.json").write_text('{"mark": {"a": [1, {"b": "c"}]},\n"text": "x"}\n')
    (state / "journal.jsonl").write_text('{"event": "a"}\n{"event": "b"}\n')
    (tmp_path / "announcement.srt").write_text("somebody's")
    before = _listing(state)

    changed = set()
    for seed in range(5):
        path = state / "results" / "a.json"
        if path.is_file() and not path.is_symlink():
            mutation(path, random.Random(seed))  # noqa: S311  # damage, not secrets
        changed.add(_listing(state) != before)

    assert True in changed
    assert sorted(os.listdir(tmp_path)) == [".qasr", "announcement.srt"]
    assert (tmp_path / "announcement.srt").read_text() == "somebody's"


def test_a_reader_that_trusts_what_it_reads_is_found(
    loop: CorruptLoop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that takes any JSON for what it wrote fails within a few seeds."""
    monkeypatch.setenv("PYTHONPATH", plants.planted(tmp_path, plants.TRUSTS_ITS_STATE))

    assert any(loop.trial(seed) for seed in range(20))


def _listing(folder: Path) -> dict[str, object]:
    return {
        str(path): os.readlink(path)
        if path.is_symlink()
        else path.read_bytes()
        if path.is_file()
        else path.stat().st_mode
        for path in folder.rglob("*")
    }
