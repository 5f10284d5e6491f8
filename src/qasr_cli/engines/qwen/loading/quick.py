"""Loads one checkpoint without the library, which takes three seconds to import.

What is not exactly of the published family, or not whole, the library reads, and says what is wrong
with it.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import safe_open

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.device import is_out_of_memory
from qasr_cli.engines.qwen.loading import original
from qasr_cli.engines.qwen.loading.contents import Checkpoint, copy_small
from qasr_cli.engines.qwen.loading.known_shape import KnownShape, UnknownShape, known_shape
from qasr_cli.engines.qwen.loading.log_mel import LogMel, log_mel_of
from qasr_cli.engines.qwen.loading.skeleton import GenerationSettings, Skeleton
from qasr_cli.engines.qwen.loading.tokens import tokens_of

_EMBEDDINGS = "model.language_model.embed_tokens.weight"
_HEAD = "lm_head.weight"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Processor:
    """What of the library's processor both models need.

    Attributes:
        timestamp_segment_time: milliseconds of one class of time.
    """

    feature_extractor: LogMel
    tokenizer: Any
    timestamp_segment_time: int


def read(path: Path, role: Role, dtype: torch.dtype | Literal["auto"]) -> Checkpoint:
    """The checkpoint in a folder, in main memory; "auto" keeps the number format of its files.

    Raises:
        ModelLoadError: the folder does not hold exactly the weights that its configuration
            describes, as safetensors, for this role.
    """
    if dtype == "auto":
        layout.require_role(path, role)
        try:
            return _read(path, role)
        except Exception as error:  # whatever it is, the library has words for it
            if is_out_of_memory(error):
                raise
            _log.debug("%s: read through the library: %s", path, error)
    from qasr_cli.engines.qwen.loading import checkpoint

    return checkpoint.read(path, role, dtype)


def lies_in_file(checkpoint: Checkpoint) -> bool:
    """Whether its large weights take no memory yet: they are where the file has them."""
    return isinstance(checkpoint.model, Skeleton)


def _read(path: Path, role: Role) -> Checkpoint:
    config = layout.read_config(path)
    shape = known_shape(config, role)
    weights = _weights(path, original.key_mapping(role) if layout.is_original(config) else {})
    model = Skeleton(shape)
    _fill(model, weights, shape)
    model.eval().requires_grad_(False)
    copy_small(model)
    processor = _processor(path, config)
    if role == "recogniser":
        end_ids = _end_ids(path, config, processor.tokenizer, shape)
        model.generation_config = GenerationSettings(eos_token_id=end_ids)
    return Checkpoint(path=path, model=model, processor=processor)


def _weights(path: Path, key_mapping: Mapping[str, str]) -> dict[str, torch.Tensor]:
    """All weights, by native names; they lie where the file does until they are used."""
    weights: dict[str, torch.Tensor] = {}
    for shard in layout.shards_of(path):
        with safe_open(shard, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118  # it is no mapping
                native = _native_name(name, key_mapping)
                if native in weights:
                    raise UnknownShape(f"{name} is there twice")
                weights[native] = file.get_tensor(name)
    return weights


def _native_name(name: str, key_mapping: Mapping[str, str]) -> str:
    for pattern, native in key_mapping.items():
        renamed, count = re.subn(pattern, native, name)
        if count:
            return renamed
    return name


def _fill(model: Skeleton, weights: dict[str, torch.Tensor], shape: KnownShape) -> None:
    """Give every parameter its weight.

    Raises:
        UnknownShape: one is missing, left over, of another shape, or to be converted.
    """
    dtypes = {weight.dtype for weight in weights.values()}
    if len(dtypes) != 1 or shape.dtype not in (None, str(*dtypes).removeprefix("torch.")):
        raise UnknownShape(f"weights in {sorted(map(str, dtypes))}, {shape.dtype} configured")
    if shape.is_tied and _EMBEDDINGS in weights:
        weights[_HEAD] = weights[_EMBEDDINGS]
    try:
        model.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise UnknownShape(str(error)) from error
    if shape.is_tied:
        model.lm_head.weight = model.model.language_model.embed_tokens.weight


def _processor(path: Path, config: dict[str, Any]) -> Processor:
    tokenizer: Any
    features: Any
    if layout.is_original(config):
        settings, tokenizer, features = config, original.load_tokenizer(path), {}
    else:
        settings = layout.settings_in(path, "processor_config.json") or {}
        tokenizer, features = tokens_of(path), settings.get("feature_extractor")
        if not isinstance(features, dict):
            raise UnknownShape("there is no processor_config.json with a feature_extractor")
    return Processor(
        feature_extractor=log_mel_of(features),
        tokenizer=tokenizer,
        timestamp_segment_time=settings.get("timestamp_segment_time", 80),
    )


def _end_ids(
    path: Path,
    config: dict[str, Any],
    tokenizer: Any,  # noqa: ANN401  # the library's, or ours
    shape: KnownShape,
) -> int | Sequence[int]:
    """Tokens that end an answer."""
    if layout.is_original(config):
        ids: list[int] = tokenizer.convert_tokens_to_ids(list(original.END_TOKENS))
        return ids
    settings = layout.settings_in(path, "generation_config.json") or {}
    end_ids = settings.get("eos_token_id", shape.eos_token_id)
    if end_ids is None:
        raise UnknownShape("no token ends an answer")
    found: int | Sequence[int] = end_ids
    return found
