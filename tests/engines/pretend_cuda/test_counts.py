"""What the host launches on a pretend GPU, and when it waits: counts that hold on a real one."""

from typing import Any

import pytest
import torch

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.recogniser import Recogniser
from tests.engines.pretend_cuda.conftest import prepared, recogniser_on, results_of
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import has_cudnn_attention

STEPS_A_LOOK = 8
LAYERS = 28  # of the published text models


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_host_waits_once_a_look(machine: Machine, short: list[Clip], dtype: str) -> None:
    """Between two looks at the tokens it reads nothing, and all that it sends is pinned."""
    recogniser = recogniser_on("cuda", dtype)
    clips = prepared(recogniser, short[:3])
    machine.forget_seen()
    answers = dict(recogniser.answers(clips, 3))

    token_count = max(len(answer) for answer in answers.values() if isinstance(answer, list))
    looks = 1 + -(-(token_count - 1) // STEPS_A_LOOK)  # the first token comes with the prompts
    assert machine.seen.host_waits == {"device to host": looks}
    assert not machine.seen.pageable_copies


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_captured_step_is_one_launch(machine: Machine, short: list[Clip], dtype: str) -> None:
    """Of a step that was captured before, the host launches a replay and nothing else."""
    recogniser = recogniser_on("cuda", dtype, cuda_graphs=True)
    clips = prepared(recogniser, short[:3])
    dict(recogniser.answers(clips, 3))
    machine.forget_seen()
    answers = dict(recogniser.answers(clips, 3))

    token_count = max(len(answer) for answer in answers.values() if isinstance(answer, list))
    looks = -(-(token_count - 1) // STEPS_A_LOOK)
    assert machine.seen.kernels["graph replay"] == looks * STEPS_A_LOOK
    assert machine.seen.host_waits == {"device to host": looks + 1}
    assert not machine.seen.pageable_copies


LAUNCHES_A_LOOK = 3  # the last tokens there, all steps' tokens joined, and back


@pytest.mark.parametrize(
    ("dtype", "of_layer", "beside"), [("bfloat16", 14, 13), ("float32", 17, 12)]
)
def test_launches_of_a_step(
    machine: Machine, short: list[Clip], dtype: str, of_layer: int, beside: int
) -> None:
    """An eager step of a published model is at most 520 launches; it was 827 (1.7B, bfloat16)."""
    some, more = (_launches_of_look(machine, short[:2], dtype, count) for count in (2, 3))

    assert more - some == STEPS_A_LOOK * of_layer
    assert some == STEPS_A_LOOK * (2 * of_layer + beside) + LAUNCHES_A_LOOK
    assert LAYERS * of_layer + beside <= 520


def _launches_of_look(machine: Machine, clips: list[Clip], dtype: str, layer_count: int) -> int:
    checkpoint = read(demo_folder("recogniser"), "recogniser", "auto")
    text_model: Any = checkpoint.model.model.language_model
    text_model.layers = text_model.layers[:layer_count]
    recogniser = Recogniser(checkpoint, placement("cuda", dtype, cuda_graphs=False))
    ready = prepared(recogniser, clips)
    counts = []
    for cap in (40, 1, 2):  # tables are made, then the prompts alone, then one look more
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qasr_cli.engines.qwen.recogniser.answer_cap", lambda _, cap=cap: cap)
            machine.forget_seen()
            dict(recogniser.answers(ready, len(ready)))
        counts.append(machine.seen.launch_count)
    return counts[2] - counts[1]


def test_attention_is_planned_by_no_library(machine: Machine, short: list[Clip]) -> None:
    """Once models are loaded, cuDNN has no part in attention, and float32 is float32."""
    assert has_cudnn_attention()
    results_of(short[:1], device="cuda", dtype="float32")

    assert not has_cudnn_attention()
    assert not torch.backends.cudnn.allow_tf32
    assert machine.allocator_settings == ["expandable_segments:True"]


@pytest.mark.parametrize(
    ("dtype", "kernels"),
    [("bfloat16", {"varlen"}), ("float16", {"varlen"}), ("float32", {"efficient", "math"})],
)
def test_attention_takes_the_kernel_of_its_format(
    machine: Machine, short: list[Clip], dtype: str, kernels: set[str]
) -> None:
    """Sequences of all lengths go through one kernel in the formats that it has, else by length."""
    recogniser = recogniser_on("cuda", dtype)
    clips = prepared(recogniser, [*short, *short])
    machine.forget_seen()
    dict(recogniser.answers(clips, 8))

    assert set(machine.seen.attention) == kernels
    # Clips of one length are neighbours, and so one call: as many as the clips have lengths.
    assert len(machine.seen.attention_shapes) <= 2 * len(short) + 1
