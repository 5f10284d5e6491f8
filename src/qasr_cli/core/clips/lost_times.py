"""Which times a clip's words get in the end where those of the aligner say nothing."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from qasr_cli.core.clips.health import are_times_lost
from qasr_cli.core.clips.repair import WARNINGS, Finding
from qasr_cli.core.text import split_words
from qasr_cli.core.types import ClipDone, Timing, Word


def settled(finding: Finding) -> Finding:
    """The finding as it stands once nothing more is tried.

    In a language that the aligner was not trained on, times that say nothing give way to estimated
    ones: nobody promised any there. In the others they stay, with their warning.
    """
    result = finding.result
    if not (
        isinstance(result, ClipDone)
        and result.timing is Timing.ALIGNED_UNLISTED
        and _are_lost(result.words)
    ):
        return finding
    estimated = replace(
        result,
        words=(),
        timing=Timing.PROPORTIONAL,
        warnings=tuple(dict.fromkeys((*_not_about_times(result), _warning(result.language)))),
    )
    return replace(finding, result=estimated)


def _are_lost(words: Sequence[Word]) -> bool:
    """Whether times say nothing; of the few words of a piece that was cut out, too.

    A phrase of a script without spaces was timed as one word, and is as long as its syllables.
    """
    take_no_time = bool(words) and words[0].start_ms == words[-1].end_ms
    return take_no_time or are_times_lost(
        [syllable for word in words for syllable in _syllables(word)]
    )


def _syllables(word: Word) -> list[Word]:
    texts = split_words(word.text) or (word.text,)
    length_ms = word.end_ms - word.start_ms
    edges_ms = [word.start_ms + length_ms * n // len(texts) for n in range(len(texts) + 1)]
    return [
        replace(word, start_ms=start_ms, end_ms=end_ms, text=text)
        for text, (start_ms, end_ms) in zip(texts, pairwise(edges_ms), strict=True)
    ]


def _not_about_times(done: ClipDone) -> list[str]:
    about_times = {line for sign, line in WARNINGS.items() if not sign.is_about_text}
    return [line for line in done.warnings if line not in about_times]


def _warning(language: str | None) -> str:
    named = language or "its language"
    return f"word times are estimated: the aligner was not trained on {named} and lost its place"
