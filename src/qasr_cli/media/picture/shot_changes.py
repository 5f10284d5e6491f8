"""Where the picture of a recording is cut: ffmpeg's scene score, frame by frame."""

import re
from collections.abc import Callable

from qasr_cli.core.types import ShotChanges
from qasr_cli.errors import DecodeError, DecoderLost
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.log import LINE, reason_from
from qasr_cli.media.embedding.contents import contents

# A small picture is enough for the score, and most of the time is spent on decoding anyway.
_FILTERS = "scale=320:-2,select='gt(scene,0.3)',showinfo"
_STALL_LIMIT_S = 60.0
_CPU_SPARE_S = 600
_CPU_PER_S = 10  # of the picture: one in high definition takes a tenth of a second
_MOST_CUTS = 200_000  # more than in any film; what flickers has none that anybody sees
_LONGEST_LINE_BYTES = 1 << 16

_SHOWN = re.compile(r"\[Parsed_showinfo_\d+ @ ")
_TIME = re.compile(r"\bpts_time: *(-?\d+(?:\.\d+)?)")
_RATE = re.compile(r"^config in .*\bframe_rate: *(\d+)/(\d+)")
_SLOWEST_FPS, _FASTEST_FPS = 10, 120  # others are units of time, not rates


def shot_changes_in(
    fd: int, *, path: str, longest_s: float, on_look: Callable[[], None]
) -> ShotChanges | None:
    """The cuts of the first picture in an open recording; None where there is none but a cover.

    Args:
        fd: can seek; its position is changed.
        path: for messages only.
        longest_s: that the picture may be, whatever the recording claims.
        on_look: called again and again; it may raise, to end this.

    Raises:
        DecodeError: the picture cannot be decoded. `DecoderLost`: ffmpeg was ended, or stands
            still.
        UsageError: there is no ffmpeg.
    """
    held = contents(fd, path=path)
    picture = next((stream for stream in held.streams if stream.is_picture), None)
    if picture is None:
        return None
    claimed_s = (held.duration_ms or 0) / 1000
    most_s = min(2 * claimed_s or longest_s, longest_s)
    seen = _Seen()
    with Child(
        _arguments(fd, picture.number),
        fd=fd,
        cpu_limit_s=_CPU_SPARE_S + int(_CPU_PER_S * most_s),
        on_error_output=seen.add,
    ) as child:
        try:
            while child.read(_STALL_LIMIT_S):
                on_look()
                if len(seen.times_ms) > _MOST_CUTS:
                    raise DecodeError(path, "its picture flickers")
            code = child.finish(_STALL_LIMIT_S)
        except TimeoutError as error:
            reason = f"ffmpeg makes no progress ({_STALL_LIMIT_S:g} s)"
            raise DecoderLost(path, reason) from error
    _check(code, seen.errors, path)
    return ShotChanges(times_ms=tuple(sorted(seen.times_ms)), fps=seen.fps)


def _check(code: int, errors: list[str], path: str) -> None:
    if code < 0:
        raise DecoderLost(path, f"ffmpeg was ended by signal {-code}")
    if code > 0:
        raise DecodeError(path, reason_from(errors) or f"ffmpeg ended with {code}")


def _arguments(fd: int, number: int) -> list[str]:
    return [
        *input_arguments(ffmpeg_path(), fd, verbosity="level+info"),
        *("-map", f"0:{number}", "-vf", _FILTERS, "-f", "null", "-"),
        *("-nostats", "-progress", "pipe:1"),  # what comes there are signs of life
    ]


class _Seen:
    """What ffmpeg said of the frames that differ from those before them.

    Attributes:
        errors: the first few of its complaints.
        fps: frames a second, as far as it said.
    """

    def __init__(self) -> None:
        self.times_ms: set[int] = set()
        self.errors: list[str] = []
        self.fps: float | None = None
        self._rest = b""

    def add(self, piece: bytes) -> None:
        """Take in what it wrote next to standard error."""
        *lines, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[-_LONGEST_LINE_BYTES:]
        for line in lines:
            self._add_line(line.decode(errors="replace"))

    def _add_line(self, line: str) -> None:
        match = LINE.match(line)
        if match is None:
            return
        prefix, level, text = match.groups()
        if level in ("error", "fatal") and len(self.errors) < 20:  # noqa: PLR2004  # the first tell
            self.errors.append(text)
        if not _SHOWN.match(prefix):
            return
        if (time := _TIME.search(text)) and float(time[1]) >= 0:
            self.times_ms.add(round(1000 * float(time[1])))
        elif rate := _RATE.search(text):
            fps = int(rate[1]) / max(1, int(rate[2]))
            self.fps = round(fps, 3) if _SLOWEST_FPS <= fps <= _FASTEST_FPS else None
