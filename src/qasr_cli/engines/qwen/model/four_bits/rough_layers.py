"""The graph of a step with 4-bit weights, from embeddings to scores, as onnxruntime takes it.

Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md (the operators
of Microsoft's domain).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from qasr_cli.engines.qwen.model.four_bits import onnx_bytes
from qasr_cli.engines.qwen.model.four_bits.matmul import add_product, version
from qasr_cli.engines.qwen.model.four_bits.quantized import FourBits
from qasr_cli.engines.qwen.model.four_bits.rough_memory import holds_eight_bits
from qasr_cli.engines.qwen.model.ragged_trial import HeadShape

# From this version of onnxruntime on, a head may attend to a sink.
_SINKS_SINCE = (1, 23)
_MICROSOFT = onnx_bytes.CONTRIBUTED
# Of keys and values, with a scale for each channel.
_IN_EIGHT_BITS: dict[str, float | str] = {
    "k_quant_type": "PER_CHANNEL",
    "v_quant_type": "PER_CHANNEL",
    "kv_cache_bit_width": 8,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoughLayer:
    """The weights of one layer.

    Attributes:
        attention_norm, norm: of the norms before attention and before the gated layers, float32,
            shape (hidden size,).
        query_norm, key_norm: of the norms of every head, without attention's scale, float32, shape
            (dim,).
        qkv: from states to queries, keys and values of all heads, side by side.
        out: from what attention gives to states.
        gated: from states to gates, then to what these are multiplied with.
        down: from the products of both to states.
    """

    attention_norm: torch.Tensor
    query_norm: torch.Tensor
    key_norm: torch.Tensor
    qkv: FourBits
    out: FourBits
    norm: torch.Tensor
    gated: FourBits
    down: FourBits


class RoughLayers:
    """Writes the graph of all layers; attention wants states of shape (rows, 1, size)."""

    def __init__(self, heads: HeadShape, epsilon: float) -> None:
        self._graph = onnx_bytes.Graph()
        self._heads = heads
        self._norm = {"epsilon": epsilon}
        self._has_sinks = version() >= _SINKS_SINCE
        self._holds_eight_bits = holds_eight_bits()
        counts = {"num_heads": heads.count, "kv_num_heads": heads.key_count}
        self._attention: dict[str, float | str] = {**counts, "do_rotary": 1, "scale": 1.0}
        if self._holds_eight_bits:
            self._attention |= _IN_EIGHT_BITS

    def graph(
        self, layers: Sequence[RoughLayer], last_norm: torch.Tensor, head: FourBits
    ) -> onnx_bytes.Graph:
        """From embeddings to scores."""
        self._write_ends(layers[0], head)
        x, normed = "states", self._normed("states", layers[0].attention_norm, "normed")
        nexts = [*(layer.attention_norm for layer in layers[1:]), last_norm]
        for number, (layer, next_norm) in enumerate(zip(layers, nexts, strict=True)):
            out = self._product(layer.out, self._attended(number, layer, normed), f"out{number}")
            x, normed = self._added(x, out, layer.norm, f"attended{number}")
            down = self._product(layer.down, self._opened(number, layer, normed), f"down{number}")
            x, normed = self._added(x, down, next_norm, f"fed{number}")
        self._product(head, normed, "scores")
        return self._graph

    def _write_ends(self, layer: RoughLayer, head: FourBits) -> None:
        """Inputs and outputs, and the numbers that all layers share."""
        heads, (token_count, hidden_size) = self._heads, head.shape
        query_size, key_size = heads.count * heads.dim, heads.key_count * heads.dim
        self._graph.fields += [
            onnx_bytes.graph_input("states", onnx_bytes.FLOAT, ("rows", 1, hidden_size)),
            onnx_bytes.graph_input("befores", onnx_bytes.INT32, ("rows",)),
            onnx_bytes.graph_input("longest", onnx_bytes.INT32, (1,)),
            onnx_bytes.graph_input("cos", onnx_bytes.FLOAT, ("positions", heads.dim // 2)),
            onnx_bytes.graph_input("sin", onnx_bytes.FLOAT, ("positions", heads.dim // 2)),
            onnx_bytes.graph_output("scores", onnx_bytes.FLOAT, ("rows", 1, token_count)),
        ]
        # Of a shape 0 stands for what there was.
        for name, numbers in (
            ("qkv_sizes", (query_size, key_size, key_size)),
            ("gated_sizes", (layer.gated.shape[0] // 2,) * 2),
            ("as_query_heads", (0, heads.count, heads.dim)),
            ("as_key_heads", (0, heads.key_count, heads.dim)),
            ("as_states", (0, 1, -1)),
        ):
            self._graph.fields.append(onnx_bytes.whole_numbers(name, np.array(numbers, np.int64)))
        if self._has_sinks:
            nothing = np.full(heads.count, -np.inf, np.float32)
            self._graph.constant("sinks", nothing)

    def _attended(self, number: int, layer: RoughLayer, normed: str) -> str:
        heads, end = self._heads, str(number)
        qkv = self._product(layer.qkv, normed, f"qkv{end}")
        q, k, v = names = [f"{name}{end}" for name in ("q", "k", "v")]
        self._graph.node("Split", [qkv, "qkv_sizes"], names, {"axis": -1})
        # With a scale of 1 the kernel multiplies one row; else it turns all keys before.
        scaled = layer.query_norm * heads.dim**-0.5
        q = self._heads_normed(q, "as_query_heads", scaled)
        k = self._heads_normed(k, "as_key_heads", layer.key_norm)
        held = [f"{name}{end}" for name in ("keys", "values")]
        self._give(held)
        inputs = [q, k, v, *held, "befores", "longest", "cos", "sin"]
        # What attends to a sink, if only to none, goes the way that is faster for one query: 10 ms
        # a row and step of the 0.6B shape at 448 positions, in place of 16.
        inputs += ["", "", "sinks"] if self._has_sinks else []
        inputs += [f"scales_{name}" for name in held] if self._holds_eight_bits else []
        outputs = [f"mixed{end}", *(f"new_{name}" for name in held)]
        self._graph.node("GroupQueryAttention", inputs, outputs, self._attention, domain=_MICROSOFT)
        return outputs[0]

    def _give(self, names: Sequence[str]) -> None:
        """Have keys and values given, their scales if they have some, and what they are then."""
        shape = ("rows", self._heads.key_count, "positions", self._heads.dim)
        kind = onnx_bytes.INT8 if self._holds_eight_bits else onnx_bytes.FLOAT
        size = self._heads.key_count * self._heads.dim
        for name in names:
            self._graph.fields += [
                onnx_bytes.graph_input(name, kind, shape),
                onnx_bytes.graph_output(f"new_{name}", kind, shape),
            ]
            if self._holds_eight_bits:
                scales = onnx_bytes.graph_input(f"scales_{name}", onnx_bytes.FLOAT, (size,))
                self._graph.fields.append(scales)

    def _heads_normed(self, x: str, shape: str, weight: torch.Tensor) -> str:
        self._graph.node("Reshape", [x, shape], [f"{x}_heads"], {})
        normed = self._normed(f"{x}_heads", weight, f"{x}_normed")
        self._graph.node("Reshape", [normed, "as_states"], [f"{x}_rows"], {})
        return f"{x}_rows"

    def _opened(self, number: int, layer: RoughLayer, normed: str) -> str:
        gated = self._product(layer.gated, normed, f"gated{number}")
        gate, other, opening, opened = (
            f"{name}{number}" for name in ("gate", "other", "opening", "opened")
        )
        self._graph.node("Split", [gated, "gated_sizes"], [gate, other], {"axis": -1})
        # With an alpha of 1 it is SiLU.
        self._graph.node("QuickGelu", [gate], [opening], {"alpha": 1.0}, domain=_MICROSOFT)
        self._graph.node("Mul", [opening, other], [opened], {})
        return opened

    def _normed(self, x: str, weight: torch.Tensor, name: str) -> str:
        inputs = [x, self._graph.constant(f"{name}_norm", _numbers(weight))]
        attributes = {**self._norm, "axis": -1, "stash_type": onnx_bytes.FLOAT}
        self._graph.node("SimplifiedLayerNormalization", inputs, [name], attributes)
        return name

    def _added(self, x: str, y: str, weight: torch.Tensor, name: str) -> tuple[str, str]:
        """Both together, and that after a norm."""
        inputs = [x, y, self._graph.constant(f"{name}_norm", _numbers(weight))]
        outputs = [f"{name}_normed", "", "", name]
        self._graph.node(
            "SkipSimplifiedLayerNormalization", inputs, outputs, self._norm, domain=_MICROSOFT
        )
        return name, outputs[0]

    def _product(self, weight: FourBits, x: str, name: str) -> str:
        add_product(self._graph, weight, x, name)
        return name


def _numbers(weight: torch.Tensor) -> npt.NDArray[np.float32]:
    return weight.float().contiguous().numpy()
