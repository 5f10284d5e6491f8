"""How fast is the whole program on the demo pair, and does its cost grow linearly?

    python -m tools.bench_program [--quick]

Start-up (a run on one second of sound) is taken off everywhere. Times are CPU seconds of qasr and
its ffmpeg children, because the machine may be doing other things. Ends with one line of JSON:

    vs_walking_path   recordings of examples/, twelve times over, against the first commit that did
                      the whole job (demo_rate, walking_path_rate: audio seconds a CPU second of
                      both)
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


def rate(folder: Path, empty: Path, options: Sequence[str], *, source: Path = ROOT) -> float:
    """Audio seconds a CPU second, without start-up."""
    idle = cost_of(empty, options, source=source)
    busy = cost_of(folder, options, source=source)
    return (busy.audio_s - idle.audio_s) / (busy.cpu_s - idle.cpu_s)


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
            (rate(folder, empty, DEMO), rate(folder, empty, DEMO, source=old))
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
    rates: dict[Path, list[float]] = {place: [] for place in places}
    peaks_mb = dict.fromkeys(places, 0.0)
    for _ in range(round_count):
        idle = cost_of(empty, options)
        for place in places:
            busy = cost_of(place, options)
            rates[place].append((busy.audio_s - idle.audio_s) / (busy.cpu_s - idle.cpu_s))
            peaks_mb[place] = max(peaks_mb[place], busy.peak_mb)
    for place in places:
        rate_ = median(rates[place])
        print(f"{place.name:10} {rate_:8.1f} audio s/CPU s  peak {peaks_mb[place]:6.0f} MB")
    medians = [median(some) for some in rates.values()]
    return round(max(medians) / min(medians), 2)


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
            "decode_cut_write": round(rate(hour, empty, (*FAKE, "--vad", "energy"))),
            "with_silero": round(rate(hour, empty, FAKE)),
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
