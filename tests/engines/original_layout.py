"""Writes a native checkpoint down as the original repositories publish theirs: `thinker.*`."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from qasr_cli.checkpoints.catalog import Role

_PREFIXES = {
    "model.multi_modal_projector.linear_1.": "thinker.audio_tower.proj1.",
    "model.multi_modal_projector.linear_2.": "thinker.audio_tower.proj2.",
    "model.language_model.": "thinker.model.",
    "model.audio_tower.": "thinker.audio_tower.",
    "score.": "thinker.lm_head.",
}
# Has no assistant turns, so it cannot render the beginning of an answer.
_CHAT_TEMPLATE = (
    "{%- for m in messages -%}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{%- endfor -%}"
)


def write_original(source: Path, target: Path, role: Role) -> None:
    """The native checkpoint `source` in the original layout, with the tokenizer's slow files."""
    target.mkdir(parents=True)
    config = json.loads((source / "config.json").read_bytes())
    _write_weights(source, target, role)
    _write_json(target / "config.json", _original_config(config, role))
    _write_json(target / "generation_config.json", {"eos_token_id": config["eos_token_id"]})
    _write_json(target / "chat_template.json", {"chat_template": _CHAT_TEMPLATE})
    _write_json(
        target / "preprocessor_config.json",
        {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128, "n_fft": 400},
    )
    _write_tokenizer(source, target)


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _write_weights(source: Path, target: Path, role: Role) -> None:
    weights = {
        _original_name(name): tensor
        for name, tensor in load_file(source / "model.safetensors").items()
    }
    if role == "recogniser":  # tied, and yet written out
        weights["thinker.lm_head.weight"] = weights["thinker.model.embed_tokens.weight"].clone()
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})


def _original_name(name: str) -> str:
    for native, original in _PREFIXES.items():
        if name.startswith(native):
            return original + name.removeprefix(native)
    raise AssertionError(name)


def _original_config(config: dict[str, Any], role: Role) -> dict[str, Any]:
    audio = config["audio_config"] | {"model_type": "qwen3_asr_audio_encoder"}
    del audio["max_position_embeddings"]
    audio |= {"max_source_positions": 1500, "conv_chunksize": 500}
    text = dict(config["text_config"])
    text["rope_theta"] = text.pop("rope_parameters")["rope_theta"]
    text["rope_scaling"] = {"mrope_interleaved": True, "rope_type": "default", "type": "default"}
    thinker = {
        "model_type": "qwen3_asr_thinker",
        "audio_config": audio,
        "text_config": text,
        "audio_token_id": config["audio_token_id"],
        "dtype": config["dtype"],
    }
    original: dict[str, Any] = {
        "architectures": ["Qwen3ASRForConditionalGeneration"],
        "model_type": "qwen3_asr",
        "support_languages": ["Chinese", "English"],
        "thinker_config": thinker,
    }
    if role == "aligner":
        text["tie_word_embeddings"] = False
        thinker["model_type"] = "qwen3_forced_aligner"
        thinker["classify_num"] = len(config["id2label"])
        original["timestamp_token_id"] = config["timestamp_token_id"]
        original["timestamp_segment_time"] = 80
    return original


def _write_tokenizer(source: Path, target: Path) -> None:
    tokenizer = json.loads((source / "tokenizer.json").read_bytes())
    _write_json(target / "vocab.json", tokenizer["model"]["vocab"])
    merges = "\n".join(" ".join(pair) for pair in tokenizer["model"]["merges"])
    (target / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    added = {str(token.pop("id")): token for token in tokenizer["added_tokens"]}
    _write_json(
        target / "tokenizer_config.json",
        {
            "added_tokens_decoder": added,
            "eos_token": "<|im_end|>",
            "extra_special_tokens": {
                "audio_bos_token": "<|audio_start|>",
                "audio_eos_token": "<|audio_end|>",
                "audio_token": "<|audio_pad|>",
            },
            "pad_token": "<|endoftext|>",
            "tokenizer_class": "Qwen2Tokenizer",
        },
    )
