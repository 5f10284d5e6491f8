"""`qasr lint FILE...`: what is wrong with subtitles, cue by cue. Changes nothing."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.help_page import OUTPUT, listed
from qasr_cli.cli.arguments.option_sets import some_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.console.lines import printable
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.lint import Verdict, lint
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.errors import ExitCode, InputError, UsageError
from qasr_cli.run.plan.checks import check_one_picture
from qasr_cli.saved.subtitles import (
    SUBTITLE_SUFFIXES,
    language_of_subtitles,
    read_subtitles,
    suffix_of,
)

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_LIMIT_OPTIONS = (
    "profile",
    "max_line_width",
    "max_line_count",
    "max_cps",
    "min_duration_ms",
    "max_duration_ms",
    "fps",
    "cjk_punct",
    "translated",
    "shot_changes",
)


class OutputFormat(StrEnum):
    """How the findings are written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    path: str
    language: str | None
    verdict: Verdict
    notes: tuple[str, ...]


@app.command("lint", cls=ConfiguredCommand)
@some_options(*_LIMIT_OPTIONS, "language", "quiet")
def lint_files(
    *,
    given: Arguments,
    per_file: PerFile,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Subtitles: .srt or .vtt.")],
    output_format: Annotated[
        OutputFormat,
        typer.Option(
            "--format",
            "-f",
            metavar=listed(OutputFormat),
            help="Print lines for people, or JSON.",
            rich_help_panel=OUTPUT,
        ),
    ] = OutputFormat.TEXT,
) -> None:
    """Check subtitles against the limits of a profile; ends with 1 where there are errors."""
    check_one_picture(per_file.of_path(path).cue for path in files)
    for path in files:
        if suffix_of(path) not in SUBTITLE_SUFFIXES:
            raise UsageError(f"{path}: qasr lint reads {' and '.join(SUBTITLE_SUFFIXES)}")
    checked: list[_Checked] = []
    has_failed = False
    for path in files:
        try:
            options = per_file.of_path(path)
            checked.append(_check(path, options.engine.language, options.cue))
        except InputError as error:
            has_failed = True
            typer.echo(printable(f"failed   {error}"), err=True)
    if output_format is OutputFormat.JSON:
        typer.echo(json.dumps({"files": [_to_json(one) for one in checked]}, indent=2))
    else:
        for one in checked:
            _print(one, is_quiet=given.quiet)
    has_failed |= any(one.verdict.count_of("error") for one in checked)
    raise typer.Exit(ExitCode.SOME_FAILED if has_failed else ExitCode.OK)


def _check(path: str, language: str | None, options: CueOptions) -> _Checked:
    read = read_subtitles(path)
    cues = read.cues
    language = language or language_of_subtitles(path, cues)
    if options.shot_changes == "auto":
        raise UsageError("qasr lint sees no picture: --shot-changes FILE names a list of its cuts")
    verdict = lint(
        cues,
        language=language,
        limits=limits_of(language, options),
        shot_changes_ms=options.shot_changes or (),
        fps=options.fps,
    )
    return _Checked(path=path, language=language, verdict=verdict, notes=read.notes)


# --- output -----------------------------------------------------------------------------------


def _summary(verdict: Verdict) -> dict[str, Any]:
    return {
        "cues": verdict.cue_count,
        "lines": verdict.line_count,
        "errors": verdict.count_of("error"),
        "warnings": verdict.count_of("warning"),
        "line_length_ok_percent": verdict.percent_without("line-length"),
        "reading_speed_ok_percent": verdict.percent_without("reading-speed"),
        "too_short": verdict.count("short", "no-duration"),
        "too_long": verdict.count("long"),
        "gaps": verdict.count("gap", "flicker"),
        "overlaps": verdict.count("overlap", "order"),
        "orphans": verdict.count("orphan"),
        "function_word_ends": verdict.count("function-word"),
    }


def _to_json(one: _Checked) -> dict[str, Any]:
    return {
        "file": one.path,
        "language": one.language,
        "notes": list(one.notes),
        "summary": _summary(one.verdict),
        "breaches": [asdict(breach) for breach in one.verdict.breaches],
    }


def _print(one: _Checked, *, is_quiet: bool) -> None:
    for note in () if is_quiet else one.notes:
        typer.echo(printable(f"{one.path}: note: {note}"))
    for breach in one.verdict.breaches:
        if breach.severity == "error" or not is_quiet:
            place = f"{one.path}: cue {breach.cue} ({clock_from_ms(breach.start_ms)})"
            typer.echo(printable(f"{place}: {breach.severity}: {breach.text}"))
    summary = _summary(one.verdict)
    figures = ", ".join(
        f"{name.removesuffix('_percent').replace('_', ' ')} {value:g}"
        + (" %" if name.endswith("_percent") else "")
        for name, value in summary.items()
    )
    if not is_quiet:
        language = one.language or "language unknown"
        typer.echo(printable(f"{one.path}: {language}: {figures}"))
