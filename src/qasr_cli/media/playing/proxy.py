"""The sound of a recording as every browser plays it: Opus in WebM."""

import os
from collections.abc import Callable

from qasr_cli.errors import DecodeError, DecoderLost, UsageError
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments, takes_descriptors
from qasr_cli.media.decoding.layouts import is_mono
from qasr_cli.media.decoding.log import LINE, reason_from
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions

MEDIA_TYPE = "audio/webm"
_BITS_A_S = 48_000
_STALL_LIMIT_S = 120.0  # it tells twice a second how far it is
_CPU_LIMIT_S = 600
_SOUND_S_PER_CPU_S = 5  # it does two hundred
_BYTES_A_S = _BITS_A_S // 8 * 2  # the rate is a wish
_SPARE_BYTES = 16 << 20
_MOST_SAID_BYTES = 1 << 20


def write_proxy(
    path: str, to_fd: int, *, decode: DecodeOptions, on_look: Callable[[], None] = lambda: None
) -> None:
    """Write the sound of the track that is heard to an open, empty file.

    It is as long as the recording: a track that begins later begins later in it, and gaps are
    silence, so that times in it are those of cues.

    Args:
        to_fd: can seek, read and write.
        on_look: called again and again; it may raise, to end this.

    Raises:
        InputError: it has no sound that can be heard, or is damaged.
        UsageError: there is no ffmpeg that can.
        OSError: the disk takes no more.
    """
    binary = ffmpeg_path()
    if not takes_descriptors(binary):
        raise UsageError(f"playing it needs ffmpeg 6.0 or later; {binary} is older")
    fd = open_source(path)
    try:
        found = probe(fd, path=path)
        track = choose_track(found, decode.audio_track, path=path)
        arguments = [
            *input_arguments(binary, fd, verbosity="level+info"),
            *("-map", f"0:a:{track.index}", "-map_metadata", "-1", "-map_chapters", "-1"),
            *("-af", "aresample=async=1:first_pts=0", "-t", f"{decode.max_duration_s:.3f}"),
            *("-ac", "1" if is_mono(track.channel_layout) else "2", "-ar", "48000"),
            *("-c:a", "libopus", "-b:a", str(_BITS_A_S), "-threads", "1"),
            *("-fflags", "+bitexact", "-nostats", "-progress", "pipe:1"),
            *("-protocol_whitelist", "fd", "-f", "webm", "-fd", str(to_fd), "fd:"),
        ]
        _run(arguments, fd, to_fd, path=path, length_s=decode.max_duration_s, on_look=on_look)
    finally:
        os.close(fd)


def _run(
    arguments: list[str],
    fd: int,
    to_fd: int,
    *,
    path: str,
    length_s: float,
    on_look: Callable[[], None],
) -> None:
    """Have ffmpeg write it.

    Args:
        length_s: of the longest recording that there may be, whatever this one claims.
    """
    said = bytearray()
    with Child(
        arguments,
        fd=fd,
        other_fds=(to_fd,),
        cpu_limit_s=_CPU_LIMIT_S + int(length_s / _SOUND_S_PER_CPU_S),
        written_limit_bytes=_SPARE_BYTES + int(length_s * _BYTES_A_S),
        on_error_output=lambda piece: said.extend(piece[: _MOST_SAID_BYTES - len(said)]),
    ) as child:
        try:
            while child.read(_STALL_LIMIT_S):
                on_look()
            code = child.finish(_STALL_LIMIT_S)
        except TimeoutError as error:
            raise DecoderLost(path, f"ffmpeg wrote nothing for {_STALL_LIMIT_S:g} s") from error
    if code == 0:
        return
    _check_disk(to_fd)
    if code < 0:
        raise DecoderLost(path, f"ffmpeg was ended by signal {-code}")
    lines = (LINE.match(line) for line in said.decode(errors="replace").split("\n"))
    errors = [match[3] for match in lines if match and match[2] in ("error", "fatal")]
    raise DecodeError(path, reason_from(errors) or "ffmpeg cannot code it, and does not say why")


def _check_disk(fd: int) -> None:
    """Find out whether it was the disk that stopped ffmpeg.

    Raises:
        OSError: it takes no more.
    """
    os.pwrite(fd, bytes(_MOST_SAID_BYTES), os.lseek(fd, 0, os.SEEK_END))
    os.fsync(fd)
