"""The tests that want a GPU, where pytest is there."""

import importlib.util
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from tools.gpu_trial.settings import Notes, Settings, Skip
from tools.gpu_trial.steps import ROOT

_MARK = "pytest.mark.gpu"
_NEEDED = ("pytest", "hypothesis")
_OUTPUT_LINES = 40
# Other versions than the pinned ones may warn, and pyproject makes errors of that.
_HOW = ("-q", "-m", "gpu", "-W", "default", "-p", "no:cacheprovider")
# Plugins of that Python may be too old for the pytest that comes with the wheels.
_NO_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(_: Settings, notes: Notes) -> None:
    """Note how many passed, failed and were skipped.

    Raises:
        Skip: there is no pytest.
        RuntimeError: some failed.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise Skip(f"there is no {' and no '.join(missing)} here")
    files = [
        str(path)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if _MARK in path.read_text(encoding="utf-8") and "tools" not in path.parts
    ]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *_HOW, f"--junitxml={report}", *files]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | _NO_PLUGINS,
            capture_output=True,
            text=True,
            check=False,
        )
        if report.exists():
            suite = next(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314  # pytest's own
            names = ("tests", "failures", "errors", "skipped")
            notes.add(**{name: int(suite.attrib[name]) for name in names})
    notes.add(code=done.returncode)
    if done.returncode:
        notes.add(output=done.stdout.splitlines()[-_OUTPUT_LINES:])
        raise RuntimeError(f"pytest ended with {done.returncode}")
