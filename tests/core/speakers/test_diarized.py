"""From turns of voices to the speakers of sentences."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.speakers.diarized import diarized
from qasr_cli.core.transcript.consistency import check_consistent
from qasr_cli.core.types import Segment, TextWord, Transcript
from qasr_cli.core.voice_types import VoiceTurn


def talk(*sentences: str, word_ms: int = 300) -> Transcript:
    """Sentences of words that follow each other without a pause."""
    segments, text, at_ms = [], "", 0
    for sentence in sentences:
        words = []
        for word in sentence.split():
            words.append(
                TextWord(
                    start_ms=at_ms,
                    end_ms=at_ms + word_ms,
                    char_start=len(text),
                    char_end=len(text) + len(word) + 1,
                )
            )
            text += word + " "
            at_ms += word_ms
        segments.append(
            Segment(
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                char_start=words[0].char_start,
                char_end=words[-1].char_end,
                language="English",
                words=tuple(words),
            )
        )
    return Transcript(
        file="talk.wav",
        duration_ms=at_ms,
        language="English",
        text=text,
        segments=tuple(segments),
        clips=(),
        models={},
        settings={},
        warnings=(),
    )


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    """Who says what."""
    return [
        (each.speaker, transcript.text[each.char_start : each.char_end].strip())
        for each in transcript.segments
    ]


def turns(*stretches: tuple[int, int, int]) -> list[VoiceTurn]:
    """Stretches (start_ms, end_ms, voice)."""
    return [VoiceTurn(start_ms=a, end_ms=b, voice=voice) for a, b, voice in stretches]


def _told(transcript: Transcript, heard: Sequence[VoiceTurn]) -> list[tuple[str | None, str]]:
    return said(diarized(transcript, heard).transcript)


def test_a_sentence_is_parted_where_the_speaker_changes() -> None:
    """Speakers are numbered in the order in which they speak, whatever their voices are called."""
    told = _told(talk("how are you I am fine"), turns((0, 900, 7), (900, 1800, 3)))

    assert told == [("Speaker 1", "how are you"), ("Speaker 2", "I am fine")]


def test_a_single_word_inside_a_sentence_changes_no_speaker() -> None:
    """It is more often put to the wrong voice than spoken by another ..."""
    heard = turns((0, 900, 0), (900, 1200, 1), (1200, 2100, 0))

    assert _told(talk("one two three four five six seven"), heard) == [
        ("Speaker 1", "one two three four five six seven")
    ]
    edge = turns((0, 300, 1), (300, 2100, 0))
    assert _told(talk("one two three four five six seven"), edge) == [
        ("Speaker 1", "one two three four five six seven")
    ]


def test_a_sentence_of_one_word_may_be_somebody_elses() -> None:
    """... but where it is a sentence of its own."""
    heard = turns((0, 900, 0), (900, 1200, 1), (1200, 2100, 0))

    assert _told(talk("is it so", "Yes.", "then we go"), heard) == [
        ("Speaker 1", "is it so"),
        ("Speaker 2", "Yes."),
        ("Speaker 1", "then we go"),
    ]


def test_two_short_characters_are_no_turn() -> None:
    """In a script without spaces a word is a character, so a turn also has to last."""
    heard = turns((0, 400, 0), (400, 600, 1), (600, 1000, 0))

    assert len(_told(talk("a b c d e f g h i j", word_ms=100), heard)) == 1


def test_words_beside_a_turn_are_of_the_nearest() -> None:
    """Turns are found by windows, so a word may stand a little outside of its own."""
    assert _told(talk("one two"), turns((900, 1500, 0))) == [("Speaker 1", "one two")]


def test_nobody_speaks_far_from_any_turn() -> None:
    """Where no voice is heard, no name is made up."""
    assert _told(talk("one two"), turns((5000, 6000, 0))) == [(None, "one two")]
    assert _told(talk("one two"), ()) == [(None, "one two")]


def test_a_voice_without_words_is_nobody() -> None:
    """Music and laughter do not take a number."""
    heard = turns((0, 500, 2), (3000, 5000, 0), (5000, 5600, 1))
    words = talk("a b", "c d e f g h i j k l m n o p", "q r", word_ms=300)

    result = diarized(words, heard)

    assert result.voices[0] == 2
    assert len(result.voices) <= 3
    lonely = diarized(talk("a b"), turns((0, 600, 4), (90_000, 95_000, 1)))
    assert lonely.voices == (4,)


def test_the_name_before_the_number_is_said_by_whoever_asks() -> None:
    """Each channel of a recording has speakers of its own."""
    told = diarized(talk("one two"), turns((0, 600, 0)), name="left").transcript

    assert said(told) == [("left 1", "one two")]


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 3)), max_size=12),
)
def test_no_text_or_time_changes(lengths: list[int], cuts: list[tuple[int, int]]) -> None:
    """Whatever the turns are, words and text are as they were, and sentences tile them."""
    plain = talk(*(" ".join("w" * length) for length in lengths))
    edges = sorted({10 * at for at, _ in cuts})
    voices = [voice for _, voice in cuts]
    heard = turns(*((a, b, voices[i]) for i, (a, b) in enumerate(pairwise(edges))))

    told = diarized(plain, heard).transcript

    check_consistent(told)
    assert told.text == plain.text
    assert [w for s in told.segments for w in s.words] == [
        w for s in plain.segments for w in s.words
    ]
