"""`qasr align MEDIA`: gives an existing text its times."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from qasr_cli.cli.arguments.configured_command import ConfiguredCommand
from qasr_cli.cli.arguments.help_page import INPUT
from qasr_cli.cli.arguments.option_sets import shared_options
from qasr_cli.cli.arguments.per_file import PerFile
from qasr_cli.cli.arguments.shared import Arguments
from qasr_cli.cli.commands.transcribe import (
    ReportFile,
    SkipExisting,
    report_file,
    write_report,
)
from qasr_cli.cli.session import watched
from qasr_cli.core.script.lines import Script, script_from_cues, script_from_text
from qasr_cli.errors import InputError, UsageError
from qasr_cli.formats.readers.encodings import decoded
from qasr_cli.run.plan.checks import check_file_names
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.saved.subtitles import SUBTITLE_SUFFIXES, read_subtitles, suffix_of
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import TEXT_LIMIT_BYTES, read_open_file, read_side_file

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


_TextFile = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="FILE",
        help="Time the text in this file; - reads standard input.",
        rich_help_panel=INPUT,
    ),
]
_SubtitleFile = Annotated[
    str | None,
    typer.Option(
        "--from-srt",
        metavar="FILE",
        help="Time these subtitles (srt or vtt) anew, cue by cue.",
        rich_help_panel=INPUT,
    ),
]
_KeepLines = Annotated[
    bool,
    typer.Option(
        "--keep-lines",
        help="Make every line of the text a cue of its own.",
        rich_help_panel=INPUT,
    ),
]


class _AlignCommand(ConfiguredCommand):
    # Without an aligner there is nothing to do, and a text is timed to one voice.
    unlisted = frozenset({"no_align", "speaker_names"})


@app.command(cls=_AlignCommand)
@shared_options
def align(
    *,
    given: Arguments,
    per_file: PerFile,
    media: Annotated[
        str, typer.Argument(metavar="MEDIA", help="A recording; - reads standard input.")
    ],
    text: _TextFile = None,
    from_srt: _SubtitleFile = None,
    keep_lines: _KeepLines = False,
    report: ReportFile = None,
    skip_existing: SkipExisting = False,
) -> None:
    """Give a text that exists its times: a script, lyrics, a transcript that was corrected."""
    from qasr_cli.api import many  # numpy, onnxruntime and pydub come with it

    per_file = per_file.with_run(lambda run: replace(run, skip_existing=skip_existing))
    options = per_file.of_path(media)
    if not options.engine.align:
        raise UsageError("--no-align: qasr align does nothing else")
    check_file_names([media], output=options.output)
    script = _script(media, text, from_srt, keep_lines=keep_lines)
    sources = [name for name in (media, text, from_srt) if name is not None]
    place = report_file(report, sources)
    with watched(given.console()) as (observer, stop):
        result = many.transcribe_files(
            [media], options, script=script, observer=observer, stop=stop
        )
    write_report(place, result)
    raise typer.Exit(result.exit_code)


def _script(media: str, text: str | None, from_srt: str | None, *, keep_lines: bool) -> Script:
    """The script that the options name.

    Raises:
        UsageError: not exactly one of two sources is named, or an option that fits neither.
            Also: the source cannot be read, or holds no text.
    """
    if text is not None and from_srt is not None:
        raise UsageError("--text and --from-srt both say what is spoken: give one of the two")
    if from_srt is not None:
        if keep_lines:
            raise UsageError("--keep-lines goes with --text; --from-srt always keeps its cues")
        return _script_from_subtitles(from_srt)
    if text is None:
        raise UsageError("what is spoken is missing: --text FILE, or --from-srt FILE")
    if text == media == STANDARD_STREAM:
        raise UsageError("- can be the recording or the text, not both")
    return _script_from_file(text, keep_lines=keep_lines)


def _script_from_subtitles(path: str) -> Script:
    if suffix_of(path) not in SUBTITLE_SUFFIXES:
        raise UsageError(f"--from-srt {path}: reads {' and '.join(SUBTITLE_SUFFIXES)}")
    try:
        read = read_subtitles(path)
    except InputError as error:
        raise UsageError(f"--from-srt {error}") from error
    unkept = [f"left out, as SubRip has no such markup: {', '.join(read.unkept)}"]
    notes = (*read.notes, *(unkept if read.unkept else []))
    try:
        return script_from_cues(
            read.cues, name=path, notes=tuple(f"{path}: {note}" for note in notes)
        )
    except ValueError as error:
        raise UsageError(f"--from-srt {path}: {error}") from error


def _script_from_file(path: str, *, keep_lines: bool) -> Script:
    name = "standard input" if path == STANDARD_STREAM else path
    try:
        text, note = decoded(_read(path))
        notes = () if note is None else (f"{name}: {note}",)
        return script_from_text(text, name=name, keeps_lines=keep_lines, notes=notes)
    except OSError as error:
        raise UsageError(f"--text {path}: {reason_of(error)}") from error
    except ValueError as error:
        raise UsageError(f"--text {path}: {error}") from error


def _read(path: str) -> bytes:
    if path != STANDARD_STREAM:
        return read_side_file(path, limit_bytes=TEXT_LIMIT_BYTES)
    if sys.stdin is None:
        raise UsageError("--text - reads standard input, which is closed")
    return read_open_file(sys.stdin.buffer, path, limit_bytes=TEXT_LIMIT_BYTES)
