"""Subtitle files read back."""

import os

from qasr_cli.core.types import ReadSubtitles
from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.formats.readers.subtitles import SUBTITLE_SUFFIXES, subtitles_from
from qasr_cli.storage.side_files import TEXT_LIMIT_BYTES, read_side_file

__all__ = ["SUBTITLE_SUFFIXES", "read_subtitles", "suffix_of"]


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
        raise UnreadableInput(path, error.strerror or type(error).__name__) from error
    except ValueError as error:
        raise MalformedInput(path, str(error)) from error


def suffix_of(path: str) -> str:
    """The extension in lower case, with its dot."""
    return os.path.splitext(path)[1].lower()
