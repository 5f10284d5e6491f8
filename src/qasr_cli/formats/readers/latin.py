"""The page of Latin letters a text was saved in, told by the letters of its language. No I/O."""

import re
from collections.abc import Sequence

_WESTERN = "cp1252"
# Only letters that a language needs itself: every other one makes it look like its neighbours.
_LETTERS = {
    _WESTERN: (
        "[àâæçéèêëîïôœùûüÿ]",  # French
        "[äöüßé]",  # German
        "[áéíñóúüçªº¿¡]",  # Spanish, Galician
        "[àçèéíïòóúü·]",  # Catalan
        "[áâãàçéêíóôúüªº]|õ(?=e)",  # Portuguese; any other õ is a letter of another page
        "[àèéìíîòóùú]",  # Italian
        "[æøåéèêóòôäö]",  # Danish, Norwegian
        "[äöåõüéàšž]",  # Swedish, Finnish, Estonian
        "[áéíóúýþæöøð]",  # Icelandic, Faroese
        "[áâçéèêëïíóöúü]",  # Dutch, Irish, Albanian
    ),
    "cp1250": (
        "[ąćęłńóśźż]",  # Polish
        "[áčďéěíňóřšťúůýž]",  # Czech
        "[áäčďéíĺľňóôŕšťúýž]",  # Slovak
        "[áéíóöőúüű]",  # Hungarian
        "[ăâîşţ]",  # Romanian
        "[čćđšž]",  # Croatian, Slovene
    ),
    "cp1254": ("[çğıİöşü]",),  # Turkish
    "cp1257": ("[ąčęėįšųūž]", "[āčēģīķļņšūž]"),  # Lithuanian, Latvian
    "cp1258": ("[áàâăéèêíóôơúùưýđ\u0300\u0301\u0303\u0309\u0323]",),  # Vietnamese
}
_PATTERNS = {
    page: [re.compile(letters, re.IGNORECASE) for letters in languages]
    for page, languages in _LETTERS.items()
}
_VIETNAMESE = re.compile("[đơưĐƠƯ]")  # hardly a sentence is without them
_MARGIN = 0.15  # of 2.0: what looks alike is Western
_FEWEST_SHARE = 0.01  # of all letters: fewer are names and signs in plain English
# Turkish in Western letters has these; Icelandic has them too, but never without the others.
_TURKISH, _NOT_TURKISH = re.compile("[þðýÞÐÝ]"), re.compile("[áéíóúæÁÉÍÓÚÆ]")
_HIGH = re.compile(r"[^\x00-\x7f]")
_TOUCHING = re.compile(r"(?<=[^\W\d_]).|.(?=[^\W\d_])")


def latin_page(lines: Sequence[bytes], *, letter_count: int) -> str:
    """The page; the Western one where no other is clearly better.

    Args:
        lines: those that are not ASCII.
        letter_count: how many letters of ASCII there are, in other lines too.
    """
    places = [_places(line) for line in lines]
    count = sum(map(len, places))
    if count == 0 or count < _FEWEST_SHARE * letter_count:
        return _WESTERN
    fits = {page: _fit(page, lines, places) / count for page in _PATTERNS}
    best = max(fits, key=lambda page: fits[page])
    if fits[best] >= fits[_WESTERN] + _MARGIN:
        return best
    text = _text(b"\n".join(lines), _WESTERN)
    is_turkish = _TURKISH.search(text) and not _NOT_TURKISH.search(text)
    return "cp1254" if is_turkish else _WESTERN


def _text(data: bytes, page: str) -> str:
    """One character for each byte."""
    return data.decode(page, errors="replace")


def _places(line: bytes) -> list[int]:
    """Where letters stand, whatever the page: signs that touch none are the same on most pages."""
    text = _text(line, _WESTERN)
    return [
        found.start()
        for found in _HIGH.finditer(text)
        if found[0].isalpha()
        or (
            found[0] != _text(line[found.start() : found.end()], "cp1250") and _touches(text, found)
        )
    ]


def _touches(text: str, found: re.Match[str]) -> bool:
    return _TOUCHING.match(text, found.start()) is not None


def _fit(page: str, lines: Sequence[bytes], places: Sequence[Sequence[int]]) -> float:
    """How many letters are those of one language, and of one in each line, added up."""
    texts = [_text(line, page) for line in lines]
    if page == "cp1258" and not any(map(_VIETNAMESE.search, texts)):
        return 0.0
    counts = [
        [sum(pattern.match(text, at) is not None for at in ats) for pattern in _PATTERNS[page]]
        for text, ats in zip(texts, places, strict=True)
    ]
    return max(map(sum, zip(*counts, strict=True))) + sum(map(max, counts))
