"""`qasr batch FOLDER...`: whole folders, with resume and a report."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli import walls
from qasr_cli.cli.arguments.choices import ExecutorName
from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.folders import FolderArguments
from qasr_cli.cli.arguments.help_page import RUN
from qasr_cli.cli.arguments.option_sets import folder_options, shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.commands.plan import show_plan
from qasr_cli.cli.restart import ask_for_restart
from qasr_cli.cli.session import watched
from qasr_cli.console.lines import printable
from qasr_cli.console.table import print_table
from qasr_cli.errors import ExitCode, UsageError
from qasr_cli.options import RunOptions

if TYPE_CHECKING:
    from qasr_cli.run.batch import RunResult
    from qasr_cli.run.executor.base import Executor

_WATCH_WAIT_STABLE_S = 10.0

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


_DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say what would be done, as qasr plan does.", rich_help_panel=RUN
    ),
]
_PrintsJson = Annotated[bool, typer.Option("--json", hidden=True)]  # as of `qasr plan`
_KeepsWatch = Annotated[
    bool,
    typer.Option(
        "--watch", help="Go on with recordings to come, until stopped.", rich_help_panel=RUN
    ),
]


@app.command(cls=ConfiguredCommand)
@shared_options
@folder_options
def batch(
    *,
    given: Arguments,
    per_file: PerFile,
    chosen: FolderArguments,
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER", help="Folders of recordings.")],
    dry_run: _DryRun = False,
    keeps_watch: _KeepsWatch = False,
    prints_json: _PrintsJson = False,
) -> None:
    """Transcribe every recording in folders; what is done and unchanged is skipped."""
    if walls.are_around_another("batch", {"executor": chosen.executor, "dry_run": dry_run}):
        raise typer.Exit(_relayed(given, per_file, chosen))
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    _check(chosen, dry_run=dry_run, keeps_watch=keeps_watch, prints_json=prints_json)
    if dry_run:
        show_plan(given, per_file, chosen, folders, prints_json=prints_json)
        return
    per_file = per_file.with_run(_watching(chosen) if keeps_watch else chosen.run_options)
    work_on = many.watch_folders if keeps_watch else many.transcribe_folders
    with watched(given.console()) as (observer, stop):
        result = work_on(
            folders,
            per_file.options,
            walk=chosen.walk(skip_folders=given.skip_folders),
            output=per_file.output_of_any,
            options_of=per_file.of,
            observer=observer,
            stop=stop,
            executor=_executor(chosen, per_file, is_confined=not given.no_sandbox),
        )
    # With --overwrite a new process would do everything again.
    is_restarting = not given.overwrite and ask_for_restart(result)
    console = given.console()
    if not console.quiet and console.log_format == "text":
        _print_end(result, folders, is_restarting=is_restarting)
        if not is_restarting and not keeps_watch:
            print_table(result.outcomes, shows_all=console.verbose)
    raise typer.Exit(result.exit_code)


def _relayed(given: Arguments, per_file: PerFile, chosen: FolderArguments) -> int:
    """Have another process do the command, and machines of a cluster its work; the exit code."""
    from qasr_cli.cluster.connection import Cluster
    from qasr_cli.cluster.relay import relay

    if chosen.address is None:
        raise UsageError(
            "--executor ray needs --address HOST:PORT of a cluster that runs (ray start says it)"
        )
    run = per_file.with_run(chosen.run_options).options.run
    if run.devices:
        raise UsageError("--devices names GPUs of this machine: a cluster gives each worker one")
    most_count = run.workers if isinstance(run.workers, int) else None
    cluster = Cluster(
        chosen.address,
        most_count=most_count,
        uses_gpus=given.device != "cpu",
        is_confined=not given.no_sandbox,
    )
    return relay(cluster, mark=walls.RELAYED)


def _executor(
    chosen: FolderArguments, per_file: PerFile, *, is_confined: bool
) -> "Executor | None":
    """What hears the files of a run elsewhere; None = what its options say, behind walls."""
    if chosen.address is not None and walls.is_planner():
        from qasr_cli.run.executor.relayed import RelayedExecutor

        return RelayedExecutor(chosen.address)
    from qasr_cli.api import workers

    if is_confined or not workers.has_workers(per_file.options):
        return None
    return workers.local_executor(per_file.options, is_confined=False)


def _check(chosen: FolderArguments, *, dry_run: bool, keeps_watch: bool, prints_json: bool) -> None:
    if chosen.address is not None and chosen.executor != ExecutorName.RAY:
        raise UsageError("--address is that of a cluster: it goes with --executor ray")
    if dry_run and keeps_watch:
        raise UsageError("--dry-run and --watch contradict each other")
    if prints_json and not dry_run:
        raise UsageError(
            "--json goes with --dry-run; -f json writes results, --log-format json a line a file"
        )


def _print_end(result: "RunResult", folders: list[str], *, is_restarting: bool) -> None:
    if not result.outcomes and result.exit_code == ExitCode.OK:
        typer.echo(f"qasr: no recordings in {', '.join(map(printable, folders))}", err=True)
    if is_restarting:
        typer.echo("qasr: going on in a new process", err=True)


def _watching(chosen: FolderArguments) -> Callable[[RunOptions], RunOptions]:
    """How a run behaves that takes a file only once it has stopped changing."""

    def run_options(run: RunOptions) -> RunOptions:
        run = chosen.run_options(run)
        if run.wait_stable_s is not None:
            return run
        return replace(run, wait_stable_s=_WATCH_WAIT_STABLE_S)

    return run_options
