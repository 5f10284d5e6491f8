"""Signs that a model lost its way in one clip: loops in its text, words with no room in time."""

from collections.abc import Sequence

from qasr_cli.core.types import Word

# A unit said this often in a row is no speech any more, however short it is.
# Source: the threshold of the post-processing published with Qwen3-ASR.
_LOOP_COUNT = 20
# Longer units need fewer turns: 400 characters are nearly half a minute of speech.
_LONG_LOOP_COUNT = 5
_LONG_LOOP_CHARS = 400

# Where this many characters come again, a loop may run; shorter than any loop that counts.
_PROBE_CHARS = 8

# Auctioneers reach about 100 ms a word, fast Chinese about 110 ms a character.
_FASTEST_MS_PER_WORD = 40
_CROWD_WORDS = 8
_SMALLEST_CROWD_WORDS = 4


def without_loops(text: str) -> str:
    """The text with every repetition loop cut down to one unit: mostly the text itself.

    Units may be of any length. Where the text ends inside a loop, the unfinished unit goes too.

    >>> without_loops("So " + "we go on. " * 50 + "Good.")
    'So we go on. Good.'
    >>> without_loops("No, no, no! Ha ha ha.")
    'No, no, no! Ha ha ha.'
    """
    shorter = _with_loops_cut(text)
    while shorter != text:  # the former loops may themselves form a loop
        text, shorter = shorter, _with_loops_cut(shorter)
    return text


def has_collapsed_times(words: Sequence[Word]) -> bool:
    """Whether somewhere more words than anyone can say share almost no time."""
    crowd_count = min(_CROWD_WORDS, len(words))
    if crowd_count < _SMALLEST_CROWD_WORDS:
        return False
    least_ms = crowd_count * _FASTEST_MS_PER_WORD
    return any(
        last.end_ms - first.start_ms < least_ms
        for first, last in zip(words, words[crowd_count - 1 :], strict=False)
    )


def _with_loops_cut(text: str) -> str:
    kept: list[str] = []
    position = 0
    while (loop := _first_loop(text, position)) is not None:
        unit_end, loop_end = loop
        kept.append(text[position:unit_end])
        position = loop_end
    kept.append(text[position:])
    return "".join(kept)


def _first_loop(text: str, position: int) -> tuple[int, int] | None:
    """Ends of the first unit and of the whole of the first loop at or after a position.

    A stretch is periodic where each of its characters equals the one a period before. Candidate
    periods are the distances between equal probes, and each stretch is measured once, so the
    work grows with the length of the text.
    """
    latest: dict[str, int] = {}
    measured: dict[int, int] = {}  # period -> end of the last stretch that has it
    for index in range(position, len(text) - _PROBE_CHARS + 1):
        probe = text[index : index + _PROBE_CHARS]
        before = latest.get(probe)
        latest[probe] = index
        if before is None or measured.get(index - before, 0) > index:
            continue
        period = index - before
        end = index + _PROBE_CHARS
        while end < len(text) and text[end] == text[end - period]:
            end += 1
        measured[period] = end
        turn_count, rest = divmod(end - before, period)
        if _is_loop(turn_count, end - before):
            return before + period, end if end == len(text) else end - rest
    return None


def _is_loop(turn_count: int, char_count: int) -> bool:
    return turn_count >= _LOOP_COUNT or (
        turn_count >= _LONG_LOOP_COUNT and char_count >= _LONG_LOOP_CHARS
    )
