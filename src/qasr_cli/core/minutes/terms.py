"""What a text is about, as terms to count: content words only."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.text import split_words

# Words of conversation and of time, beyond the function words of the profile.
_SMALL_TALK = {
    "English": (
        "yeah yes yep nope okay oh um uh hmm well just really actually basically think know "
        "like going gonna get gets got getting one two three four five six seven eight nine "
        "ten want wants wanted need needs needed let let's us thing things something "
        "anything nothing everything good great nice fine right sure thanks thank please "
        "maybe perhaps also then here today tomorrow yesterday monday tuesday wednesday "
        "thursday friday saturday sunday week weeks month months year years day days hour "
        "hours minute minutes morning afternoon evening time times much many more most less "
        "least some any all none both few lot bit kind sort mean means people everyone "
        "everybody someone somebody nobody person back first second third next last again "
        "still even way make makes made making take takes took put puts come comes came goes "
        "went new old say says said saying see sees saw seen look looks looking tell told "
        "ask asked talk talked find found give gave keep kept start started stop feel felt "
        "work works worked long short big small little better best bad worse already always "
        "never ever often only too now soon later once twice yet done okay them him me "
        "myself ourselves themselves another other others same different enough quite rather "
        "pretty else instead anyway able around together i'll you'll they'll doing does "
        "being having try tried happen happens happened call called half every down up out "
        "off away over item point question questions idea end"
    ),
    "Chinese": (
        "我们 你们 他们 她们 咱们 大家 自己 这个 那个 这些 那些 这样 那样 这里 那里 这边 "
        "那边 什么 怎么 怎样 为什么 多少 哪里 哪个 可以 可能 需要 应该 必须 已经 现在 今天 "
        "明天 昨天 后天 时候 时间 然后 因为 所以 但是 如果 虽然 不过 而且 或者 还是 还有 "
        "就是 不是 没有 觉得 知道 认为 希望 想要 开始 继续 一下 一个 一些 一点 一直 一起 "
        "一样 一定 上周 下周 本周 这周 星期 周一 周二 周三 周四 周五 上午 下午 晚上 早上 "
        "之前 之后 以后 以前 目前 最近 最后 第一 第二 第三 其实 其他 问题 事情 东西 好的 "
        "对的 是的 谢谢 非常 特别 比较 真的 有点 差不多 左右 大概 也许 只是 只要 关于 对于 "
        "如何 能够 看到 听到 说到 出来 起来 下来 过来 进来 上面 下面 里面 几个 两个 三个 "
        "四个 五个 每个 所有 全部 方面 情况 部分 这次 那次 上次 下次 比如 例如 讨论 来说"
    ),
}
_SMALL_TALK["Cantonese"] = _SMALL_TALK["Chinese"]
# Characters that are no part of content words, or nearly never.
_BREAKING_CHARS = "的了是在和也都就不我你他她它们吗呢吧啊哦嗯把被很还又这那哪让给跟与及或嘅咗喺唔佢"
_FEWEST_LETTERS = 3
_LONGEST_GRAM = 4
_FEWEST_GRAMS = 2
_SWALLOWED_SHARE = 0.6  # so much of 务器 stands in 服务器 that it is no word by itself
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_OTHER_RUN = re.compile(r"[^\W\d_\u3400-\u9fff][^\W_\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A text and the language it is in (full English name, or None)."""

    text: str
    language: str | None


def terms_of(utterances: Sequence[Utterance]) -> tuple[tuple[str, ...], ...]:
    """The terms of each text, in order; a term is spelt one way throughout.

    Where words have spaces between them, a term is a word without the `s` of a plural. Chinese
    words are learned from the texts together: groups of two to four characters that come again and
    again, and not only as a part of a longer one.
    """
    is_unspaced = [joins_without_space(utterance.language) for utterance in utterances]
    runs = [
        _han_runs(utterance) if unspaced else []
        for utterance, unspaced in zip(utterances, is_unspaced, strict=True)
    ]
    words = _words_in(run for of_one in runs for run in of_one)
    spaced = [
        () if unspaced else _spaced_terms(utterance)
        for utterance, unspaced in zip(utterances, is_unspaced, strict=True)
    ]
    spelling = _spellings(spaced)
    return tuple(
        tuple(_unspaced_terms(utterance.text, of_one, words))
        if unspaced
        else tuple(spelling[_stem(word)] for word in found)
        for utterance, unspaced, of_one, found in zip(
            utterances, is_unspaced, runs, spaced, strict=True
        )
    )


def weights(classes: Sequence[Counter[str]]) -> tuple[dict[str, float], ...]:
    """For each class of a text how much each of its terms sets it apart from the others.

    A term weighs its number in the class times log(1 + A / f): f is how often it comes in all
    classes, A the mean number of terms a class.

    Source: c-TF-IDF, M. Grootendorst, "BERTopic" (2022), section 3.3.
    """
    everywhere: Counter[str] = Counter()
    for terms in classes:
        everywhere.update(terms)
    mean_count = everywhere.total() / len(classes) if classes else 0.0
    return tuple(
        {term: n * log(1 + mean_count / everywhere[term]) for term, n in terms.items()}
        for terms in classes
    )


def keywords(classes: Sequence[Counter[str]], count: int) -> tuple[tuple[str, ...], ...]:
    """For each class the terms of most weight, the best first.

    What comes once is taken only where nothing comes twice.
    """
    chosen = []
    for terms, weight in zip(classes, weights(classes), strict=True):
        repeated = [term for term, n in terms.items() if n > 1]
        # Of equals the first in the text comes first: dictionaries keep their order.
        ranked = sorted(repeated or terms, key=lambda term: -weight[term])
        chosen.append(tuple(ranked[:count]))
    return tuple(chosen)


# --- words with spaces between them -----------------------------------------------------------


def _spaced_terms(utterance: Utterance) -> tuple[str, ...]:
    stops = _stops(utterance.language)
    words = (word.lower().removesuffix("'s") for word in split_words(_straight(utterance.text)))
    return tuple(
        word
        for word in words
        if len(word) >= _FEWEST_LETTERS and word not in stops and not word[0].isdigit()
    )


def _straight(text: str) -> str:
    return text.replace("’", "'")


def _stops(language: str | None) -> frozenset[str]:
    profile = profile_of(language)
    small_talk = _SMALL_TALK.get(language or "", "").split()
    return (
        profile.conjunctions | profile.prepositions | profile.function_words | frozenset(small_talk)
    )


def _stem(word: str) -> str:
    """The word without the `s` of a plural; rough, and the same for both forms."""
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1].removesuffix("e")
    return word.removesuffix("e")


def _spellings(found: Iterable[Sequence[str]]) -> dict[str, str]:
    """Stem -> the form that comes most often."""
    forms: dict[str, Counter[str]] = {}
    for words in found:
        for word in words:
            forms.setdefault(_stem(word), Counter())[word] += 1
    return {stem: counter.most_common(1)[0][0] for stem, counter in forms.items()}


# --- words without spaces ---------------------------------------------------------------------


def _han_runs(utterance: Utterance) -> list[str]:
    """Stretches of Chinese characters between all that is no content word."""
    small_talk = _SMALL_TALK.get(utterance.language or "", "").split()
    if not small_talk:
        return _HAN_RUN.findall(utterance.text)
    stops = "|".join([*sorted(small_talk, key=len, reverse=True), f"[{_BREAKING_CHARS}]"])
    return _HAN_RUN.findall(re.sub(stops, " ", utterance.text))


def _words_in(runs: Iterable[str]) -> frozenset[str]:
    grams: Counter[str] = Counter()
    for run in runs:
        for length in range(2, _LONGEST_GRAM + 1):
            grams.update(run[i : i + length] for i in range(len(run) - length + 1))
    frequent = {gram: n for gram, n in grams.items() if n >= _FEWEST_GRAMS}
    swallowed = {
        part
        for gram, n in frequent.items()
        for part in (gram[:-1], gram[1:])
        if n >= _SWALLOWED_SHARE * frequent.get(part, n)
    }
    return frozenset(frequent) - swallowed


def _unspaced_terms(text: str, runs: Sequence[str], words: frozenset[str]) -> Iterable[str]:
    for run in runs:
        position = 0
        while position < len(run):
            lengths = range(_LONGEST_GRAM, 1, -1)
            word = next((w for n in lengths if (w := run[position : position + n]) in words), "")
            if word:
                yield word
            position += len(word) or 1
    for found in _OTHER_RUN.findall(text):
        yield found.lower()
