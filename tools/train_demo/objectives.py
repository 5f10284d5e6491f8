"""What each model is asked for in training, and how its answers are scored."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch.nn import functional
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb

from tools.demo_language import written_word
from tools.demo_speech import SAMPLE_RATE_HZ, SpokenWord
from tools.train_demo.batches import (
    NOTHING_ASKED,
    TOKEN_S,
    Batch,
    Row,
    audio_token_count,
    token_labels,
)
from tools.train_demo.checkpoint import (
    ANSWER_MARKER,
    AUDIO_END,
    AUDIO_PAD,
    AUDIO_START,
    TIME_CLASS_MS,
    TIME_MARKER,
    TURN_END,
    Checkpoint,
)
from tools.train_demo.store import Example

BEFORE_AUDIO = f"<|im_start|>system\n<|im_end|>\n<|im_start|>user\n{AUDIO_START}"
AFTER_AUDIO = f"{AUDIO_END}<|im_end|>\n<|im_start|>assistant\n"

_LABEL_SMOOTHING = 0.05
_FRAME_WEIGHT_RECOGNISER, _FRAME_WEIGHT_ALIGNER = 0.5, 0.3
# Where some heads are told to look, by number of the text layer: at what sounds with the token, or
# with the one after it. Without it, clips above 12 s lose their place among repeated words.
_HERE_LAYER_RECOGNISER, _NEXT_LAYER_RECOGNISER = 1, 2
_WORD_LAYER_ALIGNER, _EDGE_LAYERS_ALIGNER = 1, (2, 3)
_GUIDED_HEAD_COUNT = 2
_GUIDE_WEIGHT = 0.3
_NEAR_S = 0.08  # beside the span, as good as in it
_OWN_TIME_WEIGHT = 4.0  # at 0.6 it is learned three times slower, and all else waits
_OWN_TIME_LAYERS = (2, 3)  # text layers after which audio tokens must know their own time
_PUNCTUATION_S = 0.25  # a sign sounds as the beginning of the pause after it
_LAST_PAUSE_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """What to minimise, and figures to watch."""

    loss: torch.Tensor
    figures: dict[str, float]


class Objective(Protocol):
    """One model's task."""

    @property
    def checkpoint(self) -> Checkpoint:
        """What is trained."""

    def row(self, example: Example) -> Row | None:
        """An example as tokens; None when this task can learn nothing from it."""

    def score(self, batch: Batch, step: int, progress: float) -> Score:
        """How well the model does; `progress` runs from 0 to 1."""


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
        audio = _audio_embeddings(model, batch)
        frame_logits = functional.linear(audio, model.lm_head.weight).float()
        # Not the mean of torch, which is not a number where no clip of a batch has labels.
        frame_loss = functional.cross_entropy(
            frame_logits, batch.frame_labels, ignore_index=NOTHING_ASKED, reduction="sum"
        ) / (batch.frame_labels != NOTHING_ASKED).sum().clamp(min=1)
        if step < self.frames_only_steps:
            return Score(loss=frame_loss, figures={"frame": frame_loss.item()})
        states = _hidden_states(model, batch, audio)
        guide_loss = _guide_loss(
            model,
            batch,
            states,
            {
                _HERE_LAYER_RECOGNISER: batch.spans_s,
                _NEXT_LAYER_RECOGNISER: batch.spans_s.roll(-1, dims=1),
            },
        )
        hidden = states[-1][:, :-1]
        targets = batch.targets[:, 1:].long()
        asked = targets != NOTHING_ASKED
        logits = model.lm_head(hidden[asked]).float()
        smoothing = _LABEL_SMOOTHING if model.training else 0.0
        text_loss = functional.cross_entropy(logits, targets[asked], label_smoothing=smoothing)
        right = (logits.argmax(-1) == targets[asked]).float().mean()
        return Score(
            loss=text_loss + _FRAME_WEIGHT_RECOGNISER * frame_loss + _GUIDE_WEIGHT * guide_loss,
            figures={
                "text": text_loss.item(),
                "frame": frame_loss.item(),
                "guide": guide_loss.item(),
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
        audio = _audio_embeddings(model, batch)
        states = _hidden_states(model, batch, audio)
        asked = batch.targets != NOTHING_ASKED
        times_s = batch.targets[asked]
        logits = model.score(model.dropout(states[-1][asked])).float()
        shift_ms = (logits.argmax(-1) * TIME_CLASS_MS - times_s * 1000).abs().mean()
        time_loss = _time_loss(logits, times_s)
        is_audio = batch.ids == model.config.audio_token_id
        norm = model.model.language_model.norm
        own_time_losses = [
            _time_loss(
                model.score(norm(states[layer][is_audio])).float(), batch.audio_times_s[is_audio]
            )
            for layer in _OWN_TIME_LAYERS
        ]
        own_time_loss = torch.stack(own_time_losses).mean()
        early_loss = _time_loss(model.score(norm(states[-2][asked])).float(), times_s)
        frame_logits = functional.linear(audio, model.get_input_embeddings().weight).float()
        frame_loss = functional.cross_entropy(frame_logits, batch.frame_labels)
        of_words_s = batch.spans_s.masked_fill(asked[..., None], math.nan)
        guide_loss = _guide_loss(
            model,
            batch,
            states,
            {
                _WORD_LAYER_ALIGNER: of_words_s,
                **dict.fromkeys(_EDGE_LAYERS_ALIGNER, batch.spans_s),
            },
        )
        return Score(
            loss=time_loss
            + _OWN_TIME_WEIGHT * own_time_loss
            + (0.36 - 0.24 * progress) * early_loss
            + _FRAME_WEIGHT_ALIGNER * frame_loss
            + _GUIDE_WEIGHT * guide_loss,
            figures={
                "time": time_loss.item(),
                "own_time": own_time_loss.item(),
                "frame": frame_loss.item(),
                "guide": guide_loss.item(),
                "shift_ms": shift_ms.item(),
            },
        )


def _audio_embeddings(model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    audio: torch.Tensor = model.model.get_audio_features(batch.mel, batch.mel_mask).pooler_output
    return audio


def _hidden_states(
    model: Any,  # noqa: ANN401  # see Checkpoint
    batch: Batch,
    audio: torch.Tensor,
) -> tuple[torch.Tensor, ...]:
    """After the embeddings and after each text layer; the last one normalised."""
    text_model = model.model.language_model
    embedded = text_model.embed_tokens(batch.ids)
    is_audio = (batch.ids == model.config.audio_token_id).unsqueeze(-1).expand_as(embedded)
    embedded = embedded.masked_scatter(is_audio, audio.to(embedded.dtype))
    # No mask: padding is on the right, and attention is causal.
    output = text_model(inputs_embeds=embedded, use_cache=False, output_hidden_states=True)
    states: tuple[torch.Tensor, ...] = output.hidden_states
    return states


def _guide_loss(
    model: Any,  # noqa: ANN401  # see Checkpoint
    batch: Batch,
    states: tuple[torch.Tensor, ...],
    spans_s: Mapping[int, torch.Tensor],
) -> torch.Tensor:
    """How little of the guided heads' attention is on the sound that they should look at.

    Args:
        spans_s: by text layer, where each token should look; shape (clips, tokens, 2).
    """
    text_model = model.model.language_model
    token_count = batch.ids.shape[1]
    places = torch.arange(token_count, device=batch.ids.device)
    later = places[None, :] > places[:, None]
    times_s = batch.audio_times_s[:, None, :]
    losses = []
    for number, spans in spans_s.items():
        layer = text_model.layers[number]
        attention = layer.self_attn
        normed = layer.input_layernorm(states[number])
        shape = (*normed.shape[:2], -1, attention.head_dim)
        query = attention.q_norm(attention.q_proj(normed).view(shape)).transpose(1, 2)
        key = attention.k_norm(attention.k_proj(normed).view(shape)).transpose(1, 2)
        cosine, sine = text_model.rotary_emb(normed, places[None])
        query, key = apply_rotary_pos_emb(query, key, cosine, sine)
        query = query[:, :_GUIDED_HEAD_COUNT]
        key = key.repeat_interleave(attention.num_key_value_groups, dim=1)
        scores = query @ key[:, :_GUIDED_HEAD_COUNT].transpose(2, 3) * attention.scaling
        log_p = scores.float().masked_fill(later, -math.inf).log_softmax(-1)
        # Comparisons with NaN are false.
        looked_for = (times_s + TOKEN_S > spans[..., :1] - _NEAR_S) & (
            times_s < spans[..., 1:] + _NEAR_S
        )
        asked = looked_for.any(-1)
        on_target = log_p.masked_fill(~looked_for[:, None], -math.inf)
        missed = -on_target.transpose(1, 2)[asked].logsumexp(-1)
        losses.append(missed.sum() / max(1, missed.numel()))  # some batches ask for nothing
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
