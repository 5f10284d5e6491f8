"""`qasr batch FOLDER...`: whole folders, with resume and a report."""

import os
from dataclasses import replace
from typing import Annotated

import typer

from qasr_cli.cli.arguments import Arguments
from qasr_cli.cli.command import ConfiguredCommand
from qasr_cli.cli.option_sets import shared_options
from qasr_cli.cli.parsing import parsed_if_given
from qasr_cli.cli.per_file import PerFile
from qasr_cli.cli.restart import ask_for_restart
from qasr_cli.console.lines import printable
from qasr_cli.console.table import print_table
from qasr_cli.core.shard import shard_from_text
from qasr_cli.core.timing import seconds_from_text
from qasr_cli.options import FailureLimit
from qasr_cli.run.contexts import with_contexts
from qasr_cli.run.plan import Walk, jobs_for_folders

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@shared_options
def batch(
    *,
    given: Arguments,
    per_file: PerFile,
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER", help="Folders of recordings.")],
    recursive: Annotated[
        bool, typer.Option("--recursive/--no-recursive", help="Walk into sub-folders.")
    ] = True,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", metavar="GLOB", help="Only files that match; repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Leave out files that match; repeatable."),
    ] = None,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Follow symbolic links.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also try what failed for good, or was left out.")
    ] = False,
    verify_content: Annotated[
        bool, typer.Option("--verify-content", help="Read done files to know them unchanged.")
    ] = False,
    max_crashes: Annotated[
        int,
        typer.Option(
            "--max-crashes", metavar="N", help="Leave out what qasr died over N times; 0: never."
        ),
    ] = 3,
    max_failures: Annotated[
        str | None,
        typer.Option("--max-failures", metavar="N|P%", help="Stop when more files have failed."),
    ] = None,
    time_budget: Annotated[
        str | None,
        typer.Option("--time-budget", metavar="TIME", help="Stop in good order after, such as 6h."),
    ] = None,
    wait_stable: Annotated[
        str | None,
        typer.Option(
            "--wait-stable", metavar="TIME", help="Take no file that changed in the last, say, 10s."
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Do part I of N; auto, auto/N: as Slurm or Kubernetes say.",
        ),
    ] = None,
) -> None:
    """Transcribe every recording in folders; what is done and unchanged is skipped."""
    # numpy, onnxruntime and pydub come with it
    from qasr_cli.cli.session import open_engine, run_plan

    options = per_file.options
    run_options = replace(
        options.run,
        max_crashes=max_crashes,
        time_budget_s=parsed_if_given("--time-budget", time_budget, seconds_from_text),
        max_failures=parsed_if_given("--max-failures", max_failures, _failure_limit),
        wait_stable_s=parsed_if_given("--wait-stable", wait_stable, seconds_from_text),
        retry_failed=retry_failed,
        verify_content=verify_content,
        shard=parsed_if_given("--shard", shard, lambda text: shard_from_text(text, os.environ)),
    )
    options = replace(options, run=run_options)
    console = given.console()
    walk = Walk(
        recursive=recursive,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        follow_links=follow_links,
        # Clips kept inside the walked folder are no recordings.
        skip_folders=() if given.keep_clips is None else (given.keep_clips,),
    )
    plan = jobs_for_folders(
        folders, output=per_file.output_of_any, walk=walk, shard=options.run.shard
    )
    plan = with_contexts(plan, lambda media: per_file.of(media).context)
    engine = open_engine(options)
    if not plan.jobs and not console.quiet and console.log_format == "text":
        typer.echo(f"no recordings in {', '.join(map(printable, folders))}", err=True)
    result = run_plan(plan, engine=engine, options=options, console=console, options_of=per_file.of)
    # With --overwrite a new process would do everything again.
    if not options.output.overwrite and ask_for_restart(result):
        if not console.quiet and console.log_format == "text":
            typer.echo("qasr: going on in a new process", err=True)
    elif not console.quiet and console.log_format == "text":
        print_table(result.outcomes)
    raise typer.Exit(result.exit_code)


def _failure_limit(text: str) -> FailureLimit:
    try:
        limit = FailureLimit(amount=float(text.removesuffix("%")), is_percent=text.endswith("%"))
    except ValueError as error:
        raise ValueError(f"{text!r} is neither a number of files nor a percentage") from error
    if not 0 <= limit.amount <= (100 if limit.is_percent else float("inf")):
        raise ValueError(f"{text!r} is out of range")
    return limit
