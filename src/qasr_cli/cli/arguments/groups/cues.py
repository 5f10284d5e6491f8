"""Options that say how words become subtitles."""

import functools
from dataclasses import dataclass
from typing import Annotated

import typer

from qasr_cli.cli.arguments.choices import CjkPunct, FrameRate
from qasr_cli.cli.arguments.completion import complete_profile, complete_shot_changes
from qasr_cli.cli.arguments.help_page import SUBTITLES, listed
from qasr_cli.cli.arguments.profile import style_from_user
from qasr_cli.cli.arguments.shot_list import shot_changes_from_user
from qasr_cli.core.subtitles.cue_options import CueOptions

_option = functools.partial(typer.Option, rich_help_panel=SUBTITLES)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class CueArguments:
    """The style of subtitles, and limits that go over those of the style."""

    profile: Annotated[
        str,
        _option(
            "--profile",
            metavar="NAME|FILE.toml",
            help="Follow the style of netflix, bbc, ted, vertical (9:16), plain, translated, "
            "children, sdh or web-cjk, or of a file with limits of your own.",
            autocompletion=complete_profile,
        ),
    ] = "netflix"
    max_line_width: Annotated[
        int | None,
        _option(
            "--max-line-width",
            metavar="CHARACTERS",
            help="Make no line longer; a Chinese, Japanese or Korean character counts as one.",
        ),
    ] = None
    max_line_count: Annotated[
        int | None,
        _option("--max-line-count", metavar="LINES", help="Put at most 1, 2 or 3 lines in a cue."),
    ] = None
    max_words_per_line: Annotated[
        int | None,
        _option("--max-words-per-line", metavar="WORDS", help="Put no more words on a line."),
    ] = None
    max_cps: Annotated[
        int | None,
        _option(
            "--max-cps", metavar="CHARACTERS", help="Ask nobody to read more characters a second."
        ),
    ] = None
    min_duration_ms: Annotated[
        int | None,
        _option(
            "--min-duration-ms", metavar="MS", help="Let no cue stand for less, in milliseconds."
        ),
    ] = None
    max_duration_ms: Annotated[
        int | None,
        _option("--max-duration-ms", metavar="MS", help="Let no cue stand for longer."),
    ] = None
    max_gap_ms: Annotated[
        int | None,
        _option("--max-gap-ms", metavar="MS", help="End a cue at every longer silence."),
    ] = None
    sentence: Annotated[bool, _option("--sentence", help="Never put two sentences in one cue.")] = (
        False
    )
    fps: Annotated[
        FrameRate | None,
        _option(
            "--fps",
            metavar="RATE",
            help=f"Leave two frames of this rate between cues: {', '.join(FrameRate)}.",
        ),
    ] = None
    lead_in_ms: Annotated[
        int | None, _option("--lead-in-ms", metavar="MS", help="Show cues so much earlier.")
    ] = None
    linger_ms: Annotated[
        int | None,
        _option("--linger-ms", metavar="MS", help="Let cues stay up to so long after the speech."),
    ] = None
    cjk_punct: Annotated[
        CjkPunct,
        _option(
            "--cjk-punct",
            metavar=listed(CjkPunct),
            help="With netflix, show full-width commas and stops as spaces.",
        ),
    ] = CjkPunct.KEEP
    no_sound_events: Annotated[
        bool,
        _option(
            "--no-sound-events",
            help="Leave out what tells of sounds: (Applause), [laughter], ♪ songs ♪.",
        ),
    ] = False
    translated: Annotated[
        bool,
        _option(
            "--translated",
            help="Read slower, as those do who do not know the language: Netflix's speeds of "
            "subtitles, not those for the deaf and hard of hearing.",
        ),
    ] = False
    shot_changes: Annotated[
        str | None,
        _option(
            "--shot-changes",
            metavar="auto|FILE",
            help="Let cues that all but meet a cut of the picture meet it: those that ffmpeg "
            "finds, or those of a file, a time a line; --fps says the picture's frames.",
            autocompletion=complete_shot_changes,
        ),
    ] = None

    def cue_options(self) -> CueOptions:
        """The group of `Options` that they make.

        Raises:
            UsageError: a value is out of range, no style has that name, or the cuts of a picture
                cannot be read.
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
            no_sound_events=self.no_sound_events,
            translated=self.translated,
            shot_changes=shot_changes_from_user(self.shot_changes),
        )
