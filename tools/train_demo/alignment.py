"""The aligner's objective: the times of given words."""

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from tools.demo_speech import SAMPLE_RATE_HZ
from tools.train_demo.batches import NOTHING_ASKED, Batch, Row, audio_token_count, token_labels
from tools.train_demo.checkpoint import TIME_CLASS_MS, Checkpoint
from tools.train_demo.objectives import Score
from tools.train_demo.store import Example
from tools.train_demo.text_layers import GUIDE_WEIGHT, audio_embeddings, guide_loss, hidden_states
from tools.train_demo.tokenizer import AUDIO_END, AUDIO_PAD, AUDIO_START, TIME_MARKER

_FRAME_WEIGHT = 0.3
# Text layers some of whose heads are told to look at what sounds with the word, or at its edges.
# Without it, clips above 12 s lose their place among repeated words.
_WORD_LAYER, _EDGE_LAYERS = 1, (2, 3)
_OWN_TIME_WEIGHT = 4.0  # at 0.6 it is learned three times slower, and all else waits
_OWN_TIME_LAYERS = (2, 3)  # text layers after which audio tokens must know their own time


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Times of given words. Besides, the encoder must name words and tokens must know their time.

    Position has to be known early: with the times asked of the last layer only, training stalls
    at a mean shift of 344 ms.
    """

    checkpoint: Checkpoint

    def row(self, example: Example) -> Row | None:
        """See Objective; targets are times in seconds."""
        if not example.words:
            return None
        pad_id, marker_id = self.checkpoint.id_of(AUDIO_PAD), self.checkpoint.id_of(TIME_MARKER)
        token_count = audio_token_count(len(example.mel))
        ids = [*self.checkpoint.ids(AUDIO_START), *[pad_id] * token_count]
        ids += self.checkpoint.ids(AUDIO_END)
        targets = [float(NOTHING_ASKED)] * len(ids)
        spans = []
        spans_s = [(math.nan, math.nan)] * len(ids)
        for word in example.words:
            word_ids = self.checkpoint.ids(word.text)
            start_s, end_s = (
                sample / SAMPLE_RATE_HZ for sample in (word.start_sample, word.end_sample)
            )
            ids += [*word_ids, marker_id, marker_id]
            targets += [*[float(NOTHING_ASKED)] * len(word_ids), start_s, end_s]
            edges_s = np.linspace(start_s, end_s, len(word_ids) + 1)
            spans += list(zip(word_ids, edges_s[:-1], edges_s[1:], strict=True))
            spans_s += [*itertools.pairwise(edges_s), (start_s, start_s), (end_s, end_s)]
        return Row(
            example=example,
            ids=np.array(ids),
            audio_at=len(self.checkpoint.ids(AUDIO_START)),
            spans_s=np.array(spans_s, np.float32),
            targets=np.array(targets, np.float32),
            frame_labels=token_labels(token_count, spans, pad_id),
        )

    def score(self, batch: Batch, step: int, progress: float) -> Score:
        """See Objective."""
        del step
        model = self.checkpoint.model
        audio = audio_embeddings(model, batch)
        states = hidden_states(model, batch, audio)
        asked = batch.targets != NOTHING_ASKED
        times_s = batch.targets[asked]
        logits = model.score(model.dropout(states[-1][asked])).float()
        shift_ms = (logits.argmax(-1) * TIME_CLASS_MS - times_s * 1000).abs().mean()
        time_loss = _time_loss(logits, times_s)
        own_time_loss = _own_time_loss(model, batch, states)
        norm = model.model.language_model.norm
        early_loss = _time_loss(model.score(norm(states[-2][asked])).float(), times_s)
        frame_logits = functional.linear(audio, model.get_input_embeddings().weight).float()
        frame_loss = functional.cross_entropy(frame_logits, batch.frame_labels)
        of_words_s = batch.spans_s.masked_fill(asked[..., None], math.nan)
        guided = {_WORD_LAYER: of_words_s, **dict.fromkeys(_EDGE_LAYERS, batch.spans_s)}
        attention_loss = guide_loss(model, batch, states, guided)
        return Score(
            loss=time_loss
            + _OWN_TIME_WEIGHT * own_time_loss
            + (0.36 - 0.24 * progress) * early_loss
            + _FRAME_WEIGHT * frame_loss
            + GUIDE_WEIGHT * attention_loss,
            figures={
                "time": time_loss.item(),
                "own_time": own_time_loss.item(),
                "frame": frame_loss.item(),
                "guide": attention_loss.item(),
                "shift_ms": shift_ms.item(),
            },
        )


def _own_time_loss(model: Any, batch: Batch, states: tuple[torch.Tensor, ...]) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    """Loss of audio tokens that must know their own time after some text layers."""
    is_audio = batch.ids == model.config.audio_token_id
    norm = model.model.language_model.norm
    losses = [
        _time_loss(
            model.score(norm(states[layer][is_audio])).float(), batch.audio_times_s[is_audio]
        )
        for layer in _OWN_TIME_LAYERS
    ]
    return torch.stack(losses).mean()


def _time_loss(logits: torch.Tensor, times_s: torch.Tensor) -> torch.Tensor:
    """Cross entropy against the two classes around each time, weighed by nearness."""
    place = (times_s * (1000 / TIME_CLASS_MS)).clamp(0, logits.shape[1] - 1.001)
    lower = place.floor().long()
    share = place - lower
    log_p = logits.log_softmax(-1)
    below = log_p.gather(1, lower[:, None])[:, 0]
    above = log_p.gather(1, lower[:, None] + 1)[:, 0]
    return -((1 - share) * below + share * above).mean()
