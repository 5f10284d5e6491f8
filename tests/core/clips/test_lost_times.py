"""Times that an aligner lost in a language it was not trained on are estimated."""

from dataclasses import replace

import numpy as np
import pytest

from qasr_cli.core.clips.lost_times import settled
from qasr_cli.core.clips.repair import find, joined
from qasr_cli.core.text import is_kept
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, Timing, Word
from qasr_cli.errors import AlignmentError
from tests.strategies import span_of

CLIP = Clip(
    clip_id="f/0",
    span=span_of(0, 6000),
    language=None,
    pcm=np.zeros(0, np.float32),
    speech=(span_of(0, 6000),),
)
TEXT = "een twee drie vier vijf zes zeven acht"


def done(*times_ms: tuple[int, int], timing: Timing = Timing.ALIGNED_UNLISTED) -> ClipDone:
    """Eight words of Dutch at these times."""
    words = tuple(
        Word(start_ms=start_ms, end_ms=end_ms, text=text)
        for text, (start_ms, end_ms) in zip(TEXT.split(), times_ms, strict=True)
    )
    return ClipDone(clip_id="f/0", language="Dutch", text=TEXT, words=words, timing=timing)


GOOD = done(*((700 * n, 700 * n + 400) for n in range(8)))
CROWDED = done(*((80 * (n // 4), 80 * (n // 4) + 20) for n in range(8)))
WITHOUT_LENGTH = done(*((700 * n, 700 * n) for n in range(8)))


@pytest.mark.parametrize("lost", [CROWDED, WITHOUT_LENGTH])
def test_lost_times_are_dropped(lost: ClipDone) -> None:
    """Words that share one moment, or take none, get estimated times, and a line says so."""
    result = settled(find(CLIP, lost)).result

    assert isinstance(result, ClipDone)
    assert (result.text, result.words, result.timing) == (TEXT, (), Timing.PROPORTIONAL)
    assert result.warnings == (
        "word times are estimated: the aligner was not trained on Dutch and lost its place",
    )


@pytest.mark.parametrize(
    ("times_ms", "timing"),
    [
        (((80, 240), (2000, 2080)), Timing.PROPORTIONAL),
        (((80, 240), (2000, 4000)), Timing.PROPORTIONAL),
        (((80, 1600), (2000, 4000)), Timing.ALIGNED_UNLISTED),
    ],
)
def test_a_phrase_is_as_long_as_its_syllables(
    times_ms: tuple[tuple[int, int], ...], timing: Timing
) -> None:
    """Thai has no spaces between words, so few times hold many: nobody says ten in 160 ms."""
    phrases = ("ฉันไปตลาดเมื่อวานนี้", "แล้วกินข้าวผัด")
    words = tuple(
        Word(start_ms=start_ms, end_ms=end_ms, text="".join(filter(is_kept, text)))
        for text, (start_ms, end_ms) in zip(phrases, times_ms, strict=True)
    )
    thai = replace(GOOD, language="Thai", text=" ".join(phrases), words=words)

    assert settled(find(CLIP, thai)).result.timing is timing  # type: ignore[union-attr]


@pytest.mark.parametrize("timing", [Timing.ALIGNED, Timing.ALIGNED_UNLISTED])
def test_good_times_stay(timing: Timing) -> None:
    """What is healthy is not touched, whatever the language."""
    finding = find(CLIP, replace(GOOD, timing=timing))

    assert settled(finding) is finding


def test_a_trained_language_keeps_its_times() -> None:
    """There they stay, with the warning that they had before."""
    finding = find(CLIP, replace(CROWDED, timing=Timing.ALIGNED, language="German"))

    assert settled(finding) is finding
    assert finding.result.timing is Timing.ALIGNED  # type: ignore[union-attr]


def test_other_warnings_stay() -> None:
    """Only the lines about times give way."""
    finding = find(CLIP, replace(CROWDED, truncated=True, language=None))

    warnings = settled(finding).result.warnings  # type: ignore[union-attr]

    assert warnings == (
        "the text reached its limit of length; some may be missing",
        "word times are estimated: the aligner was not trained on its language and lost its place",
    )


def test_a_failure_is_passed_on() -> None:
    """It has no times to lose."""
    failed = ClipFailed(
        clip_id="f/0", stage="align", error=AlignmentError("f/0", "drill"), text="x"
    )
    finding = find(CLIP, failed)

    assert settled(finding) is finding


def test_the_times_of_pieces_are_as_good_as_the_worst() -> None:
    """One piece in an unlisted language marks the whole; all languages are named."""
    dutch = find(CLIP, GOOD)
    german = find(CLIP, replace(GOOD, timing=Timing.ALIGNED, language="German"))

    mixed, pure = joined(CLIP, [german, dutch]).result, joined(CLIP, [german, german]).result

    assert isinstance(mixed, ClipDone)
    assert isinstance(pure, ClipDone)
    assert (mixed.timing, mixed.languages) == (Timing.ALIGNED_UNLISTED, ("German", "Dutch"))
    assert (pure.timing, pure.languages) == (Timing.ALIGNED, ())
