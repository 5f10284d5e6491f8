"""How loud a recording is; a very quiet one is lifted before speech is looked for in it.

Detectors know speech at the levels of everyday recordings. Models hear words that were not said
where it is 40 dB below them, so clips of a very quiet recording are normalised, as `--normalize`
does it.
"""

import math

import numpy as np
import numpy.typing as npt

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.vad import SpeechDetector

_QUIET_DBFS = -50.0  # mean level of the loudest second
_SILENT_DBFS = -100.0  # less is the noise of the last bit of 16
_LIFTED_DBFS = -25.0  # of speech, as it is mostly recorded
QUIET_PEAK_DBFS = -3.0  # of its clips


def lift_db(loudest_dbfs: float) -> float:
    """How much a recording is lifted whose loudest second has this mean level; 0 = not at all.

    One that is far past full scale is lowered: cut off there, its noise would be as loud as speech.
    """
    if _SILENT_DBFS < loudest_dbfs < _QUIET_DBFS or loudest_dbfs > 0:
        return _LIFTED_DBFS - loudest_dbfs
    return 0.0


def level_warning(loudest_dbfs: float) -> str | None:
    """One line for people; None where a recording is loud enough."""
    if loudest_dbfs >= _QUIET_DBFS:
        return None
    if loudest_dbfs <= _SILENT_DBFS:
        return "is silent"
    return (
        f"is very quiet ({loudest_dbfs:.0f} dBFS in its loudest second) and was lifted; "
        "words may be missing or wrong"
    )


def is_quiet(block: Pcm) -> bool:
    """Whether a stretch of sound is as quiet as a recording that is said to be."""
    return float(np.var(block, dtype=np.float64)) < 10 ** (_QUIET_DBFS / 10)


def lifted(pcm: Pcm, *, lift_db: float) -> Pcm:
    """Sound louder, or softer; each sample by itself."""
    return np.asarray(np.clip(pcm * np.float32(10 ** (lift_db / 20)), -1.0, 1.0), np.float32)


class LiftedDetector:
    """A detector that hears everything louder, or softer."""

    def __init__(self, detector: SpeechDetector, *, lift_db: float) -> None:
        self._detector = detector
        self._lift_db = lift_db

    def push(self, frames: Pcm, /) -> npt.NDArray[np.float32]:
        """Probability of speech of the next frames."""
        swinging = frames - np.mean(frames, dtype=np.float64).astype(np.float32)
        return self._detector.push(lifted(swinging, lift_db=self._lift_db))


class LevelMeter:
    """The level of the loudest second of what it hears; seconds are counted from the beginning."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._loudest = 0.0  # mean square

    @property
    def loudest_dbfs(self) -> float:
        """Its mean level, so far."""
        return 10 * math.log10(self._loudest) if self._loudest > 0 else -math.inf

    @property
    def is_enough(self) -> bool:
        """Whether some second was loud enough."""
        return self.loudest_dbfs >= _QUIET_DBFS

    def hears_enough(self, block: Pcm) -> bool:
        """Take a block in; whether some second so far was loud enough."""
        sound = np.concatenate((self._rest, block))
        whole = len(sound) - len(sound) % SAMPLE_RATE_HZ
        self._rest = sound[whole:]
        self._note(sound[:whole].reshape(-1, SAMPLE_RATE_HZ))
        return self.is_enough

    def end(self) -> None:
        """Count what is left of the last second, where it is a tenth at least."""
        if len(self._rest) >= SAMPLE_RATE_HZ // 10:
            self._note(self._rest.reshape(1, -1))

    def _note(self, seconds: Pcm) -> None:
        if seconds.size:
            # What does not swing is no sound: a direct current of some sound cards.
            loudest = np.var(seconds, axis=1, dtype=np.float64).max()
            self._loudest = max(self._loudest, float(loudest))
