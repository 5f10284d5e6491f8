"""Who speaks when, for programs that compare such answers."""

from dataclasses import replace

from qasr_cli.formats import rttm
from tests.core.speakers.test_names import spoken_by


def test_a_line_a_turn() -> None:
    """Sentences of one speaker without a pause are one line; no field holds a space."""
    told = replace(spoken_by("Speaker 1", "Speaker 1", None, "Eva  Maria"), file="a b/my talk.wav")

    assert rttm.render(told, ()).splitlines() == [
        "SPEAKER my_talk 1 0.000 1.200 <NA> <NA> Speaker_1 <NA> <NA>",
        "SPEAKER my_talk 1 1.800 0.600 <NA> <NA> Eva_Maria <NA> <NA>",
    ]


def test_nobody_is_told_apart() -> None:
    """Without speakers there is nothing to say."""
    assert rttm.render(spoken_by(None), ()).strip() == ""
