"""A small checkpoint with random weights, as the library and as qasr load it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from transformers import (
    Nemotron3DiarizationForAudioFrameClassification,
    Nemotron3DiarizationProcessor,
    Nemotron3DiarizationSpeakerCache,
)

from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.engines.nemotron.listening import NemotronListener
from qasr_cli.engines.nemotron.model import NemotronModel
from tests.nemotron_files import write_nemotron

CPU = torch.device("cpu")
# Of the small shape, in samples: an encoder frame, a step, what is heard behind one.
ENCODER_FRAME_COUNT = 8 * 160
STEP_COUNT = 20 * ENCODER_FRAME_COUNT
AHEAD_COUNT = 4 * ENCODER_FRAME_COUNT


class ObservedModel(NemotronModel):
    """The model, whose answers can be read frame by frame."""

    def __init__(self, path: Path, device: torch.device) -> None:
        super().__init__(path, device)
        self.likelihoods: list[npt.NDArray[np.float32]] = []

    def step(
        self,
        features: torch.Tensor,
        cache: Nemotron3DiarizationSpeakerCache,
        *,
        back_count: int,
        ahead_count: int,
    ) -> tuple[npt.NDArray[np.float32], Nemotron3DiarizationSpeakerCache]:
        """As the model does it."""
        answer = super().step(features, cache, back_count=back_count, ahead_count=ahead_count)
        self.likelihoods.append(answer[0])
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a listener said of some sound."""

    activity: VoiceActivity
    likelihoods: npt.NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One checkpoint, loaded twice."""

    ours: ObservedModel
    library: Any
    processor: Any

    def heard(self, pcm: npt.NDArray[np.float32], *, blocks: Sequence[int] = (4000,)) -> Heard:
        """What ours says of sound that comes in blocks of these lengths, again and again."""
        self.ours.likelihoods = []
        listener = NemotronListener(self.ours)
        begin = turn = 0
        while begin < len(pcm):
            stop = begin + blocks[turn % len(blocks)]
            listener.hear(pcm[begin:stop])
            begin, turn = stop, turn + 1
        activity = listener.finish()
        frames = [np.zeros((0, activity.voice_count), np.float32), *self.ours.likelihoods]
        return Heard(activity=activity, likelihoods=np.concatenate(frames))


@pytest.fixture(scope="session")
def load_pair(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Pair]:
    """Loads a checkpoint of the small shape, with what is changed of it."""

    def load(**changed: int) -> Pair:
        path = write_nemotron(tmp_path_factory.mktemp("models"), **changed)
        return pair_of(path)

    return load


def pair_of(path: Path) -> Pair:
    """Both ways to load the checkpoint in a folder."""
    library: Any = Nemotron3DiarizationForAudioFrameClassification.from_pretrained(path)
    return Pair(
        ours=ObservedModel(path, CPU),
        library=library.eval(),
        processor=Nemotron3DiarizationProcessor.from_pretrained(path),
    )


@pytest.fixture(scope="session")
def pair(load_pair: Callable[..., Pair]) -> Pair:
    """The checkpoint of most tests."""
    return load_pair()


def noise(count: int, *, seed: int = 0) -> npt.NDArray[np.float32]:
    """Sound that is louder and softer by turns."""
    chance = np.random.default_rng(seed)
    swell = 1 + np.sin(np.arange(count) / 9000)
    return (0.1 * swell * chance.standard_normal(count)).astype(np.float32)
