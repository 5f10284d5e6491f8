"""What two answers in a row agree on: the part of a partial that may be read as settled. Pure.

LocalAgreement with two answers, by words, or by characters in scripts without spaces. A model ends
each answer with a full stop, wherever the sound stops, so punctuation settles with the word after.
"""

from qasr_cli.core.text import is_kept, split_words, tile


class Agreement:
    """The answers to one phrase that grows."""

    def __init__(self) -> None:
        self._settled = ""
        self._settled_words: list[str] = []
        self._before: list[str] = []

    def take(self, text: str) -> tuple[str, str]:
        """What has settled, and what follows it in this answer, with the space between them.

        What has settled grows and is never taken back, whatever this answer says instead.
        """
        spoken = split_words(text)
        words = [word.casefold() for word in spoken]
        ends = _ends(text, spoken)
        count = len(self._settled_words)
        agreed_count = _common_count(words, self._before)
        if words[:count] == self._settled_words and agreed_count > count:
            self._settled += text[_end(ends, count) : ends[agreed_count - 1]]
            self._settled_words = words[:agreed_count]
        self._before = words
        count = len(self._settled_words)
        tail = text[_end(ends, count) :] if count <= len(ends) else ""
        return self._settled, tail


def _ends(text: str, words: tuple[str, ...]) -> list[int]:
    """Where each word ends, without the punctuation behind it."""
    ends = []
    for char_start, char_end in tile(text, words):
        end = char_end
        while end > char_start and not is_kept(text[end - 1]):
            end -= 1
        ends.append(end)
    return ends


def _end(ends: list[int], count: int) -> int:
    return ends[count - 1] if count else 0


def _common_count(left: list[str], right: list[str]) -> int:
    count = 0
    for first, second in zip(left, right, strict=False):
        if first != second:
            break
        count += 1
    return count
