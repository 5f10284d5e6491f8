"""The layers of the text model: their weights, packed for the kernels that multiply with them."""

from dataclasses import dataclass
from typing import Any

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.eight_bits.packing import layer_packing_for
from qasr_cli.engines.qwen.model.four_bits.packing import Int4
from qasr_cli.engines.qwen.model.linear import (
    Linear,
    Packing,
    Product,
    joined,
)
from qasr_cli.engines.qwen.model.taking import taken_in_turn


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
    *,
    with_rough: bool = False,
) -> tuple[list[DecoderLayer], list[DecoderLayer]]:
    """All layers of a checkpoint's text model, and rough ones of 4 bits where these are wanted.

    They are taken out of it one by one, so that no weight is held twice.
    """
    packing = layer_packing_for(placement)
    packings = (packing, Int4(knows_no_neighbours=placement.is_int4)) if with_rough else (packing,)
    taken = taken_in_turn(
        layers, lambda layer: [_packed(layer, each, placement) for each in packings], packing
    )
    return [each[0] for each in taken], [each[1] for each in taken if with_rough]


def _packed(layer: Any, packing: Packing, placement: Placement) -> DecoderLayer:  # noqa: ANN401  # see Checkpoint
    attention, mlp = layer.self_attn, layer.mlp
    return DecoderLayer(
        attention_norm=layer.input_layernorm.weight.to(placement.device, placement.dtype),
        qkv=joined(packing, attention.q_proj, attention.k_proj, attention.v_proj),
        out=joined(packing, attention.o_proj),
        norm=layer.post_attention_layernorm.weight.to(placement.device, placement.dtype),
        gated=packing.gated(mlp.gate_proj.weight, mlp.up_proj.weight, mlp.act_fn),
        down=joined(packing, mlp.down_proj),
    )
