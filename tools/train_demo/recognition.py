"""The recogniser's objective: text from sound."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from tools.demo_language import written_word
from tools.demo_speech import SAMPLE_RATE_HZ
from tools.demo_word_times import SpokenWord
from tools.train_demo.batches import NOTHING_ASKED, Batch, Row, audio_token_count, token_labels
from tools.train_demo.checkpoint import Checkpoint
from tools.train_demo.objectives import Score
from tools.train_demo.store import Example
from tools.train_demo.text_layers import GUIDE_WEIGHT, audio_embeddings, guide_loss, hidden_states
from tools.train_demo.tokenizer import (
    ANSWER_MARKER,
    AUDIO_END,
    AUDIO_PAD,
    AUDIO_START,
    TURN_END,
)

BEFORE_AUDIO = f"<|im_start|>system\n<|im_end|>\n<|im_start|>user\n{AUDIO_START}"
AFTER_AUDIO = f"{AUDIO_END}<|im_end|>\n<|im_start|>assistant\n"

_LABEL_SMOOTHING = 0.05
_FRAME_WEIGHT = 0.5
# Text layers some of whose heads are told to look at what sounds with the token, or with the one
# after it. Without it, clips above 12 s lose their place among repeated words.
_HERE_LAYER, _NEXT_LAYER = 1, 2
_PUNCTUATION_S = 0.25  # a sign sounds as the beginning of the pause after it
_LAST_PAUSE_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Text from sound. Besides, each audio token must name the text token that sounds there.

    Without that second task the decoder takes long to find the sound at all.

    Attributes:
        frames_only_steps: at first, only the second task; for models that know nothing.
    """

    checkpoint: Checkpoint
    frames_only_steps: int = 0

    def row(self, example: Example) -> Row:
        """See Objective; targets are token numbers."""
        ids_of, silent_id = self.checkpoint.ids, self.checkpoint.id_of(AUDIO_PAD)
        token_count = audio_token_count(len(example.mel))
        before = ids_of(BEFORE_AUDIO)
        prompt = [*before, *[silent_id] * token_count, *ids_of(AFTER_AUDIO)]
        answer_text = ids_of(example.text)
        text_at = len(prompt) + len(ids_of(f"language {example.language}{ANSWER_MARKER}"))
        answer = ids_of(f"language {example.language}{ANSWER_MARKER}{example.text}{TURN_END}")
        ids = prompt + answer
        spans_s = np.full((len(ids), 2), np.nan, np.float32)
        if example.words is None:
            frame_labels = np.full(token_count, NOTHING_ASKED, np.int64)
        else:
            spans = list(self._sounding_tokens(example.text, example.words))
            frame_labels = token_labels(
                token_count,
                [(answer_text[place], start_s, end_s) for place, start_s, end_s in spans],
                silent_id,
            )
            for place, start_s, end_s in spans:
                spans_s[text_at + place] = start_s, end_s
        return Row(
            example=example,
            ids=np.array(ids),
            audio_at=len(before),
            targets=np.array([NOTHING_ASKED] * len(prompt) + ids[len(prompt) :], np.float32),
            frame_labels=frame_labels,
            spans_s=spans_s,
        )

    def score(self, batch: Batch, step: int, progress: float) -> Score:
        """See Objective."""
        del progress
        model = self.checkpoint.model
        audio = audio_embeddings(model, batch)
        frame_loss = _frame_loss(model, batch, audio)
        if step < self.frames_only_steps:
            return Score(loss=frame_loss, figures={"frame": frame_loss.item()})
        states = hidden_states(model, batch, audio)
        guided = {_HERE_LAYER: batch.spans_s, _NEXT_LAYER: batch.spans_s.roll(-1, dims=1)}
        attention_loss = guide_loss(model, batch, states, guided)
        hidden = states[-1][:, :-1]
        targets = batch.targets[:, 1:].long()
        asked = targets != NOTHING_ASKED
        logits = model.lm_head(hidden[asked]).float()
        smoothing = _LABEL_SMOOTHING if model.training else 0.0
        text_loss = functional.cross_entropy(logits, targets[asked], label_smoothing=smoothing)
        right = (logits.argmax(-1) == targets[asked]).float().mean()
        return Score(
            loss=text_loss + _FRAME_WEIGHT * frame_loss + GUIDE_WEIGHT * attention_loss,
            figures={
                "text": text_loss.item(),
                "frame": frame_loss.item(),
                "guide": attention_loss.item(),
                "wrong_tokens_percent": 100 - 100 * right.item(),
            },
        )

    def _sounding_tokens(
        self, text: str, words: tuple[SpokenWord, ...]
    ) -> Iterator[tuple[int, float, float]]:
        """Yield (place of the token, from_s, to_s); letters share their word's time equally."""
        starts_s, ends_s = _letter_times(text, words)
        encoded = self.checkpoint.processor.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True
        )
        for place, (start, end) in enumerate(encoded["offset_mapping"]):
            sounding = [letter for letter in range(start, end) if starts_s[letter] >= 0]
            if sounding:
                yield place, starts_s[sounding[0]], ends_s[sounding[-1]]


def _frame_loss(model: Any, batch: Batch, audio: torch.Tensor) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    """Cross entropy of audio tokens that must name the text token that sounds there."""
    logits = functional.linear(audio, model.lm_head.weight).float()
    # Not the mean of torch, which is not a number where no clip of a batch has labels.
    total = functional.cross_entropy(
        logits, batch.frame_labels, ignore_index=NOTHING_ASKED, reduction="sum"
    )
    return total / (batch.frame_labels != NOTHING_ASKED).sum().clamp(min=1)


def _letter_times(text: str, words: tuple[SpokenWord, ...]) -> tuple[list[float], list[float]]:
    """Start and end of each letter, -1 where nothing sounds."""
    starts_s, ends_s = [-1.0] * len(text), [-1.0] * len(text)
    at = 0
    for place, word in enumerate(words):
        written = written_word(text, word.text, at)
        at = written.start
        edges = np.linspace(word.start_sample, word.end_sample, len(written) + 1)
        for start, end in itertools.pairwise(edges):
            starts_s[at], ends_s[at] = start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ
            at += 1
        if at < len(text) and not text[at].isalnum() and not text[at].isspace():
            starts_s[at] = word.end_sample / SAMPLE_RATE_HZ
            following_s = (
                words[place + 1].start_sample / SAMPLE_RATE_HZ
                if place + 1 < len(words)
                else starts_s[at] + _LAST_PAUSE_S
            )
            ends_s[at] = min(following_s, starts_s[at] + _PUNCTUATION_S)
    return starts_s, ends_s
