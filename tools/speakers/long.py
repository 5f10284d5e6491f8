"""What a recording of hours costs: memory of a whole run, and the time to tell its voices apart."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.voices.recording import VoiceCount, voices_in
from tools.speakers.corpus import RATE_HZ
from tools.speakers.talks import Talk

_KIB = 1024  # Linux counts in these
# A process begins with the peak of the one that started it, and the talks are in this one.
_WATCH = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
_RUN = ("--engine", "fake", "--no-progress", "-f", "json", "--quiet", "--overwrite")


def peak_mb(talks: Sequence[Talk], folder: Path, models: Path, *, length_s: int) -> list[float]:
    """The peak of a run over the talks, again and again to that length: without and with voices."""
    sound = folder / f"talk-{length_s}.flac"
    with soundfile.SoundFile(sound, "w", RATE_HZ, 1, subtype="PCM_16") as file:
        left = length_s * RATE_HZ
        while left > 0:
            for talk in talks:
                file.write(talk.pcm[: max(0, left)])
                left -= len(talk.pcm)
    peaks = []
    for more in ((), ("--diarize",)):
        command = [sys.executable, "-m", "qasr_cli", "transcribe", str(sound), *_RUN, *more]
        told = subprocess.run(
            [sys.executable, "-c", _WATCH, *command],
            env={**os.environ, "QASR_MODELS": str(models)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        peaks.append(int(told.stdout) * _KIB / 1e6)
    sound.unlink()
    return peaks


def clustering_s(
    heard: Sequence[Sequence[HeardVoices]], *, talk_s: float, length_s: float
) -> float:
    """CPU time to tell apart the voices of so long a recording, made of what was heard of talks."""
    clips: list[HeardVoices] = []
    offset_ms = 0
    while offset_ms < length_s * 1000:
        for own in heard:
            clips += [_moved(clip, offset_ms) for clip in own]
            offset_ms += round(talk_s * 1000)
    before_s = time.process_time()
    voices_in(clips, VoiceCount())
    return time.process_time() - before_s


def _moved(clip: HeardVoices, offset_ms: int) -> HeardVoices:
    moved = np.asarray(clip.stretches, np.int64).reshape(-1, 2) + offset_ms
    stretches = tuple((start_ms, end_ms) for start_ms, end_ms in moved.tolist())
    return HeardVoices(stretches=stretches, vectors=clip.vectors)
