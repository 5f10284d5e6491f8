"""Lines of any length: `tests/tools/test_bench_linear.py` measures what they take."""

from pathlib import Path

import pytest

from qasr_cli.errors import MalformedInput
from qasr_cli.saved.subtitles import read_subtitles


@pytest.mark.parametrize("digit_count", [5, 5_000, 200_000])
def test_a_line_of_digits_is_no_subtitle(tmp_path: Path, digit_count: int) -> None:
    """However long it is, it is refused with a line that quotes its beginning."""
    path = tmp_path / "talk.srt"
    path.write_text("7" * digit_count)

    with pytest.raises(MalformedInput, match=r"not SubRip here: 7{5,60}$"):
        read_subtitles(str(path))


def test_the_number_of_a_character_may_have_any_length(tmp_path: Path) -> None:
    """What stands for no character is text."""
    entity = f"&#{'1' * 5000};"
    path = tmp_path / "talk.vtt"
    path.write_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{entity} &amp; &#65;\n")

    (cue,) = read_subtitles(str(path)).cues

    assert cue.lines[0].startswith("&#111")
