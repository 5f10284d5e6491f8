"""The lines of texts that are cues already."""

import pytest

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.core.subtitles.text_lines import LaidText, lines_of_texts
from qasr_cli.formats.dictionaries import phrase_ends_of

_LONG = "Good morning to everybody here, and thank you for coming to this meeting."


@pytest.mark.parametrize(
    ("text", "language", "lines"),
    [
        (
            _LONG,
            "English",
            ("Good morning to everybody here,", "and thank you for coming to this meeting."),
        ),
        ("Good\nmorning\nto you.", "English", ("Good morning to you.",)),
        ("- Hello there.\n- Good\nmorning", "English", ("- Hello there.", "- Good morning")),
        ("- five\nis below zero", "English", ("- five is below zero",)),
        (
            "今天我们在这里讨论字幕\n的换行，应该按照意义来断行。",
            "Chinese",
            ("今天我们在这里讨论字幕的换行，", "应该按照意义来断行。"),
        ),
        ("用 iPhone\n拍", "Chinese", ("用 iPhone 拍",)),
        ("שלום\nעולם", "Hebrew", ("שלום עולם",)),
        ("♪", "English", ("♪",)),
        (" \n", "English", ()),
    ],
)
def test_breaks(text: str, language: str, lines: tuple[str, ...]) -> None:
    """Lines are joined as their script joins them, then broken where it reads best."""
    laid = lines_of_texts(
        [LaidText(text=text)], CueOptions(), language=language, phrase_ends_of=phrase_ends_of
    )
    assert laid == (lines,)


def test_style_and_speaker() -> None:
    """Lines are as long as the style lets them, less the room for a speaker's name."""
    vertical = CueOptions(style=STYLES["vertical"])
    text = "Good morning to everybody"
    assert lines_of_texts([LaidText(text=text)], vertical, language="English") == (
        ("Good morning", "to everybody"),
    )
    named = LaidText(text="This is a line of thirty chars.", speaker="Somebody else")
    plain = LaidText(text=named.text)
    laid = lines_of_texts([named, plain], CueOptions(), language="English")
    assert list(map(len, laid)) == [2, 1]
