"""Builds wheel and sdist, and tries each in an environment that has nothing else of this tree.

    python -m tools.try_wheel [--dist FOLDER] [--python PROGRAM]... [--pip-argument ARGUMENT]...

For every Python that the package supports and this machine has: a new environment, the package
with what it asks for, then `qasr --version`, the self-test and one transcription from an empty
folder; the same with the sdist in the place of the wheel. Part of a release, and of CI.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tools.wheel_contents import missing_from, said_sizes

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "examples" / "recordings" / "interview.wav"
CONSTRAINTS = ROOT / "constraints.txt"


def main() -> int:
    """Build, install, try; 0 when everything went well."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="qasr-wheel-") as folder:
        files = _files_in(asked.dist) if asked.dist else _built(Path(folder) / "dist")
        for file in files:
            print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB", flush=True)
        absent = missing_from(files[0])
        print("\n".join(said_sizes(files[0])), flush=True)
        if absent:
            print(f"the wheel lacks {', '.join(absent)}")
            return 1
        pythons = asked.python or _pythons_here()
        failed = [
            python
            for python in pythons
            if not _works(python, files, asked.pip_argument, Path(folder) / python.strip("/"))
        ]
    print(f"tried on {', '.join(pythons)}; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", action="append", help="a Python to try it with; repeatable")
    parser.add_argument("--dist", type=Path, help="take what was built there")
    parser.add_argument(
        "--pip-argument", action="append", default=[], help="given to pip install; repeatable"
    )
    return parser.parse_args()


def _built(folder: Path) -> tuple[Path, Path]:
    """The wheel, made from the sdist, and the sdist."""
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True)
    return _files_in(folder)


def _files_in(folder: Path) -> tuple[Path, Path]:
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return wheel, sdist


def _pythons_here() -> list[str]:
    """The Pythons of this machine that the package says it supports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: "
    versions = [
        line.removeprefix(prefix) for line in project["classifiers"] if line.startswith(prefix)
    ]
    return [f"python{version}" for version in versions if _runs(f"python{version}")]


def _runs(python: str) -> bool:
    """Whether there is one; what stands in its place may only say that there is none."""
    if shutil.which(python) is None:
        return False
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _works(python: str, files: Sequence[Path], pip_arguments: list[str], folder: Path) -> bool:
    environment = folder / "environment"
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", *pip_arguments]
    try:
        subprocess.run([python, "-m", "venv", environment], check=True)
        for number, file in enumerate(files):
            print(f"{python}: {file.name}", flush=True)
            again = ["--force-reinstall", "--no-deps"] if number else []
            subprocess.run([*install, "-c", str(CONSTRAINTS), *again, str(file)], check=True)
            _try(programs, folder / f"work{number}")
    except subprocess.CalledProcessError as error:
        print(f"{python}: {error}", flush=True)
        return False
    return True


def _try(programs: Path, folder: Path) -> None:
    """What a new user does first, from a folder where nothing is, with a home of its own."""
    folder.mkdir(parents=True)
    shutil.copy(RECORDING, folder)
    own_home = {"HOME": str(folder), "USERPROFILE": str(folder)}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QASR_", "PYTHON"))
    }
    for arguments in (
        ("--version",),
        ("doctor", "--self-test", "--model", "demo"),
        ("transcribe", RECORDING.name, "--model", "demo", "-f", "srt,json", "-o", "."),
    ):
        subprocess.run([programs / "qasr", *arguments], check=True, cwd=folder, env=kept | own_home)
    text = (folder / "interview.srt").read_text(encoding="utf-8")
    if "-->" not in text:
        raise subprocess.CalledProcessError(1, "qasr transcribe", text)


if __name__ == "__main__":
    sys.exit(main())
