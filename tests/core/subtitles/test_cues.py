"""Where the cues of a transcript are cut."""

from dataclasses import replace
from itertools import accumulate

import pytest

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.types import ClipDone, Timing, Word
from tests.core.subtitles.spoken import OPTIONS, lines_of, spoken, with_pause
from tests.strategies import assembled, span_of


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


def test_a_pause_draws_the_cut() -> None:
    """Where several breaks are equally good, the cut falls where the speaker paused."""
    text = "red blue green black white brown yellow purple orange violet scarlet crimson"
    narrow = CueOptions(max_line_width=24)

    for index in (6, 7):
        paused = with_pause(spoken(text), index, 1000)
        first, *_ = lines_of(paused, narrow)
        assert len(" ".join(first).split()) == index


def test_a_dictionary_keeps_words_whole() -> None:
    """Where a dictionary tells the ends of phrases, lines and cues end only there."""
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
    """Two turns with dashes share a cue, a line each; a sentence without a dash stays apart."""
    text = "He came home. - Who was it? - Nobody. - Are you sure? - Yes, I am. Then he left us."

    assert lines_of(spoken(text)) == [
        ("He came home.",),
        ("- Who was it?", "- Nobody."),
        ("- Are you sure?", "- Yes, I am."),
        ("Then he left us.",),
    ]


def test_what_is_heard_beside_speech_stands_alone() -> None:
    """A tag such as (Laughter) has a cue of its own and ends the sentence before it."""
    text = "My favourite app is called, and I am serious -- (Laughter) which is really a game."

    assert lines_of(spoken(text, word_ms=900)) == [
        ("My favourite app is called,",),
        ("and I am serious --",),
        ("(Laughter)",),
        ("which is really a game.",),
    ]


@pytest.mark.parametrize(
    ("text", "language", "alone"),
    [
        ("Thank you. [applause] Thank you.", "English", "[applause]"),
        ("♪ Over the hills ♪ That was it.", "English", "♪ Over the hills ♪"),
        ("谢谢。（掌声）谢谢。", "Chinese", "（掌声）"),
    ],
)
def test_a_sound_shares_no_cue_with_speech(text: str, language: str, alone: str) -> None:
    """However short both are; and who wants no word of it has the speech alone."""
    with_sound = lines_of(spoken(text, language=language))
    without = lines_of(spoken(text, language=language), CueOptions(no_sound_events=True))

    assert (alone,) in with_sound
    assert without == [lines for lines in with_sound if lines != (alone,)]


def test_a_short_opening_is_not_alone() -> None:
    """It has a line of its own before it has a cue of its own."""
    text = "As you can see, the harbour of the town was much smaller in those days."

    assert lines_of(spoken(text))[0][0].startswith("As you can see, the")


def test_nobody_waits_seven_seconds() -> None:
    """No cue lasts over 7 s: a slow sentence is cut, though it would fit by width."""
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
    """Sentences in less time than one cue each needs are shown in one cue."""
    transcript = replace(spoken("One. Two. Three.", word_ms=2000), duration_ms=1)

    cues = cut_cues(transcript, OPTIONS)

    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(0, 1)]
    assert cut_cues(replace(transcript, duration_ms=0), OPTIONS) == ()
