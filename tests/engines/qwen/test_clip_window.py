"""A bounded window of clips is taken ahead, and no clip is lost between windows."""

import itertools

import pytest

from qasr_cli.engines.qwen.clip_window import next_window
from tests.engines.conftest import make_clip, noise


@pytest.mark.parametrize(
    ("duration_s", "batch_count", "clip_count"),
    [(0.1, 1, 32), (0.1, 8, 32), (0.1, 16, 64), (30.0, 8, 20), (30.0, 32, 32), (180.0, 8, 4)],
)
def test_a_window_is_bounded(duration_s: float, batch_count: int, clip_count: int) -> None:
    """It ends at four batches, or at ten minutes of sound, or at a batch of 30 s each."""
    clips = itertools.repeat(make_clip(noise(duration_s)))

    assert len(next_window(clips, batch_count)) == clip_count


def test_windows_follow_each_other() -> None:
    """The last window holds what is left, and each clip is in one window."""
    clips = [make_clip(noise(0.1), start_sample=number) for number in range(40)]
    remaining = iter(clips)

    first, second, third = (next_window(remaining, 1) for _ in range(3))

    assert [*first, *second] == clips
    assert third == []
