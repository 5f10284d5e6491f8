"""Captions that roll, as web players have them, become one cue a line."""

from qasr_cli.core.types import ReadSubtitles
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.formats.readers.vtt import read_vtt

PLAYER = """WEBVTT
Kind: captions

00:00:00.500 --> 00:00:02.450 align:start position:0%
 \nDr.<00:00:00.700><c> Green</c><00:00:01.000><c> likes</c>

00:00:02.450 --> 00:00:02.460 align:start position:0%
Dr. Green likes
 \n
00:00:02.460 --> 00:00:05.490 align:start position:0%
Dr. Green likes
no<00:00:02.800><c> birds</c>

00:00:05.490 --> 00:00:05.500 align:start position:0%
no birds
 \n
00:00:05.500 --> 00:00:07.490 align:start position:0%
no birds
no<00:00:06.800><c> birds</c>

00:00:07.490 --> 00:00:07.500 align:start position:0%
no birds
 \n"""


def srt_of(*texts: str) -> str:
    """SubRip with these texts, a second each without a gap."""
    return "\n".join(
        f"{at}\n00:00:{at:02d},000 --> 00:00:{at + 1:02d},000\n{text}\n"
        for at, text in enumerate(texts, start=1)
    )


def lines(read: ReadSubtitles) -> list[tuple[int, int, str]]:
    """Times and text of each cue."""
    return [(cue.start_ms, cue.end_ms, "|".join(cue.lines)) for cue in read.cues]


def test_a_players_lines_come_once() -> None:
    """Each at its time, one that is really said twice two times; how they roll is no markup."""
    read = read_vtt(PLAYER)

    assert lines(read) == [
        (500, 2460, "Dr. Green likes"),
        (2460, 5500, "no birds"),
        (5500, 7500, "no birds"),
    ]
    assert (read.notes, read.unkept) == (("captions that roll: 6 cues are read as 3",), ())
    assert all(cue.tags == () for cue in read.cues)


def test_lines_that_climb_come_once() -> None:
    """As television has them, in SubRip too."""
    read = read_srt(srt_of("one", "one\ntwo", "one\ntwo\n<i>three</i>", "two\n<i>three</i>\nfour"))

    assert [text for _, _, text in lines(read)] == ["one", "two", "three", "four"]
    assert [tag.text for tag in read.cues[2].tags] == ["<i>", "</i>"]


def test_lines_that_grow_come_once() -> None:
    """As live captions have them."""
    read = read_srt(srt_of("Dr.", "Dr. Green", "Dr. Green likes", "Dr. Green likes\ntwo birds"))

    assert lines(read) == [(1000, 4000, "Dr. Green likes"), (4000, 5000, "two birds")]


def test_who_says_the_same_twice_is_heard_twice() -> None:
    """Songs repeat whole cues, and dialogues have one that begins as another ended."""
    song = srt_of("La la", "La la", "La la", "La la")
    talk = srt_of("No.", "No.\nYes.", "Why?", "Because.", "Because what?", "I said so.")

    for text, count in ((song, 4), (talk, 6)):
        read = read_srt(text)
        assert len(read.cues) == count
        assert read.notes == ()
