"""How voices sound in a clip, as the stages hand it on; no numpy, so that anything may hold it."""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import iter_unpack
from typing import Self

VECTOR_SIZE = 192  # numbers that describe one voice
VECTOR_BYTES = 2 * VECTOR_SIZE  # as float16
STRETCH_BYTES = 8  # two 32-bit numbers
_NUMBER_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardVoices:
    """What the voices in a clip sound like, stretch by stretch of its speech.

    Packed, since all of a recording waits until the end of it.

    Attributes:
        stretches_ms: packed as in `VoiceActivity`: [start, end) of each in the file, in order, not
            overlapping; together they are the speech of the clip.
        vectors: of each stretch `VECTOR_SIZE` numbers of length 1, as float16, little endian; all
            zero where the stretch is too short to tell a voice.
    """

    stretches_ms: bytes
    vectors: bytes

    def __post_init__(self) -> None:
        count, rest = divmod(len(self.stretches_ms), STRETCH_BYTES)
        if rest or len(self.vectors) != VECTOR_BYTES * count:
            raise ValueError("not one vector a stretch")

    @classmethod
    def of(cls, stretches: Iterable[tuple[int, int]], vectors: bytes) -> Self:
        """The same of stretches that are not packed yet.

        Raises:
            ValueError: there is not one vector a stretch, or a time is none of a recording.
        """
        try:
            packed = b"".join(
                time_ms.to_bytes(_NUMBER_BYTES, "little", signed=True)
                for stretch in stretches
                for time_ms in stretch
            )
        except OverflowError as error:
            raise ValueError("a stretch ends later than any recording") from error
        return cls(stretches_ms=packed, vectors=vectors)

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each, in ms."""
        return tuple(
            (start_ms, end_ms) for start_ms, end_ms in iter_unpack("<ii", self.stretches_ms)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceActivity:
    """Which voices speak when in a recording, as one model that hears all of it says.

    Attributes:
        voice_count: voices that it tells apart at most.
        stretches_ms: packed pairs of 32-bit numbers, little endian: [start, end) of each stretch in
            which somebody speaks and no voice begins or ends; in order, not overlapping.
        likelihoods: of each stretch a byte a voice: how sure it is, 255 the most. Several voices
            may speak at once.
    """

    voice_count: int
    stretches_ms: bytes = b""
    likelihoods: bytes = b""

    def __post_init__(self) -> None:
        count, rest = divmod(len(self.stretches_ms), STRETCH_BYTES)
        if rest or len(self.likelihoods) != count * self.voice_count:
            raise ValueError("not one likelihood a voice in each stretch")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class VoiceTurn:
    """A stretch in which one voice speaks; voices are numbered from 0 in no particular order."""

    start_ms: int
    end_ms: int
    voice: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceFile:
    """A recording of somebody whose name is known.

    Attributes:
        sha256: of its content, as hex digits.
    """

    name: str
    path: str
    sha256: str
