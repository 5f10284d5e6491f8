import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given, settings

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.formats.centiseconds import cue_times_cs
from qasr_cli.formats.registry import format_named
from qasr_cli.options import FormatOptions
from tests.formats.conftest import EMPTY, cue_lists
from tests.strategies import ENDLESS, PIECES, transcripts

LINES = [
    line for pieces in PIECES.values() for piece in pieces if (line := canonical(piece).strip())
]
CUES = tuple(
    Cue(start_ms=index * 1000, end_ms=index * 1000 + 990, lines=(line, "and below"))
    for index, line in enumerate([*LINES, "1", ENDLESS])
)
# ffmpeg writes TTML and reads none: see test_ttml.py for its reader.
DEMUXERS = {"srt": "srt", "vtt": "webvtt", "ass": "ass"}
_TIMES = re.compile(r"^(?:\d+:)?\d\d:\d\d\.\d{3} --> (?:\d+:)?\d\d:\d\d\.\d{3}$", re.MULTILINE)
KARAOKE = FormatOptions(highlight_words=True)
# A process an example: fewer than usual.
EXAMPLES = max(15, settings.default.max_examples // 20 if settings.default else 0)
GOLDEN = sorted(Path(__file__).parents[1].glob("golden/*/expected.*"))


def times_ffmpeg_finds(content: bytes, demuxer: str) -> list[str]:
    """The times of the cues that a real demuxer and decoder see; they must not complain."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-f", demuxer, "-i", "-", "-f", "webvtt", "-"]

    result = subprocess.run(command, input=content, capture_output=True, check=True, timeout=60)

    assert result.stderr == b""
    return _TIMES.findall(result.stdout.decode())


@pytest.mark.parametrize("name", DEMUXERS)
@pytest.mark.parametrize("cues", [CUES, ()], ids=["every script", "no speech"])
@pytest.mark.parametrize(
    "options", [FormatOptions(), FormatOptions(bom=True, crlf=True)], ids=["plain", "windows"]
)
def test_ffmpeg_reads_every_cue(name: str, cues: tuple[Cue, ...], options: FormatOptions) -> None:
    """A real demuxer takes the file without a complaint and finds as many cues, at their times."""
    content = format_named(name).content(EMPTY, cues, options)

    assert times_ffmpeg_finds(content, DEMUXERS[name]) == [
        f"{i // 60:02d}:{i % 60:02d}.000 --> {i // 60:02d}:{i % 60:02d}.990"
        for i in range(len(cues))
    ]


@pytest.mark.parametrize("name", DEMUXERS)
@settings(max_examples=EXAMPLES)
@given(cues=cue_lists())
def test_ffmpeg_counts_the_same_cues(name: str, cues: tuple[Cue, ...]) -> None:
    """Whatever the lines say and however short they stand."""
    content = format_named(name).content(EMPTY, cues, FormatOptions())

    assert len(times_ffmpeg_finds(content, DEMUXERS[name])) == len(cues)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}{path.suffix}")
def test_ffmpeg_reads_the_golden_files(path: Path) -> None:
    """As many cues as the file has times."""
    content = path.read_bytes()

    found = times_ffmpeg_finds(content, DEMUXERS[path.suffix[1:]])

    assert len(found) == content.count(b" --> ") > 0


@pytest.mark.parametrize("name", ["vtt", "ass"])
@settings(max_examples=EXAMPLES)
@given(transcript=transcripts())
def test_ffmpeg_reads_karaoke(name: str, transcript: Transcript) -> None:
    """Tags inside the cues do not change their number."""
    cues = cut_cues(transcript, CueOptions())
    content = format_named(name).content(transcript, cues, KARAOKE)

    assert len(times_ffmpeg_finds(content, DEMUXERS[name])) == len(cues)


def test_ffmpeg_reads_lrc() -> None:
    """Its reader of lyrics finds every line, and the empty ones that clear the screen."""
    content = format_named("lrc").content(EMPTY, CUES, FormatOptions())
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-f", "lrc", "-i", "-", "-c", "copy", "-f", "lrc", "-"]

    result = subprocess.run(command, input=content, capture_output=True, check=True, timeout=60)

    assert result.stderr == b""
    times = re.findall(r"^\[\d+:\d\d\.\d\d\]", result.stdout.decode(), re.MULTILINE)
    assert times[: len(CUES)] == [
        f"[{cs // 6000:02d}:{cs // 100 % 60:02d}.{cs % 100:02d}]" for cs, _ in cue_times_cs(CUES)
    ]
