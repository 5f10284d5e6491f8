"""qasr where Python has less: every import succeeds, and what needs no lock works.

Each test is a process that `pretend.py` has made one of another system.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode

PRETEND = Path(__file__).parent / "pretend.py"
EXAMPLES = Path(__file__).parents[2] / "examples" / "recordings"
FAKE = ("--engine", "fake")
RECORDINGS = ("interview.wav", "clip.mp4", "voice-memo.m4a", "lecture.mp3")
SYSTEMS = ("windows", "macos")


def _run(
    system: str, *arguments: str, folder: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    program = (str(PRETEND), system) if system != "linux" else ("-m", "qasr_cli")
    environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, *program, *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment,
    )


def _tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_module_can_be_imported(system: str, tmp_path: Path) -> None:
    """No module asks a system at its import for what only another one has."""
    done = _run(system, "every-module", folder=tmp_path)

    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.endswith(b" modules\n")


@pytest.mark.parametrize("system", SYSTEMS)
def test_recordings_are_transcribed_as_on_linux(system: str, tmp_path: Path) -> None:
    """`transcribe` writes the same files to the byte, from every kind of container."""
    files = [str(EXAMPLES / name) for name in RECORDINGS]
    options = ("--engine", "fake", "-f", "all", "-o")

    here = _run("linux", "transcribe", *files, *options, "here", folder=tmp_path)
    there = _run(system, "transcribe", *files, *options, "there", folder=tmp_path)

    assert (here.returncode, there.returncode) == (0, 0), there.stderr.decode()
    assert _tree(tmp_path / "there") == _tree(tmp_path / "here")


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_made_of_saved_results(system: str, tmp_path: Path) -> None:
    """`render`, `lint`, `minutes` and `report` do there what they do here."""
    work = (
        ("transcribe", str(EXAMPLES / "interview.wav"), *FAKE, "-f", "srt,json", "-o", "."),
        ("render", "interview.json", "-f", "vtt"),
        ("lint", "interview.srt"),
        ("minutes", "interview.json"),
        ("report", "show", "processing_report.json"),
    )
    done = [_run(system, *arguments, folder=tmp_path) for arguments in work[:-1]]
    _run("linux", "batch", str(EXAMPLES / "nested"), "--engine", "fake", "-o", ".", folder=tmp_path)
    done.append(_run(system, *work[-1], folder=tmp_path))

    assert [each.returncode for each in done] == [0] * len(work), done
    assert (tmp_path / "interview.vtt").read_text().startswith("WEBVTT")


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_text_gets_its_times(system: str, tmp_path: Path) -> None:
    """`align` times a script, and subtitles again."""
    recording = str(EXAMPLES / "interview.wav")
    (tmp_path / "script.txt").write_text("word1 word2 word3")

    script = _run(
        system, "align", recording, *FAKE, "--text", "script.txt", "-o", ".", folder=tmp_path
    )
    again = _run(
        system,
        "align",
        recording,
        *FAKE,
        "--from-srt",
        "interview.srt",
        "-o",
        "again",
        folder=tmp_path,
    )

    assert (script.returncode, again.returncode) == (0, 0), script.stderr + again.stderr
    assert "word1" in (tmp_path / "again" / "interview.srt").read_text()


@pytest.mark.slow
def test_the_doctor_on_windows(tmp_path: Path) -> None:
    """Models run, and it claims no wall and no limit that only Linux has."""
    options = ("--json", "--self-test", "--model", "demo", "--device", "cpu")

    done = _run("windows", "doctor", *options, folder=tmp_path)

    assert done.returncode == ExitCode.OK, done.stderr.decode()
    document = json.loads(done.stdout)
    found = {check["name"]: (check["state"], check["detail"]) for check in document["checks"]}
    assert document["self_test"]["is_passed"]
    assert found["sandbox"][0] == "warn"
    assert found["sandbox: ffmpeg"] == (
        "warn",
        "tried: a limit on its silence alone; nothing here refuses it files or sockets",
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_standard_input_and_regular_expressions(system: str, tmp_path: Path) -> None:
    """A recording comes from a pipe, and a table of corrections may hold regular expressions."""
    (tmp_path / "table.tsv").write_text("w(or)d1\tW\\1D\t\tregex\n")
    recording = (EXAMPLES / "voice-memo.m4a").read_bytes()
    options = ("--engine", "fake", "--corrections", "table.tsv", "-o", "-", "-f", "txt")

    done = _run(system, "transcribe", "-", *options, folder=tmp_path, stdin=recording)

    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"WorD ")


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "arguments",
    [
        *(("--version",), ("--help",), ("models", "list"), ("config", "show")),
        ("plan", str(EXAMPLES / "nested")),
    ],
)
def test_what_reads_only(system: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Questions about the program, the models and a folder are answered."""
    done = _run(system, *arguments, folder=tmp_path)

    assert done.returncode in (ExitCode.OK, ExitCode.SOME_FAILED), done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("batch", "."), ("serve",), ("edit", ".")])
def test_what_needs_locks_names_wsl(command: tuple[str, ...], tmp_path: Path) -> None:
    """On Windows itself they end with 3 and one line, before anything is opened or loaded."""
    done = _run("windows", *command, folder=tmp_path)

    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stderr.decode() == (
        f"qasr: qasr {command[0]} needs Linux or macOS; on Windows, run qasr inside WSL "
        f"(`wsl --install` sets it up)\n"
    )
    assert [path for path in tmp_path.iterdir() if path.name != ".cache"] == []  # of a library


def test_a_batch_on_macos(tmp_path: Path) -> None:
    """`batch` has its lock there, and finishes a folder."""
    done = _run("macos", "batch", str(EXAMPLES / "nested"), *FAKE, "-o", "out", folder=tmp_path)

    assert done.returncode == ExitCode.OK, done.stderr.decode()
    assert list((tmp_path / "out").rglob("*.srt"))


def test_a_copy_with_subtitles_is_refused_on_windows(tmp_path: Path) -> None:
    """`--embed` hands files on by number, which Windows does not; it says so in one line."""
    recording = str(EXAMPLES / "clip.mp4")

    done = _run("windows", "transcribe", recording, "--engine", "fake", "--embed", folder=tmp_path)

    assert done.returncode != 0
    assert b"--embed needs Linux or macOS" in done.stderr
    assert b"Traceback" not in done.stderr
