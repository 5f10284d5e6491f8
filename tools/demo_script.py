"""What espeak-ng is given to speak a sentence: abbreviations spelled out, Chinese as pinyin."""

# ruff: noqa: SIM905  # word lists read better as words than as quotes and commas

from tools.demo_language import ENGLISH_WORD, Language, bare_word
from tools.demo_word_times import WrittenWord

# espeak's Mandarin reads many lone characters as English letter names, so it is given pinyin.
_CHARACTERS_AND_PINYIN = (
    "我 wo3 你 ni3 他 ta1 们 men5 有 you3 是 shi4 不 bu4 要 yao4 看 kan4 "
    "吃 chi1 喝 he1 买 mai3 好 hao3 吗 ma5 在 zai4 请 qing3 一 yi1 二 er4 "
    "三 san1 四 si4 五 wu3 六 liu4 七 qi1 八 ba1 九 jiu3 十 shi2 个 ge4 "
    "人 ren2 家 jia1 谢 xie4 很 hen3 小 xiao3 苹 ping2 果 guo3 水 shui3 茶 cha2 "
    "书 shu1 猫 mao1 狗 gou3 今 jin1 明 ming2 天 tian1 红 hong2 大 da4 "
    "和 he2 去 qu4 学 xue2 校 xiao4"
).split()
_PINYIN = dict(zip(_CHARACTERS_AND_PINYIN[::2], _CHARACTERS_AND_PINYIN[1::2], strict=True))
# espeak rests after a dot before a capital letter, as at the end of a sentence.
_ABBREVIATIONS = {"Dr.": "Doctor", "Mr.": "Mister"}
_CHINESE_STOPS = {"，": ", ", "。": ".", "？": "?"}


def espeak_script(text: str, language: Language) -> tuple[str, tuple[WrittenWord, ...]]:
    """What espeak is given, and where each word stands in it."""
    return _english_script(text) if language == "English" else _chinese_script(text)


def _english_script(text: str) -> tuple[str, tuple[WrittenWord, ...]]:
    script, written = "", []
    for word in ENGLISH_WORD.findall(text):
        script += " " if script else ""
        start = len(script)
        script += _ABBREVIATIONS.get(word, word)
        written.append(WrittenWord(text=bare_word(word), char_start=start, char_end=len(script)))
    return script, tuple(written)


def _chinese_script(text: str) -> tuple[str, tuple[WrittenWord, ...]]:
    script, written = "", []
    for character in text:
        if character in _CHINESE_STOPS:
            script += _CHINESE_STOPS[character]
            continue
        script += "" if not script or script.endswith(" ") else " "
        start = len(script)
        script += _PINYIN[character]
        written.append(WrittenWord(text=character, char_start=start, char_end=len(script)))
    return script, tuple(written)
