"""Sentences of the demo pair spoken by espeak-ng, with the times of their words.

Needs the shared library of espeak-ng (Debian: `apt install espeak-ng`).
"""

import ctypes
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.demo_language import Language
from tools.demo_script import espeak_script
from tools.demo_voices import Voice
from tools.demo_word_times import (
    EVENT_LIST_END,
    EVENT_PHONEME,
    Event,
    SpokenWord,
    timed_words,
)

SAMPLE_RATE_HZ = 16_000
Pcm = npt.NDArray[np.float32]

# Source: espeak-ng/speak_lib.h (espeak_AUDIO_OUTPUT, espeak_PARAMETER).
_SYNCHRONOUS_OUTPUT, _PHONEME_EVENTS = 2, 1
_RATE, _PITCH, _PITCH_RANGE = 1, 3, 4
_CHARS_UTF8, _POSITION_CHARACTER = 1, 1

_TAIL_SAMPLES = SAMPLE_RATE_HZ * 60 // 1000  # of espeak's closing silence, so nothing is clipped


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Utterance:
    """One spoken sentence.

    Attributes:
        pcm: float32, shape (samples,), mono, 16 kHz, in [-1, 1]; ends soon after the last word.
        words: ordered, not overlapping, inside `pcm`.
    """

    text: str
    language: Language
    voice: Voice
    pcm: Pcm
    words: tuple[SpokenWord, ...]


class _EventId(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _RawEvent(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class Espeak:
    """The synthesizer. One a process: the library keeps its state in globals.

    Not bit-reproducible: the same call gives slightly different samples each time.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._native_rate_hz: int = self._library.espeak_Initialize(
            _SYNCHRONOUS_OUTPUT, 0, None, _PHONEME_EVENTS
        )
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._events: list[Event] = []
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_short),
            ctypes.c_int,
            ctypes.POINTER(_RawEvent),
        )
        self._callback = signature(self._collect)  # kept: the library does not hold a reference
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, language: Language, voice: Voice) -> Utterance | None:
        """The spoken sentence, or None when espeak's events do not tell every word apart."""
        script, written = espeak_script(text, language)
        pcm, events = self._synthesize(script, voice)
        native_words = timed_words(events, written)
        if native_words is None:
            return None
        ratio = SAMPLE_RATE_HZ / self._native_rate_hz
        pcm = resample(pcm, round(len(pcm) * ratio))
        words = tuple(
            SpokenWord(
                text=word.text,
                start_sample=round(word.start_sample * ratio),
                end_sample=min(len(pcm), round(word.end_sample * ratio)),
            )
            for word in native_words
        )
        pcm = pcm[: words[-1].end_sample + _TAIL_SAMPLES]
        return Utterance(text=text, language=language, voice=voice, pcm=pcm, words=words)

    def _synthesize(self, script: str, voice: Voice) -> tuple[Pcm, list[Event]]:
        if self._library.espeak_SetVoiceByName(voice.espeak_name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice.espeak_name!r}")
        settings = {_RATE: voice.rate_wpm, _PITCH: voice.pitch, _PITCH_RANGE: voice.pitch_range}
        for parameter, setting in settings.items():
            self._library.espeak_SetParameter(parameter, setting, 0)
        self._blocks, self._events = [], []
        data = script.encode()
        self._library.espeak_Synth(
            data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        self._library.espeak_Synchronize()
        pcm = np.concatenate(self._blocks).astype(np.float32) / np.float32(32768)
        return pcm, self._events

    def _collect(
        self,
        block: "ctypes._Pointer[ctypes.c_short]",
        count: int,
        events: "ctypes._Pointer[_RawEvent]",
    ) -> int:
        if count > 0:
            self._blocks.append(np.ctypeslib.as_array(block, (count,)).copy())
        position = 0
        while (event := events[position]).type != EVENT_LIST_END:
            is_phoneme = event.type == EVENT_PHONEME
            self._events.append(
                Event(
                    kind=event.type,
                    text_position=event.text_position - 1,  # espeak counts from 1
                    sample=event.sample,
                    phoneme=bytes(event.id.string).decode() if is_phoneme else "",
                )
            )
            position += 1
        return 0


def resample(pcm: Pcm, sample_count: int) -> Pcm:
    """The same sound in `sample_count` samples, band-limited; shape (sample_count,)."""
    spectrum = np.fft.rfft(pcm)[: sample_count // 2 + 1]
    scale = sample_count / len(pcm)
    return (np.fft.irfft(spectrum, sample_count) * scale).astype(np.float32)
