"""The command line as a whole: mounts the commands, turns errors into one line and a code."""

import os
import sys
import traceback
from typing import Annotated

import typer

from qasr_cli import __version__
from qasr_cli.cli import batch, doctor, models, transcribe
from qasr_cli.console.lines import printable
from qasr_cli.errors import ExitCode, QasrError

app = typer.Typer(
    name="qasr",
    help="Subtitles for whole folders of recordings, made on your own machine.",
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


app.command("transcribe")(transcribe.transcribe)
app.command("batch")(batch.batch)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor)


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and say how it ended. The only place that prints an error."""
    try:
        app(args=arguments, prog_name="qasr")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(ExitCode.OK)
    except QasrError as error:
        typer.echo(f"qasr: {printable(str(error))}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("qasr: stopped", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ENVIRONMENT
    except Exception:  # noqa: BLE001  # a bug still ends with a code a script can tell apart
        traceback.print_exc()
        typer.echo("qasr: internal error, please report it with the lines above", err=True)
        return ExitCode.BUG
    return ExitCode.OK
