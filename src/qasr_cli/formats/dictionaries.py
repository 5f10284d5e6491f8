"""Where words end in languages without spaces, and how Chinese is written, by dictionaries."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import accumulate
from types import MappingProxyType, ModuleType
from typing import TypeAlias

from qasr_cli.core.subtitles.cues import PhraseEnds
from qasr_cli.core.transcript.chinese_script import ChineseScript, Convert, in_script
from qasr_cli.core.types import Transcript
from qasr_cli.errors import UsageError

Splitter: TypeAlias = Callable[[str], Sequence[str]]  # a text -> its words, which add up to it

PACKAGE_OF_LANGUAGE: Mapping[str, str] = MappingProxyType(
    {"Chinese": "rjieba", "Cantonese": "rjieba", "Japanese": "budoux", "Thai": "budoux"}
)


def phrase_ends_of(transcript: Transcript) -> PhraseEnds:
    """Where words and phrases end, for the languages of a transcript that a dictionary knows.

    Chinese and Cantonese words come from rjieba, Japanese and Thai phrases from BudouX. Where an
    installation lacks them nothing is known, and cuts follow the rules of the script alone.
    """
    heard = {segment.language for segment in transcript.segments}
    splitters = {name: _splitter(name) for name in PACKAGE_OF_LANGUAGE if name in heard}
    return {
        name: frozenset(_ends(transcript, name, split))
        for name, split in splitters.items()
        if split is not None
    }


def _ends(transcript: Transcript, language: str, split: Splitter) -> Iterator[int]:
    for segment in transcript.segments:
        if segment.language == language:
            pieces = split(transcript.text[segment.char_start : segment.char_end])
            yield from accumulate(map(len, pieces), initial=segment.char_start)


def _splitter(language: str) -> Splitter | None:
    try:
        package = import_module(PACKAGE_OF_LANGUAGE[language])
    except ImportError:  # `qasr doctor` says so
        return None
    return _SPLITTER_OF_LANGUAGE[language](package)


def _words(rjieba: ModuleType) -> Splitter:
    split: Splitter = rjieba.cut
    return split


def _japanese_phrases(budoux: ModuleType) -> Splitter:
    split: Splitter = budoux.load_default_japanese_parser().parse
    return split


def _thai_phrases(budoux: ModuleType) -> Splitter:
    split: Splitter = budoux.load_default_thai_parser().parse
    return split


_SPLITTER_OF_LANGUAGE: Mapping[str, Callable[[ModuleType], Splitter]] = {
    "Chinese": _words,
    "Cantonese": _words,
    "Japanese": _japanese_phrases,
    "Thai": _thai_phrases,
}


# --- simplified and traditional characters --------------------------------------------------

# By what is wanted: OpenCC's way there from simplified characters, and from traditional ones; None
# where the text is there. Only characters are exchanged: what a region calls things stays.
_WAYS: dict[ChineseScript, tuple[str | None, str | None]] = {
    "hans": (None, "t2s"),
    "hant": ("s2t", None),
    "tw": ("s2tw", "t2tw"),
    "hk": ("s2hk", "t2hk"),
}


def check_script(script: ChineseScript | None) -> None:
    """Refuse a script where nothing is installed that converts.

    Raises:
        UsageError: the package is not there.
    """
    if script is not None:
        _converter("t2s")


def with_script(transcript: Transcript, script: ChineseScript | None) -> Transcript:
    """The transcript with its Chinese and Cantonese in a script; as it is for None.

    Raises:
        UsageError: the package that converts is not there.
    """
    if script is None:
        return transcript
    ways = _WAYS[script]

    def convert_of(is_traditional: bool) -> Convert | None:
        way = ways[is_traditional]
        return None if way is None else _converter(way)

    return in_script(transcript, convert_of)


@functools.cache
def _converter(way: str) -> Convert:
    try:
        package = import_module("opencc")
    except ImportError as error:
        raise UsageError("--script needs more: pip install 'qasr-cli[zh]'") from error
    convert: Convert = package.OpenCC(way).convert
    return convert
