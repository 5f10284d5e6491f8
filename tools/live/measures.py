"""What a viewer saw of a live session: errors, waits, words taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from qasr_cli.core.text import split_words
from qasr_cli.live.events import Event, Final, Partial


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueWord:
    """A word that was spoken, and when it ended."""

    text: str
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Measures of one session; seconds, and shares of words.

    Attributes:
        error_share: of words, or characters where words are not parted.
        final_s: from the end of each phrase's sound to its final.
        seen_s: from the end of each word until it was seen, and stayed.
        settled_s: until it was seen as settled, and stayed.
        taken_back_share: words of the whole view that were taken back.
        settled_back_share: words that were settled and taken back.
    """

    error_share: float
    final_s: tuple[float, ...]
    seen_s: tuple[float, ...]
    settled_s: tuple[float, ...]
    taken_back_share: float
    settled_back_share: float


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; NaN where there are none."""
    return float(np.quantile(values, share)) if values else float("nan")


def words_of(text: str) -> list[str]:
    """Words as a viewer compares them."""
    return [word.casefold() for word in split_words(text)]


def seen_in(
    events: Sequence[tuple[float, Event]],
    truth: Sequence[TrueWord],
    *,
    speech_ends_ms: Sequence[int],
) -> Seen:
    """The measures of a session.

    Args:
        speech_ends_ms: when each phrase's speech ended, in the order of the finals.
    """
    whole, settled = _View(), _View()
    final_s: list[float] = []
    said: list[str] = []
    for now_s, event in events:
        if isinstance(event, Partial):
            whole.show(now_s, said, words_of(event.settled + event.tail))
            settled.show(now_s, said, words_of(event.settled))
        elif isinstance(event, Final):
            final_s.append(now_s - speech_ends_ms[len(final_s)] / 1000)
            said = [*said, *words_of(event.text)]
            whole.show(now_s, said, [])
            settled.show(now_s, said, [])
    spoken = [word.text.casefold() for word in truth]
    matches = SequenceMatcher(None, spoken, said, autojunk=False).get_matching_blocks()
    pairs = [(block.a + index, block.b + index) for block in matches for index in range(block.size)]
    count = max(1, len(said))
    return Seen(
        error_share=error_count(spoken, said) / max(1, len(spoken)),
        final_s=tuple(final_s),
        seen_s=whole.waits_s(said, truth, pairs),
        settled_s=settled.waits_s(said, truth, pairs),
        taken_back_share=whole.taken_back_count / count,
        settled_back_share=settled.taken_back_count / count,
    )


class _View:
    """Words on a screen, over time."""

    def __init__(self) -> None:
        self.taken_back_count = 0
        self._shown: list[str] = []
        self._since_s: list[float] = []

    def show(self, now_s: float, said: list[str], more: list[str]) -> None:
        shown = [*said, *more]
        same_count = 0
        for before, now in zip(self._shown, shown, strict=False):
            if before != now:
                break
            same_count += 1
        self.taken_back_count += len(self._shown) - same_count
        self._since_s = [*self._since_s[:same_count], *[now_s] * (len(shown) - same_count)]
        self._shown = shown

    def waits_s(
        self, said: list[str], truth: Sequence[TrueWord], pairs: Sequence[tuple[int, int]]
    ) -> tuple[float, ...]:
        if self._shown != said:
            raise AssertionError("the last view is not that of the finals")
        return tuple(self._since_s[place] - truth[number].end_ms / 1000 for number, place in pairs)


def error_count(left: Sequence[str], right: Sequence[str]) -> int:
    """Words to change, take out or put in until two texts are one."""
    row = list(range(len(right) + 1))
    for number, one in enumerate(left, 1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(right, 1):
            diagonal, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, diagonal + (one != other)),
            )
    return row[-1]
