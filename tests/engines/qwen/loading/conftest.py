"""The demo pair where packed weights can be kept beside it, and what it hears."""

import contextlib
import itertools
import shutil
from pathlib import Path
from threading import Thread

import pytest

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.loading import packed
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.engines.conftest import outcome, results_by_id


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineOptions:
    """The demo pair in folders that may be written, large enough to keep something for."""
    monkeypatch.setattr(packed, "_LEAST_BYTES", 0)
    for role in ("recogniser", "aligner"):
        shutil.copytree(demo_folder(role), tmp_path / role)
    return EngineOptions(
        model=str(tmp_path / "recogniser"), aligner=str(tmp_path / "aligner"), threads=1
    )


def heard(options: EngineOptions, clips: list[Clip]) -> dict[str, object]:
    """What a new engine makes of clips."""
    with contextlib.closing(build_engine(options)) as engine:
        results = results_by_id(engine, clips)
    return {clip_id: outcome(result) for clip_id, result in results.items()}


def silence_between_blocks(data: bytearray) -> None:
    """Nothing but zeros in the last third of the gaps between what a fingerprint reads."""
    last = len(data) - 4096
    blocks = [last * number // 63 for number in range(64)]
    for first, following in itertools.pairwise(blocks[42:]):
        data[first + 4096 : following] = bytes(max(0, following - first - 4096))


@pytest.fixture
def no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system refuses every new thread."""

    def refused(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refused)
