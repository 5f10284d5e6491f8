"""Where sentences end, told from two neighbouring words of a text."""

import re

from qasr_cli.core.language.profiles import profile_of

_CLOSERS = "\"'”’“‘»›」』）》〉】〕］｝)]}"
CLAUSE_MARKS = ";:；：—–…。！？!?؟।"
COMMA_MARKS = ",，、،､"
MARKS = CLAUSE_MARKS + COMMA_MARKS + "."
_ALWAYS_END = "。！？!?؟।॥｡"
_GREEK_QUESTION_MARK = ";"

_SONG = "♪♫"
_EVENT = re.compile(r"[\[♪♫]|\((?![a-zà-ÿ])[^\W\d_]")  # (Applause), [music], a song

_NUMBERED = frozenset(("no", "nr", "núm", "№"))  # only before a figure
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+")  # J., U.S.
_ORDINAL = re.compile(r"\d{1,2}\.")
_ORDINAL_LANGUAGES = frozenset(  # write "3." for "third"
    ("Czech", "Danish", "Finnish", "German", "Hungarian", "Polish", "Turkish")
)


def without_closers(text: str) -> str:
    """The text without the white space, quotes and brackets at its end.

    >>> without_closers('said.” ')
    'said.'
    """
    return text.rstrip().rstrip(_CLOSERS).rstrip()


def ends_sentence(word: str, following: str, language: str | None) -> bool:
    """True when a sentence ends with `word`.

    >>> ends_sentence("said. ", "Then ", "English"), ends_sentence("Mr. ", "Fox ", "English")
    (True, False)

    Args:
        word: a word with its punctuation and the white space after it.
        following: the next word, likewise; "" at the end of the text.
        language: full English name.
    """
    if _EVENT.match(following) or _ends_event(word.rstrip(), following):
        return True
    bare = without_closers(word)
    mark = bare[-1:]
    has_closer = len(bare) < len(word.rstrip())
    is_continued = _starts_lower(following)
    if mark in (".", "…"):
        return not is_continued and not _is_abbreviated(bare, word, following, language)
    if mark == _GREEK_QUESTION_MARK:
        return language == "Greek"
    # “Really?” she asked.
    return mark != "" and mark in _ALWAYS_END and not (has_closer and is_continued)


def _ends_event(word: str, following: str) -> bool:
    mark = word[-1:]
    if mark == ")":
        return word.startswith("(") or ("(" not in word and not _starts_lower(following))
    return mark in ("]", *_SONG)


def _starts_lower(text: str) -> bool:
    return text.lstrip(" \"'“‘„«(¿¡-–—")[:1].islower()


def _is_abbreviated(bare: str, word: str, following: str, language: str | None) -> bool:
    if bare.endswith(("…", "..")):
        # Without capitals there is no telling whether the sentence goes on; then it does.
        return following != "" and not _has_case(following)
    if following and not word[-1:].isspace() and _has_case(following):
        return True  # a dot inside an address
    last = bare.rsplit(maxsplit=1)[-1].lstrip("\"'“‘„«([").lower()
    return (
        last[:-1] in profile_of(language).abbreviations
        or (last[:-1] in _NUMBERED and following[:1].isdigit())
        or (last != "i." and _INITIALS.fullmatch(last) is not None)
        or (language in _ORDINAL_LANGUAGES and _ORDINAL.fullmatch(last) is not None)
    )


def _has_case(text: str) -> bool:
    first = next((char for char in text if char.isalpha()), "")
    return first.lower() != first.upper()
