"""List what did not go well in a run: `python read_report.py processing_report.json`.

Exit code 0 when every file succeeded, 1 otherwise; fit for a cron job's mail.
"""

import json
import sys
from pathlib import Path


def main(path: str) -> int:
    """Print one line a failed or warned file."""
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    for detail in report["details"]:
        if detail["error"] is not None:
            print(f"{detail['file']}: {detail['error']['kind']}: {detail['error']['message']}")
        for warning in detail["warnings"]:
            print(f"{detail['file']}: {warning}")
    return 0 if report["summary"]["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
