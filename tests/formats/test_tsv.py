import csv

from hypothesis import given

from qasr_cli.core.types import Cue
from qasr_cli.formats.lines import on_one_line
from qasr_cli.formats.tsv import render
from tests.formats.conftest import EMPTY, cue_lists


@given(cue_lists())
def test_a_reader_gets_every_cue_back(cues: tuple[Cue, ...]) -> None:
    """Three columns a cue: its times to the millisecond, its lines joined."""
    rows = list(
        csv.reader(render(EMPTY, cues).split("\n")[:-1], delimiter="\t", quoting=csv.QUOTE_NONE)
    )

    assert rows[0] == ["start", "end", "text"]
    assert [(int(start), int(end), text) for start, end, text in rows[1:]] == [
        (cue.start_ms, cue.end_ms, on_one_line(cue.lines)) for cue in cues
    ]


def test_it_is_as_whisper_writes_it() -> None:
    """A header, whole milliseconds, tabs between, a tab in the text as a space."""
    cue = Cue(start_ms=1200, end_ms=3500, lines=("one\ttwo", "three"))

    assert render(EMPTY, (cue,)) == "start\tend\ttext\n1200\t3500\tone two three\n"


def test_what_a_spreadsheet_takes_for_a_formula_stays_as_it_is() -> None:
    """The text is the text: scripts get back what was said, as from whisper's own file."""
    cue = Cue(start_ms=0, end_ms=1000, lines=("=1+1",))

    assert render(EMPTY, (cue,)).splitlines()[1] == "0\t1000\t=1+1"
