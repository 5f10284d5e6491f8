"""The output formats by name. Importing this imports none of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import UsageError
from qasr_cli.options import FormatOptions

Renderer = Callable[..., str]
_DEFAULTS = FormatOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of output file.

    Attributes:
        name: what `--format` takes.
        suffix: of the file, dot included; no two formats share one.
        module: import string; the module has `render(transcript, cues) -> str`.
        can_highlight: `render` takes `highlight_words`.
        is_strictly_utf8: no byte order mark and no CRLF, whatever is asked for.
    """

    name: str
    suffix: str
    module: str
    can_highlight: bool = False
    is_strictly_utf8: bool = False

    def render(
        self, transcript: Transcript, cues: tuple[Cue, ...], options: FormatOptions = _DEFAULTS
    ) -> str:
        """The content of the file: ends with a line break, and is valid without any speech."""
        renderer = cast("Renderer", import_module(self.module).render)
        if self.can_highlight:
            return renderer(transcript, cues, highlight_words=options.highlight_words)
        return renderer(transcript, cues)

    def content(
        self, transcript: Transcript, cues: tuple[Cue, ...], options: FormatOptions
    ) -> bytes:
        """The bytes of the file."""
        text = self.render(transcript, cues, options)
        if options.crlf and not self.is_strictly_utf8:
            text = text.replace("\n", "\r\n")
        mark = "\ufeff" if options.bom and not self.is_strictly_utf8 else ""
        return (mark + text).encode("utf-8")


_FORMATS = {
    format_.name: format_
    for format_ in (
        Format(name="srt", suffix=".srt", module="qasr_cli.formats.srt"),
        Format(name="vtt", suffix=".vtt", module="qasr_cli.formats.vtt", can_highlight=True),
        # A byte order mark in JSON is forbidden. Source: RFC 8259, section 8.1
        Format(name="json", suffix=".json", module="qasr_cli.formats.json", is_strictly_utf8=True),
        Format(name="simple", suffix=".simple.txt", module="qasr_cli.formats.simple"),
        Format(name="txt", suffix=".txt", module="qasr_cli.formats.txt"),
        Format(name="ass", suffix=".ass", module="qasr_cli.formats.ass", can_highlight=True),
        Format(name="lrc", suffix=".lrc", module="qasr_cli.formats.lrc", can_highlight=True),
        Format(name="tsv", suffix=".tsv", module="qasr_cli.formats.tsv"),
        Format(name="ttml", suffix=".ttml", module="qasr_cli.formats.ttml"),
        Format(name="words", suffix=".words.txt", module="qasr_cli.formats.words"),
        Format(name="md", suffix=".md", module="qasr_cli.formats.md"),
    )
}

FORMAT_NAMES = tuple(_FORMATS)


def format_named(name: str) -> Format:
    """The format of a name that `parse_formats` gave."""
    return _FORMATS[name]


def parse_formats(values: Iterable[str]) -> tuple[str, ...]:
    """Names of formats from options that may repeat and hold lists, in order, no name twice.

    >>> parse_formats(["SRT,json", "srt"])
    ('srt', 'json')
    >>> parse_formats(["all"]) == FORMAT_NAMES
    True

    Raises:
        UsageError: a name is unknown, or none is given.
    """
    names = [name.strip().lower() for value in values for name in value.split(",")]
    unknown = [name for name in names if name not in (*_FORMATS, "all", "")]
    known = [name for name in names if name]
    if unknown or not known:
        wrong = repr(unknown[0]) if unknown else "nothing"
        raise UsageError(f"--format takes {', '.join(FORMAT_NAMES)} or all; got {wrong}")
    chosen = (FORMAT_NAMES if name == "all" else (name,) for name in known)
    return tuple(dict.fromkeys(name for group in chosen for name in group))
