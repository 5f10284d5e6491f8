"""Whole media files of every kind, made by the real ffmpeg."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

RATE_HZ = 16_000
PICTURE = ("-f", "lavfi", "-i", "color=s=32x32:r=10:d=3")
PRIVATE = "elsewhere/private.wav"  # beside the corpus; no case may ever read it
AUDIO_CODECS = {
    "wav": ("pcm_s16le",),
    "mp3": ("libmp3lame",),
    "m4a": ("aac",),
    "aac": ("aac",),
    "flac": ("flac",),
    "ogg": ("libvorbis",),
    "opus": ("libopus",),
    "mka": ("flac",),
    "webm": ("libopus",),
    "wma": ("wmav2",),
    "aiff": ("pcm_s16be",),
    "au": ("pcm_s16be",),
    "caf": ("pcm_s16le",),
    "w64": ("pcm_s16le",),
    "wv": ("wavpack",),
    "tta": ("tta",),
    "ac3": ("ac3",),
    "mp2": ("mp2",),
    "ts": ("aac",),
}


class Workshop:
    """Makes media files out of three seconds of noise bursts, each kind once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._random = np.random.default_rng(5)
        self.pcm = np.zeros(3 * RATE_HZ, np.float32)
        self.pcm[RATE_HZ // 2 : 2 * RATE_HZ] = self._random.uniform(-0.3, 0.3, RATE_HZ * 3 // 2)
        self.bursts = folder / "bursts.wav"
        soundfile.write(self.bursts, self.pcm, RATE_HZ, subtype="PCM_16")

    def ffmpeg(self, *arguments: str | Path) -> None:
        """Run the real one."""
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def media(self, suffix: str, *options: str) -> bytes:
        """A whole file of that kind."""
        name = re.sub(r"\W", "", "".join(options))
        path = self.folder / f"whole{name}.{suffix}"
        if not path.exists():
            self.ffmpeg("-i", self.bursts, "-c:a", *AUDIO_CODECS[suffix], *options, path)
        return path.read_bytes()

    def video(self, suffix: str, *options: str, sound: bool = True) -> bytes:
        """A whole file with a picture."""
        path = self.folder / f"video{sound}{len(options)}.{suffix}"
        if not path.exists():
            inputs = (*PICTURE, "-i", self.bursts) if sound else PICTURE
            self.ffmpeg(*inputs, "-c:v", "mpeg4", "-c:a", "aac", *options, path)
        return path.read_bytes()

    def noise(self, count: int) -> bytes:
        """Bytes without meaning."""
        return self._random.bytes(count)
