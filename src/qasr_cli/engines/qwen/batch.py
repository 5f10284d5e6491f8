"""Clips and their prompts put together into the tensors of one batch."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from qasr_cli.engines.qwen.features import PreparedClip


def model_inputs(
    model: PreTrainedModel,
    clips: Sequence[PreparedClip],
    prompts: Sequence[Sequence[int]],
    *,
    pad_token_id: int,
) -> dict[str, torch.Tensor]:
    """Named inputs of a native model, on its device and in its number format.

    Prompts are padded on the left, where generation needs it; features on the right, with zeros.
    """
    ids, mask = _left_padded(prompts, pad_token_id)
    mel, mel_mask = _right_padded(clips)
    return {
        "input_ids": ids.to(model.device),
        "attention_mask": mask.to(model.device),
        "input_features": mel.to(model.device, model.dtype),
        "input_features_mask": mel_mask.to(model.device),
    }


def _left_padded(
    rows: Sequence[Sequence[int]], pad_token_id: int
) -> tuple[torch.Tensor, torch.Tensor]:
    token_count = max(len(row) for row in rows)
    ids = torch.full((len(rows), token_count), pad_token_id)
    mask = torch.zeros(len(rows), token_count, dtype=torch.long)
    for index, row in enumerate(rows):
        ids[index, token_count - len(row) :] = torch.tensor(row)
        mask[index, token_count - len(row) :] = 1
    return ids, mask


def _right_padded(clips: Sequence[PreparedClip]) -> tuple[torch.Tensor, torch.Tensor]:
    frame_count = max(clip.mel.shape[1] for clip in clips)
    mel = torch.zeros(len(clips), clips[0].mel.shape[0], frame_count)
    mask = torch.zeros(len(clips), frame_count, dtype=torch.int32)
    for index, clip in enumerate(clips):
        mel[index, :, : clip.mel.shape[1]] = clip.mel
        mask[index, : clip.mask.shape[0]] = clip.mask
    return mel, mask
