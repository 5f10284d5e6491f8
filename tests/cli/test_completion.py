"""What a shell completes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_startup import HEAVY

PROGRAM = (
    "import atexit, json, sys\n"
    "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
    "from qasr_cli.cli.main import run\n"
    "run([])"
)


def _completed(line: str, folder: Path) -> tuple[list[str], set[str]]:
    """What bash is offered at the end of a line, and the modules that it took."""
    words = line.split(" ")
    completion = {
        "_QASR_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **completion},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split(), set(json.loads(ran.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("qasr transcribe --language ger", ["german"]),
        ("qasr transcribe -l Po", ["Polish", "Portuguese"]),
        ("qasr lint -l yu", ["yue"]),
        ("qasr batch --model ", ["1.7b", "0.6b", "demo"]),
        ("qasr batch --aligner a", ["aligner"]),
        ("qasr doctor -m d", ["demo"]),
        ("qasr models pull ", ["1.7b", "0.6b", "aligner", "speakers", "nemotron"]),
        ("qasr models verify d", ["demo"]),
        ("qasr transcribe -f v", ["vtt"]),
        ("qasr render -f srt,vtt,t", ["srt,vtt,txt", "srt,vtt,tsv", "srt,vtt,ttml"]),
        ("qasr plan --profile ve", ["vertical"]),
        ("qasr batch --dtype b", ["bfloat16"]),
        ("qasr batch --channels s", ["split"]),
        ("qasr batch --diarizer n", ["nemotron"]),
    ],
)
def test_values_are_completed(line: str, offered: list[str], tmp_path: Path) -> None:
    """Names of languages, models, formats and profiles, without a library that takes its time."""
    found, modules = _completed(line, tmp_path)

    assert found == offered
    assert HEAVY & modules == set()


def test_a_wrong_settings_file_is_no_hindrance(tmp_path: Path) -> None:
    """While a line is typed nobody wants to read of it: the run will say so."""
    (tmp_path / "qasr.toml").write_text("no-such-option = 1")

    assert _completed("qasr batch --profile pl", tmp_path)[0] == ["plain"]
