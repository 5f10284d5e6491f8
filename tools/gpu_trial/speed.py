"""How fast the whole engine is, captured or eager, or the library's `generate`, at one shape."""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.engines.base import Engine
from qasr_cli.engines.qwen.device import free_memory, placement
from qasr_cli.engines.qwen.model import ragged_trial
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
    for way in _plan(settings, kind):
        how: Found = {"rows": way.row_count, "cudnn_sdpa": way.has_cudnn, "varlen": way.has_varlen}
        if not notes.has_time_for(longest_s):
            runs.append(how | {"error": "no time left"})
        else:
            began_s = time.monotonic()
            found = _attempt(settings, folders, way, has_graphs=kind == "captured")
            runs.append(how | found)
            longest_s = max(longest_s, time.monotonic() - began_s)
        notes.add(runs=runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a run attends.

    Attributes:
        row_count: answers at once.
        has_varlen: sequences of any lengths are attended to in one kernel, where there is one.
        has_cudnn: else by cuDNN's, where torch thinks best.
    """

    row_count: int
    has_varlen: bool = True
    has_cudnn: bool = False


def _plan(settings: Settings, kind: str) -> list[_Way]:
    """The runs, the most telling first; other attention only where it shows."""
    counts = settings.row_counts
    if not settings.is_cuda:
        return [_Way(row_count=count) for count in counts]
    least = min(counts)
    if kind == "eager":
        return [
            _Way(row_count=least),
            _Way(row_count=least, has_varlen=False),
            _Way(row_count=least, has_varlen=False, has_cudnn=True),
            _Way(row_count=counts[0]),
        ]
    with_varlen = [_Way(row_count=count) for count in counts]
    return [with_varlen[0], _Way(row_count=counts[0], has_varlen=False), *with_varlen[1:]]


def _attempt(
    settings: Settings, folders: dict[Role, Path], way: _Way, *, has_graphs: bool
) -> Found:
    """What is known of one run; one that fails leaves the others."""
    options = EngineOptions(
        model=str(folders["recogniser"]),
        aligner=str(folders["aligner"]),
        device=settings.device,
        cuda_graphs=has_graphs,
        batch_size=way.row_count,
    )
    clip_count = max(settings.least_clip_count, way.row_count * 3 // 2)
    with _cudnn_attention(is_on=way.has_cudnn), _varlen_attention(is_on=way.has_varlen):
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


class _varlen_attention:  # noqa: N801  # as above
    """While it lasts, the engine finds no attention for sequences of any lengths."""

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on
        self._before: Any = ragged_trial.lack_of_kernel

    def __enter__(self) -> None:
        if not self._is_on:
            ragged_trial.lack_of_kernel = lambda *_: "the trial does without"  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        ragged_trial.lack_of_kernel = self._before


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
