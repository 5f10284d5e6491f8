"""Which speaker is which of the people who are known."""

import numpy as np

from qasr_cli.core.voice_types import VECTOR_SIZE, HeardVoices
from qasr_cli.voices.matching import matched, sample_of, too_alike
from qasr_cli.voices.vectors import bytes_from_vectors


def _vector(*parts: float) -> bytes:
    vector = np.zeros((1, VECTOR_SIZE), np.float32)
    vector[0, : len(parts)] = parts
    return bytes_from_vectors(vector / np.linalg.norm(vector))


ANNA, BEN = _vector(1, 0), _vector(0, 1)


def test_a_voice_is_named_where_it_is_alike_enough() -> None:
    """From a cosine of 0.6 on; somebody else's name is given to nobody."""
    near, far = _vector(0.65, 0, 0.76), _vector(0.55, 0, 0.835)

    assert matched([near, far, BEN], [ANNA, BEN], is_once=False) == [0, None, 1]
    assert matched([near], [], is_once=False) == [None]
    assert matched([], [ANNA], is_once=False) == []


def test_between_two_people_nobody_is_named() -> None:
    """Unless one of them is ahead by 0.1."""
    between, nearer = _vector(1, 1), _vector(1, 0.8)

    assert matched([between, nearer], [ANNA, BEN], is_once=False) == [None, 0]


def test_two_voices_of_one_person_are_one_unless_counts_were_told() -> None:
    """Then the more alike has the name."""
    voices = [_vector(0.8, 0, 0.6), _vector(0.9, 0, 0, 0.43), BEN]

    assert matched(voices, [ANNA], is_once=False) == [0, 0, None]
    assert matched(voices, [ANNA], is_once=True) == [None, 0, None]


def test_people_who_sound_alike_are_found() -> None:
    """Of two whom no voice could tell apart by 0.1."""
    assert too_alike([ANNA, BEN, _vector(1, 0.2)]) == [(0, 2)]
    assert too_alike([]) == []


def test_a_recording_of_two_people_is_nobodys_sample() -> None:
    """A second voice in a fifth of it is somebody else; parts of one voice are not."""

    def sample(*vectors: bytes) -> bool:
        stretches = tuple((1000 * i, 1000 * i + 1000) for i in range(len(vectors)))
        heard = HeardVoices.of(stretches, b"".join(vectors))
        return sample_of([heard]).is_mixed

    assert sample(*[ANNA] * 6, *[BEN] * 5)
    assert not sample(*[ANNA] * 6, *[_vector(0.6, 0.8)] * 5)
    assert not sample(*[ANNA] * 10, BEN)
    assert sample_of([]).speech_ms == 0
