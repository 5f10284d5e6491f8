"""Loads one checkpoint of either layout through the library, whole or not at all.

No weight is left random. `quick` does the same for the models that qasr knows, in less time.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
    Qwen3ASRProcessor,
)

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines import pretrained
from qasr_cli.engines.qwen.loading import original
from qasr_cli.engines.qwen.loading.contents import Checkpoint, copy_small

__all__ = ["Checkpoint", "read"]

_MODEL_CLASSES: dict[Role, Any] = {
    "recogniser": Qwen3ASRForConditionalGeneration,
    "aligner": Qwen3ASRForTokenClassification,
}


def read(path: Path, role: Role, dtype: torch.dtype | Literal["auto"]) -> Checkpoint:
    """The checkpoint in a folder, in main memory; "auto" keeps the number format of its files.

    Raises:
        ModelLoadError: the folder does not hold exactly the weights that its configuration
            describes, as safetensors, for this role.
    """
    layout.require_role(path, role)
    with pretrained.reading(path):
        return _read(path, role, dtype)


def _read(path: Path, role: Role, dtype: torch.dtype | Literal["auto"]) -> Checkpoint:
    config = layout.read_config(path)
    how: dict[str, Any] = {}
    if layout.is_original(config):
        tokenizer = original.load_tokenizer(path)
        processor = original.native_processor(role, config, tokenizer)
        how["config"] = original.native_config(config, tokenizer)
        how["key_mapping"] = original.key_mapping(role)
    else:
        processor = Qwen3ASRProcessor.from_pretrained(
            path, local_files_only=True, trust_remote_code=False
        )
    model = pretrained.whole_model(_MODEL_CLASSES[role], path, dtype=dtype, **how)
    if layout.is_original(config) and role == "recogniser":
        model.generation_config = original.generation_config(model.config)
    copy_small(model)
    return Checkpoint(path=path, model=model, processor=processor)
