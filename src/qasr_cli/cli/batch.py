"""`qasr batch FOLDER...`: whole folders, with resume and a report."""

from typing import Annotated

import typer

from qasr_cli.cli.arguments import Arguments, shared_options
from qasr_cli.console.lines import printable
from qasr_cli.console.table import print_table
from qasr_cli.run.plan import Walk, jobs_for_folders

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
@shared_options
def batch(
    *,
    given: Arguments,
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
) -> None:
    """Transcribe every recording in folders; what is done and unchanged is skipped."""
    # numpy, onnxruntime and pydub come with it
    from qasr_cli.cli.restart import ask_for_restart
    from qasr_cli.cli.session import open_engine, run_plan

    options = given.options()
    console = given.console()
    walk = Walk(
        recursive=recursive,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        follow_links=follow_links,
        # Clips kept inside the walked folder are no recordings.
        skip_folders=() if given.keep_clips is None else (given.keep_clips,),
    )
    plan = jobs_for_folders(folders, output=options.output, walk=walk)
    engine = open_engine(options)
    if not plan.jobs and not console.quiet and console.log_format == "text":
        typer.echo(f"no recordings in {', '.join(map(printable, folders))}", err=True)
    result = run_plan(plan, engine=engine, options=options, console=console)
    # With --overwrite a new process would do everything again.
    if not options.output.overwrite and ask_for_restart(result):
        if not console.quiet and console.log_format == "text":
            typer.echo("qasr: going on in a new process", err=True)
    elif not console.quiet and console.log_format == "text":
        print_table(result.outcomes)
    raise typer.Exit(result.exit_code)
