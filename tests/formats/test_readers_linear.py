"""Subtitles that were made to be slow are read in time linear in their length."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.errors import MalformedInput
from qasr_cli.saved.subtitles import read_subtitles

ROOT = Path(__file__).parent.parent.parent
MOST_CPU_S = 200  # a reader of cubic time would never end


def limit_processor_time() -> None:
    """End the process when it has used far more than it needs."""
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))


def test_eight_times_the_text_takes_eight_times_as_long() -> None:
    """No kind of text that can be thought of takes a reader more than linear time."""
    ran = subprocess.run(
        [sys.executable, "-m", "tools.bench.linear", "--chars", "64000"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        preexec_fn=limit_processor_time,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


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
