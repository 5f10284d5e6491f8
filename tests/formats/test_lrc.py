import re

from hypothesis import given

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.centiseconds import cue_times_cs
from qasr_cli.formats.lrc import render
from tests.formats.conftest import EMPTY, cue_lists
from tests.strategies import transcripts

_TIME = re.compile(r"[\[<](\d+):(\d\d)\.(\d\d)[\]>]")


def cs(found: tuple[str, str, str]) -> int:
    """Hundredths of a second of a time as it is written."""
    minutes, seconds, hundredths = map(int, found)
    return (minutes * 60 + seconds) * 100 + hundredths


@given(cue_lists())
def test_a_cue_is_a_line(cues: tuple[Cue, ...]) -> None:
    """Each line has one time, its cue's; empty lines only clear the screen."""
    lines = render(EMPTY, cues).splitlines()

    assert all(len(_TIME.findall(line)) == 1 for line in lines if line)
    shown = [line for line in lines if _TIME.sub("", line)]
    assert [cs(_TIME.findall(line)[0]) for line in shown] == [
        start_cs for start_cs, _ in cue_times_cs(cues)
    ]


@given(transcripts())
def test_word_times_never_go_back(transcript: Transcript) -> None:
    """In the enhanced kind all times of the file rise or stay, and no word is lost."""
    cues = cut_cues(transcript, CueOptions())

    text = render(transcript, cues, highlight_words=True)

    times = [cs(found) for found in _TIME.findall(text)]
    assert times == sorted(times)
    words = "".join(_TIME.sub("", text).split())
    assert words == "".join("".join(line.split()) for cue in cues for line in cue.lines)


def test_it_is_lrc() -> None:
    """Minutes, seconds, hundredths; an empty line where nothing follows soon."""
    cues = (
        Cue(start_ms=1200, end_ms=3500, lines=("Good day,", "everyone.")),
        Cue(start_ms=3600, end_ms=5000, lines=("[applause]",)),
        Cue(start_ms=6_000_000, end_ms=6_001_000, lines=("At [12:30] sharp",)),
    )

    assert render(EMPTY, cues) == (
        "[00:01.20]Good day, everyone.\n[00:03.60] [applause]\n[00:05.00]\n"
        "[100:00.00]At (12:30) sharp\n[100:01.00]\n"
    )
