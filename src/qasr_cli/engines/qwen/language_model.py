"""The text half of either model, over sequences that lie one after the other without padding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from qasr_cli.engines.qwen.attention import attend
from qasr_cli.engines.qwen.cache import Cache, Slots
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.linear import Linear, Pack, joined, pack_layers_for

# Positions that are read at once: enough for full speed, and on a CPU few enough that what a layer
# makes of them stays in its cache (0.6B shape, 8 bits: 8.4 ms a position at 400, 13.5 at 5,000).
_POSITIONS = {"cpu": 512, "cuda": 8192}
# From layer number, queries, keys and values to what the queries take, (positions, heads * dim).
_Attend = Callable[[int, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layer:
    attention_norm: torch.Tensor
    qkv: Linear
    query_key_norm: torch.Tensor  # (query and key heads, dim)
    out: Linear
    norm: torch.Tensor
    gate_up: Linear
    down: Linear


class LanguageModel:
    """A causal text model. Takes the weights out of it.

    Args:
        model: a `Qwen3Model` in main memory, all of whose layers attend to everything before.
        placement: where it shall work, and whether its layers are quantized.
    """

    def __init__(self, model: Any, placement: Placement) -> None:  # noqa: ANN401  # see Checkpoint
        config = model.config
        self._placement = placement
        self.head_count = config.num_attention_heads
        self.key_head_count = config.num_key_value_heads
        self.head_dim = config.head_dim
        self._scale = config.head_dim**-0.5
        self._epsilon = config.rms_norm_eps
        # Kept as it was stored; rows become the working format when they are looked up.
        self._embeddings = model.embed_tokens.weight.to(placement.device)
        self._rotation = model.rotary_emb.to(placement.device)
        self._activation = model.layers[0].mlp.act_fn
        self._layers = []
        pack = pack_layers_for(placement)
        while model.layers:  # one by one, so that no weight is held twice
            self._layers.append(self._packed(model.layers[0], pack))
            del model.layers[0]
        self._final_norm = self._placed(model.norm.weight)

    @property
    def layer_count(self) -> int:
        """Number of layers."""
        return len(self._layers)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embeddings of token ids, in the working format."""
        return functional.embedding(ids, self._embeddings).to(self._placement.dtype)

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
        self, x: torch.Tensor, lengths: Sequence[int], cache: Cache | None = None
    ) -> torch.Tensor:
        """States after whole sequences, shape (positions, hidden size).

        Args:
            x: their embeddings, one after the other.
            lengths: of the sequences.
            cache: gets one more row for each sequence.
        """
        rows = None if cache is None else cache.add_rows(lengths)

        def attend_within(
            layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor
        ) -> torch.Tensor:
            if cache is not None and rows is not None:
                cache.fill(layer, rows, k, v, lengths)
            return attend(q, k, v, lengths, is_causal=True, scale=self._scale)

        places = torch.cat([torch.arange(length) for length in lengths])
        return self._run(x, places.to(x.device), attend_within)

    def step(self, ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        """States after one more token in rows of a cache, shape (rows, hidden size)."""

        def attend_to_cache(
            layer: int, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor
        ) -> torch.Tensor:
            keys, values = cache.append(layer, slots, k, v)
            # The query heads that share a key head are its queries: nothing is repeated.
            grouped = q.view(len(q), self.key_head_count, -1, self.head_dim)
            scores = (grouped * self._scale) @ keys
            if slots.is_hidden is not None:
                scores = scores.masked_fill_(slots.is_hidden, -torch.inf)
            weights = scores.softmax(dim=-1, dtype=torch.float32).to(values.dtype)
            out: torch.Tensor = weights @ values
            return out.flatten(1)

        return self._run(self.embed(ids), slots.places, attend_to_cache)

    def _run(self, x: torch.Tensor, places: torch.Tensor, attend_: _Attend) -> torch.Tensor:
        cos, sin = (table[0][:, None] for table in self._rotation(x, places[None]))
        split = self.head_count + self.key_head_count
        for number, layer in enumerate(self._layers):
            heads = layer.qkv(self._normed(x, layer.attention_norm)).view(len(x), -1, self.head_dim)
            qk = _rms_norm(heads[:, :split], self._epsilon) * layer.query_key_norm
            qk = qk * cos + _half_turned(qk) * sin
            out = attend_(
                number, qk[:, : self.head_count], qk[:, self.head_count :], heads[:, split:]
            )
            x = x + layer.out(out)
            gate, up = layer.gate_up(self._normed(x, layer.norm)).chunk(2, dim=-1)
            x = x + layer.down(self._activation(gate).mul_(up))
        return self._normed(x, self._final_norm)

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return _rms_norm(x, self._epsilon) * weight

    def _packed(self, layer: Any, pack: Pack) -> _Layer:  # noqa: ANN401  # see Checkpoint
        attention, mlp = layer.self_attn, layer.mlp
        query_key_norm = torch.cat(
            [
                attention.q_norm.weight.expand(self.head_count, -1),
                attention.k_norm.weight.expand(self.key_head_count, -1),
            ]
        )
        return _Layer(
            attention_norm=self._placed(layer.input_layernorm.weight),
            qkv=joined(pack, attention.q_proj, attention.k_proj, attention.v_proj),
            query_key_norm=self._placed(query_key_norm),
            out=joined(pack, attention.o_proj),
            norm=self._placed(layer.post_attention_layernorm.weight),
            gate_up=joined(pack, mlp.gate_proj, mlp.up_proj),
            down=joined(pack, mlp.down_proj),
        )

    def _placed(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self._placement.device, self._placement.dtype)


def _rms_norm(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    return functional.rms_norm(x, x.shape[-1:], eps=epsilon)


def _half_turned(x: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, dim=-1)
    return torch.cat([-second, first], dim=-1)
