"""Who speaks in the clips: espeak-ng voices with the times of their words, flite voices without.

To add a voice, name it here: a variant goes into `TRAINING_VARIANTS` of tools/demo_speech.py, a
flite voice into `FLITE_TRAINING_VOICES`. Voices that are held out stay out.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from tools.demo_language import Language
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Pcm, resample
from tools.demo_voices import (
    CHINESE_ACCENT,
    ENGLISH_ACCENTS,
    HELD_OUT_VARIANTS,
    TRAINING_VARIANTS,
    Voice,
)
from tools.demo_word_times import SpokenWord

FLITE_TRAINING_VOICES = ("kal", "awb", "rms")
FLITE_HELD_OUT_VOICE = "slt"

_FLITE_SHARE = 0.35  # of the English speakers in training
# kal, awb and rms are low voices. Played faster they have a smaller throat, spoken higher they keep
# it: both make them more unlike each other, and nearer to slt.
_FLITE_PLAYED_FASTER = (0.85, 1.35)
_FLITE_PITCH_HZ = (85, 190)
_FLITE_STRETCH = (0.85, 1.3)


class Cast(Enum):
    """Which speakers may appear."""

    TRAINING = "training"
    HELD_OUT = "held out"
    FLITE_HELD_OUT = "flite, held out"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speech:
    """One spoken sentence.

    Attributes:
        pcm: float32, shape (samples,), mono, 16 kHz.
        words: where each word sounds; None when the synthesizer does not tell.
    """

    text: str
    pcm: Pcm
    words: tuple[SpokenWord, ...] | None


class Speaker(Protocol):
    """Somebody who can say a sentence."""

    @property
    def label(self) -> str:
        """Name of the voice, for people."""

    def say(self, text: str) -> Speech | None:
        """The spoken sentence, or None when its words cannot be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EspeakSpeaker:
    """A voice of espeak-ng."""

    espeak: Espeak
    language: Language
    voice: Voice

    @property
    def label(self) -> str:
        """See Speaker."""
        return self.voice.espeak_name

    def say(self, text: str) -> Speech | None:
        """See Speaker."""
        utterance = self.espeak.say(text, self.language, self.voice)
        if utterance is None:
            return None
        return Speech(text=text, pcm=utterance.pcm, words=utterance.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class FliteSpeaker:
    """An English voice of flite.

    Attributes:
        stretch: how much slower than usual it speaks, at the same pitch.
        pitch_hz: how high it speaks, before it is played faster; rms does not obey. None leaves
            the voice its own.
        played_faster: by how much the result is, which raises pitch and formants.
    """

    voice: str
    stretch: float = 1.0
    pitch_hz: float | None = None
    played_faster: float = 1.0

    @property
    def label(self) -> str:
        """See Speaker."""
        return f"flite {self.voice}"

    def say(self, text: str) -> Speech:
        """See Speaker."""
        settings = {"duration_stretch": self.stretch}
        if self.pitch_hz is not None:
            settings["int_f0_target_mean"] = self.pitch_hz
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.wav"
            subprocess.run(
                (
                    *("flite", "-voice", self.voice),
                    *(
                        part
                        for name, value in settings.items()
                        for part in ("--setf", f"{name}={value:.3f}")
                    ),
                    *("-t", text, "-o", str(path)),
                ),
                check=True,
                capture_output=True,
            )
            pcm, rate_hz = soundfile.read(path, dtype="float32")
        sample_count = round(len(pcm) * SAMPLE_RATE_HZ / rate_hz / self.played_faster)
        return Speech(text=text, pcm=resample(pcm, sample_count), words=None)


def draw_speaker(
    rng: np.random.Generator, espeak: Espeak, language: Language, cast: Cast
) -> Speaker:
    """A random speaker of a cast."""
    if cast is Cast.FLITE_HELD_OUT:
        return FliteSpeaker(voice=FLITE_HELD_OUT_VOICE)
    if cast is Cast.HELD_OUT:
        return EspeakSpeaker(
            espeak=espeak,
            language=language,
            voice=_espeak_voice(
                rng,
                language,
                variants=HELD_OUT_VARIANTS,
                rates_wpm=(130, 210),
                pitches=(25, 75),
            ),
        )
    if language == "English" and rng.random() < _FLITE_SHARE:
        played_faster = rng.uniform(*_FLITE_PLAYED_FASTER)
        return FliteSpeaker(
            voice=str(rng.choice(FLITE_TRAINING_VOICES)),
            stretch=played_faster * rng.uniform(*_FLITE_STRETCH),
            pitch_hz=rng.uniform(*_FLITE_PITCH_HZ),
            played_faster=played_faster,
        )
    # "" is the accent's own voice.
    return EspeakSpeaker(
        espeak=espeak,
        language=language,
        voice=_espeak_voice(
            rng,
            language,
            variants=("", *TRAINING_VARIANTS),
            rates_wpm=(125, 225),
            pitches=(15, 85),
        ),
    )


def _espeak_voice(
    rng: np.random.Generator,
    language: Language,
    *,
    variants: tuple[str, ...],
    rates_wpm: tuple[int, int],
    pitches: tuple[int, int],
) -> Voice:
    return Voice(
        accent=CHINESE_ACCENT if language == "Chinese" else str(rng.choice(ENGLISH_ACCENTS)),
        variant=str(rng.choice(variants)),
        rate_wpm=int(rng.integers(*rates_wpm)),
        pitch=int(rng.integers(*pitches)),
        pitch_range=int(rng.integers(20, 80)),
    )
