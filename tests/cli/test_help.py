"""What `--help` shows, of every command, on terminals of any width."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest
import typer
from typer.core import TyperGroup, TyperOption

from qasr_cli.cli.arguments.help_page import GroupedCommand
from qasr_cli.cli.command_table import COMMANDS
from qasr_cli.cli.main import app, run

GROUPS = ["Input", "Models", "Speech", "Subtitles", "Output", "Run"]


def _commands() -> Iterator[tuple[str, ...]]:
    """Every command as it is typed."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for name in COMMANDS:
        yield (name,)
        command = root.get_command(typer.Context(root), name)
        if isinstance(command, TyperGroup):
            yield from ((name, below) for below in command.commands)


COMMAND_LINES = [(), *_commands()]


@cache
def _help(*command: str) -> str:
    """What a pipe gets."""
    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    return ran.stdout


@pytest.mark.parametrize("command", COMMAND_LINES, ids=" ".join)
@pytest.mark.parametrize("columns", ["60", "80", "100", "200"])
def test_help_fits_any_terminal(
    command: tuple[str, ...],
    columns: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No line is wider than the terminal, no sentence is cut, no type of Python is shown."""
    monkeypatch.setenv("COLUMNS", columns)

    assert run([*command, "--help"]) == 0

    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= int(columns)
    assert not re.search(r"<|list\[|\w\.\.\.$", text.partition("\n\n")[2].replace("...\n  ", ""))
    assert "\x1b" not in text


@pytest.mark.parametrize("setting", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}])
def test_help_is_the_same_everywhere(setting: dict[str, str]) -> None:
    """Plain terminals and pipes get the same text: there is no colour in it to leave out."""
    ran = subprocess.run(
        [sys.executable, "-m", "qasr_cli", "batch", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80", **setting},
    )

    assert ran.stdout == _help("batch")


@pytest.mark.parametrize("command", ["transcribe", "batch", "plan", "align"])
def test_options_stand_in_groups(command: str) -> None:
    """In the same order everywhere; what is left over is the help itself."""
    headings = re.findall(r"^(\w+):$", _help(command), re.MULTILINE)

    assert headings == ["Arguments", *GROUPS, "Options"]
    rest = _help(command).rpartition("Options:\n")[2]
    assert rest.split()[0] == "-h,"
    assert rest.count("--") == 1


@pytest.mark.parametrize("command", COMMAND_LINES[1:], ids=" ".join)
def test_every_option_says_what_it_does(command: tuple[str, ...]) -> None:
    """In sentences, with a name for its value that is no type."""
    module, _ = COMMANDS[command[0]]
    found = typer.main.get_command(__import__(module, fromlist=["app"]).app)
    if command[1:]:
        assert isinstance(found, TyperGroup)
        found = found.commands[command[1]]
    if not isinstance(found, TyperGroup):
        assert isinstance(found, GroupedCommand)
    options = [o for o in found.params if isinstance(o, TyperOption) and not o.hidden]

    assert [o.name for o in options if not re.fullmatch(r"[A-Z].*\.", o.help or "")] == []
    assert [o.name for o in options if not o.is_flag and o.metavar is None] == []


def test_a_plan_shows_only_what_changes_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The other options of a batch are taken, so that its command line can be tried."""
    shown = _help("plan")

    assert "--max-crashes" in shown
    assert not {"--retries", "--time-budget", "--no-progress"} & set(shown.split())
    assert run(["plan", "no-such-folder", "--retries", "1", "--time-budget", "6h"]) == 2
    assert "no-such-folder" in capsys.readouterr().err


def test_align_does_not_offer_to_do_nothing() -> None:
    """`--no-align` would leave it without work."""
    assert "--no-align" not in _help("align").split()


@pytest.mark.parametrize(
    ("argv", "same"),
    [
        (["help"], ["--help"]),
        (["help", "transcribe"], ["transcribe", "--help"]),
        (["--help", "transcribe"], ["transcribe", "--help"]),
        (["-h", "models", "pull"], ["models", "pull", "--help"]),
        (["help", "models"], ["models", "--help"]),
        (["version"], ["--version"]),
    ],
)
def test_help_and_version_are_commands_too(
    argv: list[str], same: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As most programs have them."""
    assert run(same) == 0
    expected = capsys.readouterr().out

    assert run(argv) == 0

    assert capsys.readouterr() == (expected, "")
