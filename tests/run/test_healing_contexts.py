"""Text that a model copied out of its context is found, and bad results are heard without it."""

from dataclasses import replace

from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.engines.fake import Ailment, FakeEngine
from qasr_cli.run.healing import Healing
from tests.run.clips_to_heal import HOT, TEN_S, WORDS_OF_TEN_S, Counting, clip_of, spoken


def silent_clips() -> list[Clip]:
    """Twenty clips without words, of up to 20 s; every other one is marked as speech."""
    clips = []
    for number in range(20):
        length_ms = (300, 800, 2000, 5000, 20_000)[number // 4]
        clip = clip_of(30_000 * number, 30_000 * number + length_ms, context=HOT)
        clips.append(clip if number % 2 else replace(clip, speech=()))
    return clips


def test_no_silent_clip_returns_hot_words() -> None:
    """Of twenty silent clips whose text is a copy of the context, none keeps a word of it."""
    engine = FakeEngine(texts={"f": ""}, ailments={"f": Ailment.PARROT})
    assert [result.text for result in engine.run(silent_clips())] == [HOT] * 20

    results = list(Healing(engine).run(silent_clips()))

    assert [result.text for result in results] == [""] * 20
    for result in results:
        assert isinstance(result, ClipDone)
        assert result.repairs[0].startswith("text out of the context")
        assert "recognised again without the context" in result.repairs[0]


def test_what_was_said_takes_the_place_of_a_copy() -> None:
    """A short clip whose text is the context is recognised again without it."""
    engine = Counting(FakeEngine(texts={"f": "Yes."}, ailments={"f": Ailment.PARROT}))

    (result,) = Healing(engine).run([clip_of(0, 1500, context=HOT)])

    assert result.text == "Yes."
    assert engine.contexts == [HOT, ""]


def test_a_hot_word_that_was_said_stays() -> None:
    """A hot word that is also recognised without the context stays, and only a note says so."""
    engine = Counting(FakeEngine(texts={"f": "Kubernetes."}))

    (result,) = Healing(engine).run([clip_of(0, 1500, context=HOT)])

    assert isinstance(result, ClipDone)
    assert (result.text, result.warnings) == ("Kubernetes.", ())
    assert result.repairs[0].endswith("; no better, so left as it was")
    assert engine.contexts == [HOT, ""]


def test_a_context_costs_healthy_clips_nothing() -> None:
    """Clips with other text, or with hot words among enough text, are recognised once."""
    texts = {"f": "So we moved it all to Kubernetes.", "g": "Anna Bell. " * 5}
    engine = Counting(FakeEngine(texts=texts))
    clips = [
        clip_of(0, 2000, context=HOT),
        clip_of(0, 6000, file="g", context=HOT),
    ]

    results = list(Healing(engine).run(clips))

    assert len(engine.clip_ids) == 2
    assert all(isinstance(result, ClipDone) and result.repairs == () for result in results)


def test_bad_text_is_heard_without_the_context_before_it_is_cut() -> None:
    """The context may be what led the model astray; pieces go without it as well."""
    engine = Counting(FakeEngine(ailments={"f": Ailment.LOOP}, healthy_s=6.0))

    (result,) = Healing(engine).run([replace(TEN_S, context=HOT)])

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert engine.contexts == [HOT, "", "", ""]
    assert engine.clip_ids[:2] == [TEN_S.clip_id] * 2
    assert result.repairs == (
        "repetition loop: recognised again without the context",
        "repetition loop: cut at 00:00:05.400 and recognised again",
    )


def test_bad_times_keep_the_context() -> None:
    """Where only times are doubtful, the halves are recognised as the clip was."""
    engine = Counting(FakeEngine(ailments={"f": Ailment.COLLAPSED}, healthy_s=6.0))

    list(Healing(engine).run([replace(TEN_S, context=HOT)]))

    assert engine.contexts == [HOT] * 3


def test_a_text_that_is_given_is_no_copy() -> None:
    """A clip whose text is given is only aligned, and once."""
    engine = Counting(FakeEngine())

    (result,) = Healing(engine).run([replace(clip_of(0, 900, context=HOT), text="Anna Bell.")])

    assert result.text == "Anna Bell."
    assert len(engine.clip_ids) == 1
