"""Recordings of many minutes: how right they are told apart, and what those of hours cost."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import soundfile

from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.voices.recording import VoiceCount, voices_in
from tools.speakers.corpus import RATE_HZ, SAME
from tools.speakers.score import score
from tools.speakers.talks import Spoken, Talk

_MOST_PEOPLE = 20
_KIB = 1024  # Linux counts in these
# A process begins with the peak of the one that started it, and the talks are in this one.
_WATCH = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
_RUN = ("--engine", "fake", "--no-progress", "-f", "json", "--quiet", "--overwrite")


def told_apart(
    talks: Sequence[Talk], heard: Sequence[Sequence[HeardVoices]], *, talk_s: float
) -> str:
    """How some talks come out as one recording, in a line; one woman in two languages is one."""
    truth: list[Spoken] = []
    for index, each in enumerate(talks):
        offset_s = index * talk_s
        for spoken in each.truth:
            one = SAME[0] if spoken.speaker in SAME else spoken.speaker
            start_s, end_s = spoken.start_s + offset_s, spoken.end_s + offset_s
            truth.append(replace(spoken, start_s=start_s, end_s=end_s, speaker=one))
    clips = _one_after_the_other(heard, talk_s=talk_s, length_s=talk_s * len(talks))
    people_count = len({spoken.speaker for spoken in truth})
    counts = (VoiceCount(most=_MOST_PEOPLE), VoiceCount(least=people_count, most=people_count))
    found, told = (voices_in(clips, count) for count in counts)
    confused, told_confused = (
        score(truth, voices.turns, length_s=talk_s * len(talks)).confused
        for voices in (found, told)
    )
    return (
        f"{talk_s * len(talks) / 60:.0f} min: {len(found.speech_ms)} of {people_count}, confused "
        f"{confused:.2%}, told {told_confused:.2%}"
    )


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
    clips = _one_after_the_other(heard, talk_s=talk_s, length_s=length_s)
    before_s = time.process_time()
    voices_in(clips, VoiceCount())
    return time.process_time() - before_s


def _one_after_the_other(
    heard: Sequence[Sequence[HeardVoices]], *, talk_s: float, length_s: float
) -> list[HeardVoices]:
    """What was heard of talks, as one recording in which they come again until it is so long."""
    clips: list[HeardVoices] = []
    for index in range(round(length_s / talk_s)):
        offset_ms = round(index * talk_s * 1000)
        clips += [_moved(clip, offset_ms) for clip in heard[index % len(heard)]]
    return clips


def _moved(clip: HeardVoices, offset_ms: int) -> HeardVoices:
    stretches = ((start_ms + offset_ms, end_ms + offset_ms) for start_ms, end_ms in clip.stretches)
    return HeardVoices.of(stretches, clip.vectors)
