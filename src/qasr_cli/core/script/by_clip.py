"""The part of a script in each clip: what the aligner is told, what is kept of its answer. Pure.

The aligner is told all that is spoken in a clip, so also what is not in the script: else it would
stretch its neighbours over it. What is in the script and not spoken it is not told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from qasr_cli.core.script.lines import Script, Token, separator
from qasr_cli.core.script.spoken import Followed, HeardClip, HeardWord, ScriptWord, follow
from qasr_cli.core.subtitles.cues import LineCue
from qasr_cli.core.text import split_words, tile
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.types import Word

_EXCERPT_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipScript:
    """The part of a script that belongs to a clip.

    Attributes:
        language: full English name.
        spoken: all that is spoken in the clip.
        foreign: stretches of `spoken` that are not in the script.
        unspoken: words of the script that are not in `spoken`, each with its place there.
        text: the part of the script.
    """

    language: str | None
    spoken: str
    foreign: tuple[tuple[int, int], ...]
    unspoken: tuple[tuple[int, str], ...]
    text: str

    def words_of(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """Words of `text`, with times, from those of `spoken`."""
        spans = tile(self.spoken, [word.text for word in words])
        placed = [
            (start, word)
            for (start, end), word in zip(spans, words, strict=True)
            if start < end and not any(low <= start < high for low, high in self.foreign)
        ]
        result: list[Word] = []
        unspoken = list(self.unspoken)
        for start, word in placed:
            while unspoken and unspoken[0][0] <= start:
                time_ms = result[-1].end_ms if result else word.start_ms
                result += _at(time_ms, unspoken.pop(0)[1])
            result.append(word)
        for _, text in unspoken if placed else ():
            result += _at(result[-1].end_ms, text)
        return tuple(result)


def _at(time_ms: int, text: str) -> list[Word]:
    return [Word(start_ms=time_ms, end_ms=time_ms, text=word) for word in split_words(text)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptByClip:
    """A script divided among the clips of a recording.

    Attributes:
        of_clip: by clip id; a clip in which nothing of the script is spoken has none.
        cues: its lines, where it keeps them.
        warnings: how it was read, what of it is not spoken, and what is spoken and not in it; a
            line each.
    """

    of_clip: Mapping[str, ClipScript]
    cues: tuple[LineCue, ...] | None
    warnings: tuple[str, ...]


def script_by_clip(script: Script, clips: Sequence[HeardClip]) -> ScriptByClip:
    """The script divided by what was heard in the clips.

    Args:
        script: holds at least one word.
        clips: by time.

    Raises:
        ValueError: the script is not what was heard.
    """
    followed = follow(script, clips)
    kept = _kept(script, followed.script)
    entries = _entries(followed, kept)
    of_clip = {
        clips[clip].clip_id: _clip_script(clips[clip].language, [entry for _, entry in group])
        for clip, group in groupby(entries, key=lambda entry: entry[0])
    }
    return ScriptByClip(
        of_clip={clip_id: part for clip_id, part in of_clip.items() if part.text},
        cues=_line_cues(script, followed, kept) if script.keeps_lines else None,
        warnings=(*script.notes, *(line for _, line in sorted(_warnings(followed, kept)))),
    )


def _kept(script: Script, words: Sequence[ScriptWord]) -> list[bool]:
    """Which words come out: those that are spoken, and whole lines where lines are kept."""
    spoken_lines = {word.line for word in words if word.is_spoken}
    return [
        word.is_spoken
        or (
            script.keeps_lines
            and (word.line in spoken_lines or script.lines[word.line].cue is not None)
        )
        for word in words
    ]


# --- clip by clip -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A word in a clip; `follows` where nothing may come between it and the entry before."""

    token: Token
    is_foreign: bool = False
    is_unspoken: bool = False
    follows: bool = False


def _entries(followed: Followed, kept: Sequence[bool]) -> list[tuple[int, _Entry]]:
    """Every word that is spoken or kept, in order, with the index of its clip."""
    heard = followed.heard
    clip = next(heard[word.place].clip for word in followed.script if word.is_spoken)
    entries: list[tuple[int, _Entry]] = []
    foreign = [index for index, word in enumerate(heard) if word.is_foreign]
    next_foreign = 0
    before: ScriptWord | None = None
    for word, is_kept in zip(followed.script, kept, strict=True):
        while next_foreign < len(foreign) and foreign[next_foreign] < word.place:
            entries.append(_foreign(heard[foreign[next_foreign]]))
            next_foreign += 1
        if is_kept:
            if word.is_spoken:
                clip = max(clip, heard[word.place].clip)
            follows = before is not None and before.line == word.line
            entry = _Entry(token=word.token, is_unspoken=not word.is_spoken, follows=follows)
            entries.append((clip, entry))
        before = word if is_kept else None
    entries += [_foreign(heard[index]) for index in foreign[next_foreign:]]
    return sorted(entries, key=lambda entry: entry[0])


def _foreign(word: HeardWord) -> tuple[int, _Entry]:
    return word.clip, _Entry(token=word.token, is_foreign=True)


def _clip_script(language: str | None, entries: Sequence[_Entry]) -> ClipScript:
    spoken = text = ""
    foreign: list[tuple[int, int]] = []
    unspoken: list[tuple[int, str]] = []
    for before, entry in pairwise((None, *entries)):
        if entry is None:
            continue
        piece = entry.token.text
        follows = entry.follows and before is not None and not before.is_foreign
        if entry.is_unspoken:
            unspoken.append((len(spoken), piece))
        else:
            spoken += ("" if follows else separator(spoken, piece)) + piece
        if entry.is_foreign:
            foreign.append((len(spoken) - len(piece), len(spoken)))
        else:
            text += ("" if entry.follows else separator(text, piece)) + piece
    return ClipScript(
        language=language,
        spoken=spoken,
        foreign=tuple(foreign),
        unspoken=tuple(unspoken),
        text=text if any(not (e.is_foreign or e.is_unspoken) for e in entries) else "",
    )


# --- lines ------------------------------------------------------------------------------------


def _line_cues(script: Script, followed: Followed, kept: Sequence[bool]) -> tuple[LineCue, ...]:
    """The lines that come out; those of a subtitle that are not spoken move with the one before."""
    words_of = {
        line: [word for word, _ in group]
        for line, group in groupby(
            (pair for pair in zip(followed.script, kept, strict=True) if pair[1]),
            key=lambda pair: pair[0].line,
        )
    }
    shifts_ms = {
        line: followed.heard[spoken[0].place].start_ms - cue.start_ms
        for line, words in words_of.items()
        if (spoken := [word for word in words if word.is_spoken])
        and (cue := script.lines[line].cue) is not None
    }
    shift_ms = next(iter(shifts_ms.values()), 0)
    cues = []
    for line in words_of:
        cue = script.lines[line].cue
        shift_ms = shifts_ms.get(line, shift_ms)
        moved = cue is not None and line not in shifts_ms
        cues.append(
            LineCue(
                text=script.lines[line].text,
                lines=None if cue is None else cue.lines,
                tags=() if cue is None else cue.tags,
                moved_ms=(cue.start_ms + shift_ms, cue.end_ms + shift_ms)
                if moved and cue is not None
                else None,
            )
        )
    return tuple(cues)


# --- what a person should know ----------------------------------------------------------------


def _warnings(followed: Followed, kept: Sequence[bool]) -> Iterator[tuple[int, str]]:
    """Lines, each with its time."""
    heard = followed.heard
    last_ms = 0
    pairs = zip(followed.script, kept, strict=True)
    for (is_spoken, is_kept), group in groupby(pairs, key=lambda p: (p[0].is_spoken, p[1])):
        words = [word for word, _ in group]
        if is_spoken:
            last_ms = heard[words[-1].place].end_ms
        elif any(word.token.letters for word in words):
            what = "not spoken; its time is estimated" if is_kept else "not spoken, left out"
            yield last_ms, f"{clock_from_ms(last_ms)}: {what}: {_excerpt(words)}"
    for is_foreign, heard_group in groupby(heard, key=lambda word: word.is_foreign):
        passage = list(heard_group)
        if is_foreign and any(word.token.letters for word in passage):
            start_ms = passage[0].start_ms
            times = f"{clock_from_ms(start_ms)} - {clock_from_ms(passage[-1].end_ms)}"
            yield start_ms, f"{times}: spoken, and not in the text: {_excerpt(passage)}"


def _excerpt(words: Sequence[ScriptWord | HeardWord]) -> str:
    text = ""
    line = None
    for word in words:
        # Words of a line add up to it; lines, and words of two clips, may need a space.
        part = word.line if isinstance(word, ScriptWord) else word.clip
        text += ("" if part == line else separator(text, word.token.text)) + word.token.text
        line = part
    text = text.strip()
    return text if len(text) <= _EXCERPT_CHARS else f"{text[: _EXCERPT_CHARS - 1]}…"
