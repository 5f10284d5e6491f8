"""A model of costs: seconds of a window, from counts of its work and from constants.

All kernels go one after the other through the GPU's one stream. One takes what a kernel takes at
the least, and beside that the longer of computing and of reading and writing. Over a stage the host
is ahead of the GPU or the GPU waits for the host: the stage takes the longer of both, and what the
host does while the GPU has nothing.
"""

from dataclasses import dataclass
from typing import Any

from tools.gpu_costs import devices
from tools.gpu_costs.devices import REACH, Gpu

Found = dict[str, Any]
# What serves all windows of a run.
_ONCE = "captures"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """Seconds of a stage of a window.

    Attributes:
        compute_s: where computing takes longer than reading and writing; of all kernels.
        memory_s: where reading and writing takes longer.
        kernels_s: what every kernel takes, whatever it does.
        launch_s: of the host, to launch them.
        pause_s: the GPU has nothing to do, for the host waits for it, or does something else.
    """

    name: str
    compute_s: float
    memory_s: float
    kernels_s: float
    launch_s: float
    pause_s: float

    @property
    def gpu_s(self) -> float:
        """The GPU's work."""
        return self.compute_s + self.memory_s + self.kernels_s

    @property
    def wall_s(self) -> float:
        """What it takes."""
        return max(self.gpu_s, self.launch_s) + self.pause_s

    @property
    def host_share(self) -> float:
        """The share of it in which the GPU waits for the host."""
        return (self.wall_s - self.gpu_s) / self.wall_s

    @property
    def bound(self) -> str:
        """What most of it is."""
        if self.launch_s > self.gpu_s:
            return "launches"
        parts = {
            "computing": self.compute_s,
            "memory": self.memory_s,
            "small kernels": self.kernels_s,
            "pauses": self.pause_s,
        }
        return max(parts, key=parts.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds of a window, and how fast that is.

    Attributes:
        stages: of the thread that drives the models.
        stall_s: in which that thread waits for the interpreter, which others hold.
        features_s, feed_s: features and recordings; of all threads that do them.
        overlaps: they are done while the GPU works, else before it.
    """

    audio_s: float
    stages: tuple[StageCost, ...]
    stall_s: float
    features_s: float
    feed_s: float
    overlaps: bool

    @property
    def models_s(self) -> float:
        """What the thread of the models takes."""
        return sum(stage.wall_s for stage in self.stages) + self.stall_s

    @property
    def wall_s(self) -> float:
        """What the window takes."""
        if self.overlaps:
            return max(self.models_s, self.features_s, self.feed_s)
        return self.models_s + self.features_s + self.feed_s

    @property
    def rtfx(self) -> float:
        """Seconds of sound a second."""
        return self.audio_s / self.wall_s


def cost_of(window: Found, host: Found, gpu: Gpu) -> Cost:
    """The cost of a window that was counted.

    Args:
        window: of `tools.gpu_counts`, one of "windows".
        host: of the same, "host".
    """
    stages = [
        _stage(name, counts, window, gpu)
        for name, counts in window["stages"].items()
        if name != _ONCE
    ]
    copy_s = window["audio_s"] * devices.MEL_BYTES / gpu.link_bytes_a_s
    stages.append(_copies(copy_s))
    feed_s = window["audio_s"] * devices.FEED_S
    overlaps = bool(host["overlaps"])
    stall_s = 0.0
    if overlaps:
        python_s = feed_s * devices.FEED_PYTHON_SHARE
        python_s += window["clips"] * devices.FEATURES_PYTHON_S
        wall_s = sum(stage.wall_s for stage in stages)
        stall_s = python_s * sum(stage.host_share * stage.wall_s for stage in stages) / wall_s
    return Cost(
        audio_s=window["audio_s"],
        stages=tuple(stages),
        stall_s=stall_s,
        features_s=window["audio_s"] * devices.FEATURES_S / max(1, host["feature_threads"]),
        feed_s=feed_s,
        overlaps=overlaps,
    )


def rtfx_with_plans(window: Found, host: Found, gpu: Gpu, shape_count: int) -> tuple[float, float]:
    """Slowest and fastest a window that meets so many shapes, where cuDNN plans each of them."""
    wall_s = cost_of(window, host, gpu).wall_s
    fast, slow = (window["audio_s"] / (wall_s + shape_count * plan) for plan in devices.PLAN_S)
    return slow, fast


def _stage(name: str, counts: Found, window: Found, gpu: Gpu) -> StageCost:
    compute_s = memory_s = 0.0
    for kind, work in counts["work"].items():
        reach = REACH[kind]
        computing_s = work["flops"] / (gpu.flops_a_s * reach.of_flops)
        moving_s = work["bytes_moved"] / (gpu.bytes_a_s * reach.of_bytes)
        if computing_s > moving_s:
            compute_s += computing_s
        else:
            memory_s += moving_s
    kernel_count = sum(work["kernel_count"] for work in counts["work"].values())
    return StageCost(
        name=name,
        compute_s=compute_s,
        memory_s=memory_s,
        kernels_s=kernel_count * gpu.kernel_s,
        launch_s=counts["launch_count"] * devices.LAUNCH_S,
        pause_s=counts["wait_count"] * devices.WAIT_S + _python_s(name, window),
    )


def _python_s(stage: str, window: Found) -> float:
    """What the thread of the models does beside launching, while the GPU has nothing."""
    if stage == "steps":
        rows = min(window["rows"], window["clips"])
        return float(window["looks"] * rows * devices.ROW_OF_LOOK_S)
    if stage == "aligner reading":
        return float(window["clips"] * devices.TEXT_S)
    return 0.0


def _copies(copy_s: float) -> StageCost:
    return StageCost(
        name="features to the GPU",
        compute_s=0.0,
        memory_s=copy_s,
        kernels_s=0.0,
        launch_s=0.0,
        pause_s=0.0,
    )
