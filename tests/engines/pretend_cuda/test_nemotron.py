"""The model that hears whole recordings, on a pretend GPU."""

from pathlib import Path

import numpy as np
import pytest
import torch

from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.engines.nemotron.listening import NemotronListener
from qasr_cli.engines.nemotron.model import NemotronModel
from qasr_cli.errors import DeviceLost
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend
from tests.nemotron_files import write_nemotron

MIB = 1 << 20
SOUND = np.random.default_rng(0).normal(scale=0.1, size=200_000).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkpoint with random weights."""
    return write_nemotron(tmp_path_factory.mktemp("models"))


def heard_on(device: torch.device, folder: Path) -> VoiceActivity:
    """Who speaks in the sound, by the model on a device."""
    listener = NemotronListener(NemotronModel(folder, device))
    listener.hear(SOUND)
    return listener.finish()


@pytest.mark.usefixtures("machine")
def test_a_gpu_says_what_the_cpu_says(folder: Path) -> None:
    """Every operand of a step is on the GPU, and the answer is that of the CPU."""
    on_cpu = heard_on(torch.device("cpu"), folder)

    assert heard_on(torch.device("cuda", 1), folder) == on_cpu


@pytest.mark.parametrize("total_bytes", [MIB // 8, 3 * MIB // 8, MIB // 2])
def test_without_room_the_cpu_does_it(
    folder: Path, total_bytes: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A GPU without room for the weights, or for a step, costs a line and no recording."""
    on_cpu = heard_on(torch.device("cpu"), folder)

    with pretend(Machine(total_bytes=total_bytes)):
        found = heard_on(torch.device("cuda", 0), folder)

    assert found == on_cpu
    assert [record.getMessage() for record in caplog.records] == [
        "cuda:0 has no room for the model that tells voices apart; the CPU does that"
    ]


def test_a_lost_gpu_ends_the_run(folder: Path, machine: Machine) -> None:
    """Where a GPU takes no more work from this process, no recording is blamed for it."""
    listener = NemotronListener(NemotronModel(folder, torch.device("cuda", 0)))
    machine.failure = "CUDA error: device-side assert triggered"

    with pytest.raises(DeviceLost, match="cuda:0 stopped working"):
        listener.hear(SOUND)
