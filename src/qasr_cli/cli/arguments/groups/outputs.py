"""Options that say which files are written, where, and how."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import Script
from qasr_cli.cli.arguments.completion import complete_formats
from qasr_cli.cli.arguments.corrections import corrections_from_user
from qasr_cli.cli.arguments.help_page import OUTPUT, SPEECH, SUBTITLES, listed
from qasr_cli.core.transcript.chinese_script import ChineseScript
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.formats.registry import EXTRA_FORMAT_NAMES, FORMAT_NAMES, parse_formats
from qasr_cli.options import FormatOptions

_option = functools.partial(typer.Option, rich_help_panel=OUTPUT)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class FormatArguments:
    """Which formats are written, and into which folder."""

    format: Annotated[
        list[str] | None,
        _option(
            "--format",
            "-f",
            metavar="NAME[,NAME]",
            help=f"Write {', '.join(FORMAT_NAMES)} or all of these, or "
            f"{', '.join(EXTRA_FORMAT_NAMES)}; the default is srt.",
            autocompletion=complete_formats,
        ),
    ] = None
    output_dir: Annotated[
        str | None,
        _option(
            "--output-dir",
            "-o",
            metavar="FOLDER",
            help="Write into this folder, not beside each source; - prints the output of one file.",
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
        bool, _option("--overwrite", help="Do everything again, and replace files that exist.")
    ] = False
    language_suffix: Annotated[
        bool, _option("--language-suffix", help="Put the language into names: talk.en.srt.")
    ] = False
    embed: Annotated[
        bool,
        _option("--embed", help="Also write a copy of the video with the subtitles in it."),
    ] = False
    corrections: Annotated[
        str | None,
        _option(
            "--corrections",
            metavar="FILE.tsv",
            help="Read from this file what to write for what was heard.",
            rich_help_panel=SPEECH,
        ),
    ] = None
    script: Annotated[
        Script | None,
        _option(
            "--script",
            metavar=listed(Script),
            help="Write Chinese and Cantonese in simplified or traditional characters, or in those "
            "of Taiwan or Hong Kong.",
            rich_help_panel=SPEECH,
        ),
    ] = None

    def wanted_script(self) -> ChineseScript | None:
        """The script of Chinese; None = as the recogniser writes it.

        Raises:
            UsageError: what converts is not installed.
        """
        if self.script is None:
            return None
        # Imported here, because only this option needs it.
        from qasr_cli.formats.dictionaries import check_script

        script: ChineseScript = self.script.value
        check_script(script)
        return script

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
        bool,
        _option(
            "--highlight-words",
            help="Highlight each word as it is spoken (vtt, ass, lrc).",
            rich_help_panel=SUBTITLES,
        ),
    ] = False
    bom: Annotated[
        bool,
        _option("--bom", help="Begin files with a byte order mark, for TVs and Windows players."),
    ] = False
    crlf: Annotated[bool, _option("--crlf", help="End lines as Windows does.")] = False

    def rendering(self) -> FormatOptions:
        """The group of `Options` that they make."""
        return FormatOptions(highlight_words=self.highlight_words, bom=self.bom, crlf=self.crlf)
