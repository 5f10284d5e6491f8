"""Where words end in languages without spaces, from dictionaries that may not be installed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import accumulate
from typing import cast

from qasr_cli.core.subtitles.cues import PhraseEnds
from qasr_cli.core.types import Transcript

Splitter = Callable[[str], Sequence[str]]  # a text -> its words or phrases, which add up to it


def phrase_ends_of(transcript: Transcript) -> PhraseEnds:
    """Where words and phrases end, for the languages of a transcript that a dictionary knows.

    Chinese and Cantonese words come from rjieba, Japanese and Thai phrases from BudouX. Without
    them nothing is known, and cuts follow the rules of the script alone.
    """
    heard = {segment.language for segment in transcript.segments}
    splitters = {name: _splitter(name) for name in _SPLITTERS if name in heard}
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
        return _SPLITTERS[language]()
    except ImportError:
        return None


def _rjieba() -> Splitter:
    return cast("Splitter", import_module("rjieba").cut)


def _budoux_japanese() -> Splitter:
    parser = import_module("budoux").load_default_japanese_parser()
    return cast("Splitter", parser.parse)


def _budoux_thai() -> Splitter:
    parser = import_module("budoux").load_default_thai_parser()
    return cast("Splitter", parser.parse)


_SPLITTERS: Mapping[str, Callable[[], Splitter]] = {
    "Chinese": _rjieba,
    "Cantonese": _rjieba,
    "Japanese": _budoux_japanese,
    "Thai": _budoux_thai,
}
