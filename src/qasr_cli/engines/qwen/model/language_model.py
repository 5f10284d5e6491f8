"""The text model of recogniser and aligner, over sequences packed end to end without padding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.device import Placement, sent
from qasr_cli.engines.qwen.model import shelf
from qasr_cli.engines.qwen.model.attention.cached import attend_ahead, attend_to_rows
from qasr_cli.engines.qwen.model.attention.sequences import attend, sequences_of
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.company import is_one_by_one, pieces
from qasr_cli.engines.qwen.model.decoder_layer import DecoderLayer, take_layers
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.norm import WeightedNorm, weighted_norm_for
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape, ragged_for
from qasr_cli.engines.qwen.model.rotary import Rotary, Rotate, rotary_for
from qasr_cli.engines.qwen.model.rows import Before, Slots

# Positions that are read at once: enough for full speed, and on a CPU few enough that what a layer
# makes of them stays in its cache (0.6B shape, 8 bits: 8.4 ms a position at 400, 13.5 at 5,000).
_POSITIONS = {"cpu": 512, "cuda": 8192}
# From layer number and heads to attention's output, shape (positions, heads * dim).
_Attend = Callable[[int, Heads], torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Way:
    """A way through all layers.

    Attributes:
        layers: with their weights.
        norm: before attention and before the gated layers; `last_norm` after all layers.
        rotary: of queries and keys.
        dtype: number format of what goes from layer to layer.
    """

    layers: Sequence[DecoderLayer]
    norm: WeightedNorm
    last_norm: WeightedNorm
    rotary: Rotary
    dtype: torch.dtype


def _ways(model: Any, placement: Placement, *, with_rough: bool) -> tuple[_Way, _Way]:  # noqa: ANN401  # see Checkpoint
    """The way as exact as the placement, and the rough one; where none is wanted, the same twice.

    Rough layers compute in float32: what their kernels take and give, and fewer operations.
    """
    placements = [placement, *[replace(placement, dtype=torch.float32)] * with_rough]
    # All read the layers, before these are taken.
    rotaries = [rotary_for(model, each) for each in placements]
    taken = take_layers(model.layers, placement, with_rough=with_rough)
    ways = [
        _Way(
            layers=layers,
            norm=weighted_norm_for(each),
            # Nothing after it would make up for lengths that are a little off.
            last_norm=weighted_norm_for(each, is_exact=True),
            rotary=rotary,
            dtype=each.dtype,
        )
        for layers, each, rotary in zip(taken, placements, rotaries, strict=False)
    ]
    return ways[0], ways[-1]


class LanguageModel:
    """A causal text model. Takes the weights out of it.

    Args:
        model: a `Qwen3Model` in main memory, all of whose layers attend to everything before.
        placement: where it shall work, and whether its layers are quantized.
        with_rough: it can take rough steps as well; where the placement is of 4 bits, it takes no
            others.

    Attributes:
        embeddings: shape (tokens, hidden size), in the number format of the checkpoint.
        ragged: attention to rows and sequences of any lengths, where there is one.
    """

    def __init__(self, model: Any, placement: Placement, *, with_rough: bool = False) -> None:  # noqa: ANN401  # see Checkpoint
        config = model.config
        self._placement = placement
        self.head_count = config.num_attention_heads
        self.key_head_count = config.num_key_value_heads
        self.head_dim = config.head_dim
        self._epsilon = config.rms_norm_eps
        # Kept as it was stored; rows become the working format when they are looked up.
        # A copy, because a view would keep all of the checkpoint's file in memory, once the rest of
        # it was read.
        self.embeddings = model.embed_tokens.weight.to(placement.device, copy=not shelf.is_filled())
        self.ragged = ragged_for(
            placement,
            HeadShape(count=self.head_count, key_count=self.key_head_count, dim=self.head_dim),
        )
        self._exact, self._rough = _ways(model, placement, with_rough=with_rough)
        # One way for all numbers of rows: an answer does not depend on how many others are made.
        self._stepping = self._rough if placement.is_int4 else self._exact
        self._final_norm = model.norm.weight.to(placement.device, placement.dtype)

    @property
    def layer_count(self) -> int:
        """Number of layers."""
        return len(self._exact.layers)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings of token ids, in the working format."""
        return functional.embedding(ids, self.embeddings).to(self._placement.dtype)

    def groups(self, lengths: Sequence[int]) -> Iterator[range]:
        """Neighbours among sequences of these lengths that are best read at once."""
        most = 0 if is_one_by_one(self._placement) else _POSITIONS[self._placement.device.type]
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
        *,
        befores: Sequence[Before | None] | None = None,
        note: Callable[[Heads], None] = lambda _: None,
    ) -> torch.Tensor:
        """States after some positions of whole sequences, shape (wanted, hidden size).

        Args:
            x: their embeddings, one after the other; may be overwritten.
            lengths: of the sequences, without what was read of them before.
            wanted: positions among all, counted over the sequences.
            cache: gets one more row for each sequence.
            befores: what was read of each before; not with a cache.
            note: gets those of all positions in each layer, before they attend.
        """
        fresh = None if cache is None else cache.add_rows(lengths)
        sequences = sequences_of(lengths, self.ragged, self._placement)
        firsts = [0 if each is None else each.length for each in befores or [None] * len(lengths)]
        ends = [first + length for first, length in zip(firsts, lengths, strict=True)]
        places = sent(torch.cat(list(map(torch.arange, firsts, ends))), x.device)

        def attend_within(layer: int, heads: Heads) -> torch.Tensor:
            note(heads)
            if cache is not None and fresh is not None:
                cache.fill(layer, fresh, places, heads)
            both = [None if each is None else each.layers[layer] for each in befores or ()]
            q, k, v = heads.q, heads.k, heads.v
            return attend(q, k, v, sequences, is_causal=True, scale=1.0, befores=both)

        rotations = self._exact.rotary.at(places, max(ends))
        return self._run(self._exact, x, rotations, attend_within, wanted)

    def step(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """States after one more token in rows of a cache, shape (rows, hidden size)."""
        some = pieces(len(ids), self._placement)
        if len(some) == 1:
            return self._step(self._stepping, ids, slots, cache)
        return torch.cat(
            [self._step(self._stepping, ids[each], slots.of_rows(each), cache) for each in some]
        )

    def rough_step(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """About what `step` gives, for less; what it writes into the cache is as rough."""
        return self._step(self._rough, ids, slots, cache)

    def check(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """States after each of several more tokens in every row, shape (slots, hidden size)."""

        def attend_to_cache(layer: int, heads: Heads) -> torch.Tensor:
            cache.append(layer, slots, heads)
            keys, values = (held[: len(cache), :, : slots.longest] for held in cache.held(layer))
            return attend_ahead(heads.q, keys, values, slots.is_hidden, cache.products)

        rotations = self._exact.rotary.at(slots.places, slots.longest)
        return self._run(self._exact, self.embed(ids), rotations, attend_to_cache)

    def _step(self, way: _Way, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        def attend_to_cache(layer: int, heads: Heads) -> torch.Tensor:
            cache.append(layer, slots, heads)
            if self.ragged is not None and slots.ragged is not None:
                held = cache.held(layer)
                return self.ragged.over_rows(heads.q, *held, slots.ragged, slots.longest)
            keys, values = cache.looked_at(layer, slots)
            return attend_to_rows(heads.q, keys, values, slots.is_hidden, cache.products)

        rotations = way.rotary.at(slots.places, slots.longest)
        return self._run(way, self.embed(ids).to(way.dtype), rotations, attend_to_cache)

    def _run(
        self,
        way: _Way,
        x: torch.Tensor,
        rotations: Iterator[Rotate],
        attend_: _Attend,
        wanted: torch.Tensor | None = None,
    ) -> torch.Tensor:
        for number, (layer, rotate) in enumerate(zip(way.layers, rotations, strict=True)):
            normed = way.norm(x, layer.attention_norm, self._epsilon)
            out = attend_(number, rotate(layer.qkv(normed).view(len(x), -1, self.head_dim)))
            if wanted is not None and number == len(way.layers) - 1:
                # From here on positions stand by themselves.
                x, out = x[wanted], out[wanted]
            x = layer.out(out, plus=x)
            x = layer.down(layer.gated(way.norm(x, layer.norm, self._epsilon)), plus=x)
        return way.last_norm(x, self._final_norm, self._epsilon)
