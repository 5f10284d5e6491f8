"""`qasr transcribe FILE...`: a few files, no state left behind."""

import os
from typing import Annotated

import typer

from qasr_cli.cli.arguments import Arguments
from qasr_cli.cli.command import ConfiguredCommand
from qasr_cli.cli.option_sets import shared_options
from qasr_cli.cli.per_file import PerFile
from qasr_cli.core.report import report_text
from qasr_cli.errors import UsageError
from qasr_cli.run.contexts import with_contexts
from qasr_cli.run.files import check_writable, write_atomically
from qasr_cli.run.plan import STANDARD_STREAM, check_file_names, jobs_for_files, standard_input

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
    # numpy, onnxruntime and pydub come with it
    from qasr_cli.cli.session import open_engine, run_plan

    options = per_file.options
    console = given.console()
    output = per_file.output_of(files)
    check_file_names(files, output=output)
    engine = open_engine(options)
    with standard_input(files) as spool:
        plan = jobs_for_files(files, output=output, spool=spool)
        plan = with_contexts(plan, lambda media: per_file.of(media).context)
        check_places(report, options.output.output_dir)
        result = run_plan(
            plan, engine=engine, options=options, console=console, options_of=per_file.of
        )
    write_report(report, result.report)
    raise typer.Exit(result.exit_code)


def check_places(report: str | None, output_dir: str | None) -> None:
    """Find out before the work that a place takes no files."""
    if report is not None:
        if os.path.isdir(report):
            raise UsageError(f"--report {report}: is a folder, not a file")
        check_writable(os.path.dirname(report) or ".")
    if output_dir is not None and output_dir != STANDARD_STREAM:
        check_writable(output_dir)


def write_report(path: str | None, document: dict[str, object]) -> None:
    """Put a report where `--report` says, if it does."""
    if path is not None:
        write_atomically(path, "".join(report_text(document)).encode())
