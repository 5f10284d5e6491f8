"""The bytes of a file of subtitles to cues, by what it holds and not by its name. No I/O."""

from dataclasses import replace

from qasr_cli.core.types import ReadSubtitles
from qasr_cli.formats.readers.encodings import decoded
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.formats.readers.vtt import is_vtt, read_vtt

SUBTITLE_SUFFIXES = (".srt", ".vtt")


def subtitles_from(data: bytes, *, suffix: str) -> ReadSubtitles:
    """What a file holds.

    Args:
        data: all of it.
        suffix: one of `SUBTITLE_SUFFIXES`.

    Raises:
        ValueError: it is neither SubRip nor WebVTT, and why in one line.
    """
    text, encoding_note = decoded(data)
    notes = [] if encoding_note is None else [encoding_note]
    if is_vtt(text):
        read = read_vtt(text)
        if suffix != ".vtt":
            notes.append("read as WebVTT, which it is")
    else:
        if suffix == ".vtt" and "-->" not in text:
            return read_vtt(text)  # which says what is wrong
        read = read_srt(text)
        if suffix == ".vtt":
            notes.append("read as SubRip: it does not begin with WEBVTT")
    return replace(read, notes=(*notes, *read.notes))
