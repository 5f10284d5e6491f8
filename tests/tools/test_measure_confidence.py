"""Whether the least sure words hold the errors: the tool, and a short form of what it measures."""

import ctypes.util
import shutil

import pytest

from qasr_cli.core.types import TextWord
from tools.demo_speech import Espeak
from tools.measure_confidence import (
    MEANS,
    Judged,
    judged,
    right_words,
    said_in_noise,
    share_of_errors,
)

needs_voices = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None or shutil.which("flite") is None,
    reason="espeak-ng and flite speak the sentences, and are not installed",
)


def words(*values: tuple[float, bool]) -> list[Judged]:
    """Words of these probabilities, right or wrong."""
    return [
        Judged(
            is_right=is_right,
            word=TextWord(start_ms=0, end_ms=0, char_start=0, char_end=1, probability=probability),
            tokens=(probability,),
        )
        for probability, is_right in values
    ]


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("my red cat", "my red cat", [True, True, True]),
        ("my red cat", "my bed cat", [True, False, True]),
        ("my cat", "my red cat", [True, False, True]),
        ("my red cat", "my cat", [True, True]),
        ("", "oh no", [False, False]),
        ("oh no", "", []),
    ],
)
def test_words_are_right_where_they_were_said(said: str, heard: str, expected: list[bool]) -> None:
    """Both texts are laid side by side with the fewest mistakes."""
    assert right_words(said.split(), heard.split()) == expected


def test_a_tenth_of_the_words_holds_a_share_of_the_errors() -> None:
    """The least sure ones; of equals, which nobody can tell apart, a like share."""
    sure = [(0.9, True)] * 17

    assert share_of_errors(words(*sure, (0.1, False), (0.2, True), (0.8, False)), mean) == 0.5
    assert share_of_errors(words(*sure, (0.1, False), (0.2, False), (0.8, True)), mean) == 1
    assert share_of_errors(words(*[(0.9, True)] * 19, (0.9, False)), mean) == pytest.approx(0.1)


mean = MEANS["probability"]


@needs_voices
def test_the_least_sure_words_hold_most_errors() -> None:
    """A tenth of them half, on sentences and voices that no training had, in noise."""
    found, _ = judged(list(said_in_noise(Espeak(), set_number=1, clip_count=80)))

    wrong_count = sum(not word.is_right for word in found)
    assert len(found) > 400
    assert wrong_count >= 10
    assert share_of_errors(found, mean) >= 0.5
