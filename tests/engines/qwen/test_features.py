"""Features and prompts equal what the library's own processor makes of a single clip."""

import numpy as np
import pytest
import torch

from qasr_cli.engines.qwen.features import FeatureMaker, prepare
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint
from qasr_cli.engines.qwen.prompt import Prompts
from qasr_cli.errors import RecognitionError
from tests.engines.conftest import LIBRARY_AUDIO, library_inputs, make_clip, noise


@pytest.mark.parametrize("sample_count", [1, 159, 160, 8000, 16_000, 16_001, 23_456, 128_000])
@pytest.mark.parametrize("language", [None, "English"])
def test_inputs_equal_the_processors(
    recogniser_checkpoint: Checkpoint, sample_count: int, language: str | None
) -> None:
    """Token ids and features are those of the library, from one sample to eight seconds."""
    processor = recogniser_checkpoint.processor
    clip = prepare(make_clip(noise(8)[:sample_count]), processor.feature_extractor)

    prompt = Prompts(processor.tokenizer).for_recognition(clip.audio_token_count, language=language)

    theirs = library_inputs(recogniser_checkpoint, clip.clip, language=language)
    assert prompt == theirs["input_ids"][0].tolist()
    assert torch.equal(clip.mel, theirs["input_features"][0])
    assert clip.frame_count == theirs["input_features_mask"].sum()


def test_aligner_prompts_equal_the_processors(aligner_checkpoint: Checkpoint) -> None:
    """Words and their time markers stand as the library puts them."""
    processor = aligner_checkpoint.processor
    clip = prepare(make_clip(noise(2)), processor.feature_extractor)
    theirs, (words,) = processor.prepare_forced_aligner_inputs(
        audio=clip.clip.pcm,
        transcript="Don't go, 你好!",
        language="English",
        audio_kwargs=LIBRARY_AUDIO,
    )

    assert words == ["Don't", "go", "你", "好"]
    assert Prompts(processor.tokenizer).for_alignment(clip.audio_token_count, words) == (
        theirs["input_ids"][0].tolist()
    )


@pytest.mark.parametrize("factor", [1.5, 4.0, 32768.0])
def test_sound_past_full_scale_is_divided_by_its_peak(
    recogniser_checkpoint: Checkpoint, factor: float
) -> None:
    """A clip that goes past full scale has the features of the same clip with its peak at 1."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    pcm = noise(2)
    peak = np.abs(pcm).max()

    loud = prepare(make_clip(pcm * np.float32(factor / peak)), extractor)
    plain = prepare(make_clip(pcm / peak), extractor)
    cut_off = prepare(make_clip((pcm * np.float32(factor / peak)).clip(-1, 1)), extractor)

    torch.testing.assert_close(loud.mel, plain.mel, atol=1e-4, rtol=0)
    assert (loud.mel - cut_off.mel).abs().max() > 0.01


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_sound_that_is_no_number_is_refused(recogniser_checkpoint: Checkpoint, bad: float) -> None:
    """One sample that is not finite would make the model answer with nonsense, silently."""
    pcm = noise(1)
    pcm[500] = bad

    with pytest.raises(RecognitionError, match="not finite"):
        prepare(make_clip(pcm), recogniser_checkpoint.processor.feature_extractor)


@pytest.mark.parametrize("thread_count", [0, 2])
def test_features_are_kept_until_they_are_forgotten(
    recogniser_checkpoint: Checkpoint, thread_count: int
) -> None:
    """Asked for again they are the same object; those of another clip of that name are its own."""
    extractor = recogniser_checkpoint.processor.feature_extractor
    clip, other = make_clip(noise(1)), make_clip(noise(1, seed=1))
    maker = FeatureMaker(thread_count=thread_count)
    maker.begin([clip], extractor)
    first, again = maker.of(clip), maker.of(clip)
    of_other = maker.of(other)
    maker.forget([clip])
    anew = maker.of(clip)
    maker.close()

    assert again is first
    assert anew is not first
    assert torch.equal(first.mel, prepare(clip, extractor).mel)
    assert torch.equal(of_other.mel, prepare(other, extractor).mel)


@pytest.mark.parametrize("thread_count", [0, 2])
def test_features_that_failed_are_told_each_time(
    recogniser_checkpoint: Checkpoint, thread_count: int
) -> None:
    """What cannot be made in a thread is told where it is asked for, however often."""
    maker = FeatureMaker(thread_count=thread_count)
    clip = make_clip(np.full(8000, np.nan, np.float32))
    maker.begin([clip], recogniser_checkpoint.processor.feature_extractor)

    for _ in range(2):
        with pytest.raises(RecognitionError, match="not finite"):
            maker.of(clip)
    maker.close()
