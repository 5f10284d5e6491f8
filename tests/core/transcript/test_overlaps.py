"""Segments that overlap, as other programs write them, can be read."""

from typing import Any

import pytest

from tests.core.transcript.test_whisper_json import read, starts_of


def timed(prefix: str, start_s: float, count: int, *, every_s: float = 1) -> list[dict[str, Any]]:
    """Words that are half as long as they are apart."""
    times_s = [start_s + every_s * index for index in range(count)]
    return [
        {"word": f"{prefix}{index}", "start": time_s, "end": time_s + every_s / 2}
        for index, time_s in enumerate(times_s)
    ]


@pytest.mark.parametrize("speakers", [("A", "B"), (None, None)])
@pytest.mark.parametrize("start_s", [0, 0.5, 2, 8.9])
@pytest.mark.parametrize("count", [1, 3, 12])
def test_sentences_that_overlap_can_be_read(
    speakers: tuple[str | None, str | None], start_s: float, count: int
) -> None:
    """Nobody's words are torn into parts of less than a second; without names, into none."""
    words = [timed("a", 0, 10), timed("b", start_s, count)]
    transcript = read(
        *(
            {"start": some[0]["start"], "end": some[-1]["end"], "words": some, "speaker": speaker}
            for some, speaker in zip(words, speakers, strict=True)
        )
    )

    said = [transcript.text[s.char_start : s.char_end].split() for s in transcript.segments]
    assert len(starts_of(transcript)) == 10 + count
    assert len(said) <= (2 if speakers == (None, None) else 3)
    if len(said) == 3:
        assert [len(some) >= 2 for some in (said[0], said[2])] == [True, True]
    assert abs(starts_of(transcript)["b0"] - 1000 * start_s) <= 1000


@pytest.mark.parametrize(
    "texts_of_two", [("Thanks for watching this.", "See you all next time."), ("Same.", "Same.")]
)
def test_sentences_at_the_same_time_stay_whole(texts_of_two: tuple[str, str]) -> None:
    """Nothing says which word of one comes between which of the other."""
    transcript = read(*({"start": 0, "end": 2, "text": text} for text in texts_of_two))

    assert transcript.text == " ".join(texts_of_two)
    assert [segment.start_ms for segment in transcript.segments] in ([0, 1000], [0, 0])


def test_short_remarks_are_shown_at_their_time() -> None:
    """The other's words go on after each, and no part of them is shorter than a second."""
    first = [("A", 0, 0.5), ("long", 1, 2), ("one", 2.5, 3), ("that", 5, 6), ("on.", 7, 8)]
    words = [{"word": word, "start": start, "end": end} for word, start, end in first]
    remarks = [[{"word": "Short.", "start": start, "end": start + 1}] for start in (2, 4)]
    transcript = read(
        {"start": 0, "end": 10, "words": words, "speaker": "A"},
        *(
            {"start": w[0]["start"], "end": w[0]["end"], "words": w, "speaker": "B"}
            for w in remarks
        ),
    )

    assert transcript.text == "A long one Short. Short. that on."
    assert [segment.start_ms for segment in transcript.segments] == [0, 2000, 4000, 5000]


def test_who_breaks_in_is_shown_at_that_moment() -> None:
    """The long sentence goes on after it."""
    transcript = read(
        {"start": 0, "end": 10, "words": timed("a", 0, 10), "speaker": "A"},
        {"start": 2.2, "end": 2.7, "words": timed("b", 2.2, 1), "speaker": "B"},
    )

    assert starts_of(transcript)["b0"] == 2200
    assert [segment.speaker for segment in transcript.segments] == ["A", "B", "A"]


def test_who_is_interrupted_again_and_again_is_understood() -> None:
    """Each turn is a second long or as long as it was, and no word is far from its time."""
    words = timed("a", 0, 60, every_s=0.5)
    remarks = [timed(f"b{index}x", 1.3 + 1.7 * index, 1) for index in range(16)]
    transcript = read(
        {"start": 0, "end": 30, "words": words, "speaker": "A"},
        *(
            {"start": w[0]["start"], "end": w[0]["end"], "words": w, "speaker": "B"}
            for w in remarks
        ),
    )

    starts = starts_of(transcript)
    assert len(starts) == 60 + 16
    for word in (*words, *(word for some in remarks for word in some)):
        assert abs(starts[word["word"]] - 1000 * word["start"]) <= 2000
    lengths_ms = [s.end_ms - s.start_ms for s in transcript.segments[:-1] if s.speaker == "A"]
    assert min(lengths_ms) >= 1000
