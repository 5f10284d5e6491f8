"""Where the tokens of an answer stand in its text, which is cut and made canonical. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from qasr_cli.core.clips.health import places_without_loops
from qasr_cli.core.text import canonical
from qasr_cli.core.types import HeardToken

_UNFINISHED = "\ufffd"  # what bytes become that are not yet, or never, a character
_MOST_TOKENS_OF_A_CHARACTER = 4  # its bytes in UTF-8


def tokens_in(
    raw: str,
    ids: Sequence[int],
    probabilities: Sequence[float],
    decode: Callable[[Sequence[int]], str],
) -> tuple[HeardToken, ...]:
    """The tokens of an answer in its decoded text.

    Tokens that are a character together have one place; special ones have none. Empty where the
    tokens by themselves are not the text.
    """
    places: list[HeardToken] = []
    position = 0
    for group in _groups(ids, decode):
        text = decode([ids[index] for index in group])
        if not raw.startswith(text, position):
            return ()
        places += (
            HeardToken(
                char_start=position,
                char_end=position + len(text),
                probability=probabilities[index],
            )
            for index in group
            if text
        )
        position += len(text)
    return tuple(places) if position == len(raw) else ()


def _groups(ids: Sequence[int], decode: Callable[[Sequence[int]], str]) -> Iterator[range]:
    """Indices of the tokens that must be decoded together, in order."""
    first = 0
    while first < len(ids):
        ends = range(first + 1, min(first + _MOST_TOKENS_OF_A_CHARACTER, len(ids)) + 1)
        end = next((end for end in ends if _UNFINISHED not in decode(ids[first:end])), None)
        if end is None:  # how many signs these bytes become shows only together
            rest = range(first + 1, len(ids))
            end = next((n for n in rest if _UNFINISHED not in decode(ids[n : n + 1])), len(ids))
        yield range(first, end)
        first = end


def tokens_on_text(
    tokens: Sequence[HeardToken], spoken: str, *, spoken_at: int
) -> tuple[HeardToken, ...]:
    """The tokens in the text that is made of what was spoken: canonical, without loops.

    Args:
        tokens: in the whole answer.
        spoken: the part of it that is a text.
        spoken_at: where that begins.
    """
    kept = places_without_loops(spoken)
    cut = "".join(spoken[place] for place in kept)
    whole = canonical(cut)
    lead_count = len(whole) - len(whole.lstrip())
    char_count = len(whole.strip())
    is_same = whole == cut

    def edge(place: int) -> int:
        moved = bisect_left(kept, place - spoken_at)
        moved = moved if is_same else len(canonical(cut[:moved]))
        return min(max(moved - lead_count, 0), char_count)

    moved = (
        replace(token, char_start=edge(token.char_start), char_end=edge(token.char_end))
        for token in tokens
    )
    return tuple(token for token in moved if token.char_start < token.char_end)
