"""Ctrl-C at its worst moments, and the end of a process: real processes, signals and terminals."""

import ast
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import qasr_cli
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy")

# A process that comes to a wait without end, at an event of its own: `{where}` says which one.
_HANGING = """
import ctypes, os, signal, sys, threading
from qasr_cli.__main__ import main

def hear(event, arguments, begun=[]):
    name = threading.current_thread().name
    if not begun and {where}:
        begun.append(1)
        {hang}

sys.addaudithook(hear)
sys.argv = ["qasr", *{arguments!r}]
main()
"""
# Inside of native code that a KeyboardInterrupt, or any other exception, makes abort.
_IN_A_NATIVE_IMPORT = (
    'event == "object.__setattr__" and "pybind11_static_property" in str(arguments[0])'
)
_IN_AN_IMPORT_OF_OURS = 'event == "import" and arguments[0] == "qasr_cli.cli.arguments.mistakes"'
_IN_AN_IMPORT_OF_A_RUN = (
    'event == "exec" and "qasr-signals" in [t.name for t in threading.enumerate()]'
    ' and name == "MainThread" and not signal.pthread_sigmask(signal.SIG_BLOCK, ())'
)
_AT_THE_PARSER = 'event == "open" and str(arguments[0]).endswith("qasr.toml")'
_AT_THE_FIRST_CHILD = 'event == "subprocess.Popen"'
_IN_LOADER = 'event == "import" and name == "qasr-loader"'
_WHILE_PLANNING = 'event == "os.scandir" and name == "MainThread"'
_INTERRUPTED = "os.kill(os.getpid(), signal.SIGINT)"
_INTERRUPTED_FOR_EVER = "os.kill(os.getpid(), signal.SIGINT); threading.Event().wait()"
# A library that computes hears no signal, and lets none be heard: a mutex that is locked twice.
_DEAF_FOR_EVER = (
    "mutex = ctypes.create_string_buffer(128); os.write(1, b'here'); "
    "[ctypes.CDLL(None).pthread_mutex_lock(mutex) for _ in range(2)]"
)
_LONGEST_S = 120  # far more than any of it takes


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """One recording."""
    write_wav(tmp_path / "in" / "talk.wav")
    return tmp_path / "in"


def program(where: str, hang: str, *arguments: str) -> list[str]:
    """The command that starts such a process."""
    code = _HANGING.format(where=where, hang=hang, arguments=arguments)
    return [sys.executable, "-X", "utf8", "-c", code]


def on_a_terminal(command: list[str], *signals: signal.Signals) -> tuple[int, str]:
    """The exit code, and what a terminal got; the signals are sent once `here` is printed."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env=environment
    ) as process:
        deadline = threading.Timer(_LONGEST_S, process.kill)
        deadline.start()
        os.close(theirs)
        assert process.stdout is not None
        if signals:
            assert process.stdout.read(4) == b"here"
        for number in signals:
            process.send_signal(number)
        written = b""
        try:
            while block := os.read(ours, 65_536):
                written += block
        except OSError:  # so Linux says that nobody has the other end
            pass
        finally:
            os.close(ours)
        deadline.cancel()
        return process.wait(), written.decode()


def has_cursor(written: str) -> bool:
    """Whether the cursor is shown in the end; while a live line is drawn it is not."""
    return "\x1b[?25l" in written and written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_ctrl_c_does_not_wait_for_models(folder: Path) -> None:
    """While models load, for ever here, the first Ctrl-C ends the run in good order."""
    arguments = ("batch", str(folder), "--model", "demo", "--vad", "energy")
    command = program(_IN_LOADER, _INTERRUPTED_FOR_EVER, *arguments)

    code, written = on_a_terminal(command)

    assert code == 130
    assert has_cursor(written)
    assert "qasr: stopped: signal SIGINT; the same command goes on from here" in written
    report = json.loads((folder / "processing_report.json").read_text())
    assert [detail["status"] for detail in report["details"]] == ["pending"]


@pytest.mark.parametrize(
    ("names", "rest"),
    [
        (("talk.wav",), "the same command begins again"),
        (("talk.wav", "more.wav"), "with --skip-existing, the same command does the rest"),
    ],
)
def test_without_state_nothing_goes_on_by_itself(
    folder: Path, write_wav: WriteWav, names: tuple[str, ...], rest: str
) -> None:
    """`transcribe` keeps none, and says what does the rest all the same."""
    write_wav(folder / "more.wav")
    files = [str(folder / name) for name in names]
    arguments = ("transcribe", *files, "--model", "demo", "--vad", "energy", "--no-progress")

    ran = subprocess.run(
        program(_IN_LOADER, _INTERRUPTED_FOR_EVER, *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )

    assert ran.returncode == 130
    assert f"qasr: stopped: signal SIGINT; {rest}\n" in ran.stderr


def test_ctrl_c_ends_a_self_test() -> None:
    """What is no run has no order to keep, and does not wait either."""
    command = program(
        _IN_LOADER, _INTERRUPTED_FOR_EVER, "doctor", "--self-test", "-m", "demo", "--device", "cpu"
    )

    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)

    assert ran.returncode == 130
    assert ran.stderr == "qasr: stopped\n"


@pytest.mark.parametrize(
    ("where", "arguments"),
    [
        (_IN_AN_IMPORT_OF_OURS, ("batch", "in", *FAKE)),
        (_IN_A_NATIVE_IMPORT, ("batch", "in", *FAKE)),
        (_IN_A_NATIVE_IMPORT, ("transcribe", "in/talk.wav", *FAKE)),
        (_IN_A_NATIVE_IMPORT, ("plan", "in", *FAKE)),
        (_AT_THE_PARSER, ("render", "in")),
        (_AT_THE_FIRST_CHILD, ("plan", "in", *FAKE)),
        (_AT_THE_FIRST_CHILD, ("doctor",)),
    ],
)
def test_ctrl_c_before_there_is_a_run(folder: Path, where: str, arguments: tuple[str, ...]) -> None:
    """Whatever is loading, one line is said, and nothing of what Ctrl-C broke on its way."""
    (folder.parent / "qasr.toml").write_text("strict = true")

    ran = subprocess.run(
        program(where, _INTERRUPTED, *arguments),
        cwd=folder.parent,
        env={name: value for name, value in os.environ.items() if name != "QASR_CONFIG"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )

    assert (ran.returncode, ran.stderr) == (130, "qasr: stopped\n")
    assert not list(folder.glob("*.srt"))


def test_such_an_end_may_be_json(folder: Path) -> None:
    """For whoever parses standard error."""
    arguments = ("batch", str(folder), "--log-format", "json", *FAKE)

    ran = subprocess.run(
        program(_IN_A_NATIVE_IMPORT, _INTERRUPTED, *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )

    assert ran.returncode == 130
    said = json.loads(ran.stderr)
    assert (said["event"], said["message"], said["exit_code"]) == ("error", "stopped", 130)


@pytest.mark.parametrize(
    "swallowing",
    [
        "try: {interrupt}\n        except KeyboardInterrupt: pass",
        "type('', (), dict(__del__=lambda _: {interrupt}))()",  # Python would print a traceback
    ],
)
def test_a_swallowed_ctrl_c_counts(folder: Path, swallowing: str) -> None:
    """What a library made of it changes nothing: the run that it was to stop does not begin."""
    hang = swallowing.format(interrupt="signal.raise_signal(signal.SIGINT)")
    (folder / "qasr.toml").write_text("strict = true")

    ran = subprocess.run(
        program(_AT_THE_PARSER, hang, "batch", str(folder), *FAKE),
        env={**os.environ, "QASR_CONFIG": str(folder / "qasr.toml")},
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )

    assert (ran.returncode, ran.stderr) == (130, "qasr: stopped\n")
    assert not (folder / ".qasr").exists()


def test_a_terminal_reaches_no_child() -> None:
    """Every process that qasr starts has a session of its own; workers alone stop with it.

    One that Ctrl-C ended would pass for an ffmpeg that does not run, or has no libraries.
    """
    calls = [
        (f"{path.name}:{node.lineno}", {keyword.arg: keyword.value for keyword in node.keywords})
        for path in Path(qasr_cli.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "subprocess"
        and node.func.attr in {"run", "Popen", "call", "check_call", "check_output"}
    ]
    assert len(calls) >= 5
    own = [place.partition(":")[0] for place, named in calls if "start_new_session" not in named]
    assert own == ["local.py"]


def test_the_second_signal_breaks_no_import(folder: Path) -> None:
    """It ends the process, but not by an exception, which native code would make abort."""
    hang = (
        "try: [signal.raise_signal(signal.SIGINT) for _ in range(2)]; threading.Event().wait()\n"
        "        except BaseException: os.write(2, b'was raised'); raise"
    )

    ran = subprocess.run(
        program(_IN_AN_IMPORT_OF_A_RUN, hang, "batch", str(folder), *FAKE),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )

    assert (ran.returncode, ran.stderr) == (130, "")


def test_the_second_signal_is_heard_by_a_deaf_process(folder: Path) -> None:
    """A main thread that is inside a library for ever ends, with the cursor on the screen."""
    command = program(_WHILE_PLANNING, _DEAF_FOR_EVER, "batch", str(folder), *FAKE)

    code, written = on_a_terminal(command, signal.SIGINT, signal.SIGTERM)

    assert code in {130, 143}  # which of two that come at once is the second, the kernel says
    assert has_cursor(written)


def test_the_end_waits_for_no_thread(folder: Path) -> None:
    """Once the last line is out, the process is gone, whatever a library still does in it."""
    waiting = "threading.Thread(target=threading.Event().wait).start()"

    ran = subprocess.run(
        program(_WHILE_PLANNING, waiting, "batch", str(folder), *FAKE),
        capture_output=True,
        text=True,
        check=False,
        timeout=_LONGEST_S,
    )

    assert ran.returncode == 0
    assert ran.stderr.splitlines()[-1].startswith("1 file: 1 done")


def test_what_was_printed_is_not_lost(folder: Path) -> None:
    """The quick end writes what is still held back, also into a file."""
    talk = str(folder / "talk.wav")
    argv = [sys.executable, "-m", "qasr_cli", "transcribe", talk, "-o", "-", *FAKE]

    with (folder / "kept.srt").open("wb") as kept:
        assert subprocess.run(argv, stdout=kept, check=False).returncode == 0

    assert "-->" in (folder / "kept.srt").read_text()
