"""What `ffmpeg -i` prints of a file: imageio-ffmpeg brings no ffprobe."""

import re

from qasr_cli.errors import DecodeError
from qasr_cli.media.decoding.ffmpeg import Child, ffmpeg_path, input_arguments
from qasr_cli.media.decoding.file_parts import FilePart
from qasr_cli.media.decoding.log import LINE

_TIME_LIMIT_S = 60.0
_CPU_LIMIT_S = 60
_MAX_DESCRIPTION_BYTES = 8 << 20  # lyrics and chapters are printed, too

DURATION = re.compile(r"^  Duration: (?:N/A|(\d+):(\d\d):(\d\d)\.(\d\d))")


def description(fd: int, path: str, part: FilePart) -> list[tuple[str, str]]:
    """Every line of `ffmpeg -i` as (level, text).

    Levels set ffmpeg's own lines apart from text of the file: continuation lines of a tag carry
    none and are left out.
    """
    command = input_arguments(ffmpeg_path(), fd, verbosity="level+info", part=part)
    printed = bytearray()
    with Child(command, fd=fd, cpu_limit_s=_CPU_LIMIT_S, merge_errors=True) as child:
        try:
            while piece := child.read(_TIME_LIMIT_S):
                printed += piece
                if len(printed) > _MAX_DESCRIPTION_BYTES:
                    raise DecodeError(path, "the text in its header does not end")
        except TimeoutError as error:
            raise DecodeError(path, f"ffmpeg said nothing for {_TIME_LIMIT_S:g} s") from error
    matches = (LINE.match(line) for line in printed.decode(errors="replace").split("\n"))
    return [(match[2], match[3]) for match in matches if match]


def ms_from_clock(match: re.Match[str]) -> int:
    """Milliseconds of what `DURATION` found."""
    hours, minutes, seconds, hundredths = (int(match[group]) for group in (1, 2, 3, 4))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10
