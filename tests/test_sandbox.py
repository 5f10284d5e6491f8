"""The command line behind its walls, and that `models pull` alone goes without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.core import TyperGroup

from qasr_cli import sandbox
from qasr_cli.cli import main
from qasr_cli.cli.command_table import COMMANDS, CONFINE_THEMSELVES
from qasr_cli.sandbox import State
from tests.conftest import WriteWav

if TYPE_CHECKING:
    from typer._click import Command

needs_filters = pytest.mark.skipif(
    sandbox.state() is State.UNAVAILABLE, reason="this machine has no seccomp filters"
)


def _qasr(*arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qasr_cli", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@needs_filters
@pytest.mark.parametrize(("extra", "state"), [((), "on"), (("--no-sandbox",), "off")])
def test_a_run_is_confined_unless_told_otherwise(
    tmp_path: Path, write_wav: WriteWav, extra: tuple[str, ...], state: str
) -> None:
    """A run is behind the filter, `--no-sandbox` leaves it off, and the report says which."""
    write_wav(tmp_path / "talk.wav")

    ran = _qasr("batch", tmp_path, "--engine", "fake", "--vad", "energy", "--quiet", *extra)

    assert (ran.returncode, ran.stderr) == (0, "")
    report = json.loads((tmp_path / "processing_report.json").read_text())
    assert report["sandbox"] == state


@needs_filters
def test_the_doctor_tries() -> None:
    """The doctor tries what is refused, here and in children, and says what holds, a line each."""
    checks = json.loads(_qasr("doctor", "--json", "--model", "demo", "--device", "cpu").stdout)

    found = [check for check in checks["checks"] if check["name"].startswith("sandbox")]
    names = ["sandbox", "sandbox: others", "sandbox: serve", "sandbox: ffmpeg"]
    assert [check["name"] for check in found] == names
    assert (found[0]["state"], found[2]["state"]) == ("ok", "ok")
    assert set(found[2]["tried"].values()) == {"EACCES"}
    assert len(found[2]["tried"]) == 6
    assert {check["state"] for check in found} <= {"ok", "warn"}
    assert all("tried" in check["detail"] for check in found)


# An older kernel: it answers to some calls that it does not know them.
_ON_AN_OLDER_KERNEL = """
import ctypes, errno, os, struct, sys
from qasr_cli.sandbox import machines

def instruction(*numbers):
    return struct.pack("<HBBI", *numbers)

unknown = [machines.this_machine().numbers[name] for name in sys.argv[1].split(",")]
refuse = instruction(0x06, 0, 0, 0x0005_0000 | errno.ENOSYS)
program = instruction(0x20, 0, 0, 0)
for number in unknown:
    program += instruction(0x15, 0, 1, number) + refuse
program += instruction(0x06, 0, 0, 0x7FFF_0000)
text = ctypes.create_string_buffer(program, len(program))
described = ctypes.create_string_buffer(
    struct.pack("<H6xQ", len(program) // 8, ctypes.addressof(text)), 16
)
machines.renounce_privileges()
machines.call("seccomp", 1, 0, ctypes.addressof(described))
os.execv(sys.executable, [sys.executable, "-m", "qasr_cli", *sys.argv[2:]])
"""
_NO_LANDLOCK = "landlock_create_ruleset,landlock_add_rule,landlock_restrict_self"


@needs_filters
@pytest.mark.parametrize(
    ("unknown", "state"), [(_NO_LANDLOCK, "on"), (f"seccomp,{_NO_LANDLOCK}", "unavailable")]
)
def test_older_kernels_do_the_same_work(
    tmp_path: Path, write_wav: WriteWav, unknown: str, state: str
) -> None:
    """Where a kernel has no Landlock, or no filter either, a run makes the same files."""
    write_wav(tmp_path / "talk.wav")
    run = ("batch", str(tmp_path), "--engine", "fake", "--vad", "energy", "--quiet")
    here, there = tmp_path / "here", tmp_path / "there"
    assert _qasr(*run, "--output-dir", str(here)).returncode == 0

    command = [sys.executable, "-c", _ON_AN_OLDER_KERNEL, unknown, *run]
    ran = subprocess.run([*command, "--output-dir", str(there)], check=False, capture_output=True)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert (there / "talk.srt").read_bytes() == (here / "talk.srt").read_bytes()
    report = json.loads((there / "processing_report.json").read_text())
    assert report["sandbox"] == state


@needs_filters
@pytest.mark.parametrize(
    ("unknown", "states", "of_ffmpeg"),
    [
        (_NO_LANDLOCK, ["ok", "warn", "ok", "warn"], "opens no socket"),
        (f"seccomp,{_NO_LANDLOCK}", ["warn"] * 3, "limits on memory and time alone"),
    ],
)
def test_the_doctor_says_what_does_not_hold(
    unknown: str, states: list[str], of_ffmpeg: str
) -> None:
    """Each wall that a kernel lacks is a warning that says which kernel has it."""
    doctor = ("doctor", "--json", "--model", "demo", "--device", "cpu")
    command = [sys.executable, "-c", _ON_AN_OLDER_KERNEL, unknown, *doctor]
    checks = json.loads(subprocess.run(command, check=False, capture_output=True).stdout)["checks"]

    found = [check for check in checks if check["name"].startswith("sandbox")]
    assert [check["state"] for check in found] == states
    assert of_ffmpeg in found[-1]["detail"]
    assert all("Linux" in check["remedy"] for check in found if check["state"] == "warn")


@needs_filters
def test_the_doctor_says_why_it_could_not_try(tmp_path: Path) -> None:
    """Where sockets are refused already, by a container say, what needs one is not called sound."""
    doctor = ("doctor", "--json", "--model", "demo", "--device", "cpu")
    command = [sys.executable, "-c", _BEHIND_WALLS, *doctor]
    ran = subprocess.run(command, check=False, capture_output=True, cwd=tmp_path)

    (found,) = (c for c in json.loads(ran.stdout)["checks"] if c["name"] == "sandbox: serve")
    assert (found["state"], found["tried"]) == ("warn", {})
    assert found["detail"] == "not tried: PermissionError: [Errno 13] Permission denied"


_BEHIND_WALLS = """
import os, sys
from qasr_cli import sandbox
sandbox.confine()
os.execv(sys.executable, [sys.executable, "-m", "qasr_cli", *sys.argv[1:]])
"""


def test_no_trial_imports_what_lies_in_the_folder(tmp_path: Path) -> None:
    """A module among somebody's recordings is not run, whatever of Python's it is called after."""
    for name in ("socket", "ctypes", "json", "subprocess", "qasr_cli"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()")

    qasr = Path(sys.executable).with_name("qasr")
    command = [str(qasr), "doctor", "--json", "--model", "demo", "--device", "cpu"]
    ran = subprocess.run(command, check=False, capture_output=True, cwd=tmp_path)

    assert json.loads(ran.stdout)["is_sound"]
    assert not (tmp_path / "run").exists()


def _commands(command: "Command", path: str) -> Iterator[tuple[str, "Command"]]:
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from _commands(below, f"{path} {name}")
    else:
        yield path, command


def test_only_models_pull_may_use_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command is confined but one."""
    monkeypatch.setattr(
        main,
        "_prepared",
        lambda callback, *_, is_confined: _confined_stand_in if is_confined else callback,
    )
    unconfined = set()
    for name, (module, _) in COMMANDS.items():
        top = typer.main.get_command(import_module(module).app)
        main._prepare(top, name, main._Process(is_ours=True))  # noqa: SLF001
        for path, command in _commands(top, name):
            if command.callback is not _confined_stand_in:
                unconfined.add(path)

    assert unconfined == {"models pull"}


@needs_filters
def test_only_what_opens_sockets_first_confines_itself() -> None:
    """A command that puts its walls up by itself is known here, and has its own test that it does.

    The doctor's is above; those of `qasr serve` and `qasr edit` are in `tests/serve`.
    """
    assert frozenset({"serve", "edit", "doctor"}) == CONFINE_THEMSELVES


def _confined_stand_in() -> None:
    """Marks a command that would have been confined."""
