"""The engine without models does as its script says."""

from dataclasses import replace

import pytest

from qasr_cli.core.types import Clip, ClipDone, ClipFailed, Span, Timing, Word
from qasr_cli.engines.fake import Ailment, FakeEngine
from qasr_cli.errors import (
    AlignmentError,
    DeviceLost,
    DeviceMemoryError,
    DeviceUnavailable,
    EngineError,
    RecognitionError,
    WorkerLost,
)
from tests.engines.conftest import make_clip, noise

CLIP = make_clip(noise(2.5), start_sample=24_000)  # 1.5 s to 4.0 s
OTHER = make_clip(noise(1.0), start_sample=64_000)


def only(engine: FakeEngine, clip: Clip = CLIP) -> ClipDone | ClipFailed:
    """The result of a run over one clip."""
    (result,) = engine.run([clip])
    return result


def test_a_word_stands_at_every_whole_second() -> None:
    """However a file is split, second n of it says word n."""
    result = only(FakeEngine())

    assert isinstance(result, ClipDone)
    assert result.text == "word2 word3."
    assert [(word.start_ms, word.end_ms) for word in result.words] == [(2000, 2800), (3000, 3800)]
    assert result.language == "English"


def test_a_scripted_failure_happens_once() -> None:
    """After the failures of its script a clip works."""
    lost = WorkerLost("n3")
    engine = FakeEngine({CLIP.clip_id: [lost, None]})

    first, second, third = only(engine), only(engine), only(engine)

    assert isinstance(first, ClipFailed)
    assert first.error is lost
    assert first.stage == "recognise"
    assert isinstance(second, ClipDone)
    assert isinstance(third, ClipDone)


def test_a_script_for_a_file_counts_for_each_of_its_clips() -> None:
    """Each clip of the file fails as often as the script says."""
    engine = FakeEngine({"file": [RecognitionError("any", "drill")]})

    failed = [isinstance(result, ClipFailed) for result in engine.run([CLIP, OTHER, CLIP, OTHER])]

    assert failed == [True, True, False, False]


def test_a_failed_alignment_keeps_the_text() -> None:
    """What was heard is not lost with the times."""
    result = only(FakeEngine({"file": [AlignmentError(CLIP.clip_id, "drill")]}))

    assert isinstance(result, ClipFailed)
    assert (result.stage, result.text, result.language) == ("align", "word2 word3.", "English")


@pytest.mark.parametrize("error", [DeviceUnavailable("cuda", "x"), DeviceLost("cuda:0", "x")])
def test_a_fatal_failure_stops_the_engine(error: EngineError) -> None:
    """An error after which no clip can work is raised."""
    engine = FakeEngine({OTHER.clip_id: [error]})

    results = engine.run([CLIP, OTHER])

    assert isinstance(next(results), ClipDone)
    with pytest.raises(type(error)):
        next(results)


def test_scripted_text_shares_its_clip() -> None:
    """The words of a scripted text lie evenly in the clip, without their punctuation."""
    result = only(FakeEngine(texts={"file": "Hello, don't!"}))

    assert isinstance(result, ClipDone)
    assert result.text == "Hello, don't!"
    assert [(word.start_ms, word.end_ms, word.text) for word in result.words] == [
        (1500, 2750, "Hello"),
        (2750, 4000, "don't"),
    ]


def test_scripted_silence_has_no_language() -> None:
    """Where nothing is heard, nothing has a language or a time."""
    result = only(FakeEngine(texts={CLIP.clip_id: ""}))

    assert isinstance(result, ClipDone)
    assert (result.language, result.words, result.timing) == (None, (), Timing.NONE)


def test_a_window_is_answered_backwards() -> None:
    """Results may come in another order than clips."""
    engine = FakeEngine(window_count=2)

    assert [r.clip_id for r in engine.run([CLIP, OTHER])] == [OTHER.clip_id, CLIP.clip_id]


def test_without_alignment_words_have_no_times() -> None:
    """`--no-align` leaves text, to be spread over the clip."""
    result = only(FakeEngine(align=False))

    assert isinstance(result, ClipDone)
    assert (result.words, result.timing) == ((), Timing.PROPORTIONAL)


def test_an_unlisted_language_is_marked() -> None:
    """Its times count as those of an aligner that was not trained on it."""
    result = only(FakeEngine(), replace(CLIP, language="Dutch"))

    assert isinstance(result, ClipDone)
    assert (result.language, result.timing) == ("Dutch", Timing.ALIGNED_UNLISTED)


def test_its_memory_has_a_size() -> None:
    """A clip too large for the scripted memory fails as it would on a GPU; a smaller one works."""
    engine = FakeEngine(memory_s=2.0)

    large, small = only(engine), only(engine, OTHER)

    assert isinstance(large, ClipFailed)
    assert isinstance(large.error, DeviceMemoryError)
    assert isinstance(small, ClipDone)


@pytest.mark.parametrize("ailment", list(Ailment))
def test_only_long_clips_fall_ill(ailment: Ailment) -> None:
    """A scripted ailment shows in clips longer than the healthy length, and in no other."""
    clip = replace(
        make_clip(noise(10.0)),
        context="Anna Bell",
        speech=(
            Span(start_sample=0, end_sample=64_000),
            Span(start_sample=96_000, end_sample=160_000),
        ),
    )
    well, ill = FakeEngine(), FakeEngine(ailments={"file": ailment}, healthy_s=2.5)

    assert only(ill, clip) != only(well, clip)
    assert only(ill) == only(well)


def test_a_partial_clip_has_its_words_so_far() -> None:
    """Longer ones begin with them; each word is a token, and none has times."""
    engine = FakeEngine()
    clip = replace(CLIP, is_partial=True, wants_times=False)
    short = replace(clip, span=Span(start_sample=24_000, end_sample=40_000), pcm=clip.pcm[:16_000])

    first, then, final = only(engine, short), only(engine, clip), only(engine)

    assert isinstance(first, ClipDone)
    assert isinstance(then, ClipDone)
    assert isinstance(final, ClipDone)
    assert (first.text, then.text) == ("word2.", "word2 word3.")
    assert then.token_ids[:1] == first.token_ids != ()
    assert len(then.token_ids) == 2
    assert (then.words, then.timing) == ((), Timing.PROPORTIONAL)
    assert (final.text, final.token_ids) == (then.text, ())


def test_spoken_words_are_heard_where_they_begin() -> None:
    """Of two clips that share a word's sound, the one with its beginning has it."""
    words = [Word(start_ms=at_ms, end_ms=at_ms + 400, text=f"w{at_ms}") for at_ms in (1500, 3900)]
    engine = FakeEngine(spoken={"file": words})

    assert (only(engine).text, only(engine, OTHER).text) == ("w1500 w3900.", "")
