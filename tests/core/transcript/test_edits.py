"""Sentences that a person rewrote: their text, and the times of what they left."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.text import is_kept
from qasr_cli.core.transcript.edits import edited
from qasr_cli.core.transcript.retiming import letters
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import Change, Transcript
from tests.core.transcript.recognised import timed_words, visible
from tests.core.transcript.test_apply_corrections import heard
from tests.strategies import texts, transcripts


@pytest.mark.parametrize(
    ("language", "before", "after", "words"),
    [
        ("English", "He sad so.", "He said so.", [("He", 0), ("said", 400), ("so.", 800)]),
        ("English", "a very old man", "a man", [("a", 0), ("man", 1200)]),
        ("English", "well, yes", "Well yes!", [("Well", 0), ("yes!", 400)]),
        ("English", "a b", "x a b", [("x", 0), ("a", 150), ("b", 400)]),
        (
            "Chinese",
            "她跑的快。",
            "她跑得快！",
            [("她", 0), ("跑", 400), ("得", 800), ("快！", 1200)],
        ),
        ("Japanese", "東京都に", "東京府に", [("東", 0), ("京", 400), ("府", 800), ("に", 1200)]),
        ("Thai", "กินไทย", "ดูไทย", [("ดู", 0), ("ไท", 800), ("ย", 1200)]),
    ],
)
def test_words_that_stay_keep_their_times(
    language: str, before: str, after: str, words: list[tuple[str, int]]
) -> None:
    """And a word for a word has that one's."""
    transcript = edited(heard(before, language), {0: after})

    assert transcript.text == after
    assert [(word, start_ms) for word, start_ms, _ in timed_words(transcript)] == words


def test_words_come_into_a_pause_where_there_is_one() -> None:
    """All words around them keep their times; without a pause they share a neighbour's."""
    transcript = edited(heard("Hello there."), {0: "Hello you there."})

    assert timed_words(transcript) == [("Hello", 0, 300), ("you", 300, 400), ("there.", 400, 700)]


def test_long_passages_keep_the_times_of_what_stays() -> None:
    """However many words there are, and however often most of them come."""
    before = [word for number in range(700) for word in (f"w{number}", "and")]
    after = ["So", *before[1:20], *before[21:701], "new", *before[701:-1], "end"]

    transcript = edited(heard(" ".join(before)), {0: " ".join(after)})

    starts_ms = {word: start_ms for word, start_ms, _ in timed_words(transcript)}
    assert transcript.text == " ".join(after)
    assert {f"w{n}": 800 * n for n in range(1, 700) if n != 10}.items() <= starts_ms.items()
    assert len(transcript.changes) == 4


def test_long_passages_of_few_words_are_rewritten() -> None:
    """Where no word stands out, the text is that of the hand, and its times are in order."""
    before, after = " ".join(["no"] * 800), " ".join(["yes", *["no"] * 900, "yes"])

    transcript = edited(heard(before), {0: after})

    times_ms = [time_ms for _, *times in timed_words(transcript) for time_ms in times]
    assert transcript.text == after
    assert times_ms == sorted(times_ms)


def test_every_change_is_told() -> None:
    """With the times it is at, and no line of a table."""
    transcript = edited(heard("He sad that he is old."), {0: "He said that he is very old."})

    assert transcript.changes == (
        Change(start_ms=400, end_ms=700, before="sad", after="said", line=0),
        Change(start_ms=2000, end_ms=2300, before="old.", after="very old.", line=0),
    )


def test_an_emptied_sentence_is_left_out() -> None:
    """The others stand as they were."""
    whole = heard("One is here. Two is there. Three is gone.")

    transcript = edited(whole, {1: " "})

    assert transcript.text == "One is here. Three is gone."
    assert timed_words(transcript) == timed_words(whole)[:3] + timed_words(whole)[6:]


def test_a_long_sentence_is_compared_in_time_that_grows_with_it() -> None:
    """Though every word is the same, and far more than in any sentence."""
    whole = heard("a " * 3000)

    transcript = edited(whole, {0: "b " + "a " * 1500 + "c " + "a " * 1499})

    assert len(timed_words(transcript)) == 3001


@given(transcripts())
def test_the_same_text_changes_nothing(transcript: Transcript) -> None:
    """The transcript comes back as it was."""
    same = {
        index: f" {transcript.text[s.char_start : s.char_end]} "
        for index, s in enumerate(transcript.segments)
    }

    assert edited(transcript, same) is transcript


@given(transcripts(), st.data())
def test_all_of_the_new_text_is_there_in_order(transcript: Transcript, data: st.DataObject) -> None:
    """Whatever was written; the words tile it, and their times are in order and in the file."""
    new = {
        index: data.draw(texts(max_pieces=6))
        for index in range(len(transcript.segments))
        if data.draw(st.booleans())
    }

    changed = edited(transcript, new)

    wanted = [
        new.get(index, transcript.text[s.char_start : s.char_end])
        for index, s in enumerate(transcript.segments)
    ]
    assert visible(changed.text) == "".join(map(visible, wanted))
    document = json.loads(json.dumps(document_from_transcript(changed)))
    assert transcript_from_document(document) == changed  # which refuses what is out of order


def test_letters_are_what_the_aligner_keeps() -> None:
    """Every character of Unicode is one for both, or for neither."""
    every = map(chr, range(sys.maxunicode + 1))
    assert not [char for char in every if (letters(char) != "") != is_kept(char)]
