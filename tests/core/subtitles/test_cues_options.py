"""What each cue option changes."""

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.styles import STYLES
from tests.core.subtitles.spoken import OPTIONS, lines_of, spoken, with_pause


def test_a_long_silence_always_cuts() -> None:
    """A silence of `max_gap_ms` or more is a cut, whatever that break costs."""
    paused = with_pause(spoken("We found the old house."), 3, 900)

    assert lines_of(paused) == [("We found the old house.",)]
    assert lines_of(paused, CueOptions(max_gap_ms=800)) == [("We found the",), ("old house.",)]


def test_a_sentence_a_cue_where_asked_for() -> None:
    """With `sentence`, even a sentence too short to read has a cue of its own."""
    hurried = spoken("Yes. No. I know.", word_ms=470)

    assert lines_of(hurried, CueOptions(sentence=True)) == [("Yes.",), ("No.",), ("I know.",)]


def test_a_line_has_no_more_words_than_asked_for() -> None:
    """`max_words_per_line` holds beside the width."""
    lines = lines_of(spoken("one two three four five six seven"), CueOptions(max_words_per_line=2))

    assert max(len(line.split()) for cue in lines for line in cue) == 2


def test_a_lead_in_and_a_lingering_are_as_asked_for() -> None:
    """Cues start `lead_in_ms` before their words and stay at most `linger_ms` after them."""
    options = CueOptions(lead_in_ms=100, linger_ms=0, min_duration_ms=0, max_cps=1)
    transcript = with_pause(spoken("Come here, my friend."), 2, 3000)

    usual = cut_cues(transcript, OPTIONS)
    first, second = cut_cues(transcript, options)

    assert (first.start_ms, first.end_ms) == (0, 600)
    assert second.start_ms == usual[1].start_ms - 100


def test_the_profile_of_a_guide_that_forbids_stops_has_none() -> None:
    """`sdh` writes spaces for Chinese and Japanese commas and stops; the default keeps them."""
    chinese = spoken("好的，我知道了。", language="Chinese")
    sdh = CueOptions(style=STYLES["sdh"])

    assert lines_of(chinese, sdh) == [("好的 我知道了",)]
    assert lines_of(chinese) == [("好的，我知道了。",)]
    assert lines_of(spoken("Yes, I know."), sdh) == [("Yes, I know.",)]


def test_chinese_stops_go_where_asked_for() -> None:
    """As Netflix writes: no stop at the end, a space for a comma; other text stays."""
    options = CueOptions(cjk_punct="netflix")

    assert lines_of(spoken("好的，我知道了。", language="Chinese"), options) == [("好的 我知道了",)]
    assert lines_of(spoken("Yes, I know."), options) == [("Yes, I know.",)]
