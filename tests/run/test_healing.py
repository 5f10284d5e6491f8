"""Sick clips are healed between run and engine, each kind of sickness, and always within bounds."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Span
from qasr_cli.engines.base import Engine
from qasr_cli.engines.fake import Ailment, FakeEngine
from qasr_cli.errors import (
    DeviceLost,
    DeviceMemoryError,
    DeviceUnavailable,
    ExitCode,
    OutOfMemory,
    RecognitionError,
)
from qasr_cli.run.feed import input_error_from
from qasr_cli.run.healing import Healing
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, RunFolders
from tests.strategies import span_of


def clip_of(
    start_ms: int,
    end_ms: int,
    *speech_ms: tuple[int, int],
    file: str = "f",
    context: str = "",
) -> Clip:
    """A clip of a file, with these regions of speech; all speech without."""
    span = span_of(start_ms, end_ms)
    return Clip(
        clip_id=f"{file}/{span.start_sample}-{span.end_sample}",
        span=span,
        language=None,
        pcm=np.zeros(span.sample_count, np.float32),
        context=context,
        speech=tuple(span_of(*edges) for edges in speech_ms or ((start_ms, end_ms),)),
    )


class Counting:
    """An engine that counts the clips it is given, and keeps what it is told with them."""

    fingerprint = "counting"
    max_clip_s = None
    clips_at_once = 1
    models: dict[str, str] = {}  # noqa: RUF012  # never filled

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clip_ids: list[str] = []
        self.contexts: list[str] = []
        self.is_closed = False

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Count, and let the other one work."""

        def counted() -> Iterator[Clip]:
            for clip in clips:
                self.clip_ids.append(clip.clip_id)
                self.contexts.append(clip.context)
                yield clip

        return self.engine.run(counted())

    def stop(self) -> None:
        """Stop the other one."""
        self.engine.stop()

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


TEN_S = clip_of(0, 10_000, (200, 4800), (6000, 9800))
WORDS_OF_TEN_S = [f"word{second}" for second in range(10)]


def spoken(result: ClipResult) -> list[str]:
    """The words of its text."""
    return [word.strip(".") for word in (result.text or "").split()]


# --- one clip, each sickness ------------------------------------------------------------------


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
def test_a_sick_clip_is_healed(ailment: Ailment, trouble: str) -> None:
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
    """Where no second look is better the first result stays, and a person is told."""
    (unhealed,) = FakeEngine(ailments={"f": ailment}).run([TEN_S])
    engine = Counting(FakeEngine(ailments={"f": ailment}))

    (result,) = Healing(engine).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert isinstance(unhealed, ClipDone)
    assert (result.text, result.words) == (unhealed.text, unhealed.words)
    assert result.repairs[0].endswith("; no better, so left as it was")
    assert result.warnings
    assert len(engine.clip_ids) <= 7


def test_times_that_stay_sick_cost_no_word() -> None:
    """Cutting bounds how far collapsed times are off; a person is told of what stays."""
    (result,) = Healing(FakeEngine(ailments={"f": Ailment.COLLAPSED})).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert {word.start_ms for word in result.words} > {0, 5400}
    assert "word times are doubtful: too many words share one moment" in result.warnings


def test_a_mute_clip_gets_one_second_look() -> None:
    """Music that a detector took for speech is not heard again and again."""
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


def test_only_the_sick_half_is_cut_again() -> None:
    """A half that is well is not touched."""
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


# --- memory -----------------------------------------------------------------------------------


def test_a_clip_too_large_is_cut_until_it_fits() -> None:
    """Out of memory on a clip alone: its halves, and theirs, are recognised instead."""
    (result,) = Healing(FakeEngine(memory_s=3.0)).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert result.repairs[0] == "out of memory: cut at 00:00:05.400 and recognised again"


def test_what_never_fits_fails() -> None:
    """Without leave to use the CPU, a clip too large for the device fails, in bounded time."""
    engine = Counting(FakeEngine(memory_s=0.1))

    (result,) = Healing(engine).run([clip_of(0, 180_000)])

    assert isinstance(result, ClipFailed)
    assert isinstance(result.error, DeviceMemoryError)
    assert len(engine.clip_ids) <= 31


def test_what_never_fits_goes_to_the_cpu_where_that_is_allowed() -> None:
    """The pieces that are still too large are recognised on the CPU, and the result says so."""
    cpu = Counting(FakeEngine())
    healing = Healing(FakeEngine(memory_s=0.1), on_cpu=lambda: cpu)

    (result,) = healing.run([TEN_S])
    healing.close()

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert "recognised on the CPU" in result.repairs
    assert cpu.is_closed


def test_the_cpu_is_not_started_for_nothing() -> None:
    """While everything fits, the other engine is not even made."""

    def never() -> Engine:
        raise AssertionError

    assert len(list(Healing(FakeEngine(), on_cpu=never).run([TEN_S]))) == 1


def test_a_device_without_room_for_the_models_is_given_up() -> None:
    """Where the CPU is allowed, it does all clips, those that were in the engine included."""
    gpu = Counting(FakeEngine({"f": [DeviceUnavailable("cuda", "drill")]}, window_count=3))
    clips = [clip_of(at_ms, at_ms + 3000) for at_ms in range(0, 30_000, 3000)]

    results = list(Healing(gpu, on_cpu=FakeEngine).run(clips))

    assert sorted(result.clip_id for result in results) == sorted(clip.clip_id for clip in clips)
    for result in results:
        assert isinstance(result, ClipDone)
        assert result.repairs == ("recognised on the CPU",)
    assert gpu.is_closed
    assert len(gpu.clip_ids) == 3


@pytest.mark.parametrize("error", [DeviceUnavailable("cuda", "drill"), DeviceLost("cuda:0", "x")])
def test_a_device_is_never_given_up_unasked(error: DeviceUnavailable | DeviceLost) -> None:
    """Without leave an absent device ends the run; a lost one does even with it."""
    on_cpu = FakeEngine if isinstance(error, DeviceLost) else None

    with pytest.raises(type(error)):
        list(Healing(FakeEngine({"f": [error]}), on_cpu=on_cpu).run([TEN_S]))


def test_main_memory_that_does_not_suffice_is_told() -> None:
    """Out of memory while a file is read is that file's trouble, with a way out, and transient."""
    error = input_error_from(MemoryError(), "talk.wav")

    assert isinstance(error, OutOfMemory)
    assert error.retryable
    assert str(error).startswith("talk.wav: this machine ran out of memory; ")


# --- contexts ---------------------------------------------------------------------------------

HOT = "Kubernetes etcd Anna Bell"


def silent_clips() -> list[Clip]:
    """Twenty without a word, of up to 20 s; every other one passes for speech, as music may."""
    clips = []
    for number in range(20):
        length_ms = (300, 800, 2000, 5000, 20_000)[number // 4]
        clip = clip_of(30_000 * number, 30_000 * number + length_ms, context=HOT)
        clips.append(clip if number % 2 else replace(clip, speech=()))
    return clips


def test_no_silent_clip_returns_hot_words() -> None:
    """Of twenty that a model fills with what it was told, none keeps a word of it."""
    engine = FakeEngine(texts={"f": ""}, ailments={"f": Ailment.PARROT})
    assert [result.text for result in engine.run(silent_clips())] == [HOT] * 20

    results = list(Healing(engine).run(silent_clips()))

    assert [result.text for result in results] == [""] * 20
    for result in results:
        assert isinstance(result, ClipDone)
        assert result.repairs[0].startswith("text out of the context")
        assert "recognised again without the context" in result.repairs[0]


def test_what_was_said_takes_the_place_of_a_copy() -> None:
    """A short clip is heard again without the context, which does not stand in its words."""
    engine = Counting(FakeEngine(texts={"f": "Yes."}, ailments={"f": Ailment.PARROT}))

    (result,) = Healing(engine).run([clip_of(0, 1500, context=HOT)])

    assert result.text == "Yes."
    assert engine.contexts == [HOT, ""]


def test_a_hot_word_that_was_said_stays() -> None:
    """It is heard without the context too, so all that is left of the doubt is a note."""
    engine = Counting(FakeEngine(texts={"f": "Kubernetes."}))

    (result,) = Healing(engine).run([clip_of(0, 1500, context=HOT)])

    assert isinstance(result, ClipDone)
    assert (result.text, result.warnings) == ("Kubernetes.", ())
    assert result.repairs[0].endswith("; no better, so left as it was")
    assert engine.contexts == [HOT, ""]


def test_a_context_costs_healthy_clips_nothing() -> None:
    """Text of their own, and hot words in enough of it, are not heard twice."""
    texts = {"f": "So we moved it all to Kubernetes.", "g": "Anna Bell. " * 5}
    engine = Counting(FakeEngine(texts=texts))
    clips = [
        clip_of(0, 2000, context=HOT),
        clip_of(0, 6000, file="g", context=HOT),
    ]

    results = list(Healing(engine).run(clips))

    assert len(engine.clip_ids) == 2
    assert all(isinstance(result, ClipDone) and result.repairs == () for result in results)


def test_sick_text_is_heard_without_the_context_before_it_is_cut() -> None:
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


def test_sick_times_keep_the_context() -> None:
    """Where only times are doubtful, the halves are recognised as the clip was."""
    engine = Counting(FakeEngine(ailments={"f": Ailment.COLLAPSED}, healthy_s=6.0))

    list(Healing(engine).run([replace(TEN_S, context=HOT)]))

    assert engine.contexts == [HOT] * 3


def test_a_text_that_is_given_is_no_copy() -> None:
    """What the user says is spoken is only timed, and once."""
    engine = Counting(FakeEngine())

    (result,) = Healing(engine).run([replace(clip_of(0, 900, context=HOT), text="Anna Bell.")])

    assert result.text == "Anna Bell."
    assert len(engine.clip_ids) == 1


# --- many clips -------------------------------------------------------------------------------


@st.composite
def recordings(draw: st.DrawFn) -> list[Clip]:
    """The clips of two files, in order, with speech and pauses."""
    clips = []
    for file in ("f", "g"):
        position_ms = 0
        for _ in range(draw(st.integers(0, 4))):
            end_ms = position_ms + draw(st.integers(1, 12_000))
            edges = draw(st.sets(st.integers(position_ms, end_ms), min_size=2, max_size=8))
            ordered = sorted(edges)
            speech = zip(ordered[::2], ordered[1::2], strict=False)
            context = draw(st.sampled_from(("", HOT)))
            clips.append(clip_of(position_ms, end_ms, *speech, file=file, context=context))
            position_ms = end_ms + draw(st.integers(0, 3000))
    return clips


ailments = st.dictionaries(st.sampled_from("fg"), st.sampled_from(Ailment), max_size=2)
limits_s = st.sampled_from((0.5, 1.5, 3.0, 6.0))


def _most_looks(memory_s: float | None) -> Callable[[Clip], int]:
    """How often a clip and its pieces may be heard: halved twice, or four times for memory.

    With a context, the smallest pieces once more without.
    """
    halving_count = 2 if memory_s is None else 4
    without, with_context = 2 * 2**halving_count - 1, 3 * 2**halving_count - 1
    return lambda clip: with_context if clip.context else without


@given(
    clips=recordings(),
    ailments=ailments,
    healthy_s=limits_s,
    memory_s=st.none() | limits_s,
    window_count=st.integers(1, 4),
)
def test_every_clip_has_one_result_within_bounds(
    clips: Sequence[Clip],
    ailments: dict[str, Ailment],
    healthy_s: float,
    memory_s: float | None,
    window_count: int,
) -> None:
    """However ill the clips, repairs end, and words stay in order inside their clip."""
    engine = Counting(
        FakeEngine(
            ailments=ailments, healthy_s=healthy_s, memory_s=memory_s, window_count=window_count
        )
    )

    results = list(Healing(engine).run(clips))

    assert sorted(result.clip_id for result in results) == sorted(clip.clip_id for clip in clips)
    assert len(engine.clip_ids) <= sum(map(_most_looks(memory_s), clips))
    spans: dict[str, Span] = {clip.clip_id: clip.span for clip in clips}
    for result in results:
        if isinstance(result, ClipDone):
            span = spans[result.clip_id]
            times_ms = [edge for word in result.words for edge in (word.start_ms, word.end_ms)]
            assert times_ms == sorted(times_ms)
            assert all(
                ms_from_samples(span.start_sample) <= t <= ms_from_samples(span.end_sample)
                for t in times_ms
            )


@given(clips=recordings(), window_count=st.integers(1, 4))
def test_healthy_clips_pass_as_they_are(clips: Sequence[Clip], window_count: int) -> None:
    """The very results of the engine come out, and no clip is heard twice."""
    texts = {clip.clip_id: "Yes, so it is." for clip in clips}
    engine = Counting(FakeEngine(texts=texts, window_count=window_count, align=False))

    healed = list(Healing(engine).run(clips))

    assert healed == list(
        FakeEngine(texts=texts, window_count=window_count, align=False).run(clips)
    )
    assert len(engine.clip_ids) == len(clips)


# --- in a run ---------------------------------------------------------------------------------


def result_of(folder: Path, name: str) -> dict[str, object]:
    """The result document of one input."""
    document: dict[str, object] = json.loads(
        (folder / ".qasr" / "results" / f"{name}.json").read_text()
    )
    return document


LONG_CLIPS = replace(OPTIONS, split=replace(OPTIONS.split, max_chunk_s=20.0))


def test_repairs_stand_in_the_result(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Each clip of the result says what was done to it; a healthy one says nothing."""
    bursts_s = [(0.5, 4.0), (5.0, 8.5), (12.0, 13.5)]
    write_wav(tmp_path / "a.wav", bursts_s=bursts_s, duration_s=14.0)
    engine = Healing(FakeEngine(ailments={"a.wav": Ailment.LOOP}, healthy_s=5.0))

    result = run_folders(tmp_path, options=LONG_CLIPS, engine=engine)

    assert result.exit_code == ExitCode.OK
    clips = result_of(tmp_path, "a.wav")["clips"]
    assert isinstance(clips, list)
    assert [clip["repairs"] for clip in clips] == [
        ["repetition loop: cut at 00:00:04.496 and recognised again"],
        [],
    ]
    assert [clip["repetition"] for clip in clips] == [False, False]


MUTE = {"a.wav": Ailment.MUTE}
UNHEARD = "words cover 0.0% of the speech, less than 90%; none at 00:00:00.480 - 00:00:08.512"


def test_speech_without_words_is_a_warning(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """Below the wanted coverage the file is done, and its report says where words are missing."""
    write_wav(tmp_path / "a.wav", bursts_s=[(0.5, 8.5)], duration_s=9.0)

    result = run_folders(tmp_path, options=LONG_CLIPS, engine=Healing(FakeEngine(ailments=MUTE)))

    assert result.exit_code == ExitCode.OK
    (outcome,) = result.outcomes
    assert isinstance(outcome, FileDone)
    assert outcome.warnings[-1] == UNHEARD
    assert result_of(tmp_path, "a.wav")["warnings"] == list(outcome.warnings)


def test_strict_makes_it_a_failure(
    tmp_path: Path, write_wav: WriteWav, run_folders: RunFolders
) -> None:
    """With --strict such a file fails at once, leaves nothing, and the others are done."""
    write_wav(tmp_path / "a.wav", bursts_s=[(0.5, 8.5)], duration_s=9.0)
    write_wav(tmp_path / "b.wav")
    options = replace(LONG_CLIPS, run=replace(LONG_CLIPS.run, strict=True))

    result = run_folders(tmp_path, options=options, engine=Healing(FakeEngine(ailments=MUTE)))

    assert result.exit_code == ExitCode.SOME_FAILED
    failed = json.loads((tmp_path / "processing_report.json").read_text())["details"][0]
    assert failed["error"] == {
        "kind": "LowCoverage",
        "message": f"{tmp_path}/a.wav: {UNHEARD}",
    }
    assert sorted(path.name for path in tmp_path.glob("*.srt")) == ["b.srt"]
