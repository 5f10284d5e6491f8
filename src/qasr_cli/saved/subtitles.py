"""Subtitle files read back."""

import os
from collections.abc import Callable, Mapping

from qasr_cli.core.types import ReadCue
from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.formats.readers import read_srt, read_vtt

_READERS: Mapping[str, Callable[[str], tuple[ReadCue, ...]]] = {".srt": read_srt, ".vtt": read_vtt}
SUBTITLE_SUFFIXES = tuple(_READERS)


def read_subtitles(path: str) -> tuple[ReadCue, ...]:
    """The cues of a subtitle file.

    Args:
        path: its suffix is one of `SUBTITLE_SUFFIXES`.

    Raises:
        UnreadableInput: it cannot be opened.
        MalformedInput: it holds no such thing.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return _READERS[suffix_of(path)](file.read())
    except OSError as error:
        raise UnreadableInput(path, error.strerror or type(error).__name__) from error
    except ValueError as error:
        raise MalformedInput(path, str(error)) from error


def suffix_of(path: str) -> str:
    """The extension in lower case, with its dot."""
    return os.path.splitext(path)[1].lower()
