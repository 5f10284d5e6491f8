"""The systems that `bench_engine` compares qasr with. Imports each only when it is asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tools.bench.jobs import SAMPLE_RATE_HZ, WORD, Job, batch_of


class Library:
    """transformers' own `generate` and token classifier, left-padded batches."""

    def __init__(self, given: Job) -> None:
        from qasr_cli.engines.qwen.device import placement
        from qasr_cli.engines.qwen.loading.checkpoint import read

        place = placement(given["device"], given["dtype"])
        self._place = place
        self._hearing = read(Path(given["recogniser"]), "recogniser", place.dtype)
        self._timing = read(Path(given["aligner"]), "aligner", place.dtype)
        for checkpoint in (self._hearing, self._timing):
            checkpoint.model.to(place.device)
        self._how = {"cache_implementation": "static"} if given["static"] else {}

    def recognise(self, job: Job, sounds: Sequence[np.ndarray]) -> int:
        """Tokens made."""
        made = 0
        for first in range(0, len(sounds), job["batch"]):
            some, limits = batch_of(job["batch"], first, sounds, job["tokens"])
            made += _generate(
                self._hearing.model,
                self._placed(
                    self._hearing.processor.apply_transcription_request(
                        audio=list(some), audio_kwargs={"sampling_rate": SAMPLE_RATE_HZ}
                    )
                ),
                limits,
                **self._how,
            )
        return made

    def align(self, job: Job, sounds: Sequence[np.ndarray]) -> int:
        """Words timed."""
        timed = 0
        processor, model = self._timing.processor, self._timing.model
        for first in range(0, len(sounds), job["batch"]):
            some, words = batch_of(job["batch"], first, sounds, job["words"])
            features, word_lists = processor.prepare_forced_aligner_inputs(
                audio=list(some),
                transcript=[WORD * count for count in words],
                language=["English"] * len(some),
                audio_kwargs={"sampling_rate": SAMPLE_RATE_HZ},
            )
            inputs = self._placed(features)
            with torch.inference_mode():
                logits = model(**inputs).logits
            done = processor.decode_forced_alignment(
                logits, inputs["input_ids"], word_lists, model.config.timestamp_token_id
            )
            timed += sum(len(words) for words in done)
        return timed

    def stages(self) -> dict[str, float]:
        """None are known."""
        return {}

    def _placed(self, inputs: Any) -> dict[str, torch.Tensor]:  # noqa: ANN401  # BatchFeature
        return {
            name: tensor.to(
                self._place.device, self._place.dtype if tensor.is_floating_point() else None
            )
            for name, tensor in inputs.items()
        }


class Official:
    """The `qwen-asr` package with its transformers backend."""

    def __init__(self, given: Job) -> None:
        from qwen_asr import Qwen3ASRModel

        dtype = getattr(torch, given["dtype_resolved"])
        how = {"dtype": dtype, "device_map": given["device_resolved"]}
        self._asr = Qwen3ASRModel.from_pretrained(
            given["recogniser_original"],
            forced_aligner=given["aligner_original"],
            forced_aligner_kwargs=how,
            **how,
        )

    def recognise(self, job: Job, sounds: Sequence[np.ndarray]) -> int:
        """Tokens made."""
        model, processor = self._asr.model, self._asr.processor
        made = 0
        for first in range(0, len(sounds), job["batch"]):
            some, limits = batch_of(job["batch"], first, sounds, job["tokens"])
            prompts = [self._asr._build_text_prompt(context="", force_language=None) for _ in some]  # noqa: SLF001
            inputs = processor(
                text=prompts, audio=list(some), return_tensors="pt", padding=True
            ).to(model.device, model.dtype)
            made += _generate(model.thinker, inputs, limits)
        return made

    def align(self, job: Job, sounds: Sequence[np.ndarray]) -> int:
        """Words timed."""
        timed = 0
        for first in range(0, len(sounds), job["batch"]):
            some, words = batch_of(job["batch"], first, sounds, job["words"])
            done = self._asr.forced_aligner.align(
                audio=[(sound, SAMPLE_RATE_HZ) for sound in some],
                text=[WORD * count for count in words],
                language=["English"] * len(some),
            )
            timed += sum(len(result) for result in done)
        return timed

    def stages(self) -> dict[str, float]:
        """None are known."""
        return {}


def _generate(model: Any, inputs: Any, limits: Sequence[int], **how: Any) -> int:  # noqa: ANN401  # two libraries
    """Tokens of all rows, each stopped at its own limit; random weights end nowhere."""
    from transformers import StoppingCriteriaList

    prompt_count = inputs["input_ids"].shape[1]

    def is_over(ids: torch.Tensor, _: object, **__: object) -> torch.Tensor:
        made = ids.shape[1] - prompt_count
        return torch.tensor([made >= limit for limit in limits], device=ids.device)

    with torch.inference_mode():
        model.generate(
            **inputs,
            max_new_tokens=max(limits),
            do_sample=False,
            eos_token_id=None,
            stopping_criteria=StoppingCriteriaList([is_over]),
            **how,
        )
    return sum(limits)
