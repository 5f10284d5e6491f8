"""Text and the tokens of an aligner, tied together without losing a character. No times here."""

import functools
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qasr_cli.core.normal_forms import normalized

CharSpan = tuple[int, int]  # text[span[0] : span[1]]

_THAI_LEADING_VOWELS = "เแโใไ"  # written before the consonant that they belong to
_THAI_TRAILING_VOWELS = "ะาำๅๆฯ"  # letters that never start a syllable
_LONGEST_REACH = 1000  # letters: more than a minute of speech
_QUOTES = '"＂'  # the same sign opens and closes
_TURN_SIGNS = "-–—♪♫"
_BEFORE_A_TURN = re.compile(r"\s+[^\w\s]*?[.?!…。？！♪♫]")  # read backwards, so in linear time


def canonical(text: str) -> str:
    """The text as it goes to the aligner and onto the screen.

    NFC; line breaks, tabs and their like become spaces; other controls are dropped, and so are
    surrogates, which no file could hold, and noncharacters, at which ffmpeg and XML readers stop.
    """
    return normalized("NFC", text if text.isprintable() else "".join(map(_printable, text)))


def _printable(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp":
            return " " if char.isspace() else ""
        case "Cs":
            return ""
        case "Cn" if _is_noncharacter(ord(char)):
            return ""
        case _:
            return char


def _is_noncharacter(code: int) -> bool:
    """Source: the Unicode Standard, 23.7: U+FDD0..U+FDEF and the last two of each plane."""
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE  # noqa: PLR2004


@functools.lru_cache(maxsize=4096)
def is_visible(char: str) -> bool:
    """True unless the character is white space, a control, or one that only joins others."""
    return not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc", "Mn", "Me")


def is_kept(char: str) -> bool:
    """True for what the aligner's word splitter keeps: letters, numbers and the apostrophe.

    Source: transformers `Qwen3ASRProcessor.split_words_for_alignment`.
    """
    return char == "'" or unicodedata.category(char)[0] in "LN"


def is_thai(char: str) -> bool:
    """True in the Thai block: no spaces between words, and no break at most places."""
    return "\u0e00" <= char <= "\u0e7f"


@functools.lru_cache(maxsize=4096)
def is_unspaced(char: str) -> bool:
    """True in scripts that put no space between words: Han, Kana, Thai, but not Hangul."""
    if char < "\u0e00":
        return False
    if unicodedata.east_asian_width(char) in "WF":
        return not unicodedata.name(char, "").startswith("HANGUL")
    return is_thai(char) or "\uff61" <= char <= "\uff9f"  # half-width Kana


def is_inner_break(char: str) -> bool:
    """True where a token may be cut although no space stands there."""
    if char.isspace() or char in "…—":
        return True
    return unicodedata.category(char)[0] == "P" and unicodedata.east_asian_width(char) in "WF"


_STRAY = re.compile(r"[?!:;,»，。！？、：；]+(?:\s+|$)")


def stray_count(text: str) -> int:
    """Characters at the start that belong to the text before: punctuation with a space after it.

    >>> stray_count("? Oui."), stray_count("... Oui.")
    (2, 0)
    """
    found = _STRAY.match(text)
    return found.end() if found else 0


# --- words of an untimed text -----------------------------------------------------------------


def split_words(text: str) -> tuple[str, ...]:
    """Tokens of a text that no aligner has split: words, or syllables where nothing parts words.

    >>> split_words("I don't: 3.14, 你好，iPhone")
    ('I', "don't", '314', '你', '好', 'iPhone')
    """
    words: list[str] = []
    token = ""
    for char in text:
        if is_kept(char):
            if token and _starts_word(token[-1], char):
                words.append(token)
                token = ""
            token += char
        elif token and is_inner_break(char):
            words.append(token)
            token = ""
    return (*words, token) if token else tuple(words)


def _starts_word(before: str, char: str) -> bool:
    if is_thai(before) and is_thai(char):
        return before not in _THAI_LEADING_VOWELS and char not in _THAI_TRAILING_VOWELS
    return is_unspaced(before) or is_unspaced(char)


def split_inside(text: str, span: CharSpan) -> tuple[CharSpan, ...]:
    """A token's span, cut where its text has a space, full-width punctuation, `…` or `—` inside.

    Never inside `3.14`, an address or a hyphenated word.

    >>> text = "iPhone，Android 3.14"
    >>> [text[start:end] for start, end in split_inside(text, (0, len(text)))]
    ['iPhone，', 'Android ', '3.14']
    """
    kept = [index for index in range(*span) if is_kept(text[index])]
    quote_places = [index for index in range(*span) if text[index] in _QUOTES]
    cuts = [span[0]]
    for left, right in pairwise(kept):
        gap = text[left + 1 : right]
        if any(map(is_inner_break, gap)):
            is_quote_open = bisect_left(quote_places, left) % 2 == 1
            cuts.append(left + 1 + _cut_in_gap(gap, is_quote_open=is_quote_open))
    return tuple(pairwise((*cuts, span[1])))


# --- tokens to text ---------------------------------------------------------------------------


def tile(text: str, tokens: Sequence[str]) -> tuple[CharSpan, ...]:
    """One span of the text for each token; together they cover every character, in order.

    A token that is not in the text gets an empty span; text that is in no token goes to a
    neighbour: white space, closing punctuation and combining marks to the left one, opening
    brackets and currency signs to the right one.

    >>> text = 'He paid “$3.14”, twice!'
    >>> [text[start:end] for start, end in tile(text, ("He", "paid", "314", "twice"))]
    ['He ', 'paid ', '“$3.14”, ', 'twice!']

    Args:
        text: canonical.
        tokens: of a word splitter that drops punctuation and may normalise (NFKC, case).
    """
    if not tokens:
        return ()
    found = _without_overlap(_find(text, tokens))
    present = [index for index, span in enumerate(found) if span is not None]
    if not present:
        return ((0, len(text)), *((len(text), len(text)) for _ in tokens[1:]))
    ends = dict(
        zip(present, _ends(text, [span for span in found if span is not None]), strict=True)
    )
    spans: list[CharSpan] = []
    position = 0
    for index in range(len(tokens)):
        end = ends.get(index, position)
        spans.append((position, end))
        position = end
    return tuple(spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """Characters of a text that a splitter would keep, each with the span it came from."""

    chars: str
    spans: tuple[CharSpan, ...]


def _find(text: str, tokens: Sequence[str]) -> list[CharSpan | None]:
    kept = [(index, char) for index, char in enumerate(text) if is_kept(char)]
    stream = _Stream(
        chars="".join(char for _, char in kept),
        spans=tuple((index, index + 1) for index, _ in kept),
    )
    # "startswith", because nagisa may drop an unfinished last word.
    if stream.chars.startswith("".join(tokens)):
        return _find_in(stream, tokens)
    return _find_in(_folded_stream(text), [_fold(token) for token in tokens])


def _find_in(stream: _Stream, tokens: Sequence[str]) -> list[CharSpan | None]:
    """The next place of each token; None where it does not come soon, so is not in the text.

    "Soon" grows with the token, so that a short one does not jump ahead to a chance likeness, and
    with what was missed since the last find, so that the two find together again. Linear.
    """
    found: list[CharSpan | None] = []
    position = 0
    missed_count = 0
    for token in tokens:
        reach = min(len(token) * (8 + missed_count), _LONGEST_REACH)
        place = stream.chars.find(token, position, position + len(token) + reach) if token else -1
        if place < 0:
            found.append(None)
            missed_count += len(token)
        else:
            position = place + len(token)
            missed_count = 0
            found.append((stream.spans[place][0], stream.spans[position - 1][1]))
    return found


def _fold(piece: str) -> str:
    return "".join(filter(is_kept, normalized("NFKC", piece).casefold()))


def _folded_stream(text: str) -> _Stream:
    pieces = [(span, _fold(text[slice(*span)])) for span in _clusters(text)]
    return _Stream(
        chars="".join(piece for _, piece in pieces),
        spans=tuple(span for span, piece in pieces for _ in piece),
    )


def _clusters(text: str) -> Iterator[CharSpan]:
    """Pieces that normalise on their own: NFKC of the text is NFKC of the pieces, joined."""
    edges = [
        index
        for index, char in enumerate(text)
        if unicodedata.combining(char) == 0
        and char not in "\uff9e\uff9f"  # half-width voicing marks
        and not "\u1160" <= char <= "\u11ff"  # Hangul vowels and finals
    ]
    return pairwise((0, *(edge for edge in edges if edge > 0), len(text)))


def _without_overlap(found: list[CharSpan | None]) -> list[CharSpan | None]:
    """One character may have become two tokens (`㎏`): the first keeps it."""
    settled: list[CharSpan | None] = []
    position = 0
    for span in found:
        if span is None or span[1] <= position:
            settled.append(None)
        else:
            settled.append((max(span[0], position), span[1]))
            position = span[1]
    return settled


def _ends(text: str, spans: Sequence[CharSpan]) -> Iterator[int]:
    """Where each token's tile ends, given where its letters are."""
    quote_places = [index for index, char in enumerate(text) if char in _QUOTES]
    for (_, left), (right, _) in pairwise(spans):
        is_quote_open = bisect_left(quote_places, left) % 2 == 1
        yield left + _cut_in_gap(text[left:right], is_quote_open=is_quote_open)
    yield len(text)


# --- between two tokens -----------------------------------------------------------------------


def _cut_in_gap(gap: str, *, is_quote_open: bool) -> int:
    """How much of the text between two tokens belongs to the left one."""
    # Marks, joiners and skin tones open nothing, so they stay with the letter before them.
    cut = max((index + 1 for index, char in enumerate(gap) if char.isspace()), default=None)
    if cut is not None:
        return _before_spaced_opener(gap, cut)
    cut = len(gap)
    while cut > 0 and _opens(gap[cut - 1], is_quote_open=is_quote_open):
        cut -= 1
    return cut


def _before_spaced_opener(gap: str, cut: int) -> int:
    """`« Oui »`, `$ 5` and `- Oui` have a space after the opener; it still belongs to the right."""
    opener = len(gap[:cut].rstrip())
    first = opener
    if gap[first - 1 : first] in _TURN_SIGNS and _BEFORE_A_TURN.match(gap[: first - 1][::-1]):
        return first - 1  # another speaker, another line of a song
    while first > 0 and _opens(gap[first - 1], is_quote_open=True):
        first -= 1
    return first if first < opener and first > 0 and gap[first - 1].isspace() else cut


def _opens(char: str, *, is_quote_open: bool) -> bool:
    if char in _QUOTES:
        return not is_quote_open
    return char in "¿¡#@" or unicodedata.category(char) in ("Ps", "Pi", "Sc")
