"""The main job on the bundled recordings, as `make demo` shows it.

Runs `qasr batch` with the demo pair, then shows one finished subtitle file and the report's
summary. One recording is damaged on purpose: qasr must fail exactly that one and end with 1.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "demo-output"
DAMAGED = "damaged/truncated.mp4"
SHOWN = "two-languages.srt"
COMMAND = (
    *("batch", "examples/recordings", "--model", "demo"),
    *("--format", "srt,json,simple,vtt", "--output-dir", "demo-output"),
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
