"""A script matched with what was heard: which of it is spoken, and in which clip. Pure.

Every word of the script is either spoken, and then it belongs to one clip, or it is not. Words are
judged in company: one that was misheard stays, a passage that is missing goes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from qasr_cli.core.script.lcs import inverted, matched_places, packed, slid
from qasr_cli.core.script.lines import Script, Token, tokens_of
from qasr_cli.core.text import is_unspaced
from qasr_cli.core.types import Word

# What a letter with a like in the other text, and one without, says for its passage being there. By
# chance half of the letters of two English texts have one, of a passage half misheard far more.
_WITH, _WITHOUT = 1.0, -1.5
# A character of a script without spaces stands for a syllable and says more.
_UNSPACED_WEIGHT = 3.0
# What a change between spoken and not spoken must be worth: passages begin and end with sentences.
_CHANGE_COST = 10.0
_SENTENCE_CHANGE_COST = 4.0
# Of the shorter text, in passages that are in both: less is chance.
_LEAST_SHARE = 0.1
_WORD_EDGE, _SENTENCE_EDGE = 1, 3  # how well a gap begins or ends there


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardClip:
    """What was recognised in one clip.

    Attributes:
        text: canonical; "" when nothing was.
        words: with their times, as far as there are some.
    """

    clip_id: str
    start_ms: int
    end_ms: int
    language: str | None
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A word that was recognised.

    Attributes:
        clip: index of its clip.
        is_foreign: it belongs to a passage that is not in the script.
    """

    token: Token
    clip: int
    start_ms: int
    end_ms: int
    is_foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptWord:
    """A word of the script.

    Attributes:
        line: index of its line.
        place: index of the heard word that it stands at; never less than that of the word before.
        is_spoken: it is in the recording.
    """

    token: Token
    line: int
    place: int
    is_spoken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The words of the script and of what was heard, judged, each in their order."""

    script: tuple[ScriptWord, ...]
    heard: tuple[HeardWord, ...]


def follow(script: Script, clips: Sequence[HeardClip]) -> Followed:
    """The script matched with what was heard, and every word of either judged.

    Args:
        script: holds at least one word.
        clips: by time.

    Raises:
        ValueError: the script is not what was heard.
    """
    heard = list(_heard_words(clips))
    lines = [list(tokens_of(line.text)) for line in script.lines]
    line_of = [index for index, tokens in enumerate(lines) for _ in tokens]
    wanted = [token for tokens in lines for token in tokens]
    places = _places(wanted, [word.token for word in heard])
    are_spoken = _judged(wanted, places)
    backwards = inverted(places, sum(len(word.token.letters) for word in heard))
    are_known = _judged([word.token for word in heard], backwards)
    _check(wanted, are_spoken, places, len(backwards))
    word_places = _word_places(wanted, are_spoken, heard, places)
    return Followed(
        script=tuple(
            ScriptWord(
                token=token,
                line=line,
                place=place,
                is_spoken=is_spoken and token.letters != "",  # a line of notes or dashes
            )
            for token, line, place, is_spoken in zip(
                wanted, line_of, word_places, are_spoken, strict=True
            )
        ),
        heard=tuple(
            replace(word, is_foreign=not is_known)
            for word, is_known in zip(heard, are_known, strict=True)
        ),
    )


def _heard_words(clips: Sequence[HeardClip]) -> Iterator[HeardWord]:
    for index, clip in enumerate(clips):
        if not clip.text:
            continue
        words = clip.words
        tokens = list(tokens_of(clip.text, [word.text for word in words]))
        for number, token in enumerate(tokens):
            start_ms, end_ms = _times(clip, number, len(tokens))
            yield HeardWord(token=token, clip=index, start_ms=start_ms, end_ms=end_ms)


def _times(clip: HeardClip, number: int, count: int) -> tuple[int, int]:
    """When a word was heard; spread over the clip where nobody timed it."""
    if clip.words:
        return clip.words[number].start_ms, clip.words[number].end_ms
    length_ms = clip.end_ms - clip.start_ms
    edges_ms = (clip.start_ms + length_ms * edge // count for edge in (number, number + 1))
    return next(edges_ms), next(edges_ms)


# --- side by side -----------------------------------------------------------------------------


def _places(wanted: Sequence[Token], heard: Sequence[Token]) -> list[int]:
    left = "".join(token.letters for token in wanted)
    right = "".join(token.letters for token in heard)
    places = packed(matched_places(left, right), left, right)
    backwards = packed(inverted(places, len(right)), right, left)
    backwards = slid(backwards, right, _weights(heard))
    return slid(inverted(backwards, len(left)), left, _weights(wanted))


def _weights(tokens: Sequence[Token]) -> list[int]:
    """How well a gap begins or ends at every place of the letters."""
    weights = [_SENTENCE_EDGE]
    for token in tokens:
        if token.letters:
            weights += [0] * (len(token.letters) - 1) + [_WORD_EDGE]
        if token.ends_sentence:
            weights[-1] = _SENTENCE_EDGE
    return weights


def _judged(tokens: Sequence[Token], places: Sequence[int]) -> list[bool]:
    """Whether each word is in the other text: the best sequence of passages that are and are not.

    Two states and the best way through them, as in a hidden Markov model.
    """
    position = 0
    totals = (0.0, 0.0)  # of the best way that ends in a word that is not, that is
    steps: list[tuple[bool, bool]] = []
    may_change = True
    for token in tokens:
        found = places[position : position + len(token.letters)]
        gain = sum(map(_vote, token.letters, found))
        position += len(token.letters)
        cost = _SENTENCE_CHANGE_COST if may_change else _CHANGE_COST
        absent, present = totals
        steps.append((present - cost > absent, present >= absent - cost))
        totals = (max(absent, present - cost), max(present, absent - cost) + gain)
        may_change = token.ends_sentence
    judged: list[bool] = []
    state = totals[1] >= totals[0]
    for step in reversed(steps):
        judged.append(state)
        state = step[state]
    return judged[::-1]


def _vote(letter: str, place: int) -> float:
    weight = _UNSPACED_WEIGHT if is_unspaced(letter) else 1.0
    return weight * (_WITHOUT if place < 0 else _WITH)


def _check(
    tokens: Sequence[Token], are_spoken: Sequence[bool], places: Sequence[int], heard_count: int
) -> None:
    is_spoken = [
        said for token, said in zip(tokens, are_spoken, strict=True) for _ in token.letters
    ]
    found_count = sum(said and place >= 0 for said, place in zip(is_spoken, places, strict=True))
    if found_count <= _LEAST_SHARE * min(len(places), heard_count):
        raise ValueError("is not what is said in the recording")


def _word_places(
    tokens: Sequence[Token],
    are_spoken: Sequence[bool],
    heard: Sequence[HeardWord],
    places: Sequence[int],
) -> list[int]:
    """For every word of the script the index of the heard word that it stands at."""
    word_of = [index for index, word in enumerate(heard) for _ in word.token.letters]
    result = [-1] * len(tokens)
    position = 0
    for index, (token, is_spoken) in enumerate(zip(tokens, are_spoken, strict=True)):
        found = [p for p in places[position : position + len(token.letters)] if p >= 0]
        position += len(token.letters)
        if found and is_spoken:
            result[index] = word_of[found[0]]
    _fill(result, tokens, are_spoken, len(heard))
    return result


def _fill(
    places: list[int], tokens: Sequence[Token], are_spoken: Sequence[bool], heard_count: int
) -> None:
    """Give words of which not a letter was heard the misheard words at their place, in order."""
    known = [index for index, place in enumerate(places) if place >= 0]
    for left, right in pairwise((-1, *known, len(places))):
        low = places[left] if left >= 0 else 0
        high = places[right] if right < len(places) else heard_count - 1
        spoken = [index for index in range(left + 1, right) if are_spoken[index]]
        free_count = high - low - 1
        for number, index in enumerate(spoken):
            if free_count > 0:
                places[index] = low + 1 + number * free_count // len(spoken)
            else:
                is_next = left < 0 or any(t.ends_sentence for t in tokens[left:index])
                places[index] = high if is_next and right < len(places) else low
        latest = low
        for index in range(left + 1, right):
            latest = places[index] = max(latest, places[index])
