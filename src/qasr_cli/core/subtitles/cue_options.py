"""What a user wants of subtitles, and the limits that language, style and options add up to."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from qasr_cli.core.language.limits import Limits
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.subtitles.styles import COUNTED, NETFLIX, SDH, STYLES, Style, checked
from qasr_cli.errors import UsageError

FRAME_RATES = (23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0)

# Which setting of a style an option stands for.
_CUE_SETTINGS = {
    "max_line_width": "line_chars",
    "max_line_count": "line_count",
    "max_words_per_line": "line_words",
    "max_cps": "chars_per_s",
    "min_duration_ms": "min_duration_ms",
    "max_duration_ms": "max_duration_ms",
    "max_gap_ms": "max_gap_ms",
    "lead_in_ms": "lead_in_ms",
    "linger_ms": "linger_ms",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CueOptions:
    """How words become subtitles. None = what the style, or the language's profile, says.

    Attributes:
        style: what `--profile` names.
        max_line_width: characters a line, counted as the language's profile counts.
        max_cps: characters a second.
        max_gap_ms: a silence so long is never inside a cue.
        sentence: no cue holds words of two sentences.
        fps: cues leave two frames of this rate between them.
        lead_in_ms: a cue is there so long before its speech.
        linger_ms: a cue may stay so long after its speech to be read.
        no_sound_events: leave out what tells of sounds, such as "(Applause)".
        cjk_punct: "netflix" writes spaces for full-width commas and stops.
        translated: the speeds of subtitles for those who do not know the language, where the style
            has none of its own.
        shot_changes: cues that all but meet a cut of the picture meet it; "auto" = those that
            were found in the recording, else their times in ms.
    """

    style: Style = NETFLIX
    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    max_cps: int | None = None
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    max_gap_ms: int | None = None
    sentence: bool = False
    fps: float | None = None
    lead_in_ms: int | None = None
    linger_ms: int | None = None
    cjk_punct: Literal["keep", "netflix"] = "keep"
    no_sound_events: bool = False
    translated: bool = False
    shot_changes: Literal["auto"] | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name, setting in _CUE_SETTINGS.items():
            value = getattr(self, name)
            if value is not None:
                checked(f"--{name.replace('_', '-')}", setting, value)
        if isinstance(self.shot_changes, list):  # as a result has them
            object.__setattr__(self, "shot_changes", tuple(self.shot_changes))
        if isinstance(self.shot_changes, str) and self.shot_changes != "auto":
            raise UsageError("--shot-changes takes auto, or a file with times")
        if self.translated and self.style.name == SDH.name:
            raise UsageError("--profile sdh and --translated contradict each other")
        if self.fps is not None and self.fps not in FRAME_RATES:
            known = ", ".join(f"{rate:g}" for rate in FRAME_RATES)
            raise UsageError(f"--fps takes one of: {known}")
        shortest_ms, longest_ms = self.min_duration_ms, self.max_duration_ms
        if shortest_ms is not None and longest_ms is not None and shortest_ms > longest_ms:
            raise UsageError("--min-duration-ms is longer than --max-duration-ms")


def limits_of(language: str | None, options: CueOptions) -> Limits:
    """The limits for a language: its profile, then the style, then what the options say.

    >>> from qasr_cli.core.subtitles.styles import STYLES
    >>> limits = limits_of("French", CueOptions(style=STYLES["vertical"], max_cps=15))
    >>> limits.line_chars, limits.chars_per_s, limits.max_duration_ms
    (22, 15, 7000)
    """
    limits = profile_of(language).limits
    values: dict[str, int] = {}
    if options.translated:
        values |= STYLES["translated"].for_language(language, is_spaced=limits.char_columns == 1)
    values |= COUNTED.get(options.style.name, {})
    values |= options.style.for_language(language, is_spaced=limits.char_columns == 1)
    values |= _wanted(options)
    limits = replace(limits, **values)
    shortest_ms, longest_ms = limits.min_duration_ms, limits.max_duration_ms
    if options.max_duration_ms is None:
        return replace(limits, max_duration_ms=max(shortest_ms, longest_ms))
    return replace(limits, min_duration_ms=min(shortest_ms, longest_ms))


def _wanted(options: CueOptions) -> dict[str, int]:
    wanted = {setting: getattr(options, name) for name, setting in _CUE_SETTINGS.items()}
    wanted["gap_ms"] = None if options.fps is None else math.ceil(2000 / options.fps)  # two frames
    wanted["sentence"] = 1 if options.sentence else None
    wanted["spaced_stops"] = 1 if options.cjk_punct == "netflix" else None
    return {setting: value for setting, value in wanted.items() if value is not None}
