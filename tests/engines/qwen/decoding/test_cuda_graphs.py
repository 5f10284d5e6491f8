"""A CUDA graph does what the recorded work did; `test_steps` has what needs no GPU."""

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.decoding.cuda_graphs import CudaRecorder
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import prepare
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.recogniser import Recogniser

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA"),
]


def test_cuda_graphs_change_no_token(speech: list[Clip]) -> None:
    """On a GPU recorded steps give the tokens of ordinary ones, window after window."""
    answers = []
    for cuda_graphs in (False, True):
        place = placement("cuda", "float32", cuda_graphs=cuda_graphs)
        recogniser = Recogniser(read(demo_folder("recogniser"), "recogniser", "auto"), place)
        clips = [prepare(clip, recogniser.extractor) for clip in speech] * 5
        answers.append([dict(recogniser.answers(clips, row_count)) for row_count in (2, 7, 20)])

    plain, recorded = answers
    assert recorded == plain


def test_a_recording_works_on_the_same_memory() -> None:
    """A replay reads what now lies where the recorded work read, and writes where it wrote."""
    device = torch.device("cuda", 0)
    number = torch.zeros(1, device=device)
    recorder = CudaRecorder(device)

    def grow() -> None:
        number.add_(1).mul_(2)

    def turn() -> None:
        number.neg_()

    replays = [recorder.record(grow), recorder.record(turn)]
    number.fill_(3)
    for replay in replays:
        replay()

    assert number.item() == -8
