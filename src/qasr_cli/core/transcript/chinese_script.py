"""Chinese text in another script: every word keeps its place in time. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Literal

from qasr_cli.core.language.languages import TRADITIONAL, as_written
from qasr_cli.core.types import Segment, Transcript

ChineseScript = Literal["hans", "hant", "tw", "hk"]
CHINESE_SCRIPTS: tuple[ChineseScript, ...] = ("hans", "hant", "tw", "hk")

_CHINESE = ("Chinese", "Cantonese")

Convert = Callable[[str], str]


def in_script(transcript: Transcript, convert_of: Callable[[bool], Convert | None]) -> Transcript:
    """The transcript with its Chinese and Cantonese sentences in another script.

    Which script a language is in is told from all of its sentences.

    Args:
        convert_of: what converts a text, or None where it is as it should be; asked with whether
            the text is in traditional characters.
    """
    converts = {
        language: convert_of(as_written("Chinese", _text_in(transcript, language)) == TRADITIONAL)
        for language in {segment.language for segment in transcript.segments}
        if language in _CHINESE
    }
    if not any(converts.values()):
        return transcript
    texts: list[str] = []
    segments: list[Segment] = []
    place = 0
    for segment in transcript.segments:
        convert = converts.get(segment.language or "")
        lengths, text = _converted(transcript.text, segment, convert)
        segments.append(_placed(segment, lengths, place))
        texts.append(text)
        place += len(text)
    whole = "".join(texts)
    cues = transcript.cues if whole == transcript.text else None
    return replace(transcript, text=whole, segments=tuple(segments), cues=cues)


def _text_in(transcript: Transcript, language: str | None) -> str:
    return "".join(
        transcript.text[segment.char_start : segment.char_end]
        for segment in transcript.segments
        if segment.language == language
    )


def _converted(text: str, segment: Segment, convert: Convert | None) -> tuple[Sequence[int], str]:
    """The new text of a sentence, and the lengths of its words."""
    old = text[segment.char_start : segment.char_end]
    pieces = [text[word.char_start : word.char_end] for word in segment.words]
    if convert is None:
        return [len(piece) for piece in pieces], old
    new = convert(old)
    if len(new) != len(old):  # a character became two, or two one: then word by word
        pieces = [convert(piece) for piece in pieces]
        new = "".join(pieces)
    return [len(piece) for piece in pieces], new


def _placed(segment: Segment, lengths: Sequence[int], place: int) -> Segment:
    edges = list(accumulate(lengths, initial=place))
    words = tuple(
        replace(word, char_start=start, char_end=stop)
        for word, start, stop in zip(segment.words, edges, edges[1:], strict=False)
    )
    return replace(segment, char_start=place, char_end=edges[-1], words=words)
