"""Sentences of ten languages, written for this project, as they would be spoken."""

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qasr_cli.core.text import split_words, tile

FRAMES = Path(__file__).parent.parent / "data" / "cue_frames"
SENTENCE_COUNT = 300  # a language, at least
_GRID_MS = 80  # of the aligner
_SLOT = re.compile(r"\{(\w)\}")
_UNSPACED = ("ja", "zh")
# Of a letter, or of a character. Source: 14 letters a second in talks; 5 characters of Chinese, 7
# of Japanese and 6 syllables of Korean.
_CHAR_MS = {"zh": 200, "ja": 140, "ko": 165}
_LATIN_CHAR_MS = 72
_PAUSES_MS = {",": 240, "，": 240, "、": 200, ".": 560, "。": 560, "?": 560, "？": 560}
_HESITATION_SHARE = 0.08  # of the words: a short pause where nothing is written


def sentences_of(language: str, count: int = SENTENCE_COUNT) -> list[str]:
    """Paragraphs of one to four sentences, none twice, the same every time.

    Args:
        language: a code with a file of frames.
        count: how many.
    """
    slots, frames = _read((FRAMES / f"{language}.txt").read_text(encoding="utf-8"))
    pick = random.Random(language)  # noqa: S311  # the same text every time
    found: dict[str, None] = {}
    for frame in itertools.cycle(frames):
        found[_filled(frame, slots, pick)] = None
        if len(found) == count:
            break
    return list(found)


def document_of(language: str, count: int = SENTENCE_COUNT) -> dict[str, Any]:
    """The sentences as whisper-style JSON with word times on the aligner's grid."""
    pick = random.Random(language)  # noqa: S311  # the same times every time
    now_ms = 0
    segments: list[dict[str, Any]] = []
    for text in sentences_of(language, count):
        words = list(_spoken(text, language, now_ms, pick))
        segments.append(
            {"start": words[0]["start"], "end": words[-1]["end"], "text": text, "words": words}
        )
        now_ms = round(1000 * words[-1]["end"]) + 10 * _GRID_MS
    return {"language": language, "segments": segments}


def _read(text: str) -> tuple[dict[str, list[str]], list[str]]:
    rows = [line.partition(" ") for line in text.splitlines() if line.strip()]
    slots = {name[:-1]: rest.split(" / ") for name, _, rest in rows if name != "="}
    return slots, [rest for name, _, rest in rows if name == "="]


def _filled(frame: str, slots: dict[str, list[str]], pick: random.Random) -> str:
    used: set[str] = set()

    def choose(found: re.Match[str]) -> str:
        choices = [each for each in slots[found[1]] if each not in used]
        used.add(chosen := pick.choice(choices))
        return chosen

    text = _SLOT.sub(choose, frame).replace("，,", ",").replace(",,", ",")
    return re.sub(r"(?:^|(?<=[.?] )|(?<=\) )|(?<=\] ))[^\W\d_]", lambda m: m[0].upper(), text)


def _spoken(
    text: str, language: str, start_ms: int, pick: random.Random
) -> Iterator[dict[str, Any]]:
    now_ms = start_ms
    for piece in _pieces(text, language):
        letters = [char for char in piece if char.isalnum()]
        long_ms = len(letters) * _CHAR_MS.get(language, _LATIN_CHAR_MS)
        end_ms = now_ms + max(_GRID_MS, _GRID_MS * round(long_ms / _GRID_MS))
        yield {"word": piece, "start": now_ms / 1000, "end": end_ms / 1000}
        pause_ms = _PAUSES_MS.get(piece.rstrip()[-1:], 0)
        if pause_ms or pick.random() < _HESITATION_SHARE:
            pause_ms += pick.choice((0, _GRID_MS, 2 * _GRID_MS))
        now_ms = end_ms + _GRID_MS * (pause_ms // _GRID_MS)


def _pieces(text: str, language: str) -> Sequence[str]:
    if language not in _UNSPACED:
        return [f" {word}" for word in text.split()]
    tokens = [char for word in split_words(text) for char in _characters(word)]
    return [text[start:end] for start, end in tile(text, tokens)]


def _characters(word: str) -> Sequence[str]:
    return [word] if word.isascii() else list(word)
