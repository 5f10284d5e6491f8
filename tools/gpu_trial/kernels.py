"""Where the time goes: the operations that take most of one window, and its launches."""

import time
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from qasr_cli.engines.qwen.loading.choice import choose
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.model_loading import load_pipeline
from qasr_cli.options import EngineOptions
from tools.gpu_trial.corpus import clips_of, folders_of, random_weights_answer
from tools.gpu_trial.settings import Notes, Settings

_TOP_COUNT = 25
_ROWS = 32
_LAUNCHES = ("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cuLaunchKernelEx")


def run(settings: Settings, notes: Notes, shape: str) -> None:
    """Note the top 25 of an eager window."""
    folders = folders_of(shape, settings.weights)
    row_count = _ROWS if settings.is_cuda else min(settings.row_counts)
    options = EngineOptions(
        model=str(folders["recogniser"]),
        aligner=str(folders["aligner"]),
        device=settings.device,
        cuda_graphs=False,
        batch_size=row_count,
    )
    chosen = [choose(str(folders[role]), role, options) for role in folders]
    clips = clips_of(row_count, settings.longest_clip_s)
    # On a GPU its events alone: with the CPU's the profiler's own work would be most of it.
    activity = ProfilerActivity.CUDA if settings.is_cuda else ProfilerActivity.CPU
    with random_weights_answer():
        pipeline = load_pipeline(chosen[0], chosen[1], options, Keeper())
        list(pipeline.run(clips_of(row_count, 2)))
        began_s = time.perf_counter()
        with profile(activities=[activity]) as profiler:
            list(pipeline.run(clips))
            if settings.is_cuda:
                torch.cuda.synchronize(settings.device)
        wall_s = time.perf_counter() - began_s
        pipeline.features.close()
    side = "device" if settings.is_cuda else "cpu"
    rows = sorted(profiler.key_averages(), key=lambda row: _self_us(row, side), reverse=True)
    notes.add(
        rows=row_count,
        wall_s=round(wall_s, 3),
        busy_s=round(sum(_self_us(row, side) for row in rows) / 1e6, 3),
        launches=sum(row.count for row in rows if row.key in _LAUNCHES),
        top=[
            {"name": row.key[:120], "ms": round(_self_us(row, side) / 1e3, 2), "calls": row.count}
            for row in rows[:_TOP_COUNT]
        ],
    )


def _self_us(row: Any, side: str) -> float:  # noqa: ANN401  # a class of torch without types
    return float(getattr(row, f"self_{side}_time_total"))
