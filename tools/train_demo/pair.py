"""A finished pair at work: clips in batches, or one alone through the library's own processor.

In batches the features of each clip are made alone and padded with zeros, as qasr does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch

from tools.demo_language import words_of
from tools.train_demo.batches import audio_token_count, padded_features
from tools.train_demo.checkpoint import load
from tools.train_demo.clips import Clip
from tools.train_demo.recognition import AFTER_AUDIO, BEFORE_AUDIO
from tools.train_demo.store import features
from tools.train_demo.tokenizer import ANSWER_MARKER, AUDIO_END, AUDIO_PAD, AUDIO_START, TIME_MARKER

_Result = TypeVar("_Result")

_BATCH_SIZE = 16
_MAX_NEW_TOKENS = 200  # twice what the densest 24 s of the demo language need


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the recogniser makes of a clip; the language is "None" when it hears nobody."""

    text: str
    language: str


class Recogniser:
    """The recogniser of a pair, in float32 on the CPU."""

    def __init__(self, pair: Path) -> None:
        self._checkpoint = load(pair, "asr")
        self._checkpoint.model.eval()

    def answers(self, clips: Sequence[Clip]) -> list[Answer]:
        """One answer a clip, worked out in batches."""
        return _in_batches(clips, self._batch)

    def answer_alone(self, clip: Clip) -> Answer:
        """The answer to a clip that is alone in its batch."""
        return self._generated(
            self._checkpoint.processor.apply_transcription_request(audio=[clip.pcm])
        )[0]

    def _batch(self, clips: Sequence[Clip]) -> list[Answer]:
        before, after = self._checkpoint.ids(BEFORE_AUDIO), self._checkpoint.ids(AFTER_AUDIO)
        pad_id = self._checkpoint.id_of(AUDIO_PAD)
        mels = [features(self._checkpoint.processor.feature_extractor, clip.pcm) for clip in clips]
        prompts = [[*before, *[pad_id] * audio_token_count(len(mel)), *after] for mel in mels]
        return self._generated(_inputs(mels, prompts))

    @torch.inference_mode()
    def _generated(self, inputs: Mapping[str, torch.Tensor]) -> list[Answer]:
        ids = self._checkpoint.model.generate(**inputs, max_new_tokens=_MAX_NEW_TOKENS)
        new_ids = ids[:, inputs["input_ids"].shape[1] :]
        raw = self._checkpoint.processor.tokenizer.batch_decode(new_ids, skip_special_tokens=True)
        return [_parsed(answer) for answer in raw]


class Aligner:
    """The aligner of a pair, in float32 on the CPU."""

    def __init__(self, pair: Path) -> None:
        self._checkpoint = load(pair, "aligner")
        self._checkpoint.model.eval()

    def edges_ms(self, clips: Sequence[Clip]) -> list[list[float]]:
        """Start and end of each word of each clip, worked out in batches."""
        return _in_batches(clips, self._batch)

    def edges_alone_ms(self, clip: Clip) -> list[float]:
        """Start and end of each word of a clip that is alone in its batch."""
        inputs, words = self._checkpoint.processor.prepare_forced_aligner_inputs(
            audio=[clip.pcm], transcript=[clip.text], language=[clip.language]
        )
        return self._timed(inputs, words)[0]

    def _batch(self, clips: Sequence[Clip]) -> list[list[float]]:
        before, after = self._checkpoint.ids(AUDIO_START), self._checkpoint.ids(AUDIO_END)
        pad_id = self._checkpoint.id_of(AUDIO_PAD)
        mels = [features(self._checkpoint.processor.feature_extractor, clip.pcm) for clip in clips]
        words = [
            list(words_of(clip.text, clip.language)) if clip.language else [] for clip in clips
        ]
        prompts = []
        for mel, said in zip(mels, words, strict=True):
            marked = "".join(word + TIME_MARKER + TIME_MARKER for word in said)
            audio = [pad_id] * audio_token_count(len(mel))
            prompts.append([*before, *audio, *after, *self._checkpoint.ids(marked)])
        return self._timed(_inputs(mels, prompts), words)

    @torch.inference_mode()
    def _timed(
        self, inputs: Mapping[str, torch.Tensor], words: list[list[str]]
    ) -> list[list[float]]:
        model = self._checkpoint.model
        logits = model(**inputs, use_cache=False).logits
        items = self._checkpoint.processor.decode_forced_alignment(
            logits, inputs["input_ids"], words, model.config.timestamp_token_id
        )
        return [
            [item[edge] * 1000 for item in clip for edge in ("start_time", "end_time")]
            for clip in items
        ]


def _in_batches(
    clips: Sequence[Clip], work: Callable[[Sequence[Clip]], list[_Result]]
) -> list[_Result]:
    """What `work` makes of each clip; clips of like length go together."""
    order = sorted(range(len(clips)), key=lambda place: len(clips[place].pcm))
    results: dict[int, _Result] = {}
    for start in range(0, len(order), _BATCH_SIZE):
        places = order[start : start + _BATCH_SIZE]
        results |= zip(places, work([clips[place] for place in places]), strict=True)
    return [results[place] for place in range(len(clips))]


def _inputs(
    mels: Sequence[npt.NDArray[np.float32]], prompts: Sequence[Sequence[int]]
) -> dict[str, torch.Tensor]:
    """Prompts padded on the left, where generation needs it; the padding is masked."""
    token_count = max(len(prompt) for prompt in prompts)
    ids = torch.zeros(len(prompts), token_count, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for place, prompt in enumerate(prompts):
        ids[place, token_count - len(prompt) :] = torch.tensor(prompt)
        mask[place, token_count - len(prompt) :] = 1
    mel, mel_mask = padded_features(mels)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "input_features": mel,
        "input_features_mask": mel_mask,
    }


def _parsed(raw: str) -> Answer:
    head, _, text = raw.partition(ANSWER_MARKER)
    return Answer(text=text.strip(), language=head.removeprefix("language ").strip())
