"""The numbers that describe a model of the published family, out of a config.json of any layout."""

from dataclasses import dataclass
from typing import Any

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.loading import original


class UnknownShape(ValueError):
    """Something that only the library knows how to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderShape:
    """Of the audio encoder; names as in a native configuration."""

    d_model: int
    downsample_hidden_size: int
    encoder_attention_heads: int
    encoder_ffn_dim: int
    encoder_layers: int
    n_window: int
    n_window_infer: int
    num_mel_bins: int
    output_dim: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextShape:
    """Of the text model; names as in a native configuration."""

    head_dim: int
    hidden_size: int
    intermediate_size: int
    num_attention_heads: int
    num_hidden_layers: int
    num_key_value_heads: int
    rms_norm_eps: float
    rope_theta: float
    vocab_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownShape:
    """Of a whole model.

    Attributes:
        class_count: of the aligner; 0 = it is a recogniser.
        has_score_bias: of the aligner.
        dtype: the number format as the configuration names it; None = as the weights have it.
    """

    audio: EncoderShape
    text: TextShape
    audio_token_id: int
    timestamp_token_id: int | None
    eos_token_id: Any
    is_tied: bool
    class_count: int
    has_score_bias: bool
    dtype: str | None


# Anything else in these places is computed in another way.
_PLAIN_AUDIO = {"activation_function": "gelu", "scale_embedding": False}
_PLAIN_TEXT = {"attention_bias": False, "hidden_act": "silu"}


def known_shape(config: dict[str, Any], role: Role) -> KnownShape:
    """The shape of a model that is computed as the published ones are.

    Raises:
        UnknownShape: the configuration says something else, or not enough.
    """
    try:
        settings = original.native_settings(config) if layout.is_original(config) else config
        return _shape(settings, role)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnknownShape(f"{type(error).__name__}: {error}") from error


def _shape(settings: dict[str, Any], role: Role) -> KnownShape:
    audio, text = settings["audio_config"], settings["text_config"]
    _require(audio, _PLAIN_AUDIO)
    _require(text, _PLAIN_TEXT)
    rope = text["rope_parameters"]
    if rope["rope_type"] != "default" or set(rope) - {"rope_type", "rope_theta"}:
        raise UnknownShape(f"rope_parameters {rope}")
    if text.get("use_sliding_window") or set(text.get("layer_types") or ()) - {"full_attention"}:
        raise UnknownShape("windows of attention")
    if not text.keys() & {"vocab_size"} or settings.get("quantization_config"):
        raise UnknownShape("weights in a format of their own")
    encoder = EncoderShape(**{name: audio[name] for name in EncoderShape.__dataclass_fields__})
    place_count = -(-2 * encoder.n_window // 8)
    if audio.get("max_position_embeddings", place_count) != place_count:
        raise UnknownShape(f"max_position_embeddings {audio['max_position_embeddings']}")
    numbers = {name: text[name] for name in TextShape.__dataclass_fields__ if name in text}
    return KnownShape(
        audio=encoder,
        text=TextShape(**numbers | {"rope_theta": rope["rope_theta"]}),
        audio_token_id=settings["audio_token_id"],
        timestamp_token_id=settings["timestamp_token_id"] if role == "aligner" else None,
        eos_token_id=settings.get("eos_token_id"),
        is_tied=bool(settings["tie_word_embeddings"]) and role == "recogniser",
        class_count=_class_count(settings) if role == "aligner" else 0,
        has_score_bias=bool(settings.get("token_classification_bias")),
        dtype=settings.get("dtype", settings.get("torch_dtype")),
    )


def _require(part: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        if part[name] != value:
            raise UnknownShape(f"{name} {part[name]}")


def _class_count(settings: dict[str, Any]) -> int:
    if "num_labels" in settings:
        return int(settings["num_labels"])
    return len(settings["id2label"])
