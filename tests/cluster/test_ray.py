"""A real Ray cluster of two nodes, in a network of its own, while parts of it are killed."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
_LONGEST_S = 600.0


def _can_unshare() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "-n", "true"], check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="Ray is not installed: qasr-cli[cluster]"
    ),
    pytest.mark.skipif(not _can_unshare(), reason="no network namespace can be made here"),
]


def test_a_batch_survives_worker_actor_and_node(tmp_path: Path) -> None:
    """121 files, one of them deadly: outcomes, bytes and deaths as they should be, and no words."""
    tried = subprocess.run(
        [sys.executable, "-m", "tools.try_cluster", "--keep", str(tmp_path / "cluster")],
        cwd=ROOT,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )

    assert tried.returncode == 0, tried.stdout[-4000:]
