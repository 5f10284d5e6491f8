"""The layers of the text model: their weights, packed for the kernels that multiply with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import nn

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.eight_bits.packing import layer_packing_for
from qasr_cli.engines.qwen.model.four_bits.packing import four_bits_of
from qasr_cli.engines.qwen.model.four_bits.rough_layers import RoughLayer
from qasr_cli.engines.qwen.model.products.linear import (
    Linear,
    Packing,
    Product,
    joined,
)
from qasr_cli.engines.qwen.model.taking import taken_in_turn

_Also = TypeVar("_Also")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecoderLayer:
    """The weights of one layer.

    Attributes:
        attention_norm, norm: weights of the norms before attention and before the gated layers,
            shape (hidden size,).
        qkv: from states to queries, keys and values of all heads, side by side.
        out: from what attention gives, shape (positions, heads * dim), to states.
        gated, down: the feed-forward part, up and back.
    """

    attention_norm: torch.Tensor
    qkv: Linear
    out: Linear
    norm: torch.Tensor
    gated: Product
    down: Linear


def take_layers(
    layers: Any,  # noqa: ANN401  # see Checkpoint
    placement: Placement,
    also: Callable[[Any], _Also],
    *,
    for_reads: bool = False,
) -> tuple[list[DecoderLayer], list[_Also]]:
    """All layers of a checkpoint's text model, and what else is made of each.

    They are taken out of it one by one, so that no weight is held twice. What else is made comes
    before: it may be taken from a shelf, which one thread asks in one order.

    Args:
        for_reads: as of `packing_for`.
    """
    others = [also(layer) for layer in layers]
    packing = layer_packing_for(placement, for_reads=for_reads)
    return taken_in_turn(layers, lambda layer: packed(layer, packing, placement), packing), others


def rough_layer(layer: Any) -> RoughLayer:  # noqa: ANN401  # see Checkpoint
    """The same layer in 4 bits, for the graph that proposes."""
    attention, mlp = layer.self_attn, layer.mlp
    return RoughLayer(
        attention_norm=layer.input_layernorm.weight.float(),
        query_norm=attention.q_norm.weight.float(),
        key_norm=attention.k_norm.weight.float(),
        qkv=four_bits_of(tuple(each.weight for each in _qkv(attention))),
        out=four_bits_of(attention.o_proj.weight),
        norm=layer.post_attention_layernorm.weight.float(),
        gated=four_bits_of((mlp.gate_proj.weight, mlp.up_proj.weight)),
        down=four_bits_of(mlp.down_proj.weight),
    )


def _qkv(attention: Any) -> tuple[nn.Linear, nn.Linear, nn.Linear]:  # noqa: ANN401  # see Checkpoint
    return attention.q_proj, attention.k_proj, attention.v_proj


def packed(layer: Any, packing: Packing, placement: Placement) -> DecoderLayer:  # noqa: ANN401  # see Checkpoint
    """A layer as a packing multiplies with it."""
    attention, mlp = layer.self_attn, layer.mlp
    return DecoderLayer(
        attention_norm=layer.input_layernorm.weight.to(placement.device, placement.dtype),
        qkv=joined(packing, *_qkv(attention)),
        out=joined(packing, attention.o_proj),
        norm=layer.post_attention_layernorm.weight.to(placement.device, placement.dtype),
        gated=packing.gated(mlp.gate_proj.weight, mlp.up_proj.weight, mlp.act_fn),
        down=joined(packing, mlp.down_proj),
    )
