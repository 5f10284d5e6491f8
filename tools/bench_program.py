"""How fast is the whole program on the demo pair, and does its cost grow linearly?

    python -m tools.bench_program [--quick]

Start-up (a run on one second of sound) is taken off everywhere. Times are CPU seconds of qasr and
its ffmpeg children, because the machine may be doing other things. Ends with one line of JSON:

    vs_walking_path   recordings of examples/, twelve times over, against the walking path, an early
                      commit (demo_rate, walking_path_rate: audio seconds a CPU second of both)
    decode_cut_write  audio seconds a CPU second without models (--engine fake), energy VAD
    with_silero       the same with the default voice detection
    linearity         greatest rate / least rate over 1, 10, 100 files and 3 min, 30 min, 5 h
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tools.measure_memory import write_looped_meeting

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "examples" / "recordings"
WALKING_PATH = "35f68a6"  # the commit, since tags do not come along with every clone
COPIES = 12
PAIRS = 3
ROUNDS = 3
LEAST_AUDIO_S = 1800
FILE_COUNTS = (1, 10, 100)
MINUTES = (3, 30, 300)
DEMO = ("--model", "demo")
FAKE = ("--engine", "fake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run took, its children included."""

    cpu_s: float
    peak_mb: float
    audio_s: float

    @property
    def rate(self) -> float:
        """Audio seconds a CPU second."""
        return self.audio_s / self.cpu_s


def cost_of(folder: Path, options: Sequence[str], *, source: Path = ROOT) -> Cost:
    """Run `qasr batch` on a folder.

    Raises:
        RuntimeError: a file failed.
    """
    with tempfile.TemporaryDirectory() as outputs:
        command = [sys.executable, "-m", "qasr_cli", "batch", str(folder), "-o", outputs]
        command += ["--quiet", "--no-progress", "--threads", "1", *options]
        environment = os.environ | {"PYTHONPATH": str(source / "src")}
        process = subprocess.Popen(command, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        report = json.loads(Path(outputs, "processing_report.json").read_bytes())
    return Cost(
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1e3,
        audio_s=report["summary"]["audio_s"],
    )


def net_cost_of(folder: Path, empty: Path, options: Sequence[str], *, source: Path = ROOT) -> Cost:
    """The same without start-up.

    What takes little longer than start-up is done again and again: the difference of two short
    times says nothing on a machine that has other users.
    """
    audio_s = cpu_s = peak_mb = 0.0
    while audio_s < LEAST_AUDIO_S:
        idle = cost_of(empty, options, source=source)
        busy = cost_of(folder, options, source=source)
        audio_s += busy.audio_s - idle.audio_s
        cpu_s += busy.cpu_s - idle.cpu_s
        peak_mb = max(peak_mb, busy.peak_mb)
    return Cost(cpu_s=cpu_s, peak_mb=peak_mb, audio_s=audio_s)


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """The tree of a commit."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "tree")
        git = ("git", "-C", str(ROOT), "worktree")
        subprocess.run([*git, "add", "-q", "--detach", str(target), commit], check=True)
        try:
            yield target
        finally:
            subprocess.run([*git, "remove", "--force", str(target)], check=True)


def copies(target: Path, count: int) -> Path:
    """The bundled recordings, many times over."""
    for number in range(count):
        place = target / f"{number:03}"
        shutil.copytree(RECORDINGS, place, ignore=shutil.ignore_patterns("damaged", "truth"))
    return target


def looped(target: Path, seconds: float, count: int = 1) -> Path:
    """So many files of the bundled meeting, looped."""
    target.mkdir()
    write_looped_meeting(target / "000.flac", seconds)
    for number in range(1, count):
        shutil.copyfile(target / "000.flac", target / f"{number:03}.flac")
    return target


def against_walking_path(folder: Path, empty: Path, pair_count: int) -> dict[str, float]:
    """The rates of both, and how many times as fast; medians of pairs, run in turn."""
    with worktree(WALKING_PATH) as old:
        pairs = [
            (
                net_cost_of(folder, empty, DEMO).rate,
                net_cost_of(folder, empty, DEMO, source=old).rate,
            )
            for _ in range(pair_count)
        ]
    return {
        "demo_rate": round(median(new for new, _ in pairs), 1),
        "walking_path_rate": round(median(before for _, before in pairs), 1),
        "vs_walking_path": round(median(new / before for new, before in pairs), 2),
    }


def linearity(
    folder: Path,
    empty: Path,
    options: Sequence[str],
    *,
    file_counts: Sequence[int],
    minutes: Sequence[int],
    round_count: int,
) -> float:
    """Greatest rate by the least one, over numbers of files and lengths.

    Medians of rounds in which each has its turn: other users of the machine come and go.
    """
    places = [looped(folder / f"{count}-files", 180, count) for count in file_counts]
    places += [looped(folder / f"{length}-min", 60.0 * length) for length in minutes]
    costs: dict[Path, list[Cost]] = {place: [] for place in places}
    for _ in range(round_count):
        for place in places:
            costs[place].append(net_cost_of(place, empty, options))
    rates = {place: median(cost.rate for cost in some) for place, some in costs.items()}
    for place, rate in rates.items():
        peak_mb = max(cost.peak_mb for cost in costs[place])
        print(f"{place.name:10} {rate:8.1f} audio s/CPU s  peak {peak_mb:6.0f} MB")
    return round(max(rates.values()) / min(rates.values()), 2)


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer copies, files and pairs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = looped(folder / "empty", 1)
        recordings = copies(folder / "recordings", 2 if given.quick else COPIES)
        hour = looped(folder / "hour", 600 if given.quick else 3600)
        figures = {
            **against_walking_path(recordings, empty, 1 if given.quick else PAIRS),
            "decode_cut_write": round(net_cost_of(hour, empty, (*FAKE, "--vad", "energy")).rate),
            "with_silero": round(net_cost_of(hour, empty, FAKE).rate),
            "linearity_fake": linearity(
                folder,
                empty,
                FAKE,
                file_counts=FILE_COUNTS[:2] if given.quick else FILE_COUNTS,
                minutes=MINUTES[:2] if given.quick else MINUTES,
                round_count=ROUNDS,
            ),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
