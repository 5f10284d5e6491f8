"""qasr as a system of `bench_engine`. Imports qasr only when it is asked for."""

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tools.bench.jobs import WORD, Job

if TYPE_CHECKING:
    from qasr_cli.checkpoints.catalog import Role


_SPOILT_BELOW = 1000  # tokens that every vocabulary has


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
    """qasr's own recogniser and aligner."""

    def __init__(self, given: Job) -> None:
        from qasr_cli.engines.qwen import recogniser as recognition
        from qasr_cli.engines.qwen.aligner import Aligner
        from qasr_cli.engines.qwen.decoding.generation import Generator
        from qasr_cli.engines.qwen.decoding.proposals import Proposer
        from qasr_cli.engines.qwen.decoding.steps import FixedSteps
        from qasr_cli.engines.qwen.device import placement
        from qasr_cli.engines.qwen.model.encoder import Encoder
        from qasr_cli.engines.qwen.model.language_model import LanguageModel

        place = placement(
            given["device"],
            given["dtype"],
            given["quantize"],
            cuda_graphs=given["cuda_graphs"],
        )

        self._recogniser = self._made(recognition.Recogniser, given, "recogniser", place)
        # The only signal to stop: random weights end nowhere.
        self._recogniser._generator._end_ids = frozenset()  # noqa: SLF001
        proposer = self._recogniser._generator._proposer  # noqa: SLF001
        if proposer is not None:
            rough = proposer._rough  # noqa: SLF001
            rough.next_tokens = _spoilt(rough.next_tokens, given["kept"])
        self._recognition = recognition
        self._aligner: Any = (
            None if given["aligner"] is None else self._made(Aligner, given, "aligner", place)
        )
        self._watch = Stopwatch()
        self._watch.watch(Encoder, "_stem", "stem")
        self._watch.watch(Encoder, "_transform", "encoder")
        self._watch.watch(LanguageModel, "read", "read")
        self._watch.watch(LanguageModel, "step", "step")
        self._watch.watch(Proposer, "more", "step")  # with the heads: checks have no stage
        self._watch.watch(FixedSteps, "__call__", "step")  # with the head: nothing stops within
        self._watch.watch(Generator, "_best", "head")

    def _made(self, kind: Any, given: Job, role: "Role", place: Any) -> Any:  # noqa: ANN401  # see the module
        """One of the models, as the program starts it."""
        from qasr_cli.checkpoints import locate
        from qasr_cli.engines.qwen.loading.keeper import Keeper
        from qasr_cli.engines.qwen.loading.packed import with_kept_weights
        from qasr_cli.engines.qwen.loading.quick import read

        path = Path(given[role])

        def make() -> Any:  # noqa: ANN401  # as above
            checkpoint = read(path, role, "auto")  # with its mapped file it is gone at once
            self._extractor = checkpoint.processor.feature_extractor
            return kind(checkpoint, place)

        keeper = Keeper()
        keeper.hold_nothing()  # what is new is kept before a clock starts
        return with_kept_weights(
            make,
            checkpoint=path,
            fingerprint=locate.fingerprint(path),
            place=place,
            keeper=keeper,
        )

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
        """Seconds in each stage since the last call."""
        seconds, self._watch.seconds = dict(self._watch.seconds), defaultdict(float)
        return seconds

    def _prepared(self, number: int, sound: np.ndarray) -> Any:  # noqa: ANN401  # see the module
        from qasr_cli.core.types import Clip, Span
        from qasr_cli.engines.qwen.features import prepare

        span = Span(start_sample=0, end_sample=len(sound))
        clip = Clip(clip_id=str(number), span=span, language=None, pcm=sound)
        return prepare(clip, self._extractor)


def _spoilt(
    next_tokens: Callable[[torch.Tensor, Sequence[int]], torch.Tensor], kept_share: float
) -> Callable[[torch.Tensor, Sequence[int]], torch.Tensor]:
    """Another proposal now and then: random weights repeat themselves, so that too many hold."""
    chance = torch.Generator().manual_seed(0)

    def proposed(ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        tokens = next_tokens(ids, lengths)
        is_kept = torch.rand(len(tokens), generator=chance) < kept_share
        return torch.where(is_kept, tokens, (tokens + 1) % _SPOILT_BELOW)

    return proposed


def _now_s() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()
