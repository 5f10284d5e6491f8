"""Words with spaces between them: without their marks, in a row, the last of a sentence. Pure."""

import functools

from qasr_cli.core.language.phrases import coordinators_of
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.language.sentences import MARKS, ends_sentence, without_closers

_ROW_WORDS = 2
_LIKE_CHARS = 2  # at the ends of words for like things, but for the plural -s


def last_word(text: str) -> str:
    """The last word of a text; "" where it has none."""
    return "".join(text.rsplit(maxsplit=1)[-1:])


def first_word(text: str) -> str:
    """The first word of a text; "" where it has none."""
    return "".join(text.split(maxsplit=1)[:1])


@functools.lru_cache(maxsize=8192)
def letters(word: str) -> str:
    """The word as the tables of a language have it, without marks."""
    return word.replace("’", "'").strip("\"'“”‘«»„(¿¡[.,!?;:)]").lower()


def is_row(left: str, right: str, language: str | None) -> bool:
    """True where a word puts like things in a row, and a break before it leaves one of them alone.

    Like things look alike ("hundreds and thousands", "from me and from you"), or a mark comes
    behind the second ("bread and cheese.").

    Args:
        left: before the break, without white space at its end.
        right: behind it, some words long.
        language: full English name.
    """
    word, *rest = right.split(maxsplit=1 + _ROW_WORDS)[: 1 + _ROW_WORDS]
    coordinators = coordinators_of(language)
    if letters(word) not in coordinators or not rest:
        return False
    first = letters(rest[0])
    *earlier, last = map(letters, left.split()[-2:])
    leads_on = profile_of(language).function_words | profile_of(language).prepositions
    if first in leads_on:
        return first in earlier or _is_marked(rest[0])
    same_chars = 1 if last.endswith("s") else _LIKE_CHARS
    is_alike = len(first) > same_chars and first[-same_chars:] == last[-same_chars:]
    return is_alike or any(map(_is_marked, rest)) or letters(rest[-1]) in coordinators


def closes_soon(right: str, language: str | None) -> bool:
    """True where a sentence ends with the next word or two."""
    words = [f"{word} " for word in right.split(maxsplit=_ROW_WORDS + 1)[: _ROW_WORDS + 1]]
    pairs = zip(words[:_ROW_WORDS], [*words[1:], ""], strict=False)
    return any(ends_sentence(word, following, language) for word, following in pairs)


def _is_marked(word: str) -> bool:
    return without_closers(word)[-1:] in MARKS
