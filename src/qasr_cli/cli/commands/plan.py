"""`qasr plan FOLDER...`: what `qasr batch` would do with the same options. Changes nothing."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.folders import FolderArguments
from qasr_cli.cli.arguments.option_sets import folder_options, shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import clock, left_out_text, outcome_line, printable

if TYPE_CHECKING:
    from qasr_cli.core.outcomes import FileOutcome
    from qasr_cli.run.forecast import Forecast, ToDo

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command(cls=ConfiguredCommand)
@shared_options
@folder_options
def plan(
    *,
    given: Arguments,
    per_file: PerFile,
    chosen: FolderArguments,
    folders: Annotated[list[str], typer.Argument(metavar="FOLDER", help="Folders of recordings.")],
) -> None:
    """Say what a batch would do: files, hours, what is skipped and why, time and memory."""
    show_plan(given, per_file, chosen, folders)


def show_plan(
    given: Arguments, per_file: PerFile, chosen: FolderArguments, folders: list[str]
) -> None:
    """Print what a batch with these options would do, on standard output."""
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    per_file = per_file.with_run(chosen.run_options)
    console = given.console()
    is_text = console.log_format == "text"

    def print_file(file: "ToDo | FileOutcome") -> None:
        if is_text and not console.quiet:
            typer.echo(_line(file))

    forecast = many.plan_folders(
        folders,
        per_file.options,
        walk=chosen.walk(skip_folders=given.skip_folders),
        output=per_file.output_of_any,
        options_of=per_file.of,
        on_file=print_file,
    )
    if not is_text:
        typer.echo(json.dumps(forecast.to_document(), indent=2))
        return
    for line in _summary(forecast, given):
        typer.echo(printable(line))


def _line(file: "ToDo | FileOutcome") -> str:
    from qasr_cli.run.forecast import ToDo

    if not isinstance(file, ToDo):
        return outcome_line(file)
    length = "length unknown" if file.duration_ms is None else clock(file.duration_ms / 1000)
    rest = "  goes on where it was" if file.began_before else ""
    return printable(f"todo     {file.media.relative_path}  {length}{rest}")


def _summary(forecast: "Forecast", given: Arguments) -> Iterator[str]:
    counts = forecast.to_document()["summary"]
    unknown = counts["unknown_length"]
    yield (
        f"{counts['total_files']} files: {counts['todo']} to do, {counts['skipped']} skipped, "
        f"{counts['failing']} cannot be done; {clock(forecast.sound_s)} of sound to do"
        + (f", and {unknown} of unknown length" if unknown else "")
        + left_out_text(forecast.left_out)
    )
    calibration = forecast.calibration
    if calibration is None or forecast.wall_s is None or forecast.memory_bytes is None:
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


def _memory_line(forecast: "Forecast") -> str:
    free, fitting = forecast.free_bytes, forecast.fitting_clip_count
    needed = f"memory   about {_gigabytes(forecast.memory_bytes or 0)}"
    groups = f"in groups of {forecast.clip_count} clips of {forecast.clip_s:g} s"
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
