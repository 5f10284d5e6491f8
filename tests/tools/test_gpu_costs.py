"""The model of costs is the one that was fixed before, and says what it says."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest

from tools.gpu_costs import benchmarks, devices, tables
from tools.gpu_costs.devices import GPUS, REACH
from tools.gpu_costs.model import Cost, StageCost, cost_of
from tools.gpu_counts.saved import BEFORE, NOW, ROOT, read

Found = dict[str, Any]
H100 = GPUS[0]


@pytest.fixture(scope="module")
def before() -> Found:
    """The counts of 778ee45."""
    return read(BEFORE)


def test_its_constants_are_frozen() -> None:
    """They were fixed with the counts of 778ee45: whoever changes one estimates something else."""
    names = ("name", "flops_a_s", "bytes_a_s", "memory_gb", "link_bytes_a_s", "kernel_s")
    assert [tuple(getattr(gpu, name) for name in names) for gpu in GPUS] == [
        ("H100 SXM", 989e12, 3.35e12, 80, 50e9, 2.5e-6),
        ("H100 PCIe", 756e12, 2.0e12, 80, 50e9, 2.5e-6),
        ("H200", 989e12, 4.8e12, 141, 50e9, 2.5e-6),
        ("RTX 4090", 165e12, 1.008e12, 24, 25e9, 2.5e-6),
        ("T4", 32e12, 0.32e12, 16, 12e9, 4e-6),
    ]
    assert {kind: dataclasses.astuple(reach) for kind, reach in REACH.items()} == {
        "product": (0.32, 0.85),
        "batched product": (0.10, 0.60),
        "convolution": (0.12, 0.60),
        "attention": (0.20, 0.70),
        "other": (0.10, 0.65),
    }
    assert (devices.LAUNCH_S, devices.WAIT_S) == (10.5e-6, 60e-6)
    assert (devices.FEATURES_S, devices.FEATURES_PYTHON_S) == (1.35e-3, 0.5e-3)
    assert (devices.TEXT_S, devices.ROW_OF_LOOK_S) == (1.0e-3, 1.3e-6)
    assert (devices.FEED_S, devices.FEED_PYTHON_SHARE) == (0.17 / 960, 0.5)
    assert (devices.PLAN_S, devices.MEL_BYTES) == ((0.055, 0.440), 102_400)


def test_what_it_gave_first_is_frozen(before: Found) -> None:
    """With the counts of 778ee45, 1.7B with alignment on an H100: what the audit estimated."""
    eager, captured = (
        tables.cost(before, "1.7b", H100, captured=captured).rtfx for captured in (False, True)
    )
    slow, fast = tables.with_plans(before, H100)

    assert 230 <= eager <= 300
    assert eager == pytest.approx(262, abs=1)
    assert 290 <= captured <= 420
    assert captured == pytest.approx(345, abs=1)
    assert 13 <= slow < fast <= 80


def test_its_stages_are_near_those_of_the_audit(before: Found) -> None:
    """Seconds for 960 s of sound: features, encoder and prompts, steps, aligner, recordings."""
    eager, captured = (
        tables.cost(before, "1.7b", H100, captured=captured) for captured in (False, True)
    )
    seconds = {stage.name: stage.wall_s for stage in eager.stages}
    steps = next(stage for stage in captured.stages if stage.name == "steps")

    assert eager.audio_s == 960
    assert 0.8 <= eager.features_s <= 1.8
    assert seconds["encoder"] + seconds["prompts"] == pytest.approx(0.25, rel=0.2)
    assert seconds["steps"] == pytest.approx(1.7, rel=0.1)
    assert steps.wall_s == pytest.approx(0.8, rel=0.1)
    aligner_s = seconds["aligner encoder"] + seconds["aligner reading"]
    assert aligner_s == pytest.approx(0.3, rel=0.3)
    assert eager.feed_s == pytest.approx(0.2, rel=0.2)


def test_the_aim_is_predicted() -> None:
    """With the counts of this source, 1.7B with alignment on an H100: 1,200 times real time."""
    assert tables.cost(read(NOW), "1.7b", H100).rtfx >= 1200


def test_the_longer_of_two_bounds_a_stage() -> None:
    """Host and GPU go on side by side; what neither does comes on top."""
    work = {"compute_s": 1.0, "memory_s": 0.5, "kernels_s": 0.25, "pause_s": 0.5}
    of_gpu = StageCost(name="x", launch_s=1.0, **work)
    of_host = StageCost(name="x", launch_s=2.0, **work)

    assert (of_gpu.wall_s, of_gpu.bound) == (2.25, "computing")
    assert (of_host.wall_s, of_host.bound, of_host.host_share) == (2.5, "launches", 0.3)


@pytest.mark.parametrize(("overlaps", "wall_s"), [(True, 3.0), (False, 6.0)])
def test_the_slowest_thread_bounds_the_whole(overlaps: bool, wall_s: float) -> None:
    """Beside the models, features and recordings cost nothing until they take longer."""
    stage = StageCost(
        name="x", compute_s=2.0, memory_s=0.0, kernels_s=0.0, launch_s=0.0, pause_s=0.0
    )
    whole = Cost(
        audio_s=60.0, stages=(stage,), stall_s=0.0, features_s=3.0, feed_s=1.0, overlaps=overlaps
    )

    assert whole.wall_s == wall_s
    assert whole.rtfx == 60.0 / wall_s


def test_captures_are_made_once(before: Found) -> None:
    """They serve all windows of a run, so none of them pays."""
    window = dict(before["windows"][0])
    stages = dict(window["stages"])
    without = {name: stage for name, stage in stages.items() if name != "captures"}

    assert "captures" in stages
    assert (
        cost_of(window | {"stages": without}, before["host"], H100).rtfx
        == cost_of(window, before["host"], H100).rtfx
    )


def test_benchmarks_have_the_saved_counts() -> None:
    """The section is what the saved counts give: python -m tools.gpu_counts --update."""
    text = benchmarks.DOCUMENT.read_text(encoding="utf-8")

    assert benchmarks.section() in text
    assert "An estimate: no GPU has run this" in text


def test_the_command_names_what_there_is() -> None:
    """A GPU that it does not know is one line, with those that it knows."""
    command = [sys.executable, "-m", "tools.gpu_costs", "--gpu", "Voodoo2"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 2
    assert found.stderr == (
        "gpu_costs: no GPU is called Voodoo2: there are H100 SXM, H100 PCIe, H200, RTX 4090, T4\n"
    )
