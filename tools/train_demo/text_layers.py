"""The text layers in training: their states, and losses that guide some of their attention."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb

from tools.train_demo.batches import TOKEN_S, Batch

GUIDE_WEIGHT = 0.3  # of `guide_loss` in either objective
_GUIDED_HEAD_COUNT = 2
_NEAR_S = 0.08  # beside the span, as good as in it


def audio_embeddings(model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    """One embedding for each audio token of all clips, shape (audio tokens, hidden size)."""
    audio: torch.Tensor = model.model.get_audio_features(batch.mel, batch.mel_mask).pooler_output
    return audio


def hidden_states(
    model: Any,  # noqa: ANN401  # see Checkpoint
    batch: Batch,
    audio: torch.Tensor,
) -> tuple[torch.Tensor, ...]:
    """States after the embeddings and after each text layer; the last ones normalised."""
    text_model = model.model.language_model
    embedded = text_model.embed_tokens(batch.ids)
    is_audio = (batch.ids == model.config.audio_token_id).unsqueeze(-1).expand_as(embedded)
    embedded = embedded.masked_scatter(is_audio, audio.to(embedded.dtype))
    # No mask: padding is on the right, and attention is causal.
    output = text_model(inputs_embeds=embedded, use_cache=False, output_hidden_states=True)
    states: tuple[torch.Tensor, ...] = output.hidden_states
    return states


def guide_loss(
    model: Any,  # noqa: ANN401  # see Checkpoint
    batch: Batch,
    states: tuple[torch.Tensor, ...],
    spans_s: Mapping[int, torch.Tensor],
) -> torch.Tensor:
    """Loss of attention heads that should look at given stretches of sound.

    It is the negative log share of their attention that is on the sound they should look at.

    Args:
        spans_s: by text layer, where each token should look; shape (clips, tokens, 2).
    """
    times_s = batch.audio_times_s[:, None, :]
    losses = []
    for number, spans in spans_s.items():
        log_p = _guided_log_attention(model, number, states[number])
        # Comparisons with NaN are false.
        looked_for = (times_s + TOKEN_S > spans[..., :1] - _NEAR_S) & (
            times_s < spans[..., 1:] + _NEAR_S
        )
        asked = looked_for.any(-1)
        on_target = log_p.masked_fill(~looked_for[:, None], -math.inf)
        missed = -on_target.transpose(1, 2)[asked].logsumexp(-1)
        losses.append(missed.sum() / max(1, missed.numel()))  # some batches ask for nothing
    return torch.stack(losses).mean()


def _guided_log_attention(model: Any, number: int, states: torch.Tensor) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    """Logarithm of a text layer's attention, shape (clips, guided heads, tokens, tokens)."""
    text_model = model.model.language_model
    layer = text_model.layers[number]
    attention = layer.self_attn
    normed = layer.input_layernorm(states)
    places = torch.arange(states.shape[1], device=states.device)
    later = places[None, :] > places[:, None]
    shape = (*normed.shape[:2], -1, attention.head_dim)
    query = attention.q_norm(attention.q_proj(normed).view(shape)).transpose(1, 2)
    key = attention.k_norm(attention.k_proj(normed).view(shape)).transpose(1, 2)
    cosine, sine = text_model.rotary_emb(normed, places[None])
    query, key = apply_rotary_pos_emb(query, key, cosine, sine)
    query = query[:, :_GUIDED_HEAD_COUNT]
    key = key.repeat_interleave(attention.num_key_value_groups, dim=1)
    scores = query @ key[:, :_GUIDED_HEAD_COUNT].transpose(2, 3) * attention.scaling
    log_p: torch.Tensor = scores.float().masked_fill(later, -math.inf).log_softmax(-1)
    return log_p
