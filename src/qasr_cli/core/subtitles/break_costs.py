"""The cost of a break between two words: the worse the place, the higher. No times but pauses.

The same costs serve cues and the lines inside a cue. Weights were tuned on subtitles cut by
people; the order is that of the Netflix style guides: punctuation, then before conjunctions and
prepositions, never after an article or between two names.
"""

import functools

from qasr_cli.core.language.languages import TRADITIONAL, code_of, joins_without_space
from qasr_cli.core.language.phrases import are_tied, is_opener
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.language.sentences import CLAUSE_MARKS, COMMA_MARKS, without_closers
from qasr_cli.core.subtitles.spaced_words import (
    closes_soon,
    first_word,
    is_row,
    last_word,
    letters,
)
from qasr_cli.core.text import is_thai, is_unspaced, is_visible

SENTENCE = 0
CLAUSE = 6
COMMA = 10
AFTER_OPENER = 70  # "However,": it belongs to what follows, and ...
AFTER_INNER_OPENER = 100  # "..., but often," even more
AFTER_SHORT_OPENER = 140  # where lines are of full-width characters: 因此，
AFTER_LISTED = 55  # the comma of Chinese lists
MOST_SOON_AGAIN = 60  # of a Chinese comma right behind another mark, falling to 0 over half a line
BEFORE_RELATIVE = 18  # the comma of a clause that tells more of the words before it
BEFORE_CONJUNCTION = 50
BEFORE_CLOSER = 50  # ", isn't it?"
BEFORE_PREPOSITION = 120
BEFORE_VERB = 140
BEFORE_DETERMINER = 150  # verb and object part more easily than adjective and noun
ELSEWHERE = 180
ELSEWHERE_UNSPACED = 80  # any two characters: most of these breaks are between words
AFTER_FUNCTION_WORD = 150
AFTER_ABBREVIATION = 150
BEFORE_BOUND_WORD = 100
AFTER_LEADER = 100
BEFORE_SHORT_REST = 160  # "tens | and thousands."
INSIDE_TIE = 250
INSIDE_COMPOUND = 800  # a verb and its auxiliary: a cue more is better than a line break there
BETWEEN_NAMES = 40
AFTER_NUMBER = 30
LATIN_IN_UNSPACED = 60
INSIDE_PHRASE = 500
AFTER_PARTICLE = 300  # in a phrase that is wider than a line
FORBIDDEN_START = 1000  # still cheaper than a line that is too long

# A pause tilts between places of one rank; times are too coarse to let it do more.
_SHORTEST_PAUSE_MS = 200  # a shorter one is within the aligner's grid of 80 ms
_PAUSE_MS_PER_POINT = 15

_CHINESE = ("Chinese", TRADITIONAL, "Cantonese")
_JOINING_DASHES = "—–…"
_TIE_CHARS = 16  # on either side: more than any expression of the tables

# Source: the prohibitions of JIS X 4051 (kinsoku), and for Chinese the particles and suffixes
# that never begin a phrase.
_NEVER_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】°′″℃％‰,.:;?!)]}%»…‥～〜"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶｧｨｩｪｫｬｭｮｯｰ"
)
_NEVER_FIRST_CHINESE = frozenset("的了吗嗎呢吧啊呀嘛着著过過们們地得嘅咗喎㗎")
_QUOTATION = ("「", "『", "“", "《")
_CASE_PARTICLES = "がをはへ"
_NEVER_LAST = frozenset("‘“（〔［｛〈《「『【([{«¿¡$€£¥￥#@")


def can_break(left: str, right: str) -> bool:
    """True unless a break between two neighbouring words would cut a word in two.

    >>> can_break("out ", "loud"), can_break("学", "校"), can_break("학교", "에")
    (True, True, False)
    """
    last, first = left[-1:], right[:1]
    return (
        last.isspace() or first.isspace() or last in _JOINING_DASHES or _meets_unspaced(left, right)
    )


def break_cost(
    left: str,
    right: str,
    *,
    pause_ms: int,
    language: str | None,
    is_phrase_end: bool | None = None,
    phrase: str = "",
    begins_sentence: bool = False,
) -> int:
    """Cost of a break between two neighbouring words of one sentence, from 0.

    Args:
        left, right: with their punctuation, and the white space after them; more text on either
            side is welcome.
        pause_ms: silence between them.
        language: full English name.
        is_phrase_end: what a dictionary says of the place in a text without spaces; None = no
            dictionary was asked.
        phrase: from the mark of punctuation before the last, or the start of the sentence, to this
            place; "" where nobody looked.
        begins_sentence: nothing of the sentence stands before that.
    """
    cost = _text_cost(left, right, language, is_phrase_end=is_phrase_end)
    if cost in (COMMA, BEFORE_RELATIVE) and phrase:
        bare = without_closers(phrase)
        cost = max(cost, _comma_cost(bare, language, begins_sentence=begins_sentence))
    if pause_ms > _SHORTEST_PAUSE_MS:
        cost -= min(cost * 3 // 4 + 8, (pause_ms - _SHORTEST_PAUSE_MS) // _PAUSE_MS_PER_POINT)
    return max(cost, SENTENCE)


def _comma_cost(phrase: str, language: str | None, *, begins_sentence: bool) -> int:
    """Cost of a break after a comma that ends a phrase."""
    profile = profile_of(language)
    cost = COMMA
    if language in _CHINESE:
        lack = 1 - 2 * len(phrase) / (profile.limits.line_columns / 2)
        cost += round(MOST_SOON_AGAIN * max(0, lack))
    if not is_opener(phrase, language, profile.conjunctions):
        return cost
    if profile.limits.char_columns > 1:
        return AFTER_SHORT_OPENER
    return AFTER_OPENER if begins_sentence else AFTER_INNER_OPENER


def _text_cost(left: str, right: str, language: str | None, *, is_phrase_end: bool | None) -> int:
    code = code_of(language)
    bare = without_closers(left)
    is_spaced = left[-1:].isspace()
    if not is_spaced and _is_forbidden(left.rstrip()[-1:], right[:1], code):
        return FORBIDDEN_START
    if bare[-1:] in CLAUSE_MARKS or bare.endswith(("..", "--")):
        return CLAUSE
    if bare[-1:] == "、" and language in _CHINESE:
        is_row = bare[-2:-1].isdigit() and right[:1].isdigit()
        return INSIDE_COMPOUND if is_row else AFTER_LISTED
    if bare[-1:] in COMMA_MARKS:
        return _cost_behind_comma(right, language) if is_spaced else COMMA
    if not _meets_unspaced(left, right):
        cost = _spaced_cost(bare, right, language)
        if code != "de" and last_word(bare)[:1].isupper() and right[:1].isupper():
            cost += BETWEEN_NAMES
        if joins_without_space(language):
            cost += LATIN_IN_UNSPACED  # iPhone 15 Pro
        return cost
    cost = _unspaced_cost(bare, right, language)
    if not is_spaced:
        cost += _phrase_cost(bare[-1:], right[:1], code, is_phrase_end=is_phrase_end)
    return cost


# --- words with spaces between them -----------------------------------------------------------


def _cost_behind_comma(right: str, language: str | None) -> int:
    if closes_soon(right, language):
        return BEFORE_CLOSER
    relatives = profile_of(language).relatives
    return BEFORE_RELATIVE if letters(first_word(right)) in relatives else COMMA


def _spaced_cost(bare: str, right: str, language: str | None) -> int:
    before, after = letters(last_word(bare)), letters(first_word(right))
    cost = _cost_before(after, language)
    if cost == BEFORE_CONJUNCTION and is_row(bare, right, language):
        cost = BEFORE_SHORT_REST
    profile = profile_of(language)
    if before.endswith(_tuple(profile.clause_endings)):
        cost = min(cost, BEFORE_CONJUNCTION)
    if are_tied(letters(bare[-_TIE_CHARS:]), letters(right[:_TIE_CHARS]), language):
        cost = max(cost, INSIDE_COMPOUND if code_of(language) == "ko" else INSIDE_TIE)
    if _is_leader(before, language):
        cost += AFTER_FUNCTION_WORD
    elif before in profile.leaders:
        cost += AFTER_LEADER
    if bare.endswith("."):  # the stop of a sentence is not asked about
        cost += AFTER_ABBREVIATION
    if bare[-1:].isdigit():
        cost += AFTER_NUMBER
    return cost


# A talk says the same few thousand words over and over.
@functools.lru_cache(maxsize=8192)
def _cost_before(word: str, language: str | None) -> int:
    profile = profile_of(language)
    forms = {word, word[: word.find("'") + 1]}  # qu'il, d'un
    if forms & profile.conjunctions:
        return BEFORE_CONJUNCTION
    if forms & profile.prepositions:
        return BEFORE_PREPOSITION
    if word in profile.verbs:
        return BEFORE_VERB
    if word in profile.bound_words:
        return ELSEWHERE + BEFORE_BOUND_WORD
    return BEFORE_DETERMINER if forms & profile.determiners else ELSEWHERE


@functools.lru_cache(maxsize=8192)
def _is_leader(word: str, language: str | None) -> bool:
    profile = profile_of(language)
    forms = {word, word[word.find("'") + 1 :]}  # the "un" of "d'un"
    return any(
        forms & words
        for words in (profile.function_words, profile.prepositions, profile.conjunctions)
    )


# --- scripts without spaces -------------------------------------------------------------------


def _unspaced_cost(bare: str, right: str, language: str | None) -> int:
    profile = profile_of(language)
    is_clause = (
        right.startswith(_tuple(profile.conjunctions))
        or right[:1] in _QUOTATION
        or bare.endswith(_tuple(profile.clause_endings))
    )
    cost = BEFORE_CONJUNCTION if is_clause else ELSEWHERE_UNSPACED
    if bare.endswith(_tuple(profile.function_words)):
        cost += AFTER_FUNCTION_WORD
    elif bare.endswith(_tuple(profile.leaders)):
        cost += AFTER_LEADER
    if right.startswith(_tuple(profile.bound_words)):
        cost += BEFORE_BOUND_WORD
    if are_tied(bare, right.rstrip(), language):
        cost = max(cost, INSIDE_COMPOUND)
    return cost


@functools.cache
def _tuple(words: frozenset[str]) -> tuple[str, ...]:
    """The words as str.startswith and str.endswith want them."""
    return tuple(words)


def _phrase_cost(last: str, first: str, code: str, *, is_phrase_end: bool | None) -> int:
    if is_phrase_end is None:
        is_phrase_end = not _is_probably_inside_word(last, first, code)
    if is_phrase_end:
        return 0
    return AFTER_PARTICLE if code == "ja" and last in _CASE_PARTICLES else INSIDE_PHRASE


def _meets_unspaced(left: str, right: str) -> bool:
    last = next(filter(is_visible, reversed(left)), "")
    first = next(filter(is_visible, right), "")
    return (last != "" and is_unspaced(last)) or (first != "" and is_unspaced(first))


def _is_probably_inside_word(last: str, first: str, code: str) -> bool:
    """Whether a break is likely to cut a word, guessed from the scripts; Thai shows no edges."""
    if code == "ja":
        return _is_hiragana(first) or not _is_hiragana(last)
    return is_thai(first)


def _is_hiragana(char: str) -> bool:
    return "\u3041" <= char <= "\u309f"


def _is_forbidden(last: str, first: str, code: str) -> bool:
    if last in _NEVER_LAST or first in _NEVER_FIRST:
        return True
    return code in ("zh", "yue") and first in _NEVER_FIRST_CHINESE
