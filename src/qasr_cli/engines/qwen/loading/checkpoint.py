"""Loads one checkpoint of either layout, whole or not at all: no weight is left random."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
    Qwen3ASRProcessor,
)
from transformers.utils import logging

from qasr_cli.checkpoints import layout
from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.loading import original
from qasr_cli.errors import ModelLoadError

_MODEL_CLASSES: dict[Role, Any] = {
    "recogniser": Qwen3ASRForConditionalGeneration,
    "aligner": Qwen3ASRForTokenClassification,
}
# Numbers of a norm, a bias, a small convolution.
_SMALL_COUNT = 1 << 20
# What transformers reports of weights that it would leave random, or leave out.
_KEY_PROBLEMS = ("missing_keys", "mismatched_keys", "unexpected_keys", "error_msgs")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """A model ready to work, and the processor that belongs to it.

    Attributes:
        model: one of the native classes, in evaluation mode.
    """

    path: Path
    model: Any  # their mixins and decorators hide `generate`, `to` and more from mypy
    processor: Qwen3ASRProcessor


def read(path: Path, role: Role, dtype: torch.dtype | Literal["auto"]) -> Checkpoint:
    """The checkpoint in a folder, in main memory; "auto" keeps the number format of its files.

    Raises:
        ModelLoadError: the folder does not hold exactly the weights that its configuration
            describes, as safetensors, for this role.
    """
    layout.require_role(path, role)
    if not layout.shards_of(path):
        raise ModelLoadError(str(path), "holds no *.safetensors; pickled weights are not opened")
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers
    try:
        checkpoint, report = _read(path, role, dtype)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelLoadError(str(path), reason) from error
    problems = [_told(name, report[name]) for name in _KEY_PROBLEMS if report.get(name)]
    if problems:
        raise ModelLoadError(str(path), "its weights do not fit: " + "; ".join(problems))
    return checkpoint


def _told(problem: str, keys: Iterable[object]) -> str:
    first, *others = sorted(map(str, keys))
    more = f" and {len(others)} more" if others else ""
    return f"{problem.replace('_', ' ')}: {first}{more}"


def _read(
    path: Path, role: Role, dtype: torch.dtype | Literal["auto"]
) -> tuple[Checkpoint, dict[str, Any]]:
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
    model, report = _MODEL_CLASSES[role].from_pretrained(
        path,
        dtype=dtype,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # so that they are in the report, which `read` refuses
        **how,
    )
    if layout.is_original(config) and role == "recogniser":
        model.generation_config = original.generation_config(model.config)
    _copy_small(model)
    return Checkpoint(
        path=path, model=model.eval().requires_grad_(False), processor=processor
    ), report


def _copy_small(model: torch.nn.Module) -> None:
    """Copy small weights, so that nothing refers to the mapped file once large ones are packed.

    A norm that is used as it lies in the file would keep all of it in memory, as a second copy.
    """
    for parameter in model.parameters():
        if parameter.numel() <= _SMALL_COUNT:
            parameter.data = parameter.data.clone()
