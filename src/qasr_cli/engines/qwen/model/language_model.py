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
from qasr_cli.engines.qwen.model.company import pieces
from qasr_cli.engines.qwen.model.decoder_layer import (
    DecoderLayer,
    packed,
    rough_layer,
    take_layers,
)
from qasr_cli.engines.qwen.model.four_bits.graph import RoughGraph
from qasr_cli.engines.qwen.model.four_bits.packing import Int4
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits
from qasr_cli.engines.qwen.model.four_bits.rough_layers import RoughLayer
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.norm import WeightedNorm, weighted_norm_for
from qasr_cli.engines.qwen.model.products.choice import reads_in_place
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape, ragged_for
from qasr_cli.engines.qwen.model.rotary import Rotary, Rotate, angles_of, rotary_for
from qasr_cli.engines.qwen.model.rows import Before, Slots

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ways:
    """The ways through a model's layers.

    Attributes:
        read: the way of whole sequences, and of checks.
        step: that of steps: one for all numbers of rows, so that an answer does not depend on how
            many others are made.
    """

    read: _Way
    step: _Way


def _ways(
    model: Any,  # noqa: ANN401  # see Checkpoint
    placement: Placement,
    *,
    steps: bool,
    proposes: bool,
) -> tuple[_Ways, list[RoughLayer]]:
    """The ways through a model's layers, and what proposes tokens; empty where nothing does."""
    rotary = rotary_for(model, placement)  # reads the layers, before these are taken
    if not (steps and placement.is_int4):
        also = rough_layer if proposes else lambda _: None
        layers, rough = take_layers(model.layers, placement, also, for_reads=not steps)
        way = _way(layers, placement, rotary)
        return _Ways(read=way, step=way), [each for each in rough if each is not None]
    # In float32: what kernels of 4 bits take and give, and fewer operations.
    in_full = replace(placement, dtype=torch.float32)
    rotary_in_full, packing = rotary_for(model, in_full), Int4()
    layers, of_four_bits = take_layers(
        model.layers, placement, lambda layer: packed(layer, packing, placement)
    )
    ways = _Ways(
        read=_way(layers, placement, rotary), step=_way(of_four_bits, in_full, rotary_in_full)
    )
    return ways, []


def _way(layers: Sequence[DecoderLayer], placement: Placement, rotary: Rotary) -> _Way:
    return _Way(
        layers=layers,
        norm=weighted_norm_for(placement),
        # Nothing after it would make up for lengths that are a little off.
        last_norm=weighted_norm_for(placement, is_exact=True),
        rotary=rotary,
        dtype=placement.dtype,
    )


class LanguageModel:
    """A causal text model. Takes the weights out of it.

    Args:
        model: a `Qwen3Model` in main memory, all of whose layers attend to everything before.
        placement: where it shall work, and whether its layers are quantized.
        steps: it makes answers, not only reads.
        proposes: what it takes to propose tokens is made of its layers, too.

    Attributes:
        embeddings: shape (tokens, hidden size), in the number format of the checkpoint.
        ragged: attention to rows and sequences of any lengths, where there is one.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401  # see Checkpoint
        placement: Placement,
        *,
        steps: bool = True,
        proposes: bool = False,
    ) -> None:
        config = model.config
        self._placement = placement
        self.head_count = config.num_attention_heads
        self.key_head_count = config.num_key_value_heads
        self.head_dim = config.head_dim
        self._epsilon = config.rms_norm_eps
        # Kept as it was stored; rows become the working format when they are looked up.
        # A copy, because a view would keep all of the checkpoint's file in memory, once the rest of
        # it was read; unless the file is not read, or stays anyway.
        stays = shelf.is_filled() or reads_in_place(placement)
        self.embeddings = model.embed_tokens.weight.to(placement.device, copy=not stays)
        self._heads = HeadShape(
            count=self.head_count, key_count=self.key_head_count, dim=self.head_dim
        )
        self.ragged = ragged_for(placement, self._heads)
        self._angles = angles_of(model)
        self._ways, self._rough_layers = _ways(model, placement, steps=steps, proposes=proposes)
        self._final_norm = model.norm.weight.to(placement.device, placement.dtype)

    @property
    def layer_count(self) -> int:
        """Number of layers."""
        return len(self._ways.read.layers)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings of token ids, in the working format."""
        return functional.embedding(ids, self.embeddings).to(self._placement.dtype)

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

        rotations = self._ways.read.rotary.at(places, max(ends))
        return self._run(self._ways.read, x, rotations, attend_within, wanted)

    def step(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """States after one more token in rows of a cache, shape (rows, hidden size)."""
        some = pieces(len(ids), self._placement)
        if len(some) <= 1:
            return self._step(ids, slots, cache)
        return torch.cat([self._step(ids[each], slots.of_rows(each), cache) for each in some])

    def check(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """States after each of several more tokens in every row, shape (slots, hidden size)."""

        def attend_to_cache(layer: int, heads: Heads) -> torch.Tensor:
            cache.append(layer, slots, heads)
            keys, values = (held[: len(cache), :, : slots.longest] for held in cache.held(layer))
            return attend_ahead(heads.q, keys, values, slots.is_hidden, cache.products)

        rotations = self._ways.read.rotary.at(slots.places, slots.longest)
        return self._run(self._ways.read, self.embed(ids), rotations, attend_to_cache)

    def rough_graph(self, head: FourBits) -> RoughGraph:
        """What proposes tokens: its layers in 4 bits, which are given away, and such a head."""
        layers, self._rough_layers = self._rough_layers, []
        return RoughGraph(
            layers,
            last_norm=self._final_norm.float(),
            head=head,
            heads=self._heads,
            epsilon=self._epsilon,
            angles=self._angles,
        )

    def _step(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        def attend_to_cache(layer: int, heads: Heads) -> torch.Tensor:
            cache.append(layer, slots, heads)
            if self.ragged is not None and slots.ragged is not None:
                held = cache.held(layer)
                return self.ragged.over_rows(heads.q, *held, slots.ragged, slots.longest)
            keys, values = cache.looked_at(layer, slots)
            return attend_to_rows(heads.q, keys, values, slots.is_hidden, cache.products)

        way = self._ways.step
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
