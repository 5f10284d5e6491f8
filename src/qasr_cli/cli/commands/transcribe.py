"""`qasr transcribe FILE...`: a few files, no state left behind."""

import os
from typing import Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.option_sets import shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.session import watched
from qasr_cli.core.report import report_text
from qasr_cli.errors import UsageError
from qasr_cli.storage.files import check_writable, write_atomically

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@shared_options
def transcribe(
    *,
    given: Arguments,
    per_file: PerFile,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Recordings; - reads standard input."),
    ],
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Write a report as JSON.")
    ] = None,
) -> None:
    """Transcribe recordings; the subtitles stand beside them."""
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    check_report_place(report)
    with watched(given.console()) as (observer, stop):
        result = many.transcribe_files(
            files,
            per_file.options,
            output=per_file.output_of(files),
            options_of=per_file.of,
            observer=observer,
            stop=stop,
        )
    write_report(report, result.report)
    raise typer.Exit(result.exit_code)


def check_report_place(report: str | None) -> None:
    """Raise before the work begins if a report could not be written."""
    if report is not None:
        if os.path.isdir(report):
            raise UsageError(f"--report {report}: is a folder, not a file")
        check_writable(os.path.dirname(report) or ".")


def write_report(path: str | None, document: dict[str, object]) -> None:
    """Put a report where `--report` says, if it does."""
    if path is not None:
        write_atomically(path, "".join(report_text(document)).encode())
