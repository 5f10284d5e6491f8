"""Where words end in languages without spaces, as dictionaries know it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import accumulate
from types import MappingProxyType, ModuleType
from typing import TypeAlias

from qasr_cli.core.subtitles.cues import PhraseEnds
from qasr_cli.core.types import Transcript

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
