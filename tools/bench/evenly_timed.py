"""`qasr` of the tree on PYTHONPATH; but words are spread over 30 s, whatever the aligner finds.

Random weights find no times, which qasr would see, and try again. All else runs as it is. Takes the
arguments of `qasr transcribe`; or, in a process that has its models, hears a file twice:

    python tools/bench/evenly_timed.py loaded FILE RECOGNISER ALIGNER THREADS
"""

import importlib
import json
import sys
import time
from collections.abc import Sequence

LOADED = "loaded"
_SPREAD_MS = 30_000
# Where times are put in order, in this tree and in earlier ones.
_PLACES = ("timestamp_repair", "timestamps")


def spread(times_ms: Sequence[float]) -> list[int]:
    """As many times, evenly."""
    return [number * _SPREAD_MS // len(times_ms) for number in range(len(times_ms))]


def plant() -> None:
    """Put the spread times in the place of what orders times.

    Raises:
        SystemExit: this tree has no such place.
    """
    for name in _PLACES:
        try:
            module = importlib.import_module(f"qasr_cli.engines.qwen.{name}")
        except ModuleNotFoundError:
            continue
        module.in_order = spread  # type: ignore[attr-defined]
        return
    raise SystemExit("nothing puts times in order here")


def hear_twice(file: str, recogniser: str, aligner: str, threads: str) -> None:
    """Print what the second time took, as JSON."""
    from qasr_cli import EngineOptions, Options, open_engine, transcribe

    engine_options = EngineOptions(model=recogniser, aligner=aligner, threads=int(threads))
    options = Options(engine=engine_options)
    engine = open_engine(options)
    transcribe(file, options, engine=engine)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    transcribe(file, options, engine=engine)
    took = {"wall_s": time.perf_counter() - began_s, "cpu_s": time.process_time() - began_cpu_s}
    print(json.dumps(took))
    engine.close()


if __name__ == "__main__":
    plant()
    if sys.argv[1] == LOADED:
        hear_twice(*sys.argv[2:])
    else:
        from qasr_cli.__main__ import main

        main()
