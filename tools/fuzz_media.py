"""Hand qasr media files that were damaged at random, and see that nothing breaks.

    python -m tools.fuzz_media [--count 2000] [--seed 0] [--batch 100] [--keep FOLDER]

Short files of eleven kinds are mutated (bytes flipped, stretches overwritten, cut out, doubled,
moved, spliced with another kind, the end cut off, numbers in headers set to extremes) and go
through `qasr batch` with an engine that needs no model. Each must be in the report once, done or
with a named error of its own; never an internal error, never a traceback, and the good file that
stands among them must come out as if alone. What breaks this is kept in FOLDER, and the exit code
is 1.
"""

import argparse
import collections
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg

_SOURCE = "sine=f=330:d=1.5,aformat=sample_rates=22050:channel_layouts=mono"
_PICTURE = ("-f", "lavfi", "-i", "testsrc=s=48x48:r=10:d=1.5")
# Kind -> what ffmpeg is told after its inputs; those with a picture get one.
KINDS = {
    "wav": ("-c:a", "pcm_s16le"),
    "mp3": ("-c:a", "libmp3lame"),
    "m4a": ("-c:a", "aac", "-movflags", "+faststart"),
    "ogg": ("-c:a", "libvorbis"),
    "opus": ("-c:a", "libopus"),
    "flac": ("-c:a", "flac"),
    "aac": ("-c:a", "aac"),
    "mkv": ("-c:v", "mpeg4", "-c:a", "aac"),
    "webm": ("-c:v", "libvpx", "-c:a", "libopus"),
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "mp4": ("-c:v", "mpeg4", "-c:a", "aac"),
}
_GOOD = "good.wav"
_TIME_LIMIT_S = 3600  # of a batch; a hang shows itself here
_MAX_DURATION = "10m"


def write_originals(folder: Path) -> dict[str, bytes]:
    """A small whole file of each kind."""
    contents = {}
    for kind, coding in KINDS.items():
        path = folder / f"original.{kind}"
        picture = _PICTURE if "-c:v" in coding else ()
        program = (imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y")
        sound = ("-f", "lavfi", "-i", _SOURCE)
        subprocess.run([*program, *picture, *sound, *coding, str(path)], check=True)
        contents[kind] = path.read_bytes()
    return contents


# --- mutations ----------------------------------------------------------------------------------

Mutation = Callable[[random.Random, bytearray, bytes], bytearray]


def _place(chance: random.Random, content: bytearray) -> int:
    """Anywhere, but as often as not near the front, where the headers are."""
    limit = min(len(content), 400) if chance.random() < 0.5 else len(content)  # noqa: PLR2004
    return chance.randrange(max(1, limit))


def _flip_bits(chance: random.Random, content: bytearray, _: bytes) -> bytearray:
    for _flip in range(chance.choice((1, 2, 8, 64))):
        if content:
            content[_place(chance, content)] ^= 1 << chance.randrange(8)
    return content


def _overwrite(chance: random.Random, content: bytearray, _: bytes) -> bytearray:
    start, count = _place(chance, content), chance.choice((4, 32, 500, 5000))
    content[start : start + count] = chance.randbytes(min(count, len(content) - start))
    return content


def _set_extreme_number(chance: random.Random, content: bytearray, _: bytes) -> bytearray:
    width = chance.choice((1, 2, 4, 8))
    extreme = chance.choice((0, 1, 2**31 - 1, 2**31, 2**63, 2**64 - 1)) % 256**width
    start = _place(chance, content)
    content[start : start + width] = extreme.to_bytes(width, chance.choice(("little", "big")))
    return content


def _cut_out(chance: random.Random, content: bytearray, _: bytes) -> bytearray:
    start = _place(chance, content)
    del content[start : start + chance.choice((1, 3, 100, 3000))]
    return content


def _cut_off(chance: random.Random, content: bytearray, _: bytes) -> bytearray:
    return content[: chance.randrange(len(content) + 1)]


def _double(chance: random.Random, content: bytearray, _: bytes) -> bytearray:
    start = _place(chance, content)
    piece = content[start : start + chance.choice((2, 200, 4000))]
    return content[:start] + piece + content[start:]


def _splice(chance: random.Random, content: bytearray, other: bytes) -> bytearray:
    return content[: _place(chance, content)] + other[chance.randrange(len(other)) :]


def _graft(chance: random.Random, content: bytearray, other: bytes) -> bytearray:
    start, taken = _place(chance, content), chance.randrange(len(other))
    count = chance.choice((16, 300, 4000))
    content[start : start + count] = other[taken : taken + count]
    return content


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _overwrite,
    _set_extreme_number,
    _cut_out,
    _cut_off,
    _double,
    _splice,
    _graft,
)


def mutated(chance: random.Random, originals: dict[str, bytes]) -> tuple[str, bytes]:
    """Kind and content of one damaged file: one to three mutations, one after the other."""
    kind = chance.choice(tuple(originals))
    content = bytearray(originals[kind])
    for _round in range(chance.choice((1, 1, 2, 3))):
        other = originals[chance.choice(tuple(originals))]
        content = chance.choice(MUTATIONS)(chance, content, other)
    return kind, bytes(content)


# --- the run ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What became of the files so far."""

    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)
    signals: int = 0


def run_batch(folder: Path, output_dir: Path) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    command = (sys.executable, "-m", "qasr_cli", "batch", str(folder), "-o", str(output_dir))
    options = ("--engine", "fake", "--vad", "energy", "--retries", "0", "--quiet")
    return subprocess.run(
        [*command, *options, "--max-duration", _MAX_DURATION],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TIME_LIMIT_S,
    )


def judge(tally: Tally, names: set[str], ran: subprocess.CompletedProcess[str], out: Path) -> None:
    """Note what became of each file of a batch, and all that is not as it should be."""
    if ran.returncode not in {0, 1} or "Traceback" in ran.stderr:
        tally.problems.append(f"exit code {ran.returncode}: {ran.stderr[-2000:]}")
    report_path = out / "processing_report.json"
    details = json.loads(report_path.read_text())["details"] if report_path.exists() else []
    reported = collections.Counter(detail["file"] for detail in details)
    wrong = {name for name in names if reported[name] != 1}
    tally.problems += [f"{name}: {reported[name]} times in the report" for name in sorted(wrong)]
    for detail in details:
        error = detail["error"]
        outcome = detail["status"] if error is None else error["kind"]
        tally.outcomes[outcome] += 1
        if error is not None and "ended by signal" in error["message"]:
            tally.signals += 1
        if outcome == "InternalError":
            tally.problems.append(f"{detail['file']}: {error['message']}")


def main() -> int:
    """Mutate, run, judge, count."""
    parser = argparse.ArgumentParser(description="Does any damaged media file break qasr?")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=100, help="files a run")
    parser.add_argument("--keep", type=Path, help="where files of a bad batch are kept")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)  # noqa: S311  # repeatable, not secret
    tally = Tally()
    good_srt: bytes | None = None
    with tempfile.TemporaryDirectory() as scratch:
        originals = write_originals(Path(scratch))
        for first in range(0, arguments.count, arguments.batch):
            folder, out = Path(scratch) / f"in-{first}", Path(scratch) / f"out-{first}"
            folder.mkdir()
            names = {_GOOD}
            (folder / _GOOD).write_bytes(originals["wav"])
            for number in range(first, min(first + arguments.batch, arguments.count)):
                kind, content = mutated(chance, originals)
                names.add(f"{number:05d}.{kind}")
                (folder / f"{number:05d}.{kind}").write_bytes(content)
            problems_before = len(tally.problems)
            judge(tally, names, run_batch(folder, out), out)
            srt = (out / _GOOD).with_suffix(".srt")
            found = srt.read_bytes() if srt.exists() else None
            good_srt = good_srt or found
            if found is None or found != good_srt:
                tally.problems.append(f"{folder.name}: the good file came out differently")
            if len(tally.problems) > problems_before and arguments.keep is not None:
                shutil.copytree(folder, arguments.keep / folder.name, dirs_exist_ok=True)
            shutil.rmtree(folder)
            shutil.rmtree(out, ignore_errors=True)
            print(f"{first + arguments.batch}: {dict(tally.outcomes)}", flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"seed {arguments.seed}; {sum(tally.outcomes.values())} files in reports")
    print(f"outcomes: {dict(tally.outcomes.most_common())}")
    print(f"ffmpeg ended by a signal: {tally.signals}; CPU {used.ru_utime + used.ru_stime:.0f} s")
    print(f"problems: {len(tally.problems)}", *tally.problems, sep="\n  ")
    return int(bool(tally.problems))


if __name__ == "__main__":
    sys.exit(main())
