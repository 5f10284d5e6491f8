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
    folders: Annotated[
        list[str], typer.Argument(metavar="FOLDER...", help="Folders of recordings.")
    ],
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
    from qasr_cli.cli.session import run_plan  # numpy, onnxruntime and pydub come with it

    options = given.options()
    walk = Walk(
        recursive=recursive,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        follow_links=follow_links,
    )
    plan = jobs_for_folders(
        folders, output=options.output, walk=walk, on_unreadable=_say_unreadable
    )
    if not plan.jobs:
        typer.echo(f"no recordings in {', '.join(map(printable, folders))}", err=True)
    console = given.console()
    result = run_plan(plan, options=options, console=console)
    if not console.quiet and console.log_format == "text":
        print_table(result.outcomes)
    raise typer.Exit(result.exit_code)


def _say_unreadable(folder: str, error: OSError) -> None:
    line = f"warning  {folder}: cannot be walked: {error.strerror}"
    typer.echo(printable(line), err=True)
