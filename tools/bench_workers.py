"""How much sooner workers with a device each are done with a batch than one alone.

    python -m tools.bench_workers [--files 40] [--workers 2] [--s-a-minute 0.5] [--seed 1]

Recordings of 1 to 30 minutes, heard by an engine that sleeps in proportion to their sound, as a
device would compute while the processor rests. Ends with one line of JSON.
"""

import argparse
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from qasr_cli.core.outcomes import FileDone
from qasr_cli.run.executor.local import LocalExecutor, Place
from tools import drill_worker
from tools.kill_workers import run

_RATE_HZ = 16_000
_SPEECH_S, _PAUSE_S = 2, 1


def make_recordings(folder: Path, lengths_s: list[int], seed: int) -> None:
    """A recording of each length: bursts of noise, with pauses between them."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(seed)
    burst = chance.uniform(-0.3, 0.3, _SPEECH_S * _RATE_HZ)
    turn = np.concatenate([burst, np.zeros(_PAUSE_S * _RATE_HZ)]).astype(np.float32)
    for number, length_s in enumerate(lengths_s):
        sound = np.resize(turn, length_s * _RATE_HZ)
        soundfile.write(folder / f"{number:04}.wav", sound, _RATE_HZ, subtype="PCM_U8")


def wall_s(source: Path, target: Path, *, worker_count: int, s_a_minute: float) -> float:
    """How long so many workers take; all that a run does counts, its start too.

    Raises:
        RuntimeError: not every file is done.
    """
    rules = json.dumps({"sleep_s": s_a_minute / 60})
    command = [sys.executable, drill_worker.__file__, rules]
    places = [Place(device=None, thread_count=1)] * worker_count
    began_s = time.monotonic()
    with contextlib.closing(LocalExecutor(places, command=command)) as executor:
        result = run(source, target, executor=executor)
    took_s = time.monotonic() - began_s
    if not all(isinstance(outcome, FileDone) for outcome in result.outcomes):
        raise RuntimeError(f"not every file is done: {result.exit_code!r}")
    return took_s


def main() -> int:
    """Make, hear by one, hear by several; always 0."""
    asked = _arguments()
    chance = np.random.default_rng(asked.seed)
    lengths_s = chance.integers(asked.least_s, asked.most_s, asked.files, endpoint=True).tolist()
    with tempfile.TemporaryDirectory(prefix="qasr-workers-") as temporary:
        base = Path(temporary)
        make_recordings(base / "in", lengths_s, asked.seed)
        one_s, several_s = (
            wall_s(
                base / "in",
                base / f"by{count}",
                worker_count=count,
                s_a_minute=asked.s_a_minute,
            )
            for count in (1, asked.workers)
        )
    found = {
        "files": asked.files,
        "sound_s": sum(lengths_s),
        "workers": asked.workers,
        "one_s": round(one_s, 1),
        "several_s": round(several_s, 1),
        "times_as_fast": round(one_s / several_s, 2),
    }
    print(json.dumps(found), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--s-a-minute", type=float, default=0.5, help="of sound, that it sleeps")
    parser.add_argument("--least-s", type=int, default=60, help="of sound in a file")
    parser.add_argument("--most-s", type=int, default=1800)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
