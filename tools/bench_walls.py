"""Measure what the walls around ffmpeg add to one start of it.

    python -m tools.bench_walls [--count 40]

Starts ffmpeg with its walls and without, in turn, to say its version; prints medians, in
milliseconds: the processor time that starting takes from the process that does it, the time until
it is started, and until it has ended.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator

from qasr_cli.media.decoding.confinement import Confinement, Reach, confinement_of, environment
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.sandbox.child import Process


def times_ms(confinement: Confinement, fd: int) -> tuple[float, float, float]:
    """Of the processor, until one ffmpeg is started, and until it has ended."""
    with open(os.devnull, "r+b", buffering=0) as nothing:

        def open_process() -> Process:
            return subprocess.Popen(
                [ffmpeg_path(), "-version"],
                stdin=nothing,
                stdout=nothing,
                stderr=nothing,
                env=environment(),
            )

        begun_s, used_s = time.perf_counter(), time.process_time()
        process = confinement.start(fd, open_process)
        started_s, used_s = time.perf_counter(), time.process_time() - used_s
        process.wait()
        return used_s * 1e3, (started_s - begun_s) * 1e3, (time.perf_counter() - begun_s) * 1e3


def lines(count: int) -> Iterator[str]:
    """A line for each kind of start."""
    kinds = {
        "without walls": Confinement(reach=Reach.ALL, walls=None),
        "with walls": confinement_of(ffmpeg_path()),
    }
    measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in kinds}
    with tempfile.TemporaryFile() as file:
        for _ in range(count):
            for name, confinement in kinds.items():
                measured[name].append(times_ms(confinement, file.fileno()))
    for name, times in measured.items():
        used, started, ended = (statistics.median(column) for column in zip(*times, strict=True))
        yield (
            f"{name} ({kinds[name].reach}): {used:.2f} ms of the processor, "
            f"started in {started:.2f} ms, ended after {ended:.1f} ms"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=40)
    for line in lines(parser.parse_args().count):
        print(line)


if __name__ == "__main__":
    main()
