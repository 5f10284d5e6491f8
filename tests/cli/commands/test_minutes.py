"""`qasr minutes`: argv and saved results to minutes."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.main import run

MEETINGS = Path(__file__).parents[2] / "data" / "minutes"
CPU_LIMIT_S = 1.0


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """The English meeting as a saved result."""
    return Path(shutil.copy(MEETINGS / "en.json", tmp_path / "talk.json"))


def test_every_line_has_its_time(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under five headings; a line to the console says what was made."""
    assert run(["minutes", str(result), "--participants", "Anna, Zoe"]) == 0

    lines = result.with_suffix(".minutes.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("#")]
    items = [line for line in lines if line and line not in headings]
    time = r"\d\d:\d\d:\d\d"
    assert headings[1:] == [
        "## Facts", "## Summary", "## Topics", "## Action items", "## Timeline"
    ]  # fmt: skip
    assert [i for i in items if not re.match(rf"- \*\*\[{time}( - {time})?\]\*\* \S", i)] == []
    assert "- **[00:00:00]** Zoe: never named" in items
    assert capsys.readouterr() == ("", f"done     {result}  -> talk.minutes.md\n")


def test_json_says_the_same_and_how_it_was_told(result: Path, tmp_path: Path) -> None:
    """With times in milliseconds."""
    argv = ["minutes", str(result), "-f", "md,json", "--interval", "10m", "-o", str(tmp_path / "o")]
    assert run(argv) == 0

    document: dict[str, Any] = json.loads((tmp_path / "o/talk.minutes.json").read_text())
    markdown = (tmp_path / "o/talk.minutes.md").read_text()
    assert document["method"] == {"topics": "TextTiling", "keywords": "c-TF-IDF"}
    assert document["interval_ms"] == 600_000
    assert len(document["timeline"]) == 6
    assert all(item["quote"]["text"] in markdown for item in document["actions"])
    assert len(document["actions"]) == 19


def test_without_rules_for_a_language_it_says_so(tmp_path: Path) -> None:
    """An empty list would look as if nothing had been settled."""
    path = tmp_path / "talk.json"
    segment = {"start": 0, "end": 3, "text": "Peter wird den Brief schicken."}
    path.write_text(json.dumps({"language": "de", "segments": [segment]}))

    assert run(["minutes", str(path)]) == 0

    assert "not looked for in German" in path.with_suffix(".minutes.md").read_text()


def test_a_silent_recording_has_minutes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They say that nothing was said."""
    path = tmp_path / "talk.json"
    path.write_text(json.dumps({"segments": [], "duration": 400.0}))

    assert run(["minutes", str(path), "-o", "-"]) == 0

    assert "- **[00:05:00 - 00:06:40]** nothing said" in capsys.readouterr().out


def test_existing_minutes_stay(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody may have worked on them."""
    minutes = result.with_suffix(".minutes.md")
    minutes.write_text("by hand")

    assert run(["minutes", str(result)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert minutes.read_text() == "by hand"
    assert run(["minutes", str(result), "--overwrite"]) == 0
    assert minutes.read_text() != "by hand"


def test_minutes_are_no_result(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`*.json` finds them the next time; one line says that they are none."""
    run(["minutes", str(result), "-f", "json", "--quiet"])

    assert run(["minutes", str(result.with_suffix(".minutes.json"))]) == 1
    assert "no segments: neither a result" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--interval", "5"), "--interval: '5' needs a unit, such as 5s, 5m or 5h"),
        (("--interval", "0m"), "--interval: '0m' is no length of time"),
        (("--interval", "1s"), "--interval takes"),
        (("-f", "pdf"), "--format takes md and json; got 'pdf'"),
        (("-f", "md,json", "-o", "-"), "-o - takes one result and one format"),
    ],
)
def test_what_makes_no_sense_is_refused(
    result: Path, options: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read."""
    assert run(["minutes", str(result), *options]) == 2
    assert reason in capsys.readouterr().err


def test_an_hour_takes_less_than_a_second_and_no_model(result: Path) -> None:
    """Processor time, with the start of Python; neither torch nor numpy is loaded."""
    program = (
        "import resource, sys\n"
        "from qasr_cli.cli.main import run\n"
        f"code = run(['minutes', {str(result)!r}])\n"
        "cpu = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(code, sorted({'torch', 'transformers', 'numpy', 'onnxruntime'} & {*sys.modules}))\n"
        "print(cpu.ru_utime + cpu.ru_stime)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    said, cpu_s = ran.stdout.splitlines()
    assert said == "0 []"
    assert float(cpu_s) < CPU_LIMIT_S
