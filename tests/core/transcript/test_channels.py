"""Two channels become one conversation: in order, nothing twice, nothing lost."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.transcript.channels import LEVEL_MS, Track, merged
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import ClipDone, Timing, Transcript, Word
from tests.strategies import span_of

DURATION_MS = 60_000
Sentence = tuple[int, str]  # when it begins; its words take half a second each
WORD_MS = 500


def track(speaker: str, *sentences: Sentence, level: float = 1.0) -> Track:
    """A channel with sentences, each a clip; as loud while it speaks as the level says."""
    levels = [0.0] * (DURATION_MS // LEVEL_MS)
    clips = []
    for start_ms, text in sentences:
        words = tuple(
            Word(
                start_ms=start_ms + WORD_MS * index,
                end_ms=start_ms + WORD_MS * (index + 1),
                text=word.strip(".?,。"),
            )
            for index, word in enumerate(text.split())
        )
        end_ms = words[-1].end_ms
        for frame in range(start_ms // LEVEL_MS, end_ms // LEVEL_MS):
            levels[frame] = level
        clips.append(
            ClipOutcome(
                span=span_of(start_ms, end_ms),
                result=ClipDone(
                    clip_id=str(start_ms),
                    language="English",
                    text=text,
                    words=words,
                    timing=Timing.ALIGNED,
                ),
                speaker=speaker,
            )
        )
    transcript = assemble(
        file="f", duration_ms=DURATION_MS, clips=clips, models={}, settings={}, warnings=("note",)
    )
    return Track(transcript=transcript, levels=levels)


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    """Who says what, in order."""
    return [
        (segment.speaker, transcript.text[segment.char_start : segment.char_end].strip())
        for segment in transcript.segments
    ]


def test_sentences_come_in_order_of_time() -> None:
    """Each under its speaker, with its times; warnings of the file come once."""
    left = track("A", (0, "How are you?"), (6000, "Good to hear."))
    right = track("B", (2000, "I am well."))

    whole = merged(left, right)

    assert said(whole) == [("A", "How are you?"), ("B", "I am well."), ("A", "Good to hear.")]
    assert whole.text == "How are you? I am well. Good to hear."
    assert [(s.start_ms, s.end_ms) for s in whole.segments] == [
        (0, 1500),
        (2000, 3500),
        (6000, 7500),
    ]
    assert (whole.language, whole.warnings, len(whole.clips)) == ("English", ("note",), 3)


@pytest.mark.parametrize(("left_level", "right_level"), [(1.0, 0.1), (0.1, 1.0)])
def test_crosstalk_is_kept_once_where_it_is_louder(left_level: float, right_level: float) -> None:
    """The same words at nearly the same time on both channels are one speaker's."""
    left = track("A", (1000, "We meet at noon."), level=left_level)
    right = track("B", (1150, "we meet at noon"), level=right_level)

    whole = merged(left, right)

    louder = ("A", "We meet at noon.") if left_level > right_level else ("B", "we meet at noon")
    assert said(whole) == [louder]


def test_crosstalk_heard_wrong_goes_too() -> None:
    """Among words of the other channel, what is quieter and different is its voice as well."""
    left = track("A", (1000, "We meet at noon tomorrow."))
    right = track("B", (1100, "We eat at moon tomorrow."), level=0.01)

    assert said(merged(left, right)) == [("A", "We meet at noon tomorrow.")]


def test_own_words_among_crosstalk_stay() -> None:
    """A sentence that begins in the other's voice and ends in the own one keeps its end."""
    left = track("A", (1000, "We meet at noon."))
    right = track("B", (1000, "We meet at noon no later please."), level=0.01)

    assert said(merged(left, right)) == [("A", "We meet at noon."), ("B", "no later please.")]


def test_a_faint_word_while_the_other_speaks_is_the_others() -> None:
    """Though it was heard as something else; who is quiet but not faint, or alone, is heard."""
    own = (1000, "Now we begin.")
    left = track("A", own, (20_000, "Then they left."))
    right = track("B", (10_000, "Who was there?"))
    faint = track("A", (10_100, "Ben?"), (30_000, "Well"), level=0.01)
    noisy = Track(
        transcript=track(
            "A", own, (10_100, "Ben?"), (20_000, "Then."), (30_000, "Well")
        ).transcript,
        levels=[max(pair) for pair in zip(left.levels, faint.levels, strict=True)],
    )

    assert [text for _, text in said(merged(noisy, right))] == [
        "Now we begin.",
        "Who was there?",
        "Then.",
        "Well",
    ]
    assert ("A", "Ben?") in said(merged(track("A", own, (10_100, "Ben?"), level=0.2), right))


def test_the_same_words_later_are_an_answer() -> None:
    """Who repeats what the other said did say it."""
    left = track("A", (1000, "At noon."))
    right = track("B", (2000, "At noon."))

    assert said(merged(left, right)) == [("A", "At noon."), ("B", "At noon.")]


def test_a_long_sentence_goes_on_after_a_short_remark() -> None:
    """The remark stands where it is made, and moves the words after it by no more than it takes."""
    left = track("A", (0, "And then we went on for miles and miles until night."))
    right = track("B", (2000, "Oh dear."))

    whole = merged(left, right)

    assert said(whole) == [
        ("A", "And then we went"),
        ("B", "Oh dear."),
        ("A", "on for miles and miles until night."),
    ]
    spoken = {
        whole.text[w.char_start : w.char_end].strip(): w for s in whole.segments for w in s.words
    }
    assert spoken["Oh"].start_ms == 2000
    assert abs(spoken["on"].start_ms - 2000) <= 2 * WORD_MS
    assert spoken["night."].start_ms == 10 * WORD_MS


def test_sentences_that_hardly_overlap_stay_whole() -> None:
    """Who begins while the other ends comes after; the later start holds."""
    left = track("A", (0, "That is all I know."))
    right = track("B", (2000, "Thank you for your time."))

    whole = merged(left, right)

    assert said(whole) == [("A", "That is all I know."), ("B", "Thank you for your time.")]
    assert whole.segments[0].end_ms <= whole.segments[1].start_ms


def test_a_silent_channel_adds_nothing() -> None:
    """One speaker alone is what it was; nobody is nothing."""
    left = track("A", (0, "Hello."))

    assert merged(left, track("B")).text == "Hello."
    assert merged(track("A"), track("B")).segments == ()


sentences = st.lists(
    st.tuples(
        st.integers(0, 40_000),
        st.lists(st.sampled_from(["one", "two.", "three", "four?", "no"]), min_size=1, max_size=9),
    ),
    max_size=5,
)


def _apart(drawn: Sequence[tuple[int, list[str]]], prefix: str) -> list[Sentence]:
    """Sentences of one channel, one after the other, in words of its own."""
    result = []
    free_ms = 0
    for wanted_ms, words in sorted(drawn):
        start_ms = max(wanted_ms, free_ms)
        free_ms = start_ms + WORD_MS * len(words) + 10
        if free_ms < DURATION_MS:
            result.append((start_ms, " ".join(prefix + word for word in words)))
    return result


@given(left=sentences, right=sentences, shares_words=st.booleans())
def test_a_conversation_is_a_transcript(
    left: Sequence[tuple[int, list[str]]],
    right: Sequence[tuple[int, list[str]]],
    *,
    shares_words: bool,
) -> None:
    """Words do not overlap and tile the text; none is lost but doubles, and none moves far back."""
    tracks = (
        track("A", *_apart(left, "")),
        track("B", *_apart(right, "" if shares_words else "x"), level=0.5),
    )

    whole = merged(*tracks)

    assert transcript_from_document(document_from_transcript(whole)) == whole
    before = Counter(word for each in tracks for word in each.transcript.text.split())
    after = Counter(whole.text.split())
    if shares_words:
        assert after <= before
    else:
        assert after == before
