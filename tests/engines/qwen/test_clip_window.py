"""A bounded window of clips is taken ahead, and no clip is lost between windows."""

import itertools

import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines.qwen import clip_window
from qasr_cli.engines.qwen.clip_window import size_for, taken, window_size
from tests.engines.conftest import make_clip, noise


@pytest.mark.parametrize(
    ("duration_s", "batch_count", "clip_count"),
    [(0.1, 1, 32), (0.1, 8, 32), (0.1, 16, 64), (30.0, 8, 20), (30.0, 32, 32), (180.0, 8, 4)],
)
def test_a_window_is_bounded(duration_s: float, batch_count: int, clip_count: int) -> None:
    """It ends at four batches, or at ten minutes of sound, or at a batch of 30 s each."""
    clips = itertools.repeat(make_clip(noise(duration_s)))

    assert len(list(taken(clips, window_size(batch_count)))) == clip_count


@pytest.mark.parametrize(
    ("batch_count", "least_s", "free_gib", "sound_s"),
    [
        (32, 0, None, 3840),
        (128, 0, 64, 15360),
        (128, 0, 8, 9320),
        (256, 0, 0, 600),
        (4, 0, 64, 600),
        (4, 3600, 64, 3600),
    ],
)
def test_a_window_of_a_gpu_holds_four_batches(
    batch_count: int, least_s: int, free_gib: int | None, sound_s: int
) -> None:
    """As far as an eighth of free memory holds them; longer where models take turns for it."""
    free_bytes = None if free_gib is None else free_gib << 30

    size = window_size(batch_count, full_batch_count=4, least_s=least_s, free_bytes=free_bytes)

    assert round(size.sample_count / SAMPLE_RATE_HZ) == pytest.approx(sound_s, rel=0.01)
    assert size.clip_count >= max(32, 4 * batch_count, least_s)


def test_the_device_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU gets four batches, and an hour where models take turns; a CPU what it always got."""
    monkeypatch.setattr(clip_window, "available_bytes", lambda: 64 << 30)
    sizes = [
        size_for(kind, 16, takes_turns=takes_turns)
        for kind in ("cpu", "cuda")
        for takes_turns in (False, True)
    ]

    assert [size.sample_count // SAMPLE_RATE_HZ for size in sizes] == [600, 600, 1920, 3600]
    assert [size.clip_count for size in sizes] == [64, 64, 64, 3600]


def test_windows_follow_each_other() -> None:
    """The last window holds what is left, and each clip is in one window."""
    clips = [make_clip(noise(0.1), start_sample=number) for number in range(40)]
    remaining = iter(clips)

    first, second, third = (list(taken(remaining, window_size(1))) for _ in range(3))

    assert [*first, *second] == clips
    assert third == []
