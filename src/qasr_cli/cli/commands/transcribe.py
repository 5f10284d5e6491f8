"""`qasr transcribe FILE...`: a few files, no state left behind."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.folders import SkipSubtitled
from qasr_cli.cli.arguments.help_page import OUTPUT
from qasr_cli.cli.arguments.option_sets import shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.session import watched
from qasr_cli.core.report import report_text
from qasr_cli.errors import UsageError
from qasr_cli.storage.files import check_writable
from qasr_cli.storage.named_file import NamedFile

if TYPE_CHECKING:
    from qasr_cli.run.batch import RunResult

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


ReportFile = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a report to this file, as JSON.",
        rich_help_panel=OUTPUT,
    ),
]


SkipExisting = Annotated[
    bool,
    typer.Option(
        "--skip-existing",
        help="Leave out recordings with outputs, without counting them as failed.",
        rich_help_panel=OUTPUT,
    ),
]


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
    report: ReportFile = None,
    skip_existing: SkipExisting = False,
    skip_subtitled: SkipSubtitled = False,
) -> None:
    """Transcribe recordings; the subtitles stand beside them."""
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    place = report_file(report, files)
    per_file = per_file.with_run(
        lambda run: replace(run, skip_existing=skip_existing, skip_subtitled=skip_subtitled)
    )
    with watched(given.console()) as (observer, stop):
        result = many.transcribe_files(
            files,
            per_file.options,
            output=per_file.output_of(files),
            options_of=per_file.of,
            observer=observer,
            stop=stop,
        )
    write_report(place, result)
    raise typer.Exit(result.exit_code)


def report_file(report: str | None, inputs: Sequence[str]) -> NamedFile | None:
    """Where the report goes, checked before the work begins; None where none is wanted.

    Raises:
        UsageError, OutputError: it could not be written, or an input would be lost to it.
    """
    if report is None:
        return None
    place = NamedFile.at(report, option="--report")
    for path in inputs:
        if place.has_stood and os.path.exists(path) and os.path.samefile(report, path):
            raise UsageError(f"--report {report}: is what is to be read")
    check_writable(os.path.dirname(report) or ".")
    return place


def write_report(place: NamedFile | None, result: "RunResult") -> None:
    """Put the report of a run where `--report` says, if it does."""
    if place is not None:
        place.write("".join(report_text(result.report)).encode())
