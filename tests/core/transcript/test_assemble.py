"""The text of a transcript: complete, joined and cut into sentences."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import Timing
from tests.core.transcript.recognised import clip, sentences, timed_words, visible, words_of
from tests.strategies import assembled, clip_outcomes, end_of

# --- whatever the clips ------------------------------------------------------------------------


@given(clip_outcomes(), st.integers(-3000, 3000))
def test_no_text_is_lost_and_no_word_leaves_the_file(
    clips: list[ClipOutcome], extra_ms: int
) -> None:
    """The text is that of the clips, and words tile it, ordered in time, inside the file."""
    duration_ms = max(0, end_of(clips) + extra_ms)

    transcript = assembled(clips, duration_ms=duration_ms)

    heard = "".join(visible(outcome.result.text or "") for outcome in clips)
    assert visible(transcript.text) == heard
    words = words_of(transcript)
    edges = [0, *(e for w in words for e in (w.char_start, w.char_end)), len(transcript.text)]
    assert all(left == right for left, right in zip(edges[::2], edges[1::2], strict=True))
    times_ms = [0, *(t for word in words for t in (word.start_ms, word.end_ms)), duration_ms]
    assert times_ms == sorted(times_ms)
    assert all(visible(text) for text, _, _ in timed_words(transcript))
    assert [(note.start_ms, note.end_ms) for note in transcript.clips] == [
        (o.span.start_sample // 16, o.span.end_sample // 16) for o in clips
    ]


@given(clip_outcomes())
def test_every_transcript_survives_its_document(clips: list[ClipOutcome]) -> None:
    """What `assemble` makes passes the checks of the reader, and comes back equal."""
    transcript = assembled(clips)

    assert transcript_from_document(document_from_transcript(transcript)) == transcript


@given(clip_outcomes())
def test_the_order_of_the_clips_does_not_matter(clips: list[ClipOutcome]) -> None:
    """Clips may come back from the engine in any order."""
    assert assembled(clips[::-1]) == assembled(clips)


# --- joining -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        (("Good day.", "English"), ("Bye.", "English"), "Good day. Bye."),
        (("你好。", "Chinese"), ("再见。", "Chinese"), "你好。再见。"),
        (("你好。", "Cantonese"), ("今日は。", "Japanese"), "你好。今日は。"),
        (("你好。", "Chinese"), ("Bye.", "English"), "你好。 Bye."),
        (("안녕.", "Korean"), ("네.", "Korean"), "안녕. 네."),
        (("我用Visual", "Chinese"), ("Basic。", "Chinese"), "我用Visual Basic。"),
        ((" \n", "English"), ("Bye.", "English"), "Bye."),
    ],
)
def test_clips_join_as_their_languages_do(
    left: tuple[str, str], right: tuple[str, str], joined: str
) -> None:
    """A space, unless both scripts do without one; it belongs to the word before it."""
    clips = [clip(0, 900, left[0], language=left[1]), clip(900, 1800, right[0], language=right[1])]

    assert assembled(clips).text == joined


def test_a_clip_boundary_alone_ends_no_sentence() -> None:
    """A sentence runs on over a cut, but not over 1.5 s of silence or into another language."""
    first = clip(0, 1000, "We went", [("We", 0, 400), ("went", 400, 1000)])
    after_nothing = clip(1000, 2000, "home.", [("home", 1000, 1900)])
    after_silence = clip(2000, 4000, "home.", [("home", 2500, 3000)])
    in_french = clip(1000, 2000, "maison.", [("maison", 1000, 1900)], language="French")

    assert sentences(assembled([first, after_nothing])) == ["We went home."]
    assert sentences(assembled([first, after_silence])) == ["We went", "home."]
    assert sentences(assembled([first, in_french])) == ["We went", "maison."]


def test_punctuation_goes_back_to_the_clip_that_it_ends() -> None:
    """A clip that begins with the mark of the one before gives it back."""
    transcript = assembled(
        [
            clip(0, 1000, "Tu viens", language="French"),
            clip(1000, 2000, "? Oui", language="French"),
            clip(2000, 3000, "!", language="French"),
        ]
    )

    assert sentences(transcript) == ["Tu viens ?", "Oui !"]


def test_another_speaker_begins_another_sentence() -> None:
    """A change of speaker ends a sentence even without a full stop; each names its speaker."""
    transcript = assembled(
        [
            replace(clip(0, 1000, "and then we"), speaker="Ann"),
            replace(clip(1000, 2000, "no, listen"), speaker="Bo"),
        ]
    )

    assert sentences(transcript) == ["and then we", "no, listen"]
    assert [segment.speaker for segment in transcript.segments] == ["Ann", "Bo"]


def test_the_language_of_a_file_is_that_of_most_speech() -> None:
    """Speech time decides, not the number of clips; each sentence keeps its own."""
    clips = [
        clip(0, 500, "Hi.", [("Hi", 100, 400)]),
        clip(500, 9000, "你好。", [("你", 600, 3000), ("好", 3000, 8000)], language="chinese"),
        clip(9000, 9500, "Bye.", [("Bye", 9000, 9400)]),
        clip(9500, 30000, "", language=None),
    ]

    transcript = assembled(clips)

    assert transcript.language == "Chinese"
    assert [s.language for s in transcript.segments] == ["English", "Chinese", "English"]
    assert transcript.clips[3].timing is Timing.NONE


def test_event_tags_stay() -> None:
    """What the model writes of other sounds, such as [applause], is kept as words."""
    transcript = assembled([clip(0, 2000, "[applause] Thanks.")])

    assert [text for text, _, _ in timed_words(transcript)] == ["[applause]", "Thanks."]


def test_nothing_heard_is_an_empty_transcript() -> None:
    """No clips, silent clips and invisible text give no words and no language."""
    for clips in ([], [clip(0, 1000, "", language=None)], [clip(0, 1000, " \u200b ")]):
        transcript = assembled(clips)

        assert (transcript.text, transcript.segments, transcript.language) == ("", (), None)
