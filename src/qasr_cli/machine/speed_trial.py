"""How fast the models are on bundled speech: what `qasr doctor --calibrate` measures.

Only the engine is timed: decoding and the search for pauses cost next to nothing beside models of
the published size.
"""

import contextlib
import platform

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipFailed, Span
from qasr_cli.engines.base import Engine
from qasr_cli.engines.registry import build_engine
from qasr_cli.errors import DeviceMemoryError
from qasr_cli.machine.calibration import Calibration, Group
from qasr_cli.machine.clock import Clock
from qasr_cli.machine.self_test import bundled_speech
from qasr_cli.options import EngineOptions

_CLOCK_TICK_S = 1e-6
_REPEATS = 2  # of the bundled sentence: 9 s, within the limit of every model


def measure_speed(options: EngineOptions, *, ran_on: str, clock: Clock) -> Calibration:
    """Time the models that the options name.

    Args:
        ran_on: what `options.device` stands for: "cpu", "cuda:0" ...

    Raises:
        EngineError: they cannot do a single clip.
    """
    from qasr_cli.engines.hardware import peak_memory_bytes

    clip_s = _speech(0).span.sample_count / SAMPLE_RATE_HZ
    groups: list[Group] = []
    with contextlib.closing(build_engine(options)) as engine:
        first_s = _seconds_for(1, engine, clock)
        # One clip alone, and as many as the engine takes at once.
        for count in sorted({1, engine.clips_at_once}):
            try:
                wall_s = _seconds_for(count, engine, clock)
            except DeviceMemoryError:
                if not groups:
                    raise
                break  # smaller groups tell enough
            rtfx = count * clip_s / wall_s
            peak_bytes = peak_memory_bytes(ran_on)
            groups.append(Group(clip_count=count, rtfx=rtfx, peak_bytes=peak_bytes))
        models = engine.models
    return Calibration(
        models=models,
        device=options.device,
        node=platform.node(),
        ran_on=ran_on,
        measured=clock.timestamp(),
        clip_s=clip_s,
        load_s=max(0.0, first_s - clip_s / groups[0].rtfx),
        groups=tuple(groups),
    )


def _seconds_for(clip_count: int, engine: Engine, clock: Clock) -> float:
    clips = [_speech(index) for index in range(clip_count)]
    started_s = clock.monotonic_s()
    for result in engine.run(clips):
        if isinstance(result, ClipFailed):
            raise result.error
    return max(clock.monotonic_s() - started_s, _CLOCK_TICK_S)


def _speech(index: int) -> Clip:
    import numpy as np

    pcm = np.tile(bundled_speech(), _REPEATS)
    span = Span(start_sample=0, end_sample=len(pcm))
    return Clip(clip_id=f"speed-trial/{index}", span=span, language=None, pcm=pcm)
