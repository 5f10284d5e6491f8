"""Rotary position embedding of queries and keys, joined with their norms and attention's scale."""

import functools
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.norm import rms_norm, rms_norm_for

# From what a layer's `qkv` gives, shape (positions, all heads, dim), which it may overwrite.
Rotate = Callable[[torch.Tensor], Heads]

# What layers rotate by is made for as many of them at once as take 25 MB of a GPU at the published
# width, and 0.5 MB of a processor's cache: of a step for all layers, of prompts for one or two.
_POSITIONS_OF_LAYERS = {"cpu": 512, "cuda": 8192}
# On a CPU more of them are rotated by halves, in two thirds of the time.
_FEW_POSITIONS = 64
# A GPU's table begins with so many positions, and is doubled; clips of 30 s take 2,048, or 2 MB.
_TABLE_POSITIONS = 256


class Rotary(Protocol):
    """Makes the rotations of every layer."""

    def at(self, places: torch.Tensor, position_count: int) -> Iterator[Rotate]:
        """For each layer, what makes its heads at these positions, all below that count."""
        ...


def rotary_for(model: Any, placement: Placement) -> Rotary:  # noqa: ANN401  # see Checkpoint
    """The rotations that cost least at a placement.

    Args:
        model: a `Qwen3Model` with all its layers.
        placement: where they shall work, and in which number format.
    """
    return (_PairedRotary if placement.device.type == "cuda" else _RolledRotary)(model, placement)


def angles_of(model: Any) -> Callable[[int], tuple[torch.Tensor, torch.Tensor]]:  # noqa: ANN401  # see Checkpoint
    """From a number of first positions to the cosines and sines of their angles.

    Both are float32, of shape (positions, half a dim): the other half has the same.
    """
    embedding = model.rotary_emb

    def angles(position_count: int) -> tuple[torch.Tensor, torch.Tensor]:
        # Of float32 tensors the library makes float32 tables.
        tables = embedding(torch.empty(0), torch.arange(position_count)[None])
        cos, sin = (table[0, :, : table.shape[-1] // 2].contiguous() for table in tables)
        return cos, sin

    return angles


class _RolledRotary:
    """Norm weight, rotation and scale in few operations, of which none is for values.

    Heads come in groups of as many as there are key heads, as in `_PairedRotary`. Each number is
    multiplied by its own factor, and its partner's, half the dim away, is added.
    """

    def __init__(self, model: Any, placement: Placement) -> None:  # noqa: ANN401  # see Checkpoint
        config = model.config
        self._dtype = placement.dtype
        self._split = config.num_attention_heads + config.num_key_value_heads
        self._key_head_count = config.num_key_value_heads
        self._epsilon = config.rms_norm_eps
        self._rms_norm = rms_norm_for(placement, of_heads=True)
        self._embedding = model.rotary_emb.to(placement.device)
        # Layers, positions, groups, heads, dim.
        self._own_norms = _group_norms(model)[:, None].to(placement.device)
        # The partner of a number in the first half comes in with the opposite sign.
        first, second = self._own_norms.chunk(2, dim=-1)
        self._other_norms = torch.cat([-second, first], dim=-1)

    def at(self, places: torch.Tensor, position_count: int) -> Iterator[Rotate]:
        """For each layer, what makes its heads at these positions."""
        del position_count
        # Of float32 tensors the library makes float32 tables.
        tables = self._embedding(self._own_norms, places[None])
        cos, sin = (table[0][:, None, None] for table in tables)
        for some in _layers_at_once(len(self._own_norms), places):
            factors = (self._own_norms[some] * cos, self._other_norms[some] * sin)
            for own, other in zip(*(each.to(self._dtype) for each in factors), strict=True):
                yield functools.partial(self._rotated, own, other)

    def _rotated(self, own: torch.Tensor, other: torch.Tensor, heads: torch.Tensor) -> Heads:
        position_count, _, dim = heads.shape
        qk = self._rms_norm(heads[:, : self._split], self._epsilon)
        x = qk.view(position_count, -1, self._key_head_count, dim)
        if position_count <= _FEW_POSITIONS:
            # Few numbers cost nothing to move, but every operation does.
            y = (x * own).addcmul_(x.roll(dim // 2, -1), other)
            q, k = y[:, :-1], y[:, -1]
        else:
            q = _rotated_by_halves(x[:, :-1], own[:, :-1], other[:, :-1])
            k = _rotated_by_halves(x[:, -1], own[:, -1], other[:, -1])
        return Heads(q=q.flatten(1, 2), k=k, v=heads[:, self._split :])


class _PairedRotary:
    """Queries and keys together, in as few kernels as torch has for it: a GPU waits for each.

    Heads come in groups of as many as there are key heads: some of queries, then one of keys, then
    one of values. Each number is multiplied by what itself and what its partner, half the dim away,
    takes of it; the two products of a pair make a rotated number.
    """

    def __init__(self, model: Any, placement: Placement) -> None:  # noqa: ANN401  # see Checkpoint
        config = model.config
        self._dtype = placement.dtype
        self._epsilon = config.rms_norm_eps
        self._key_head_count = config.num_key_value_heads
        self._query_group_count = config.num_attention_heads // config.num_key_value_heads
        self._half = config.head_dim // 2
        self._embedding = model.rotary_emb.to(placement.device)
        norms = _group_norms(model).to(placement.device)
        # Layers, positions, groups, heads, halves to be made, halves to make them of, half a dim.
        self._norms = norms.view(len(norms), 1, -1, 1, 1, 2, self._half)
        # All that there were: recorded steps hold their addresses.
        self._tables: list[torch.Tensor] = []

    def at(self, places: torch.Tensor, position_count: int) -> Iterator[Rotate]:
        """For each layer, what makes its heads at these positions."""
        angles = self._table(position_count)[places]
        for some in _layers_at_once(len(self._norms), places):
            for factors in (angles * self._norms[some]).to(self._dtype):
                yield functools.partial(self._rotated, factors)

    def _table(self, position_count: int) -> torch.Tensor:
        """Cosines and sines of positions, float32, shape (positions, 1, 1, 2, 2, half a dim)."""
        if not self._tables or len(self._tables[-1]) < position_count:
            count = _TABLE_POSITIONS
            while count < position_count:
                count *= 2
            places = torch.arange(count, device=self._norms.device)
            # Of float32 tensors the library makes float32 tables.
            cos, sin = (
                table[0].view(count, 2, self._half)
                for table in self._embedding(self._norms, places[None])
            )
            first = torch.stack([cos[:, 0], -sin[:, 0]], dim=1)
            second = torch.stack([sin[:, 1], cos[:, 1]], dim=1)
            self._tables.append(torch.stack([first, second], dim=1)[:, None, None])
        return self._tables[-1]

    def _rotated(self, factors: torch.Tensor, heads: torch.Tensor) -> Heads:
        position_count, _, dim = heads.shape
        groups = (position_count, -1, self._key_head_count, 2, self._half)
        grouped = heads.view(groups)
        # Values are normalised for nothing: without them it would be copied before.
        normed = rms_norm(heads, self._epsilon).view(groups)[:, : self._query_group_count + 1]
        products = normed[:, :, :, None] * factors
        of_first, of_second = products.unbind(-2)
        q = torch.add(of_first[:, :-1], of_second[:, :-1])
        torch.add(of_first[:, -1], of_second[:, -1], out=grouped[:, -2])
        kv = grouped[:, -2:].view(position_count, 2, self._key_head_count, dim)
        k, v = kv.unbind(1)
        return Heads(q=q.view(position_count, -1, dim), k=k, v=v, kv=kv)


def _rotated_by_halves(x: torch.Tensor, own: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Queries or keys, rotated as `_RolledRotary` does, without copying their halves before.

    Args:
        x: shape (positions, ..., dim).
        own, other: factors of each number and of its partner, shaped like it with any 1 in between.

    Returns:
        Shaped like x, in one piece.
    """
    half = x.shape[-1] // 2
    y = x * own
    y[..., :half].addcmul_(x[..., half:], other[..., :half])
    y[..., half:].addcmul_(x[..., :half], other[..., half:])
    return y


def _layers_at_once(layer_count: int, places: torch.Tensor) -> Iterator[slice]:
    """Layers whose factors at these positions are made together."""
    count = max(1, _POSITIONS_OF_LAYERS[places.device.type] // len(places))
    return (slice(first, first + count) for first in range(0, layer_count, count))


def _group_norms(model: Any) -> torch.Tensor:  # noqa: ANN401  # see Checkpoint
    """The norm weights of each group of heads, float32, shape (layers, groups, 1, dim).

    Those of queries hold the scale of attention, too.
    """
    config = model.config
    scale = config.head_dim**-0.5
    query_group_count = config.num_attention_heads // config.num_key_value_heads
    norms = [
        torch.stack(
            [layer.self_attn.q_norm.weight.float() * scale] * query_group_count
            + [layer.self_attn.k_norm.weight.float()]
        )
        for layer in model.layers
    ]
    return torch.stack(norms)[:, :, None]
