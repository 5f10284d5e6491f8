"""One system of `bench_engine`, in a process of its own, so that its peak memory is its own.

Reads one job a line on standard input, writes one answer a line on standard output (JSON). Speaks
to the official package too, which lives in another environment; so qasr is imported only where it
is what runs.
"""

import functools
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

SAMPLE_RATE_HZ = 16_000
WORD = "the "  # one that the demo tokenizer knows

Job = dict[str, Any]


def noise(clip_s: int, seed: int) -> np.ndarray:
    """Sound with an envelope like that of speech; numbers decide no kernel here, but may power."""
    chance = np.random.default_rng(seed)
    envelope = np.abs(np.interp(np.arange(clip_s * SAMPLE_RATE_HZ) / 4000, *_bumps(chance, clip_s)))
    sound: np.ndarray = (0.1 * envelope * chance.normal(size=len(envelope))).astype(np.float32)
    return sound


def _bumps(chance: np.random.Generator, clip_s: int) -> tuple[np.ndarray, np.ndarray]:
    places = np.arange(4 * clip_s + 1)
    return places, chance.normal(size=len(places))


class Stopwatch:
    """CPU seconds (GPU: wall) of methods, by stage; a call inside a timed one counts for that."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._is_running = False

    def watch(self, owner: Any, method: str, stage: str) -> None:  # noqa: ANN401  # any class
        """Count a method of a class for a stage."""
        plain = getattr(owner, method)

        @functools.wraps(plain)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # any method
            if self._is_running:
                return plain(*args, **kwargs)
            self._is_running = True
            began_s = _now_s()
            try:
                return plain(*args, **kwargs)
            finally:
                self._is_running = False
                self.seconds[stage] += _now_s() - began_s

        setattr(owner, method, timed)


class Qasr:
    """qasr's own path."""

    def __init__(self, given: Job) -> None:
        from qasr_cli.engines.qwen import recogniser as recognition
        from qasr_cli.engines.qwen.aligner import Aligner
        from qasr_cli.engines.qwen.device import placement
        from qasr_cli.engines.qwen.generation import Generator
        from qasr_cli.engines.qwen.loading.checkpoint import read
        from qasr_cli.engines.qwen.model.encoder import Encoder
        from qasr_cli.engines.qwen.model.language_model import LanguageModel
        from qasr_cli.engines.qwen.steps import FixedSteps

        place = placement(
            given["device"],
            given["dtype"],
            given["quantize"],
            cuda_graphs=given["cuda_graphs"],
        )
        hearing = read(Path(given["recogniser"]), "recogniser", "auto")
        self._recogniser = recognition.Recogniser(hearing, place)
        # The only signal to stop: random weights end nowhere.
        self._recogniser._generator._end_ids = frozenset()  # noqa: SLF001
        self._recognition = recognition
        self._extractor = hearing.processor.feature_extractor
        del hearing  # and with it the mapped file
        self._aligner = Aligner(read(Path(given["aligner"]), "aligner", "auto"), place)
        self._watch = Stopwatch()
        self._watch.watch(Encoder, "_stem", "stem")
        self._watch.watch(Encoder, "_transform", "encoder")
        self._watch.watch(LanguageModel, "read", "read")
        self._watch.watch(LanguageModel, "step", "step")
        self._watch.watch(FixedSteps, "__call__", "step")  # with the head: nothing stops within
        self._watch.watch(Generator, "_best", "head")

    def recognise(self, job: Job, sounds: Sequence[np.ndarray]) -> int:
        """Tokens made."""
        caps = dict(zip((str(i) for i in range(len(sounds))), job["tokens"], strict=True))
        self._recognition.answer_cap = lambda clip: caps[clip.clip.clip_id]
        clips = [self._prepared(i, sound) for i, sound in enumerate(sounds)]
        answers = dict(self._recogniser.answers(clips, job["batch"]))
        return sum(len(answer) for answer in answers.values() if isinstance(answer, list))

    def align(self, job: Job, sounds: Sequence[np.ndarray]) -> int:
        """Words timed."""
        from qasr_cli.engines.qwen.aligner import Aligned, Request

        requests = [
            Request(clip=self._prepared(i, sound), text=WORD * words, language="English")
            for i, (sound, words) in enumerate(zip(sounds, job["words"], strict=True))
        ]
        aligned = dict(self._aligner.align(requests, job["batch"]))
        return sum(len(one.words) for one in aligned.values() if isinstance(one, Aligned))

    def stages(self) -> dict[str, float]:
        """Seconds a stage since the last question."""
        seconds, self._watch.seconds = dict(self._watch.seconds), defaultdict(float)
        return seconds

    def _prepared(self, number: int, sound: np.ndarray) -> Any:  # noqa: ANN401  # see the module
        from qasr_cli.core.types import Clip, Span
        from qasr_cli.engines.qwen.features import prepare

        span = Span(start_sample=0, end_sample=len(sound))
        clip = Clip(clip_id=str(number), span=span, language=None, pcm=sound)
        return prepare(clip, self._extractor)


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
            some, limits = _cut(job["batch"], first, sounds, job["tokens"])
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
            some, words = _cut(job["batch"], first, sounds, job["words"])
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
            some, limits = _cut(job["batch"], first, sounds, job["tokens"])
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
            some, words = _cut(job["batch"], first, sounds, job["words"])
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


SYSTEMS: dict[str, Callable[[Job], Any]] = {"qasr": Qasr, "generate": Library, "official": Official}


def _cut(count: int, first: int, *lists: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[first : first + count] for items in lists]


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


def _peak_mb() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _now_s() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def _settle() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main() -> None:
    """Load, say so, then work until standard input ends."""
    began_s = time.perf_counter()
    given: Job = json.loads(sys.argv[1])
    torch.set_num_threads(given["threads"])
    answers = sys.stdout
    sys.stdout = sys.stderr  # libraries print
    system = SYSTEMS[given["system"]](given)

    def say(**answer: object) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    say(load_s=time.perf_counter() - began_s)
    for line in sys.stdin:
        job = json.loads(line)
        sounds = [noise(clip_s, seed) for seed, clip_s in enumerate(job["clip_s"])]
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        count = getattr(system, job["what"])(job, sounds)
        _settle()
        say(
            wall_s=time.perf_counter() - wall_s,
            cpu_s=time.process_time() - cpu_s,
            count=count,
            stages=system.stages(),
            peak_mb=_peak_mb(),
        )


if __name__ == "__main__":
    main()
