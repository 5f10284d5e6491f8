"""What is heard of a track: which of its channels, and how loud that is."""

import contextlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from functools import partial

from qasr_cli.core.timing import SAMPLE_RATE_HZ, clock_from_ms, ms_from_seconds
from qasr_cli.core.types import CHANNELS, Channel
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.file_parts import parts_by_structure
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.phase import cancellation_in, cancelled_blocks
from qasr_cli.media.decoding.probe import AudioTrack, Probe
from qasr_cli.media.loudness import LevelMeter, is_quiet, level_warning, lift_db
from qasr_cli.media.pcm import Pcm

_PLAINLY_LOUD_DBFS = -30.0
_HEAD_S = 60  # of sound that is held while nobody knows yet how loud it is


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSound:
    """The sound of a track, at its beginning.

    Attributes:
        decoder: what gives the blocks.
        blocks: all of them, once only. Closing them ends the decoder.
        loudest_dbfs: mean level of the loudest second; of those heard so far, where one of them
            was loud enough.
        channel_index: of the channel that is heard; None = the mix of all.
        channel_warning: why it is not the mix of all channels, though nobody asked for another.
        quiet_blocks: first samples of the blocks that held hardly any sound, as they pass.
    """

    decoder: Decoder
    blocks: Generator[Pcm]
    loudest_dbfs: float
    channel_index: int | None = None
    channel_warning: str | None = None
    quiet_blocks: list[int] = field(default_factory=list)

    @property
    def lift_db(self) -> float:
        """How much it is lifted for the detector, or lowered; 0 = not at all."""
        return lift_db(self.loudest_dbfs)

    @property
    def level_warning(self) -> str | None:
        """One line where it is very quiet."""
        return level_warning(self.loudest_dbfs)


def heard_sound(
    fd: int,
    *,
    path: str,
    found: Probe,
    track: AudioTrack,
    channel: Channel | None,
    max_duration_s: float,
    on_look: Callable[[], None] = lambda: None,
) -> HeardSound:
    """The sound of one channel; with None of their mix, or of the loudest where that loses most.

    Args:
        on_look: called again and again while it is only looked at, perhaps to its end; may raise.

    Raises:
        DecodeError, AudioTooLong: as `Decoder.blocks`.
    """
    new_decoder = partial(
        Decoder, fd, path=path, found=found, track=track, max_duration_s=max_duration_s
    )
    index = None if channel is None else CHANNELS.index(channel)
    warning: str | None = None
    decoder, blocks, loudest_dbfs = levelled(partial(new_decoder, channel=index), on_look)
    # What is so loud has lost little: its channels would be past full scale.
    is_doubtful = loudest_dbfs < _PLAINLY_LOUD_DBFS and not is_mono(track.channel_layout)
    if channel is None and is_doubtful:
        # Two children would read through the one position of the descriptor.
        blocks.close()
        index, warning = _channel_instead(fd, track, on_look)
        decoder, blocks, loudest_dbfs = levelled(partial(new_decoder, channel=index), on_look)
    quiet_blocks: list[int] = []
    return HeardSound(
        decoder=decoder,
        blocks=_noted(blocks, quiet_blocks) if index is None else blocks,
        loudest_dbfs=loudest_dbfs,
        channel_index=index,
        channel_warning=warning,
        quiet_blocks=quiet_blocks,
    )


def _channel_instead(
    fd: int, track: AudioTrack, on_look: Callable[[], None]
) -> tuple[int | None, str | None]:
    """Index of the channel to hear in place of the mix, and why; None where the mix is sound."""
    found = cancellation_in(fd, part=parts_by_structure(fd)[0], track=track, on_look=on_look)
    if found is None:
        return None, None
    number = found.loudest_channel + 1
    why = f"its channels cancel each other out when mixed; channel {number} is heard"
    return found.loudest_channel, why


def cancelled_warning(
    fd: int,
    *,
    track: AudioTrack,
    sound: HeardSound,
    on_look: Callable[[], None] = lambda: None,
) -> str | None:
    """Where, later on, the channels cancel each other out in the mix; None where they do not.

    Args:
        on_look: as in `heard_sound`.
    """
    parts = parts_by_structure(fd)
    if len(parts) > 1 or is_mono(track.channel_layout):
        return None
    starts_s = [start / SAMPLE_RATE_HZ for start in sound.quiet_blocks]
    cancelled_s = cancelled_blocks(
        fd, part=parts[0], track=track, starts_s=starts_s, on_look=on_look
    )
    if not cancelled_s:
        return None
    first = clock_from_ms(ms_from_seconds(cancelled_s[0]))
    return f"{first}: its channels cancel each other out when mixed; --channels left hears one"


def levelled(
    new_decoder: Callable[[], Decoder], on_look: Callable[[], None] = lambda: None
) -> tuple[Decoder, Generator[Pcm], float]:
    """A decoder, its blocks, and the level of its loudest second in dBFS.

    Mostly the first minute tells, and is held until then; a longer quiet beginning is decoded
    twice.

    Args:
        new_decoder: makes a decoder that begins at the beginning.
        on_look: as in `heard_sound`.

    Raises:
        DecodeError, AudioTooLong: as `Decoder.blocks`.
    """
    decoder = new_decoder()
    blocks = decoder.blocks()
    head: list[Pcm] = []
    meter = LevelMeter()
    is_at_end = True
    for block in blocks:
        head.append(block)
        if meter.hears_enough(block) or decoder.sample_count >= _HEAD_S * SAMPLE_RATE_HZ:
            is_at_end = False
            break
    if is_at_end or meter.is_enough:
        meter.end()
        return decoder, _chained(head, blocks), meter.loudest_dbfs
    with contextlib.closing(blocks):
        for block in blocks:
            on_look()
            if meter.hears_enough(block):
                break
    meter.end()
    decoder = new_decoder()
    return decoder, decoder.blocks(), meter.loudest_dbfs


def _noted(blocks: Generator[Pcm], quiet_blocks: list[int]) -> Generator[Pcm]:
    """The same blocks; where one is quiet, its first sample is added to the list as it passes."""
    position = 0
    with contextlib.closing(blocks):
        for block in blocks:
            if len(block) >= SAMPLE_RATE_HZ and is_quiet(block):
                quiet_blocks.append(position)
            position += len(block)
            yield block


def _chained(head: Iterable[Pcm], blocks: Generator[Pcm]) -> Generator[Pcm]:
    try:
        yield from head
        yield from blocks
    finally:
        blocks.close()
