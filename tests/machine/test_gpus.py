"""GPUs are counted without torch."""

from pathlib import Path

import pytest

from qasr_cli.machine.gpus import usable_gpu_count
from qasr_cli.sandbox import nvidia


@pytest.mark.parametrize(
    ("chosen", "count"),
    [("", 0), ("0", 1), ("1,0", 2), ("-1", 0), ("0,-1,1", 1), (" 2 , GPU-8932f937 ", 2)],
)
def test_what_the_user_shows_to_cuda_counts(
    monkeypatch: pytest.MonkeyPatch, chosen: str, count: int
) -> None:
    """CUDA_VISIBLE_DEVICES hides boards, and all behind the first that is none."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)

    assert usable_gpu_count() == count


def test_else_the_nodes_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container has those of its boards; the others are those of the driver."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(nvidia, "DEVICE_FOLDER", str(tmp_path))
    for name in ("nvidia0", "nvidia3", "nvidiactl", "nvidia-uvm", "nvidia-modeset"):
        (tmp_path / name).touch()

    assert usable_gpu_count() == 2

    monkeypatch.setattr(nvidia, "DEVICE_FOLDER", str(tmp_path / "absent"))
    assert usable_gpu_count() == 0
