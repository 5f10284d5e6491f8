"""The demo on Windows itself: what needs no lock does its work, what needs one names WSL.

Runs on every system, so that it can be tried where it was written.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ("interview.wav", "clip.mp4", "voice-memo.m4a", "podcast.opus")
_NEEDS_WSL = 3


def main() -> int:
    """Run each command, and judge its code."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="qasr-demo-") as folder:
        for arguments, expected_code in _commands():
            print(f"$ qasr {' '.join(arguments)}", flush=True)
            done = subprocess.run(
                [sys.executable, "-m", "qasr_cli", *arguments], cwd=folder, check=False
            )
            if done.returncode != expected_code:
                failed.append(f"qasr {arguments[0]}: {done.returncode}, not {expected_code}")
        print((Path(folder) / "interview.srt").read_text(encoding="utf-8"))
    print("\n".join(failed) or "as it should be")
    return 1 if failed else 0


def _commands() -> list[tuple[list[str], int]]:
    recordings = ROOT / "examples" / "recordings"
    files = [str(recordings / name) for name in RECORDINGS]
    code_of_batch = _NEEDS_WSL if os.name == "nt" else 0
    fake = ["--engine", "fake", "-o", "out"]
    return [
        (["--version"], 0),
        (["doctor", "--self-test", "-m", "demo"], 0),
        (["transcribe", *files, "--model", "demo", "-f", "srt,vtt,json", "-o", "."], 0),
        (["render", "interview.json", "-f", "ass"], 0),
        (["lint", "interview.srt"], 0),
        (["minutes", "interview.json"], 0),
        (["plan", str(recordings / "nested"), "--model", "demo"], 0),
        (["models", "list"], 0),
        (["batch", str(recordings / "nested"), *fake], code_of_batch),
        (["report", "show", "out/processing_report.json"], 2 if code_of_batch else 0),
    ]


if __name__ == "__main__":
    sys.exit(main())
