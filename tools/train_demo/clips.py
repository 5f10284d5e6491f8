"""Clips: one or several sentences with pauses between them, or sound that nobody speaks in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tools.demo_language import Language, random_sentence
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Pcm, resample
from tools.demo_word_times import SpokenWord
from tools.train_demo import sounds
from tools.train_demo.speakers import Cast, Speaker, Speech, draw_speaker

_LONGEST_S = 24.0
_LONG_SHARE = 0.4
_LONG_S = (8.0, _LONGEST_S)
_SENTENCE_COUNTS = (1, 2, 3)  # of the other clips
_SENTENCE_COUNT_SHARES = (0.6, 0.27, 0.13)

_LANGUAGE_SHARES: tuple[tuple[Language | None, float], ...] = (
    ("English", 0.58),
    ("Chinese", 0.38),
    (None, 0.04),
)
# Enough that two speakers fill the longest clip.
_SENTENCES_A_SPEAKER: dict[Language, int] = {"English": 6, "Chinese": 10}
_SECOND_SPEAKER_SHARE = 0.2

# Of each pair, a share of the pauses is as long as the second says.
_LEADING_PAUSE_S, _LONG_LEADING_PAUSE_S, _LONG_LEADING_SHARE = (0.03, 0.8), (0.8, 1.5), 0.2
_INNER_PAUSE_S, _LONG_INNER_PAUSE_S, _LONG_INNER_SHARE = (0.12, 0.9), (0.9, 2.0), 0.15
_CLOSING_PAUSE_S = (0.02, 0.8)

_QUIET_S = (0.6, 12.0)
_QUIET_SOUNDS = (sounds.digital_silence, sounds.loud_noise, sounds.tones)

_RESAMPLED_SHARE = 0.7
_RESAMPLING = (0.88, 1.14)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """A short recording and the truth about it.

    Attributes:
        pcm: float32, shape (samples,), mono, 16 kHz, in [-1, 1].
        text: what is said; "" when nobody speaks.
        language: None when nobody speaks.
        words: where each word sounds in `pcm`; None when the synthesizer did not tell.
        voice: who speaks, for people.
    """

    pcm: Pcm
    text: str
    language: Language | None
    words: tuple[SpokenWord, ...] | None
    voice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How the clips of a split come about.

    Attributes:
        cast: who may speak.
        held_out: sentences of the held-out tenth, or of the rest.
        harsh: rooms, lines, loud noises and changed voices, as only training needs them.
        languages: to choose among; None is a clip without speech. Repeat one to weigh it.
        clips_a_session: clips made of the same sentences.
    """

    cast: Cast
    held_out: bool
    harsh: bool = False
    languages: tuple[Language | None, ...] | None = None
    clips_a_session: int = 2


def session(rng: np.random.Generator, espeak: Espeak, script: Script) -> Iterator[Clip]:
    """Yield clips by the same one or two speakers.

    A few sentences are spoken once and used in several clips, in ever new company: synthesis is
    what costs most.
    """
    language = _draw_language(rng, script)
    if language is None:
        for _ in range(script.clips_a_session):
            yield quiet_clip(rng, int(rng.integers(len(_QUIET_SOUNDS))))
        return
    speeches = []
    voices = []
    for _ in range(2):
        speaker = draw_speaker(rng, espeak, language, script.cast)
        voices.append(speaker.label)
        speeches.append(_sentences(rng, speaker, language, held_out=script.held_out))
    for _ in range(script.clips_a_session):
        first = int(rng.integers(2))
        both = rng.random() < _SECOND_SPEAKER_SHARE
        said = [*speeches[0], *speeches[1]] if both else speeches[first]
        chosen = [said[place] for place in rng.permutation(len(said))]
        if not both:
            other = speeches[1 - first]
            chosen += [other[place] for place in rng.permutation(len(other))]
        yield _clip(rng, language, chosen, voice=voices[first], harsh=script.harsh)


def quiet_clip(rng: np.random.Generator, kind: int) -> Clip:
    """A clip without speech: 0 is silence, 1 is noise, 2 is tones."""
    make = _QUIET_SOUNDS[kind]
    pcm = make(rng, int(rng.uniform(*_QUIET_S) * SAMPLE_RATE_HZ)).astype(np.float32)
    return Clip(pcm=np.clip(pcm, -1, 1), text="", language=None, words=(), voice=make.__name__)


def _draw_language(rng: np.random.Generator, script: Script) -> Language | None:
    if script.languages is not None:
        return script.languages[int(rng.integers(len(script.languages)))]
    languages, shares = zip(*_LANGUAGE_SHARES, strict=True)
    chosen: Language | None = languages[int(rng.choice(len(languages), p=shares))]
    return chosen


def _sentences(
    rng: np.random.Generator, speaker: Speaker, language: Language, *, held_out: bool
) -> list[Speech]:
    speeches: list[Speech] = []
    while len(speeches) < _SENTENCES_A_SPEAKER[language]:
        speech = speaker.say(random_sentence(rng, language, held_out=held_out))
        if speech is not None:
            speeches.append(speech)
    return speeches


def _clip(
    rng: np.random.Generator,
    language: Language,
    speeches: Sequence[Speech],
    *,
    voice: str,
    harsh: bool,
) -> Clip:
    """A clip of the first few of these sentences, as far as they fit."""
    ratio = rng.uniform(*_RESAMPLING) if harsh and rng.random() < _RESAMPLED_SHARE else 1.0
    sentence_count, length_s = _extent(rng)
    blocks = [_leading_pause(rng)]
    closing = _pause(rng, _CLOSING_PAUSE_S)
    at_sample = len(blocks[0])
    texts: list[str] = []
    words: list[SpokenWord] | None = []
    for speech in speeches[:sentence_count]:
        spoken = _played_faster(speech, ratio)
        if texts and (at_sample + len(spoken.pcm) + len(closing)) / SAMPLE_RATE_HZ > length_s:
            continue
        texts.append(speech.text)
        words = (
            None
            if words is None or spoken.words is None
            else [
                *words,
                *_shifted(spoken.words, at_sample),
            ]
        )
        blocks += [spoken.pcm, _inner_pause(rng)]
        at_sample += len(blocks[-2]) + len(blocks[-1])
    blocks[-1] = closing
    return Clip(
        pcm=sounds.recorded(rng, np.concatenate(blocks), harsh=harsh),
        text=(" " if language == "English" else "").join(texts),
        language=language,
        words=None if words is None else tuple(words),
        voice=voice,
    )


def _extent(rng: np.random.Generator) -> tuple[int, float]:
    """The largest number of sentences, and of seconds."""
    if rng.random() < _LONG_SHARE:
        return 2 * max(_SENTENCES_A_SPEAKER.values()), rng.uniform(*_LONG_S)
    return int(rng.choice(_SENTENCE_COUNTS, p=_SENTENCE_COUNT_SHARES)), _LONGEST_S


def _leading_pause(rng: np.random.Generator) -> Pcm:
    is_long = rng.random() < _LONG_LEADING_SHARE
    return _pause(rng, _LONG_LEADING_PAUSE_S if is_long else _LEADING_PAUSE_S)


def _inner_pause(rng: np.random.Generator) -> Pcm:
    is_long = rng.random() < _LONG_INNER_SHARE
    return _pause(rng, _LONG_INNER_PAUSE_S if is_long else _INNER_PAUSE_S)


def _pause(rng: np.random.Generator, range_s: tuple[float, float]) -> Pcm:
    return np.zeros(int(rng.uniform(*range_s) * SAMPLE_RATE_HZ), np.float32)


def _played_faster(speech: Speech, ratio: float) -> Speech:
    pcm = resample(speech.pcm, round(len(speech.pcm) / ratio)) if ratio != 1 else speech.pcm
    words = speech.words and tuple(
        SpokenWord(
            text=word.text,
            start_sample=round(word.start_sample / ratio),
            end_sample=round(word.end_sample / ratio),
        )
        for word in speech.words
    )
    return Speech(text=speech.text, pcm=pcm, words=words)


def _shifted(words: Sequence[SpokenWord], by_samples: int) -> Iterator[SpokenWord]:
    for word in words:
        yield SpokenWord(
            text=word.text,
            start_sample=word.start_sample + by_samples,
            end_sample=word.end_sample + by_samples,
        )
