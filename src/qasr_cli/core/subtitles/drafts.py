"""Cues before their final times are computed. Pure."""

from dataclasses import dataclass

from qasr_cli.core.subtitles.retime import Slot
from qasr_cli.core.types import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A cue that knows when it is spoken, and not yet when it stands.

    Attributes:
        language: full English name; None where it is not known.
        speaker, tags, line_speakers: as those of a `Cue`.
        is_whole: it begins and ends with a sentence, which somebody speaks.
    """

    slot: Slot
    lines: tuple[str, ...]
    language: str | None = None
    speaker: str | None = None
    tags: tuple[Tag, ...] = ()
    line_speakers: tuple[str | None, ...] = ()
    is_whole: bool = False
