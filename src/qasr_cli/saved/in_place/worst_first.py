"""Which recordings to look at first: those in which most words may be wrong or missing."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.review import DoubtfulMinute
from qasr_cli.core.types import Transcript
from qasr_cli.errors import InputError
from qasr_cli.run.state.marks import read_head
from qasr_cli.saved.in_place.opening import opened
from qasr_cli.saved.in_place.places import Editable
from qasr_cli.saved.results import read_transcript
from qasr_cli.saved.review import minutes_to_hear_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What can be corrected, and how much of it is in doubt.

    Attributes:
        word_count: words that may be wrong or missing; 0 = nothing doubtful, None = nobody has
            looked yet.
        duration_ms: None where only its recording tells.
        language: full English name; None where it is not known.
        reviewed: as in `Mark`.
    """

    editable: Editable
    word_count: float | None
    duration_ms: int | None
    language: str | None
    reviewed: str | None


def doubtful_word_count(minutes: Iterable[DoubtfulMinute]) -> float:
    """Words that may be wrong or missing in all of these minutes."""
    return round(math.fsum(minute.word_count for minute in minutes), 2)


def ranked(editables: Sequence[Editable]) -> Iterator[Ranked | InputError]:
    """Yield what is known of each, in their order, each read once; or why it cannot be read."""
    for editable in editables:
        try:
            yield looked_through(editable)
        except InputError as error:
            yield error


def not_yet(editable: Editable) -> Ranked:
    """What is known of one that nobody has looked through."""
    return Ranked(
        editable=editable, word_count=None, duration_ms=None, language=None, reviewed=None
    )


def in_order(found: Iterable[Ranked]) -> tuple[Ranked, ...]:
    """The worst first; what somebody has looked through comes last."""
    return tuple(
        sorted(
            found,
            key=lambda each: (
                each.reviewed is not None,
                -(each.word_count or 0),
                each.editable.name,
            ),
        )
    )


def looked_through(editable: Editable) -> Ranked:
    """What is known of one; reads all of it.

    Raises:
        InputError: it cannot be read.
    """
    transcript = _transcript(editable)
    head = read_head(editable.path) if editable.kind == "result" else None
    return Ranked(
        editable=editable,
        word_count=doubtful_word_count(minutes_to_hear_again(transcript)),
        duration_ms=None if editable.kind == "subtitles" else transcript.duration_ms,
        language=transcript.language,
        reviewed=None if head is None else head.mark.reviewed,
    )


def _transcript(editable: Editable) -> Transcript:
    if editable.kind == "subtitles":  # its recording would only say how long it is
        return opened(replace(editable, recording=None)).transcript
    return read_transcript(editable.path)
