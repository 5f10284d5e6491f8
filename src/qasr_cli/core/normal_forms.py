"""Unicode's normal forms, of hostile texts too."""

import functools
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Literal

_SHORT = 1000  # characters that are dealt with in a blink, in whatever order


def normalized(form: Literal["NFC", "NFKC"], text: str) -> str:
    """The text in a normal form of Unicode, in time linear in its length.

    The library sorts the accents of a letter by insertion, so that a line of a million of them
    would take hours; it need not move those that come in order.
    """
    if len(text) > _SHORT:
        text = "".join(_with_marks_in_order(form, text))
    return unicodedata.normalize(form, text)


def _with_marks_in_order(form: Literal["NFC", "NFKC"], text: str) -> Iterator[str]:
    decomposition: Literal["NFD", "NFKD"] = "NFD" if form == "NFC" else "NFKD"
    decomposed = functools.partial(unicodedata.normalize, decomposition)
    for is_mark, run in groupby(text, key=lambda c: unicodedata.combining(decomposed(c)[0]) > 0):
        if is_mark:
            yield from sorted("".join(map(decomposed, run)), key=unicodedata.combining)
        else:
            yield from run
