from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.split import Stretch, split
from qasr_cli.media.vad import FRAME_SAMPLES, EnergyDetector


class LevelDetector:
    """Loud is speech, frame by frame: a detector whose answers are planted in the sound."""

    def push(self, frames: Pcm, /) -> npt.NDArray[np.float32]:
        """1.0 for every frame with a loud sample."""
        loud: npt.NDArray[np.float32] = (np.abs(frames).max(axis=1) > 0.1).astype(np.float32)
        return loud


def _speech(spans_s: Sequence[tuple[float, float]], duration_s: float) -> Pcm:
    pcm = np.zeros(round(duration_s * SAMPLE_RATE_HZ), np.float32)
    for start_s, end_s in spans_s:
        pcm[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)] = 0.5
    return pcm


def _in_blocks(pcm: Pcm, sizes: Iterator[int]) -> Iterator[Pcm]:
    start = 0
    while start < len(pcm):
        size = next(sizes)
        yield pcm[start : start + size]
        start += size


def _split(
    pcm: Pcm, *, max_clip_s: float = 5.0, sizes: Sequence[int] = (160_000,)
) -> list[Stretch]:
    endless = (sizes[index % len(sizes)] for index in range(10**9))
    blocks = _in_blocks(pcm, endless)
    return list(split(blocks, detector=LevelDetector(), max_clip_s=max_clip_s))


def test_stretches_hold_the_sound_of_their_span() -> None:
    """The samples of a stretch are those of the recording at its span, as a copy."""
    pcm = _speech([(1, 3), (8, 12), (20, 32)], 40) + np.linspace(0, 0.01, 640_000, dtype=np.float32)
    stretches = _split(pcm, max_clip_s=15)

    assert len(stretches) == 3
    for stretch in stretches:
        span = stretch.span
        np.testing.assert_array_equal(stretch.pcm, pcm[span.start_sample : span.end_sample])
        assert stretch.pcm.base is None


@pytest.mark.parametrize("pcm", [np.zeros(0, np.float32), np.zeros(500_000, np.float32)])
def test_without_speech_there_is_nothing(pcm: Pcm) -> None:
    """Silence gives no stretch, and neither does a recording without samples."""
    assert _split(pcm) == []


def test_speech_up_to_the_last_sample() -> None:
    """A recording may end in the middle of speech and of a frame."""
    pcm = _speech([(0.5, 1.7)], 1.7)[: -FRAME_SAMPLES // 3]

    (stretch,) = _split(pcm)

    assert stretch.span.end_sample == len(pcm)


def test_a_single_sample() -> None:
    """The shortest recording there can be is split without complaint."""
    (stretch,) = _split(np.ones(1, np.float32))

    assert stretch.span.sample_count == 1


def test_endless_speech_is_cut_where_it_is_quiet() -> None:
    """Speech without a pause is cut in the quietest moment of the later half."""
    pcm = _speech([(0, 9)], 9)
    pcm[round(3.9 * SAMPLE_RATE_HZ) : round(4.1 * SAMPLE_RATE_HZ)] = 0.2
    pcm[round(1.0 * SAMPLE_RATE_HZ) : round(1.2 * SAMPLE_RATE_HZ)] = 0.15

    ends_s = [stretch.span.end_sample / SAMPLE_RATE_HZ for stretch in _split(pcm)]

    assert ends_s[0] == pytest.approx(4.0, abs=0.06)


@settings(max_examples=30)  # each splits minutes of sound twice
@given(
    st.lists(st.tuples(st.floats(0.1, 6), st.floats(0.05, 9)), min_size=1, max_size=8),
    st.lists(st.integers(1000, 300_000), min_size=1, max_size=5),
    st.sampled_from([1.0, 5.0, 8.0]),
)
def test_the_size_of_blocks_does_not_matter(
    speech: list[tuple[float, float]], sizes: list[int], max_clip_s: float
) -> None:
    """However the sound arrives, the stretches are the same."""
    spans_s, end_s = [], 0.0
    for pause_s, length_s in speech:
        spans_s.append((end_s + pause_s, end_s + pause_s + length_s))
        end_s += pause_s + length_s
    pcm = _speech(spans_s, end_s + 1)

    in_small_blocks = _split(pcm, max_clip_s=max_clip_s, sizes=sizes)
    in_one_block = _split(pcm, max_clip_s=max_clip_s, sizes=[len(pcm)])

    assert [s.span for s in in_small_blocks] == [s.span for s in in_one_block]


def test_stretches_come_while_the_sound_still_flows() -> None:
    """A stretch is given out as soon as it is settled, and little is read ahead."""
    read_samples = 0

    def endless() -> Iterator[Pcm]:
        nonlocal read_samples
        while True:
            read_samples += 160_000
            yield _speech([(1, 4)], 10)

    stretches = split(endless(), detector=LevelDetector(), max_clip_s=5.0)
    for count in range(1, 200):
        span = next(stretches).span

        assert span.start_sample // 160_000 == count - 1
        assert read_samples - span.end_sample < 60 * SAMPLE_RATE_HZ


def test_two_detectors_agree_on_bursts() -> None:
    """With pydub's levels in place of the planted ones, bursts are found where they are."""
    pcm = _speech([(1, 3), (8, 12)], 15)
    by_energy = split([pcm], detector=EnergyDetector(), max_clip_s=5.0)

    assert [s.span for s in by_energy] == [s.span for s in _split(pcm)]
