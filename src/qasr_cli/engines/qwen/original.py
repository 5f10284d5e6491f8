"""The layout in which the models were first published, read as the native one.

Its configuration holds everything under `thinker_config`, its weights begin with `thinker.`, and
transformers would load it as random weights, with a warning only. The published feature extractor
and chat template do not fit the native classes either, so the processor is put together here.
"""

from pathlib import Path
from typing import Any

from transformers import (
    GenerationConfig,
    Qwen2Tokenizer,
    Qwen3ASRConfig,
    Qwen3ASRFeatureExtractor,
    Qwen3ASRProcessor,
)

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder

_AUDIO_FIELDS = (
    "activation_dropout",
    "activation_function",
    "attention_dropout",
    "d_model",
    "downsample_hidden_size",
    "dropout",
    "encoder_attention_heads",
    "encoder_ffn_dim",
    "encoder_layers",
    "initializer_range",
    "n_window",
    "n_window_infer",
    "num_mel_bins",
    "output_dim",
    "scale_embedding",
)
_TEXT_FIELDS = (
    "attention_bias",
    "attention_dropout",
    "head_dim",
    "hidden_act",
    "hidden_size",
    "initializer_range",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "rms_norm_eps",
    "use_cache",
    "vocab_size",
)
_AUDIO_TOKENS = {
    "audio_token": "<|audio_pad|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
}
_END_TOKENS = ("<|endoftext|>", "<|im_end|>")
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


def native_config(config: dict[str, Any], tokenizer: Any) -> Qwen3ASRConfig:  # noqa: ANN401  # untyped
    """The native configuration of an original config.json.

    Raises:
        KeyError: something that every original configuration has is absent.
    """
    thinker = config["thinker_config"]
    text = thinker["text_config"]
    # The recognisers tie input and output embeddings, the aligner has a head of its own.
    is_tied = text.get("tie_word_embeddings", "classify_num" not in thinker)
    timestamp_id = tokenizer.convert_tokens_to_ids("<timestamp>")
    settings = {
        "audio_config": _chosen(thinker["audio_config"], _AUDIO_FIELDS),
        "text_config": _chosen(text, _TEXT_FIELDS)
        | {
            "rope_parameters": {"rope_type": "default", "rope_theta": float(text["rope_theta"])},
            "tie_word_embeddings": is_tied,
        },
        "tie_word_embeddings": is_tied,
        "audio_token_id": thinker["audio_token_id"],
        "timestamp_token_id": config.get("timestamp_token_id", timestamp_id),
        "pad_token_id": tokenizer.convert_tokens_to_ids("<|im_end|>"),
        "eos_token_id": tokenizer.convert_tokens_to_ids(list(_END_TOKENS)),
    }
    if "classify_num" in thinker:
        settings["num_labels"] = thinker["classify_num"]
    return Qwen3ASRConfig(**settings)


def generation_config(config: Qwen3ASRConfig) -> GenerationConfig:
    """Greedy decoding that ends where the configuration says."""
    return GenerationConfig(  # type: ignore[no-untyped-call]  # transformers
        do_sample=False, eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id
    )


def load_tokenizer(path: Path) -> Any:  # noqa: ANN401  # transformers is untyped
    """The tokenizer, with the names of the sound's tokens that the native processor asks for."""
    return Qwen2Tokenizer.from_pretrained(
        path, local_files_only=True, extra_special_tokens=_AUDIO_TOKENS
    )


def native_processor(role: Role, config: dict[str, Any], tokenizer: Any) -> Qwen3ASRProcessor:  # noqa: ANN401  # untyped
    """The processor of an original checkpoint."""
    template = demo_folder(role) / "chat_template.jinja"
    return Qwen3ASRProcessor(
        feature_extractor=Qwen3ASRFeatureExtractor(),  # type: ignore[no-untyped-call]  # transformers
        tokenizer=tokenizer,
        chat_template=template.read_text(encoding="utf-8"),
        timestamp_segment_time=config.get("timestamp_segment_time", 80),
    )


def _chosen(config: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: config[name] for name in names if name in config}
