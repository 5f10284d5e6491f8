"""Where the tags of a line stand once its text is canonical."""

import unicodedata

from qasr_cli.core.text import canonical

_REACH = 8  # characters before one that may become one character with it
_LONGEST = 1000  # characters of which each is joined to the one before: nothing that anyone wrote


class CanonicalLengths:
    r"""How long ever longer beginnings of a line are as canonical text; in linear time for all.

    >>> lengths = CanonicalLengths("e\u0301b")
    >>> lengths.of(1), lengths.of(2), lengths.of(3)
    (1, 1, 2)
    """

    def __init__(self, line: str) -> None:
        self._line = line
        self._settled = 0  # up to here nothing that follows changes anything
        self._settled_count = 0
        self._last = 0

    def of(self, char: int) -> int:
        """Length of the canonical text of the characters before this one.

        Args:
            char: not before that of the call before.
        """
        if self._is_apart(self._last):
            self._settled_count += len(canonical(self._line[self._settled : self._last]))
            self._settled = self._last
        self._last = char
        return self._settled_count + len(canonical(self._line[self._settled : char]))

    def _is_apart(self, at: int) -> bool:
        """Whether what begins there never becomes one with what is before."""
        if at - self._settled > _LONGEST:
            return True
        before, after = self._line[max(0, at - _REACH) : at], self._line[at : at + 1]
        if unicodedata.category(after or "a").startswith(("M", "C")):
            return False
        return canonical(before + after) == canonical(before) + canonical(after)
