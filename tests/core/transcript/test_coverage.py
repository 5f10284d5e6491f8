"""How much of the speech has words: counted right, told with times."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.coverage import Coverage, coverage_of
from qasr_cli.core.types import ClipDone, IntervalMs, Timing, Transcript, Word
from tests.strategies import assembled, span_of, transcripts


def transcript_with(*words_ms: tuple[int, int]) -> Transcript:
    """A transcript of a minute with words at these times."""
    words = tuple(Word(start_ms=first, end_ms=last, text="w") for first, last in words_ms)
    done = ClipDone(
        clip_id="f/1",
        language="English" if words else None,
        text=" ".join(word.text for word in words),
        words=words,
        timing=Timing.ALIGNED if words else Timing.NONE,
    )
    return assembled([ClipOutcome(span=span_of(0, 60_000), result=done)])


@pytest.mark.parametrize(
    ("speech_ms", "words_ms", "share", "gaps"),
    [
        ([], [], 1.0, ()),
        ([], [(0, 300)], 1.0, ()),
        ([(0, 10_000)], [], 0.0, ((0, 10_000),)),
        ([(1000, 3000)], [(1500, 1500), (2400, 2600)], 1.0, ()),
        ([(0, 10_000)], [(0, 4500)], 0.5, ((5000, 10_000),)),
        ([(0, 4000), (6000, 10_000)], [(0, 3500), (8500, 9500)], 0.75, ((6000, 8000),)),
        ([(0, 10_000)], [(0, 3000), (4900, 10_000)], 0.91, ()),
        ([(0, 2000), (20_000, 22_000)], [(20_000, 22_000)], 0.5, ((0, 2000),)),
    ],
    ids=["nothing", "no speech", "mute", "near", "half", "inside", "short gap", "first region"],
)
def test_speech_without_words_is_counted(
    speech_ms: list[tuple[int, int]],
    words_ms: list[tuple[int, int]],
    share: float,
    gaps: tuple[tuple[int, int], ...],
) -> None:
    """A word covers itself and half a second around it; only speech counts."""
    coverage = coverage_of(replace(transcript_with(*words_ms), speech=tuple(speech_ms)))

    assert coverage.share == pytest.approx(share)
    assert coverage.gaps == gaps


def test_a_warning_names_the_gaps() -> None:
    """Below the wanted share a person reads how much is missing, and where."""
    coverage = Coverage(share=0.5, gaps=((5000, 10_000), (61_000, 62_500)))

    assert coverage.warning(0.5) is None
    assert coverage.warning(0.9) == (
        "words cover 50.0% of the speech, less than 90%; none at "
        "00:00:05.000 - 00:00:10.000, 00:01:01.000 - 00:01:02.500"
    )


def test_a_warning_of_many_gaps_stays_one_line() -> None:
    """The ten longest gaps are named, in order of time; the others are counted."""
    gaps = tuple((at_ms, at_ms + 1000 + at_ms // 100) for at_ms in range(0, 120_000, 10_000))

    warning = Coverage(share=0.1, gaps=gaps).warning(0.9)

    assert warning is not None
    assert warning.startswith("words cover 10.0% of the speech, less than 90%; none at 00:00:20")
    assert warning.endswith("00:01:50.000 - 00:01:52.100 and 2 more")


@st.composite
def regions(draw: st.DrawFn) -> tuple[IntervalMs, ...]:
    """Regions of speech, in order."""
    edges_ms = sorted(draw(st.sets(st.integers(0, 60_000), max_size=20)))
    return tuple(zip(edges_ms[::2], edges_ms[1::2], strict=False))


@given(transcripts(), regions())
def test_the_share_is_a_share(transcript: Transcript, speech: tuple[IntervalMs, ...]) -> None:
    """Coverage lies between none and all; gaps are speech, in order, and fit what is missing."""
    coverage = coverage_of(replace(transcript, speech=speech))

    assert 0 <= coverage.share <= 1
    edges = [edge for gap in coverage.gaps for edge in gap]
    assert edges == sorted(edges)
    speech_ms = sum(end_ms - start_ms for start_ms, end_ms in speech)
    missing_ms = sum(end_ms - start_ms for start_ms, end_ms in coverage.gaps)
    assert missing_ms <= (1 - coverage.share) * speech_ms + 1e-6
    for start_ms, end_ms in coverage.gaps:
        assert any(first_ms <= start_ms < end_ms <= last_ms for first_ms, last_ms in speech)


@given(transcripts())
def test_words_cover_their_own_time(transcript: Transcript) -> None:
    """Speech exactly where words are is covered whole."""
    speech = tuple(
        (word.start_ms, word.end_ms)
        for segment in transcript.segments
        for word in segment.words
        if word.start_ms < word.end_ms
    )

    assert coverage_of(replace(transcript, speech=speech)) == Coverage(share=1.0, gaps=())
