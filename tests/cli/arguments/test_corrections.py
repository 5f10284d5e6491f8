"""`--corrections FILE.tsv`: argv to corrected files."""

import json
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--quiet")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Corrections of what the engine without models hears."""
    path = tmp_path / "fixes.tsv"
    path.write_text("# heard\twritten\nword1\tHello there\t\tword\n")
    return path


def result_of(path: Path) -> dict[str, Any]:
    """A result document."""
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_transcribe_writes_what_is_meant(tmp_path: Path, write_wav: WriteWav, table: Path) -> None:
    """In every format; the json says what was changed, and the words keep their times."""
    wav = str(write_wav(tmp_path / "talk.wav"))
    assert run(["transcribe", wav, *FAKE, "-f", "json", "-o", str(tmp_path / "plain")]) == 0

    argv = ["transcribe", wav, *FAKE, "-f", "txt,srt,json", "--corrections", str(table)]
    assert run(argv) == 0

    plain, after = result_of(tmp_path / "plain/talk.json"), result_of(tmp_path / "talk.json")
    (change,) = after["corrections"]
    assert (change["before"], change["after"], change["line"]) == ("word1", "Hello there", 2)
    assert plain["corrections"] == []
    for suffix in ("txt", "srt"):
        text = (tmp_path / f"talk.{suffix}").read_text()
        assert "Hello there" in text
        assert "word1" not in text
    others = [
        [word for s in document["segments"] for word in s["words"] if "word" in word["word"]]
        for document in (plain, after)
    ]
    times = [{w["word"]: (w["start_ms"], w["end_ms"]) for w in words} for words in others]
    assert times[1].items() <= times[0].items()


def test_batch_does_files_again_when_the_corrections_change(
    tmp_path: Path, write_wav: WriteWav, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A comment changes nothing."""
    write_wav(tmp_path / "in/talk.wav")
    argv = ["batch", str(tmp_path / "in"), "--engine", "fake", "--vad", "energy", "--no-progress"]
    argv += ["-f", "txt", "--corrections", str(table)]

    def statuses() -> list[str]:
        assert run(argv) == 0
        capsys.readouterr()
        report = json.loads((tmp_path / "in/processing_report.json").read_text())
        return [detail["status"] for detail in report["details"]]

    assert statuses() == ["done"]
    table.write_text("# another note\n" + table.read_text())
    assert statuses() == ["skipped"]
    table.write_text("word1\tGoodbye\n")
    assert statuses() == ["done"]
    assert "Goodbye" in (tmp_path / "in/talk.txt").read_text()


def test_render_corrects_a_saved_result(tmp_path: Path, table: Path) -> None:
    """No model is asked again."""
    segment = {"start": 0, "end": 4, "text": "Well, word1 and word2."}
    path = tmp_path / "talk.json"
    path.write_text(json.dumps({"segments": [segment], "language": "en"}))

    assert run(["render", str(path), "-f", "txt", "--corrections", str(table)]) == 0

    assert path.with_suffix(".txt").read_text() == "Well, Hello there and word2.\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"teh the\n", "line 1: has 1 of the columns"),
        (b"\xef\xbb\xbf# ok\na\tb\nc\td\tKlingon\n", "line 3: language 'Klingon' is not known"),
        (b"a\tb\n\xff\tx\n", "line 2: not UTF-8 text"),
    ],
)
def test_a_bad_file_is_refused_before_any_work(
    tmp_path: Path, content: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with its name and the number of the line."""
    table = tmp_path / "fixes.tsv"
    table.write_bytes(content)

    assert run(["render", str(tmp_path / "no.json"), "--corrections", str(table)]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"qasr: --corrections {table}: {reason}")
    assert error.count("\n") == 1


def test_an_absent_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says why."""
    table = str(tmp_path / "gone.tsv")

    assert run(["batch", str(tmp_path), "--corrections", table]) == 2
    assert capsys.readouterr().err == f"qasr: --corrections {table}: No such file or directory\n"
