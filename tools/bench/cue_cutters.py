"""Ways to cut a transcript into cues: qasr's own, and the rules of others, written anew."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.types import Cue, TextWord, Transcript
from qasr_cli.formats.dictionaries import phrase_ends_of

_LINE_CHARS = 42
_LINE_COUNT = 2
_EVEN_CHARS = 60  # of an even piece: about the mean of cues cut by people
_WHISPER_PAUSE_MS = 3000  # from start to start. Source: openai/whisper, whisper/utils.py

Cutter = Callable[[Transcript], Sequence[Cue]]


def cut_by_qasr(transcript: Transcript) -> Sequence[Cue]:
    """The cues of `qasr render` with its defaults."""
    return cut_cues(transcript, CueOptions(), phrase_ends=phrase_ends_of(transcript))


def cut_by_filling(transcript: Transcript) -> Sequence[Cue]:
    """Cues as whisper's writer makes them: line after line until two are full."""
    cues: list[Cue] = []
    lines: list[list[TextWord]] = [[]]
    for word in _words(transcript):
        line_chars = len(_text(transcript, [*lines[-1], word]))
        waited_ms = word.start_ms - lines[-1][-1].start_ms if lines[-1] else 0
        is_pause = waited_ms > _WHISPER_PAUSE_MS
        if lines[-1] and (line_chars > _LINE_CHARS or is_pause):
            if len(lines) == _LINE_COUNT or is_pause:
                cues.append(_cue(transcript, lines))
                lines = []
            lines.append([])
        lines[-1].append(word)
    return [*cues, _cue(transcript, lines)] if lines[-1] else cues


def cut_evenly(transcript: Transcript) -> Sequence[Cue]:
    """Cues of like length, halved into two lines."""
    words = _words(transcript)
    total = len(transcript.text)
    piece_count = max(1, round(total / _EVEN_CHARS))
    halves: list[list[TextWord]] = [[] for _ in range(2 * piece_count)]
    for word in words:
        halves[min(word.char_start * len(halves) // total, len(halves) - 1)].append(word)
    pairs = zip(halves[::2], halves[1::2], strict=True)
    return [_cue(transcript, pair) for pair in pairs if any(pair)]


# Source: the documented default of stable-ts,
# `isp_cm_sp=.* /。/?/？_sg=.5_sp=,* /，++++50_sl=70_cm`.
_SPLIT_GAP_MS = 500
_SPLIT_CHARS = 50
_MOST_CHARS = 70


def cut_by_marks(transcript: Transcript) -> Sequence[Cue]:
    """Cues as stable-ts makes them: at stops and gaps, long ones at commas, all on one line."""
    pieces = _parted(transcript, lambda *pair: _ends_in(transcript, pair[0], ".。?？"))
    pieces = [part for piece in pieces for part in _at_gaps(piece)]
    result: list[list[TextWord]] = []
    for piece in pieces:
        for part in _long_at(transcript, piece, ",，", _SPLIT_CHARS):
            result += _evenly(transcript, part, _MOST_CHARS)
    return [_cue(transcript, [piece]) for piece in result]


def cut_by_sentences(transcript: Transcript) -> Sequence[Cue]:
    """Cues as sentence splitters make them: one a sentence, whatever its length."""
    pieces = _parted(transcript, lambda *pair: _ends_in(transcript, pair[0], ".!?。！？…"))
    return [_cue(transcript, [piece]) for piece in pieces]


def _parted(
    transcript: Transcript, is_edge: Callable[[TextWord, TextWord], bool]
) -> list[list[TextWord]]:
    words = _words(transcript)
    pieces = [words[:1]]
    for left, right in pairwise(words):
        if is_edge(left, right):
            pieces.append([])
        pieces[-1].append(right)
    return [piece for piece in pieces if piece]


def _at_gaps(words: Sequence[TextWord]) -> list[list[TextWord]]:
    pieces = [[words[0]]]
    for left, right in pairwise(words):
        if right.start_ms - left.end_ms > _SPLIT_GAP_MS:
            pieces.append([])
        pieces[-1].append(right)
    return pieces


def _long_at(
    transcript: Transcript, words: Sequence[TextWord], marks: str, least_chars: int
) -> list[list[TextWord]]:
    pieces: list[list[TextWord]] = [[]]
    for word in words:
        pieces[-1].append(word)
        is_long = len(_text(transcript, pieces[-1])) >= least_chars
        if is_long and _ends_in(transcript, word, marks):
            pieces.append([])
    return [piece for piece in pieces if piece]


def _evenly(
    transcript: Transcript, words: Sequence[TextWord], most_chars: int
) -> list[list[TextWord]]:
    piece_count = -(-len(_text(transcript, words)) // most_chars)
    edges = [len(words) * index // piece_count for index in range(piece_count + 1)]
    return [list(words[a:b]) for a, b in pairwise(edges) if a < b]


def _ends_in(transcript: Transcript, word: TextWord, marks: str) -> bool:
    return transcript.text[word.char_start : word.char_end].rstrip()[-1:] in tuple(marks)


def _words(transcript: Transcript) -> list[TextWord]:
    return [word for segment in transcript.segments for word in segment.words]


def _text(transcript: Transcript, words: Sequence[TextWord]) -> str:
    return transcript.text[words[0].char_start : words[-1].char_end].strip()


def _cue(transcript: Transcript, lines: Iterable[Sequence[TextWord]]) -> Cue:
    filled = [line for line in lines if line]
    return Cue(
        start_ms=filled[0][0].start_ms,
        end_ms=max(filled[-1][-1].end_ms, filled[0][0].start_ms + 1),
        lines=tuple(_text(transcript, line) for line in filled),
    )


CUTTERS: dict[str, Cutter] = {
    "qasr": cut_by_qasr,
    "whisper 42x2": cut_by_filling,
    "stable-ts": cut_by_marks,
    "sentences": cut_by_sentences,
    "even split": cut_evenly,
}
