"""Transcripts into the text of files: cues, then a format. No I/O, no model."""

from dataclasses import replace

from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.shot_changes import at_shot_changes
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.dictionaries import phrase_ends_of
from qasr_cli.formats.registry import Format, format_named, parse_formats
from qasr_cli.options import Options

_DEFAULTS = Options()


def render(transcript: Transcript, /, format: str = "srt", options: Options = _DEFAULTS) -> str:  # noqa: A002  # its name everywhere
    """The text of one file: subtitles, or whatever else the format is.

    Args:
        format: a name that `--format` takes.
        options: how cues are cut; `output.formats` is not looked at, nor are `bom` and `crlf`.

    Raises:
        UsageError: there is no such format.
    """
    (name,) = parse_formats([format])
    cues = cues_of(transcript, options)
    return format_named(name).render(transcript, cues, options.output.rendering)


def cues_of(transcript: Transcript, options: Options = _DEFAULTS) -> tuple[Cue, ...]:
    """The subtitles of a transcript, in order.

    Those that somebody cut by hand stay as they are, unless the options ask for others.
    """
    if transcript.cues is not None and not cuts_anew(transcript, options):
        return transcript.cues
    cues = cut_cues(transcript, options.cue, phrase_ends=phrase_ends_of(transcript))
    return at_shot_changes(cues, transcript, options.cue)


def cuts_anew(transcript: Transcript, options: Options) -> bool:
    """Whether the options ask for others than the cues that somebody cut by hand."""
    elsewhere = replace(options.cue, shot_changes=None)  # that cuts nothing anew
    return transcript.cues is not None and elsewhere != _DEFAULTS.cue


def was_looked_at(transcript: Transcript) -> bool:
    """Whether somebody looked for the cuts of its picture, if it has one."""
    cue = transcript.settings.get("cue")
    wanted = cue.get("shot_changes") if isinstance(cue, dict) else None
    return transcript.shot_changes is not None or wanted == "auto"


def rendered(
    transcript: Transcript, cues: tuple[Cue, ...], options: Options
) -> tuple[tuple[Format, bytes], ...]:
    """The bytes of every file that the options ask for."""
    formats = map(format_named, options.output.formats)
    return tuple(
        (format_, format_.content(transcript, cues, options.output.rendering))
        for format_ in formats
    )
