"""Who says what, and when, in a recording: sentences chosen so that the demo pair follows them."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.demo_judge import Judge, Verdict
from tools.demo_language import Language, random_sentence
from tools.demo_speech import SAMPLE_RATE_HZ, Espeak, Pcm, Utterance
from tools.demo_voices import CHINESE_ACCENT, Voice

_LOUDNESS_RMS = 0.07  # about -23 dBFS
_NOISE_RMS = 0.0005  # about -66 dBFS: a quiet room
_LEAD_S = (0.4, 0.8)

_MAX_CLIP_S = 8.0  # what the demo pair was made for
_CLIP_MARGIN_S = 0.2
_MAX_MEAN_SHIFT_MS = 90.0
_PENALTY_A_WRONG_WORD = 50.0  # as bad as 50 ms more of mean shift
_CANDIDATE_COUNT = 16
_REMEMBERED_SENTENCE_COUNT = 40  # nobody repeats what was said just now


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is to be recorded.

    Attributes:
        seed: draws the sentences and the pauses.
        turns: who says how many sentences in a row.
        pause_s: shortest and longest pause between two sentences of a turn.
        turn_pause_s: the same between two turns.
        min_length_s: the turns are repeated until the recording is at least that long.
    """

    seed: int
    turns: tuple[tuple[Voice, int], ...]
    pause_s: tuple[float, float] = (0.5, 1.0)
    turn_pause_s: tuple[float, float] = (0.6, 1.2)
    min_length_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A sentence, and the sample of the recording at which it begins."""

    utterance: Utterance
    at_sample: int

    @property
    def end_sample(self) -> int:
        """One past its last sample."""
        return self.at_sample + len(self.utterance.pcm)


def mix(placed: Sequence[Placed], start_sample: int, end_sample: int) -> Pcm:
    """That stretch of a recording: the sentences over a quiet noise."""
    rng = np.random.default_rng(start_sample)
    pcm = (rng.standard_normal(end_sample - start_sample) * _NOISE_RMS).astype(np.float32)
    for sentence in placed:
        place = slice(sentence.at_sample - start_sample, sentence.end_sample - start_sample)
        pcm[place] += sentence.utterance.pcm
    return np.clip(pcm, -1, 1)


def stretch(clip: Sequence[Placed]) -> tuple[int, int]:
    """First sample of a clip around these sentences, and one past its last."""
    margin = int(_CLIP_MARGIN_S * SAMPLE_RATE_HZ)
    return clip[0].at_sample - margin, clip[-1].end_sample + margin


def joined_text(placed: Sequence[Placed]) -> str:
    """The sentences as one text: a space between two of them unless both are Chinese."""
    text = placed[0].utterance.text
    for previous, sentence in itertools.pairwise(placed):
        both_chinese = previous.utterance.language == sentence.utterance.language == "Chinese"
        text += ("" if both_chinese else " ") + sentence.utterance.text
    return text


class Director:
    """Finds sentences that the demo pair follows, one after the other."""

    def __init__(self, espeak: Espeak, judge: Judge) -> None:
        self._espeak = espeak
        self._judge = judge

    def record(self, scene: Scene) -> list[Placed]:
        """The sentences of a recording, in their places."""
        rng = np.random.default_rng(scene.seed)
        placed: list[Placed] = []
        at_sample = _sample_count(rng, _LEAD_S)
        for voice, is_new_turn in _speakers(scene):
            if placed:
                pause_s = scene.turn_pause_s if is_new_turn else scene.pause_s
                at_sample = placed[-1].end_sample + _sample_count(rng, pause_s)
            placed.append(self._next_sentence(voice, placed, at_sample, rng))
            if 0 < scene.min_length_s * SAMPLE_RATE_HZ <= placed[-1].end_sample:
                break
        return placed

    def verdict(self, pcm: Pcm, clip: Sequence[Placed]) -> Verdict:
        """How the pair does on these sentences; `pcm` is their stretch of a recording."""
        start_sample, _ = stretch(clip)
        edges_ms = [
            (sentence.at_sample + sample - start_sample) * 1000 / SAMPLE_RATE_HZ
            for sentence in clip
            for word in sentence.utterance.words
            for sample in (word.start_sample, word.end_sample)
        ]
        return self._judge.verdict(pcm, joined_text(clip), clip[0].utterance.language, edges_ms)

    def _next_sentence(
        self, voice: Voice, before: Sequence[Placed], at_sample: int, rng: np.random.Generator
    ) -> Placed:
        """The first candidate that the pair follows in every clip, or the best of several."""
        candidates = self._candidates(voice, before, at_sample, rng)
        best: tuple[float, Placed] | None = None
        for candidate in itertools.islice(candidates, _CANDIDATE_COUNT):
            alone, *together = clips_ending_in(candidate, before)
            if self._penalty(alone) > 0:
                continue
            penalty = sum(self._penalty(clip) for clip in together)
            if best is None or penalty < best[0]:
                best = (penalty, candidate)
            if penalty == 0:
                break
        if best is None:
            raise RuntimeError(f"the demo pair follows nothing that {voice.espeak_name} says")
        return best[1]

    def _candidates(
        self, voice: Voice, before: Sequence[Placed], at_sample: int, rng: np.random.Generator
    ) -> Iterator[Placed]:
        language: Language = "Chinese" if voice.accent == CHINESE_ACCENT else "English"
        said = {sentence.utterance.text for sentence in before[-_REMEMBERED_SENTENCE_COUNT:]}
        while True:
            text = random_sentence(rng, language, held_out=True)
            utterance = None if text in said else self._espeak.say(text, language, voice)
            if utterance is not None:
                yield Placed(utterance=_levelled(utterance), at_sample=at_sample)

    def _penalty(self, clip: Sequence[Placed]) -> float:
        verdict = self.verdict(mix(clip, *stretch(clip)), clip)
        excess_ms = max(0.0, verdict.mean_shift_ms - _MAX_MEAN_SHIFT_MS)
        return _PENALTY_A_WRONG_WORD * verdict.error_count + excess_ms


def clips_ending_in(last: Placed, before: Sequence[Placed]) -> list[list[Placed]]:
    """Every clip that a splitter may end with `last`: the sentence alone, then ever longer ones."""
    clips = [[last]]
    for sentence in reversed(before):
        clip = [sentence, *clips[-1]]
        if not _is_one_clip(clip):
            break
        clips.append(clip)
    return clips


def packed(placed: Sequence[Placed]) -> list[list[Placed]]:
    """The sentences in as few clips as a splitter can make from the first one on."""
    clips = [[placed[0]]]
    for sentence in placed[1:]:
        if _is_one_clip([*clips[-1], sentence]):
            clips[-1].append(sentence)
        else:
            clips.append([sentence])
    return clips


def _is_one_clip(clip: Sequence[Placed]) -> bool:
    """Whether neighbouring sentences can go through the pair together."""
    start_sample, end_sample = stretch(clip)
    languages = {sentence.utterance.language for sentence in clip}
    return end_sample - start_sample <= _MAX_CLIP_S * SAMPLE_RATE_HZ and len(languages) == 1


def _speakers(scene: Scene) -> Iterator[tuple[Voice, bool]]:
    """Yield who says each sentence, and whether the turn is new."""
    turns = itertools.cycle(scene.turns) if scene.min_length_s else scene.turns
    for voice, sentence_count in turns:
        for number in range(sentence_count):
            yield voice, number == 0


def _sample_count(rng: np.random.Generator, range_s: tuple[float, float]) -> int:
    return int(rng.uniform(*range_s) * SAMPLE_RATE_HZ)


def _levelled(utterance: Utterance) -> Utterance:
    """The utterance at the loudness that all recordings share."""
    rms = np.sqrt(np.mean(utterance.pcm**2))
    return replace(utterance, pcm=(utterance.pcm * (_LOUDNESS_RMS / rms)).astype(np.float32))
