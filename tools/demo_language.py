"""The little language of the demo pair: 128 English words, decimals, 48 Chinese characters.

A tenth of all sentences is held out: no training may use them, and every test does.
"""

# ruff: noqa: SIM905  # word lists read better as words than as quotes and commas

import hashlib
import re
from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np

Language = Literal["English", "Chinese"]
_Option = TypeVar("_Option")

_CARDINAL = "one two three four five six seven eight nine ten eleven twelve".split()
_COLOUR = "red blue green white black yellow".split()
_SIZE = "big small old new good".split()
_THING = "cat dog bird house car book apple tree letter".split()
_THINGS = [f"{thing}s" for thing in _THING]
_DAY = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

# A slot is replaced by one of its options, all equally likely; options may hold slots again.
_ENGLISH_SLOTS: dict[str, Sequence[str]] = {
    "name": "Anna Tom Mary Peter John Lisa Ben".split(),
    "titled": [f"{title} {surname}" for title in ("Dr.", "Mr.") for surname in ("Brown", "Green")],
    "person": ["{name}", "{titled}"],
    "day": _DAY,
    "when": "today tomorrow now".split(),
    "colour": _COLOUR,
    "size": _SIZE,
    "a_size": ["a big", "a small", "an old", "a new", "a good"],
    "quality": [*_COLOUR, *_SIZE],
    "colour_or_size": ["{colour}", "{size}"],
    "thing": _THING,
    "things": _THINGS,
    "place": "garden school river station city".split(),
    "cardinal": _CARDINAL,
    "digit": _CARDINAL[:9],
    "tens": "twenty thirty forty fifty".split(),
    "number": [*["{cardinal}"] * 7, "{tens} {digit}", "{tens} {digit}", "{tens}"],
    "decimal": [f"{whole}.{tenth}" for whole in range(1, 10) for tenth in range(1, 10)],
    "see": "see have like want buy find".split(),
    "sees": "sees has likes wants buys finds".split(),
    "go": "go walk run come".split(),
    "goes": "goes walks runs comes".split(),
    "the": "the my your".split(),
    "we": "I we you".split(),
    "you": "you we".split(),
    "item": [*_COLOUR, *_THING, *_THINGS, *_DAY],
}

# Each line is equally likely, and so is each alternative inside a line.
_ENGLISH_SENTENCES: tuple[tuple[str, ...], ...] = (
    ("{name} {sees} {number} {colour} {things} on {day}.",),
    ("the {size} {colour} {thing} is in the {place}.",),
    ("do {you} {see} {the} {quality} {thing}?",),
    ("where is {the} {size} {thing}, {name}?", "where is {the} {colour} {thing}?"),
    ("hello, {name}.", "good morning, {name}.", "good night, {name}."),
    ("on {day}, {we} {go} to the {place}.",),
    ("how many {colour_or_size} {things} do you {see}?",),
    ("yes, {we} {see} {number} {things}.", "no, {we} {see} {number} {things}."),
    tuple(", ".join(["{number}"] * count) + "." for count in range(2, 6)),
    (
        "please find {the} {quality} {thing}, {name}.",
        "please buy {the} {quality} {thing}, {name}.",
        "please open {the} {quality} {thing}, {name}.",
    ),
    ("is {the} {thing} {quality}?",),
    ("my {thing} is {colour}, and your {thing} is {quality}.",),
    ("{name} and {name} {go} to the {place} with {number} {things}.",),
    (
        "what does {name} {see}?",
        "what does {name} {see} on {day}?",
        "what does {name} {see} {when}?",
    ),
    ("thank you very much, {name}.",),
    tuple(", ".join(["{item}"] * count) + "." for count in range(2, 5)),
    ("{name} {goes} to the {place} {when}.",),
    ("{when}, {we} {see} {a_size} {thing}, not a {colour} {thing}.",),
    ("who {sees} the {quality} {thing} in the {place}?",),
    ("when do {you} {go} to {the} {place}?",),
    ("good morning, {titled}.", "good night, {titled}.", "thank you very much, {titled}."),
    (
        "{titled} {sees} {number} {things} on {day}.",
        "is {titled} in the {place}?",
        "{titled} and {person} {go} to the {place} {when}.",
    ),
    (
        "it is {decimal}.",
        "yes, it is {decimal}.",
        "no, it is {decimal}, not {decimal}.",
        "{we} {see} {decimal} {things}.",
        "{person} {sees} {decimal} {things}, and {name} {sees} {number}.",
    ),
    ("I think that {person} is in the {place}.", "I think that {the} {thing} is {quality}."),
    (
        (
            "{name} {goes} to the {place} on {day}, because {the} {thing} is {colour}, "
            "and {the} {thing} is {quality}."
        ),
        "{when}, {we} {see} {number} {colour} {things}, but {person} {sees} {number} {things}.",
        "I think that {the} {colour} {thing} is in the {place}, but {the} {thing} is {quality}.",
        (
            "{person} {sees} {number} {things}, and {we} {see} {number} {things}, "
            "because {the} {thing} is {quality}."
        ),
    ),
)

_CHINESE_SLOTS: dict[str, Sequence[str]] = {
    "who": "我 你 他 我们 你们 他们".split(),
    "object": "苹果 书 猫 狗 茶 水".split(),
    "counted": "苹果 人".split(),
    "animal": "书 猫 狗".split(),
    "subject": "苹果 书 猫 狗".split(),
    "quality": "大 小 红 好".split(),
    "day": "今天 明天".split(),
    "digit": list("一二三四五六七八九十"),
}

_CHINESE_SENTENCES: tuple[tuple[str, ...], ...] = (
    ("{who}有{digit}个{counted}。",),
    ("{who}要看书吗？", "{who}要喝水吗？", "{who}要喝茶吗？", "{who}要吃苹果吗？"),
    ("{day}，{who}买{object}。", "{day}，{who}看{object}。", "{day}，{who}要{object}。"),
    ("你好，我是好人。", "你好，谢谢你。", "你好，请喝茶。", "你好，请看书。"),
    tuple("，".join(["{digit}"] * count) + "。" for count in range(3, 6)),
    tuple("{digit}" * count + "。" for count in range(3, 7)),
    (
        "{who}有{quality}{object}。",
        "{who}不买{quality}{object}。",
        "{who}不要{quality}{object}。",
        "{who}不看{quality}{object}。",
    ),
    ("{object}很{quality}，{subject}不{quality}。", "{object}很{quality}，{subject}很{quality}。"),
    ("{who}在家看书吗？", "{who}在家喝茶吗？", "{who}在家吃苹果吗？"),
    ("{day}{who}不在家。",),
    ("请买{digit}个{quality}苹果。",),
    ("{who}{object}是{quality}{animal}吗？",),
    ("{day}{who}去学校。", "{day}{who}去学校吗？", "{day}，{who}和{who}去学校。"),
    ("{who}有{object}和{object}。", "{who}和{who}要买{object}。"),
    (
        "{day}，{who}去学校，{who}在家看书。",
        "{day}，{who}买{digit}个{quality}苹果，{who}买{object}和{object}。",
        "{who}不去学校，{who}在家喝茶。",
    ),
)

ENGLISH_WORD = re.compile(r"\S+")  # with its punctuation: see bare_word
_CHINESE_WORD = re.compile(r"[^\W\d_]")

_GRAMMARS: dict[Language, tuple[tuple[tuple[str, ...], ...], dict[str, Sequence[str]]]] = {
    "English": (_ENGLISH_SENTENCES, _ENGLISH_SLOTS),
    "Chinese": (_CHINESE_SENTENCES, _CHINESE_SLOTS),
}


def random_sentence(rng: np.random.Generator, language: Language, *, held_out: bool) -> str:
    """One sentence of the grammar, from the held-out tenth or from the rest."""
    patterns, slots = _GRAMMARS[language]
    while True:
        text = _fill(_pick(rng, _pick(rng, patterns)), slots, rng)
        text = text[0].upper() + text[1:]
        if is_held_out(text) == held_out:
            return text


def is_held_out(sentence: str) -> bool:
    """Whether a sentence belongs to the tenth that no training sees."""
    return hashlib.md5(sentence.encode(), usedforsecurity=False).digest()[0] % 10 == 0


def words_of(text: str, language: Language) -> tuple[str, ...]:
    """The words of a text as the aligner splits them: no punctuation, one Chinese character each.

    Case is kept.

    >>> words_of("Yes, Dr. Brown, it is 3.5.", "English")
    ('Yes', 'Dr', 'Brown', 'it', 'is', '35')
    """
    pattern = ENGLISH_WORD if language == "English" else _CHINESE_WORD
    bare = map(bare_word, pattern.findall(text))
    return tuple(word for word in bare if word)


def bare_word(written: str) -> str:
    """The letters and figures of a word; "" when there are none."""
    return "".join(filter(str.isalnum, written))


def written_word(text: str, bare: str, at: int) -> range:
    """Where a bare word next stands in a text, with the signs inside it.

    >>> written_word("It is 3.5.", "35", 2)
    range(6, 9)
    """
    found = re.compile(r"[^\w\s]*".join(bare)).search(text, at)
    if found is None:
        raise ValueError(f"{bare!r} is not in {text[at:]!r}")
    return range(*found.span())


def vocabulary(language: Language) -> frozenset[str]:
    """Every word of the grammar in lower case, or every Chinese character."""
    patterns, slots = _GRAMMARS[language]
    texts = [*(text for line in patterns for text in line), *(o for s in slots.values() for o in s)]
    bare = re.sub(r"\{\w+\}", " ", " ".join(texts)).lower()
    return frozenset(words_of(bare, language))


def _pick(rng: np.random.Generator, options: Sequence[_Option]) -> _Option:
    return options[int(rng.integers(len(options)))]


def _fill(pattern: str, slots: dict[str, Sequence[str]], rng: np.random.Generator) -> str:
    def option(slot: re.Match[str]) -> str:
        return _fill(_pick(rng, slots[slot[1]]), slots, rng)

    return re.sub(r"\{(\w+)\}", option, pattern)
