"""The command line as a whole: finds the commands, turns errors into one line and a code.

A command's module is imported when it is named, so that `qasr --help` costs next to nothing.
"""

import contextlib
import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from qasr_cli import __version__
from qasr_cli.cli import interruption, walls
from qasr_cli.cli.arguments.mistakes import sentence_for
from qasr_cli.cli.command_table import (
    COMMANDS,
    HIDDEN_COMMANDS,
    NEED_LOCKS,
    NETWORK_COMMANDS,
)
from qasr_cli.errors import ExitCode, NotOnWindows, OutputError, QasrError, UsageError
from qasr_cli.errors.suggestions import did_you_mean
from qasr_cli.system import file_locks

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter
    from typer._click.exceptions import ClickException


class _EndedEarly(BaseException):
    """Carries, as its cause, what Typer would answer with a code of its own and no word."""


@contextlib.contextmanager
def _past_typer() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError) as error:
        raise _EndedEarly from error


class _LazyGroup(TyperGroup):
    """Commands by name, imported on demand."""

    @_past_typer()
    def make_context(self, *args: Any, **settings: Any) -> "Context":  # noqa: ANN401  # the base's
        return super().make_context(*args, **settings)

    @_past_typer()
    def invoke(self, ctx: "Context") -> Any:  # noqa: ANN401  # the base's signature
        return super().invoke(ctx)

    def list_commands(self, ctx: "Context") -> list[str]:  # noqa: ARG002  # the base's signature
        return list(COMMANDS)

    def get_command(self, ctx: "Context", cmd_name: str) -> "Command | None":
        if cmd_name in COMMANDS:
            module = COMMANDS[cmd_name][0]
        elif cmd_name in HIDDEN_COMMANDS:
            module = HIDDEN_COMMANDS[cmd_name]
        else:
            return None
        command = typer.main.get_command(import_module(module).app)
        command.name = cmd_name
        if isinstance(ctx.obj, _Process):
            _prepare(command, cmd_name, ctx.obj)
        return command

    def resolve_command(
        self, ctx: "Context", args: list[str]
    ) -> "tuple[str | None, Command | None, list[str]]":
        name = args[0]
        if name not in {*COMMANDS, *HIDDEN_COMMANDS} and not name.startswith("-"):
            raise UsageError(_no_such_command(name))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _no_such_command(name: str) -> str:
    """What to say of a word where a command should be, which may be a recording."""
    if os.path.isdir(name):
        return f"{name} is a folder and no command: qasr batch {name}"
    if os.path.exists(name):
        return f"{name} is a file and no command: qasr transcribe {name}"
    advice = did_you_mean(name, COMMANDS) or f"the commands are {', '.join(COMMANDS)}"
    return f"no such command {name}; {advice}"


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
            said = _as_json(error, message, code, trace)
        else:
            from qasr_cli.console.lines import printable

            said = f"{trace}qasr: {printable(message)}"
        with contextlib.suppress(OSError):  # nobody reads it, and the code says it, too
            typer.echo(said, err=True)

    def stopped(self, error: BaseException) -> ExitCode:
        """Say that somebody stopped it; the code."""
        self.say(error, interruption.STOPPED, ExitCode.INTERRUPTED)
        return ExitCode.INTERRUPTED


def _as_json(error: BaseException, message: str, code: ExitCode, trace: str = "") -> str:
    line = {"event": "error", "kind": type(error).__name__, "message": message}
    details = {"traceback": trace} if trace else {}
    return json.dumps(line | details | {"exit_code": int(code)})


def _prepare(command: "Command", path: str, process: _Process) -> None:
    """Make a command, and those below it, block the network before its own code runs.

    Or in the midst of it, where it opens sockets first.
    """
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            _prepare(below, f"{path} {name}", process)
    elif command.callback is not None:
        is_confined = process.is_ours and path not in NETWORK_COMMANDS
        command.callback = _prepared(command.callback, path, process, is_confined=is_confined)


def _prepared(
    callback: Callable[..., Any], path: str, process: _Process, *, is_confined: bool
) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run_prepared(**values: Any) -> Any:  # noqa: ANN401  # whatever Typer hands on
        process.logs_json = values.get("log_format") == "json"
        if path in NEED_LOCKS and not file_locks.ARE_KNOWN:
            raise NotOnWindows(f"qasr {path}")
        if is_confined and not (
            values.get("no_sandbox", False) or walls.are_around_another(path, values)
        ):
            walls.before(path)
        interruption.raise_again()  # whatever was imported up to here may have swallowed it
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
    said = _as_options(sys.argv[1:] if arguments is None else arguments)
    process = _Process(is_ours=confined, logs_json=_asks_for_json(said))
    if process.logs_json:
        stopped = _as_json(KeyboardInterrupt(), interruption.STOPPED, ExitCode.INTERRUPTED)
        interruption.say_it_as(stopped)
    try:
        code = app(args=said, prog_name="qasr", obj=process, standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(ExitCode.BUG)
    except _EndedEarly as end:
        return _code_after(end.__cause__ or end, process)
    except Exception as error:  # noqa: BLE001  # a bug still has a code a script can tell apart
        return _code_after(error, process)
    return code if isinstance(code, int) else ExitCode.OK


def _as_options(arguments: list[str]) -> list[str]:
    """The command line with `help`, `version` and `--help COMMAND` as every program has them.

    >>> _as_options(["help", "models", "pull"])
    ['models', 'pull', '--help']
    """
    match arguments:
        case ["help" | "--help" | "-h", first, *more] if not first.startswith("-"):
            return [first, *more, "--help"]
        case ["help", *more]:
            return ["--help", *more]
        case ["version", *more]:
            return ["--version", *more]
        case _:
            return arguments


def _code_after(error: BaseException, process: _Process) -> ExitCode:
    """The code for what ended a command line, once the reason is said."""
    from typer._click.exceptions import ClickException

    if interruption.explains(error):
        return process.stopped(error)
    match error:
        case QasrError():
            process.say(error, str(error), error.exit_code)
            return error.exit_code
        case ClickException():
            return _refused(error, process)
        case BrokenPipeError():  # as of all that is piped into `head`
            _forget_standard_output()
            return ExitCode.UNREAD
        case OSError():
            reason = error.strerror or str(error)
            full = OutputError(error.filename or "standard output", reason)
            process.say(full, str(full), full.exit_code)
            _forget_standard_output()
            return full.exit_code
        case _:
            pass
    trace = "".join(traceback.format_exception(error))
    message = "internal error, please report it with its traceback"
    process.say(error, message, ExitCode.BUG, trace=trace)
    return ExitCode.BUG


def _refused(error: "ClickException", process: _Process) -> ExitCode:
    """Say why the command line cannot be parsed; one without a command gets the help."""
    from typer._click.exceptions import NoArgsIsHelpError

    if isinstance(error, NoArgsIsHelpError):
        error.show()
    else:
        process.say(UsageError(), sentence_for(error, _commands_with), ExitCode.USAGE)
    return ExitCode.USAGE


def _commands_with(option: str) -> list[str]:
    """The commands that take an option, each as it is typed."""

    def paths(command: "Command", path: str) -> Iterator[str]:
        below = getattr(command, "commands", {})
        for name, inner in below.items():
            yield from paths(inner, f"{path} {name}")
        if any(option in parameter.opts for parameter in command.params):
            yield path

    commands = ((typer.main.get_command(import_module(m).app), n) for n, (m, _) in COMMANDS.items())
    return [path for command, name in commands for path in paths(command, name)]


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether a command line that may never be parsed asks for JSON on standard error."""
    spelt = " ".join(arguments).replace("_", "-").replace("=", " ")
    return "--log-format json" in spelt


def _forget_standard_output() -> None:
    """Keep the interpreter from flushing standard output, and complaining, at exit."""
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
