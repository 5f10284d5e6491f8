"""When each word of a sentence sounds, from the events that espeak-ng gives with the sound."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Source: espeak-ng/speak_lib.h (espeak_EVENT_TYPE).
EVENT_LIST_END, EVENT_WORD, EVENT_MESSAGE_END, EVENT_PHONEME = 0, 1, 5, 7

# Function words that espeak joins to the word before ("in the", "not a"), and the number of
# phonemes they end the joined word with.
_JOINED_PHONEME_COUNT = {"the": 2, "a": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word and where it sounds, in samples of its utterance."""

    text: str
    start_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What espeak told at a moment of its sound.

    Attributes:
        kind: one of the numbers above.
        text_position: of a word's first character in the script.
        sample: at espeak's own rate.
        phoneme: its name; "" for other events.
    """

    kind: int
    text_position: int
    sample: int
    phoneme: str

    @property
    def is_pause(self) -> bool:
        """Whether it begins silence."""
        # "_|" only separates two phonemes, without silence.
        return self.kind == EVENT_PHONEME and self.phoneme[:1] == "_" and self.phoneme != "_|"

    @property
    def is_sound(self) -> bool:
        """Whether it begins a phoneme that is heard."""
        # "(en)" and the like switch the language and make no sound.
        return self.kind == EVENT_PHONEME and self.phoneme[:1] not in ("_", "(")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenWord:
    """A word and its characters in what espeak is given, from the first to one past the last."""

    text: str
    char_start: int
    char_end: int


def timed_words(
    events: Sequence[Event], written: Sequence[WrittenWord]
) -> tuple[SpokenWord, ...] | None:
    """The words in samples at espeak's own rate, or None when its events do not tell them apart."""
    stretches = _event_stretches(events, written)
    if stretches is None:
        return None
    words = []
    for position, (word, stretch) in enumerate(zip(written, stretches, strict=True)):
        is_last = position + 1 == len(stretches)
        following = events[-1].sample if is_last else stretches[position + 1][0].sample
        ends = [event.sample for event in stretch[1:] if event.is_pause] or [
            event.sample for event in stretch if event.kind == EVENT_MESSAGE_END
        ]
        start = stretch[0].sample
        end = max(start + 1, ends[0] if ends else following)
        words.append(SpokenWord(text=word.text, start_sample=start, end_sample=end))
    return tuple(words)


def _event_stretches(
    events: Sequence[Event], written: Sequence[WrittenWord]
) -> list[Sequence[Event]] | None:
    """The events of each word, or None when a word has none of its own."""
    openings = list(_openings(events, written))
    if not openings or openings[0][0] != 0:
        return None
    stretches: list[Sequence[Event]] = []
    closing = (len(written), len(events))
    for (index, place), (next_index, next_place) in itertools.pairwise([*openings, closing]):
        stretches.append(events[place:next_place])
        for joined in written[index + 1 : next_index]:
            if not _split_joined(stretches, joined):
                return None
    return stretches


def _openings(events: Sequence[Event], written: Sequence[WrittenWord]) -> Iterator[tuple[int, int]]:
    """Yield (index of the word, index of the event that opens it), in order."""
    expected = 0
    for place, event in enumerate(events):
        if event.kind != EVENT_WORD:
            continue
        for index in range(expected, len(written)):
            word = written[index]
            if word.char_start <= event.text_position < word.char_end:
                yield index, place
                expected = index + 1
                break


def _split_joined(stretches: list[Sequence[Event]], word: WrittenWord) -> bool:
    """Cut `word` off the end of the last stretch; False when it cannot be told apart."""
    count = _JOINED_PHONEME_COUNT.get(word.text)
    if count is None:
        return False
    joined = stretches[-1]
    sounds = [place for place, event in enumerate(joined) if event.is_sound]
    if len(sounds) <= count:
        return False
    cut = sounds[-count]
    stretches[-1:] = [joined[:cut], joined[cut:]]
    return True
