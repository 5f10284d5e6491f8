"""Speech from the bundled recordings, the demo pair loaded once, and its original-layout twins."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.timing import SAMPLE_RATE_HZ, samples_from_ms
from qasr_cli.core.types import Clip, ClipDone, ClipResult, Span
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tests.conftest import RECORDINGS
from tests.engines.original_layout import write_original

ROLES: tuple[Role, ...] = ("recogniser", "aligner")

_SENTENCES_A_RECORDING = 8

PAUSE_MS = 250  # the shortest pause between sentences is twice as long

LIBRARY_AUDIO: Any = {"sampling_rate": SAMPLE_RATE_HZ}

Pcm = npt.NDArray[np.float32]


def make_clip(pcm: Pcm, *, start_sample: int = 0, language: str | None = None) -> Clip:
    """A clip of a file called "file" at a place in it."""
    span = Span(start_sample=start_sample, end_sample=start_sample + len(pcm))
    return Clip(
        clip_id=f"file/{span.start_sample}-{span.end_sample}",
        span=span,
        language=language,
        pcm=pcm,
    )


def noise(duration_s: float, *, seed: int = 0) -> Pcm:
    """Quiet noise, which nobody takes for speech."""
    sample_count = round(duration_s * SAMPLE_RATE_HZ)
    return np.random.default_rng(seed).normal(0, 0.01, sample_count).astype(np.float32)


def answers_of(
    recogniser: Recogniser, clips: Sequence[PreparedClip], row_count: int
) -> list[list[int]]:
    """Tokens of each clip, in their order."""
    found = dict(recogniser.answers(clips, row_count))
    answers = [found[index] for index in range(len(clips))]
    assert all(isinstance(answer, list) for answer in answers)
    return [list(answer) for answer in answers if isinstance(answer, list)]


def outcome(result: ClipResult) -> tuple[object, ...]:
    """All that a result says, to compare it with another."""
    assert isinstance(result, ClipDone)
    return (result.text, result.language, result.words, result.timing, result.truncated)


def results_by_id(engine: Engine, clips: list[Clip]) -> dict[str, ClipResult]:
    """Results of one run, exactly one for each clip."""
    results = list(engine.run(clips))
    assert sorted(r.clip_id for r in results) == sorted(c.clip_id for c in clips)
    return {result.clip_id: result for result in results}


class Recording:
    """A bundled recording, its sentences and their words."""

    def __init__(self, name: str) -> None:
        truth = RECORDINGS / "truth" / f"{name.replace('/', '__')}.json"
        self.truth: dict[str, Any] = json.loads(truth.read_text(encoding="utf-8"))
        self.pcm = _decoded(RECORDINGS / name)

    def clip(self, first: int, last: int | None = None) -> Clip:
        """The sentences from `first` to `last` (only `first` without), pauses around them."""
        sentences = self.truth["sentences"]
        start_sample = samples_from_ms(max(0, sentences[first]["start_ms"] - PAUSE_MS))
        end_sample = samples_from_ms(sentences[last or first]["end_ms"] + PAUSE_MS)
        return make_clip(self.pcm[start_sample:end_sample], start_sample=start_sample)

    def text(self, index: int) -> str:
        """What is said in a sentence."""
        return str(self.truth["sentences"][index]["text"])


def clips_of_every_recording() -> list[Clip]:
    """One to three sentences each, of the first sentences of every bundled recording."""
    clips: list[Clip] = []
    for truth in sorted((RECORDINGS / "truth").glob("*.json")):
        recording = Recording(truth.stem.replace("__", "/"))
        sentence_count = min(len(recording.truth["sentences"]), _SENTENCES_A_RECORDING)
        first = 0
        while first < sentence_count:
            last = min(first + len(clips) % 3, sentence_count - 1)
            clips.append(recording.clip(first, last))
            first = last + 1
    return clips


def _decoded(path: Path) -> Pcm:
    if path.suffix == ".flac":  # 16,000 a second as they are: a GPU's machine may have no ffmpeg
        sound: Pcm = soundfile.read(path, dtype="float32")[0]
        return sound
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    command += ["-f", "f32le", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-"]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(output, np.float32)


@pytest.fixture(scope="session")
def lesson() -> Recording:
    """Five English sentences."""
    return Recording("lesson.flac")


@pytest.fixture(scope="session")
def chinese() -> Recording:
    """Six Chinese sentences."""
    return Recording("chinese.flac")


@pytest.fixture(scope="session")
def speech(lesson: Recording, chinese: Recording) -> list[Clip]:
    """Seven clips of all lengths up to the demo pair's limit, in both of its languages."""
    english = [lesson.clip(0), lesson.clip(1), lesson.clip(0, 1), lesson.clip(2, 3)]
    # Chinese clips lie behind the English ones, so that no two clips have one place.
    shift = len(lesson.pcm)
    return english + [
        make_clip(clip.pcm, start_sample=clip.span.start_sample + shift)
        for clip in (chinese.clip(0), chinese.clip(1, 2), chinese.clip(3))
    ]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tiny models gain nothing from a second thread, and lose much where cores are shared."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def recogniser_checkpoint() -> Checkpoint:
    """The demo recogniser as the library runs it, in float32."""
    return read(demo_folder("recogniser"), "recogniser", torch.float32)


@pytest.fixture(scope="session")
def aligner_checkpoint() -> Checkpoint:
    """The demo aligner as the library runs it, in float32."""
    return read(demo_folder("aligner"), "aligner", torch.float32)


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    """The demo recogniser as qasr runs it."""
    return Recogniser(
        read(demo_folder("recogniser"), "recogniser", "auto"), placement("cpu", "float32")
    )


@pytest.fixture(scope="session")
def aligner() -> Aligner:
    """The demo aligner as qasr runs it."""
    return Aligner(read(demo_folder("aligner"), "aligner", "auto"), placement("cpu", "float32"))


def library_inputs(
    checkpoint: Checkpoint, clip: Clip, *, language: str | None = None, prompt: str | None = None
) -> Any:  # noqa: ANN401  # BatchFeature, which mypy takes for something else
    """What the library's own processor makes of a single clip."""
    return checkpoint.processor.apply_transcription_request(
        audio=clip.pcm, language=language, prompt=prompt, audio_kwargs=LIBRARY_AUDIO
    )


@pytest.fixture(scope="session")
def demo_engine() -> Iterator[Engine]:
    """The demo pair as an `Engine`."""
    engine = build_engine(EngineOptions(model="demo", threads=1))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def single_results(demo_engine: Engine, speech: list[Clip]) -> dict[str, ClipResult]:
    """What each clip of `speech` gives when it is alone."""
    return {clip.clip_id: next(demo_engine.run([clip])) for clip in speech}


OriginalLayout = Callable[[Role], Path]


@pytest.fixture(scope="session")
def original_layout(tmp_path_factory: pytest.TempPathFactory) -> OriginalLayout:
    """Folders of the demo pair in the layout in which the published models first came."""
    root = tmp_path_factory.mktemp("original")
    folders: dict[Role, Path] = {}
    for role in ROLES:
        folders[role] = root / role
        write_original(demo_folder(role), folders[role], role)
    return folders.__getitem__
