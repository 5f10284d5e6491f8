"""Words without times of their own, from the time that they fill together."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from qasr_cli.core.text import CharSpan, is_kept
from qasr_cli.core.types import TextWord


def shared_out(
    text: str, spans: Sequence[CharSpan], start_ms: int, end_ms: int
) -> tuple[TextWord, ...]:
    """Words on these spans, each with the time that its letters' share comes to.

    >>> [word.end_ms for word in shared_out("a bcd", ((0, 2), (2, 5)), 0, 400)]
    [100, 400]
    """
    letters = [sum(map(is_kept, text[slice(*span)])) or 1 for span in spans]
    total = sum(letters)
    edges_ms = [
        start_ms + (end_ms - start_ms) * count // total for count in accumulate(letters, initial=0)
    ]
    return tuple(
        TextWord(start_ms=first_ms, end_ms=last_ms, char_start=char_start, char_end=char_end)
        for (first_ms, last_ms), (char_start, char_end) in zip(
            pairwise(edges_ms), spans, strict=True
        )
    )
