"""The text model of recogniser and aligner, over sequences packed end to end without padding."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, sent
from qasr_cli.engines.qwen.model.attention import attend, attend_to_rows
from qasr_cli.engines.qwen.model.cache import Cache, Slots
from qasr_cli.engines.qwen.model.decoder_layer import take_layers
from qasr_cli.engines.qwen.model.norm import rms_norm, rms_norm_for
from qasr_cli.engines.qwen.model.rotary import Rotary

# Positions that are read at once: enough for full speed, and on a CPU few enough that what a layer
# makes of them stays in its cache (0.6B shape, 8 bits: 8.4 ms a position at 400, 13.5 at 5,000).
_POSITIONS = {"cpu": 512, "cuda": 8192}
# From layer number, queries, keys and values to attention's output, (positions, heads * dim).
_Attend = Callable[[int, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


class LanguageModel:
    """A causal text model. Takes the weights out of it.

    Args:
        model: a `Qwen3Model` in main memory, all of whose layers attend to everything before.
        placement: where it shall work, and whether its layers are quantized.

    Attributes:
        embeddings: shape (tokens, hidden size), in the number format of the checkpoint.
    """

    def __init__(self, model: Any, placement: Placement) -> None:  # noqa: ANN401  # see Checkpoint
        config = model.config
        self._placement = placement
        self.head_count = config.num_attention_heads
        self.key_head_count = config.num_key_value_heads
        self.head_dim = config.head_dim
        self._epsilon = config.rms_norm_eps
        # Kept as it was stored; rows become the working format when they are looked up.
        # A copy, because a view would keep all of the checkpoint's file in memory.
        self.embeddings = model.embed_tokens.weight.to(placement.device, copy=True)
        self._rms_norm = rms_norm_for(placement)
        self._rms_norm_of_heads = rms_norm_for(placement, of_heads=True)
        self._rotary = Rotary(model, placement)
        self._layers = take_layers(model.layers, placement)
        self._final_norm = model.norm.weight.to(placement.device, placement.dtype)

    @property
    def layer_count(self) -> int:
        """Number of layers."""
        return len(self._layers)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings of token ids, in the working format."""
        return functional.embedding(ids, self.embeddings).to(self._placement.dtype)

    def groups(self, lengths: Sequence[int]) -> Iterator[range]:
        """Neighbours among sequences of these lengths that are best read at once."""
        most = _POSITIONS[self._placement.device.type]
        first = position_count = 0
        for number, length in enumerate(lengths):
            if number > first and position_count + length > most:
                yield range(first, number)
                first, position_count = number, 0
            position_count += length
        if lengths:
            yield range(first, len(lengths))

    def read(
        self,
        x: torch.Tensor,
        lengths: Sequence[int],
        wanted: torch.Tensor,
        cache: Cache | None = None,
    ) -> torch.Tensor:
        """States after some positions of whole sequences, shape (wanted, hidden size).

        Args:
            x: their embeddings, one after the other.
            lengths: of the sequences.
            wanted: positions among all, counted over the sequences.
            cache: gets one more row for each sequence.
        """
        rows = None if cache is None else cache.add_rows(lengths)

        def attend_within(
            layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor
        ) -> torch.Tensor:
            if cache is not None and rows is not None:
                cache.fill(layer, rows, k, v, lengths)
            return attend(q, k, v, lengths, is_causal=True, scale=1.0)

        places = torch.cat([torch.arange(length) for length in lengths])
        return self._run(x, sent(places, x.device), attend_within, wanted)

    def step(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """States after one more token in rows of a cache, shape (rows, hidden size)."""

        def attend_to_cache(
            layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor
        ) -> torch.Tensor:
            keys, values = cache.append(layer, slots, k, v)
            return attend_to_rows(q, keys, values, slots.is_hidden, come_first=cache.comes_first)

        return self._run(self.embed(ids), slots.places, attend_to_cache)

    def _run(
        self,
        x: torch.Tensor,
        places: torch.Tensor,
        attend_: _Attend,
        wanted: torch.Tensor | None = None,
    ) -> torch.Tensor:
        split = self.head_count + self.key_head_count
        rotations = self._rotary.at(places)
        for number, (layer, (rotate_queries, rotate_keys)) in enumerate(
            zip(self._layers, rotations, strict=True)
        ):
            heads = layer.qkv(self._normed(x, layer.attention_norm)).view(len(x), -1, self.head_dim)
            qk = self._rms_norm_of_heads(heads[:, :split], self._epsilon)
            q, k = rotate_queries(qk[:, : self.head_count]), rotate_keys(qk[:, self.head_count :])
            out = attend_(number, q, k, heads[:, split:])
            if wanted is not None and number == len(self._layers) - 1:
                # From here on positions stand by themselves.
                x, out = x[wanted], out[wanted]
            x = layer.out(out, plus=x)
            x = layer.down(layer.gated(self._normed(x, layer.norm)), plus=x)
        # Nothing after it would make up for lengths that are a little off.
        return rms_norm(x, self._epsilon).mul_(self._final_norm)

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return self._rms_norm(x, self._epsilon).mul_(weight)
