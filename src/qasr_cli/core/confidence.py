"""How sure a recogniser was of words, from how sure it was of the tokens they are made of. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from qasr_cli.core.text import CharSpan, is_kept
from qasr_cli.core.types import HeardToken, TextWord

_DIGITS = 3  # nobody can tell 0.9312 from 0.9314
_LEAST = 1e-6  # what a probability may be rounded to zero from


def rounded(probability: float) -> float:
    """The probability as results have it."""
    return round(probability, _DIGITS)


def word_probabilities(
    text: str, spans: Sequence[CharSpan], tokens: Sequence[HeardToken]
) -> tuple[float | None, ...]:
    """One probability for each word of a text: the geometric mean of the tokens with letters of it.

    A token of several words counts for each. Signs and spaces say nothing of a word, unless it is
    made of nothing else. None where no token is known. Linear.

    `python -m tools.measure_confidence` compares this with other means.

    Args:
        spans: of the words, in the text; in order.
        tokens: with their places in the same text.
    """
    word_at: list[int | None] = [None] * len(text)
    for index, span in enumerate(spans):
        for place in [p for p in range(*span) if is_kept(text[p])] or range(*span):
            word_at[place] = index
    logs: list[list[float]] = [[] for _ in spans]
    for token in tokens:
        log = math.log(max(token.probability, _LEAST))
        for word in set(word_at[token.char_start : token.char_end]):
            if word is not None:
                logs[word].append(log)
    return tuple(rounded(math.exp(math.fsum(each) / len(each))) if each else None for each in logs)


# --- in the result document -------------------------------------------------------------------


def probabilities_to_json(word: TextWord) -> dict[str, float]:
    """What is known of a word; nothing, where nothing is."""
    named = (("probability", word.probability), ("time_probability", word.time_probability))
    return {name: value for name, value in named if value is not None}


def probability_from_json(fields: Mapping[str, Any], name: str) -> float | None:
    """The same read back.

    Raises:
        ValueError: it is no probability.
    """
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name} is {value!r:.40}, not from 0 to 1")
    return float(value)
