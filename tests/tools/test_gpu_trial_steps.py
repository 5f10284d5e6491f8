"""The trial's steps that need a GPU run on a pretend one, so that a real one is not wasted."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import IS_POSSIBLE, pretend
from tools.gpu_trial import demo_pair, small_gpu, speed
from tools.gpu_trial.settings import Found, Notes, Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_POSSIBLE, reason="no pretend GPU on this machine"),
]


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Two GPUs with plenty of memory, which this test sees."""
    with pretend(Machine()) as machine:
        yield machine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As small as a trial can be."""
    return Settings(
        device="cuda:0",
        weights=str(tmp_path),
        row_counts=(3, 2),
        least_clip_count=4,
        longest_clip_s=2,
        sentence_count=2,
    )


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notes:
    """Where a step notes what it finds; torch's counters are nobody's here."""
    for name in ("reset_peak_memory_stats", "set_per_process_memory_fraction"):
        monkeypatch.setattr(torch.cuda, name, lambda *_: None)
    return Notes(tmp_path / "found.json", limit_s=600)


def _found(tmp_path: Path) -> Found:
    found: Found = json.loads((tmp_path / "found.json").read_text())
    return found


@pytest.mark.parametrize("kind", ["eager", "captured"])
def test_speeds_are_measured(
    machine: Machine, settings: Settings, notes: Notes, tmp_path: Path, kind: str
) -> None:
    """Every run comes to its end without a failed clip, with the tokens of the one before."""
    speed.run(settings, notes, f"demo,{kind}")

    runs = _found(tmp_path)["runs"]
    expected = {
        "eager": [(2, True, False), (2, False, False), (2, False, True), (3, True, False)],
        "captured": [(3, True, False), (3, False, False), (2, True, False)],
    }
    ways = [(run["rows"], run["varlen"], run["cudnn_sdpa"]) for run in runs]
    assert ways == expected[kind]
    assert {key for run in runs for key in run} >= {"load_s", "first", "again", "align"}
    assert not [run for run in runs if "error" in run or "failed" in run["again"]]
    assert len({str(run["checksums"]) for run in runs}) == 1
    assert ("graph replay" in machine.seen.kernels) is (kind == "captured")


@pytest.mark.usefixtures("machine")
def test_the_demo_pair_is_compared(settings: Settings, notes: Notes, tmp_path: Path) -> None:
    """In each number format, captured and eager; what fails leaves the rest."""
    demo_pair.run(settings, notes)

    found = _found(tmp_path)
    assert len(found["tokens"]) == 6
    whole = [found["cpu"], *found["tokens"].values(), *found["texts_and_times"].values()]
    assert whole == [{"equal": 2, "of": 2}] * 9
    assert "NotImplementedError" in found["library"]["error"]  # of `generate` here


@pytest.mark.usefixtures("machine")
def test_a_small_gpu_is_played(settings: Settings, notes: Notes, tmp_path: Path) -> None:
    """By the plan, and by the ladder."""
    small_gpu.run(settings, notes, "demo")

    found = _found(tmp_path)
    assert found["ladder"]["clips_at_once"] == 128
    assert not [name for name, run in found.items() if "error" in run or "failed" in run["again"]]
