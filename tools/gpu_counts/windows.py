"""A window of clips through the models of a published shape, counted stage by stage."""

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GenerationConfig, Qwen3ASRProcessor

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder
from tools.bench.jobs import SAMPLE_RATE_HZ
from tools.bench.shapes import HEAD_DIM, config_of, skeleton_of
from tools.gpu_counts import corpus
from tools.gpu_counts.device import Tally, without_numbers
from tools.gpu_counts.kernels import Held, Stage
from tools.gpu_counts.sources import has_part, part

Found = dict[str, Any]
_DEVICE = "cuda:0"
# Of the text model of either published recogniser; see `tools/bench/shapes.py`.
_HEADS, _KEY_HEADS, _NUMBER_BYTES = 16, 8, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What goes through the models.

    Attributes:
        shape: "0.6b" or "1.7b", of the recogniser.
        sample_counts: lengths of the clips.
        row_count: answers at once.
        aligned_count: clips that are aligned at once.
        is_captured: steps are CUDA graphs.
        dtype: the number format.
        has_ragged: the GPU attends to sequences of any lengths at once, where the engine asks.
    """

    shape: str
    sample_counts: Sequence[int]
    row_count: int
    aligned_count: int
    is_captured: bool
    dtype: str = "bfloat16"
    has_ragged: bool = True


def counts_of(window: Window) -> Found:
    """What a window takes in all layers, from what it takes in one and in two.

    Layers are alike, so each number grows evenly with them. Captures, which serve all windows, are
    a stage by themselves.
    """
    one, two = (counted(window, layer_count) for layer_count in (1, 2))
    layers = _layer_counts(window.shape)
    stages = {}
    for name in one["stages"]:
        times = layers[name] - 1
        stages[name] = extended(one["stages"][name], two["stages"][name], times)
    text_layers = layers["steps"] - 1
    return {
        "audio_s": sum(window.sample_counts) / SAMPLE_RATE_HZ,
        "clips": len(window.sample_counts),
        "rows": window.row_count,
        "captured": window.is_captured,
        "looks": one["looks"],
        "steps": one["steps"],
        "attention_kernels": sorted(one["attention_calls"]),
        "attention_shapes": one["attention_shapes"],
        "waits": one["waits"],
        "pageable_copies": one["pageable_copies"],
        "step": _step(one, two, text_layers),
        "stages": stages,
    }


def _step(one: Found, two: Found, times: int) -> Found:
    """Launches and kernels of a step: of all, and of a layer."""
    first, second = (
        {
            "launches": found["stages"]["steps"]["launch_count"] / found["steps"],
            "kernels": _kernel_count(found["stages"]["steps"]) / found["steps"],
        }
        for found in (one, two)
    )
    whole: Found = extended(first, second, times)
    layer = {f"{name} a layer": second[name] - first[name] for name in first}
    return {name: round(value, 1) for name, value in (whole | layer).items()}


def _kernel_count(stage: Found) -> int:
    return sum(work["kernel_count"] for work in stage["work"].values())


def extended(one: Any, two: Any, times: int) -> Any:  # noqa: ANN401  # numbers in mappings
    """Every number of the first, and so many times what the second has more."""
    if isinstance(one, dict):
        return {key: extended(one[key], two[key], times) for key in one}
    return one + (two - one) * times


def _layer_counts(shape: str) -> dict[str, int]:
    """Layers that each stage goes through."""
    hearing, timing = (config_of(shape, role) for role in ("recogniser", "aligner"))
    return {
        "encoder": hearing["audio_config"]["encoder_layers"],
        "prompts": hearing["text_config"]["num_hidden_layers"],
        "steps": hearing["text_config"]["num_hidden_layers"],
        "captures": hearing["text_config"]["num_hidden_layers"],
        "aligner encoder": timing["audio_config"]["encoder_layers"],
        "aligner reading": timing["text_config"]["num_hidden_layers"],
    }


def counted(window: Window, layer_count: int) -> Found:
    """What a window takes in models of so many layers."""
    with without_numbers() as tally, pytest.MonkeyPatch.context() as patch:
        _decide_trials(patch, has_ragged=window.has_ragged)
        place = _placement(window)
        hearing = part("recogniser").Recogniser(
            checkpoint_of(window.shape, "recogniser", layer_count), place
        )
        timing = part("aligner").Aligner(checkpoint_of(window.shape, "aligner", layer_count), place)
        clips = list(corpus.prepared(window.sample_counts))
        looks = _watch(tally, patch, clips, corpus.token_counts(window.sample_counts))
        tally.begin()
        with torch.cuda.device(place.device):
            _hear(hearing, clips, window, tally)
            _time(timing, clips, window, tally)
        seen = tally.machine.seen
        return {
            "stages": {name: _plain(stage) for name, stage in sorted(tally.stages.items())},
            "looks": looks["looks"],
            "steps": looks["steps"],
            "attention_calls": dict(seen.attention),
            "attention_shapes": len(seen.attention_shapes),
            "waits": dict(seen.host_waits),
            "pageable_copies": seen.pageable_copies.total(),
        }


def _decide_trials(patch: pytest.MonkeyPatch, *, has_ragged: bool) -> None:
    """Say what trials of kernels would show: no number of theirs can be right here."""
    if has_part("model.ragged_trial"):
        found = functools.cache(lambda *_: None if has_ragged else "it is too old")
        patch.setattr(part("model.ragged_trial"), "lack_of_kernel", found)


def _plain(stage: Stage) -> Found:
    return {
        "launch_count": stage.launch_count,
        "wait_count": stage.wait_count,
        "work": {kind: asdict(work) for kind, work in sorted(stage.work.items())},
    }


def checkpoint_of(shape: str, role: Role, layer_count: int | None = None) -> Any:  # noqa: ANN401
    """A checkpoint without numbers, of all its layers or of fewer."""
    config = config_of(shape, role)
    if layer_count is not None:
        config["audio_config"]["encoder_layers"] = layer_count
        config["text_config"]["num_hidden_layers"] = layer_count
        config["text_config"]["layer_types"] = ["full_attention"] * layer_count
    folder = demo_folder(role)
    model = skeleton_of(config, role).to(torch.bfloat16).eval().requires_grad_(False)
    if role == "recogniser":
        model.generation_config = GenerationConfig.from_pretrained(folder)
    return part("loading.checkpoint").Checkpoint(
        path=Path(folder),
        model=model,
        processor=Qwen3ASRProcessor.from_pretrained(folder, local_files_only=True),
    )


def _placement(window: Window) -> Any:  # noqa: ANN401  # of either source
    device = part("device")
    return device.placement(_DEVICE, window.dtype, cuda_graphs=window.is_captured)


def _hear(hearing: Any, clips: list[Any], window: Window, tally: Tally) -> None:  # noqa: ANN401
    with tally.during("prompts"):
        answers = dict(hearing.answers(clips, window.row_count))
    if len(answers) != len(clips) or not all(isinstance(a, list) for a in answers.values()):
        raise RuntimeError("a clip has no answer")


def _time(timing: Any, clips: list[Any], window: Window, tally: Tally) -> None:  # noqa: ANN401
    request = part("aligner").Request
    requests = [
        request(
            clip=clip,
            text=corpus.words_for(clip.clip.span.sample_count).strip(),
            language="English",
        )
        for clip in clips
    ]
    with tally.during("aligner reading"):
        for first in range(0, len(requests), window.aligned_count):
            some = requests[first : first + window.aligned_count]
            if not all(aligned.words for _, aligned in timing.align(some, window.aligned_count)):
                raise RuntimeError("a clip has no times")


def _watch(
    tally: Tally, patch: pytest.MonkeyPatch, clips: list[Any], token_counts: Sequence[int]
) -> Counter[str]:
    """Let answers have these lengths, and the tally know which stage goes on; gives its looks."""
    looks: Counter[str] = Counter()
    caps = {id(clip): count for clip, count in zip(clips, token_counts, strict=True)}
    patch.setattr(part("recogniser"), "answer_cap", lambda clip: caps[id(clip)])
    encoder, steps = part("model.encoder").Encoder, part("decoding.steps")

    def encoded(own: Any, *args: Any) -> Any:  # noqa: ANN401
        name = "aligner encoder" if tally.stage == "aligner reading" else "encoder"
        with tally.during(name):
            return encode(own, *args)

    encode = encoder.__call__
    patch.setattr(encoder, "__call__", encoded)
    recorder = part("decoding.cuda_graphs").CudaRecorder
    patch.setattr(recorder, "record", _during_captures(recorder.record, tally))
    for kind in (steps.EagerSteps, steps.FixedSteps):
        patch.setattr(kind, "__call__", _watched(kind.__call__, tally, looks))
    return looks


def _during_captures(record: Any, tally: Tally) -> Any:  # noqa: ANN401  # a method
    def recorded(own: Any, work: Any) -> Any:  # noqa: ANN401
        with tally.during("captures"):
            return record(own, work)

    return recorded


def _watched(step: Any, tally: Tally, looks: Counter[str]) -> Any:  # noqa: ANN401  # a method
    def stepped(own: Any, ids: Sequence[int], *more: Any) -> Any:  # noqa: ANN401
        step_count = own._step_count  # noqa: SLF001  # both kinds have it
        # In the middle of a look every row is longer by half of it.
        position_count = sum(own.cache.lengths) + len(ids) * step_count // 2
        tally.held = Held(
            flops=4 * _HEADS * HEAD_DIM * position_count,
            bytes_moved=2 * _KEY_HEADS * HEAD_DIM * _NUMBER_BYTES * position_count,
        )
        looks["looks"] += 1
        looks["steps"] += step_count
        with tally.during("steps"):
            return step(own, ids, *more)

    return stepped
