"""Contents of files: WAV of any kind, and files that are cut or changed."""

import struct

from tests.faults.bad_inputs.case import Make
from tests.faults.bad_inputs.workshop import RATE_HZ, Workshop


def wav(
    data: bytes,
    *,
    channels: int = 1,
    rate_hz: int = RATE_HZ,
    bits: int = 16,
    tag: int = 1,
    data_bytes: int | None = None,
) -> bytes:
    """A WAV file; format `tag` 1 is PCM, 3 float; the header may claim other `data_bytes`."""
    align = max(1, channels * bits // 8)
    rate = min(rate_hz * align, 0xFFFF_FFFF)
    head = struct.pack("<IHHIIHH", 16, tag, channels, rate_hz, rate, align, bits)
    claimed = len(data) if data_bytes is None else data_bytes
    body = b"WAVEfmt " + head + b"data" + struct.pack("<I", claimed) + data
    return b"RIFF" + struct.pack("<I", min(len(body), 0xFFFF_FFFF)) + body


def pcm16(shop: Workshop) -> bytes:
    """The bursts as 16-bit samples."""
    return (shop.pcm * 32767).astype("<i2").tobytes()


def float_wav(shop: Workshop, *odd: float) -> bytes:
    """The bursts as a WAV of 32-bit floats, with these values among them."""
    pcm = shop.pcm.copy()
    for index, value in enumerate(odd):
        pcm[RATE_HZ + 1000 * index] = value
    return wav(pcm.astype("<f4").tobytes(), tag=3, bits=32)


def just(content: bytes) -> Make:
    """A maker of this content."""
    return lambda _: content


def whole(suffix: str) -> Make:
    """A maker of a whole file of that kind."""
    return lambda shop: shop.media(suffix)


def pcm_in_wav(repeats: int = 1, **kind: int) -> Make:
    """A maker of a WAV of the bursts, repeated, with these values in its header."""
    return lambda shop: wav(pcm16(shop) * repeats, **kind)


def cut_to(content: bytes, part: float) -> bytes:
    """The first `part` of the content, a share of its length."""
    return content[: int(len(content) * part)]


def overwritten(content: bytes, start: float, count: int, shop: Workshop) -> bytes:
    """The content with `count` bytes of noise from `start` on, a share of its length."""
    at = int(len(content) * start)
    return content[:at] + shop.noise(count) + content[at + count :]


def patched(content: bytes, after: bytes, offset: int, new: bytes) -> bytes:
    """The content with `new` bytes at `offset` from where the bytes `after` begin."""
    at = content.index(after) + offset
    return content[:at] + new + content[at + len(new) :]
