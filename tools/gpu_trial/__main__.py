"""What a GPU does with qasr, step by step: `tools/gpu_trial.sh`, and docs/gpu-trial.md."""

import argparse
import importlib.util
import os
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools.gpu_trial.settings import Found, Settings, write_json
from tools.gpu_trial.steps import ROOT, Step, run_step, seconds_kept, steps_of
from tools.gpu_trial.summary import lines_of, one_line

VERSION = 1
FULL_S, QUICK_S = 470.0, 175.0
_LEAST_S = 8.0  # less is not enough to load torch
_WHEELS = ROOT / "build" / "gpu-trial-wheels"
_MEMORY_DISK = Path("/dev/shm")  # noqa: S108  # a folder is made in it, with a name of its own
_WEIGHTS_BYTES = 12_000_000_000
_ENVIRONMENT = 3
_ALL_SENTENCES, _FEW_SENTENCES = 100, 5


def main() -> int:
    """Run all steps; the file has what came of them after each."""
    given = _given()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with tempfile.TemporaryDirectory(prefix="qasr-gpu-trial-") as folder:
        if given.wheels is not None:
            _unpack(Path(given.wheels), Path(folder) / "site")
        if importlib.util.find_spec("torch") is None:
            print(
                f"gpu_trial: {sys.executable} has no torch: name a Python that has it: "
                "PYTHON=/path/to/python tools/gpu_trial.sh",
                file=sys.stderr,
            )
            return _ENVIRONMENT
        with tempfile.TemporaryDirectory(dir=_disk_for_weights(given)) as weights:
            return _trial(given, _settings(given, weights))


def _trial(given: argparse.Namespace, settings: Settings) -> int:
    document: Found = {
        "gpu_trial": VERSION,
        "device": settings.device,
        "is_quick": given.quick,
        "steps": [],
    }
    output = Path(given.output)
    outcomes = document["steps"]
    try:
        for outcome in _outcomes(given, settings):
            outcomes.append(_without_names(outcome))
            write_json(output, document)
            print(_cut(one_line(outcome)), flush=True)
    except KeyboardInterrupt:
        print(f"gpu_trial: stopped; what is known so far is in {output}", file=sys.stderr)
        return 128 + signal.SIGINT
    table = map(_cut, lines_of(outcomes))
    print("\n".join(["", *table, "", f"all of it: {output}; nothing was sent"]))
    return int(any(outcome["state"] not in ("ok", "skipped") for outcome in outcomes))


def _cut(line: str) -> str:
    """As much of a line as the terminal has columns for; the file has the rest."""
    column_count = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or len(line) <= column_count:
        return line
    return f"{line[: column_count - 3]}..."


def _end(number: int, _: object) -> None:
    """End as an error would: the step at work is killed, and the weights are removed."""
    raise SystemExit(128 + number)


def _outcomes(given: argparse.Namespace, settings: Settings) -> Iterator[Found]:
    end_s = time.monotonic() + given.seconds
    is_cuda = settings.is_cuda
    steps = list(steps_of(tuple(given.shapes), is_quick=given.quick, is_cuda=is_cuda))
    for step, kept_s in zip(steps, seconds_kept(steps), strict=True):
        left_s = end_s - kept_s - time.monotonic()
        if left_s < _LEAST_S:
            yield _left_out(step, f"the {given.seconds:.0f} s are over")
        else:
            yield run_step(step, settings, left_s=left_s)


def _left_out(step: Step, reason: str) -> Found:
    return {"name": step.name, "state": "skipped", "wall_s": 0.0, "error": reason, "found": {}}


def _without_names(value: object) -> object:
    """A document without the paths that would tell who ran it."""
    if isinstance(value, dict):
        return {key: _without_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_names(item) for item in value]
    if isinstance(value, str):
        return value.replace(str(ROOT), "qasr").replace(os.path.expanduser("~") + "/", "~/")
    return value


def _unpack(wheels: Path, site: Path) -> None:
    """Make the packages of a folder of wheels importable here and in every step."""
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)  # wheels that the user named
    sys.path.insert(0, str(site))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])


def _disk_for_weights(given: argparse.Namespace) -> str | None:
    """Main memory where it is ample: weights are read many times."""
    is_ample = _MEMORY_DISK.is_dir() and shutil.disk_usage(_MEMORY_DISK).free > 2 * _WEIGHTS_BYTES
    return str(_MEMORY_DISK) if is_ample and given.shapes != ["demo"] else None


def _settings(given: argparse.Namespace, weights: str) -> Settings:
    device = "cuda:0" if given.device == "cuda" else given.device  # some calls want a number
    is_cuda = device != "cpu"
    row_counts = (128, 32, 256) if is_cuda else (2, 4)
    return Settings(
        device=device,
        weights=weights,
        row_counts=row_counts[:-1] if given.quick else row_counts,
        least_clip_count=128 if is_cuda else 1,
        longest_clip_s=30 if is_cuda else 4,
        sentence_count=_ALL_SENTENCES if is_cuda or not given.quick else _FEW_SENTENCES,
    )


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/gpu_trial.sh", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3 minutes: the most telling steps")
    parser.add_argument("--output", "-o", default="gpu-trial.json", metavar="FILE")
    parser.add_argument("--wheels", metavar="FOLDER", help="packages that this Python lacks")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1; cpu for a rehearsal")
    parser.add_argument("--shapes", nargs="+", choices=("1.7b", "0.6b", "demo"))
    parser.add_argument("--seconds", type=float, help="no step begins or goes on after that")
    given = parser.parse_args()
    if given.shapes is None:
        full = ["1.7b"] if given.quick else ["1.7b", "0.6b"]
        given.shapes = full if given.device.startswith("cuda") else ["demo"]
    if given.seconds is None:
        given.seconds = QUICK_S if given.quick else FULL_S
    if given.wheels is None and _WHEELS.is_dir():
        given.wheels = str(_WHEELS)
    if given.wheels is not None and not any(Path(given.wheels).glob("*.whl")):
        parser.error(
            f"--wheels {given.wheels}: holds no *.whl; `gpu_trial.sh wheels` collects them"
        )
    folder = Path(given.output).absolute().parent
    if not folder.is_dir():
        parser.error(f"--output {given.output}: {folder} is no folder")
    return given


if __name__ == "__main__":
    sys.exit(main())
