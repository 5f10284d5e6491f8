"""A recording heard step by step, beside the library that has all of it at once."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import Nemotron3DiarizationProcessor, Nemotron3DiarizationSpeakerCache

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.engines.nemotron.listening import NemotronListener
from tests.engines.nemotron.conftest import (
    AHEAD_COUNT,
    ENCODER_FRAME_COUNT,
    STEP_COUNT,
    Pair,
    noise,
)

LENGTHS = [
    160,
    1000,
    ENCODER_FRAME_COUNT,
    STEP_COUNT,
    STEP_COUNT + 1,
    STEP_COUNT + AHEAD_COUNT,
    STEP_COUNT + AHEAD_COUNT + 256,
    2 * STEP_COUNT + AHEAD_COUNT - 97,
    5 * STEP_COUNT + 777,
]


def offline(pair: Pair, pcm: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What the library says where it has all of the sound."""
    made = pair.processor(pcm, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")
    # Of sound of whole frames it would have the model hear one more, of padding.
    features = made["input_features"][:, : int(made["attention_mask"].sum())]
    with torch.no_grad():
        return np.asarray(pair.library(features).logits[0].sigmoid().numpy())


def streamed(pair: Pair, pcm: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What the library says where it is given the same steps one after the other."""
    config = pair.library.config
    processor_class: Any = Nemotron3DiarizationProcessor
    processor = processor_class(
        pair.processor.feature_extractor,
        streaming_modes={"steps": (config.chunk_length, config.chunk_right_context)},
        streaming_mode="steps",
    )
    cache = Nemotron3DiarizationSpeakerCache(
        config.streaming_config,
        fifo_length=config.fifo_length,
        speaker_cache_update_period=config.speaker_cache_update_period,
    )
    logits, frame, is_last = [], 0, False
    while not is_last:
        begin = max(0, processor.audio_chunk_start(frame))
        length = (
            processor.num_samples_per_audio_chunk
            if frame
            else processor.num_samples_first_audio_chunk
        )
        is_last = begin + length > len(pcm)
        made = processor(
            pcm[begin:] if is_last else pcm[begin : begin + length],
            sampling_rate=SAMPLE_RATE_HZ,
            is_streaming=True,
            is_first_audio_chunk=frame == 0,
            is_last_audio_chunk=is_last,
            return_tensors="pt",
        )
        with torch.no_grad():
            output = pair.library(**made, speaker_cache=cache)
        logits.append(output.logits[0])
        frame += processor.num_mel_frames_per_step
    return np.asarray(torch.cat(logits).sigmoid().numpy())


@pytest.mark.parametrize("sample_count", LENGTHS)
def test_steps_say_what_the_whole_says(pair: Pair, sample_count: int) -> None:
    """Every frame is as likely each voice's as where the library has the whole recording."""
    pcm = noise(sample_count)

    found = pair.heard(pcm).likelihoods

    wanted = offline(pair, pcm)
    assert found.shape == wanted.shape == (sample_count // 160, 8)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_steps_are_those_of_the_library(pair: Pair) -> None:
    """Its own streaming, with the same steps, says the same until sound is left for less than one.

    Then the library makes one step of what is left, and qasr as many as the whole would take.
    """
    pcm = noise(4 * STEP_COUNT + AHEAD_COUNT + 256)

    found, wanted = pair.heard(pcm).likelihoods, streamed(pair, pcm)

    assert found.shape == wanted.shape
    same_count = 3 * STEP_COUNT // 160
    np.testing.assert_allclose(found[:same_count], wanted[:same_count], atol=1e-5)


def test_a_step_may_hear_what_is_before_it(load_pair: Callable[..., Pair]) -> None:
    """A configuration whose steps hear the end of the one before is followed."""
    pair = load_pair(chunk_left_context=3)
    pcm = noise(3 * STEP_COUNT + 5000)

    np.testing.assert_allclose(pair.heard(pcm).likelihoods, offline(pair, pcm), atol=1e-5)


@pytest.mark.parametrize("blocks", [(160, 1), (7, 3001, 90_000), (10**9,)])
def test_blocks_change_nothing(pair: Pair, blocks: tuple[int, ...]) -> None:
    """However the sound is cut into blocks, every byte of the answer is the same."""
    pcm = noise(2 * STEP_COUNT + 4321)

    assert pair.heard(pcm, blocks=blocks).activity == pair.heard(pcm).activity


def test_stretches_are_the_segments_of_the_library(pair: Pair) -> None:
    """Each voice speaks where the library's own reading of the same answers says it does."""
    heard = pair.heard(noise(3 * STEP_COUNT))

    logits = torch.logit(torch.from_numpy(heard.likelihoods))[None]
    (segments,) = pair.processor.extract_speaker_dict(logits)
    wanted = np.zeros(heard.likelihoods.shape, bool)
    for segment in segments:
        frames = slice(round(segment["Start"] * 100), round(segment["End"] * 100))
        wanted[frames, segment["Speaker"]] = True
    assert wanted.any()
    np.testing.assert_array_equal(speaking(heard.activity, len(wanted)), wanted)


def speaking(activity: VoiceActivity, frame_count: int) -> npt.NDArray[np.bool_]:
    """Who is likelier to speak than not, in frames of 10 ms."""
    stretches_ms = np.frombuffer(activity.stretches_ms, "<i4").reshape(-1, 2)
    likelihoods = np.frombuffer(activity.likelihoods, np.uint8).reshape(len(stretches_ms), -1)
    speaks = np.zeros((frame_count, activity.voice_count), bool)
    for (start_ms, end_ms), each in zip(stretches_ms, likelihoods, strict=True):
        speaks[start_ms // 10 : end_ms // 10] = each > 127
    return speaks


@pytest.mark.parametrize("sample_count", [0, 1, 159])
def test_no_frame_is_nobody(pair: Pair, sample_count: int) -> None:
    """Sound shorter than a frame is nobody's."""
    assert pair.heard(noise(sample_count)).activity == VoiceActivity(voice_count=8)


@pytest.mark.parametrize("step_count", [1, 2, 4])
def test_another_one_goes_on(pair: Pair, step_count: int) -> None:
    """Who is given what one listener remembers, and the sound again, says the same to the byte."""
    pcm = noise(6 * STEP_COUNT)
    first = NemotronListener(pair.ours)
    first.hear(pcm[: step_count * STEP_COUNT + AHEAD_COUNT + 256])
    assert first.step_count == step_count

    second = NemotronListener(pair.ours)
    second.restore(first.state(), first.activity())
    pair.ours.likelihoods = []
    for begin in range(0, len(pcm), 5000):
        second.hear(pcm[begin : begin + 5000])
    found = second.finish()

    assert len(pair.ours.likelihoods) == 6 - step_count
    assert found == pair.heard(pcm).activity


def test_what_another_model_remembers_is_refused(
    pair: Pair, load_pair: Callable[..., Pair]
) -> None:
    """Bytes that are no state, or one of other sizes, are an error and not wrong speakers."""
    listener = NemotronListener(pair.ours)
    other = NemotronListener(load_pair(fifo_length=9).ours)

    for state in (b"", b"{}", listener.state()[:-4], other.state()):
        with pytest.raises(ValueError, match="memory"):
            listener.restore(state, VoiceActivity(voice_count=8))
    with pytest.raises(ValueError, match="number of voices"):
        listener.restore(listener.state(), VoiceActivity(voice_count=4))


def test_memory_is_flat(pair: Pair) -> None:
    """A recording ten times as long takes no more memory, but for what was found in it."""
    assert _peak_bytes(pair, 60) <= _peak_bytes(pair, 6) + 500_000


def _peak_bytes(pair: Pair, steps: int) -> int:
    """The most that is held while so many steps are heard, without what is said of them."""
    listener = NemotronListener(pair.ours)
    pair.ours.likelihoods = []
    block = noise(STEP_COUNT)
    tracemalloc.start()
    try:
        for _ in range(steps):
            listener.hear(block)
            pair.ours.likelihoods.clear()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
