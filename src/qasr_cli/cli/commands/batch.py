"""`qasr batch FOLDER...`: whole folders, with resume and a report."""

from dataclasses import replace
from typing import Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.folders import FolderArguments
from qasr_cli.cli.arguments.option_sets import folder_options, shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.commands.plan import show_plan
from qasr_cli.cli.restart import ask_for_restart
from qasr_cli.cli.session import watched
from qasr_cli.console.lines import printable
from qasr_cli.console.table import print_table
from qasr_cli.errors import UsageError
from qasr_cli.options import RunOptions

_WATCH_WAIT_STABLE_S = 10.0

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@shared_options
@folder_options
def batch(
    *,
    given: Arguments,
    per_file: PerFile,
    chosen: FolderArguments,
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER", help="Folders of recordings.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, as qasr plan does.")
    ] = False,
    keeps_watch: Annotated[
        bool, typer.Option("--watch", help="Go on with recordings to come, until stopped.")
    ] = False,
) -> None:
    """Transcribe every recording in folders; what is done and unchanged is skipped."""
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    if dry_run and keeps_watch:
        raise UsageError("--dry-run and --watch contradict each other")
    if dry_run:
        show_plan(given, per_file, chosen, folders)
        return
    per_file = per_file.with_run(
        lambda run: _settling(chosen.run_options(run)) if keeps_watch else chosen.run_options(run)
    )
    do = many.watch_folders if keeps_watch else many.transcribe_folders
    console = given.console()
    with watched(console) as (observer, stop):
        result = do(
            folders,
            per_file.options,
            walk=chosen.walk(skip_folders=given.skip_folders),
            output=per_file.output_of_any,
            options_of=per_file.of,
            observer=observer,
            stop=stop,
        )
    is_talkative = not console.quiet and console.log_format == "text"
    if not result.outcomes and is_talkative:
        typer.echo(f"no recordings in {', '.join(map(printable, folders))}", err=True)
    # With --overwrite a new process would do everything again.
    if not given.overwrite and ask_for_restart(result):
        if is_talkative:
            typer.echo("qasr: going on in a new process", err=True)
    elif is_talkative and not keeps_watch:
        print_table(result.outcomes)
    raise typer.Exit(result.exit_code)


def _settling(run: RunOptions) -> RunOptions:
    """What arrives while somebody watches is seldom whole at once."""
    if run.wait_stable_s is not None:
        return run
    return replace(run, wait_stable_s=_WATCH_WAIT_STABLE_S)
