"""Attention over sequences of any lengths at once: where there is one, and where there is none."""

import logging
from collections import Counter
from typing import Any

import pytest
import torch

from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model import ragged_trial
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape, lack_of_kernel
from qasr_cli.errors import DeviceUnavailable
from tests.engines.pretend_cuda import operators, varlen
from tests.engines.pretend_cuda.conftest import (
    engine_with,
    prepared,
    recogniser_on,
    results_of,
    said,
)
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

Said = dict[str, tuple[object, ...]]
ENCODER_LAYERS, TEXT_LAYERS = 4, 3
HEADS = HeadShape(count=16, key_count=8, dim=128)
TURING = Machine(capabilities=((7, 5),))


def _refuse_to_load() -> object:
    raise AttributeError("'_OpNamespace' 'aten' object has no such attribute")


@pytest.fixture
def old_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch from before there was such a kernel."""
    monkeypatch.setattr(ragged_trial, "_kernel", _refuse_to_load)


def _attention_of_prompts(machine: Machine, clips: list[Clip], cap: int) -> tuple[int, int]:
    """Calls of attention over whole sequences, and shapes of those that may be planned anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qasr_cli.engines.qwen.recogniser.answer_cap", lambda _: cap)
        recogniser = recogniser_on("cuda", "bfloat16")
        ready = prepared(recogniser, clips)
        machine.forget_seen()
        dict(recogniser.answers(ready, len(ready)))
    return machine.seen.attention.total(), len(machine.seen.attention_shapes)


def test_a_window_is_one_call_a_layer(machine: Machine, short: list[Clip]) -> None:
    """Whatever the lengths of its clips; length by length it takes many, of as many shapes."""
    at_once = _attention_of_prompts(machine, short, cap=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ragged_trial, "lack_of_kernel", lambda *_: "none here")
        by_length = _attention_of_prompts(machine, short, cap=1)

    length_count = 3  # two of the four clips take as many places
    assert at_once == (ENCODER_LAYERS + TEXT_LAYERS, 0)
    assert by_length == ((ENCODER_LAYERS + TEXT_LAYERS) * length_count, 2 * length_count)


@pytest.mark.usefixtures("old_torch")
@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "captured"])
def test_an_older_torch_says_the_same(
    machine: Machine, short: list[Clip], on_cpu: Said, cuda_graphs: bool
) -> None:
    """Without the kernel texts and times are what they always are."""
    options = {"dtype": "bfloat16", "cuda_graphs": cuda_graphs}

    assert said(results_of(short, device="cuda", **options)) == on_cpu
    assert set(machine.seen.attention) == {"flash"}


def test_an_older_gpu_says_the_same(
    short: list[Clip], on_cpu: Said, caplog: pytest.LogCaptureFixture
) -> None:
    """Turing has no such kernel; nobody is bothered with that."""
    caplog.set_level(logging.DEBUG, "qasr_cli.engines.qwen.model.ragged_trial")
    with pretend(TURING) as machine:
        assert said(results_of(short, device="cuda", dtype="float16")) == on_cpu

    assert "aten::_flash_attention_forward_no_dropout_inplace" not in machine.seen.kernels
    assert {record.levelname for record in caplog.records} == {"DEBUG"}
    assert "FlashAttention only supports Ampere GPUs or newer." in caplog.text


@pytest.mark.usefixtures("machine")
def test_a_kernel_that_is_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial compares its numbers with those of one sequence after the other."""
    device = torch.device("cuda", 0)
    assert lack_of_kernel(device, torch.bfloat16, HEADS) is None
    for name in ("window_size_right", "seqused_k"):
        lack_of_kernel.cache_clear()
        monkeypatch.setitem(operators._STAND_INS, varlen.NAME, _deaf_to(name))  # noqa: SLF001
        assert lack_of_kernel(device, torch.bfloat16, HEADS) == "the kernel's numbers are wrong"


def _deaf_to(name: str) -> Any:  # noqa: ANN401  # an operator
    """The kernel, in which one argument does nothing."""

    def attend(*args: Any, **how: Any) -> torch.Tensor:  # noqa: ANN401  # as it takes them
        if name == "window_size_right":
            args = (*args[:9], False, args[10])
            return varlen.attend(*args, **how | {name: -1})
        counts = args[5].diff()
        return varlen.attend(*args[:7], 8, *args[8:], **how | {name: counts})

    return attend


def test_memory_that_is_out_decides_nothing() -> None:
    """A trial that has no room says so; the next one may have it."""
    device = torch.device("cuda", 0)
    with pretend(Machine(total_bytes=512)) as machine:
        with pytest.raises(torch.OutOfMemoryError):
            lack_of_kernel(device, torch.bfloat16, HEADS)
        machine.total_bytes = 1 << 30
        assert lack_of_kernel(device, torch.bfloat16, HEADS) is None


def test_answers_that_depend_on_no_company(
    machine: Machine, short: list[Clip], on_cpu: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `--batch-invariant` sequences are read alone, and steps are all of the same rows."""
    shapes: Counter[tuple[bool, int, object]] = Counter()

    def attend(*args: Any, **how: Any) -> torch.Tensor:  # noqa: ANN401  # as it takes them
        is_step = "seqused_k" in how
        shapes[is_step, len(args[4]) - 1, how["num_splits"]] += 1
        return varlen.attend(*args, **how)

    options = {"dtype": "bfloat16", "batch_size": 3, "cuda_graphs": False}
    engine = engine_with(device="cuda", batch_invariant=True, **options)
    list(engine.run(short[:1]))
    monkeypatch.setitem(operators._STAND_INS, varlen.NAME, attend)  # noqa: SLF001
    machine.forget_seen()
    found = said({result.clip_id: result for result in engine.run(short)})
    engine.close()

    assert found == on_cpu
    # A step has two key heads of each of three rows.
    assert set(shapes) == {(True, 3 * 2, 1), (False, 1, 1)}


@pytest.mark.usefixtures("machine")
def test_what_cannot_be_kept_is_not_promised(short: list[Clip]) -> None:
    """Where the kernel is missing `--batch-invariant` is refused, with what is in its way."""
    engine = engine_with(device="cuda", dtype="float32", batch_invariant=True)
    with pytest.raises(DeviceUnavailable, match=r"--batch-invariant .*: the kernel takes bfloat16"):
        list(engine.run(short[:1]))


def test_a_cpu_needs_no_trial() -> None:
    """There sequences are attended to length by length, as ever."""
    place = Placement(device=torch.device("cpu"), dtype=torch.bfloat16)

    assert ragged_trial.ragged_for(place, HEADS) is None
