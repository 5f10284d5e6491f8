"""The command line: argv to exit code and first line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli import __version__
from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")


@pytest.fixture
def wav(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording."""
    return write_wav(tmp_path / "in" / "talk.wav")


@pytest.mark.parametrize(
    ("argv", "code", "line"),
    [
        (["--version"], 0, f"qasr {__version__}"),
        (["transcribe"], 2, "qasr: FILE is missing"),
        (["transcribe", "--no-such-option", "x.wav"], 2, "qasr: no such option --no-such-option; "),
        (["transcribe", "x.wav", "--format", "srtt"], 2, "got 'srtt'; did you mean srt?"),
        (["transcribe", "x.wav", "--language", "Klingon"], 2, "Klingon"),
        (["transcribe", "x.wav", "--max-chunk-s", "0"], 2, "--max-chunk-s"),
        (["transcribe", "x.wav", "--retries", "-1"], 2, "--retries"),
        (["transcribe", "x.wav", "--min-coverage", "90"], 2, "--min-coverage"),
        (["transcribe", "x.wav", "--quiet", "--verbose"], 2, "contradict"),
        (["transcribe", "x.wav", "--no-align", "--aligner", "a"], 2, "contradict"),
        (["transcribe", "x.wav", "--compute_type", "int9"], 2, "int9"),
        (["transcribe", "https://example.org/x.wav"], 2, "download the file first"),
        (["transcribe", "."], 2, "qasr batch"),
        (["batch", "no-such-folder"], 2, "no such folder"),
        (["batch", "README.md"], 2, "qasr transcribe"),
        (["batch", ".", "-o", "-"], 2, "one file"),
        (["transcribe", "x.wav", "--model", "no-such-model"], 2, "no-such-model"),
        (
            ["transcribe", "x.wav", "--model", "1.7b", "--model-dir", "."],
            3,
            "qasr models pull 1.7b",
        ),
        (["transcribe", "gone.wav", *FAKE], 1, "gone.wav"),
    ],
)
def test_bad_command_lines_end_with_their_code_and_one_line(
    argv: list[str], code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of mistake has its exit code, and a line that names what is wrong."""
    assert run(argv) == code

    captured = capsys.readouterr()
    assert line in captured.out + captured.err
    assert "Traceback" not in captured.err


def test_transcribe_writes_beside_the_source(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file in, one subtitle out, no state left, nothing on standard output."""
    assert run(["transcribe", str(wav), *FAKE]) == 0

    assert sorted(p.name for p in wav.parent.iterdir()) == ["talk.srt", "talk.wav"]
    assert capsys.readouterr().out == ""


def test_transcribe_to_standard_output(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`-o -` prints the subtitle and nothing else, and writes no file."""
    assert run(["transcribe", str(wav), "-o", "-", "-f", "vtt", *FAKE]) == 0

    assert capsys.readouterr().out.startswith("WEBVTT\n")
    assert [p.name for p in wav.parent.iterdir()] == ["talk.wav"]


@pytest.mark.parametrize("extra", [["-f", "srt,vtt"], ["OTHER"]])
def test_standard_output_takes_one_of_each(
    wav: Path, extra: list[str], write_wav: WriteWav
) -> None:
    """Two files or two formats on one stream would be mush."""
    other = write_wav(wav.parent / "other.wav")

    argv = ["transcribe", str(wav), *(str(other) if e == "OTHER" else e for e in extra)]
    assert run([*argv, "-o", "-", *FAKE]) == 2


def test_colliding_outputs_are_refused(tmp_path: Path, write_wav: WriteWav) -> None:
    """Two files of one name into one folder: refused before any work."""
    first = write_wav(tmp_path / "x/1.wav")
    second = write_wav(tmp_path / "y/1.wav")

    assert run(["transcribe", str(first), str(second), "-o", str(tmp_path / "out"), *FAKE]) == 2
    assert not (tmp_path / "out").exists()


def test_existing_output_needs_overwrite(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`transcribe` keeps no state, so whatever stands there stays, and a line says so."""
    wav.with_suffix(".srt").write_text("by hand")

    assert run(["transcribe", str(wav), *FAKE]) == 1
    assert "talk.srt exists; --overwrite replaces it" in capsys.readouterr().err
    assert run(["transcribe", str(wav), "--skip-existing", *FAKE]) == 0
    assert wav.with_suffix(".srt").read_text() == "by hand"

    assert run(["transcribe", str(wav), "--overwrite", *FAKE]) == 0
    assert wav.with_suffix(".srt").read_text() != "by hand"


def test_whisper_spelling_is_understood(wav: Path, tmp_path: Path) -> None:
    """Options spelt as whisper's users spell them do what they do there."""
    argv = ["transcribe", str(wav), "--output_dir", str(tmp_path / "out")]
    argv += ["--output_format", "vtt", "--compute_type", "float32", "--word_timestamps", "True"]

    assert run([*argv, *FAKE]) == 0

    assert [p.name for p in (tmp_path / "out").iterdir()] == ["talk.vtt"]


def test_report_of_transcribe(wav: Path, tmp_path: Path) -> None:
    """`--report FILE` lists every input once, those that were absent too."""
    report = tmp_path / "report.json"

    assert run(["transcribe", str(wav), "gone.wav", "--report", str(report), *FAKE]) == 1

    details = json.loads(report.read_text())["details"]
    assert [(d["file"], d["status"]) for d in details] == [
        (str(wav), "done"),
        ("gone.wav", "failed"),
    ]


def test_batch_prints_one_json_line_a_file(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--log-format json` is for machines: one object a line on standard error."""
    assert run(["batch", str(wav.parent), "--log-format", "json", *FAKE]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["file", "run"]
    assert lines[0]["status"] == "done"


def test_a_reason_for_no_run_is_json_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who parses standard error need not know two languages."""
    gone = str(tmp_path / "gone")

    assert run(["batch", gone, "--log-format", "json", *FAKE]) == 2

    assert json.loads(capsys.readouterr().err) == {
        "event": "error",
        "kind": "UsageError",
        "message": f"{gone}: no such folder",
        "exit_code": 2,
    }


def test_quiet_says_only_what_failed(wav: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cron job that went well mails nothing."""
    assert run(["batch", str(wav.parent), "--quiet", *FAKE]) == 0
    assert capsys.readouterr() == ("", "")

    (wav.parent / "bad.mp3").write_bytes(b"\1" * 50)
    assert run(["batch", str(wav.parent), "--quiet", *FAKE]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_include_and_exclude(tmp_path: Path, write_wav: WriteWav) -> None:
    """Globs choose among the files of a walk."""
    for name in ("a.wav", "b.wav", "raw/c.wav"):
        write_wav(tmp_path / name)

    run(["batch", str(tmp_path), "--exclude", "raw/*", "--include", "[bc].wav", *FAKE])

    assert [p.name for p in tmp_path.rglob("*.srt")] == ["b.srt"]


def test_module_runs_as_a_program(wav: Path) -> None:
    """`python -m qasr_cli` is the same program, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", "transcribe", wav, "-o", "-", *FAKE],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error::DeprecationWarning:qasr_cli"},
    )

    assert ran.returncode == 0
    assert b"-->" in ran.stdout


def test_subtitles_are_utf8_whatever_the_locale(wav: Path) -> None:
    """An ASCII locale changes no subtitle."""
    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", "transcribe", wav, "-o", "-", "-f", "json", *FAKE],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )

    assert json.loads(ran.stdout)["file"] == "talk.wav"


@pytest.mark.parametrize("place", ["-o", "--report", "--keep-clips"])
def test_a_bad_place_is_found_before_the_work(wav: Path, place: str, tmp_path: Path) -> None:
    """What cannot be written to in the end is refused in the beginning."""
    (tmp_path / "file").write_text("")
    where = tmp_path / "file" if place != "--report" else tmp_path

    assert run(["transcribe", str(wav), place, str(where), *FAKE]) in {2, 3}
    assert not wav.with_suffix(".srt").exists()


def test_include_narrows_media_files(tmp_path: Path, write_wav: WriteWav) -> None:
    """A broad glob takes no file that is no recording; a suffix asked for by name is taken."""
    write_wav(tmp_path / "talk.wav")
    (tmp_path / "talk.notes").write_text("no sound")
    (tmp_path / "take.dat").write_bytes((tmp_path / "talk.wav").read_bytes())

    assert run(["batch", str(tmp_path), "--include", "talk*", *FAKE]) == 0
    assert run(["batch", str(tmp_path), "--include", "*.dat", *FAKE]) == 0

    assert {p.name for p in tmp_path.glob("*.srt")} == {"talk.srt", "take.srt"}
