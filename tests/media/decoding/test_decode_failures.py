"""What cannot be decoded, and an ffmpeg that fails, hangs or is abandoned."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import AudioTooLong, DecodeError
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.probe import probe
from tests.media.conftest import Decode, Encode

Script = Callable[..., Decoder]


@pytest.fixture
def decoder_of(
    tmp_path: Path,
    bursts_wav: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Script:
    """A decoder whose ffmpeg is a shell script, once the file was probed."""

    def make(text: str, *, no_progress_s: float = 60) -> Decoder:
        fd = os.open(bursts_wav, os.O_RDONLY)
        request.addfinalizer(lambda: os.close(fd))
        found = probe(fd, path="a.wav")
        program = tmp_path / "ffmpeg"
        program.write_text(f'#!/bin/sh\ncase "$2" in -protocols) echo fd;; *) {text};; esac\n')
        program.chmod(0o755)
        monkeypatch.setenv("QASR_FFMPEG", str(program))
        return Decoder(
            fd,
            path="a.wav",
            found=found,
            track=found.tracks[0],
            max_duration_s=3600,
            no_progress_s=no_progress_s,
        )

    return make


def test_more_than_the_cap_is_refused(bursts_wav: Path, decode: Decode) -> None:
    """Sound past the cap on decoded seconds ends the decoding."""
    assert len(decode(bursts_wav, max_duration_s=4.0)) == 4 * SAMPLE_RATE_HZ
    with pytest.raises(AudioTooLong):
        decode(bursts_wav, max_duration_s=3.9)


def test_sound_that_cannot_be_decoded(encode: Encode, decode: Decode) -> None:
    """A file with a good index and garbage for sound fails with ffmpeg's reason."""
    path = encode("a.m4a", "-movflags", "+faststart")
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = np.random.default_rng(0).bytes(len(content) - start)
    path.write_bytes(content)

    with pytest.raises(DecodeError, match="error rate"):
        decode(path)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -SEGV $$", "signal 11"),
        ("exit 3", "ended with 3"),
        (
            "head -c 1000000 /dev/zero; echo '[aac @ 0x5] [error] broken' >&2; exit 1",
            "decoded: broken",
        ),
    ],
)
def test_an_ffmpeg_that_fails(decoder_of: Script, script: str, reason: str) -> None:
    """A crash and a failure, also after good sound, are errors that say so."""
    with pytest.raises(DecodeError, match=reason):
        list(decoder_of(script).blocks())


@pytest.mark.parametrize(
    "script", ["sleep 600", "exec >&-; sleep 600", "while :; do printf 1234; sleep 0.1; done"]
)
def test_an_ffmpeg_that_does_not_go_on(decoder_of: Script, script: str) -> None:
    """An ffmpeg that gives nothing, does not end, or is far slower than playback is given up."""
    with pytest.raises(DecodeError, match="no progress"):
        list(decoder_of(script, no_progress_s=0.5).blocks())


def test_an_abandoned_decoder_leaves_no_child(decoder_of: Script, tmp_path: Path) -> None:
    """Closing the blocks half-way kills and reaps the child."""
    fifo = tmp_path / "pid"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    blocks = decoder_of(f"echo $$ >{fifo}; exec cat /dev/zero").blocks()
    next(blocks)
    pid = int(os.read(reader, 100))
    os.close(reader)
    os.kill(pid, 0)

    blocks.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
