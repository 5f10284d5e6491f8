"""How sure a word is, from the tokens that it is made of."""

import pytest
from hypothesis import given

from qasr_cli.core.confidence import word_probabilities
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import split_words, tile
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.edits import edited
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.transcript.turns import conversation, turns_of
from qasr_cli.core.types import ClipDone, HeardToken, Timing, Transcript, Word
from tests.core.transcript.recognised import words_of
from tests.strategies import span_of, texts


def tokens(*pieces: tuple[str, float]) -> tuple[HeardToken, ...]:
    """Tokens that follow each other."""
    found = []
    position = 0
    for text, probability in pieces:
        end = position + len(text)
        found.append(HeardToken(char_start=position, char_end=end, probability=probability))
        position = end
    return tuple(found)


def by_word(*pieces: tuple[str, float]) -> list[tuple[str, float | None]]:
    """The words of a text that was made of tokens, and how sure each is."""
    text = "".join(piece for piece, _ in pieces)
    spans = tile(text, split_words(text)) or ((0, len(text)),)
    found = word_probabilities(text, spans, tokens(*pieces))
    return [(text[slice(*span)].strip(), each) for span, each in zip(spans, found, strict=True)]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("Hel", 0.9), ("lo", 0.4), (" Anna", 0.5)], [("Hello", 0.6), ("Anna", 0.5)]),
        (
            [("Hello", 0.9), (",", 0.1), (" An", 0.8), ("na.", 0.2)],
            [("Hello,", 0.9), ("Anna.", 0.4)],
        ),
        ([("你好", 0.7), ("，", 0.1), ("我", 0.8)], [("你", 0.7), ("好，", 0.7), ("我", 0.8)]),
        (
            [("3", 0.9), (".", 0.1), ("5", 0.4), (" ", 0.1), ("km", 0.5)],
            [("3.5", 0.6), ("km", 0.5)],
        ),
        ([("...", 0.4)], [("...", 0.4)]),
        ([("No", 0.0), (" no", 1.0)], [("No", 0.0), ("no", 1.0)]),
    ],
)
def test_a_word_is_the_mean_of_its_tokens(
    pieces: list[tuple[str, float]], expected: list[tuple[str, float]]
) -> None:
    """The geometric mean of those with letters of it; signs count where there is nothing else."""
    assert by_word(*pieces) == expected


def test_nothing_is_known_without_tokens() -> None:
    """Words of no token are not known; their neighbours are."""
    known = HeardToken(char_start=4, char_end=7, probability=0.5)

    assert word_probabilities("One two", ((0, 4), (4, 7)), ()) == (None, None)
    assert word_probabilities("One two", ((0, 4), (4, 7)), (known,)) == (None, 0.5)


@given(texts())
def test_every_word_of_a_text_in_tokens_is_known(text: str) -> None:
    """Whatever the script, where tokens cover the text."""
    spans = tile(text, split_words(text))

    found = word_probabilities(text, spans, tokens(*((char, 0.25) for char in text)))

    assert found == (0.25,) * len(spans)


# --- in a transcript --------------------------------------------------------------------------


def heard() -> Transcript:
    """Two clips, the second without times of its own."""
    first = ClipDone(
        clip_id="f/0",
        language="English",
        text="So it is.",
        words=tuple(
            Word(start_ms=100 * n, end_ms=100 * n + 80, text=word, time_probability=0.12345)
            for n, word in enumerate(("So", "it", "is"))
        ),
        timing=Timing.ALIGNED,
        tokens=tokens(("So", 0.9), (" it", 0.8), (" is", 0.7), (".", 0.1)),
    )
    second = ClipDone(
        clip_id="f/1",
        language="English",
        text="Oh yes.",
        words=(),
        timing=Timing.PROPORTIONAL,
        tokens=tokens(("Oh", 0.6), (" yes", 0.5), (".", 0.1)),
    )
    return assemble(
        file="f",
        duration_ms=2000,
        clips=[
            ClipOutcome(span=span_of(1000, 2000), result=second),
            ClipOutcome(span=span_of(0, 1000), result=first),
        ],
        models={},
        settings={},
    )


def sureness(transcript: Transcript) -> list[tuple[str, float | None, float | None]]:
    """Each word, how sure it is, and its times."""
    return [
        (
            transcript.text[word.char_start : word.char_end].strip(),
            word.probability,
            word.time_probability,
        )
        for word in words_of(transcript)
    ]


def test_words_keep_what_is_known_of_them() -> None:
    """Clip by clip into the transcript, through its JSON, and through a conversation."""
    expected = [
        ("So", 0.9, 0.123),
        ("it", 0.8, 0.123),
        ("is.", 0.7, 0.123),
        ("Oh", 0.6, None),
        ("yes.", 0.5, None),
    ]
    transcript = heard()

    assert sureness(transcript) == expected
    document = document_from_transcript(transcript)
    first, last = document["segments"][0]["words"][0], document["segments"][-1]["words"][-1]
    assert list(first)[-2:] == ["probability", "time_probability"]
    assert (last["probability"], "time_probability" in last) == (0.5, False)
    assert transcript_from_document(document) == transcript
    assert sureness(conversation([transcript], turns_of(transcript))) == expected


def test_a_word_that_was_written_by_hand_is_not_known() -> None:
    """It takes another's place and times; how sure that one was is not said of it."""
    transcript = edited(heard(), {0: "So, that is"})

    assert sureness(transcript)[:3] == [
        ("So,", 0.9, 0.123),
        ("that", None, 0.123),
        ("is", 0.7, 0.123),
    ]


@pytest.mark.parametrize("value", [1.5, -0.1, True, "0.5", float("nan")])
def test_what_is_no_probability_is_damage(value: object) -> None:
    """A document that says so is not one of ours."""
    document = document_from_transcript(heard())
    document["segments"][0]["words"][0]["probability"] = value

    with pytest.raises(ValueError, match=r"probability is .*, not from 0 to 1"):
        transcript_from_document(document)
