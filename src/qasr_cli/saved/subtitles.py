"""Subtitle files read back."""

import os
from collections.abc import Iterable

from qasr_cli.core.language.guess import guess_language
from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.types import ReadCue, ReadSubtitles
from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.formats.readers.subtitles import SUBTITLE_SUFFIXES, subtitles_from
from qasr_cli.storage.near_names import reason_of
from qasr_cli.storage.side_files import TEXT_LIMIT_BYTES, read_side_file

__all__ = ["SUBTITLE_SUFFIXES", "language_of_subtitles", "read_subtitles", "suffix_of"]


def read_subtitles(path: str) -> ReadSubtitles:
    """What a subtitle file holds.

    Args:
        path: its suffix is one of `SUBTITLE_SUFFIXES`.

    Raises:
        UnreadableInput: it cannot be opened.
        MalformedInput: it holds no such thing.
    """
    try:
        content = read_side_file(path, limit_bytes=TEXT_LIMIT_BYTES)
        return subtitles_from(content, suffix=suffix_of(path))
    except OSError as error:
        raise UnreadableInput(path, reason_of(error)) from error
    except ValueError as error:
        raise MalformedInput(path, str(error)) from error


def suffix_of(path: str) -> str:
    """The extension in lower case, with its dot."""
    return os.path.splitext(path)[1].lower()


def language_of_subtitles(path: str, cues: Iterable[ReadCue]) -> str | None:
    """Their language: as in a name such as `talk.de.srt`, else as the text looks."""
    code = os.path.splitext(os.path.splitext(os.path.basename(path))[0])[1]
    language = language_from_model(code[1:]) if code else None
    return language or guess_language(" ".join(line for cue in cues for line in cue.lines))
