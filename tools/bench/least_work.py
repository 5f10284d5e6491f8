"""The least work that models of a configuration have to do, counted from their shapes."""

from dataclasses import dataclass
from typing import Any

WINDOW_S = 8
PLACES_A_S = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one model has to do at the least, for clips of one length.

    Attributes:
        encode, read: floating point operations a clip.
        write: those a new token takes.
        weight_bytes: read at every step, whatever the number of rows.
        cache_bytes: of one position.
    """

    encode: float
    read: float
    write: float
    weight_bytes: float
    cache_bytes: float


def work_of(
    config: dict[str, Any],
    *,
    clip_s: int,
    prompt_tokens: int,
    head_size: int,
    number_bytes: int,
) -> Work:
    """The least work of a model with this configuration, whose weights take 2 bytes each.

    Args:
        prompt_tokens: positions that are read.
        head_size: outputs of the last layer, for every new token.
        number_bytes: of one number of the format in which keys and values are kept.
    """
    text = config["text_config"]
    hidden, dim = text["hidden_size"], text["head_dim"]
    heads, key_heads = text["num_attention_heads"], text["num_key_value_heads"]
    weights = hidden * dim * (2 * heads + 2 * key_heads) + 3 * hidden * text["intermediate_size"]
    layers = text["num_hidden_layers"]
    attention = 2 * heads * dim * prompt_tokens  # half of all pairs, both products
    return Work(
        encode=_encoder_flop(config["audio_config"], hidden, clip_s),
        read=prompt_tokens * layers * (2 * weights + attention),
        write=2 * (layers * weights + hidden * head_size) + layers * 2 * attention,
        weight_bytes=2.0 * (layers * weights + hidden * head_size),
        cache_bytes=2.0 * number_bytes * key_heads * dim * layers,
    )


def _encoder_flop(audio: dict[str, Any], hidden_size: int, clip_s: int) -> float:
    """Floating point operations of the encoder for one clip."""
    channels, width, ffn = (
        audio["downsample_hidden_size"],
        audio["d_model"],
        audio["encoder_ffn_dim"],
    )
    planes = (64 * 50, 32 * 25, 16 * 13)
    stem = 18 * channels * planes[0] + 18 * channels**2 * (planes[1] + planes[2])
    stem += 2 * PLACES_A_S * channels * 16 * width
    layer = 2 * (4 * width**2 + 2 * width * ffn) + 4 * WINDOW_S * PLACES_A_S * width
    projector = 2 * width * (width + hidden_size)
    places = clip_s * PLACES_A_S
    encode: float = clip_s * stem + places * (audio["encoder_layers"] * layer + projector)
    return encode
