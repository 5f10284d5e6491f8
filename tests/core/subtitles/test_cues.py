from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.subtitles.break_costs import can_break
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.text import split_words
from qasr_cli.core.types import ClipDone, Cue, Timing, Transcript, Word
from tests.strategies import assembled, span_of, transcripts

OPTIONS = CueOptions()


def spoken(text: str, *, language: str = "English", word_ms: int = 300) -> Transcript:
    """One clip in which every word takes the same time."""
    words = tuple(
        Word(start_ms=index * word_ms, end_ms=(index + 1) * word_ms, text=token)
        for index, token in enumerate(split_words(text))
    )
    end_ms = len(words) * word_ms
    done = ClipDone(clip_id="f/0", language=language, text=text, words=words, timing=Timing.ALIGNED)
    clip = ClipOutcome(span=span_of(0, end_ms), result=done)
    return assembled([clip], duration_ms=end_ms + 1000)


def lines_of(transcript: Transcript, options: CueOptions = OPTIONS) -> list[tuple[str, ...]]:
    """The lines of every cue."""
    return [cue.lines for cue in cut_cues(transcript, options)]


def without_spaces(text: str) -> str:
    """The text without white space."""
    return "".join(text.split())


def words_by_line(
    transcript: Transcript, cues: tuple[Cue, ...]
) -> Iterator[list[tuple[str | None, list[str]]]]:
    """For every cue, the language and the words of each line, with what follows them."""
    words = iter(
        (segment.language, transcript.text[word.char_start : word.char_end])
        for segment in transcript.segments
        for word in segment.words
    )
    for cue in cues:
        lines: list[tuple[str | None, list[str]]] = []
        for line in cue.lines:
            language, inside = None, list[str]()
            while len(without_spaces("".join(inside))) < len(without_spaces(line)):
                language, word = next(words)
                inside.append(word)
            lines.append((language, inside))
        yield lines


# --- whatever the transcript ------------------------------------------------------------------


@given(transcripts())
def test_cues_hold_the_whole_text_once(transcript: Transcript) -> None:
    """Nothing is lost, doubled or moved; no line is empty or has a line break."""
    cues = cut_cues(transcript, OPTIONS)

    shown = "".join(line for cue in cues for line in cue.lines)
    assert without_spaces(shown) == without_spaces(transcript.text)
    for cue in cues:
        assert cue.lines
        assert all(line.strip() == line != "" for line in cue.lines)
        assert not any("\n" in line for line in cue.lines)


@given(transcripts())
def test_cues_follow_each_other_inside_the_media(transcript: Transcript) -> None:
    """Strictly ordered, never overlapping, never empty in time, never past the end."""
    cues = cut_cues(transcript, OPTIONS)

    edges_ms = [edge for cue in cues for edge in (cue.start_ms, cue.end_ms)]
    assert all(cue.start_ms < cue.end_ms for cue in cues)
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(cues))
    assert all(0 <= edge <= transcript.duration_ms for edge in edges_ms)


@given(transcripts(), st.sampled_from((None, 8, 20)), st.sampled_from((None, 1, 3)))
def test_only_what_cannot_be_parted_exceeds_a_line(
    transcript: Transcript, width: int | None, line_count: int | None
) -> None:
    """Lines are as wide as allowed at most, or one word; and no more than allowed."""
    options = CueOptions(max_line_width=width, max_line_count=line_count)
    cues = cut_cues(transcript, options)

    for cue, lines in zip(cues, words_by_line(transcript, cues), strict=True):
        for line, (language, inside) in zip(cue.lines, lines, strict=True):
            limits = profile_of(language).limits
            is_full_width = language in ("Chinese", "Cantonese", "Japanese")
            most = limits.char_columns * (width or limits.line_chars)
            assert len(cue.lines) <= (line_count or limits.line_count)
            if columns(line, is_full_width=is_full_width) > most:
                assert not any(can_break(left, right) for left, right in pairwise(inside))


@given(transcripts(), st.integers(1, 10_000_000))
def test_later_speech_gives_later_cues(transcript: Transcript, shift_ms: int) -> None:
    """The same words, all so much later, give the same cues, all so much later."""
    later = replace(
        transcript,
        duration_ms=transcript.duration_ms + shift_ms,
        segments=tuple(
            replace(
                segment,
                start_ms=segment.start_ms + shift_ms,
                end_ms=segment.end_ms + shift_ms,
                words=tuple(
                    replace(w, start_ms=w.start_ms + shift_ms, end_ms=w.end_ms + shift_ms)
                    for w in segment.words
                ),
            )
            for segment in transcript.segments
        ),
    )

    shifted = tuple(
        replace(cue, start_ms=cue.start_ms + shift_ms, end_ms=cue.end_ms + shift_ms)
        for cue in cut_cues(transcript, OPTIONS)
    )

    assert cut_cues(later, OPTIONS) == shifted


@given(transcripts())
def test_cues_start_with_their_speech(transcript: Transcript) -> None:
    """A cue's start is the start of a word, or as near as its neighbours leave room."""
    starts_ms = {word.start_ms for segment in transcript.segments for word in segment.words}
    cues = cut_cues(transcript, OPTIONS)

    for index, cue in enumerate(cues):
        latest_ms = transcript.duration_ms - (len(cues) - index)
        follows_at_once = index > 0 and cue.start_ms == cues[index - 1].start_ms + 1
        assert cue.start_ms in starts_ms or follows_at_once or cue.start_ms == latest_ms


# --- where it cuts ----------------------------------------------------------------------------


def test_a_sentence_is_a_cue() -> None:
    """Sentences that fit are not mixed and not parted."""
    assert lines_of(spoken("The sun came up. We walked on to the sea. It was cold.")) == [
        ("The sun came up.",),
        ("We walked on to the sea.",),
        ("It was cold.",),
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        # at the comma, though it is not in the middle
        (
            "English",
            [
                "When the last of the guests had gone home,",
                "we opened all the doors | and sat outside again.",
            ],
        ),
        # before "because", and no line ends with "the"
        (
            "English",
            [
                "I asked my brother for the long ladder",
                "because the apples | at the top were all ripe",
            ],
        ),
        # at the commas, a clause a line and a line a cue
        (
            "Chinese",
            ["昨天晚上我们吃了一顿很好的晚饭，", "然后沿着河慢慢地走回家，", "路上谁也没有说话。"],
        ),
    ],
)
def test_a_long_sentence_is_cut_where_it_reads_best(language: str, expected: list[str]) -> None:
    """Punctuation first, then before conjunctions; never after an article."""
    space = "" if language == "Chinese" else " "
    text = space.join(expected).replace(" | ", space)

    cues = lines_of(spoken(text, language=language))

    assert [" | ".join(lines) for lines in cues] == expected


def with_pause(transcript: Transcript, index: int, pause_ms: int) -> Transcript:
    """The same words, those from an index on later by a pause; one sentence only."""
    (segment,) = transcript.segments
    words = tuple(
        replace(word, start_ms=word.start_ms + late_ms, end_ms=word.end_ms + late_ms)
        for place, word in enumerate(segment.words)
        for late_ms in (pause_ms if place >= index else 0,)
    )
    return replace(
        transcript,
        duration_ms=transcript.duration_ms + pause_ms,
        segments=(replace(segment, words=words, end_ms=words[-1].end_ms),),
    )


def test_a_pause_draws_the_cut() -> None:
    """Among equals, the cut falls where the speaker paused."""
    text = "red blue green black white brown yellow purple orange violet scarlet crimson"
    narrow = CueOptions(max_line_width=24)

    for index in (6, 7):
        paused = with_pause(spoken(text), index, 1000)
        first, *_ = lines_of(paused, narrow)
        assert len(" ".join(first).split()) == index


def test_a_long_silence_always_cuts() -> None:
    """From `max_gap_ms` on, whatever the break costs."""
    paused = with_pause(spoken("We found the old house."), 3, 900)

    assert lines_of(paused) == [("We found the old house.",)]
    assert lines_of(paused, CueOptions(max_gap_ms=800)) == [("We found the",), ("old house.",)]


def test_a_sentence_a_cue_where_asked_for() -> None:
    """With `sentence`, even what is gone at once stands alone."""
    hurried = spoken("Yes. No. I know.", word_ms=470)

    assert lines_of(hurried, CueOptions(sentence=True)) == [("Yes.",), ("No.",), ("I know.",)]


def test_a_line_has_no_more_words_than_asked_for() -> None:
    """`max_words_per_line` holds beside the width."""
    lines = lines_of(spoken("one two three four five six seven"), CueOptions(max_words_per_line=2))

    assert max(len(line.split()) for cue in lines for line in cue) == 2


def test_a_lead_in_and_a_lingering_are_as_asked_for() -> None:
    """Cues come so much before their words; no reading time keeps them past the lingering."""
    options = CueOptions(lead_in_ms=100, linger_ms=0, min_duration_ms=0, max_cps=1)
    transcript = with_pause(spoken("Come here, my friend."), 2, 3000)

    usual = cut_cues(transcript, OPTIONS)
    first, second = cut_cues(transcript, options)

    assert (first.start_ms, first.end_ms) == (0, 600)
    assert second.start_ms == usual[1].start_ms - 100


def test_chinese_stops_go_where_asked_for() -> None:
    """As Netflix writes: no stop at the end, a space for a comma; other text stays."""
    options = CueOptions(cjk_punct="netflix")

    assert lines_of(spoken("好的，我知道了。", language="Chinese"), options) == [("好的 我知道了",)]
    assert lines_of(spoken("Yes, I know."), options) == [("Yes, I know.",)]


def test_a_dictionary_keeps_words_whole() -> None:
    """Where phrases end is known, lines and cues end there."""
    text = "我们走访了沿岸的四十个村庄收集样本"
    transcript = spoken(text, language="Chinese")
    phrases = ("我们", "走访", "了", "沿岸", "的", "四十", "个", "村庄", "收集", "样本")
    ends = frozenset(accumulate(map(len, phrases)))

    for width in range(4, 12):
        options = CueOptions(max_line_width=width)
        cues = cut_cues(transcript, options, phrase_ends={"Chinese": ends})
        lengths = accumulate(len(line) for cue in cues for line in cue.lines)
        assert set(lengths) <= ends


def test_short_sentences_in_a_hurry_share_a_cue() -> None:
    """Where a cue would be gone before it is read, the next sentence joins it."""
    assert lines_of(spoken("Yes. No. I know.", word_ms=470)) == [("Yes. No.",), ("I know.",)]
    assert len(lines_of(spoken("Yes. No. I know.", word_ms=1000))) == 3


def test_a_question_and_its_answer_are_one_cue() -> None:
    """Dashes pair: two turns a cue, a line each, and neither with what has no dash."""
    text = "He came home. - Who was it? - Nobody. - Are you sure? - Yes, I am. Then he left us."

    assert lines_of(spoken(text)) == [
        ("He came home.",),
        ("- Who was it?", "- Nobody."),
        ("- Are you sure?", "- Yes, I am."),
        ("Then he left us.",),
    ]


def test_what_is_heard_beside_speech_stands_alone() -> None:
    """Applause ends the sentence that it falls into."""
    text = "My favourite app is called, and I am serious -- (Laughter) which is really a game."

    assert lines_of(spoken(text, word_ms=900)) == [
        ("My favourite app is called,",),
        ("and I am serious --",),
        ("(Laughter)",),
        ("which is really a game.",),
    ]


def test_nobody_waits_seven_seconds() -> None:
    """A slow sentence is cut by time, though it would fit by width."""
    cues = cut_cues(spoken("We have come here today to say thanks.", word_ms=1500), OPTIONS)

    assert len(cues) > 1
    assert max(cue.end_ms - cue.start_ms for cue in cues) <= 7000


def test_the_two_tokens_of_a_korean_word_stay_together() -> None:
    """Only a space is a place to break, however the aligner splits a word."""
    text = "학교에서 친구를 만났다"
    tokens = ("학교", "에서", "친구", "를", "만났다")
    words = tuple(
        Word(start_ms=index * 300, end_ms=index * 300 + 300, text=token)
        for index, token in enumerate(tokens)
    )
    done = ClipDone(clip_id="f/0", language="Korean", text=text, words=words, timing=Timing.ALIGNED)
    transcript = assembled([ClipOutcome(span=span_of(0, 2000), result=done)])

    cues = lines_of(transcript, CueOptions(max_line_width=3))

    assert [line for lines in cues for line in lines] == text.split()


def test_an_endless_word_stays_whole() -> None:
    """A word wider than the screen is one line, alone in its cue."""
    word = "a" * 200

    assert lines_of(spoken(f"See {word} here.")) == [("See",), (word,), ("here.",)]


def test_more_cues_than_milliseconds_are_one_cue() -> None:
    """Text that there is no time to show one after the other is shown at once."""
    transcript = replace(spoken("One. Two. Three.", word_ms=2000), duration_ms=1)

    cues = cut_cues(transcript, OPTIONS)

    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(0, 1)]
    assert cut_cues(replace(transcript, duration_ms=0), OPTIONS) == ()
