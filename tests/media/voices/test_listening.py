"""From a clip to how the voices in it sound."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, Span
from qasr_cli.core.voice_types import VECTOR_BYTES, VECTOR_SIZE
from qasr_cli.errors import ModelLoadError
from qasr_cli.media.voices.features import log_mel_energies
from qasr_cli.media.voices.listening import voices_of
from qasr_cli.media.voices.model import VoiceModel
from qasr_cli.voices.vectors import vectors_from_bytes
from tests.voice_files import (
    model_bytes,
    node,
    tensor,
    voice_model_bytes,
    voices_pcm,
    write_voice_model,
)


@pytest.fixture
def model(tmp_path: Path) -> VoiceModel:
    """One of a few operators."""
    return VoiceModel(write_voice_model(tmp_path), thread_count=1)


def clip_of(*speech_s: tuple[float, float], offset_s: float = 0.0) -> Clip:
    """A clip with speech there, counted from its own start; the rest is silence."""
    length_s = max(end_s for _, end_s in speech_s) + 0.2
    first = round(offset_s * SAMPLE_RATE_HZ)
    pcm = voices_pcm([(a, b, "low") for a, b in speech_s], length_s=length_s)
    return Clip(
        clip_id="talk.wav",
        span=Span(start_sample=first, end_sample=first + len(pcm)),
        language=None,
        pcm=pcm,
        speech=tuple(
            Span(
                start_sample=first + round(a * SAMPLE_RATE_HZ),
                end_sample=first + round(b * SAMPLE_RATE_HZ),
            )
            for a, b in speech_s
        ),
    )


@pytest.mark.parametrize(
    ("speech_s", "count"),
    [
        ([(0.0, 0.3)], 1),
        ([(0.0, 1.0)], 1),
        ([(0.0, 1.5)], 1),
        ([(0.0, 1.6)], 2),
        ([(0.0, 3.0)], 3),
        ([(0.0, 3.1)], 4),
        ([(0.0, 1.0), (1.1, 2.0)], 2),
        ([(0.0, 1.0), (1.5, 2.0)], 2),
    ],
)
def test_windows_lie_over_the_speech(
    model: VoiceModel, speech_s: list[tuple[float, float]], count: int
) -> None:
    """One of 1.5 s every 0.75 s; a pause of 0.2 s parts; the stretches together are the speech."""
    heard = voices_of(clip_of(*speech_s, offset_s=10.0), model)

    assert len(heard.stretches) == count
    assert heard.stretches[0][0] == 10_000 + round(1000 * speech_s[0][0])
    assert heard.stretches[-1][1] == 10_000 + round(1000 * speech_s[-1][1])
    assert len(heard.vectors) == VECTOR_BYTES * count


def test_a_short_stretch_tells_nothing(model: VoiceModel) -> None:
    """Less than half a second has no vector; all others have length 1."""
    heard = voices_of(clip_of((0.0, 0.4), (1.0, 3.0)), model)

    lengths = np.linalg.norm(vectors_from_bytes(heard.vectors), axis=1)
    assert lengths.tolist() == pytest.approx([0, *(1 for _ in heard.stretches[1:])], abs=1e-2)


def test_a_clip_sounds_the_same_wherever_it_lies(model: VoiceModel) -> None:
    """Vectors hang on the sound alone, so what was kept of it serves."""
    here, there = clip_of((0.0, 5.0)), clip_of((0.0, 5.0), offset_s=3600.0)

    assert voices_of(here, model).vectors == voices_of(there, model).vectors


def test_loudness_is_no_voice(model: VoiceModel) -> None:
    """Half as loud is as near as float16 tells."""
    loud = clip_of((0.0, 4.0))
    quiet = Clip(
        clip_id="", span=loud.span, language=None, pcm=loud.pcm / np.float32(2), speech=loud.speech
    )

    both = [vectors_from_bytes(voices_of(clip, model).vectors) for clip in (loud, quiet)]
    assert (both[0] * both[1]).sum(axis=1).min() > 0.99


def test_energies_are_those_of_each_frame_alone() -> None:
    """However long the sound is, and wherever it is parted to save memory."""
    pcm = voices_pcm([(0.0, 9.0, "low")], length_s=9.0)

    whole = log_mel_energies(pcm)

    frames = np.lib.stride_tricks.sliding_window_view(pcm, 400)[::160]
    alone = np.concatenate([log_mel_energies(frame) for frame in frames])
    np.testing.assert_allclose(whole, alone, atol=1e-4)


def test_minutes_without_a_pause_take_little_memory() -> None:
    """On the way to the energies stands no spectrum of all of it."""
    pcm = np.random.default_rng(1).standard_normal(120 * SAMPLE_RATE_HZ).astype(np.float32)
    log_mel_energies(pcm[:SAMPLE_RATE_HZ])

    tracemalloc.start()
    energies = log_mel_energies(pcm)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 5 * (energies.nbytes + pcm.nbytes)


def test_a_model_is_in_memory_once(tmp_path: Path) -> None:
    """What onnxruntime made of the file stays, the file does not."""
    padding = tensor("padding", np.zeros(1 << 20, np.float32))
    operators = [
        node("Identity", ("x",), "same"),
        node("ReduceMean", ("same",), "mean"),
        node("Mul", ("mean", "ones"), "wide"),
        node("Flatten", ("wide",), "embedding"),
    ]
    ones = tensor("ones", np.ones((1, 1, VECTOR_SIZE), np.float32))
    path = write_voice_model(tmp_path, model_bytes(operators, [ones, padding]))

    tracemalloc.start()
    model = VoiceModel(path, thread_count=1)
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert model.fingerprint
    assert kept_bytes < path.stat().st_size / 4


def test_energies_of_a_tone_are_where_it_is() -> None:
    """A frame every 10 ms, 80 bins; a tone stands out in the bin of its pitch."""
    seconds = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    energies = log_mel_energies(np.sin(2 * np.pi * 1000 * seconds).astype(np.float32))

    assert energies.shape == (98, 80)
    # 1 kHz is 1000 mel of 31.7 to 2840 in 81 steps.
    assert set(energies.argmax(axis=1)) == {27}
    assert log_mel_energies(np.zeros(399, np.float32)).shape == (0, 80)
    assert np.isfinite(log_mel_energies(np.zeros(800, np.float32))).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (voice_model_bytes(size=100), "gives 100 numbers a voice, not 192"),
        (model_bytes([node("NoSuchThing", ("x",), "embedding")]), "does not load"),
        (b"hello", "cut short"),
    ],
)
def test_another_model_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """What is no voice model is said to be none, in one line."""
    path = write_voice_model(tmp_path, content)

    with pytest.raises(ModelLoadError, match=reason) as caught:
        VoiceModel(path, thread_count=1)

    assert "\n" not in str(caught.value)
