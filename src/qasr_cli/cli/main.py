"""The command line as a whole: finds the commands, turns errors into one line and a code.

A command's module is imported when it is named, so that `qasr --help` costs next to nothing.
"""

import contextlib
import functools
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from qasr_cli import __version__
from qasr_cli.cli.command_table import COMMANDS, NETWORK_COMMANDS
from qasr_cli.errors import ExitCode, QasrError

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


class _LazyGroup(TyperGroup):
    """Commands by name, imported on demand."""

    def list_commands(self, ctx: "Context") -> list[str]:  # noqa: ARG002  # the base's signature
        return list(COMMANDS)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(COMMANDS[cmd_name][0]).app)
        command.name = cmd_name
        if isinstance(ctx.obj, _Process):
            _prepare(command, cmd_name, ctx.obj)
        return command

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@dataclass(slots=True, kw_only=True)
class _Process:
    """The process of one command line; the context's object.

    Attributes:
        is_ours: to confine for good; a test's is not.
        logs_json: known once the options are read.
    """

    is_ours: bool
    logs_json: bool = False

    def say(self, error: BaseException, message: str, code: ExitCode, *, trace: str = "") -> None:
        """Print on standard error why there is no result: a line of text, or JSON."""
        if self.logs_json:
            line = {"event": "error", "kind": type(error).__name__, "message": message}
            details = {"traceback": trace} if trace else {}
            typer.echo(json.dumps(line | details | {"exit_code": int(code)}), err=True)
            return
        from qasr_cli.console.lines import printable

        typer.echo(f"{trace}qasr: {printable(message)}", err=True)


def _prepare(command: "Command", path: str, process: _Process) -> None:
    """Make a command, and those below it, block the network before its own code runs."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            _prepare(below, f"{path} {name}", process)
    elif command.callback is not None:
        is_confined = process.is_ours and path not in NETWORK_COMMANDS
        command.callback = _prepared(command.callback, process, is_confined=is_confined)


def _prepared(
    callback: Callable[..., Any], process: _Process, *, is_confined: bool
) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_prepared(**values: Any) -> Any:  # noqa: ANN401  # whatever Typer hands on
        process.logs_json = values.get("log_format") == "json"
        if is_confined and not values.get("no_sandbox", False):
            from qasr_cli.sandbox import confine

            confine()  # where there is no filter, the report and the doctor say so
        return callback(**values)

    return run_prepared


app = typer.Typer(
    name="qasr",
    cls=_LazyGroup,
    rich_markup_mode=None,  # rich would cost every --help 100 ms
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # whisper's options are spelt with "_", ffmpeg's and most others with "-": take both
        "token_normalize_func": lambda token: token.replace("_", "-"),
    },
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qasr {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Subtitles for whole folders of recordings, made on your own machine."""


def run(arguments: list[str] | None = None, *, confined: bool = False) -> int:
    """Run one command line and say how it ended. The only place that prints an error.

    Args:
        confined: refuse the network to this whole process, for good, unless the command needs it.
    """
    process = _Process(is_ours=confined)
    try:
        app(args=arguments, prog_name="qasr", obj=process)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(ExitCode.BUG)
    except QasrError as error:
        process.say(error, str(error), error.exit_code)
        return error.exit_code
    except KeyboardInterrupt as error:
        process.say(error, "stopped", ExitCode.INTERRUPTED)
        return ExitCode.INTERRUPTED
    except OSError as error:
        # Standard output takes no more: its reader went away, or its disk is full.
        if not isinstance(error, BrokenPipeError):
            process.say(error, str(error), ExitCode.ENVIRONMENT)
        _forget_standard_output()
        return ExitCode.ENVIRONMENT
    except Exception as error:  # noqa: BLE001  # a bug still has a code a script can tell apart
        message = "internal error, please report it with its traceback"
        process.say(error, message, ExitCode.BUG, trace=traceback.format_exc())
        return ExitCode.BUG
    return ExitCode.OK


def _forget_standard_output() -> None:
    """Keep the interpreter from flushing standard output, and complaining, at exit."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
