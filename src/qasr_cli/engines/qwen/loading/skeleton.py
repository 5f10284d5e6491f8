"""Models without numbers: modules with the names of the native classes, to be filled with weights.

What computes with the weights takes them out by these names; nothing here computes but tables.
The library's own classes take three seconds to import, for the same names.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from qasr_cli.engines.qwen.loading.known_shape import EncoderShape, KnownShape, TextShape

_SIZE, _STRIDE, _PADDING = 3, 2, 1
# Source: "Attention Is All You Need", section 3.5.
_SLOWEST_WAVE = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How an answer ends."""

    eos_token_id: int | Sequence[int]


class _Linear(nn.Linear):
    """A layer whose memory nobody has touched: there is none of it until it has its weights.

    Torch's meta device would do that too; its first use imports half a second of other code.
    """

    def reset_parameters(self) -> None:
        """Leave them."""


class _Convolution(nn.Conv2d):
    def reset_parameters(self) -> None:
        """Leave them."""


class _Embedding(nn.Embedding):
    def reset_parameters(self) -> None:
        """Leave them."""


class Skeleton(nn.Module):
    """A recogniser or an aligner.

    Attributes:
        generation_config: of a recogniser, once its weights are there.
    """

    generation_config: GenerationSettings

    def __init__(self, shape: KnownShape) -> None:
        super().__init__()
        self.config = shape
        self.model = _Models(shape)
        if shape.class_count:
            self.score = _Linear(
                shape.text.hidden_size, shape.class_count, bias=shape.has_score_bias
            )
        else:
            self.lm_head = _Linear(shape.text.hidden_size, shape.text.vocab_size, bias=False)


class _Models(nn.Module):
    def __init__(self, shape: KnownShape) -> None:
        super().__init__()
        self.audio_tower = _Tower(shape.audio)
        self.multi_modal_projector = _Projector(shape.audio)
        self.language_model = _TextModel(shape.text)


class _Tower(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.config = shape
        count = shape.downsample_hidden_size
        self.conv2d1 = _Convolution(1, count, _SIZE, _STRIDE, _PADDING)
        self.conv2d2 = _Convolution(count, count, _SIZE, _STRIDE, _PADDING)
        self.conv2d3 = _Convolution(count, count, _SIZE, _STRIDE, _PADDING)
        self.conv_out = _Linear(count * -(-shape.num_mel_bins // 8), shape.d_model, bias=False)
        self.positional_embedding = _Positions(-(-2 * shape.n_window // 8), shape.d_model)
        self.layers = nn.ModuleList(_TowerLayer(shape) for _ in range(shape.encoder_layers))
        self.ln_post = nn.LayerNorm(shape.d_model)


class _Positions(nn.Module):
    """Sines and cosines of places; they are in no file."""

    positional_embedding: torch.Tensor

    def __init__(self, place_count: int, dim: int) -> None:
        super().__init__()
        half = dim // 2
        waves = torch.exp(-math.log(_SLOWEST_WAVE) / (half - 1) * torch.arange(half).float())
        angles = torch.arange(place_count)[:, None] * waves[None]
        table = torch.cat([angles.sin(), angles.cos()], dim=1)
        self.register_buffer("positional_embedding", table, persistent=False)


class _TowerLayer(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.self_attn = _TowerAttention(shape.d_model)
        self.self_attn_layer_norm = nn.LayerNorm(shape.d_model)
        self.activation_fn = nn.GELU()
        self.fc1 = _Linear(shape.d_model, shape.encoder_ffn_dim)
        self.fc2 = _Linear(shape.encoder_ffn_dim, shape.d_model)
        self.final_layer_norm = nn.LayerNorm(shape.d_model)


class _TowerAttention(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.q_proj = _Linear(dim, dim)
        self.k_proj = _Linear(dim, dim)
        self.v_proj = _Linear(dim, dim)
        self.out_proj = _Linear(dim, dim)


class _Projector(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.linear_1 = _Linear(shape.d_model, shape.d_model)
        self.act = nn.GELU()
        self.linear_2 = _Linear(shape.d_model, shape.output_dim)


class _TextModel(nn.Module):
    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        self.config = shape
        self.embed_tokens = _Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(_TextLayer(shape) for _ in range(shape.num_hidden_layers))
        self.norm = _Norm(shape.hidden_size)
        self.rotary_emb = _RotaryTables(shape)


class _TextLayer(nn.Module):
    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        self.self_attn = _TextAttention(shape)
        self.mlp = _GatedLayers(shape)
        self.input_layernorm = _Norm(shape.hidden_size)
        self.post_attention_layernorm = _Norm(shape.hidden_size)


class _TextAttention(nn.Module):
    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        queries = shape.num_attention_heads * shape.head_dim
        keys = shape.num_key_value_heads * shape.head_dim
        self.q_proj = _Linear(shape.hidden_size, queries, bias=False)
        self.k_proj = _Linear(shape.hidden_size, keys, bias=False)
        self.v_proj = _Linear(shape.hidden_size, keys, bias=False)
        self.o_proj = _Linear(queries, shape.hidden_size, bias=False)
        self.q_norm = _Norm(shape.head_dim)
        self.k_norm = _Norm(shape.head_dim)


class _GatedLayers(nn.Module):
    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        self.gate_proj = _Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.up_proj = _Linear(shape.hidden_size, shape.intermediate_size, bias=False)
        self.down_proj = _Linear(shape.intermediate_size, shape.hidden_size, bias=False)
        self.act_fn = nn.SiLU()


class _Norm(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))


class _RotaryTables(nn.Module):
    """Cosines and sines of positions; they are in no file."""

    frequencies: torch.Tensor

    def __init__(self, shape: TextShape) -> None:
        super().__init__()
        exponents = torch.arange(0, shape.head_dim, 2).float() / shape.head_dim
        frequencies = 1.0 / (shape.rope_theta**exponents)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, x: torch.Tensor, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of places, shape (1, places): tables of shape (1, places, dim) in x's number format."""
        angles = places[..., None].float() * self.frequencies.float()
        both = torch.cat([angles, angles], dim=-1)
        return both.cos().to(x.dtype), both.sin().to(x.dtype)
