"""Options that say how words become subtitles."""

from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import CjkPunct, FrameRate
from qasr_cli.cli.arguments.profile import style_from_user
from qasr_cli.core.subtitles.cue_options import CueOptions


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class CueArguments:
    """The style of subtitles, and limits that go over those of the style."""

    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME|FILE.toml",
            help="netflix, bbc, ted, vertical (9:16), plain, or a file with limits of your own.",
        ),
    ] = "netflix"
    max_line_width: Annotated[
        int | None,
        typer.Option("--max-line-width", metavar="N", help="Characters a line; CJK count whole."),
    ] = None
    max_line_count: Annotated[
        int | None, typer.Option("--max-line-count", metavar="N", help="Lines a cue, up to 3.")
    ] = None
    max_words_per_line: Annotated[
        int | None, typer.Option("--max-words-per-line", metavar="N", help="Words a line.")
    ] = None
    max_cps: Annotated[
        int | None, typer.Option("--max-cps", metavar="N", help="Characters a second to read.")
    ] = None
    min_duration_ms: Annotated[
        int | None, typer.Option("--min-duration-ms", metavar="MS", help="Of a cue.")
    ] = None
    max_duration_ms: Annotated[
        int | None, typer.Option("--max-duration-ms", metavar="MS", help="Of a cue.")
    ] = None
    max_gap_ms: Annotated[
        int | None,
        typer.Option("--max-gap-ms", metavar="MS", help="A longer silence always cuts."),
    ] = None
    sentence: Annotated[bool, typer.Option("--sentence", help="No two sentences in one cue.")] = (
        False
    )
    fps: Annotated[
        FrameRate | None,
        typer.Option("--fps", help="Leave two frames of this rate between cues."),
    ] = None
    lead_in_ms: Annotated[
        int | None, typer.Option("--lead-in-ms", metavar="MS", help="Show cues so much earlier.")
    ] = None
    linger_ms: Annotated[
        int | None,
        typer.Option("--linger-ms", metavar="MS", help="May stay so long after the speech."),
    ] = None
    cjk_punct: Annotated[
        CjkPunct, typer.Option("--cjk-punct", help="netflix: spaces for full-width commas, stops.")
    ] = CjkPunct.KEEP

    def cue_options(self) -> CueOptions:
        """The group of `Options` that they make.

        Raises:
            UsageError: a value is out of range, or no style has that name.
        """
        return CueOptions(
            style=style_from_user(self.profile),
            max_line_width=self.max_line_width,
            max_line_count=self.max_line_count,
            max_words_per_line=self.max_words_per_line,
            max_cps=self.max_cps,
            min_duration_ms=self.min_duration_ms,
            max_duration_ms=self.max_duration_ms,
            max_gap_ms=self.max_gap_ms,
            sentence=self.sentence,
            fps=None if self.fps is None else float(self.fps.value),
            lead_in_ms=self.lead_in_ms,
            linger_ms=self.linger_ms,
            cjk_punct=self.cjk_punct.value,
        )
