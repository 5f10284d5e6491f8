"""Where the topic of a conversation changes, told from its terms alone.

TextTiling. Source: M. Hearst, "TextTiling: Segmenting Text into Multi-paragraph Subtopic
Passages", Computational Linguistics 23 (1997): blocks of words on both sides of each gap are
compared by cosine; a topic ends where the likeness has a deep valley.
"""

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from statistics import fmean, pstdev

_BLOCK_PIECES = 8  # Hearst has six to ten pieces in a block, of 20 words, half of them terms
_MOST_BLOCKS = 12  # so that an overview stays one: no topic is shorter than a block
_FEWEST_BLOCK_TERMS = 40  # fewer tell nothing
_SMOOTHING_PIECES = 1  # on each side


def topic_starts(terms: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Indices of the sentences with which a topic begins, the first included; () without any.

    Args:
        terms: of each sentence, in order.
    """
    if not terms:
        return ()
    flat = [(term, index) for index, of_one in enumerate(terms) for term in of_one]
    words = [term for term, _ in flat]
    piece = max(_FEWEST_BLOCK_TERMS, len(words) // _MOST_BLOCKS) // _BLOCK_PIECES
    gaps = range(piece, len(words) - piece + 1, piece)
    scores = _smoothed([_likeness(words, gap, piece * _BLOCK_PIECES) for gap in gaps])
    starts = {0}
    for valley in _valleys(scores):
        starts.add(_nearest_start(flat, gaps[valley]))
    return tuple(sorted(starts))


def _likeness(words: Sequence[str], gap: int, reach: int) -> float:
    left, right = Counter(words[max(0, gap - reach) : gap]), Counter(words[gap : gap + reach])
    product = sum(count * right[word] for word, count in left.items())
    lengths = sum(n * n for n in left.values()) * sum(n * n for n in right.values())
    return product / sqrt(lengths)


def _smoothed(scores: Sequence[float]) -> list[float]:
    reach = _SMOOTHING_PIECES
    return [fmean(scores[max(0, i - reach) : i + reach + 1]) for i in range(len(scores))]


def _valleys(scores: Sequence[float]) -> list[int]:
    """Indices of the deep valleys; of two that lie closer than a block, the deeper."""
    depths = [_depth(scores, index) for index in range(len(scores))]
    if not depths:
        return []
    # Hearst's bound lies below the mean; the mean depth of all gaps, most of which are no
    # valleys, needs one above it.
    bound = fmean(depths) + pstdev(depths) / 2
    chosen: list[int] = []
    for index in sorted(range(len(depths)), key=lambda i: -depths[i]):
        is_apart = all(abs(index - other) >= _BLOCK_PIECES for other in chosen)
        if depths[index] > bound and is_apart:
            chosen.append(index)
    return chosen


def _depth(scores: Sequence[float], index: int) -> float:
    """How far the likeness climbs from here to the next peak on both sides; 0 off a valley."""
    climbs = []
    for side in (scores[index::-1], scores[index:]):
        peak = side[0]
        for score in side[1:]:
            if score < peak:
                break
            peak = score
        climbs.append(peak - scores[index])
    return sum(climbs) if min(climbs) > 0 else 0.0


def _nearest_start(flat: Sequence[tuple[str, int]], gap: int) -> int:
    """The sentence that begins nearest to a gap between terms."""
    sentence = flat[gap][1]
    first = next(i for i in range(gap, -1, -1) if i == 0 or flat[i - 1][1] != sentence)
    after = next((i for i in range(gap, len(flat)) if flat[i][1] != sentence), len(flat))
    return sentence if gap - first <= after - gap or after == len(flat) else flat[after][1]
