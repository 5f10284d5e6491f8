"""Options that say which files are written, where, and how."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.corrections import corrections_from_user
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.formats.registry import FORMAT_NAMES, parse_formats
from qasr_cli.options import FormatOptions


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class FormatArguments:
    """Which formats are written, and into which folder."""

    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME[,NAME]",
            help=f"{', '.join(FORMAT_NAMES)} or all; default: srt. Comma list or repeated.",
        ),
    ] = None
    output_dir: Annotated[
        str | None,
        typer.Option(
            "--output-dir",
            "-o",
            metavar="DIR",
            help="Write here; default: beside each source. For one file - is standard output.",
        ),
    ] = None

    # What whisper's users type.
    output_format: Annotated[list[str] | None, typer.Option("--output-format", hidden=True)] = None

    def formats(self) -> tuple[str, ...]:
        """Names of the formats, no name twice.

        Raises:
            UsageError: there is no such format.
        """
        formats = [*(self.format or ()), *(self.output_format or ())]
        return parse_formats(formats or ["srt"])


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class WritingArguments:
    """What may be replaced, what outputs are called, and how the text is corrected."""

    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do everything again; replace existing outputs.")
    ] = False
    language_suffix: Annotated[
        bool, typer.Option("--language-suffix", help="Name outputs talk.en.srt.")
    ] = False
    corrections: Annotated[
        str | None,
        typer.Option("--corrections", metavar="FILE.tsv", help="What to write for what was heard."),
    ] = None

    def correction_rules(self) -> tuple[Correction, ...]:
        """The user's own corrections; none without a file.

        Raises:
            UsageError: the file cannot be read, or one of its lines is no correction.
        """
        return corrections_from_user(self.corrections)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class RenderingArguments:
    """What the files hold beyond the cues."""

    highlight_words: Annotated[
        bool, typer.Option("--highlight-words", help="Karaoke in vtt, ass and lrc.")
    ] = False
    bom: Annotated[
        bool, typer.Option("--bom", help="Byte order mark, for TVs and Windows players.")
    ] = False
    crlf: Annotated[bool, typer.Option("--crlf", help="Windows line ends.")] = False

    def rendering(self) -> FormatOptions:
        """The group of `Options` that they make."""
        return FormatOptions(highlight_words=self.highlight_words, bom=self.bom, crlf=self.crlf)
