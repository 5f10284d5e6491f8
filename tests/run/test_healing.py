"""Clips with bad results are healed between run and engine, each kind of bad result."""

from dataclasses import replace

import pytest

from qasr_cli.core.types import ClipDone, ClipFailed, Timing
from qasr_cli.engines.fake import Ailment, FakeEngine
from qasr_cli.errors import RecognitionError
from qasr_cli.run.healing import Healing
from tests.run.clips_to_heal import TEN_S, WORDS_OF_TEN_S, Counting, clip_of, spoken


@pytest.mark.parametrize(
    ("ailment", "trouble"),
    [
        (Ailment.CUT_SHORT, "text cut short"),
        (Ailment.LOOP, "repetition loop"),
        (Ailment.BABBLE, "text without speech"),
        (Ailment.MUTE, "speech without text"),
        (Ailment.COLLAPSED, "collapsed times"),
        (Ailment.IN_SILENCE, "words in silence"),
    ],
)
def test_a_bad_result_is_healed(ailment: Ailment, trouble: str) -> None:
    """The clip is cut in its pause, heard again, and says what was done."""
    engine = Counting(FakeEngine(ailments={"f": ailment}, healthy_s=6.0))

    (result,) = Healing(engine).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert result.clip_id == TEN_S.clip_id
    assert spoken(result) == WORDS_OF_TEN_S
    assert [word.start_ms for word in result.words] == list(range(0, 10_000, 1000))
    assert (result.truncated, result.repetition, result.warnings) == (False, False, ())
    (repair,) = result.repairs
    assert repair.startswith(trouble)
    assert repair.endswith(": cut at 00:00:05.400 and recognised again")
    assert len(engine.clip_ids) == 3


@pytest.mark.parametrize("ailment", [Ailment.CUT_SHORT, Ailment.LOOP, Ailment.BABBLE, Ailment.MUTE])
def test_what_cannot_be_healed_is_left_as_it_was(ailment: Ailment) -> None:
    """Where no second try is better the first result stays, with a warning."""
    (unhealed,) = FakeEngine(ailments={"f": ailment}).run([TEN_S])
    engine = Counting(FakeEngine(ailments={"f": ailment}))

    (result,) = Healing(engine).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert isinstance(unhealed, ClipDone)
    assert (result.text, result.words) == (unhealed.text, unhealed.words)
    assert result.repairs[0].endswith("; no better, so left as it was")
    assert result.warnings
    assert len(engine.clip_ids) <= 7


def test_times_that_stay_bad_cost_no_word() -> None:
    """Collapsed times that cutting does not mend keep all words, and a warning."""
    (result,) = Healing(FakeEngine(ailments={"f": Ailment.COLLAPSED})).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert {word.start_ms for word in result.words} > {0, 5400}
    assert "word times are doubtful: too many words share one moment" in result.warnings


@pytest.mark.parametrize(
    ("healthy_s", "timing", "clip_count"),
    [
        (6.0, Timing.ALIGNED_UNLISTED, 3),
        (4.7, Timing.ALIGNED_UNLISTED, 5),
        (0, Timing.PROPORTIONAL, 7),
    ],
)
def test_an_aligner_that_stays_lost_is_not_believed(
    healthy_s: float, timing: Timing, clip_count: int
) -> None:
    """In a language that it was not trained on, collapsed times that stay are estimated instead."""
    engine = Counting(FakeEngine(ailments={"f": Ailment.COLLAPSED}, healthy_s=healthy_s))

    (result,) = Healing(engine).run([replace(TEN_S, language="Dutch")])

    assert isinstance(result, ClipDone)
    assert (result.timing, len(engine.clip_ids)) == (timing, clip_count)
    assert [word.strip(".") for word in result.text.split()] == WORDS_OF_TEN_S
    lost = "word times are estimated: the aligner was not trained on Dutch and lost its place"
    assert result.warnings == ((lost,) if timing is Timing.PROPORTIONAL else ())
    assert bool(result.words) is timing.is_heard


def test_a_mute_clip_gets_one_second_look() -> None:
    """A clip without text is cut and recognised once more, and then left."""
    engine = Counting(FakeEngine(texts={"f": ""}))

    (result,) = Healing(engine).run([clip_of(0, 60_000)])

    assert isinstance(result, ClipDone)
    assert result.text == ""
    assert len(engine.clip_ids) == 3


def test_a_short_clip_is_not_cut() -> None:
    """Below two seconds there is nothing to cut; the result says what is wrong with it."""
    engine = Counting(FakeEngine(ailments={"f": Ailment.LOOP}))

    (result,) = Healing(engine).run([clip_of(0, 1900)])

    assert isinstance(result, ClipDone)
    assert len(engine.clip_ids) == 1
    assert result.repairs == ()
    assert result.warnings == ("the model repeated itself without end; one turn of it is kept",)


def test_only_the_bad_half_is_cut_again() -> None:
    """A half whose result is healthy is not cut again."""
    engine = Counting(FakeEngine(ailments={"f": Ailment.LOOP}, healthy_s=4.7))

    (result,) = Healing(engine).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert len(engine.clip_ids) == 5
    assert len(result.repairs) == 2


def test_other_failures_are_not_its_business() -> None:
    """A clip that failed is passed on as it is; whether to try again is decided elsewhere."""
    error = RecognitionError("f", "drill")

    (result,) = Healing(FakeEngine({"f": [error]})).run([TEN_S])

    assert isinstance(result, ClipFailed)
    assert result.error is error


@pytest.mark.parametrize("ailment", [Ailment.LOOP, Ailment.CUT_SHORT, Ailment.MUTE])
def test_what_is_still_being_spoken_is_left_alone(ailment: Ailment) -> None:
    """A partial clip is heard once, and its result is the engine's, whatever it looks like."""
    clip = replace(TEN_S, is_partial=True, context="Kubernetes")
    (expected,) = FakeEngine(ailments={"f": ailment}).run([clip])
    engine = Counting(FakeEngine(ailments={"f": ailment}))

    (result,) = Healing(engine).run([clip])

    assert result == expected
    assert engine.clip_ids == [clip.clip_id]
