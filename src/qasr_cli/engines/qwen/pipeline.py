"""Clips through both models: features, recognition, alignment, results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.batch_retry import BatchRetry
from qasr_cli.engines.qwen.device import Placement, is_out_of_memory, placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.loading.choice import ChosenModel
from qasr_cli.engines.qwen.memory_plan import batch_count_for, fit_together
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import AlignmentError, DeviceUnavailable, EngineError, RecognitionError
from qasr_cli.options import EngineOptions

# Clips that are aligned at once: more gain nothing, and would keep results waiting.
_ALIGNED_AT_ONCE = {"cpu": 8, "cuda": 32}

_Model = TypeVar("_Model")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _HeardClip:
    prepared: PreparedClip
    heard: Heard


class Pipeline:
    """Both models, from clips to results.

    Args:
        recogniser: makes the text.
        aligner: times its words; None = no word times are wanted.
        takes_turns: everything is recognised before anything is aligned.
        device: where they work, for messages.
        batch_count: clips at once, to begin with.
        thread_count: CPU threads of one operation; None = as torch has it.
    """

    def __init__(
        self,
        recogniser: LazyModel[Recogniser],
        aligner: LazyModel[Aligner] | None,
        *,
        device: torch.device,
        batch_count: int,
        takes_turns: bool = False,
        thread_count: int | None = None,
    ) -> None:
        self.batch_count = batch_count
        self._recogniser = recogniser
        self._aligner = aligner
        self._takes_turns = takes_turns
        self._thread_count = thread_count
        self._aligned_at_once = min(batch_count, _ALIGNED_AT_ONCE[device.type])
        self._recognition = BatchRetry(device, batch_count)
        self._alignment = BatchRetry(device, self._aligned_at_once)

    def run(
        self, window: Sequence[Clip], *, goes_on: Callable[[], bool] = lambda: True
    ) -> Iterator[ClipResult]:
        """One result a clip, the longest clips first: what cannot fit shows early.

        Once `goes_on` says no, clips that were not begun get none.
        """
        if self._thread_count is not None:
            torch.set_num_threads(self._thread_count)  # counts for this thread, not for all
        to_align: list[_HeardClip] = []
        with self._recogniser.in_use() as recogniser:
            for result in self._recognised(window, recogniser, goes_on):
                if not isinstance(result, _HeardClip):
                    yield result
                    continue
                to_align.append(result)
                if len(to_align) == self._aligned_at_once and not self._takes_turns:
                    yield from self._align(to_align)
                    to_align = []
            del recogniser
        yield from self._align(to_align)

    def _recognised(
        self, window: Sequence[Clip], recogniser: Recogniser, goes_on: Callable[[], bool]
    ) -> Iterator[ClipResult | _HeardClip]:
        """Yield for every clip what is to be aligned, or its result."""

        def hear(
            clips: Sequence[Clip], at_once: int
        ) -> Iterator[tuple[int, _HeardClip | RecognitionError]]:
            prepared = [prepare(clip, recogniser.extractor) for clip in clips]
            unknown = []
            for index, clip in enumerate(prepared):
                told = _told(clip.clip)
                if told is None:
                    unknown.append(index)
                else:
                    yield index, _HeardClip(prepared=clip, heard=told)
            answers = recogniser.recognise(
                [prepared[index] for index in unknown], at_once, goes_on=goes_on
            )
            for number, heard in answers:
                index = unknown[number]
                if isinstance(heard, RecognitionError):
                    yield index, heard
                else:
                    yield index, _HeardClip(prepared=prepared[index], heard=heard)

        by_length = sorted(window, key=lambda clip: clip.span.sample_count, reverse=True)
        for clip, outcome in self._recognition.outcomes(by_length, hear):
            if isinstance(outcome, Exception):
                error = _as_engine_error(outcome, RecognitionError, clip)
                yield ClipFailed(clip_id=clip.clip_id, stage="recognise", error=error)
            elif outcome.heard.text and self._aligner is not None:
                yield outcome
            else:
                yield _done(outcome, Aligned())

    def _align(self, heard_clips: Sequence[_HeardClip]) -> Iterator[ClipResult]:
        if self._aligner is None or not heard_clips:
            return
        with self._aligner.in_use() as aligner:
            yield from self._aligned(heard_clips, aligner)
            del aligner

    def _aligned(self, heard_clips: Sequence[_HeardClip], aligner: Aligner) -> Iterator[ClipResult]:
        def work(
            batch: Sequence[_HeardClip], at_once: int
        ) -> Iterator[tuple[int, Aligned | AlignmentError]]:
            return aligner.align([_request(heard_clip) for heard_clip in batch], at_once)

        for heard_clip, outcome in self._alignment.outcomes(heard_clips, work):
            clip = heard_clip.prepared.clip
            if isinstance(outcome, Exception):
                yield ClipFailed(
                    clip_id=clip.clip_id,
                    stage="align",
                    error=_as_engine_error(outcome, AlignmentError, clip),
                    text=heard_clip.heard.text,
                    language=heard_clip.heard.language,
                )
            else:
                yield _done(heard_clip, outcome)


def load_pipeline(
    recogniser: ChosenModel, aligner: ChosenModel | None, options: EngineOptions
) -> Pipeline:
    """Both models loaded, on their devices; only the recogniser where both do not fit.

    Raises:
        ModelLoadError: a checkpoint does not hold what its configuration describes.
        DeviceUnavailable: the device is absent, or too small for the models.
    """
    place = _place(recogniser, options)
    paths = [model.path for model in (recogniser, aligner) if model is not None]
    both_fit = fit_together(paths, place)
    hearing = LazyModel(
        lambda: _loaded(recogniser, "recogniser", Recogniser, options), keep_loaded=both_fit
    )
    timing = None
    if aligner is not None:
        timing = LazyModel(
            lambda: _loaded(aligner, "aligner", Aligner, options), keep_loaded=both_fit
        )
        if both_fit:
            timing.load()
    hearing.load()
    return Pipeline(
        hearing,
        timing,
        device=place.device,
        batch_count=options.batch_size or batch_count_for(place),
        takes_turns=not both_fit,
        thread_count=options.threads,
    )


def _loaded(
    chosen: ChosenModel,
    role: Role,
    kind: Callable[[Checkpoint, Placement], _Model],
    options: EngineOptions,
) -> _Model:
    place = _place(chosen, options)
    try:
        return kind(read(chosen.path, role, "auto"), place)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceUnavailable(
            str(place.device), "its memory has no room for the models"
        ) from error


def _place(chosen: ChosenModel, options: EngineOptions) -> Placement:
    return placement(chosen.device, chosen.dtype, options.quantize, cuda_graphs=options.cuda_graphs)


def _told(clip: Clip) -> Heard | None:
    """The text that came with a clip, which then needs no recognition; None without one."""
    if clip.text is None:
        return None
    return Heard(text=clip.text, language=clip.language, truncated=False, repetition=False)


def _request(heard_clip: _HeardClip) -> Request:
    heard = heard_clip.heard
    return Request(clip=heard_clip.prepared, text=heard.text, language=heard.language)


def _done(heard_clip: _HeardClip, aligned: Aligned) -> ClipDone:
    heard = heard_clip.heard
    if not heard.text:
        timing = Timing.NONE
    else:
        timing = Timing.ALIGNED if aligned.words else Timing.PROPORTIONAL
    return ClipDone(
        clip_id=heard_clip.prepared.clip.clip_id,
        language=heard.language,
        text=heard.text,
        words=aligned.words,
        timing=timing,
        truncated=heard.truncated,
        repetition=heard.repetition,
        warnings=()
        if aligned.obstacle is None
        else (f"word times are estimated: {aligned.obstacle}",),
    )


def _as_engine_error(
    failure: Exception, kind: type[RecognitionError | AlignmentError], clip: Clip
) -> EngineError:
    if isinstance(failure, EngineError):
        return failure
    reason = " ".join(f"{type(failure).__name__}: {failure}".split())
    error = kind(clip.clip_id, reason)
    error.__cause__ = failure
    return error
