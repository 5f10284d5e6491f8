"""Subtitles and texts that grow by finals while a session runs: what stands there never changes."""

import os
from typing import Self

from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.registry import Format
from qasr_cli.options import FormatOptions
from qasr_cli.storage.files import os_errors_of_one_output, write_all
from qasr_cli.system import open_files

# Their text is a head, and then a piece for each phrase. All others say something of the whole.
_FORMATS = frozenset({"srt", "vtt", "txt", "tsv", "simple"})


def can_grow(format_: Format) -> bool:
    """Whether outputs of a format can be written piece by piece."""
    return format_.name in _FORMATS


class GrowingFile:
    """One output, opened once; every piece is written in one go, and there after a kill."""

    def __init__(self, path: str, descriptor: int, format_: Format, options: FormatOptions) -> None:
        self._path = path
        self._descriptor = descriptor
        self._format = format_
        self._options = options
        self._cue_count = 0

    @classmethod
    def begun(cls, path: str, format_: Format, options: FormatOptions) -> Self:
        """A new output with nothing but its head.

        Raises:
            OutputError, OutputRefused: it cannot be written.
        """
        flags = open_files.WRITE | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        with os_errors_of_one_output(path):
            growing = cls(path, os.open(path, flags, 0o666), format_, options)
            write_all(growing._descriptor, format_.encoded(growing._head(), options))
        return growing

    def add(self, phrase: Transcript, cues: tuple[Cue, ...]) -> None:
        """Append a phrase.

        Raises:
            OutputError, OutputRefused: the disk takes no more.
        """
        text = self._format.render(phrase, cues, self._options)
        body = text.removeprefix(self._head())
        if self._format.name == "srt":
            body = _numbered(body, after=self._cue_count)
        self._cue_count += len(cues)
        with os_errors_of_one_output(self._path):
            data = self._format.encoded(body, self._options)
            write_all(self._descriptor, data.removeprefix("\ufeff".encode()))

    def close(self) -> None:
        """Close it; what was written stays."""
        os.close(self._descriptor)

    def _head(self) -> str:
        head = self._format.render(_NOTHING, (), self._options)
        return "" if head == "\n" else head


_NOTHING = Transcript(
    file="",
    duration_ms=0,
    language=None,
    text="",
    segments=(),
    clips=(),
    models={},
    settings={},
    warnings=(),
)


def _numbered(text: str, *, after: int) -> str:
    import srt

    cues = list(srt.parse(text))
    for cue in cues:
        cue.index = (cue.index or 0) + after
    composed: str = srt.compose(cues, reindex=False)
    return composed
