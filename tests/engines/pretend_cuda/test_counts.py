"""What the host launches on a pretend GPU, and when it waits: counts that hold on a real one."""

import pytest
import torch

from qasr_cli.core.types import Clip
from tests.engines.pretend_cuda.conftest import prepared, recogniser_on, results_of
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import has_cudnn_attention

STEPS_A_LOOK = 8


def test_the_host_waits_once_a_look(machine: Machine, short: list[Clip]) -> None:
    """Between two looks at the tokens it reads nothing, and all that it sends is pinned."""
    recogniser = recogniser_on("cuda")
    clips = prepared(recogniser, short[:3])
    machine.forget_seen()
    answers = dict(recogniser.answers(clips, 3))

    token_count = max(len(answer) for answer in answers.values() if isinstance(answer, list))
    looks = 1 + -(-(token_count - 1) // STEPS_A_LOOK)  # the first token comes with the prompts
    assert machine.seen.host_waits == {"device to host": looks}
    assert not machine.seen.pageable_copies


def test_a_captured_step_is_one_launch(machine: Machine, short: list[Clip]) -> None:
    """Of a step that was captured before, the host launches a replay and nothing else."""
    recogniser = recogniser_on("cuda", cuda_graphs=True)
    clips = prepared(recogniser, short[:3])
    dict(recogniser.answers(clips, 3))
    machine.forget_seen()
    answers = dict(recogniser.answers(clips, 3))

    token_count = max(len(answer) for answer in answers.values() if isinstance(answer, list))
    looks = -(-(token_count - 1) // STEPS_A_LOOK)
    assert machine.seen.kernels["graph replay"] == looks * STEPS_A_LOOK
    assert machine.seen.host_waits == {"device to host": looks + 1}
    assert not machine.seen.pageable_copies


def test_launches_of_a_step(
    machine: Machine, short: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An eager step of the three layers is 29 launches a layer, and some 25 beside them."""
    recogniser = recogniser_on("cuda", "bfloat16")
    clips = prepared(recogniser, short[:2])
    counts = []
    for cap in (1, 2):  # the prompts alone, and one look more
        monkeypatch.setattr("qasr_cli.engines.qwen.recogniser.answer_cap", lambda _, cap=cap: cap)
        machine.forget_seen()
        dict(recogniser.answers(clips, 2))
        counts.append(machine.seen.launch_count)

    assert (counts[1] - counts[0]) / STEPS_A_LOOK == pytest.approx(29 * 3 + 25, abs=10)


def test_attention_is_planned_by_no_library(machine: Machine, short: list[Clip]) -> None:
    """Once models are loaded, cuDNN has no part in attention, and float32 is float32."""
    assert has_cudnn_attention()
    results_of(short[:1], device="cuda", dtype="float32")

    assert not has_cudnn_attention()
    assert not torch.backends.cudnn.allow_tf32
    assert machine.allocator_settings == ["expandable_segments:True"]


@pytest.mark.parametrize(
    ("dtype", "kernels"),
    [("bfloat16", {"flash"}), ("float16", {"flash"}), ("float32", {"efficient", "math"})],
)
def test_attention_takes_the_kernel_of_its_format(
    machine: Machine, short: list[Clip], dtype: str, kernels: set[str]
) -> None:
    """Whole sequences go through flash attention in the formats that it has; one call a length."""
    recogniser = recogniser_on("cuda", dtype)
    clips = prepared(recogniser, [*short, *short])
    machine.forget_seen()
    dict(recogniser.answers(clips, 8))

    assert set(machine.seen.attention) == kernels
    # Clips of one length are neighbours, and so one call: as many as the clips have lengths.
    assert len(machine.seen.attention_shapes) <= 2 * len(short) + 1
