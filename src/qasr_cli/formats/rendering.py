"""Transcripts into the text of files: cues, then a format. No I/O, no model."""

from qasr_cli.core.subtitles.cues import cut_cues
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
    return cut_cues(transcript, options.cue, phrase_ends=phrase_ends_of(transcript))


def cuts_anew(transcript: Transcript, options: Options) -> bool:
    """Whether the options ask for others than the cues that somebody cut by hand."""
    return transcript.cues is not None and options.cue != _DEFAULTS.cue


def rendered(
    transcript: Transcript, cues: tuple[Cue, ...], options: Options
) -> tuple[tuple[Format, bytes], ...]:
    """The bytes of every file that the options ask for."""
    formats = map(format_named, options.output.formats)
    return tuple(
        (format_, format_.content(transcript, cues, options.output.rendering))
        for format_ in formats
    )
