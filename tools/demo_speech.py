"""The demo pair's speakers: sentences spoken by espeak-ng, with the times of their words.

Some of the voices are held out: no training may use them, and every test does. Needs the shared
library of espeak-ng (Debian: `apt install espeak-ng`).
"""

# ruff: noqa: SIM905  # word lists read better as words than as quotes and commas

import ctypes
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.demo_language import ENGLISH_WORD, Language, bare_word

SAMPLE_RATE_HZ = 16_000
Pcm = npt.NDArray[np.float32]

# --- the voices -------------------------------------------------------------------------------

ENGLISH_ACCENTS = (
    "en-us",
    "gmw/en",  # espeak_SetVoiceByName does not know the usual name "en-gb"
    "gmw/en-GB-x-rp",
    "gmw/en-GB-scotland",
    "gmw/en-US-nyc",
    "gmw/en-029",
    "gmw/en-GB-x-gbclan",
)
CHINESE_ACCENT = "cmn-latn-pinyin"

TRAINING_VARIANTS = tuple(
    "m1 m2 m3 m5 m6 m8 f1 f2 f4 Andy Annie adam Alex Alicia Andrea belinda benjamin boris caleb "
    "david Denis Diogo ed Gene grandpa iven iven2 Jacky john kaukovalta klatt klatt2 Lee Marco "
    "Mario max michel miguel norbert pablo paul pedro quincy rob sandro shelby steph steph2 "
    "travis victor zac aunty robert marcelo Henrique Hugo".split()
)
HELD_OUT_VARIANTS = tuple(
    "m4 m7 f3 f5 Mike linda anika edward klatt4 Gene2 steph3 iven3 Michael antonio grandma".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One speaker.

    Attributes:
        accent: an espeak voice: one of ENGLISH_ACCENTS, or CHINESE_ACCENT.
        variant: an espeak voice variant ("f3"), or "" for the accent's own voice.
        rate_wpm: words a minute.
        pitch, pitch_range: 0 to 100; 50 is espeak's default for both.
    """

    accent: str
    variant: str = ""
    rate_wpm: int = 160
    pitch: int = 50
    pitch_range: int = 50

    @property
    def espeak_name(self) -> str:
        """What espeak_SetVoiceByName takes."""
        return f"{self.accent}+{self.variant}" if self.variant else self.accent


# --- speaking ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word and where it sounds, in samples of its utterance."""

    text: str
    start_sample: int
    end_sample: int


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


# Source: espeak-ng/speak_lib.h (espeak_EVENT_TYPE, espeak_AUDIO_OUTPUT, espeak_PARAMETER).
_EVENT_LIST_END, _EVENT_WORD, _EVENT_MESSAGE_END, _EVENT_PHONEME = 0, 1, 5, 7
_SYNCHRONOUS_OUTPUT, _PHONEME_EVENTS = 2, 1
_RATE, _PITCH, _PITCH_RANGE = 1, 3, 4
_CHARS_UTF8, _POSITION_CHARACTER = 1, 1

# espeak's Mandarin reads many lone characters as English letter names, so it is given pinyin.
_CHARACTERS_AND_PINYIN = (
    "我 wo3 你 ni3 他 ta1 们 men5 有 you3 是 shi4 不 bu4 要 yao4 看 kan4 "
    "吃 chi1 喝 he1 买 mai3 好 hao3 吗 ma5 在 zai4 请 qing3 一 yi1 二 er4 "
    "三 san1 四 si4 五 wu3 六 liu4 七 qi1 八 ba1 九 jiu3 十 shi2 个 ge4 "
    "人 ren2 家 jia1 谢 xie4 很 hen3 小 xiao3 苹 ping2 果 guo3 水 shui3 茶 cha2 "
    "书 shu1 猫 mao1 狗 gou3 今 jin1 明 ming2 天 tian1 红 hong2 大 da4 "
    "和 he2 去 qu4 学 xue2 校 xiao4"
).split()
_PINYIN = dict(zip(_CHARACTERS_AND_PINYIN[::2], _CHARACTERS_AND_PINYIN[1::2], strict=True))
# espeak rests after a dot before a capital letter, as at the end of a sentence.
_ABBREVIATIONS = {"Dr.": "Doctor", "Mr.": "Mister"}
_CHINESE_STOPS = {"，": ", ", "。": ".", "？": "?"}

# Function words that espeak joins to the word before ("in the", "not a"), and the number of
# phonemes they end the joined word with.
_JOINED_PHONEME_COUNT = {"the": 2, "a": 1}


_TAIL_SAMPLES = SAMPLE_RATE_HZ * 60 // 1000  # of espeak's closing silence, so nothing is clipped


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    kind: int
    text_position: int
    sample: int
    phoneme: str

    @property
    def is_pause(self) -> bool:
        # "_|" only separates two phonemes, without silence.
        return self.kind == _EVENT_PHONEME and self.phoneme[:1] == "_" and self.phoneme != "_|"

    @property
    def is_sound(self) -> bool:
        # "(en)" and the like switch the language and make no sound.
        return self.kind == _EVENT_PHONEME and self.phoneme[:1] not in ("_", "(")


@dataclass(frozen=True, slots=True, kw_only=True)
class _WrittenWord:
    text: str
    char_start: int
    char_end: int


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
        self._events: list[_Event] = []
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
        script, written = _script(text, language)
        pcm, events = self._synthesize(script, voice)
        native_words = _timed_words(events, written)
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

    def _synthesize(self, script: str, voice: Voice) -> tuple[Pcm, list[_Event]]:
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
        while (event := events[position]).type != _EVENT_LIST_END:
            is_phoneme = event.type == _EVENT_PHONEME
            self._events.append(
                _Event(
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


def _script(text: str, language: Language) -> tuple[str, tuple[_WrittenWord, ...]]:
    """What espeak is given, and where each word stands in it."""
    return _english_script(text) if language == "English" else _chinese_script(text)


def _english_script(text: str) -> tuple[str, tuple[_WrittenWord, ...]]:
    script, written = "", []
    for word in ENGLISH_WORD.findall(text):
        script += " " if script else ""
        start = len(script)
        script += _ABBREVIATIONS.get(word, word)
        written.append(_WrittenWord(text=bare_word(word), char_start=start, char_end=len(script)))
    return script, tuple(written)


def _chinese_script(text: str) -> tuple[str, tuple[_WrittenWord, ...]]:
    script, written = "", []
    for character in text:
        if character in _CHINESE_STOPS:
            script += _CHINESE_STOPS[character]
            continue
        script += "" if not script or script.endswith(" ") else " "
        start = len(script)
        script += _PINYIN[character]
        written.append(_WrittenWord(text=character, char_start=start, char_end=len(script)))
    return script, tuple(written)


def _timed_words(
    events: Sequence[_Event], written: Sequence[_WrittenWord]
) -> tuple[SpokenWord, ...] | None:
    stretches = _event_stretches(events, written)
    if stretches is None:
        return None
    words = []
    for position, (word, stretch) in enumerate(zip(written, stretches, strict=True)):
        is_last = position + 1 == len(stretches)
        following = events[-1].sample if is_last else stretches[position + 1][0].sample
        ends = [event.sample for event in stretch[1:] if event.is_pause] or [
            event.sample for event in stretch if event.kind == _EVENT_MESSAGE_END
        ]
        start = stretch[0].sample
        end = max(start + 1, ends[0] if ends else following)
        words.append(SpokenWord(text=word.text, start_sample=start, end_sample=end))
    return tuple(words)


def _event_stretches(
    events: Sequence[_Event], written: Sequence[_WrittenWord]
) -> list[Sequence[_Event]] | None:
    """The events of each word, or None when a word has none of its own."""
    openings = list(_openings(events, written))
    if not openings or openings[0][0] != 0:
        return None
    stretches: list[Sequence[_Event]] = []
    closing = (len(written), len(events))
    for (index, place), (next_index, next_place) in itertools.pairwise([*openings, closing]):
        stretches.append(events[place:next_place])
        for joined in written[index + 1 : next_index]:
            if not _split_joined(stretches, joined):
                return None
    return stretches


def _openings(
    events: Sequence[_Event], written: Sequence[_WrittenWord]
) -> Iterator[tuple[int, int]]:
    """Yield (index of the word, index of the event that opens it), in order."""
    expected = 0
    for place, event in enumerate(events):
        if event.kind != _EVENT_WORD:
            continue
        for index in range(expected, len(written)):
            word = written[index]
            if word.char_start <= event.text_position < word.char_end:
                yield index, place
                expected = index + 1
                break


def _split_joined(stretches: list[Sequence[_Event]], word: _WrittenWord) -> bool:
    """Cut `word` off the end of the last stretch; False when it cannot be told apart."""
    count = _JOINED_PHONEME_COUNT.get(word.text)
    if count is None:
        return False
    joined = stretches[-1]
    sounds = [place for place, event in enumerate(joined) if event.is_sound]
    if len(sounds) <= count:
        return False
    cut = sounds[-count]
    stretches[-1:] = [joined[:cut], joined[cut:]]
    return True
