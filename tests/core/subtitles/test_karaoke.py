from dataclasses import replace
from itertools import pairwise

from hypothesis import given

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.karaoke import SpokenText, spoken_lines
from qasr_cli.core.types import Cue, Segment, TextWord, Transcript
from tests.core.subtitles.spoken import spoken
from tests.strategies import assembled, transcripts


def two_words(text: str, middle: int) -> Transcript:
    """A transcript of two words: [100, 400) and [600, 900) ms."""
    words = (
        TextWord(start_ms=100, end_ms=400, char_start=0, char_end=middle),
        TextWord(start_ms=600, end_ms=900, char_start=middle, char_end=len(text)),
    )
    segment = Segment(
        start_ms=100,
        end_ms=900,
        char_start=0,
        char_end=len(text),
        language="Chinese",
        words=words,
    )
    return replace(assembled([]), text=text, segments=(segment,), duration_ms=1000)


@given(transcripts())
def test_pieces_are_the_lines_and_times_stay_inside(transcript: Transcript) -> None:
    """Joined pieces are the line; no time is outside its cue, and the starts never go back."""
    cues = cut_cues(transcript, CueOptions())

    for cue, lines in zip(cues, spoken_lines(transcript, cues), strict=True):
        assert tuple("".join(piece.text for piece in line) for line in lines) == cue.lines
        pieces = [piece for line in lines for piece in line]
        assert all(cue.start_ms <= p.start_ms <= p.end_ms <= cue.end_ms for p in pieces)
        assert all(a.start_ms <= b.start_ms for a, b in pairwise(pieces))


def test_a_word_is_a_piece_with_its_times() -> None:
    """The white space and punctuation of a word stay with it."""
    cue = Cue(start_ms=0, end_ms=800, lines=("Good,", "sir."))

    assert spoken_lines(two_words("Good, sir.", 6), (cue,)) == (
        (
            (SpokenText(text="Good,", start_ms=100, end_ms=400),),
            (SpokenText(text="sir.", start_ms=600, end_ms=800),),
        ),
    )


def test_a_long_song_may_be_left_out() -> None:
    """The words behind it still have their own times."""
    song = f"♪ {' '.join(['over the hills'] * 30)} ♪"
    transcript = spoken(f"Listen. {song} That was it.")
    cues = cut_cues(transcript, CueOptions(no_sound_events=True))
    last_ms = transcript.segments[-1].words[0].start_ms

    (line,) = spoken_lines(transcript, cues)[-1]

    assert cues[-1].lines == ("That was it.",)
    assert [piece.start_ms - last_ms for piece in line] == [0, 300, 600]


def test_signs_may_be_missing_in_the_cue() -> None:
    """A cue whose punctuation became a space still finds its words."""
    cue = Cue(start_ms=0, end_ms=1000, lines=("你好 再见",))

    assert spoken_lines(two_words("你好，再见。", 3), (cue,)) == (
        (
            (
                SpokenText(text="你好 ", start_ms=100, end_ms=400),
                SpokenText(text="再见", start_ms=600, end_ms=900),
            ),
        ),
    )


def test_text_of_no_word_takes_as_long_as_its_cue() -> None:
    """Cues that do not come from the transcript are whole pieces."""
    cue = Cue(start_ms=5, end_ms=10, lines=("else",))

    assert spoken_lines(assembled([]), (cue,)) == (
        ((SpokenText(text="else", start_ms=5, end_ms=10),),),
    )


def test_signs_behind_several_spaces_are_of_the_next_word() -> None:
    """Brackets and an ellipsis begin what they stand before, however far off that is."""
    for sign in "…[（":
        cue = Cue(start_ms=0, end_ms=1000, lines=(f"Good  {sign}sir",))

        ((first, second),) = spoken_lines(two_words(f"Good  {sign}sir", 6), (cue,))[0]
        assert (first.text, second.text, second.start_ms) == ("Good  ", f"{sign}sir", 600)
