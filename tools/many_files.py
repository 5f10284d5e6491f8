"""Ten thousand tiny recordings: memory must stay flat, and a rerun must find them done at once.

    python -m tools.many_files [--files 10000]

The fake engine does them; then the same command runs again. Ends with 1 when resident memory grew
by over 40 MB between the first tenth of the files and the end, when the second run did anything or
needed over 10 s of CPU time, or more memory than that. Reads /proc, so it needs Linux.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

MAX_GROWTH_MB = 40.0
MAX_CPU_S = 10.0
POLL_S = 0.2


def write_recordings(folder: Path, count: int) -> None:
    """Write recordings of a tenth of a second each, all different, in folders of a hundred."""
    for number in range(count):
        path = folder / f"{number // 100:03d}" / f"{number:05d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(number.to_bytes(4, "little") + bytes(3200))


def resident_mb(process_id: int) -> float:
    """Memory that a process holds now; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def watched_run(folder: Path, count: int) -> tuple[float, float]:
    """Most memory, in MB, held in the first tenth of a run, and in all of it.

    Raises:
        subprocess.CalledProcessError: it did not end with 0.
    """
    command = [sys.executable, "-m", "qasr_cli", "batch", str(folder)]
    command += ["--engine", "fake", "--vad", "energy", "--quiet"]
    early_mb = peak_mb = 0.0
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            now_mb = resident_mb(process.pid)
            peak_mb = max(peak_mb, now_mb)
            if not (folder / f"{count // 1000:03d}" / f"{count // 10:05d}.srt").exists():
                early_mb = peak_mb
            time.sleep(POLL_S)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return early_mb, peak_mb


def child_cpu_s() -> float:
    """CPU time of all children that ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def complaints(folder: Path, count: int, *, max_growth_mb: float = MAX_GROWTH_MB) -> list[str]:
    """What is wrong after two runs over so many recordings, which are told of; [] when nothing."""
    write_recordings(folder, count)
    before_s = child_cpu_s()
    early_mb, peak_mb = watched_run(folder, count)
    spent_s = child_cpu_s() - before_s
    print(f"first run: {early_mb:.0f} MB in its first tenth, {peak_mb:.0f} MB in all; ", end="")
    print(f"{spent_s:.0f} s of CPU time, ffmpeg's included", flush=True)
    _, again_mb = watched_run(folder, count)
    again_s = child_cpu_s() - before_s - spent_s
    skipped = json.loads((folder / "processing_report.json").read_text())["summary"]["skipped"]
    print(f"second run: {skipped} of {count} skipped, ", end="")
    print(f"{again_s:.1f} s of CPU time, {again_mb:.0f} MB")
    checks = {
        "the first run's memory grew": peak_mb - early_mb > max_growth_mb,
        "the second run took more memory": again_mb - early_mb > max_growth_mb,
        "the second run did some again": skipped != count,
        "the second run took too long": again_s > MAX_CPU_S,
    }
    return [complaint for complaint, is_wrong in checks.items() if is_wrong]


def main() -> int:
    """Run twice; 1 when a limit was passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qasr-many-") as top:
        found = complaints(Path(top), given.files)
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
