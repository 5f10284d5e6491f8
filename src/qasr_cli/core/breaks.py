"""What a break between two words costs: good places are cheap, bad ones dear. No times but pauses.

The same costs serve cues and the lines inside a cue. Weights were tuned on subtitles cut by
people; the order is that of the Netflix style guides: punctuation, then before conjunctions and
prepositions, never after an article or between two names.
"""

from qasr_cli.core.languages import code_of
from qasr_cli.core.sentences import without_closers
from qasr_cli.core.text import is_thai, is_unspaced, is_visible

SENTENCE = 0
CLAUSE = 6
COMMA = 10
BEFORE_CONJUNCTION = 20
BEFORE_FUNCTION_WORD = 120
ELSEWHERE = 180
AFTER_FUNCTION_WORD = 150
AFTER_ABBREVIATION = 150
BETWEEN_NAMES = 40
AFTER_NUMBER = 30
LATIN_IN_UNSPACED = 60
INSIDE_WORD = 400
FORBIDDEN_START = 1000  # still cheaper than a line that is too long

_CLAUSE_MARKS = ";:；：—–…。！？!?؟।"
_COMMA_MARKS = ",，、،､"
_JOINING_DASHES = "—–…"

# Source: the prohibitions of JIS X 4051 (kinsoku), and for Chinese the particles and suffixes
# that never begin a phrase.
_NEVER_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】°′″℃％‰,.:;?!)]}%»…‥～〜"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶｧｨｩｪｫｬｭｮｯｰ"
)
_NEVER_FIRST_CHINESE = frozenset("的了吗嗎呢吧啊呀嘛着著过過们們地得嘅咗喎㗎")
_NEVER_LAST = frozenset("‘“（〔［｛〈《「『【([{«¿¡$€£¥￥#@")

# A line should start with these, ...
_CONJUNCTIONS = {
    "en": "and but or nor so because although though while when where which who that if unless "
    "until since whereas",
    "de": "und aber oder denn sondern weil obwohl während wenn als wo dass ob damit bevor nachdem",
    "fr": "et mais ou donc car ni parce puisque quand lorsque que qui dont où si comme",
    "es": "y e pero o u ni porque aunque cuando donde que quien si mientras como",
    "pt": "e mas ou nem porque embora quando onde que quem se enquanto como",
    "it": "e ed ma o oppure né perché sebbene quando dove che chi se mentre come",
    "ru": "и а но или что чтобы потому когда где который которая которые если хотя пока",
}
# ... and not end with these: articles, prepositions, possessives, auxiliaries, pronouns.
_FUNCTION_WORDS = {
    "en": "a an the of to in on at by for from with as into about than my your his her its our "
    "their this these those is are was were be been am has have had do does did will would can "
    "could shall should may might must not no very i you he she we they it's i'm don't there",
    "de": "der die das den dem des ein eine einen einem einer eines kein keine mein dein sein ihr "
    "unser zu in im an am auf aus bei mit nach von vom vor für über unter durch um ist sind war "
    "hat haben wird werden kann nicht sehr ich du er sie es wir",
    "fr": "le la les un une des du de au aux en ne se me te y je tu il elle on nous vous ils elles "
    "ce cette ces mon ma mes son sa ses leur est sont a ont dans sur pour par avec sans très plus",
    "es": "el la los las un una unos unas de del a al en con por para sin sobre mi tu su sus este "
    "esta es son ha han no se me te le lo muy más yo él ella",
    "pt": "o a os as um uma uns umas de do da dos das em no na nos nas com por para sem sobre meu "
    "minha seu sua este esta é são tem não me te lhe muito mais eu ele ela",
    "it": "il lo la i gli le un uno una di del della dei a al alla da dal in nel nella con per su "
    "sul tra fra mio mia suo sua questo questa è sono ha hanno non si mi ti molto più io lui lei",
    "ru": "в во на с со к ко о об от до из за по под при для без у не ни мой моя твой свой это "
    "этот эта очень я ты он она мы вы они",
}
_STARTERS = {code: frozenset(words.split()) for code, words in _CONJUNCTIONS.items()}
_LEADERS = {code: frozenset(words.split()) for code, words in _FUNCTION_WORDS.items()}


def can_break(left: str, right: str) -> bool:
    """True unless a break between two neighbouring words would cut a word in two.

    >>> can_break("out ", "loud"), can_break("学", "校"), can_break("학교", "에")
    (True, True, False)
    """
    last, first = left[-1:], right[:1]
    return (
        last.isspace() or first.isspace() or last in _JOINING_DASHES or _meets_unspaced(left, right)
    )


def break_cost(left: str, right: str, *, pause_ms: int, language: str | None) -> int:
    """Cost of a break between two neighbouring words of one sentence, from 0.

    Args:
        left, right: with their punctuation, and the white space after them.
        pause_ms: silence between them.
        language: full English name.
    """
    cost = _text_cost(left, right, code_of(language))
    if pause_ms > 200:  # noqa: PLR2004  # shorter ones are within the aligner's grid of 80 ms
        cost -= min(cost * 3 // 4 + 8, (pause_ms - 200) // 25)
    return max(cost, SENTENCE)


def _text_cost(left: str, right: str, code: str) -> int:
    bare = without_closers(left)
    is_spaced = left[-1:].isspace()
    if not is_spaced and _is_forbidden(left.rstrip()[-1:], right[:1], code):
        return FORBIDDEN_START
    if bare[-1:] in _CLAUSE_MARKS or bare.endswith(".."):
        return CLAUSE
    if bare[-1:] in _COMMA_MARKS:
        return COMMA
    if _meets_unspaced(left, right):
        is_inside = not is_spaced and _is_probably_inside_word(bare[-1:], right[:1], code)
        return INSIDE_WORD if is_inside else ELSEWHERE
    return _spaced_cost(bare, right, code)


def _spaced_cost(bare: str, right: str, code: str) -> int:
    before, after = _letters(bare.rsplit(maxsplit=1)[-1:]), _letters(right.split(maxsplit=1)[:1])
    leaders = _LEADERS.get(code, frozenset())
    if after in _STARTERS.get(code, frozenset()):
        cost = BEFORE_CONJUNCTION
    elif after in leaders:
        cost = BEFORE_FUNCTION_WORD
    else:
        cost = ELSEWHERE
    if before in leaders:
        cost += AFTER_FUNCTION_WORD
    if code != "de" and bare[:1].isupper() and right[:1].isupper():
        cost += BETWEEN_NAMES
    if bare.endswith("."):  # the stop of a sentence is not asked about
        cost += AFTER_ABBREVIATION
    if bare[-1:].isdigit():
        cost += AFTER_NUMBER
    if code in ("zh", "yue", "ja"):
        cost += LATIN_IN_UNSPACED  # iPhone 15 Pro
    return cost


def _letters(words: list[str]) -> str:
    return "".join(words).strip("\"'“”‘’«»„(¿¡[.,!?;:)]").lower()


def _meets_unspaced(left: str, right: str) -> bool:
    last = next(filter(is_visible, reversed(left)), "")
    first = next(filter(is_visible, right), "")
    return (last != "" and is_unspaced(last)) or (first != "" and is_unspaced(first))


def _is_probably_inside_word(last: str, first: str, code: str) -> bool:
    """A guess without a dictionary: Japanese phrases begin where Hiragana ends, Thai ones hide."""
    if code == "ja":
        return _is_hiragana(first) or not _is_hiragana(last)
    return is_thai(first)


def _is_hiragana(char: str) -> bool:
    return "\u3041" <= char <= "\u309f"


def _is_forbidden(last: str, first: str, code: str) -> bool:
    if last in _NEVER_LAST or first in _NEVER_FIRST:
        return True
    return code in ("zh", "yue") and first in _NEVER_FIRST_CHINESE
