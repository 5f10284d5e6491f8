"""Captured steps on a pretend GPU: made once, and done without where the device refuses."""

import pytest
import torch

from qasr_cli.core.types import Clip
from tests.engines.pretend_cuda.conftest import prepared, recogniser_on, results_of, said
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

Said = dict[str, tuple[object, ...]]
CAPTURE = "begin of a capture"


def test_a_capture_that_fails_leaves_eager_steps(
    machine: Machine, short: list[Clip], on_cpu: Said, caplog: pytest.LogCaptureFixture
) -> None:
    """The same words, one warning, no second try, and the stream is the one of before."""
    machine.capture_failure = "CUDA error: operation failed during capture"
    stream = torch.cuda.current_stream()
    found = said(results_of(short, device="cuda", dtype="float32", cuda_graphs=True))

    assert found == on_cpu
    assert torch.cuda.current_stream() is stream
    assert machine.seen.host_waits[CAPTURE] == 1
    (record,) = caplog.records
    assert record.getMessage() == (
        "--cuda-graphs is left off: CUDA error: operation failed during capture"
    )


def test_the_stream_is_restored_in_this_thread(machine: Machine, short: list[Clip]) -> None:
    """Nothing of what comes after a failed capture runs beside everything else."""
    machine.capture_failure = "CUDA error: operation failed during capture"
    stream = torch.cuda.current_stream()
    recogniser = recogniser_on("cuda", cuda_graphs=True)
    dict(recogniser.answers(prepared(recogniser, short[:1]), 1))

    assert torch.cuda.current_stream() is stream


def test_windows_that_differ_a_little_share_captures(machine: Machine, short: list[Clip]) -> None:
    """A longer window captures nothing anew, and all captures share one stream."""
    recogniser = recogniser_on("cuda", cuda_graphs=True)
    by_length = sorted(prepared(recogniser, short), key=lambda clip: clip.audio_token_count)
    captures = []
    for clips in (by_length[:2], by_length[1:3], by_length[2:]):
        dict(recogniser.answers(clips, 2))
        captures.append(machine.seen.host_waits[CAPTURE])
    other = recogniser_on("cuda", cuda_graphs=True)
    dict(other.answers(by_length[:1], 1))

    assert by_length[0].audio_token_count < by_length[-1].audio_token_count
    assert captures[0] == captures[1] == captures[2]
    assert machine.seen.host_waits[CAPTURE] > captures[2]
    assert machine.seen.stream_count == 1


def test_steps_are_recorded_unless_that_is_not_wanted(
    short: list[Clip], on_cpu: Said, caplog: pytest.LogCaptureFixture
) -> None:
    """On a GPU by themselves, after a probe that nobody hears of; with `--no-cuda-graphs` never."""
    replays = []
    for how in ({}, {"cuda_graphs": False}):
        with pretend(Machine()) as machine:
            found = said(results_of(short, device="cuda", dtype="bfloat16", **how))
        assert found == on_cpu
        replays.append(machine.seen.kernels["graph replay"])

    assert replays[0] > 0 == replays[1]
    assert not caplog.records


def test_a_probe_goes_through_once_a_process(machine: Machine, short: list[Clip]) -> None:
    """The second engine of a process knows what the first one found out."""
    captures = []
    for _ in range(2):
        results_of(short[:1], device="cuda", dtype="bfloat16", align=False)
        captures.append(machine.seen.host_waits[CAPTURE])

    # One of the probe, one of the clip's steps; then of the clip's alone.
    assert captures == [2, 3]


def test_tokens_that_differ_leave_eager_steps(
    machine: Machine, short: list[Clip], on_cpu: Said, caplog: pytest.LogCaptureFixture
) -> None:
    """Where replays do something else than was recorded, words are right, with one warning."""
    machine.forgets_launches = True
    found = said(results_of(short, device="cuda", dtype="bfloat16"))

    assert found == on_cpu
    assert machine.seen.host_waits[CAPTURE] == 1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        "--cuda-graphs is left off: a probe gave other tokens with it than without"
    )
