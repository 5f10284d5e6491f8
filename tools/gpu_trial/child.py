"""One step of a trial, in a process of its own: `python -m tools.gpu_trial.child STEP ...`."""

import importlib
import json
import sys
import traceback
from pathlib import Path

from tools.gpu_trial.settings import Notes, Settings, Skip

OK, FAILED, SKIPPED = 0, 1, 4
_TRACE_LINES = 12


def main() -> int:
    """Run `module:word` with its settings; what it found is in a file, an exit code says the rest.

    Of an error the file has the last word, too.
    """
    step, settings, path, limit_s = sys.argv[1:]
    module, _, argument = step.partition(":")
    notes = Notes(Path(path), float(limit_s))
    notes.add()
    try:
        run = importlib.import_module(f"tools.gpu_trial.{module}").run
        run(Settings.from_json(settings), notes, *([argument] if argument else []))
    except Skip as reason:
        notes.add(error=str(reason))
        return SKIPPED
    except Exception as error:  # noqa: BLE001  # whatever a GPU may do
        lines = traceback.format_exc().splitlines()[-_TRACE_LINES:]
        notes.add(error=f"{type(error).__name__}: {error}", trace=lines)
        return FAILED
    return OK


def found_in(path: Path) -> dict[str, object]:
    """What a step left; empty where it came to nothing."""
    try:
        found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


if __name__ == "__main__":
    sys.exit(main())
