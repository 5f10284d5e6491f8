"""An ffmpeg that codes a recording anew for players; it ends with whoever started it."""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qasr_cli.errors import DecodeError, DecoderLost, UsageError
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, takes_descriptors
from qasr_cli.media.decoding.log import LINE, reason_from

_STALL_LIMIT_S = 300.0  # the models may have all of the processor for a while
_CPU_LIMIT_S = 600
_SPARE_BYTES = 16 << 20
_MOST_SAID_BYTES = 1 << 20
_LAST_NICE = 19
_SIGNS_A_S = 100


def coder_path() -> str:
    """The ffmpeg to run.

    Raises:
        UsageError: there is none that can.
    """
    binary = ffmpeg_path()
    if not takes_descriptors(binary):
        raise UsageError(f"playing it needs ffmpeg 6.0 or later; {binary} is older")
    return binary


def signs_of_life(track_index: int) -> tuple[str, ...]:
    """One more output of ffmpeg: so many bytes for each second that it has coded.

    They say how far it is; and once nobody is left to read them, it ends, as it would not if it
    only wrote to a file.
    """
    return (
        *("-map", f"0:a:{track_index}", "-ac", "1", "-ar", str(_SIGNS_A_S)),
        *("-c:a", "pcm_u8", "-flush_packets", "1", "-f", "u8", "pipe:1"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder:
    """One run of ffmpeg over a recording.

    Attributes:
        fd: of the recording.
        to_fd: what it writes to; None = to its pipe, and what comes is given out.
        longest_s: of what it may come to code, whatever the recording claims.
        most_bytes_a_s: of what it writes.
        most_cpu_s: for a second that it codes.
        on_output: given what comes out of its pipe; it may raise, to end this.
    """

    path: str
    fd: int
    to_fd: int | None
    longest_s: float
    most_bytes_a_s: int
    most_cpu_s: float
    on_output: Callable[[bytes], None]

    def run(self, arguments: Sequence[str]) -> None:
        """Have ffmpeg do it, behind everybody else on this machine.

        Raises:
            DecodeError: it cannot be coded. `DecoderLost`: ffmpeg was ended, or stood still.
            OSError: the disk takes no more.
        """
        said = bytearray()
        with Child(
            arguments,
            fd=self.fd,
            other_fds=() if self.to_fd is None else (self.to_fd,),
            cpu_limit_s=_CPU_LIMIT_S + int(self.longest_s * self.most_cpu_s),
            written_limit_bytes=_SPARE_BYTES + int(self.longest_s * self.most_bytes_a_s),
            on_error_output=lambda piece: said.extend(piece[: _MOST_SAID_BYTES - len(said)]),
        ) as child:
            with contextlib.suppress(OSError):  # it may have ended already
                os.setpriority(os.PRIO_PROCESS, child.pid, _LAST_NICE)
            try:
                while piece := child.read(_STALL_LIMIT_S):
                    self.on_output(piece)
                code = child.finish(_STALL_LIMIT_S)
            except TimeoutError as error:
                reason = f"ffmpeg wrote nothing for {_STALL_LIMIT_S:g} s"
                raise DecoderLost(self.path, reason) from error
        if code == 0:
            return
        if self.to_fd is not None:
            _check_disk(self.to_fd)
        if code < 0:
            raise DecoderLost(self.path, f"ffmpeg was ended by signal {-code}")
        raise DecodeError(self.path, _reason(bytes(said)))


def seconds_told(byte_count: int) -> float:
    """How many seconds are coded after so many signs of life."""
    return byte_count / _SIGNS_A_S


def _reason(said: bytes) -> str:
    lines = (LINE.match(line) for line in said.decode(errors="replace").split("\n"))
    errors = [match[3] for match in lines if match and match[2] in ("error", "fatal")]
    return reason_from(errors) or "ffmpeg cannot code it, and does not say why"


def _check_disk(fd: int) -> None:
    """Find out whether it was the disk that stopped ffmpeg.

    Raises:
        OSError: it takes no more.
    """
    os.pwrite(fd, bytes(_MOST_SAID_BYTES), os.lseek(fd, 0, os.SEEK_END))
    os.fsync(fd)
