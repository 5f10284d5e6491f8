import wave
from pathlib import Path

import numpy as np
import pytest

import qasr_cli
from qasr_cli.core.types import Word
from qasr_cli.machine import self_test
from qasr_cli.machine.self_test import SelfTest, bundled_speech, mean_shift_ms, word_error_rate


def _words(text: str) -> tuple[Word, ...]:
    """Words from "hello@0-300 world@350-700"."""
    words = []
    for item in text.split():
        word, _, times = item.partition("@")
        start_ms, _, end_ms = times.partition("-")
        words.append(Word(text=word, start_ms=int(start_ms), end_ms=int(end_ms)))
    return tuple(words)


SAID = _words("Tom@0-100 has@100-200 a@200-250 cat@300-500")


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("tom@0-1 HAS@0-1 a@0-1 cat@0-1", 0.0),
        ("Tom@0-1 had@0-1 a@0-1 cat@0-1", 0.25),
        ("Tom@0-1 a@0-1 cat@0-1", 0.25),
        ("Tom@0-1 has@0-1 a@0-1 big@0-1 cat@0-1", 0.25),
        ("", 1.0),
        ("x@0-1 y@0-1 z@0-1 q@0-1 v@0-1", 1.25),
    ],
)
def test_the_word_error_rate_counts_every_edit_once(heard: str, expected: float) -> None:
    """Changed, lost and added words are counted over the words said; case is no difference."""
    assert word_error_rate(SAID, _words(heard)) == pytest.approx(expected)


def test_the_shift_is_of_words_heard_right() -> None:
    """Starts and ends of matching words count; a wrong word in between does not."""
    heard = _words("Tom@10-110 had@900-999 a@200-250 cat@300-540")

    assert mean_shift_ms(SAID, heard) == pytest.approx((10 + 10 + 0 + 0 + 0 + 40) / 6)
    assert mean_shift_ms(SAID, _words("x@0-1")) is None


@pytest.mark.parametrize(
    ("rate", "shift_ms", "expected"),
    [
        (0.0, 44.0, True),
        (0.05, 200.0, True),
        (0.06, 44.0, False),
        (0.0, 201.0, False),
        (1.0, None, False),
    ],
)
def test_both_measures_decide(rate: float, shift_ms: float | None, expected: bool) -> None:
    """A self-test passes within both limits only."""
    result = SelfTest(
        device="cpu", said="a", heard="a", word_error_rate=rate, mean_shift_ms=shift_ms
    )

    assert result.is_passed is expected


def test_the_human_voice_is_judged_by_its_words_and_edges() -> None:
    """Of its sentence the words are known, and where it begins and ends in the sound."""
    truth = self_test._truth(self_test._HUMAN_FOLDER)  # noqa: SLF001
    heard = _words("and@400-500 you@500-600 degree@3000-3400")

    assert [word.text for word in truth.words] == (
        ["And", "you", "always", "want", "to", "see", "it", "in", "the", "superlative", "degree"]
    )
    assert truth.shift_ms(heard) == pytest.approx((10 + 30) / 2)
    assert truth.shift_ms(()) is None
    assert truth.speech is not None
    loud = np.flatnonzero(np.abs(truth.pcm) > 0.05) / 16  # in milliseconds
    assert loud[0] == pytest.approx(truth.speech.start_ms, abs=30)
    assert loud[-1] == pytest.approx(truth.speech.end_ms, abs=60)
    assert "Carnegie Mellon University" in (self_test._HUMAN_FOLDER / "COPYING").read_text()  # noqa: SLF001


def test_the_bundled_speech_is_read_as_it_is() -> None:
    """Every sample is its 16 bits over full scale."""
    path = Path(qasr_cli.__file__).parent / "demo" / "selftest" / "speech.wav"
    with wave.open(str(path)) as recording:
        frames = recording.readframes(recording.getnframes())

    pcm = bundled_speech()

    assert pcm.dtype == np.float32
    np.testing.assert_array_equal(pcm * 32768, np.frombuffer(frames, "<i2"))
