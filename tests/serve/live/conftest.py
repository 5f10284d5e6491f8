"""A hall for live sessions."""

import os
import threading
from pathlib import Path

import pytest

from qasr_cli.serve.live.sessions import LiveLimits
from tests.serve.live.hall import Played, Scene, play


@pytest.fixture
def played(tmp_path: Path) -> Played:
    """Play a scene in a hall; at its end no thread and no file of it may be left."""
    for name in ("jobs", "live"):
        (tmp_path / name).mkdir()

    def played(scene: Scene, *, max_lag_s: float = 30.0) -> None:
        play(scene, tmp_path, LiveLimits(most_count=4, max_lag_s=max_lag_s))
        assert [each.name for each in threading.enumerate() if "live" in each.name] == []
        assert os.listdir(tmp_path / "live") == []

    return played
