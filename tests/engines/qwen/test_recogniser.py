"""Recognition equals the library's for a single clip, whatever else is in the batch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.decoding import step_maker
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.recogniser import Recogniser, answer_cap
from qasr_cli.errors import RecognitionError
from tests.engines.conftest import (
    Recording,
    clips_of_every_recording,
    library_inputs,
    make_clip,
    noise,
)


@pytest.fixture(scope="module")
def clips(recogniser_checkpoint: Checkpoint, speech: list[Clip]) -> list[PreparedClip]:
    """Speech with its features."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    return [prepare(clip, extractor) for clip in speech]


@pytest.fixture(scope="module")
def all_clips(recogniser_checkpoint: Checkpoint) -> list[PreparedClip]:
    """Clips of every bundled recording."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    return [prepare(clip, extractor) for clip in clips_of_every_recording()]


@pytest.fixture(scope="module")
def library_answers(
    recogniser_checkpoint: Checkpoint, all_clips: list[PreparedClip]
) -> list[list[int]]:
    """What the library's own single path generates for each clip."""
    model = recogniser_checkpoint.model
    answers = []
    for clip in all_clips:
        inputs = library_inputs(recogniser_checkpoint, clip.clip)
        with torch.inference_mode():
            ids = model.generate(**inputs, max_new_tokens=answer_cap(clip), do_sample=False)
        answers.append(ids[0, inputs["input_ids"].shape[1] :].tolist())
    return answers


@pytest.mark.parametrize("row_count", [1, 2, 7, 32])
def test_tokens_equal_the_librarys(
    recogniser: Recogniser,
    all_clips: list[PreparedClip],
    library_answers: list[list[int]],
    row_count: int,
) -> None:
    """Shuffled, so many at once, each clip gives exactly the library's tokens for it alone."""
    order = np.random.default_rng(row_count).permutation(len(all_clips)).tolist()

    answers = dict(recogniser.answers([all_clips[index] for index in order], row_count))

    assert len(all_clips) > row_count
    assert [answers[order.index(index)] for index in range(len(order))] == library_answers


def test_looking_seldom_changes_nothing(
    recogniser: Recogniser,
    all_clips: list[PreparedClip],
    library_answers: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows that go on past their end until the next look, as on a GPU, leave no trace."""
    monkeypatch.setitem(step_maker._STEPS_A_LOOK, "cpu", 8)  # noqa: SLF001

    answers = dict(recogniser.answers(all_clips, 3))

    assert [answers[index] for index in range(len(all_clips))] == library_answers


def test_memory_of_answers_is_taken_once_for_windows_of_a_size(
    recogniser: Recogniser,
    all_clips: list[PreparedClip],
    library_answers: list[list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A window takes over what the one before it left; a larger one gets its own."""
    shortest = sorted(range(len(all_clips)), key=lambda index: all_clips[index].audio_token_count)
    made: list[Cache] = []

    def make(*arguments: Any, **named: Any) -> Cache:  # noqa: ANN401  # those of Cache
        made.append(Cache(*arguments, **named))
        return made[-1]

    monkeypatch.setattr(step_maker, "Cache", make)
    kept = recogniser._generator._step_maker  # noqa: SLF001  # of other tests
    monkeypatch.setattr(kept, "_kept", None)
    windows = [shortest[4:8], shortest[:3], shortest[2:6], shortest[-5:]]
    counts = []
    for window in windows:
        answers = dict(recogniser.answers([all_clips[index] for index in window], len(window)))
        counts.append(len(made))
        assert [answers[place] for place in range(len(window))] == [
            library_answers[index] for index in window
        ]

    assert counts == [1, 1, 1, 2]


def heard_in(recogniser: Recogniser, clips: Sequence[PreparedClip]) -> list[Heard]:
    """What was said in each clip, in their order."""
    heard = dict(recogniser.recognise(clips, len(clips)))
    assert not any(isinstance(one, Exception) for one in heard.values())
    return cast("list[Heard]", [heard[index] for index in range(len(clips))])


def test_speech_is_heard(
    recogniser: Recogniser, clips: list[PreparedClip], lesson: Recording, chinese: Recording
) -> None:
    """The words of the recordings come out, in their languages."""
    heard = heard_in(recogniser, clips)

    assert heard[0].text == lesson.text(0)
    assert heard[2].text == f"{lesson.text(0)} {lesson.text(1)}"
    assert heard[6].text == chinese.text(3)
    assert [one.language for one in heard] == ["English"] * 4 + ["Chinese"] * 3
    assert not any(one.truncated or one.repetition for one in heard)


def test_a_forced_language_is_kept(recogniser: Recogniser, clips: list[PreparedClip]) -> None:
    """With a language in the prompt the answer is text in that language."""
    forced = replace(clips[0], clip=replace(clips[0].clip, language="English"))

    (free,), (told,) = heard_in(recogniser, [clips[0]]), heard_in(recogniser, [forced])

    assert (told.text, told.language) == (free.text, "English")


def test_an_answer_is_cut_at_its_own_cap(
    recogniser: Recogniser, clips: list[PreparedClip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a longer clip a short one still ends at its own cap, and is told to be truncated."""
    caps = {clips[0].clip.clip_id: 6, clips[3].clip.clip_id: 200}
    monkeypatch.setattr(
        "qasr_cli.engines.qwen.recogniser.answer_cap", lambda clip: caps[clip.clip.clip_id]
    )

    answers = dict(recogniser.answers([clips[0], clips[3]], 2))
    heard = heard_in(recogniser, [clips[0], clips[3]])

    assert len(cast("list[int]", answers[0])) == 6
    assert len(cast("list[int]", answers[1])) > 6
    assert [one.truncated for one in heard] == [True, False]


@pytest.mark.parametrize("duration_s", [0.0001, 0.02, 0.5, 3.0])
def test_silence_holds_no_words(
    recogniser: Recogniser, recogniser_checkpoint: Checkpoint, duration_s: float
) -> None:
    """Digital silence of any length is no speech and no error."""
    pcm = 0 * noise(duration_s)
    clip = prepare(make_clip(pcm), recogniser_checkpoint.processor.feature_extractor)

    (heard,) = heard_in(recogniser, [clip])

    assert (heard.text, heard.language) == ("", None)


def test_numbers_that_overflow_are_told(recogniser: Recogniser, clips: list[PreparedClip]) -> None:
    """Scores that are no numbers are the error of their clip, and harm no clip after it."""
    broken = replace(clips[3], mel=clips[3].mel * float("nan"))
    alone = dict(recogniser.answers(clips[:3], 1))

    heard = dict(recogniser.recognise([broken, *clips[:3]], 1))
    beside = dict(recogniser.answers([broken, *clips[:3]], 2))

    assert isinstance(heard[0], RecognitionError)
    assert "float32" in str(heard[0])
    assert [beside[index + 1] for index in range(3)] == [alone[index] for index in range(3)]
