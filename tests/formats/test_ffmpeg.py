import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue
from qasr_cli.formats.registry import format_named
from tests.formats.conftest import EMPTY
from tests.strategies import PIECES

LINES = [
    line for pieces in PIECES.values() for piece in pieces if (line := canonical(piece).strip())
]
CUES = tuple(
    Cue(start_ms=index * 1000, end_ms=index * 1000 + 999, lines=(line, "and below"))
    for index, line in enumerate(LINES)
)


@pytest.mark.parametrize(("name", "demuxer"), [("srt", "srt"), ("vtt", "webvtt")])
@pytest.mark.parametrize("cues", [CUES, ()], ids=["every script", "no speech"])
def test_ffmpeg_reads_every_cue(
    name: str, demuxer: str, cues: tuple[Cue, ...], tmp_path: Path
) -> None:
    """A real demuxer takes the file without a complaint and finds as many cues, at their times."""
    path = tmp_path / f"talk.{name}"
    path.write_text(format_named(name).render(EMPTY, cues), encoding="utf-8", newline="")
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-f", demuxer, "-i", path, "-f", "srt", "-"]

    result = subprocess.run(command, capture_output=True, check=True, timeout=60)

    assert result.stderr == b""
    times = [line.split(" --> ") for line in result.stdout.decode().splitlines() if " --> " in line]
    assert times == [
        [f"00:{i // 60:02d}:{i % 60:02d},000", f"00:{i // 60:02d}:{i % 60:02d},999"]
        for i in range(len(cues))
    ]
