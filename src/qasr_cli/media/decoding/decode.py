"""The sound of a recording as a stream of blocks. Bounded memory at any length."""

import contextlib
from collections.abc import Generator, Iterator

import numpy as np

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import AudioTooLong
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.decoding.sound import Sound
from qasr_cli.media.decoding.track import NO_PROGRESS_S
from qasr_cli.media.pcm import Pcm, without_damage

BLOCK_SAMPLES = 10 * SAMPLE_RATE_HZ


class Decoder:
    """Turns the sound of a file into blocks: float32, mono, 16 kHz, finite.

    They go past full scale where the file does; only single samples far above are cut off.

    Sample 0 is the start of the file, as players count: a track that begins later, and gaps
    inside it, are filled with silence. What begins anew comes right after what was before.

    Args:
        found: what the container claims of the file; of its first file, where it holds several.
        channel: index of the one to hear; None = all of them, mixed.

    Attributes:
        sample_count: samples given out so far.
        repaired_count: samples that were no numbers (NaN, infinite) and became silence.
        account: what was odd about the sound; complete at the end.
    """

    def __init__(
        self,
        fd: int,
        *,
        path: str,
        found: Probe,
        track: AudioTrack,
        max_duration_s: float,
        channel: int | None = None,
        no_progress_s: float = NO_PROGRESS_S,
    ) -> None:
        self.sample_count = 0
        self.repaired_count = 0
        self._path = path
        self._max_duration_s = max_duration_s
        self._sound = Sound(
            fd,
            path=path,
            found=found,
            track=track,
            channel=channel,
            max_duration_s=max_duration_s,
            no_progress_s=no_progress_s,
        )
        self.account = self._sound.account

    def blocks(self) -> Generator[Pcm]:
        """The blocks in order, `BLOCK_SAMPLES` long but for the last. Once only.

        Closing the iterator ends the child.

        Raises:
            DecodeError: ffmpeg stopped; also after good blocks. `DecoderLost`: it was ended, or
                does not go on.
            AudioTooLong: there is more than `max_duration_s`.
        """
        with contextlib.closing(self._sound.pieces()) as pieces:
            for block in _in_blocks(pieces):
                self.sample_count += len(block)
                if self.sample_count > self._max_duration_s * SAMPLE_RATE_HZ:
                    raise AudioTooLong(self._path, self._max_duration_s)
                yield self._finite(block)

    def _finite(self, block: Pcm) -> Pcm:
        is_bad = ~np.isfinite(block)
        self.repaired_count += int(np.count_nonzero(is_bad))
        block[is_bad] = 0.0
        return without_damage(block)


def _in_blocks(pieces: Iterator[Pcm]) -> Iterator[Pcm]:
    """The same samples in arrays of one length, of their own; the last may be shorter."""
    pending: list[Pcm] = []
    count = 0
    for piece in pieces:
        pending.append(piece)
        count += len(piece)
        while count >= BLOCK_SAMPLES:
            joined = np.concatenate(pending)
            yield joined[:BLOCK_SAMPLES].copy()
            pending, count = [joined[BLOCK_SAMPLES:]], count - BLOCK_SAMPLES
    if count:
        yield np.concatenate(pending)
