"""What was heard, kept small."""

import gc
import sys
import tracemalloc
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import ClipDone, ClipFailed, Span, Timing, Word
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.errors import EngineError
from qasr_cli.run.file_in_work import HeardClips
from tests.own_process import numbers_told_by

WORD_COUNT = 20


def _heard(index: int, text: str) -> ClipOutcome:
    start_ms = index * 30_000
    words = tuple(
        Word(start_ms=start_ms + n * 1000, end_ms=start_ms + n * 1000 + 900, text=f"{text}{n}")
        for n in range(WORD_COUNT)
    )
    return ClipOutcome(
        span=Span(start_sample=start_ms * 16, end_sample=start_ms * 16 + 480_000),
        result=ClipDone(
            clip_id=f"talk.wav/{index}",
            language="English",
            text=" ".join(word.text for word in words),
            words=words,
            timing=Timing.ALIGNED,
            warnings=("odd",),
        ),
        attempts=2,
        speaker="left",
    )


@given(st.lists(st.text(st.characters()), max_size=5))
def test_what_was_kept_comes_back(texts: list[str]) -> None:
    """Every outcome comes back as it was, in its order, until it is forgotten; failures too."""
    failed = ClipOutcome(
        span=Span(start_sample=0, end_sample=16),
        result=ClipFailed(clip_id="x", stage="align", error=EngineError("no"), text="a"),
    )
    given_outcomes = [failed, *(_heard(index, text) for index, text in enumerate(texts))]
    kept = HeardClips()
    for outcome in given_outcomes:
        kept.append(outcome)

    assert list(kept) == given_outcomes
    assert list(kept) == given_outcomes
    kept.clear()
    assert not list(kept)


def test_how_voices_sound_is_not_copied() -> None:
    """What an hour of them takes is there once, however often it is asked for."""
    voices = HeardVoices.of([(0, 1500)], bytes(range(192)) * 2)
    kept = HeardClips()
    kept.append(replace(_heard(0, "word"), voices=voices))
    kept.append(_heard(1, "word"))

    assert list(kept) == [replace(_heard(0, "word"), voices=voices), _heard(1, "word")]
    assert [heard.voices is voices for heard in kept] == [True, False]


def test_a_word_takes_little() -> None:
    """An hour of words takes less than a third of what it takes as values."""
    # Threads of other tests take memory and give it back meanwhile.
    plain_bytes, kept_bytes = numbers_told_by(__name__, "tell_bytes")
    assert 0 < kept_bytes < plain_bytes / 3


def tell_bytes() -> None:
    """Say how many bytes an hour takes as values and kept small, on standard output."""
    for keep in (list, HeardClips):
        tracemalloc.start()
        kept: list[ClipOutcome] | HeardClips = keep()
        for index in range(200):
            kept.append(_heard(index, "word"))
        gc.collect()  # what waits for it is not kept
        sys.stdout.write(f"{tracemalloc.get_traced_memory()[0]}\n")
        tracemalloc.stop()
