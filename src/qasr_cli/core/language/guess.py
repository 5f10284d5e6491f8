"""The language that a text is probably in, told from its script and its function words."""

from collections import Counter

from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.language.profiles import profile_of

# By the first letters of Unicode names; Kana before Han, which Japanese has too.
_SCRIPTS = (
    ("Japanese", "\u3040", "\u30ff", 0.05),
    ("Korean", "\uac00", "\ud7a3", 0.3),
    ("Chinese", "\u4e00", "\u9fff", 0.3),
    ("Russian", "\u0400", "\u04ff", 0.3),
    ("Thai", "\u0e00", "\u0e7f", 0.3),
    ("Arabic", "\u0600", "\u06ff", 0.3),
    ("Hindi", "\u0900", "\u097f", 0.3),
)
_LATIN = ("English", "German", "French", "Spanish", "Portuguese", "Italian")


def guess_language(text: str) -> str | None:
    """Full English name of the language that a text is probably in; None when it does not show.

    By script; among languages in Latin script by the function words.

    >>> guess_language("Wir sind in der Stadt."), guess_language("我在家喝茶"), guess_language("Ok")
    ('German', 'Chinese', None)
    """
    letters = [char for char in text if char.isalpha()]
    for name, first, last, least_share in _SCRIPTS:
        if sum(first <= char <= last for char in letters) > least_share * len(letters):
            return language_from_model(name)
    words = Counter(text.lower().split())
    hits = {name: _function_word_count(words, name) for name in _LATIN}
    best = max(hits, key=hits.__getitem__)
    return best if hits[best] else None


def _function_word_count(words: Counter[str], name: str) -> int:
    profile = profile_of(name)
    known = profile.function_words | profile.prepositions | profile.conjunctions
    return sum(count for word, count in words.items() if word in known)
