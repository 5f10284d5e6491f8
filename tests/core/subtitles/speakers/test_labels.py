"""Speakers are named in the text, once a turn, and lines leave room for the name."""

from dataclasses import replace

from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.speakers.labels import labelled_lines, with_room
from qasr_cli.core.transcript.channels import merged
from qasr_cli.core.types import Cue
from tests.core.transcript.test_channels import track


def cue(speaker: str | None, *lines: str) -> Cue:
    """A cue of a speaker."""
    return Cue(start_ms=0, end_ms=1, lines=lines, speaker=speaker)


def test_a_name_stands_where_another_spoke_before() -> None:
    """Who goes on speaking is not named again; nobody has no name."""
    cues = [cue("Anna", "One,", "two."), cue("Anna", "Three."), cue("Bo\nb", "No."), cue(None, "?")]

    assert list(labelled_lines(cues)) == [
        ("Anna: One,", "two."),
        ("Three.",),
        ("Bo b: No.",),
        ("?",),
    ]
    assert list(labelled_lines([])) == []


def test_lines_with_names_keep_their_limit() -> None:
    """In every language a line has room for its speaker, but a long name takes half of it."""
    options = CueOptions(max_line_width=20)
    english, chinese = limits_of("English", options), limits_of("Chinese", options)

    assert with_room(english, None) is english
    assert with_room(english, "Anna").line_chars == 14
    assert with_room(chinese, "张三").line_chars == 17
    assert with_room(english, "N" * 50).line_chars == 10

    text = "And then we went on for miles and miles until night came upon us all."
    whole = merged(track("Anna", (0, text)), track("Bob", (40_000, "Oh dear, oh dear, oh dear.")))
    cues = cut_cues(whole, replace(options, max_line_count=2))

    assert {each.speaker for each in cues} == {"Anna", "Bob"}
    assert max(len(line) for lines in labelled_lines(cues) for line in lines) <= 20
