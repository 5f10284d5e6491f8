"""`qasr plan FOLDER...`: what `qasr batch` would do with the same options. Changes nothing."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.folders import FolderArguments
from qasr_cli.cli.arguments.help_page import OUTPUT, RUN
from qasr_cli.cli.arguments.option_sets import folder_options, shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import left_out_text, outcome_line, printable
from qasr_cli.core.counts import counted
from qasr_cli.core.timing import clock

if TYPE_CHECKING:
    from qasr_cli.run.forecast import Forecast, Foretold

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


class _PlanCommand(ConfiguredCommand):
    unlisted = frozenset(
        {
            *("retries", "max_failures", "time_budget", "wait_stable", "no_lock", "threads"),
            *("cuda_graphs", "batch_invariant", "allow_cpu_fallback", "min_coverage", "strict"),
            *("verbose", "no_progress", "workers", "devices", "allow_mixed"),
        }
    )


@app.command(
    cls=_PlanCommand,
    epilog="The other options of qasr batch are taken, too: they change nothing here.",
)
@shared_options
@folder_options
def plan(
    *,
    given: Arguments,
    per_file: PerFile,
    chosen: FolderArguments,
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER", help="Folders of recordings.")],
    prints_json: Annotated[
        bool, typer.Option("--json", help="Print JSON.", rich_help_panel=OUTPUT)
    ] = False,
    shards: Annotated[
        int | None,
        typer.Option(
            "--shards",
            metavar="N",
            help="Write down N parts of about the same length, for qasr batch --shard.",
            rich_help_panel=RUN,
        ),
    ] = None,
) -> None:
    """Say what a batch would do: files, hours, what is skipped and why, time and memory."""
    show_plan(given, per_file, chosen, folders, prints_json=prints_json, shard_count=shards)


def show_plan(
    given: Arguments,
    per_file: PerFile,
    chosen: FolderArguments,
    folders: list[str],
    *,
    prints_json: bool,
    shard_count: int | None = None,
) -> None:
    """Print what a batch with these options would do, on standard output."""
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    per_file = per_file.with_run(chosen.run_options)
    console = given.console()
    is_text = console.log_format == "text" and not prints_json

    def print_file(file: "Foretold") -> None:
        if is_text and not console.quiet:
            typer.echo(_line(file))

    forecast = many.plan_folders(
        folders,
        per_file.options,
        walk=chosen.walk(skip_folders=given.skip_folders),
        output=per_file.output_of_any,
        options_of=per_file.of,
        on_file=print_file,
        shard_count=shard_count,
    )
    if not is_text:
        typer.echo(json.dumps(forecast.to_document(), indent=2))
        return
    for line in _summary(forecast, given):
        typer.echo(printable(line))


def _line(file: "Foretold") -> str:
    from qasr_cli.run.forecast import ToDo, ToRender

    if isinstance(file, ToRender):
        return printable(f"render   {file.media.relative_path}  from what was heard before")
    if not isinstance(file, ToDo):
        return outcome_line(file)
    length = "length unknown" if file.duration_ms is None else clock(file.duration_ms / 1000)
    rest = "  goes on where it was" if file.began_before else ""
    return printable(f"todo     {file.media.relative_path}  {length}{rest}")


def _summary(forecast: "Forecast", given: Arguments) -> Iterator[str]:
    counts = forecast.to_document()["summary"]
    unknown = counts["unknown_length"]
    rendered = f"{counts['render']} to render, " if counts["render"] else ""
    yield (
        f"{counted(counts['total_files'], 'file')}: {counts['todo']} to do, {rendered}"
        f"{counts['skipped']} skipped, "
        f"{counts['failing']} cannot be done; {clock(forecast.sound_s)} of sound to do"
        + (f", and {unknown} of unknown length" if unknown else "")
        + left_out_text(forecast.left_out)
    )
    yield from _part_lines(forecast)
    if forecast.models_missing is not None:
        yield f"time and memory are not known: {forecast.models_missing}"
        yield "until the models are here, files that are done count as to do"
        return
    if not counts["todo"]:
        return  # no model is needed
    calibration = forecast.calibration
    if calibration is None or forecast.wall_s is None:
        yield (
            "time and memory are not known: these models were not measured here; "
            f"qasr doctor --calibrate --model {given.model} --device {given.device} does it"
        )
        return
    rtfx = calibration.group_for(given.batch_size).rtfx
    yield (
        f"time     about {clock(forecast.wall_s)} on {calibration.ran_on}, "
        f"at {rtfx:.1f} x real time (measured {calibration.measured[:10]})"
    )
    yield _memory_line(forecast)


def _part_lines(forecast: "Forecast") -> Iterator[str]:
    for part in forecast.parts:
        files = counted(part.file_count, "file")
        shard = f"{part.shard.index}/{part.shard.count}"
        yield f"part     {shard}  {files}, {clock(part.sound_s)} of sound"
    if forecast.parts:
        yield "each machine does its own with the same options: qasr batch ... --shard I/N"


def _memory_line(forecast: "Forecast") -> str:
    free, fitting = forecast.free_bytes, forecast.fitting_clip_count
    if forecast.memory_bytes is None:
        return "memory   is not known: this system does not say what a process held"
    needed = f"memory   about {_gigabytes(forecast.memory_bytes)}"
    groups = f"in groups of {counted(forecast.clip_count or 0, 'clip')} of {forecast.clip_s:g} s"
    if free is None or fitting is None:
        return f"{needed}, {groups}"
    fits = (
        f"groups of up to {fitting} fit (--batch-size)"
        if fitting
        else "not even one clip fits: --model 0.6b, --no-align or a smaller --max-chunk-s"
    )
    return f"{needed} of {_gigabytes(free)} free, {groups}; {fits}"


def _gigabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
