"""`qasr minutes RESULT...`: what a meeting was about, from saved results. No model, no torch."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.help_page import INPUT, OUTPUT
from qasr_cli.cli.arguments.option_sets import some_options
from qasr_cli.cli.arguments.parsing import parsed, typed_text
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import printable
from qasr_cli.core.minutes.minutes import Minutes, minutes_of
from qasr_cli.core.timing import ms_from_seconds, seconds_from_text
from qasr_cli.errors import ExitCode, InputError, OutputExists, UsageError
from qasr_cli.formats.minutes import render_json, render_md
from qasr_cli.run.plan.checks import check_output_dir
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.saved.results import bases_for_results, read_result
from qasr_cli.storage.files import write_standard_output, writer_of_outputs

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_RENDERERS: dict[str, Callable[[Minutes], str]] = {"md": render_md, "json": render_json}
_SHORTEST_INTERVAL_MS = 10_000


_Formats = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME[,NAME]",
        help="Write md, json or both.",
        rich_help_panel=OUTPUT,
    ),
]
_Interval = Annotated[
    str,
    typer.Option(
        "--interval",
        metavar="TIME",
        help="Divide the timeline into parts of this length: 5m, 90s, 1h30m.",
        rich_help_panel=OUTPUT,
    ),
]
_Participants = Annotated[
    str,
    typer.Option(
        "--participants",
        metavar="NAME,NAME",
        help="Name those who took part.",
        rich_help_panel=INPUT,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the user asked for.

    Attributes:
        language: that results are in which do not name one; None where the user names none.
        formats: names of `_RENDERERS`, none twice.
        interval_ms: of the timeline.
    """

    language: str | None
    formats: tuple[str, ...]
    interval_ms: int
    participants: tuple[str, ...]

    @property
    def suffixes(self) -> list[str]:
        """Ends of the outputs' names, one for each format."""
        return [f".minutes.{name}" for name in self.formats]


@app.command("minutes", cls=ConfiguredCommand)
@some_options("output_dir", "language", "overwrite", "quiet")
def write_minutes(
    *,
    given: Arguments,
    results: Annotated[
        list[str],
        typer.Argument(metavar="RESULT", help="JSON of qasr or whisper, as render reads."),
    ],
    formats: _Formats = "md",
    interval: _Interval = "5m",
    participants: _Participants = "",
) -> None:
    """Write minutes: facts, summary, topics, action items and a timeline, all with their times."""
    wanted = _Wanted(
        language=given.options().engine.language,
        formats=_formats(formats),
        interval_ms=_interval_ms(interval),
        participants=_participants(participants),
    )
    if given.output_dir == STANDARD_STREAM:
        if len(results) > 1 or len(wanted.formats) > 1:
            raise UsageError("-o - takes one result and one format")
        for content in _contents(results[0], wanted):
            write_standard_output(content)
        return
    raise typer.Exit(_write_files(results, wanted, given))


def _write_files(results: list[str], wanted: _Wanted, given: Arguments) -> ExitCode:
    """Write the minutes of every result, and say what came of each."""
    code = ExitCode.OK
    check_output_dir(given.output_dir)
    bases = bases_for_results(results, output_dir=given.output_dir, suffixes=wanted.suffixes)
    for path, base in bases.items():
        outputs = [base.for_suffix(suffix, language_code=None) for suffix in wanted.suffixes]
        try:
            _write(path, outputs, _contents(path, wanted), overwrite=given.overwrite)
        except InputError as error:
            code = ExitCode.SOME_FAILED
            typer.echo(printable(f"failed   {error}"), err=True)
        else:
            if not given.quiet:
                typer.echo(_done_line(path, outputs), err=True)
    return code


def _contents(path: str, wanted: _Wanted) -> list[bytes]:
    """The minutes of a result, once in each format."""
    result = read_result(path, language=wanted.language)
    for note in result.notes:
        typer.echo(printable(f"note     {path}: {note}"), err=True)
    minutes = minutes_of(
        result.transcript, interval_ms=wanted.interval_ms, participants=wanted.participants
    )
    return [_RENDERERS[name](minutes).encode() for name in wanted.formats]


def _write(path: str, outputs: list[str], contents: list[bytes], *, overwrite: bool) -> None:
    for output in outputs:
        if os.path.lexists(output) and not overwrite:
            raise OutputExists(path, os.path.basename(output))
    write = writer_of_outputs(path, overwrite=overwrite)
    for output, content in zip(outputs, contents, strict=True):
        write(output, content)


def _done_line(path: str, outputs: list[str]) -> str:
    more = f" +{len(outputs) - 1}" if len(outputs) > 1 else ""
    return printable(f"done     {path}  -> {os.path.basename(outputs[0])}{more}")


def _formats(value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip().lower() for name in value.split(",")))
    if unknown := [name for name in names if name not in _RENDERERS]:
        raise UsageError(f"--format takes {' and '.join(_RENDERERS)}; got {unknown[0]!r}")
    return names


def _interval_ms(value: str) -> int:
    interval_ms = ms_from_seconds(parsed("--interval", value, seconds_from_text))
    if interval_ms < _SHORTEST_INTERVAL_MS:
        raise UsageError(f"--interval takes 10s or more, such as 5m; got {value!r}")
    return interval_ms


def _participants(value: str) -> tuple[str, ...]:
    names = (name.strip() for name in re.split("[,，、;；]", typed_text(value)))
    return tuple(dict.fromkeys(name for name in names if name))
