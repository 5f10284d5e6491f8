"""SubRip as people have it: each test is one way in which files differ from the book."""

import contextlib

import pytest

from qasr_cli.core.types import ReadSubtitles
from qasr_cli.formats.readers.srt import read_srt
from qasr_cli.formats.readers.subtitles import subtitles_from

ONE, TWO, THREE = (f"00:00:0{at},000 --> 00:00:0{at},900" for at in (1, 3, 5))


def texts(read: ReadSubtitles) -> list[str]:
    """The text of each cue, its lines joined by |."""
    return ["|".join(cue.lines) for cue in read.cues]


def times(line: str) -> tuple[int, int]:
    """What a line of times is read as."""
    (cue,) = read_srt(f"1\n{line}\na\n").cues
    return cue.start_ms, cue.end_ms


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_lines_end_in_any_way(end: str) -> None:
    """Unix, Windows, old Macs, and Windows twice."""
    text = f"1\n{ONE}\nHello\nworld\n\n2\n{TWO}\nBye\n".replace("\n", end)

    assert texts(read_srt(text)) == ["Hello|world", "Bye"]
    assert texts(read_srt(text.replace("world" + end, "world\n"))) == ["Hello|world", "Bye"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("00:00:10,000 --> 00:00:12,500", (10_000, 12_500)),
        ("0:00:10.000 --> 0:00:12.500", (10_000, 12_500)),
        ("00:00:10.000 --> 00:00:12,500", (10_000, 12_500)),
        ("00:10,000 --> 00:12,500", (10_000, 12_500)),
        ("00:00:10 --> 00:00:12", (10_000, 12_000)),
        ("0:10 --> 1:02:03", (10_000, 3_723_000)),
        ("00:00:10,000-->00:00:12,500", (10_000, 12_500)),
        ("00:00:10,000 -> 00:00:12,500", (10_000, 12_500)),
        ("00:00:10:000 --> 00:00:12:500", (10_000, 12_500)),
        ("00.00.10,000 --> 00.00.12,500", (10_000, 12_500)),
        ("00 : 00 : 10, 000 --> 00:00:12 ,500", (10_000, 12_500)),
        ("00:00:10.000000 --> 00:00:12.500999", (10_000, 12_500)),
        ("00:00:10,5 --> 00:00:12,5", (10_500, 12_500)),
        ("00:00:10,5 --> 00:00:12,40", (10_005, 12_040)),  # the program left zeros out
        ("100:00:10,000 --> 100:00:12,500", (360_010_000, 360_012_500)),
        ("٠٠:٠٠:١٠,٠٠٠ --> ٠٠:٠٠:١٢,٥٠٠", (10_000, 12_500)),
        ("００：００：１０，０００　－－＞　００：００：１２，５００", (10_000, 12_500)),
        ("\u202b00:00:10,000 --> 00:00:12,500\u202c", (10_000, 12_500)),
    ],
)
def test_times_are_written_in_many_ways(line: str, wanted: tuple[int, int]) -> None:
    """Marks, digits and spaces do not matter where only one time can be meant."""
    assert times(line) == wanted


@pytest.mark.parametrize("start", ["-00:00:01,000", "-0:00:01", "00:00:-1,000", "−00:00:01,000"])
def test_times_before_the_start_are_the_start(start: str) -> None:
    """The cue is read, and a note says so."""
    read = read_srt(f"1\n{start} --> 00:00:12,000\na\n")

    assert [(cue.start_ms, cue.end_ms) for cue in read.cues] == [(0, 12_000)]
    assert read.notes == ("times before 0 are read as 0: cue 1",)


def test_a_number_at_the_end_is_no_text() -> None:
    """A cue that never came leaves its number, which is said."""
    for tail in ("\n5", "\n5\n", "\n\n5\n\n", "\n\u06f5\n"):
        read = read_srt(f"4\n{ONE}\nHello\n{tail}")
        assert texts(read) == ["Hello"]
        assert read.notes == ("a number without times is left out: 5",)

    read = read_srt(f"1\n{ONE}\nHello\n2\n{TWO}\nBye\n3")
    assert texts(read) == ["Hello", "Bye"]


def test_a_number_without_times_in_the_middle_is_no_text() -> None:
    """The same where other cues follow."""
    read = read_srt(f"1\n{ONE}\nHello\n\n2\n\n3\n{TWO}\nBye\n")

    assert texts(read) == ["Hello", "Bye"]
    assert read.notes == ("a number without times is left out: 2",)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"1\n{ONE}\nHow many?\n5\n\n2\n{TWO}\n42\n\n3\n{THREE}\n3\n", ["How many?|5", "42", "3"]),
        (f"{ONE}\nHow many?\n5\n\n{TWO}\n42\n\n{THREE}\n3\n", ["How many?|5", "42", "3"]),
        (f"{ONE}\n1\n\n{TWO}\n2\n\n{THREE}\n3\n", ["1", "2", "3"]),
        (f"{ONE}\n1\n{TWO}\n2\n{THREE}\n3\n", ["1", "2", "3"]),
        (f"1\n{ONE}\nHow many?\n2\n{TWO}\n42\n3\n{THREE}\nBye\n", ["How many?", "42", "Bye"]),
        (f"1\n{ONE}\n2\n{TWO}\nHello\n", ["", "Hello"]),
        (f"1\n{ONE}\nHello\n\n{TWO}\n7\n\n3\n{THREE}\nBye\n", ["Hello", "7", "Bye"]),
        (f"1.\n{ONE}\nHello\n\n-2\n{TWO}\nBye\n", ["Hello", "Bye"]),
    ],
)
def test_numbers_of_cues_and_numbers_that_are_said(text: str, wanted: list[str]) -> None:
    """Numbers may be missing, blank lines may be missing, and a number may be all of the text."""
    read = read_srt(text)

    assert texts(read) == wanted
    assert read.notes == ()


def test_a_file_may_have_an_empty_line_after_each_line() -> None:
    """Its cues keep all of their text; lint has the empty lines."""
    text = f"1\n{ONE}\nHello\nthere\n2\n{TWO}\n42\n3\n{THREE}\nBye\n".replace("\n", "\n\n")

    lines = [[line for line in cue.lines if line] for cue in read_srt(text).cues]

    assert lines == [["Hello", "there"], ["42"], ["Bye"]]


def test_byte_order_marks_may_stand_anywhere() -> None:
    """Files that were put together have some inside."""
    data = f"\ufeff1\n{ONE}\nHello\n\n\ufeff2\n\ufeff{TWO}\n\ufeffBye\n".encode()

    assert texts(subtitles_from(data, suffix=".srt")) == ["Hello", "Bye"]


def test_text_before_the_first_cue_is_said() -> None:
    """It is no cue, and not lost without a word."""
    read = read_srt(f"A film\nby me\n\n1\n{ONE}\nHello\n")

    assert texts(read) == ["Hello"]
    assert read.notes == ("text before the first cue is left out: A film by me",)


def test_what_follows_the_times_is_said() -> None:
    """Coordinates are markup, words are told word by word."""
    assert read_srt(f"1\n{ONE} X1:1 X2:2\nHello\n").unkept == ("places on the screen",)
    assert read_srt(f"1\n{ONE} Well\nHello\n").notes == (
        "what follows the times of cue 1 is left out: Well",
    )


def test_an_arrow_in_the_text_is_text() -> None:
    """Only whole times make a cue."""
    assert texts(read_srt(f"1\n{ONE}\nA --> B\n1 --> 2\n")) == ["A --> B|1 --> 2"]


def test_damaged_times_refuse_the_file() -> None:
    """A cue would else end up in the text of the one before."""
    with pytest.raises(ValueError, match=r"not SubRip here: 00:00:0x,000 --> 00:00:02,000"):
        read_srt(f"1\n{ONE}\nHello\n\n2\n00:00:0x,000 --> 00:00:02,000\nBye\n")


@pytest.mark.parametrize(
    "line",
    [
        *("00:00: --> 00:00:02,000", "00:00:xx,0 --> 00:00:02,0"),
        *("00:00:03,000 -- 00:00:03,900", "00:00:03,000"),
    ],
)
def test_damaged_times_are_not_read_as_others(line: str) -> None:
    """They refuse the file, or are said where they may be text."""
    with pytest.raises(ValueError, match="not SubRip here"):
        read_srt(f"1\n{ONE}\nHello\n\n2\n{line}\nBye\n")

    read = read_srt(f"1\n{ONE}\nHello\n{line}\nBye\n")
    assert texts(read) == [f"Hello|{line}|Bye"]
    assert read.notes == (f"looks like damaged times and is read as text: {line}",)


@pytest.mark.parametrize("end", ["00:00:xx,000", "00:0x:04,000", "??:00:04,000", "00:00:", "00"])
@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_a_damaged_end_is_the_start(suffix: str, end: str) -> None:
    """It is never 0 or another time, and a note says which cue it is."""
    title = "WEBVTT\n\n" if suffix == ".vtt" else ""
    text = f"{title}1\n{ONE}\nHello\n\n2\n00:00:03,000 --> {end}\nBye\n"
    read = subtitles_from(text.encode(), suffix=suffix)

    assert [(cue.start_ms, cue.end_ms) for cue in read.cues] == [(1000, 1900), (3000, 3000)]
    assert read.notes == (f"the end of cue 2 is damaged and read as its start: {end}",)


@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_a_cue_that_is_cut_off_in_its_times_is_left_out(suffix: str) -> None:
    """A download that broke anywhere there is read up to the cue before, with a note."""
    whole, head = f"1\n{ONE}\nHello\n\n", f"2\n{TWO}"
    title = "WEBVTT\n\n" if suffix == ".vtt" else ""
    for length in range(1, len(head)):
        data = (title + whole + head[:length]).encode()
        read = subtitles_from(data, suffix=suffix)
        assert (texts(read), len(read.notes)) == (["Hello"], 1)
    said = "the file ends within the times of a cue, left out: 00:00:03,000 --"
    assert read_srt(f"{ONE}\nHello\n\n00:00:03,000 --").notes == (said,)


@pytest.mark.parametrize("text", ["10:30", "It is\n\n10:30", "7\n10:30", "It is\n\n5\n10:30"])
def test_a_time_that_is_said_at_the_end_is_text(text: str) -> None:
    """Only what follows the number of the next cue, or can be nothing else, is cut off."""
    read = read_srt(f"1\n{ONE}\n{text}\n")

    assert ("\n".join(read.cues[0].lines), read.notes) == (text, ())


@pytest.mark.parametrize("char", ["1", "\n", "\r", " ", "<a", "{\\", ">", "-->", "1:"])
def test_long_files_end(char: str) -> None:
    """A hundred thousand of anything is read or refused; with cubic time this would not end."""
    for text in (char * 100_000, f"1\n{ONE}\n{char * 100_000}"):
        for suffix in (".srt", ".vtt"):
            with contextlib.suppress(ValueError):
                assert len(subtitles_from(text.encode(), suffix=suffix).cues) <= 1


def test_the_content_decides_and_not_the_name() -> None:
    """SubRip in a .vtt and WebVTT in a .srt are read, with a note."""
    srt, vtt = f"1\n{ONE}\nHello\n", "WEBVTT\n\n00:01.000 --> 00:01.900\nHello &amp; bye\n"

    of_srt = subtitles_from(srt.encode(), suffix=".vtt")
    of_vtt = subtitles_from(vtt.encode(), suffix=".srt")

    assert (texts(of_srt), texts(of_vtt)) == (["Hello"], ["Hello & bye"])
    assert of_srt.notes == ("read as SubRip: it does not begin with WEBVTT",)
    assert of_vtt.notes == ("read as WebVTT, which it is",)
