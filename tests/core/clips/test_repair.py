"""Which result is better, and how pieces of a clip become one again."""

from dataclasses import replace

import numpy as np
import pytest

from qasr_cli.core.clips.health import Sign
from qasr_cli.core.clips.repair import (
    Finding,
    better_of,
    find,
    joined,
    told_or_untold,
    with_repair,
)
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, Timing, Word
from qasr_cli.errors import AlignmentError, DeviceMemoryError, EngineError, RecognitionError
from tests.strategies import span_of


def clip_of(start_ms: int, end_ms: int) -> Clip:
    """A clip that is all speech."""
    span = span_of(start_ms, end_ms)
    return Clip(
        clip_id=f"f/{start_ms}",
        span=span,
        language=None,
        pcm=np.zeros(0, np.float32),
        speech=(span,),
    )


LEFT, RIGHT, WHOLE = clip_of(0, 5000), clip_of(5000, 10_000), clip_of(0, 10_000)


def done(
    text: str,
    *words: tuple[int, int, str],
    language: str | None = "English",
    truncated: bool = False,
    warnings: tuple[str, ...] = (),
) -> ClipDone:
    """What was heard in a clip."""
    timing = Timing.ALIGNED if words else Timing.PROPORTIONAL
    return ClipDone(
        clip_id="f/0",
        language=language if text else None,
        text=text,
        words=tuple(Word(start_ms=s, end_ms=e, text=w) for s, e, w in words),
        timing=timing if text else Timing.NONE,
        truncated=truncated,
        warnings=warnings,
    )


def failed(error: EngineError, text: str | None = None) -> ClipFailed:
    """A clip that could not be done."""
    return ClipFailed(
        clip_id="f/0",
        stage="recognise" if text is None else "align",
        error=error,
        text=text,
        language="English",
    )


TALK = "It is a fine day for a walk by the river."
OTHER = "And so we go, all of us, to see the boats."


def test_a_healthy_result_is_left_alone() -> None:
    """Without a sign nothing is in doubt, and the very result stays."""
    result = done(TALK)

    finding = find(LEFT, result)

    assert finding.result is result
    assert (finding.doubt_ms, finding.trouble, finding.halving_limit) == (0, "", 0)


@pytest.mark.parametrize(
    ("result", "trouble", "doubt_ms", "limit"),
    [
        (done(TALK, truncated=True), "text cut short", 3750, 2),
        (done("", truncated=True), "text cut short, speech without text", 5000, 1),
        (failed(DeviceMemoryError("cuda:0", 1)), "out of memory", 5000, 4),
        (failed(RecognitionError("f/0", "drill")), "", 5000, 0),
    ],
)
def test_what_is_wrong_is_named_and_weighed(
    result: ClipDone | ClipFailed, trouble: str, doubt_ms: int, limit: int
) -> None:
    """The gravest sign says how much of the clip is in doubt; each has its limit of halvings."""
    finding = find(LEFT, result)

    assert (finding.trouble, finding.doubt_ms, finding.halving_limit) == (trouble, doubt_ms, limit)


def test_people_are_warned_of_what_stays_bad() -> None:
    """Each sign adds its line to those of the engine."""
    finding = find(LEFT, done(TALK, truncated=True, warnings=("first",)))

    assert isinstance(finding.result, ClipDone)
    assert finding.result.warnings == (
        "first",
        "the text reached its limit of length; some may be missing",
    )


def finding_of(doubt_ms: float, text: str, *signs: Sign) -> Finding:
    """A finding on the whole clip."""
    return Finding(clip=WHOLE, result=done(text), doubt_ms=doubt_ms, signs=signs)


def test_less_doubt_is_better() -> None:
    """The finding with less doubt wins, the first one among equals."""
    first = finding_of(100, TALK, Sign.CUT_SHORT)

    assert better_of(first, same := finding_of(100, OTHER)) is first
    assert better_of(first, less := finding_of(99, "Oh.")) is less
    assert same is not first


@pytest.mark.parametrize(("text", "wins"), [(TALK, True), (TALK[:-6], False), ("", False)])
def test_sound_text_is_not_given_up_for_times(text: str, *, wins: bool) -> None:
    """Better times do not make up for text that is no longer there."""
    first = finding_of(100, TALK, Sign.COLLAPSED_TIMES)
    second = finding_of(0, text)

    assert (better_of(first, second) is second) is wins


def test_a_repair_stands_in_the_result() -> None:
    """What was done last stands before what was done to the pieces."""
    finding = with_repair(with_repair(find(LEFT, done(TALK)), "inner"), "outer")

    assert isinstance(finding.result, ClipDone)
    assert finding.result.repairs == ("outer", "inner")


# --- joined -----------------------------------------------------------------------------------


def joined_of(left: ClipDone | ClipFailed, right: ClipDone | ClipFailed) -> Finding:
    """Two halves as one."""
    return joined(WHOLE, (find(LEFT, left), find(RIGHT, right)))


def test_texts_and_words_follow_each_other() -> None:
    """The whole has the text and the words of its pieces, in order."""
    left = done("Good day.", (0, 400, "Good"), (400, 900, "day"))
    right = done("Come in!", (6000, 6300, "Come"), (6300, 6600, "in"))

    result = joined_of(left, right).result

    assert isinstance(result, ClipDone)
    assert (result.clip_id, result.text) == (WHOLE.clip_id, "Good day. Come in!")
    assert result.words == left.words + right.words
    assert (result.language, result.timing) == ("English", Timing.ALIGNED)


@pytest.mark.parametrize(
    ("left", "right", "text", "language"),
    [
        (
            done("你好。", language="Chinese"),
            done("再见。", language="Chinese"),
            "你好。再见。",
            "Chinese",
        ),
        (done("你好。", language="Chinese"), done(TALK), f"你好。 {TALK}", "English"),
        (done(TALK), done(""), TALK, "English"),
        (done(""), done(""), "", None),
    ],
)
def test_texts_are_joined_as_their_languages_write(
    left: ClipDone, right: ClipDone, text: str, language: str | None
) -> None:
    """A space stands where the languages put one; most of the text names the language."""
    result = joined_of(left, right).result

    assert isinstance(result, ClipDone)
    assert (result.text, result.language) == (text, language)
    assert result.timing is (Timing.PROPORTIONAL if text else Timing.NONE)


def test_untimed_pieces_share_their_own_time() -> None:
    """Words of a piece without times lie in that piece, beside the timed words of the other."""
    result = joined_of(done("Good day.", (0, 400, "Good"), (400, 900, "day")), done("ab cd")).result

    assert isinstance(result, ClipDone)
    assert [(w.start_ms, w.end_ms) for w in result.words] == [
        (0, 400),
        (400, 900),
        (5000, 7500),
        (7500, 10_000),
    ]


def test_what_stays_wrong_in_a_piece_stays_in_the_whole() -> None:
    """Doubt adds up; marks and warnings are those of any piece, each line once."""
    finding = joined_of(done(TALK, truncated=True), done(OTHER, truncated=True))

    assert isinstance(finding.result, ClipDone)
    assert finding.result.truncated
    assert not finding.result.repetition
    assert len(finding.result.warnings) == 1
    assert (finding.doubt_ms, finding.trouble) == (7500, "text cut short")


def test_silence_in_pieces_is_silence_of_the_whole() -> None:
    """Cutting a mute clip into pieces too short to be doubted makes it no better."""
    seconds = [clip_of(at_ms, at_ms + 1000) for at_ms in range(0, 10_000, 1000)]

    finding = joined(WHOLE, [find(clip, done("")) for clip in seconds])

    assert (finding.doubt_ms, finding.trouble) == (10_000, "speech without text")


def test_a_piece_without_text_fails_the_whole() -> None:
    """No speech is lost in silence: a piece that was not recognised fails its clip."""
    error = DeviceMemoryError("cuda:0", 1)

    finding = joined_of(done(TALK), failed(error))

    assert isinstance(finding.result, ClipFailed)
    assert (finding.result.clip_id, finding.result.error) == (WHOLE.clip_id, error)
    assert finding.doubt_ms == 10_000


def test_a_piece_without_times_keeps_its_text() -> None:
    """A failed alignment of a piece leaves estimated times, and says so."""
    finding = joined_of(done(TALK), failed(AlignmentError("f/0", "drill"), OTHER))

    assert isinstance(finding.result, ClipDone)
    assert finding.result.text == f"{TALK} {OTHER}"
    assert finding.result.warnings == (
        "word times are estimated: clip f/0: alignment failed: drill",
    )
    assert finding.doubt_ms == 5000


# --- with a context and without ---------------------------------------------------------------

SHORT = replace(clip_of(0, 1000), context="Kubernetes etcd")
COPIED = find(SHORT, done("Kubernetes.", warnings=("first",)))


def test_a_copy_gives_way_to_what_is_heard_without() -> None:
    """Also where that is nothing."""
    for text in ("Yes.", ""):
        untold = find(replace(SHORT, context=""), done(text))

        assert told_or_untold(COPIED, untold) is untold


def test_a_hot_word_that_was_said_stays() -> None:
    """Nearly the same is heard without the context, so the spelling of the context holds."""
    untold = find(replace(SHORT, context=""), done("Cooper Netties."))

    kept = told_or_untold(COPIED, untold)

    assert COPIED.signs == (Sign.OUT_OF_CONTEXT,)
    assert isinstance(kept.result, ClipDone)
    assert (kept.result.text, kept.result.warnings) == ("Kubernetes.", ("first",))
    assert (kept.signs, kept.doubt_ms) == ((), 0)


def test_a_copy_that_cannot_be_checked_stays_doubtful() -> None:
    """Where the second try fails, the first result stays, with its warning."""
    untold = find(replace(SHORT, context=""), failed(RecognitionError("f/0", "drill")))

    kept = told_or_untold(COPIED, untold)

    assert kept is COPIED
    assert isinstance(kept.result, ClipDone)
    assert kept.result.warnings[1].startswith("the text may be copied from the context")


def test_without_a_copy_less_doubt_is_better() -> None:
    """Other bad text with a context is weighed as it is between clip and pieces."""
    told = find(SHORT, done("So", truncated=True))

    assert told_or_untold(told, well := find(SHORT, done("So it is."))) is well
    assert told_or_untold(told, find(SHORT, done("Oh", truncated=True))) is told
