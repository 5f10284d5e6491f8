from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import canonical, is_visible
from qasr_cli.core.transcript.schema import document_from_transcript, transcript_from_document
from qasr_cli.core.types import (
    ClipDone,
    ClipFailed,
    Segment,
    TextWord,
    Timing,
    Transcript,
    Word,
)
from qasr_cli.errors import AlignmentError, RecognitionError
from tests.strategies import assembled, clip_outcomes, end_of, span_of

TimedWord = tuple[str, int, int]


def clip(
    start_ms: int,
    end_ms: int,
    text: str,
    words: Sequence[TimedWord] = (),
    *,
    language: str | None = "English",
    warnings: tuple[str, ...] = (),
) -> ClipOutcome:
    """A clip that was recognised, and aligned when it has words."""
    done = ClipDone(
        clip_id=f"f/{start_ms}",
        language=language,
        text=text,
        words=tuple(Word(text=w, start_ms=start, end_ms=end) for w, start, end in words),
        timing=Timing.ALIGNED if words else Timing.PROPORTIONAL,
        warnings=warnings,
    )
    return ClipOutcome(span=span_of(start_ms, end_ms), result=done)


def words_of(transcript: Transcript) -> list[TextWord]:
    """All words, in order."""
    return [word for segment in transcript.segments for word in segment.words]


def timed_words(transcript: Transcript) -> list[TimedWord]:
    """Text and times of all words."""
    return [
        (transcript.text[w.char_start : w.char_end].strip(), w.start_ms, w.end_ms)
        for w in words_of(transcript)
    ]


def sentences(transcript: Transcript) -> list[str]:
    """Text of all segments."""

    def text_of(segment: Segment) -> str:
        return transcript.text[segment.char_start : segment.char_end].strip()

    return list(map(text_of, transcript.segments))


def visible(text: str) -> str:
    """The text without white space, marks and joiners."""
    return "".join(filter(is_visible, canonical(text)))


# --- whatever the clips -----------------------------------------------------------------------


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
    """Engines answer in any order."""
    assert assembled(clips[::-1]) == assembled(clips)


# --- joining ----------------------------------------------------------------------------------


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
    """Full stop or not, and the sentence says whose it is."""
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
    """What the model writes of other sounds is text like the rest."""
    transcript = assembled([clip(0, 2000, "[applause] Thanks.")])

    assert [text for text, _, _ in timed_words(transcript)] == ["[applause]", "Thanks."]


# --- times ------------------------------------------------------------------------------------


def test_the_later_start_holds_where_words_overlap() -> None:
    """A word ends where the next begins; one out of order starts with the one before."""
    words = [("one", 0, 500), ("two", 300, 900), ("three", 200, 950)]

    transcript = assembled([clip(0, 1000, "One, two three.", words)])

    assert timed_words(transcript) == [
        ("One,", 0, 300),
        ("two", 300, 300),
        ("three.", 300, 950),
    ]


def test_words_stay_inside_their_clip_and_file() -> None:
    """Times beyond the sound are drawn back to its end."""
    clips = [clip(0, 1000, "One two.", [("One", 0, 500), ("two", 900, 347_000)])]

    assert timed_words(assembled(clips))[-1] == ("two.", 900, 1000)
    assert timed_words(assembled(clips, duration_ms=800))[-1] == ("two.", 800, 800)


def test_untimed_words_share_their_clip_by_letters() -> None:
    """Twice the letters, twice the time; single characters where there are no spaces."""
    english = assembled([clip(1000, 4000, "It was better.")])
    chinese = assembled([clip(1000, 4000, "你好吗？", language="Chinese")])

    assert timed_words(english) == [
        ("It", 1000, 1545), ("was", 1545, 2363), ("better.", 2363, 4000)
    ]  # fmt: skip
    assert timed_words(chinese) == [
        ("你", 1000, 2000), ("好", 2000, 3000), ("吗？", 3000, 4000)
    ]  # fmt: skip
    assert english.clips[0].timing is Timing.PROPORTIONAL


def test_a_token_with_a_break_inside_is_two_words() -> None:
    """The aligner makes one token of `iPhone，Android`; its time is shared by letters."""
    words = [("用", 0, 300), ("iPhoneAndroid", 300, 1600)]

    transcript = assembled([clip(0, 2000, "用iPhone，Android。", words, language="Chinese")])

    assert timed_words(transcript) == [
        ("用", 0, 300), ("iPhone，", 300, 900), ("Android。", 900, 1600)
    ]  # fmt: skip


def test_a_token_that_is_not_in_the_text_gives_its_time_to_a_neighbour() -> None:
    """No word without text comes out, at the start of a clip or inside it."""
    words = [("uh", 0, 200), ("One", 200, 500), ("ZZ", 500, 700), ("two", 800, 900)]

    transcript = assembled([clip(0, 1000, "One two.", words)])

    assert timed_words(transcript) == [("One", 0, 700), ("two.", 800, 900)]


# --- failures ---------------------------------------------------------------------------------


def test_a_failed_alignment_keeps_the_text() -> None:
    """Partial success: the text is there, the times are marked, the warning says where."""
    failed = ClipFailed(
        clip_id="f/0",
        stage="align",
        error=AlignmentError("f/0", "no path"),
        text="Hello there.",
        language="English",
    )

    transcript = assembled([ClipOutcome(span=span_of(0, 2000), result=failed, attempts=4)])

    assert transcript.text == "Hello there."
    note = transcript.clips[0]
    assert (note.status, note.timing, note.attempts) == ("done", Timing.PROPORTIONAL, 4)
    (warning,) = transcript.warnings
    assert warning.startswith("00:00:00.000 - 00:00:02.000: word times are estimated: ")
    assert warning.endswith("no path")


def test_a_clip_without_text_leaves_a_note_and_a_warning() -> None:
    """What failed is named with its times; the rest of the file stands."""
    failed = ClipFailed(
        clip_id="f/1", stage="recognise", error=RecognitionError("f/1", "no memory")
    )
    clips = [
        clip(0, 1000, "One."),
        ClipOutcome(span=span_of(61_000, 62_500), result=failed),
        clip(63_000, 64_000, "Two."),
    ]

    transcript = assembled(clips)

    assert transcript.text == "One. Two."
    assert [note.status for note in transcript.clips] == ["done", "failed", "done"]
    assert transcript.warnings[0].startswith("00:01:01.000 - 00:01:02.500: nothing was recognised")


def test_a_warning_of_many_clips_is_said_once() -> None:
    """Ten hours of an unaligned language give one line, not a thousand."""
    clips = [clip(i * 1000, (i + 1) * 1000, "Nei.", warnings=("no aligner",)) for i in range(1000)]

    assert assembled(clips).warnings == (
        "00:00:00.000 - 00:00:01.000: no aligner (and 999 more clips)",
    )


def test_nothing_heard_is_an_empty_transcript() -> None:
    """No clips, silent clips and invisible text give no words and no language."""
    for clips in ([], [clip(0, 1000, "", language=None)], [clip(0, 1000, " \u200b ")]):
        transcript = assembled(clips)

        assert (transcript.text, transcript.segments, transcript.language) == ("", (), None)
