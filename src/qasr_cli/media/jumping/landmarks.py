"""Short pieces of a recording's sound and where they stood when all of it was decoded.

Containers tell time in thousandths, in guesses or not at all, so the place where a decoder goes on
after a jump is known only once a piece of what it gives is found among what was heard before.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.pcm import Pcm

_APART_SAMPLES = 30 * SAMPLE_RATE_HZ
_PIECE_SAMPLES = 4096  # a quarter of a second: a tone alone would fit at every period
# Half of their 16 bits is more than codecs keep, whose noise is not the same every time.
_KEPT = np.dtype([("at_sample", "<i8"), ("sound", "<f2", _PIECE_SAMPLES)])
_LEAST_RMS = 1e-3  # what is quieter may be noise of the decoder's own
_LEAST_LIKENESS = 0.95
_TIE = 0.002  # of a tone every period fits; the nearest does
_SHOULDER_SAMPLES = 3  # beside the top of a low tone is no worse than that


class Landmark(NamedTuple):
    """One piece of the mix of all channels.

    Attributes:
        at_sample: of its first sample.
    """

    at_sample: int
    sound: Pcm

    @property
    def end_sample(self) -> int:
        """The sample behind it."""
        return self.at_sample + len(self.sound)

    def place_in(self, pcm: Pcm, *, expected_place: int) -> int | None:
        """The place in a sound from which on it is this one, the nearest to where it should be.

        None where it is not in it.
        """
        length = len(self.sound)
        if len(pcm) < length:
            return None
        products = np.correlate(pcm, self.sound, mode="valid")
        sums = np.concatenate([[0.0], np.cumsum(np.square(pcm, dtype=np.float64))])
        energies = (sums[length:] - sums[:-length]) * float(np.sum(np.square(self.sound)))
        likeness = products / np.sqrt(np.maximum(energies, 1e-12))
        best = float(likeness.max())
        if best < _LEAST_LIKENESS:
            return None
        places = np.flatnonzero(likeness >= best - _TIE)
        nearest = int(places[np.argmin(np.abs(places - expected_place))])
        first = max(0, nearest - _SHOULDER_SAMPLES)
        return first + int(np.argmax(likeness[first : nearest + _SHOULDER_SAMPLES + 1]))


class Landmarks:
    """Those of one recording, in order: the loudest piece of every half minute.

    Args:
        content: as `content` gives it.
    """

    def __init__(self, content: bytes = b"") -> None:
        whole = len(content) - len(content) % _KEPT.itemsize
        kept = np.frombuffer(content[:whole], dtype=_KEPT)
        self._found = [
            Landmark(int(each["at_sample"]), each["sound"].astype(np.float32)) for each in kept
        ]
        self._best: Landmark | None = None
        self._best_energy = 0.0
        self._span_number = 0

    def __iter__(self) -> Iterator[Landmark]:
        """All of them."""
        return iter(tuple(self._found))  # another thread may add one meanwhile

    @property
    def content(self) -> bytes:
        """All of them, to be kept in a file."""
        kept = np.zeros(len(self._found), dtype=_KEPT)
        for place, landmark in enumerate(self._found):
            kept[place] = (landmark.at_sample, landmark.sound)
        return kept.tobytes()

    def take_in(self, block: Pcm, *, first_sample: int) -> None:
        """Look for one in the next block of the recording.

        Args:
            first_sample: of the block; it stands in one half minute.
        """
        if first_sample // _APART_SAMPLES != self._span_number:
            self.end()
            self._span_number = first_sample // _APART_SAMPLES
        count = len(block) // _PIECE_SAMPLES
        if not count:
            return
        pieces = block[: count * _PIECE_SAMPLES].reshape(count, _PIECE_SAMPLES)
        energies = np.einsum("ij,ij->i", pieces, pieces)
        loudest = int(np.argmax(energies))
        if energies[loudest] > max(self._best_energy, _PIECE_SAMPLES * _LEAST_RMS**2):
            self._best_energy = float(energies[loudest])
            sound = pieces[loudest].clip(-1e4, 1e4)  # as 16 bits hold it
            self._best = Landmark(first_sample + loudest * _PIECE_SAMPLES, sound.copy())

    def end(self) -> None:
        """Keep what was found in the half minute that is over."""
        if self._best is not None:
            self._found.append(self._best)
        self._best, self._best_energy = None, 0.0

    def before(self, sample: int) -> Landmark | None:
        """The last one that ends before a sample."""
        return next((each for each in reversed(self._found) if each.end_sample <= sample), None)

    def after(self, sample: int) -> Landmark | None:
        """The first one that begins at a sample or later."""
        return next((each for each in self if each.at_sample >= sample), None)
