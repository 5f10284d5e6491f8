"""How sure the models are, asked of a pretend GPU."""

import itertools

import pytest

from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.engines.qwen.model import head
from tests.engines.pretend_cuda.conftest import Results, results_of, said, unsure
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend


def sureness(results: Results) -> dict[str, list[float]]:
    """All probabilities of each clip, and that there are some."""
    found = {}
    for clip_id, result in results.items():
        assert isinstance(result, ClipDone)
        of_times = [word.time_probability for word in result.words]
        found[clip_id] = [
            *(token.probability for token in result.tokens),
            *(each for each in of_times if each is not None),
        ]
        assert len(found[clip_id]) > len(of_times) > 0
    return found


@pytest.fixture(scope="module")
def sure_cpu(short: list[Clip]) -> dict[str, list[float]]:
    """How sure the CPU is of the short clips, in float32."""
    return sureness(results_of(short, device="cpu", dtype="float32", threads=1, confidence=True))


@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "captured"])
def test_a_gpu_is_as_sure_as_the_cpu(
    short: list[Clip],
    on_cpu: dict[str, tuple[object, ...]],
    sure_cpu: dict[str, list[float]],
    cuda_graphs: bool,
) -> None:
    """The same texts and times, and the same probabilities; the host waits no more than without."""
    with pretend(Machine()) as plain:
        results_of(short, device="cuda", dtype="float32", cuda_graphs=cuda_graphs)
    with pretend(Machine()) as machine:
        found = results_of(
            short, device="cuda", dtype="float32", cuda_graphs=cuda_graphs, confidence=True
        )

    assert said(unsure(found)) == on_cpu
    for clip_id, shares in sureness(found).items():
        assert shares == pytest.approx(sure_cpu[clip_id], abs=1e-4)
    assert machine.seen.host_waits == plain.seen.host_waits


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_the_bits_are_enough(
    short: list[Clip], sure_cpu: dict[str, list[float]], dtype: str
) -> None:
    """The softmax is taken in float32, so that it is near that of the CPU."""
    with pretend(Machine()):
        found = sureness(results_of(short, device="cuda", dtype=dtype, confidence=True))

    for clip_id, shares in found.items():
        assert shares == pytest.approx(sure_cpu[clip_id], abs=0.1)


def test_a_probe_of_recordings_compares_tokens(
    short: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Probabilities that differ in their last digits are no reason to do without recordings."""
    calls = itertools.count(1)
    monkeypatch.setattr(head, "packed", lambda _, choices: choices + (next(calls) << 32))

    with pretend(Machine()) as machine:
        results_of(short[:1], device="cuda", cuda_graphs=True, confidence=True)

    assert "graph replay" in machine.seen.kernels
