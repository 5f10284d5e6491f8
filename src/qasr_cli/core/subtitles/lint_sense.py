"""What cues part or join against the sense, as the guides of subtitlers have it. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.language.phrases import are_tied, is_opener
from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.language.sentences import ends_sentence
from qasr_cli.core.language.sound_events import sound_events_in
from qasr_cli.core.subtitles.punctuation import in_brackets
from qasr_cli.core.text import is_visible

_NEAR_CHARS = 16  # on either side of a break

Finding = tuple[str, str]  # the kind, and what a person should know


def sense_findings(
    before: Sequence[str], lines: Sequence[str], *, language: str | None, limits: Limits
) -> Iterator[Finding]:
    """What is wrong with the sense of a cue, as kinds with a text.

    Args:
        before: lines of the cue above; none above the first.
        lines: of the cue.
        language: full English name.
        limits: of that language.
    """
    filled = [line.strip() for line in lines if line.strip()]
    if not filled:
        return
    text = ("" if joins_without_space(language) else " ").join(filled)
    if is_opener(text, language, profile_of(language).conjunctions) and text[-1] in ",，、":
        yield "opener", f"only leads on to the next cue: {text} (Netflix: by units of sense)"
    sounds = sound_events_in(text, language)
    if sounds and any(is_visible(char) and char not in "-–—" for char in _without(text, sounds)):
        yield "sound", f"tells of a sound beside speech: {text} (Netflix: a cue of its own)"
    wanted = in_brackets(filled, limits.sound_brackets, language)
    if wanted != tuple(filled):
        yield "brackets", f"other brackets than the guide's: {text} (Netflix: {' '.join(wanted)})"
    for left, right in pairwise([*[line.strip() for line in before[-1:]], *filled]):
        if are_tied(left[-_NEAR_CHARS:].lower(), right[:_NEAR_CHARS].lower(), language):
            yield "parted", f"parts an expression: {left} | {right} (Netflix: keep units whole)"
    if limits.sentence == 1 and _ends_inside(text, language):
        yield "sentences", f"holds words of two sentences: {text} (BBC: one sentence a subtitle)"
    if "..." in text:
        yield "ellipsis", f"three stops for an ellipsis: {text} (Netflix: the one character …)"


def _without(text: str, slices: Sequence[tuple[int, int]]) -> str:
    for start, stop in reversed(slices):
        text = text[:start] + text[stop:]
    return text


def _ends_inside(text: str, language: str | None) -> bool:
    if joins_without_space(language):
        return any(ends_sentence(left, right, language) for left, right in pairwise(text))
    words = [f"{word} " for word in text.split()]
    return any(ends_sentence(left, right, language) for left, right in pairwise(words))
