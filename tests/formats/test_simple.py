from hypothesis import given

from qasr_cli.core.types import Cue
from qasr_cli.formats.simple import render
from tests.formats.conftest import EMPTY, cue_lists


@given(cue_lists())
def test_a_cue_is_a_line(cues: tuple[Cue, ...]) -> None:
    """As many lines as cues, whatever they say."""
    text = render(EMPTY, cues)

    assert len(text.splitlines()) == max(1, len(cues))


def test_times_stand_in_front() -> None:
    """Start and end in brackets, the lines of the cue joined."""
    cue = Cue(start_ms=1200, end_ms=3500, lines=("Good day,", "everyone."))

    assert render(EMPTY, (cue,)) == "[00:00:01.200 - 00:00:03.500] Good day, everyone.\n"
