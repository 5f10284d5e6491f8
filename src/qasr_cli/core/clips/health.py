"""Signs of a bad result of one clip: in its text, in its words' times, or in both."""

import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum

from qasr_cli.core.clips.context import is_copied
from qasr_cli.core.text import is_kept
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import ClipDone, Span, Word


class Sign(StrEnum):
    """One sign that a clip's result is bad."""

    OUT_OF_CONTEXT = "text out of the context"
    CUT_SHORT = "text cut short"
    LOOP = "repetition loop"
    TEXT_WITHOUT_SPEECH = "text without speech"
    SPEECH_WITHOUT_TEXT = "speech without text"
    COLLAPSED_TIMES = "collapsed times"
    WORDS_IN_SILENCE = "words in silence"

    @property
    def is_about_text(self) -> bool:
        """Whether the text is in doubt; False where only the times are."""
        return self not in (Sign.COLLAPSED_TIMES, Sign.WORDS_IN_SILENCE)


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

# The fastest talker on record said 637 words of English a minute, some 45 letters a second;
# debaters and auctioneers stay below 25. A character of Chinese counts as its syllable's letters.
_FASTEST_LETTERS_PER_S = 45
_LETTERS_PER_WIDE_CHAR = 3
# Detectors cut soft starts and ends of speech, on both sides.
_UNHEARD_MS = 500

# One short word in eight seconds. People who dictate slowly say one a second.
_SLOWEST_LETTERS_PER_S = 0.5
_LONG_SPEECH_MS = 4000  # less may well be a cough, a door, a bar of music

# Where so little was said, or so little text is there for what was said, a recogniser may have
# nothing to write down but what it was told. People speak 12 to 15 letters a second.
_SHORT_SPEECH_MS = 3000
_SPARSE_LETTERS_PER_S = 5

# Words stray by the aligner's error and by the detector's: on the bundled recordings, 1,286 words
# of the demo pair, by at most 218 ms.
_STRAY_MS = 500


def signs_of(
    done: ClipDone, *, span: Span, speech: Sequence[Span] | None, context: str = ""
) -> tuple[Sign, ...]:
    """The signs that the result of one clip is bad; () where there are none.

    Args:
        span: of the clip.
        speech: regions of speech in it; None where nobody looked for them.
        context: what the recogniser was told.
    """
    if speech is not None:
        return tuple(_signs(done, speech, context))
    # It may all be speech, or none of it.
    signs = _signs(done, (span,), context)
    return tuple(sign for sign in signs if sign is not Sign.SPEECH_WITHOUT_TEXT)


def letter_count(text: str) -> int:
    """Size of a text in letters, to be compared with the time it takes to say it."""
    return sum(
        _LETTERS_PER_WIDE_CHAR if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
        if is_kept(char)
    )


def _signs(done: ClipDone, speech: Sequence[Span], context: str) -> Iterator[Sign]:
    speech_ms = ms_from_samples(sum(region.sample_count for region in speech))
    count = letter_count(done.text)
    if context and _is_little(count, speech_ms) and is_copied(done.text, context):
        yield Sign.OUT_OF_CONTEXT
    if done.truncated:
        yield Sign.CUT_SHORT
    if done.repetition:
        yield Sign.LOOP
    if 1000 * count > _FASTEST_LETTERS_PER_S * (speech_ms + _UNHEARD_MS):
        yield Sign.TEXT_WITHOUT_SPEECH
    if speech_ms >= _LONG_SPEECH_MS and 1000 * count < _SLOWEST_LETTERS_PER_S * speech_ms:
        yield Sign.SPEECH_WITHOUT_TEXT
    if are_times_lost(done.words):
        yield Sign.COLLAPSED_TIMES
    if _has_strays(done.words, speech):
        yield Sign.WORDS_IN_SILENCE


def _is_little(letters: int, speech_ms: int) -> bool:
    return speech_ms <= _SHORT_SPEECH_MS or 1000 * letters < _SPARSE_LETTERS_PER_S * speech_ms


def without_loops(text: str) -> str:
    """The text with every repetition loop cut down to one unit: mostly the text itself.

    Units may be of any length. Where the text ends inside a loop, the unfinished unit goes too.

    >>> without_loops("So " + "we go on. " * 50 + "Good.")
    'So we go on. Good.'
    >>> without_loops("No, no, no! Ha ha ha.")
    'No, no, no! Ha ha ha.'
    """
    return "".join(text[place] for place in places_without_loops(text))


def places_without_loops(text: str) -> Sequence[int]:
    """Where the characters of `without_loops` stand in the text, in order."""
    places: Sequence[int] = range(len(text))
    while len(kept := _outside_loops(text)) < len(text):
        places = [places[index] for index in kept]
        text = "".join(text[index] for index in kept)  # may itself be a loop now
    return places


def are_times_lost(words: Sequence[Word]) -> bool:
    """Whether the times of a clip's words say nothing: many share one moment, or most have none."""
    return has_collapsed_times(words) or _has_no_lengths(words)


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


def _has_no_lengths(words: Sequence[Word]) -> bool:
    """Whether most words take no time at all; a short one among others is normal."""
    zero_count = sum(word.start_ms == word.end_ms for word in words)
    return len(words) >= _SMALLEST_CROWD_WORDS and 2 * zero_count > len(words)


def _has_strays(words: Sequence[Word], speech: Sequence[Span]) -> bool:
    """Whether a word lies where no speech is near. Both are in order."""
    regions = iter(speech)
    region = next(regions, None)
    for word in words:
        while region is not None and (
            ms_from_samples(region.end_sample) + _STRAY_MS < word.start_ms
        ):
            region = next(regions, None)
        if region is None or word.end_ms < ms_from_samples(region.start_sample) - _STRAY_MS:
            return True
    return False


def _outside_loops(text: str) -> list[int]:
    """Places of the characters that stay where every loop is cut down to one unit."""
    kept: list[int] = []
    position = 0
    while (loop := _first_loop(text, position)) is not None:
        unit_end, loop_end = loop
        kept += range(position, unit_end)
        position = loop_end
    kept += range(position, len(text))
    return kept


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
