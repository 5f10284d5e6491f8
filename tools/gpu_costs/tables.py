"""What the model of costs gives, as Markdown: for GPUs, and stage by stage."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tools.gpu_costs.devices import GPUS, Gpu
from tools.gpu_costs.model import Cost, StageCost, cost_of, rtfx_with_plans
from tools.gpu_counts.tables import markdown, window_of

Found = dict[str, Any]

# Memory of the GPUs for which windows were counted; larger ones take the largest.
_COUNTED_GB = (16, 24, 80)
# How much less a GPU may reach than the estimate has it.
_LESS, _SLOW_S = 0.75, 5e-6
# Sound of what is said stage by stage.
_SHOWN_S = 960
SHAPES = ("1.7b", "0.6b")
STAGES = (
    "features to the GPU",
    "encoder",
    "prompts",
    "steps",
    "aligner encoder",
    "aligner reading",
)


def gpu_named(name: str) -> Gpu:
    """A GPU by a part of its name.

    Raises:
        ValueError: no name has it.
    """
    for gpu in GPUS:
        if name.casefold() in gpu.name.casefold():
            return gpu
    raise ValueError(f"no GPU is called {name}: there are {', '.join(gpu.name for gpu in GPUS)}")


def cost(found: Found, shape: str, gpu: Gpu, *, captured: bool = True) -> Cost:
    """The cost of the window of a pair that suits a GPU."""
    gigabytes = max(size for size in _COUNTED_GB if size <= gpu.memory_gb)
    window = window_of(found, shape, gigabytes, captured=captured)
    return cost_of(window, found["host"], gpu)


def with_plans(found: Found, gpu: Gpu) -> tuple[float, float]:
    """How fast 1.7B is in eager steps, slowest and fastest, where cuDNN plans attention."""
    window = window_of(found, "1.7b", 80, captured=False)
    return rtfx_with_plans(window, found["host"], gpu, found["mixed"]["attention_shapes"])


def speeds(before: Found, now: Found) -> str:
    """Seconds of sound a second with alignment, on each GPU."""
    header = ["GPU", "pair", f"{before['commit']}, eager", "captured", "now, captured", "answers"]
    header += ["most of it, now"]
    rows = []
    for gpu in GPUS:
        for shape in SHAPES:
            new = cost(now, shape, gpu)
            every = (cost(before, shape, gpu, captured=False), cost(before, shape, gpu), new)
            size = max(size for size in _COUNTED_GB if size <= gpu.memory_gb)
            row_count = window_of(now, shape, size)["rows"]
            speed = [f"{found.rtfx:,.0f}" for found in every]
            rows.append([gpu.name, shape, *speed, str(row_count), _bound(new)])
    return markdown(header, rows)


def beside(before: Found, now: Found) -> str:
    """What the tables leave out, of 1.7B on the first GPU."""
    gpu = GPUS[0]
    slow, fast = with_plans(before, gpu)
    lesser = replace(
        gpu, flops_a_s=gpu.flops_a_s * _LESS, bytes_a_s=gpu.bytes_a_s * _LESS, kernel_s=_SLOW_S
    )
    eager, less = (
        cost(now, "1.7b", gpu, captured=False).rtfx,
        cost(now, "1.7b", lesser).rtfx,
    )
    plans = f"{slow:,.0f} to {fast:,.0f} in a first window."
    lines = (
        f"- 1.7B on an {gpu.name} now, in eager steps: {eager:,.0f}.",
        f"- Captured, all shares a quarter less, and small kernels twice as long: {less:,.0f}.",
        f"- At {before['commit']} cuDNN may plan attention for every new shape: {plans}",
    )
    return "\n".join(lines)


def stages(before: Found, now: Found, shape: str, gpu: Gpu) -> str:
    """Seconds that some minutes of sound take, stage by stage, and what bounds each now."""
    every = (
        cost(before, shape, gpu, captured=False),
        cost(before, shape, gpu),
        cost(now, shape, gpu),
    )
    header = [f"{shape} on an {gpu.name}, s for {_SHOWN_S} s of sound"]
    header += [f"{before['commit']}, eager", "captured", "now, captured", "bound by, now"]
    rows = []
    for name in STAGES:
        of_all = [_stage(found, name) for found in every]
        shown = [_seconds(*pair) for pair in zip((s.wall_s for s in of_all), every, strict=True)]
        rows.append([name, *shown, of_all[-1].bound])
    for name, seconds_of, bound_of in _ROWS_OF_ALL:
        shown = [_seconds(seconds_of(found), found) for found in every]
        rows.append([name, *shown, bound_of(every[-1])])
    return markdown(header, rows)


def _stage(found: Cost, name: str) -> StageCost:
    return next(stage for stage in found.stages if stage.name == name)


def _beside(found: Cost) -> str:
    return "beside the models" if found.overlaps else "in turn with them"


_ROWS_OF_ALL: tuple[tuple[str, Callable[[Cost], float], Callable[[Cost], str]], ...] = (
    ("waits for the interpreter", lambda found: found.stall_s, lambda _: "other threads"),
    ("**the models' thread and the GPU**", lambda found: found.models_s, lambda _: ""),
    ("features, in threads", lambda found: found.features_s, _beside),
    ("recordings to clips", lambda found: found.feed_s, _beside),
    ("**all**", lambda found: found.wall_s, lambda _: ""),
)


def _seconds(seconds: float, whole: Cost) -> str:
    return f"{seconds * _SHOWN_S / whole.audio_s:.3f}"


def _bound(found: Cost) -> str:
    """What takes most of the whole: a thread beside the models, or a stage of theirs."""
    beside = {"features": found.features_s, "recordings to clips": found.feed_s}
    slowest = max(beside, key=beside.__getitem__)
    if found.overlaps and beside[slowest] > found.models_s:
        return slowest
    longest = max(found.stages, key=lambda stage: stage.wall_s)
    share = longest.wall_s / found.wall_s
    return f"{longest.name} ({longest.bound}), {share:.0%}"
