"""A stop that is asked for before the work begins: nothing is planned to the end, or written."""

import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.contexts import with_contexts
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.plan import CUT_SHORT
from tests.conftest import WriteWav
from tests.run.conftest import plan_for
from tests.run.plan.test_contexts import GIVEN

# Starts qasr, and sends it a signal at the moment when it looks at some file or folder.
_SIGNALLED = """
import os, signal, sys
from qasr_cli.__main__ import main
def hear(event, arguments, sent=[]):
    if event == {event!r} and str(arguments[0]).endswith({name!r}) and not sent:
        sent.append(1)
        os.kill(os.getpid(), signal.{signal})
sys.addaudithook(hear)
sys.argv = ["qasr", *{arguments!r}]
main()
"""


def signalled(folder: Path, *, event: str, name: str, signal: str) -> int:
    """The exit code of a batch that gets a signal at an event."""
    arguments = ["batch", str(folder), "--engine", "fake", "--vad", "energy", "--no-progress"]
    program = _SIGNALLED.format(event=event, name=name, signal=signal, arguments=arguments)
    return subprocess.run([sys.executable, "-X", "utf8", "-c", program], check=False).returncode


@pytest.mark.parametrize(("signal", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
@pytest.mark.parametrize(
    ("event", "name"), [("os.scandir", "/early"), ("open", "/early/hotwords.txt")]
)
def test_a_signal_is_heard_while_folders_are_looked_at(
    tmp_path: Path, write_wav: WriteWav, *, event: str, name: str, signal: str, code: int
) -> None:
    """The batch ends with the signal's code, and the report of the last one stays as it was."""
    for folder in ("early", "late"):
        write_wav(tmp_path / folder / "talk.wav")
    (tmp_path / "early" / "hotwords.txt").write_text("etcd\n")
    (tmp_path / "processing_report.json").write_text("that of the last run")

    assert signalled(tmp_path, event=event, name=name, signal=signal) == code

    assert (tmp_path / "processing_report.json").read_text() == "that of the last run"
    assert not list(tmp_path.rglob("*.srt"))


def test_the_walk_ends_where_it_is(tmp_path: Path) -> None:
    """Of thousands of names none is looked at after a stop, whatever they are."""
    for number in range(300):
        (tmp_path / f"{number % 10}").mkdir(exist_ok=True)
        (tmp_path / f"{number % 10}" / f"{number}.txt").touch()
    asked = 0

    def is_stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 20

    plan = jobs_for_folders(
        [str(tmp_path)], output=OutputOptions(), walk=Walk(), is_stopped=is_stopped
    )

    assert plan is CUT_SHORT
    assert asked < 40


def test_no_hot_words_are_read_after_a_stop(folder: Path) -> None:
    """The jobs stay, all of them, for the report; none of them will be done."""
    plan = plan_for(folder)

    stopped = with_contexts(plan, lambda _: GIVEN, is_stopped=lambda: True)

    assert stopped == plan


def test_waiting_for_standard_input_is_ended_by_a_signal() -> None:
    """A pipe that says nothing holds nobody up."""
    command = [sys.executable, "-m", "qasr_cli", "transcribe", "-", "--engine", "fake"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        # More than a pipe holds, so once this is written, it is read.
        process.stdin.write(bytes(4_000_000))

        process.terminate()

        assert process.wait(120) == 143
