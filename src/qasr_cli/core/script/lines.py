"""A text that the user says was spoken: its lines, its words, and where it breaks. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.language.sentences import without_closers
from qasr_cli.core.normal_forms import normalized
from qasr_cli.core.script.tag_places import CanonicalLengths
from qasr_cli.core.text import canonical, is_kept, is_unspaced, is_visible, split_words, tile
from qasr_cli.core.types import ReadCue

_SENTENCE_ENDS = ".!?…。！？؟।"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptLine:
    """One line of a text, or one cue of a subtitle.

    Attributes:
        text: canonical; something in it is visible.
        cue: the cue that it was.
    """

    text: str
    cue: ReadCue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is said in a recording.

    Attributes:
        name: where it comes from, for people.
        keeps_lines: its lines become cues, each one whole.
        notes: what a person should know of how it was read.
    """

    name: str
    lines: tuple[ScriptLine, ...]
    keeps_lines: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word as it is compared with others, and as it is written.

    Attributes:
        text: with punctuation and the white space after it; the words of a line add up to it.
        letters: what is left to compare; "" in a line without any.
        ends_sentence: a sentence, a line or a clip ends with it.
    """

    text: str
    letters: str
    ends_sentence: bool


def script_from_text(
    text: str, *, name: str, keeps_lines: bool, notes: tuple[str, ...] = ()
) -> Script:
    """The lines of a text that hold something.

    Raises:
        ValueError: it holds no word, or is no text at all.
    """
    if "\0" in text:
        raise ValueError("is no text file")
    lines = (ScriptLine(text=canonical(line).strip()) for line in text.splitlines())
    return _script(lines, name=name, keeps_lines=keeps_lines, notes=notes)


def script_from_cues(cues: Sequence[ReadCue], *, name: str, notes: tuple[str, ...] = ()) -> Script:
    """The cues of a subtitle that hold something, in the order of their times.

    Raises:
        ValueError: it holds no word.
    """
    ordered = sorted(cues, key=lambda cue: cue.start_ms)
    cleaned = map(_cleaned, ordered)
    lines = (ScriptLine(text=joined(cue.lines), cue=cue) for cue in cleaned)
    return _script(lines, name=name, keeps_lines=True, notes=notes)


def _cleaned(cue: ReadCue) -> ReadCue:
    """The cue with lines as they can be written, and its tags where they now belong."""
    lines: list[str] = []
    places: list[tuple[int, int, int]] = []  # of each line: its new line, white space lost, length
    for line in cue.lines:
        text = canonical(line)
        bare = text.strip()
        places.append((len(lines), len(text) - len(text.lstrip()), len(bare)))
        if bare:
            lines.append(bare)
    tags = []
    lengths = [CanonicalLengths(line) for line in cue.lines]
    for tag in sorted(cue.tags, key=lambda tag: (tag.line, tag.char)):
        number, lost_count, length = places[tag.line]
        char = min(max(lengths[tag.line].of(tag.char) - lost_count, 0), length)
        if number == len(lines) and lines:  # the line it stood on is gone, and no other follows
            number, char = number - 1, len(lines[-1])
        tags.append(replace(tag, line=number, char=char))
    return replace(cue, lines=tuple(lines), tags=tuple(tags))


def _script(
    lines: Iterable[ScriptLine], *, name: str, keeps_lines: bool, notes: tuple[str, ...]
) -> Script:
    visible = tuple(line for line in lines if any(map(is_visible, line.text)))
    if not any(is_kept(char) for line in visible for char in line.text):
        raise ValueError("holds no words")
    return Script(name=name, lines=visible, keeps_lines=keeps_lines, notes=notes)


def joined(pieces: Iterable[str]) -> str:
    """Pieces of text as one: a space between two, but not where the script has none.

    >>> joined(["one", "two ", "三", "四"])
    'one two 三四'
    """
    text = ""
    for piece in pieces:
        text += separator(text, piece) + piece
    return text


def separator(before: str, after: str) -> str:
    """What must stand between two texts: a space or nothing."""
    if not before or not after or before[-1].isspace() or after[0].isspace():
        return ""
    return "" if is_unspaced(before[-1]) and is_unspaced(after[0]) else " "


def tokens_of(text: str, words: Sequence[str] = ()) -> Iterator[Token]:
    """The words of a text, which together hold all of it.

    Args:
        text: canonical, not empty.
        words: how an aligner split it, where one did; some may get no text.
    """
    spans = tile(text, words or split_words(text)) or ((0, len(text)),)
    for start, end in spans:
        piece = text[start:end]
        bare = without_closers(piece)
        yield Token(
            text=piece,
            letters=_letters(piece),
            ends_sentence=end == len(text) or (bare != "" and bare[-1] in _SENTENCE_ENDS),
        )


def _letters(text: str) -> str:
    folded = normalized("NFKC", text).casefold()
    return "".join(char for char in folded if is_kept(char) and char != "'")
