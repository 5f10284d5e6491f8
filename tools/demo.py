"""The main job on the bundled recordings, as `make demo` shows it.

Runs `qasr batch` with the demo pair, then shows one finished subtitle file and the report's
summary. One recording is damaged on purpose: qasr must fail exactly that one and end with 1. Where
the model for voices is installed (`qasr models pull speakers`), a talk of two follows, with labels.
"""

import json
import subprocess
import sys
from pathlib import Path

from qasr_cli.checkpoints.locate import speaker_model
from qasr_cli.errors import ModelLoadError, ModelMissing

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "demo-output"
DAMAGED = "damaged/truncated.mp4"
SHOWN = "two-languages.srt"
COMMAND = (
    *("batch", "examples/recordings", "--model", "demo"),
    *("--format", "srt,json,simple,vtt", "--output-dir", "demo-output"),
)
TALK = "podcast"
DIARIZE = (
    *("transcribe", f"examples/recordings/{TALK}.opus", "--model", "demo", "--diarize"),
    *("--overwrite", "--output-dir", "demo-output/speakers"),
)


def main() -> int:
    """Run, show, judge."""
    print(f"$ qasr {' '.join(COMMAND)}", flush=True)
    code = subprocess.run([sys.executable, "-m", "qasr_cli", *COMMAND], cwd=ROOT, check=False)
    report = json.loads((OUTPUT / "processing_report.json").read_text())
    print(f"\n$ head -n 20 demo-output/{SHOWN}")
    print("\n".join((OUTPUT / SHOWN).read_text().splitlines()[:20]))
    print("\nsummary in demo-output/processing_report.json")
    print(json.dumps(report["summary"], indent=2))
    failed = [detail["file"] for detail in report["details"] if not detail["success"]]
    if code.returncode != 1 or failed != [DAMAGED]:
        print(f"\nnot as it should be: exit code {code.returncode}, failed: {failed}")
        return 1
    print(f"\nas it should be: exit code 1, because exactly {DAMAGED} is damaged")
    return show_speakers() if can_tell_speakers() else 0


def can_tell_speakers() -> bool:
    """Whether the model for voices is on this machine; the demo needs none."""
    try:
        speaker_model(None)
    except (ModelMissing, ModelLoadError):
        return False
    return True


def show_speakers() -> int:
    """Who speaks in a talk of two; the exit code."""
    print(f"\n$ qasr {' '.join(DIARIZE)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "qasr_cli", *DIARIZE], cwd=ROOT, check=False)
    if done.returncode == 0:
        print((OUTPUT / "speakers" / f"{TALK}.srt").read_text())
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
