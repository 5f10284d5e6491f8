"""Which minutes of a transcript to listen to again."""

from dataclasses import replace

import pytest

from qasr_cli.core.review import Doubt, DoubtfulMinute, doubtful_minutes, has_confidence
from qasr_cli.core.types import ClipNote, Segment, TextWord, Timing, Transcript

WORD_MS = 500
CLIP_MS = 30_000


def transcript(
    minute_count: int = 3, unsure: dict[int, float] | None = None, *, has_numbers: bool = True
) -> Transcript:
    """Two words a second, sure but for some by their index; a clip for each half minute."""
    count = minute_count * 60_000 // WORD_MS
    words, texts, position = [], [], 0
    for index in range(count):
        text = f"w{index} "
        words.append(
            TextWord(
                start_ms=index * WORD_MS,
                end_ms=index * WORD_MS + 400,
                char_start=position,
                char_end=position + len(text),
                probability=(unsure or {}).get(index, 0.95) if has_numbers else None,
            )
        )
        texts.append(text)
        position += len(text)
    segment = Segment(
        start_ms=0,
        end_ms=words[-1].end_ms,
        char_start=0,
        char_end=position,
        language="English",
        words=tuple(words),
    )
    return Transcript(
        file="talk.wav",
        duration_ms=minute_count * 60_000,
        language="English",
        text="".join(texts),
        segments=(segment,),
        clips=tuple(map(clip_from, range(0, minute_count * 60_000, CLIP_MS))),
        models={},
        settings={},
        warnings=(),
    )


def clip_from(start_ms: int) -> ClipNote:
    """Half a minute that was heard, and timed."""
    return ClipNote(
        start_ms=start_ms,
        end_ms=start_ms + CLIP_MS,
        language="English",
        status="done",
        timing=Timing.ALIGNED,
    )


def with_clip(index: int, **changes: object) -> Transcript:
    """A transcript without confidence in which one clip is not as the others."""
    plain = transcript(has_numbers=False)
    clips = list(plain.clips)
    clips[index] = replace(clips[index], **changes)  # type: ignore[arg-type]
    return replace(plain, clips=tuple(clips))


def only(found: tuple[DoubtfulMinute, ...]) -> tuple[int, int, int, str, list[str]]:
    """The one minute: its number, where to listen, what stands there, and why."""
    (minute,) = found
    reasons = [doubt.reason for doubt in minute.doubts]
    return minute.minute, minute.start_ms, minute.end_ms, minute.excerpt, reasons


def test_nothing_is_said_of_what_is_sure() -> None:
    """A word that is less sure than most is no reason, nor is one of which nothing is known."""
    assert doubtful_minutes(transcript(unsure={100: 0.71})) == ()
    assert doubtful_minutes(transcript(has_numbers=False)) == ()
    assert has_confidence(transcript())
    assert not has_confidence(transcript(has_numbers=False))


def test_a_minute_is_one_line_at_its_least_sure_stretch() -> None:
    """From the first unsure word to the last, with what stands between them."""
    unsure = {150: 0.6, 200: 0.2, 201: 0.3, 202: 0.75, 203: 0.1}

    assert only(doubtful_minutes(transcript(unsure=unsure))) == (
        1,
        100_000,
        101_900,
        "w200 w201 w202 w203",
        ["confidence 0.34"],
    )


def test_the_worst_minute_has_the_most_words_in_doubt() -> None:
    """Each word counts by what it lacks."""
    first, second = doubtful_minutes(transcript(unsure={10: 0.6, 130: 0.2, 140: 0.3}))

    assert (first.word_count, second.word_count) == pytest.approx((0.4, 1.5))


@pytest.mark.parametrize(
    ("changes", "reason", "word_count"),
    [
        ({"repetition": True}, "a loop was cut", 45),
        ({"truncated": True}, "text cut short", 45),
        ({"repairs": ("repetition loop: cut in two",)}, "repaired: repetition loop", 3),
        ({"timing": Timing.PROPORTIONAL}, "estimated times", 1.2),
    ],
)
def test_notes_of_clips_are_reasons(
    changes: dict[str, object], reason: str, word_count: float
) -> None:
    """Also where nobody asked how sure the models were."""
    found = doubtful_minutes(with_clip(3, **changes))

    assert only(found)[:3] == (1, 90_000, 120_000)
    assert only(found)[4] == [reason]
    assert found[0].word_count == pytest.approx(word_count)


def test_times_that_nobody_asked_for_are_no_reason() -> None:
    """Nor are those of a language that the aligner does not time."""
    plain = transcript(has_numbers=False)
    clips = tuple(replace(clip, timing=Timing.PROPORTIONAL) for clip in plain.clips)

    assert doubtful_minutes(replace(plain, clips=clips)) == ()


def test_what_is_missing_is_weighed_as_words() -> None:
    """A stretch without words, shown with what stands around it; over a minute's end, twice."""
    plain = transcript(has_numbers=False)
    segment = plain.segments[0]
    words = tuple(w for w in segment.words if not 50_000 <= w.start_ms < 70_000)
    position, placed = 0, []
    for word in words:
        end = position + word.char_end - word.char_start
        placed.append(replace(word, char_start=position, char_end=end))
        position = end
    text = "".join(plain.text[word.char_start : word.char_end] for word in words)
    bare = replace(
        plain,
        text=text,
        segments=(replace(segment, char_end=position, words=tuple(placed)),),
        speech=((0, 180_000),),
    )

    first, second = doubtful_minutes(bare)

    assert (first.start_ms, first.end_ms) == (50_400, 60_000)
    assert (second.start_ms, second.end_ms) == (60_000, 69_500)
    assert first.excerpt == second.excerpt == "w97 w98 w99 [...] w140 w141 w142"
    assert first.word_count == pytest.approx(2.5 * 9.6)


def test_an_inaudible_clip_is_a_reason() -> None:
    """Whatever else is known of it."""
    found = doubtful_minutes(with_clip(4, status="failed", timing=Timing.NONE))

    assert only(found)[0::4] == (2, ["inaudible"])


def test_reasons_of_a_minute_come_together() -> None:
    """The heaviest first; where to listen says the heaviest of those that know it."""
    unsure = transcript(unsure={130: 0.5})
    clips = list(unsure.clips)
    clips[2] = replace(clips[2], repetition=True)
    more = Doubt(
        kind="too-fast",
        reason="40 characters a second",
        start_ms=70_000,
        end_ms=71_000,
        word_count=1.0,
    )

    found = doubtful_minutes(replace(unsure, clips=tuple(clips)), [more])

    assert only(found)[1:3] == (70_000, 71_000)
    assert only(found)[4] == ["a loop was cut", "40 characters a second", "confidence 0.50"]


def test_of_several_places_the_heaviest_is_shown() -> None:
    """Not the first that is heavier than one before it; all their words count."""
    gaps = [
        Doubt(
            kind="no-words", reason="speech without words", start_ms=n, end_ms=n, word_count=count
        )
        for n, count in ((10_000, 3.0), (20_000, 4.0), (30_000, 5.0))
    ]

    (minute,) = doubtful_minutes(transcript(has_numbers=False), gaps)

    assert (minute.start_ms, minute.word_count) == (30_000, 12.0)


def test_a_word_alone_is_shown_among_others() -> None:
    """So that it can be found."""
    found = doubtful_minutes(transcript(unsure={0: 0.1, 150: 0.2}))

    assert [minute.excerpt for minute in found] == [
        "w0 w1 w2 w3",
        "w147 w148 w149 w150 w151 w152 w153",
    ]


def test_excerpts_are_short() -> None:
    """However long the stretch is."""
    found = doubtful_minutes(transcript(unsure=dict.fromkeys(range(100), 0.1)))

    assert len(only(found)[3]) <= 48
    assert only(found)[3].endswith("...")
