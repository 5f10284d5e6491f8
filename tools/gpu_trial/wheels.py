"""Collect what a trial needs beside torch and numpy, for a machine without a network.

    tools/gpu_trial.sh wheels [FOLDER] [--python 3.12]

Wheels of the pinned versions for Linux on x86-64: no torch, nothing of NVIDIA's, no ffmpeg, no
voice detector. `gpu_trial.sh` finds them in build/gpu-trial-wheels, which is where they go, or by
`--wheels FOLDER`.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tools.gpu_trial.steps import ROOT

# What the engine, `qasr doctor` and the `gpu` tests import, and what these need in turn.
PACKAGES = (
    *("transformers", "tokenizers", "safetensors", "huggingface_hub", "regex", "PyYAML", "tqdm"),
    *("filelock", "fsspec", "packaging", "typing_extensions", "httpx2", "httpcore2", "anyio"),
    *("idna", "h11", "truststore", "click", "soundfile", "cffi", "pycparser", "charset-normalizer"),
    *("typer", "rich", "shellingham", "markdown-it-py", "mdurl", "Pygments", "annotated-doc"),
    *("pydantic", "pydantic_core", "annotated-types", "typing-inspection"),
    *("pytest", "iniconfig", "pluggy", "hypothesis", "sortedcontainers"),
)
# pip takes each exactly, and packages are built for one or another.
_PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in (34, 28, 27, 24, 17, 12, 5)),
    *("manylinux2014_x86_64", "manylinux1_x86_64"),
)
MOST_BYTES = 40_000_000


def main() -> int:
    """Download them; the exit code of pip."""
    parser = argparse.ArgumentParser(description=__doc__, prog="tools/gpu_trial.sh wheels")
    parser.add_argument("folder", nargs="?", default=str(ROOT / "build" / "gpu-trial-wheels"))
    parser.add_argument("--python", default="3.12", help="the version there")
    given = parser.parse_args()
    done = subprocess.run(command_of(given.folder, given.python), check=False)
    if done.returncode:
        print("gpu_trial: pip could not collect them; what it says is above", file=sys.stderr)
        return done.returncode
    wheels = list(Path(given.folder).glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels) / 1e6
    print(f"{len(wheels)} wheels for Python {given.python}, {size:.0f} MB, in {given.folder}")
    return 0


def command_of(folder: str, python: str) -> list[str]:
    """What collects them."""
    return [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--only-binary=:all:", "--implementation", "cp", "--python-version", python),
        *(f"--platform={platform}" for platform in _PLATFORMS),
        *("--constraint", str(ROOT / "constraints.txt"), "--dest", folder, *PACKAGES),
    ]


if __name__ == "__main__":
    sys.exit(main())
