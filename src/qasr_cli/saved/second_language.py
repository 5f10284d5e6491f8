"""Subtitles that somebody translated, put under those of a result."""

from collections.abc import Sequence
from dataclasses import dataclass

from qasr_cli.core.subtitles.bilingual import Bilingual, with_second_language
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Cue, ReadSubtitles
from qasr_cli.errors import MalformedInput, UnreadableInput, UsageError
from qasr_cli.formats.dictionaries import phrase_ends_of
from qasr_cli.formats.registry import format_named
from qasr_cli.saved.subtitles import (
    SUBTITLE_SUFFIXES,
    language_of_subtitles,
    read_subtitles,
    suffix_of,
)

_SHOWN_COUNT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLanguage:
    """Subtitles in a second language.

    Attributes:
        language: full English name; None where it does not show.
    """

    path: str
    subtitles: ReadSubtitles
    language: str | None

    def under(
        self, cues: tuple[Cue, ...], options: CueOptions, *, of: str
    ) -> tuple[tuple[Cue, ...], tuple[str, ...]]:
        """The cues with this language under their own, and what did not fit, a line each.

        Args:
            of: the result, for messages.

        Raises:
            MalformedInput: no cue of the two shares any time.
        """
        both = with_second_language(
            cues,
            self.subtitles.cues,
            options,
            language=self.language,
            phrase_ends_of=phrase_ends_of,
        )
        if cues and len(both.without_second) == len(cues):
            reason = f"none of its cues is at the time of one of {of}: is it of this recording?"
            raise MalformedInput(self.path, reason)
        return both.cues, tuple(f"{self.path}: {note}" for note in self._notes(both))

    def _notes(self, both: Bilingual) -> list[str]:
        notes = [*self.subtitles.notes]
        if self.subtitles.unkept:
            notes.append(f"left out, as it has no words here: {', '.join(self.subtitles.unkept)}")
        if both.placed:
            notes.append(
                f"places on the screen are left out, it stands under the first language: "
                f"{self._cues(both.placed)}"
            )
        if both.unused:
            unused = self._cues(both.unused)
            notes.append(f"left out, as nothing is said at their time: {unused}")
        if both.without_second:
            times_ms = [both.cues[number - 1].start_ms for number in both.without_second]
            missing = _listed(both.without_second, times_ms)
            notes.append(f"has nothing for {missing} of the result")
        return notes

    def _cues(self, numbers: Sequence[int]) -> str:
        return _listed(numbers, [self.subtitles.cues[number - 1].start_ms for number in numbers])


def _listed(numbers: Sequence[int], times_ms: Sequence[int]) -> str:
    """Cues by their places in the file, and when they begin."""
    named = [
        f"{number} ({clock_from_ms(time_ms)})"
        for number, time_ms in zip(numbers[:_SHOWN_COUNT], times_ms, strict=False)
    ]
    more = len(numbers) - _SHOWN_COUNT
    return f"cue {', '.join(named)}" + (f" and {more} more" if more > 0 else "")


def read_second_language(path: str, *, formats: Sequence[str]) -> SecondLanguage:
    """The subtitles in a file, for outputs of these formats.

    Raises:
        UsageError: it is no such file, or a format shows no cues.
        MalformedInput: it is damaged.
    """
    without = [name for name in formats if not format_named(name).has_cues]
    if without:
        raise UsageError(f"--with goes with formats that have cues; {without[0]} has none")
    if suffix_of(path) not in SUBTITLE_SUFFIXES:
        raise UsageError(f"--with {path}: reads {' and '.join(SUBTITLE_SUFFIXES)}")
    try:
        subtitles = read_subtitles(path)
    except UnreadableInput as error:
        raise UsageError(f"--with {error}") from error
    return SecondLanguage(
        path=path,
        subtitles=subtitles,
        language=language_of_subtitles(path, subtitles.cues),
    )
