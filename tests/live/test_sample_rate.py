"""Sound at other rates than 16 kHz, piece by piece."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.live.sample_rate import RateConverter
from qasr_cli.media.pcm import Pcm

_RATES = (8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000)


def _tone(hertz: float, rate_hz: int, length_s: float = 1.0) -> Pcm:
    moments_s = np.arange(int(rate_hz * length_s)) / rate_hz
    return np.asarray(0.5 * np.sin(2 * np.pi * hertz * moments_s), dtype=np.float32)


def _converted(pcm: Pcm, rate_hz: int) -> Pcm:
    converter = RateConverter(rate_hz)
    return np.concatenate((converter.push(pcm), converter.end()))


@pytest.mark.parametrize("rate_hz", _RATES)
def test_a_tone_stays_what_it_is_where_it_is(rate_hz: int) -> None:
    """Each sample is that of the same moment, and there are as many as the time has."""
    heard = _converted(_tone(440, rate_hz), rate_hz)
    assert len(heard) == SAMPLE_RATE_HZ
    error = np.abs(heard - _tone(440, SAMPLE_RATE_HZ))[100:-100]
    assert error.max() < 1e-4


@pytest.mark.parametrize("rate_hz", [rate for rate in _RATES if rate > 2 * 9000])
def test_what_16_khz_cannot_carry_is_gone(rate_hz: int) -> None:
    """A tone above half the new rate is not heard as another one."""
    heard = _converted(_tone(9000, rate_hz), rate_hz)[200:-200]
    assert np.abs(heard).max() < 1e-3


@given(st.sampled_from(_RATES), st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_pieces_of_any_lengths_give_the_same(rate_hz: int, counts: list[int]) -> None:
    """However the sound is parted, not a bit is different."""
    pcm = _tone(523, rate_hz)[: sum(counts)]
    converter = RateConverter(rate_hz)
    edges = np.cumsum(counts)[:-1]
    parts = [converter.push(part) for part in np.split(pcm, edges)]
    assert np.array_equal(np.concatenate((*parts, converter.end())), _converted(pcm, rate_hz))


def test_much_sound_at_once_takes_little_memory() -> None:
    """A minute of a browser's sound, as of who comes back, takes a few times its own size."""
    pcm = np.zeros(60 * 48_000, dtype=np.float32)
    converter = RateConverter(48_000)
    tracemalloc.start()
    try:
        assert len(converter.push(pcm)) > 59 * SAMPLE_RATE_HZ
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 4 * pcm.nbytes


def test_a_rate_that_nothing_has() -> None:
    """It is refused, since its table would fill the memory."""
    with pytest.raises(ValueError, match="no rate that sound comes at"):
        RateConverter(16_001)
