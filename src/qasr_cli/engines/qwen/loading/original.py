"""The layout in which the models were first published, read as the native one.

Its configuration holds everything under `thinker_config`, its weights begin with `thinker.`, and
transformers would load it as random weights, with a warning only. The published feature extractor
and chat template do not fit the native classes either, so the processor is put together here.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder

if TYPE_CHECKING:
    from transformers import GenerationConfig, Qwen2Tokenizer, Qwen3ASRConfig, Qwen3ASRProcessor

# What each field stands for where a configuration leaves it out. The native classes have other
# defaults for some (windows, rotation), so nothing is left to them.
# Source: QwenLM/Qwen3-ASR, qwen_asr/core/transformers_backend/configuration_qwen3_asr.py.
_AUDIO_DEFAULTS = {
    "activation_dropout": 0,
    "activation_function": "gelu",
    "attention_dropout": 0,
    "d_model": 1280,
    "downsample_hidden_size": 480,
    "dropout": 0,
    "encoder_attention_heads": 20,
    "encoder_ffn_dim": 5120,
    "encoder_layers": 32,
    "initializer_range": 0.02,
    "n_window": 100,
    "n_window_infer": 400,
    "num_mel_bins": 128,
    "output_dim": 3584,
    "scale_embedding": False,
}
_TEXT_DEFAULTS = {
    "attention_bias": False,
    "attention_dropout": 0.0,
    "head_dim": 128,
    "hidden_act": "silu",
    "hidden_size": 4096,
    "initializer_range": 0.02,
    "intermediate_size": 22016,
    "max_position_embeddings": 128_000,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 32,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "use_cache": True,
    "vocab_size": 151_936,
}
_ROPE_THETA_DEFAULT = 5_000_000.0
_AUDIO_TOKENS = {
    "audio_token": "<|audio_pad|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
}
END_TOKENS = ("<|endoftext|>", "<|im_end|>")
_SHARED_KEYS = {
    r"^thinker\.audio_tower\.proj1\.": "model.multi_modal_projector.linear_1.",
    r"^thinker\.audio_tower\.proj2\.": "model.multi_modal_projector.linear_2.",
    r"^thinker\.audio_tower\.": "model.audio_tower.",
    r"^thinker\.model\.": "model.language_model.",
}
_HEAD_OF_ROLE: dict[Role, str] = {"recogniser": "lm_head.", "aligner": "score."}


def key_mapping(role: Role) -> dict[str, str]:
    """Patterns of the original names of weights -> their native names; the first match counts."""
    return _SHARED_KEYS | {r"^thinker\.lm_head\.": _HEAD_OF_ROLE[role]}


def native_config(config: dict[str, Any], tokenizer: "Qwen2Tokenizer") -> "Qwen3ASRConfig":
    """The native configuration of an original config.json.

    Raises:
        KeyError: something that every original configuration has is absent.
    """
    from transformers import Qwen3ASRConfig

    ids = {
        "pad_token_id": tokenizer.convert_tokens_to_ids("<|im_end|>"),
        "eos_token_id": tokenizer.convert_tokens_to_ids(list(END_TOKENS)),
    }
    return Qwen3ASRConfig(**native_settings(config) | ids)


def native_settings(config: dict[str, Any]) -> dict[str, Any]:
    """What a native configuration says, of an original config.json; without the tokenizer's part.

    Raises:
        KeyError: something that every original configuration has is absent.
    """
    thinker = config["thinker_config"]
    text = _filled(thinker["text_config"], _TEXT_DEFAULTS)
    # Its rotation is written down as one over time, height and width; with sound alone all three
    # run alike, which is the plain one.
    rope_theta = float(thinker["text_config"].get("rope_theta", _ROPE_THETA_DEFAULT))
    text["rope_parameters"] = {"rope_type": "default", "rope_theta": rope_theta}
    settings = {
        "audio_config": _filled(thinker["audio_config"], _AUDIO_DEFAULTS),
        "text_config": text,
        "tie_word_embeddings": text["tie_word_embeddings"],
        "audio_token_id": thinker["audio_token_id"],
    }
    if "classify_num" in thinker:
        settings["num_labels"] = thinker["classify_num"]
        settings["timestamp_token_id"] = config["timestamp_token_id"]
    return settings


def generation_config(config: "Qwen3ASRConfig") -> "GenerationConfig":
    """Greedy decoding that ends where the configuration says."""
    from transformers import GenerationConfig

    return GenerationConfig(  # type: ignore[no-untyped-call]  # transformers
        do_sample=False, eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id
    )


def load_tokenizer(path: Path) -> "Qwen2Tokenizer":
    """The tokenizer, with the names of the sound's tokens that the native processor asks for."""
    from transformers import Qwen2Tokenizer

    tokenizer: Qwen2Tokenizer = Qwen2Tokenizer.from_pretrained(
        path, local_files_only=True, extra_special_tokens=_AUDIO_TOKENS
    )
    return tokenizer


def native_processor(
    role: Role, config: dict[str, Any], tokenizer: "Qwen2Tokenizer"
) -> "Qwen3ASRProcessor":
    """The processor of an original checkpoint."""
    from transformers import Qwen3ASRFeatureExtractor, Qwen3ASRProcessor

    template = demo_folder(role) / "chat_template.jinja"
    return Qwen3ASRProcessor(
        feature_extractor=Qwen3ASRFeatureExtractor(),  # type: ignore[no-untyped-call]  # transformers
        tokenizer=tokenizer,
        chat_template=template.read_text(encoding="utf-8"),
        timestamp_segment_time=config.get("timestamp_segment_time", 80),
    )


def _filled(config: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    return {name: config.get(name, default) for name, default in defaults.items()}
