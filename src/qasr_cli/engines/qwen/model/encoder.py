"""The audio encoder: from sound to embeddings; a clip is padded to whole seconds, no further."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from qasr_cli.engines.qwen.device import Placement, sent
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.given_up import ask
from qasr_cli.engines.qwen.model import shelf
from qasr_cli.engines.qwen.model.attention.sequences import attend, sequences_of
from qasr_cli.engines.qwen.model.convolution import convolution_for, stem_placement
from qasr_cli.engines.qwen.model.eight_bits.packing import layer_packing_for
from qasr_cli.engines.qwen.model.products.choice import packing_for
from qasr_cli.engines.qwen.model.products.linear import Linear, Packing, joined
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape, ragged_for
from qasr_cli.engines.qwen.model.taking import taken_in_turn

# One-second chunks that go through the convolutions at once. At the published width a chunk takes
# 6 MB after the first; a CPU is fastest while they stay in its cache.
_CHUNKS = {"cpu": 4, "cuda": 100}
# Windows of 8 s that go through the layers at once.
_WINDOWS = {"cpu": 8, "cuda": 256}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layer:
    attention_norm: nn.Module
    qkv: Linear
    out: Linear
    norm: nn.Module
    up: Linear
    down: Linear


class Encoder:
    """The audio encoder of either model. Takes the weights out of it.

    Args:
        model: a `Qwen3ASRModel` in main memory.
        placement: where it shall work.
    """

    def __init__(self, model: Any, placement: Placement) -> None:  # noqa: ANN401  # see Checkpoint
        tower, projector = model.audio_tower, model.multi_modal_projector
        config, packing = tower.config, packing_for(placement, for_reads=True)
        self._placement = placement
        self._chunk_frame_count = 2 * config.n_window
        self._window_chunk_count = config.n_window_infer // self._chunk_frame_count
        self._head_count = count = config.encoder_attention_heads
        heads = HeadShape(count=count, key_count=count, dim=config.d_model // count)
        self._ragged = ragged_for(placement, heads)
        self._stem_placement = stem = stem_placement(placement)
        self._convolutions = [
            convolution_for(stem, layer) for layer in (tower.conv2d1, tower.conv2d2, tower.conv2d3)
        ]
        self._conv_out = packing_for(stem).product(
            _frequency_first(tower.conv_out.weight, tower.conv2d3.out_channels, stem)
        )
        self._positions = tower.positional_embedding.positional_embedding.to(
            stem.device, stem.dtype
        )
        layer_packing = layer_packing_for(placement, for_reads=True)
        self._layers = taken_in_turn(
            tower.layers, lambda layer: _packed(layer, layer_packing, placement), layer_packing
        )
        self._final_norm = tower.ln_post.to(placement.device, placement.dtype)
        self._projections = (
            joined(packing, projector.linear_1, activation=projector.act),
            joined(packing, projector.linear_2),
        )

    def __call__(
        self, clips: Sequence[PreparedClip], *, goes_on: Callable[[], bool] = lambda: True
    ) -> list[torch.Tensor]:
        """Embeddings of each clip, shape (its places in a prompt, hidden size).

        Raises:
            GivenUp: `goes_on`, which is asked every few hundredths of a second, says no.
        """
        sounds = self._stem(clips, goes_on)
        size = self._window_chunk_count * self._positions.shape[0]
        windows = [
            window
            for sound in sounds
            for window in sound.split_with_sizes(_window_lengths(len(sound), size))
        ]
        # Whole windows first, then the tails by length: equals are neighbours.
        order = sorted(range(len(windows)), key=lambda i: len(windows[i]), reverse=True)
        done: list[torch.Tensor] = [torch.empty(0)] * len(windows)
        count = _WINDOWS[self._placement.device.type]
        for first in range(0, len(order), count):
            some = order[first : first + count]
            lengths = [len(windows[i]) for i in some]
            x = self._transform(torch.cat([windows[i] for i in some]), lengths, goes_on)
            for i, window in zip(some, x.split_with_sizes(lengths), strict=True):
                done[i] = window
        return list(torch.cat(done).split_with_sizes([len(sound) for sound in sounds]))

    def _stem(
        self, clips: Sequence[PreparedClip], goes_on: Callable[[], bool]
    ) -> list[torch.Tensor]:
        """One vector for 80 ms, shape (places, width); a clip's last chunk is zero-padded."""
        size = self._chunk_frame_count
        chunks = [
            chunk for clip in clips for chunk in clip.mel.view(len(clip.mel), -1, size).unbind(1)
        ]
        done = []
        count = _CHUNKS[self._placement.device.type]
        for first in range(0, len(chunks), count):
            ask(goes_on)
            some = chunks[first : first + count]
            # One alone is added up in another order, in float32 (MKL); so it never is.
            x = torch.stack(some if len(some) > 1 else [*some, torch.zeros_like(some[0])])
            x = sent(x[:, None], self._stem_placement.device)
            x = x.to(self._stem_placement.dtype)
            x = x.contiguous(memory_format=torch.channels_last)
            for convolution in self._convolutions:
                x = convolution(x)
            x = x[: len(some)]
            done.append(self._conv_out(x.permute(0, 3, 2, 1).flatten(2)) + self._positions)
        places = torch.cat(done).flatten(0, 1).to(self._placement.dtype)
        sounds = []
        for clip in clips:
            sounds.append(places[: clip.audio_token_count])
            places = places[clip.mel.shape[1] // size * len(self._positions) :]
        return sounds

    def _transform(
        self, x: torch.Tensor, lengths: Sequence[int], goes_on: Callable[[], bool]
    ) -> torch.Tensor:
        sequences = sequences_of(lengths, self._ragged, self._placement)
        for layer in self._layers:
            ask(goes_on)
            q, k, v = (
                layer.qkv(layer.attention_norm(x)).view(len(x), 3, self._head_count, -1).unbind(1)
            )
            out = attend(q, k, v, sequences, is_causal=False, scale=q.shape[-1] ** -0.5)
            x = layer.out(out, plus=x)
            x = layer.down(layer.up(layer.norm(x)), plus=x)
            if x.dtype == torch.float16:
                limit = torch.finfo(x.dtype).max - 1000  # as the library clamps, layer by layer
                x = x.clamp(-limit, limit)
        first, second = self._projections
        return second(first(self._final_norm(x)))


def _window_lengths(place_count: int, size: int) -> list[int]:
    whole_count, rest = divmod(place_count, size)
    return [size] * whole_count + [rest] * (rest > 0)


def _packed(layer: Any, packing: Packing, placement: Placement) -> _Layer:  # noqa: ANN401  # see Checkpoint
    attention = layer.self_attn
    return _Layer(
        attention_norm=layer.self_attn_layer_norm.to(placement.device, placement.dtype),
        qkv=joined(packing, attention.q_proj, attention.k_proj, attention.v_proj),
        out=joined(packing, attention.out_proj),
        norm=layer.final_layer_norm.to(placement.device, placement.dtype),
        up=joined(packing, layer.fc1, activation=layer.activation_fn),
        down=joined(packing, layer.fc2),
    )


def _frequency_first(
    weight: torch.Tensor, channel_count: int, placement: Placement
) -> torch.Tensor:
    """Columns in the order (frequency, channel), as channels-last convolutions leave them.

    Where this one is kept as well, no more than its shape is asked for.
    """
    if placement.has_onednn and shelf.is_filled():
        return weight
    return weight.view(len(weight), channel_count, -1).transpose(1, 2).flatten(1)
