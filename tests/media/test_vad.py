import importlib
import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import UsageError
from qasr_cli.media import vad
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.vad import FRAME_SAMPLES, EnergyDetector, SileroDetector, detector_for


@pytest.fixture(scope="module")
def speech(recordings: Path) -> Pcm:
    """A bundled recording of speech with pauses, in whole frames."""
    pcm, rate_hz = soundfile.read(recordings / "lesson.flac", dtype="float32", always_2d=True)
    assert rate_hz == SAMPLE_RATE_HZ
    mono: Pcm = pcm.mean(axis=1)
    return mono[: len(mono) // FRAME_SAMPLES * FRAME_SAMPLES]


def _frames(pcm: Pcm) -> Pcm:
    return pcm.reshape(-1, FRAME_SAMPLES)


def test_silero_equals_its_own_package(speech: Pcm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probabilities are those of silero's own sequence front-end."""
    ours = SileroDetector().push(_frames(speech))
    found = importlib.util.find_spec("silero_vad")
    assert found is not None
    assert found.submodule_search_locations
    # The real module in a package of our making: importing the package itself imports torch.
    package = types.ModuleType("silero_vad")
    package.__path__ = list(found.submodule_search_locations)
    unused = types.ModuleType("silero_vad.utils_vad")
    unused.__dict__["get_speech_timestamps_from_probs"] = None
    monkeypatch.setitem(sys.modules, "silero_vad", package)
    monkeypatch.setitem(sys.modules, "silero_vad.utils_vad", unused)
    monkeypatch.setitem(sys.modules, "silero_vad.sequence_vad", unused)
    del sys.modules["silero_vad.sequence_vad"]
    front_end = importlib.import_module("silero_vad.sequence_vad")
    model = front_end.SileroVADSequence(f"{package.__path__[0]}/data/{vad.MODEL_FILE}")

    expected = model.audio_forward(speech)

    np.testing.assert_allclose(ours, expected, atol=1e-6)


@pytest.mark.parametrize("frame_count", [1, 7, 100])
def test_silero_carries_its_state(speech: Pcm, frame_count: int) -> None:
    """Frames may come in any portions: the detector remembers what it heard."""
    frames = _frames(speech)
    detector = SileroDetector()
    portions = np.split(frames, range(frame_count, len(frames), frame_count))

    in_portions = np.concatenate([detector.push(portion) for portion in portions])

    np.testing.assert_allclose(in_portions, SileroDetector().push(frames), atol=1e-6)


def test_silero_tells_speech_from_tones_and_noise(speech: Pcm) -> None:
    """Speech is likely speech; a tone, noise and silence are not."""
    times_s = np.arange(len(speech)) / SAMPLE_RATE_HZ
    tone = (0.3 * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.05, len(speech)).astype(np.float32)

    assert np.mean(SileroDetector().push(_frames(speech)) > 0.5) > 0.4
    for other in (tone, noise, np.zeros_like(speech)):
        assert np.mean(SileroDetector().push(_frames(other)) > 0.5) < 0.05


def test_silero_loads_no_torch() -> None:
    """The detector works without importing torch or silero's package."""
    program = (
        "import sys; import numpy as np; from qasr_cli.media.vad import SileroDetector;"
        "SileroDetector().push(np.zeros((2, 512), np.float32));"
        "sys.exit('torch' in sys.modules or 'silero_vad' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_silero_the_other_detector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without silero's files the error says which option works."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    vad._silero_session.cache_clear()  # noqa: SLF001  # else an earlier test's model is used

    with pytest.raises(UsageError, match="--vad energy"):
        detector_for("silero")


def test_energy_finds_what_is_loud() -> None:
    """Frames near the loudness of their surroundings count, quiet ones do not."""
    frames = np.zeros((100, FRAME_SAMPLES), np.float32)
    noise = np.random.default_rng(0).normal(0, 1, frames.shape).astype(np.float32)
    frames += 0.001 * noise
    frames[20:50] += 0.1 * noise[20:50]
    frames[70:75] += 0.05 * noise[70:75]

    expected = np.zeros(100)
    expected[20:50] = 1
    expected[70:75] = 1

    np.testing.assert_array_equal(EnergyDetector().push(frames), expected)


def test_energy_hears_nothing_in_a_quiet_room() -> None:
    """Silence and the hiss of a quiet room are not loud, although nothing louder is near."""
    hiss = np.random.default_rng(0).normal(0, 0.002, (100, FRAME_SAMPLES)).astype(np.float32)

    assert not EnergyDetector().push(hiss).any()
    assert not EnergyDetector().push(np.zeros_like(hiss)).any()


def test_detectors_by_name() -> None:
    """Each name of the option gives its detector, a fresh one each time."""
    assert isinstance(detector_for("energy"), EnergyDetector)
    assert isinstance(detector_for("silero"), SileroDetector)
    assert detector_for("silero") is not detector_for("silero")
