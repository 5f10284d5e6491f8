"""Compare qasr's peak memory on a long recording with that on a short one.

    python -m tools.measure_memory [--hours 3] [--engine demo|fake]

Both recordings are the bundled meeting, looped. Sound must not stay in memory, words may: ends with
1 when the long one needs over 100 MB more, and 5 MB an hour. Told apart are the time in which sound
is decoded, and the end, when all words come together. Reads /proc, so it needs Linux.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

MEETING = Path(__file__).resolve().parent.parent / "examples" / "recordings" / "meeting.opus"
SHORT_S = 180.0
MAX_GROWTH_MB = 100.0
MAX_GROWTH_MB_PER_HOUR = 5.0
POLL_S = 0.1
ENGINES = {"demo": ("--model", "demo"), "fake": ("--engine", "fake")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """Most resident memory at any moment: of qasr itself, and of its largest ffmpeg child.

    Attributes:
        decoding_mb: of qasr, up to when the last ffmpeg child ended.
    """

    qasr_mb: float
    decoding_mb: float
    ffmpeg_mb: float
    wall_s: float


def write_looped_meeting(target: Path, length_s: float) -> None:
    """A FLAC of that length: quick to encode and to decode."""
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin"),
            *("-stream_loop", "-1", "-i", str(MEETING), "-t", str(length_s)),
            *("-ar", "16000", "-sample_fmt", "s16", "-c:a", "flac", str(target)),
        ],
        check=True,
    )


def peak_of_transcribing(recording: Path, output_dir: Path, engine: str) -> Peak:
    """Run `qasr transcribe` in a process of its own and watch it.

    Raises:
        subprocess.CalledProcessError: qasr did not end with 0.
    """
    command = [
        *(sys.executable, "-m", "qasr_cli", "transcribe", str(recording)),
        *("-o", str(output_dir), "--format", "srt,json", "--no-progress", "--quiet"),
        *ENGINES[engine],
    ]
    started_s = time.monotonic()
    qasr_mb = decoding_mb = ffmpeg_mb = 0.0
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            qasr_mb = max(qasr_mb, _peak_mb(process.pid))
            for child in _children(process.pid):
                if _name(child).startswith("ffmpeg"):
                    ffmpeg_mb = max(ffmpeg_mb, _peak_mb(child))
                    decoding_mb = qasr_mb
            time.sleep(POLL_S)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    wall_s = time.monotonic() - started_s
    return Peak(qasr_mb=qasr_mb, decoding_mb=decoding_mb, ffmpeg_mb=ffmpeg_mb, wall_s=wall_s)


def _children(pid: int) -> tuple[int, ...]:
    listings = Path(f"/proc/{pid}/task").glob("*/children")  # one for each thread
    return tuple(int(child) for listing in listings for child in _read(listing).split())


def _name(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/comm"))


def _peak_mb(pid: int) -> float:
    """The kernel's high-water mark, so nothing between two looks is missed; 0 when it has ended."""
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # the process or thread ended meanwhile
        return ""


def main() -> int:
    """Measure both, compare, and say so."""
    parser = argparse.ArgumentParser(description="Does qasr's memory grow with length?")
    parser.add_argument("--hours", type=float, default=3.0, help="length of the long recording")
    parser.add_argument("--engine", choices=ENGINES, default="demo")
    arguments = parser.parse_args()
    peaks: list[Peak] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, length_s in (("short", SHORT_S), ("long", arguments.hours * 3600)):
            recording = Path(folder) / f"{name}.flac"
            write_looped_meeting(recording, length_s)
            peak = peak_of_transcribing(recording, Path(folder) / "out", arguments.engine)
            print(
                f"{name}: {length_s:.0f} s of sound in {peak.wall_s:.0f} s; "
                f"peak {peak.decoding_mb:.0f} MB while decoding, {peak.qasr_mb:.0f} MB in all, "
                f"ffmpeg {peak.ffmpeg_mb:.0f} MB",
                flush=True,
            )
            peaks.append(peak)
    short, long = peaks
    growth_mb = long.qasr_mb - short.qasr_mb
    allowed_mb = MAX_GROWTH_MB + MAX_GROWTH_MB_PER_HOUR * arguments.hours
    print(f"growth: {growth_mb:.0f} MB (at most {allowed_mb:.0f} MB allowed)")
    return int(growth_mb > allowed_mb)


if __name__ == "__main__":
    sys.exit(main())
