"""`qasr transcribe FILE...`: a few files, no state left behind."""

from typing import Annotated

import typer

from qasr_cli.cli.arguments import Arguments, shared_options
from qasr_cli.run.files import write_atomically
from qasr_cli.run.plan import jobs_for_files, standard_input
from qasr_cli.run.store import json_bytes

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
@shared_options
def transcribe(
    *,
    given: Arguments,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Recordings; - reads standard input."),
    ],
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Write a report as JSON.")
    ] = None,
) -> None:
    """Transcribe recordings; the subtitles stand beside them."""
    from qasr_cli.cli.session import run_plan  # numpy, onnxruntime and pydub come with it

    options = given.options()
    with standard_input(files) as spool:
        plan = jobs_for_files(files, output=options.output, spool=spool)
        result = run_plan(plan, options=options, console=given.console())
    if report is not None:
        write_atomically(report, json_bytes(result.report, indent=2))
    raise typer.Exit(result.exit_code)
