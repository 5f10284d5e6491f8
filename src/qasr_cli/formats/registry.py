"""The output formats by name. Importing this imports none of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import UsageError
from qasr_cli.errors.suggestions import did_you_mean
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
        has_cues: it shows the cues; the others hold the text, however it is cut.
        is_in_all: `all` stands for it, too.
        extra: what `pip install qasr-cli[...]` adds for it, a package of the same name; "" = none.
            Such a format is no text: `render` gives bytes.
    """

    name: str
    suffix: str
    module: str
    can_highlight: bool = False
    is_strictly_utf8: bool = False
    has_cues: bool = False
    is_in_all: bool = True
    extra: str = ""

    def render(
        self, transcript: Transcript, cues: tuple[Cue, ...], options: FormatOptions = _DEFAULTS
    ) -> str:
        """The content of the file: ends with a line break, and is valid without any speech.

        Raises:
            UsageError: it is no text.
        """
        if self.extra:
            raise UsageError(f"{self.name} is no text; write it to a file with -f {self.name}")
        renderer = cast("Renderer", import_module(self.module).render)
        if self.can_highlight:
            return renderer(transcript, cues, highlight_words=options.highlight_words)
        return renderer(transcript, cues)

    def content(
        self, transcript: Transcript, cues: tuple[Cue, ...], options: FormatOptions
    ) -> bytes:
        """The bytes of the file."""
        if self.extra:
            return cast("Callable[..., bytes]", import_module(self.module).render)(transcript, cues)
        return self.encoded(self.render(transcript, cues, options), options)

    def encoded(self, text: str, options: FormatOptions) -> bytes:
        """The bytes of a text in this format."""
        if options.crlf and not self.is_strictly_utf8:
            text = text.replace("\n", "\r\n")
        mark = "\ufeff" if options.bom and not self.is_strictly_utf8 else ""
        return (mark + text).encode("utf-8")


_FORMATS = {
    format_.name: format_
    for format_ in (
        Format(name="srt", suffix=".srt", module="qasr_cli.formats.srt", has_cues=True),
        Format(
            name="vtt",
            suffix=".vtt",
            module="qasr_cli.formats.vtt",
            can_highlight=True,
            has_cues=True,
        ),
        # A byte order mark in JSON is forbidden. Source: RFC 8259, section 8.1
        Format(name="json", suffix=".json", module="qasr_cli.formats.json", is_strictly_utf8=True),
        Format(
            name="simple", suffix=".simple.txt", module="qasr_cli.formats.simple", has_cues=True
        ),
        Format(name="txt", suffix=".txt", module="qasr_cli.formats.txt"),
        Format(
            name="ass",
            suffix=".ass",
            module="qasr_cli.formats.ass",
            can_highlight=True,
            has_cues=True,
        ),
        Format(
            name="lrc",
            suffix=".lrc",
            module="qasr_cli.formats.lrc",
            can_highlight=True,
            has_cues=True,
        ),
        Format(name="tsv", suffix=".tsv", module="qasr_cli.formats.tsv", has_cues=True),
        Format(name="ttml", suffix=".ttml", module="qasr_cli.formats.ttml", has_cues=True),
        Format(name="words", suffix=".words.txt", module="qasr_cli.formats.words"),
        Format(name="md", suffix=".md", module="qasr_cli.formats.md"),
        # After `all` had its meaning.
        Format(name="rttm", suffix=".rttm", module="qasr_cli.formats.rttm", is_in_all=False),
        Format(name="docx", suffix=".docx", module="qasr_cli.formats.documents.docx", extra="docx"),
    )
}

# What `all` stands for: every installation has these, and no release adds to them.
FORMAT_NAMES = tuple(
    name for name, format_ in _FORMATS.items() if format_.is_in_all and not format_.extra
)
EXTRA_FORMAT_NAMES = tuple(name for name in _FORMATS if name not in FORMAT_NAMES)


def all_suffixes() -> frozenset[str]:
    """What names of outputs end on."""
    return frozenset(f".{each.suffix.rpartition('.')[2]}" for each in _FORMATS.values())


def format_named(name: str) -> Format:
    """The format of a name that `parse_formats` gave."""
    return _FORMATS[name]


def format_of_path(path: str, *, likely: Iterable[str] = ()) -> Format | None:
    """The format of an output by its name; None where it is none of them.

    Args:
        likely: names of formats that come before any others: a dot may be in a recording's name.
    """
    of_name = [each for each in _FORMATS.values() if path.endswith(each.suffix)]
    likely = tuple(likely)
    return max(of_name, key=lambda each: (each.name in likely, len(each.suffix)), default=None)


def parse_formats(values: Iterable[str]) -> tuple[str, ...]:
    """Names of formats from options that may repeat and hold lists, in order, no name twice.

    >>> parse_formats(["SRT,json", "srt"])
    ('srt', 'json')
    >>> parse_formats(["all"]) == FORMAT_NAMES
    True

    Raises:
        UsageError: a name is unknown, none is given, or what it needs is not installed.
    """
    names = [name.strip().lower() for value in values for name in value.split(",")]
    unknown = [name for name in names if name not in (*_FORMATS, "all", "")]
    known = [name for name in names if name]
    if unknown or not known:
        wrong = repr(unknown[0]) if unknown else "nothing"
        close = did_you_mean(unknown[0], _FORMATS) if unknown else ""
        advice = f"; {close}" if close else ""
        raise UsageError(f"--format takes {', '.join(_FORMATS)} or all; got {wrong}{advice}")
    for extra in (_FORMATS[name].extra for name in known if name != "all"):
        _check_installed(extra)
    chosen = (FORMAT_NAMES if name == "all" else (name,) for name in known)
    return tuple(dict.fromkeys(name for group in chosen for name in group))


def _check_installed(extra: str) -> None:
    """Find out before any work that a format cannot be written."""
    try:
        if extra:
            import_module(extra)
    except ImportError as error:
        raise UsageError(f"-f {extra} needs more: pip install 'qasr-cli[{extra}]'") from error
