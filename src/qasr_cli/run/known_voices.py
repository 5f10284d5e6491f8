"""How people sound whose names are known, heard from their own recordings. Nothing is kept."""

import functools
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from qasr_cli.core.voice_types import HeardVoices, VoiceFile
from qasr_cli.errors import InputError, UsageError
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.options import DecodeOptions, SplitOptions
from qasr_cli.run.state.voices import KnownVoice

if TYPE_CHECKING:
    from qasr_cli.media.voices.model import VoiceModel
    from qasr_cli.voices.matching import Sample

# Of less speech the vector is too rough to name anybody by.
_LEAST_MS = 10_000


@functools.lru_cache(maxsize=16)
def known_voices(
    files: tuple[VoiceFile, ...], model: "VoiceModel", decode: DecodeOptions, split: SplitOptions
) -> tuple[KnownVoice, ...]:
    """How the people in these recordings sound, heard once in a process.

    Args:
        decode, split: of the recordings to compare them with, so that both are heard alike; but of
            theirs every channel is heard.

    Raises:
        UsageError: one cannot be heard, is too short, or others speak in it, too.
    """
    from qasr_cli.voices.matching import sample_of

    by_name = groupby(sorted(files, key=lambda file: file.name), key=lambda file: file.name)
    heard = partial(_heard, model=model, decode=_of_all(decode), split=split)
    known = []
    for name, own in by_name:
        paths = [file.path for file in own]
        sample = sample_of([clip for path in paths for clip in heard(path)])
        _check(sample, ", ".join(paths), name)
        known.append(KnownVoice(speaker=name, speech_ms=sample.speech_ms, vector=sample.vector))
    return tuple(known)


def confusable(known: Sequence[KnownVoice]) -> tuple[str, ...]:
    """A line for each two people who sound so alike that neither is named."""
    from qasr_cli.voices.matching import too_alike

    return tuple(
        f"--voices: {known[one].speaker} and {known[other].speaker} sound alike, so neither is "
        f"named; where they are one person, put both recordings into one folder of that name"
        for one, other in too_alike([voice.vector for voice in known])
    )


def _of_all(decode: DecodeOptions) -> DecodeOptions:
    return replace(decode, channels="mix", audio_track=None)


def _heard(
    path: str, *, model: "VoiceModel", decode: DecodeOptions, split: SplitOptions
) -> list[HeardVoices]:
    from qasr_cli.media.voices.listening import voices_of

    try:
        recording = Recording(
            media_file_from_path(path, os.path.basename(path)),
            decode=decode,
            split=split,
            max_clip_s=None,
            language=None,
            voices_of=partial(voices_of, model=model),
        )
        return [clip.voices for clip in recording.clips() if clip.voices is not None]
    except InputError as error:
        raise UsageError(f"--voices {error}") from error


def _check(sample: "Sample", paths: str, name: str) -> None:
    if sample.speech_ms < _LEAST_MS:
        raise UsageError(
            f"--voices {paths}: {sample.speech_ms / 1000:.1f} s of speech; {name} is known by "
            f"{_LEAST_MS // 1000} s: record more"
        )
    if sample.is_mixed:
        raise UsageError(
            f"--voices {paths}: more than one voice speaks in it; cut out what {name} says"
        )
