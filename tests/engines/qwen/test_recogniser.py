"""Recognition equals the library's, one clip at a time, in whichever company a clip comes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.checkpoint import Checkpoint
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.recogniser import Recogniser, answer_cap
from qasr_cli.errors import RecognitionError
from tests.engines.conftest import Recording, library_inputs, make_clip, noise


@pytest.fixture(scope="module")
def recogniser(recogniser_checkpoint: Checkpoint) -> Recogniser:
    """The demo recogniser."""
    return Recogniser(recogniser_checkpoint)


@pytest.fixture(scope="module")
def clips(recogniser_checkpoint: Checkpoint, speech: list[Clip]) -> list[PreparedClip]:
    """Speech with its features."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    return [prepare(clip, extractor) for clip in speech]


@pytest.fixture(scope="module")
def library_answers(
    recogniser_checkpoint: Checkpoint, clips: list[PreparedClip]
) -> list[list[int]]:
    """What the library's own single path generates for each clip."""
    model = recogniser_checkpoint.model
    answers = []
    for clip in clips:
        inputs = library_inputs(recogniser_checkpoint, clip.clip)
        with torch.inference_mode():
            ids = model.generate(**inputs, max_new_tokens=answer_cap(clip), do_sample=False)
        answers.append(ids[0, inputs["input_ids"].shape[1] :].tolist())
    return answers


def test_tokens_equal_the_librarys(
    recogniser: Recogniser, clips: list[PreparedClip], library_answers: list[list[int]]
) -> None:
    """Each clip alone gives exactly the tokens that the library generates."""
    assert [recogniser.answer_ids([clip])[0] for clip in clips] == library_answers


@pytest.mark.parametrize("batch_count", [2, 7])
def test_company_changes_nothing(
    recogniser: Recogniser,
    clips: list[PreparedClip],
    library_answers: list[list[int]],
    batch_count: int,
) -> None:
    """Shuffled batches of any size give the tokens of single clips."""
    order = np.random.default_rng(batch_count).permutation(len(clips)).tolist()
    answers: dict[int, list[int]] = {}
    for first in range(0, len(order), batch_count):
        batch = order[first : first + batch_count]
        ids = recogniser.answer_ids([clips[index] for index in batch])
        answers |= dict(zip(batch, ids, strict=True))

    assert [answers[index] for index in range(len(clips))] == library_answers


def test_speech_is_heard(
    recogniser: Recogniser, clips: list[PreparedClip], lesson: Recording, chinese: Recording
) -> None:
    """The words of the recordings come out, in their languages."""
    heard = recogniser.recognise(clips)

    assert heard[0].text == lesson.text(0)
    assert heard[2].text == f"{lesson.text(0)} {lesson.text(1)}"
    assert heard[6].text == chinese.text(3)
    assert [one.language for one in heard] == ["English"] * 4 + ["Chinese"] * 3
    assert not any(one.truncated or one.repetition for one in heard)


def test_a_forced_language_is_kept(recogniser: Recogniser, clips: list[PreparedClip]) -> None:
    """With a language in the prompt the answer is text in that language."""
    forced = replace(clips[0], clip=replace(clips[0].clip, language="English"))

    (free,), (told,) = recogniser.recognise([clips[0]]), recogniser.recognise([forced])

    assert (told.text, told.language) == (free.text, "English")


def test_an_answer_is_cut_at_its_own_cap(
    recogniser: Recogniser, clips: list[PreparedClip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a longer clip a short one still ends at its own cap, and is told to be truncated."""
    caps = {clips[0].clip.clip_id: 6, clips[3].clip.clip_id: 200}
    monkeypatch.setattr(
        "qasr_cli.engines.qwen.recogniser.answer_cap", lambda clip: caps[clip.clip.clip_id]
    )

    short, long = recogniser.answer_ids([clips[0], clips[3]])
    heard = recogniser.recognise([clips[0], clips[3]])

    assert len(short) == 6
    assert len(long) > 6
    assert [one.truncated for one in heard] == [True, False]


@pytest.mark.parametrize("duration_s", [0.0001, 0.02, 0.5, 3.0])
def test_silence_holds_no_words(
    recogniser: Recogniser, recogniser_checkpoint: Checkpoint, duration_s: float
) -> None:
    """Digital silence of any length is no speech and no error."""
    pcm = 0 * noise(duration_s)
    clip = prepare(make_clip(pcm), recogniser_checkpoint.processor.feature_extractor)

    (heard,) = recogniser.recognise([clip])

    assert (heard.text, heard.language) == ("", None)


def test_numbers_that_overflow_are_told(recogniser: Recogniser, clips: list[PreparedClip]) -> None:
    """Scores that are no numbers raise, and are not decoded as token 0."""
    broken = replace(clips[0], mel=clips[0].mel * float("nan"))

    with pytest.raises(RecognitionError, match="float32"):
        recogniser.recognise([clips[1], broken])
