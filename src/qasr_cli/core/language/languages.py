"""The languages of the models: names and codes. No I/O."""

import difflib
import functools
import re
from dataclasses import dataclass

from qasr_cli.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language the recogniser was trained on.

    Attributes:
        name: full English name, as the model writes it.
        code: as in file names (`talk.en.srt`): ISO 639-1, or 639-3 where there is none.
        is_alignable: True where the forced aligner was trained on it too.
        spellings: other codes and names, lower case.
    """

    name: str
    code: str
    is_alignable: bool
    spellings: tuple[str, ...]


# Names, codes and the aligner's eleven: the tables of Qwen3-ASR's processor in transformers.
# Spellings: ISO 639-3, ISO 639-2/B (what Matroska files carry), and what people type, who may call
# a language by its own name.
_LANGUAGES = tuple(
    Language(name=name, code=code, is_alignable=is_alignable, spellings=tuple(spellings.split()))
    for name, code, is_alignable, spellings in (
        ("Arabic", "ar", False, "ara العربية عربي"),
        (
            "Cantonese",
            "yue",
            True,
            "zh-yue zh-hk zh-mo 粤语 粵語 廣東話 广东话",
        ),  # speech services name Cantonese zh-HK
        ("Chinese", "zh", True, "zho chi cmn mandarin putonghua 中文 普通话 普通話 汉语 漢語"),
        ("Czech", "cs", False, "ces cze čeština cestina"),
        ("Danish", "da", False, "dan dansk"),
        ("Dutch", "nl", False, "nld dut flemish nederlands"),
        ("English", "en", True, "eng"),
        ("Filipino", "fil", False, "tl tgl tagalog"),
        ("Finnish", "fi", False, "fin suomi"),
        ("French", "fr", True, "fra fre français francais"),
        ("German", "de", True, "deu ger deutsch"),
        ("Greek", "el", False, "ell gre ελληνικά"),
        ("Hindi", "hi", False, "hin हिन्दी हिंदी"),
        ("Hungarian", "hu", False, "hun magyar"),
        ("Indonesian", "id", False, "ind bahasa bahasa-indonesia"),
        ("Italian", "it", True, "ita italiano"),
        ("Japanese", "ja", True, "jpn 日本語 nihongo"),
        ("Korean", "ko", True, "kor 한국어"),
        ("Macedonian", "mk", False, "mkd mac македонски"),
        ("Malay", "ms", False, "msa may zsm melayu bahasa-melayu"),
        ("Persian", "fa", False, "fas per farsi فارسی"),
        ("Polish", "pl", False, "pol polski"),
        ("Portuguese", "pt", True, "por português portugues"),
        ("Romanian", "ro", False, "ron rum moldovan română romana"),
        ("Russian", "ru", True, "rus русский russkij"),
        ("Spanish", "es", True, "spa castilian español espanol castellano"),
        ("Swedish", "sv", False, "swe svenska"),
        ("Thai", "th", False, "tha ไทย ภาษาไทย"),
        ("Turkish", "tr", False, "tur türkçe turkce"),
        ("Vietnamese", "vi", False, "vie tiếng-việt"),
    )
)

# The 22 dialects that the model can hear, and may name. Source: the Qwen3-ASR model card.
_DIALECTS = {
    "Chinese": (
        "anhui, dongbei, fujian, gansu, guizhou, hebei, henan, hubei, hunan, jiangxi, ningxia, "
        "shandong, shaanxi, shanxi, sichuan, tianjin, yunnan, zhejiang, wu, wu language, "
        "minnan, minnan language"
    ),
    "Cantonese": "cantonese (hong kong accent), cantonese (guangdong accent)",
}

TRADITIONAL = "Chinese (traditional)"  # not a language of the model: what its text is written in
# The commonest characters that the two scripts write in two ways.
_ONLY_SIMPLIFIED = frozenset(
    "们这说个来会时对国过还开样么为发点经头动问从现话见间门车东书长电给让认识觉"
)
_ONLY_TRADITIONAL = frozenset(
    "們這說個來會時對國過還開樣麼為發點經頭動問從現話見間門車東書長電給讓認識覺"
)

_CODE_CHARS = 3  # of ISO 639-2
_WITHOUT_SPACES = frozenset(("Cantonese", "Chinese", "Japanese"))


def _index() -> dict[str, Language]:
    by_name = {language.name: language for language in _LANGUAGES}
    index = {
        spelling: language
        for language in _LANGUAGES
        for spelling in (language.name.lower(), language.code, *language.spellings)
    }
    for name, dialects in _DIALECTS.items():
        index |= dict.fromkeys(dialects.split(", "), by_name[name])
    return index | {TRADITIONAL.lower(): by_name["Chinese"]}


_BY_SPELLING = _index()


def all_languages() -> tuple[Language, ...]:
    """The languages of the models, sorted by name."""
    return _LANGUAGES


def language_from_user(value: str) -> str | None:
    """Full English name of a language the user wrote in any usual way; None for "auto".

    >>> [language_from_user(value) for value in ("pt_BR", "MANDARIN", "yue", "Sichuan", "auto")]
    ['Portuguese', 'Chinese', 'Cantonese', 'Chinese', None]

    Raises:
        UsageError: the models do not know it; names what comes close.
    """
    spelling = _plain(value)
    if spelling == "auto":
        return None
    # A tag such as pt-BR or zh-Hant-TW: what follows the first subtag is region or script.
    spellings = (spelling, "-".join(spelling.split()), spelling.partition("-")[0])
    language = next(filter(None, map(_BY_SPELLING.get, spellings)), None)
    if language is None:
        raise UsageError(f"--language {value}: not a language of the models; {_advice(spelling)}")
    return language.name


def language_from_model(value: str | None) -> str | None:
    """Full English name of what a model wrote, where that is one of its languages or dialects.

    A list, as models write it for mixed speech, counts as its first language.

    >>> language_from_model("chinese,English"), language_from_model("Klingon")
    ('Chinese', None)
    """
    language = _language(value)
    return None if language is None else language.name


def languages_from_model(value: str) -> tuple[str, ...]:
    """Full English names of all that a model wrote, each once, in its order; without the unknown.

    >>> languages_from_model("Chinese, english,Sichuan"), languages_from_model("None")
    (('Chinese', 'English'), ())
    """
    names = map(language_from_model, re.split(r"[,，、;/]", value))
    return tuple(dict.fromkeys(name for name in names if name is not None))


def code_of(name: str | None) -> str:
    """Code for file names and tags; "und" (undetermined) where the name says nothing.

    >>> code_of("English"), code_of("Cantonese"), code_of(None)
    ('en', 'yue', 'und')
    """
    language = _language(name)
    return "und" if language is None else language.code


def iso_639_2_code_of(name: str | None) -> str:
    """Code for tracks of media files: ISO 639-2/T; "und" where the name says nothing.

    >>> iso_639_2_code_of("German"), iso_639_2_code_of("Cantonese"), iso_639_2_code_of(None)
    ('deu', 'zho', 'und')
    """
    language = _language(name)
    if language is None:
        return "und"
    if language.code == "yue":  # ISO 639-2 has one code for all that is Chinese
        return "zho"
    return next(code for code in (language.code, *language.spellings) if len(code) == _CODE_CHARS)


def is_alignable(name: str | None) -> bool:
    """True for the eleven languages that the forced aligner was trained on."""
    language = _language(name)
    return language is not None and language.is_alignable


def joins_without_space(name: str | None) -> bool:
    """True where sentences follow each other without a space (not Korean, not Thai)."""
    return language_from_model(name) in _WITHOUT_SPACES


def as_written(name: str | None, text: str) -> str | None:
    """The language, or `TRADITIONAL` where it is Chinese and the text is in that script.

    >>> as_written("Chinese", "我們會說這個"), as_written("Chinese", "我们"), as_written("Thai", "")
    ('Chinese (traditional)', 'Chinese', 'Thai')
    """
    if name != "Chinese":
        return name
    traditional = sum(map(_ONLY_TRADITIONAL.__contains__, text))
    return TRADITIONAL if traditional > sum(map(_ONLY_SIMPLIFIED.__contains__, text)) else name


@functools.lru_cache(maxsize=256)
def _language(name: str | None) -> Language | None:
    return _BY_SPELLING.get(_plain((name or "").partition(",")[0]))


def _plain(value: str) -> str:
    return value.strip().lower().replace("_", "-")


def _advice(spelling: str) -> str:
    close = difflib.get_close_matches(spelling, _BY_SPELLING, cutoff=0.75)
    names = tuple(dict.fromkeys(_BY_SPELLING[match].name for match in close))
    if names:
        return f"did you mean {' or '.join(names)}?"
    return f"it takes auto, or one of: {', '.join(language.name for language in _LANGUAGES)}"
