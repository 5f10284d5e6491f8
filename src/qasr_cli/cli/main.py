"""The command line as a whole: finds the commands, turns errors into one line and a code.

A command's module is imported when it is named, so that `qasr --help` costs next to nothing.
"""

import contextlib
import functools
import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from qasr_cli import __version__
from qasr_cli.errors import ExitCode, QasrError

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

# Name -> module that holds its Typer as `app`, and the line that `qasr --help` shows.
COMMANDS = {
    "transcribe": ("qasr_cli.cli.transcribe", "Transcribe recordings."),
    "batch": ("qasr_cli.cli.batch", "Transcribe every recording in folders."),
    "plan": ("qasr_cli.cli.plan", "Say what a batch would do, and how long it would take."),
    "align": ("qasr_cli.cli.align", "Time a text that exists."),
    "report": ("qasr_cli.cli.report", "Show, merge and search reports of batches."),
    "render": ("qasr_cli.cli.render", "Cut saved results again, with other options."),
    "minutes": ("qasr_cli.cli.minutes", "Topics, tasks and a summary of saved results."),
    "lint": ("qasr_cli.cli.lint", "Check subtitles against a profile."),
    "config": ("qasr_cli.cli.config", "Show what qasr.toml and QASR_* variables set."),
    "models": ("qasr_cli.cli.models", "List, pull, check and convert models."),
    "doctor": ("qasr_cli.cli.doctor", "Check what qasr needs on this machine."),
}
# All others run behind the filter, commands to come included.
NETWORK_COMMANDS = frozenset({"models pull"})


class _LazyGroup(TyperGroup):
    """Commands by name, imported on demand."""

    def list_commands(self, ctx: "Context") -> list[str]:  # noqa: ARG002  # the base's signature
        return list(COMMANDS)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(COMMANDS[cmd_name][0]).app)
        command.name = cmd_name
        if ctx.obj is _CONFINED:
            _confine(command, cmd_name)
        return command

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


_CONFINED = object()  # as the context's object: this process is ours to confine


def _confine(command: "Command", path: str) -> None:
    """Make a command, and those below it, refuse itself the network before its own code runs."""
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            _confine(below, f"{path} {name}")
    elif command.callback is not None and path not in NETWORK_COMMANDS:
        command.callback = _confined(command.callback)


def _confined(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_confined(**values: Any) -> Any:  # noqa: ANN401  # whatever Typer hands on
        if not values.get("no_sandbox", False):
            from qasr_cli.sandbox import confine

            confine()  # where there is no filter, the report and the doctor say so
        return callback(**values)

    return run_confined


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
    try:
        app(args=arguments, prog_name="qasr", obj=_CONFINED if confined else None)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(ExitCode.BUG)
    except QasrError as error:
        from qasr_cli.console.lines import printable

        typer.echo(f"qasr: {printable(str(error))}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("qasr: stopped", err=True)
        return ExitCode.INTERRUPTED
    except OSError as error:
        # Standard output takes no more: its reader went away, or its disk is full.
        if not isinstance(error, BrokenPipeError):
            typer.echo(f"qasr: {error}", err=True)
        _forget_standard_output()
        return ExitCode.ENVIRONMENT
    except Exception:  # noqa: BLE001  # a bug still ends with a code a script can tell apart
        traceback.print_exc()
        typer.echo("qasr: internal error, please report it with the lines above", err=True)
        return ExitCode.BUG
    return ExitCode.OK


def _forget_standard_output() -> None:
    """Keep the interpreter from flushing it, and complaining, at exit."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
