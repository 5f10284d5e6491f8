"""What the tests of media share: real files, made by the real ffmpeg."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.recording import Recording
from qasr_cli.media.source import open_source
from qasr_cli.options import DecodeOptions, SplitOptions

RunFfmpeg = Callable[..., None]
Encode = Callable[..., Path]
Decode = Callable[..., Pcm]
MakeRecording = Callable[..., Recording]


@pytest.fixture(scope="session")
def run_ffmpeg() -> RunFfmpeg:
    """Run ffmpeg to make a file."""

    def run(*arguments: str | os.PathLike[str]) -> None:
        command = [ffmpeg_path(), "-nostdin", "-v", "error", "-y", *arguments]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    return run


@pytest.fixture(scope="session")
def bursts() -> Pcm:
    """Four seconds of silence at 44.1 kHz with noise from 1.0 to 1.5 s and from 2.5 to 3.0 s."""
    rate_hz = 44_100
    pcm = np.zeros(4 * rate_hz, np.float32)
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, len(pcm)).astype(np.float32)
    for start_s, end_s in ((1.0, 1.5), (2.5, 3.0)):
        piece = slice(round(start_s * rate_hz), round(end_s * rate_hz))
        pcm[piece] = noise[piece]
    return pcm


@pytest.fixture(scope="session")
def bursts_wav(bursts: Pcm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bursts as a 16-bit WAV."""
    path = tmp_path_factory.mktemp("bursts") / "bursts.wav"
    soundfile.write(path, bursts, 44_100)
    return path


@pytest.fixture
def encode(bursts_wav: Path, run_ffmpeg: RunFfmpeg, tmp_path: Path) -> Encode:
    """Write the bursts as a file of a name, with arguments before and after this input."""

    def write(name: str, *output_arguments: str, before: tuple[str, ...] = ()) -> Path:
        run_ffmpeg(*before, "-i", bursts_wav, *output_arguments, tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def decode() -> Decode:
    """Decode the first track of a file as a whole."""

    def decode_file(path: Path, *, max_duration_s: float = 3600.0) -> Pcm:
        fd = open_source(str(path))
        try:
            found = probe(fd, path=str(path))
            decoder = Decoder(
                fd,
                path=str(path),
                found=found,
                track=choose_track(found, None, path=str(path)),
                max_duration_s=max_duration_s,
            )
            blocks = list(decoder.blocks())
        finally:
            os.close(fd)
        return np.concatenate([np.zeros(0, np.float32), *blocks])

    return decode_file


@pytest.fixture
def make_recording() -> MakeRecording:
    """A recording with usual options; the energy detector needs no real speech."""

    def make(
        path: Path,
        *,
        decode: DecodeOptions | None = None,
        max_clip_s: float | None = None,
        open_fd: Callable[[], int] | None = None,
        on_samples: Callable[[int], None] | None = None,
    ) -> Recording:
        return Recording(
            media_file_from_path(str(path), path.name),
            decode=decode or DecodeOptions(),
            split=SplitOptions(vad="energy"),
            max_clip_s=max_clip_s,
            language=None,
            open_fd=open_fd,
            on_samples=on_samples,
        )

    return make


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Without root's powers, which pass over permissions."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture(scope="session")
def onsets_s() -> Callable[[Pcm], list[float]]:
    """Where sound begins after at least 0.2 s of silence."""

    def find(pcm: Pcm) -> list[float]:
        loud = np.flatnonzero(np.abs(pcm) > 0.1)
        is_first = np.diff(loud, prepend=-SAMPLE_RATE_HZ) > SAMPLE_RATE_HZ // 5
        return [round(float(sample) / SAMPLE_RATE_HZ, 3) for sample in loud[is_first]]

    return find
