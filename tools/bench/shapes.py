"""Checkpoints of the published shapes with random weights.

They serve to measure speed, never accuracy. Tokenizer and processor are the demo pair's.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import (
    Qwen3ASRConfig,
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
)

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder

ROLES: tuple[Role, ...] = ("recogniser", "aligner")
HEAD_DIM = 128

# Source: config.json of Qwen/Qwen3-ASR-0.6B, -1.7B and Qwen3-ForcedAligner-0.6B.
_SMALL_ENCODER = {"d_model": 896, "heads": 14, "layers": 18, "ffn": 3584}
_LARGE_ENCODER = {"d_model": 1024, "heads": 16, "layers": 24, "ffn": 4096}
_SMALL_TEXT = {"hidden": 1024, "inter": 3072, "vocab": 151_936}
_LARGE_TEXT = {"hidden": 2048, "inter": 6144, "vocab": 151_936}
_SHAPES: dict[tuple[str, Role], tuple[dict[str, int], dict[str, int]]] = {
    ("0.6b", "recogniser"): (_SMALL_ENCODER, _SMALL_TEXT),
    ("1.7b", "recogniser"): (_LARGE_ENCODER, _LARGE_TEXT),
    ("0.6b", "aligner"): (_LARGE_ENCODER, _SMALL_TEXT | {"vocab": 152_064}),
    ("1.7b", "aligner"): (_LARGE_ENCODER, _SMALL_TEXT | {"vocab": 152_064}),
}
_CLASS_COUNT = 5000
_SHIFT = 7919  # no multiple of any width


def checkpoint_of(shape: str, role: Role, folder: Path) -> Path:
    """A native checkpoint of that shape: the demo pair's, or made up inside `folder` once."""
    if shape == "demo":
        return demo_folder(role)
    target = folder / shape / role
    if (target / "model.safetensors").exists():
        return target
    shutil.copytree(demo_folder(role), target, ignore=shutil.ignore_patterns("*.safetensors"))
    config = config_of(shape, role)
    (target / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(
        _random_weights(config, role), target / "model.safetensors", metadata={"format": "pt"}
    )
    return target


def config_of(shape: str, role: Role) -> dict[str, Any]:
    """The configuration of a published shape, with the demo pair's tokenizer."""
    config: dict[str, Any] = json.loads((demo_folder(role) / "config.json").read_bytes())
    _enlarge(config, *_SHAPES[shape, role])
    if role == "aligner":
        names = {str(number): f"LABEL_{number}" for number in range(_CLASS_COUNT)}
        config["id2label"] = names
        config["label2id"] = {name: int(number) for number, name in names.items()}
    return config


def skeleton_of(config: dict[str, Any], role: Role) -> Any:  # noqa: ANN401  # as `Checkpoint.model`
    """A model of that configuration whose weights take no memory, and hold no numbers."""
    kind: Any = (
        Qwen3ASRForConditionalGeneration if role == "recogniser" else Qwen3ASRForTokenClassification
    )
    with torch.device("meta"):
        return kind(Qwen3ASRConfig(**config))


def _enlarge(config: dict[str, Any], encoder: dict[str, int], text: dict[str, int]) -> None:
    config["audio_config"] |= {
        "d_model": encoder["d_model"],
        "encoder_attention_heads": encoder["heads"],
        "encoder_layers": encoder["layers"],
        "encoder_ffn_dim": encoder["ffn"],
        "downsample_hidden_size": 480,
        "output_dim": text["hidden"],
    }
    config["text_config"] |= {
        "hidden_size": text["hidden"],
        "intermediate_size": text["inter"],
        "vocab_size": text["vocab"],
        "num_hidden_layers": 28,
        "layer_types": ["full_attention"] * 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": HEAD_DIM,
    }


def _random_weights(config: dict[str, Any], role: Role) -> dict[str, torch.Tensor]:
    model = skeleton_of(config, role)
    chance = torch.Generator().manual_seed(0)
    # As rarely drawn as possible: one normal tensor, from which all others are cut.
    pool = torch.randn(1 << 24, generator=chance).mul_(0.02).bfloat16()
    weights = {}
    for name, parameter in model.named_parameters():  # tied ones come once
        if parameter.dim() == 1 and name.endswith("weight"):  # norms
            weights[name] = torch.ones(parameter.shape, dtype=torch.bfloat16)
        else:
            weights[name] = _cut(pool, parameter.shape)
    return weights


def _cut(pool: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    count = shape.numel()
    turns = -(-count // len(pool))
    # Shifted each time: tokens with equal embeddings would be equally likely.
    drawn = pool if turns == 1 else torch.cat([pool.roll(_SHIFT * turn) for turn in range(turns)])
    return drawn[:count].view(shape).clone()
