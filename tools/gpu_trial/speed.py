"""How fast the whole engine is, captured or eager, or the library's `generate`, at one shape."""

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.device import free_memory, placement
from qasr_cli.engines.registry import build_engine
from qasr_cli.options import EngineOptions
from tools.bench.jobs import WORDS_A_S
from tools.bench.peer_systems import Library
from tools.gpu_trial.corpus import (
    clips_of,
    folders_of,
    random_weights_answer,
    seconds_of,
    token_count,
)
from tools.gpu_trial.settings import Found, Notes, Settings

_CHECKED_CLIPS = 32  # whose tokens are compared between steps
_LIBRARY_CLIPS = 64
_WARM_UP_S = 2


def run(settings: Settings, notes: Notes, what: str) -> None:
    """Note each run of a system when it is over."""
    shape, kind = what.split(",")
    folders = folders_of(shape, settings.weights)
    if kind == "generate":
        _library_runs(settings, notes, folders)
        return
    runs: list[Found] = []
    longest_s = 0.0
    for row_count, has_cudnn in _plan(settings, kind):
        how: Found = {"rows": row_count, "cudnn_sdpa": has_cudnn}
        if not notes.has_time_for(longest_s):
            runs.append(how | {"error": "no time left"})
        else:
            began_s = time.monotonic()
            found = _attempt(settings, folders, row_count, kind == "captured", has_cudnn)
            runs.append(how | found)
            longest_s = max(longest_s, time.monotonic() - began_s)
        notes.add(runs=runs)


def _plan(settings: Settings, kind: str) -> list[tuple[int, bool]]:
    """Rows, and whether cuDNN's attention is on: with it only where it shows."""
    plan = [(count, False) for count in settings.row_counts]
    if kind == "eager" and settings.is_cuda:
        plan = [(min(settings.row_counts), False), (min(settings.row_counts), True), plan[0]]
    return plan


def _attempt(
    settings: Settings,
    folders: dict[Role, Path],
    row_count: int,
    has_graphs: bool,
    has_cudnn: bool,
) -> Found:
    """What is known of one run; one that fails leaves the others."""
    options = EngineOptions(
        model=str(folders["recogniser"]),
        aligner=str(folders["aligner"]),
        device=settings.device,
        cuda_graphs=has_graphs,
        batch_size=row_count,
    )
    clip_count = max(settings.least_clip_count, row_count * 3 // 2)
    with _cudnn_attention(is_on=has_cudnn):
        return engine_run(settings, options, clip_count)


def engine_run(settings: Settings, options: EngineOptions, clip_count: int) -> Found:
    """Seconds that the engine takes: at first, again, and for alignment alone; an error, if any."""
    clips = clips_of(clip_count, settings.longest_clip_s)
    found: Found = {"clips": len(clips), "audio_s": round(seconds_of(clips))}
    try:
        with random_weights_answer() as checksums, closing(build_engine(options)) as engine:
            load = _timed(engine, clips_of(1, _WARM_UP_S), settings)
            found["load_s"] = load["wall_s"]
            found["first"] = _timed(engine, clips, settings)
            found["checksums"] = [checksums.get(clip.clip_id) for clip in clips[:_CHECKED_CLIPS]]
            found["again"] = _timed(engine, clips, settings)
            found["clips_at_once"] = engine.clips_at_once
            texts = clips_of(clip_count, settings.longest_clip_s, text=True)
            found["align"] = _timed(engine, texts, settings)
            if settings.is_cuda:
                found["peak_bytes"] = torch.cuda.max_memory_reserved(settings.device)
                torch.cuda.reset_peak_memory_stats(settings.device)
    except Exception as error:  # noqa: BLE001  # whatever a GPU may do
        found["error"] = f"{type(error).__name__}: {error}"
    free_memory()
    return found


def _timed(engine: Engine, clips: Sequence[Clip], settings: Settings) -> Found:
    began_s = time.perf_counter()
    results = list(engine.run(clips))
    if settings.is_cuda:
        torch.cuda.synchronize(settings.device)
    wall_s = time.perf_counter() - began_s
    failed = [result for result in results if not isinstance(result, ClipDone)]
    found: Found = {"wall_s": round(wall_s, 3), "rtfx": round(seconds_of(clips) / wall_s, 1)}
    if failed:
        found |= {"failed": len(failed), "error": str(failed[0].error)}
    return found


class _cudnn_attention:  # noqa: N801  # used as a word of a `with`
    """While it lasts, cuDNN's attention stays on although the engine turns it off."""

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._before: Any = torch.backends.cuda.enable_cudnn_sdp

    def __enter__(self) -> None:
        if self._is_on:
            self._before(True)
            torch.backends.cuda.enable_cudnn_sdp = lambda _: None  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        torch.backends.cuda.enable_cudnn_sdp = self._before


def _library_runs(settings: Settings, notes: Notes, folders: dict[Role, Path]) -> None:
    place = placement(settings.device, "auto")
    began_s = time.perf_counter()
    library = Library(
        {role: str(folder) for role, folder in folders.items()}
        | {"device": settings.device, "dtype": "auto", "static": False}
    )
    notes.add(load_s=round(time.perf_counter() - began_s, 1), dtype=str(place.dtype))
    runs: list[Found] = []
    longest_s = 0.0
    library_rows = [count for count in sorted(settings.row_counts) if count <= _LIBRARY_CLIPS * 2]
    for row_count in library_rows:
        if not notes.has_time_for(longest_s):
            runs.append({"rows": row_count, "error": "no time left"})
            continue
        began_s = time.monotonic()
        try:
            runs.append({"rows": row_count} | _library_run(settings, library, row_count))
        except Exception as error:  # noqa: BLE001  # whatever a GPU may do
            runs.append({"rows": row_count, "error": f"{type(error).__name__}: {error}"})
            free_memory()
        longest_s = max(longest_s, time.monotonic() - began_s)
        notes.add(runs=runs)


def _library_run(settings: Settings, library: Library, row_count: int) -> Found:
    """Both works of the library, clips of one length together, as suits it."""
    count = max(row_count, _LIBRARY_CLIPS) if settings.is_cuda else 2 * row_count
    clips = clips_of(count, settings.longest_clip_s)
    clips.sort(key=lambda clip: clip.span.sample_count)
    counts = [clip.span.sample_count for clip in clips]
    job = {
        "tokens": [token_count(sample_count) for sample_count in counts],
        "words": [max(1, round(sample_count / 16_000 * WORDS_A_S)) for sample_count in counts],
        "batch": row_count,
    }
    sounds: Any = [clip.pcm for clip in clips]
    found: Found = {"clips": len(clips), "audio_s": round(seconds_of(clips))}
    library.recognise({"tokens": [4], "batch": 1}, sounds[:1])
    for name, work in (("recognise", library.recognise), ("align", library.align)):
        began_s = time.perf_counter()
        work(job, sounds)
        if settings.is_cuda:
            torch.cuda.synchronize(settings.device)
        found[f"{name}_s"] = round(time.perf_counter() - began_s, 3)
    both_s = found["recognise_s"] + found["align_s"]
    found["recognise_rtfx"] = round(seconds_of(clips) / found["recognise_s"], 1)
    found["rtfx"] = round(seconds_of(clips) / both_s, 1)
    return found
