"""Clips through both models: features, recognition, alignment, results."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing
from qasr_cli.engines.qwen.aligned_ahead import AlignedAhead
from qasr_cli.engines.qwen.aligner import Ahead, Aligned, Aligner, Request
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.batch_retry import BatchRetry
from qasr_cli.engines.qwen.clip_window import WindowSize, size_for
from qasr_cli.engines.qwen.features import FeatureMaker, PreparedClip
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.engines.qwen.two_models import TwoModels
from qasr_cli.engines.word_splitters import timing_by_aligner
from qasr_cli.errors import AlignmentError, EngineError, RecognitionError

# Clips that are aligned at once: more gain nothing, and would keep results waiting.
_ALIGNED_AT_ONCE = {"cpu": 8, "cuda": 32}
# Threads that make features while a GPU works: one makes 540 s of them a second, less than a GPU
# hears; an estimate. On a CPU they would only be in the models' way.
_FEATURE_THREADS = {"cpu": 0, "cuda": 4}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _HeardClip:
    prepared: PreparedClip
    heard: Heard


class Pipeline:
    """Both models, from clips to results.

    Attributes:
        batch_count: clips at once, to begin with.
        features: makes those of its clips; it may be told which are to come.

    Args:
        recogniser: makes the text.
        aligner: times its words; None = no word times are wanted.
        takes_turns: everything is recognised before anything is aligned, from the start.
        device: where they work, for messages.
        thread_count: CPU threads of one operation; None = as torch has it.
        keeper: begins to keep packed weights when there are results.
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
        keeper: Keeper | None = None,
    ) -> None:
        self.batch_count = batch_count
        self.device = device
        self._keeper = keeper or Keeper()
        self._models = TwoModels(recogniser, aligner, self._keeper, takes_turns=takes_turns)
        self._ahead = AlignedAhead(aligner if device.type == "cpu" else None)
        self._thread_count = thread_count
        self._aligned_at_once = min(batch_count, _ALIGNED_AT_ONCE[device.type])
        self.features = FeatureMaker(thread_count=_FEATURE_THREADS[device.type])
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
        with self._models.recogniser.in_use() as recogniser:
            self.features.begin(window, recogniser.extractor)
            for result in self._recognised(window, recogniser, goes_on):
                if not isinstance(result, _HeardClip):
                    yield result
                    continue
                to_align.append(result)
                if len(to_align) == self._aligned_at_once and self._models.are_there():
                    yield from self._align(to_align)
                    to_align = []
            del recogniser
        self.features.forget(window)
        if to_align and not self._models.are_there():
            self._models.recogniser.unload()
        yield from self._align(to_align)
        self._ahead.forget()
        self._keeper.begin()  # whoever takes the results has them by now

    def close(self) -> None:
        """Begin no more features."""
        self.features.close()

    @property
    def window_size(self) -> WindowSize:
        """How many clips it is best given at a time, as main memory is now."""
        return size_for(self.device.type, self.batch_count, takes_turns=self._models.takes_turns)

    def _recognised(
        self, window: Sequence[Clip], recogniser: Recogniser, goes_on: Callable[[], bool]
    ) -> Iterator[ClipResult | _HeardClip]:
        """Yield for every clip what is to be aligned, or its result."""
        by_length = sorted(window, key=lambda clip: clip.span.sample_count, reverse=True)
        for clip, outcome in self._recognition.outcomes(
            by_length,
            lambda clips, at_once: self._heard(clips, at_once, recogniser, goes_on),
            lambda: self._models.give_back(recogniser),
        ):
            if isinstance(outcome, Exception):
                error = _as_engine_error(outcome, RecognitionError, clip)
                yield ClipFailed(clip_id=clip.clip_id, stage="recognise", error=error)
            elif outcome.heard.text and clip.wants_times and self._models.aligner is not None:
                yield outcome
            else:
                yield _done(outcome, Aligned())

    def _heard(
        self,
        clips: Sequence[Clip],
        at_once: int,
        recogniser: Recogniser,
        goes_on: Callable[[], bool],
    ) -> Iterator[tuple[int, _HeardClip | RecognitionError]]:
        """Index of each clip, and what was heard in it."""
        unknown: list[int] = []
        prepared: dict[int, PreparedClip] = {}
        for index, clip in enumerate(clips):
            try:
                prepared[index] = self.features.of(clip)
            except RecognitionError as error:
                yield index, error
                continue
            told = _told(clip)
            if told is None:
                unknown.append(index)
            else:
                yield index, _HeardClip(prepared=prepared[index], heard=told)
        new = [prepared[index] for index in unknown]
        with self._ahead.beside(new) as beside:
            answers = recogniser.recognise(new, at_once, goes_on=goes_on, beside=beside)
            for number, heard in answers:
                if isinstance(heard, RecognitionError):
                    yield unknown[number], heard
                else:
                    yield unknown[number], _HeardClip(prepared=new[number], heard=heard)

    def _align(self, heard_clips: Sequence[_HeardClip]) -> Iterator[ClipResult]:
        if self._models.aligner is None or not heard_clips:
            return
        self._ahead.end()
        with self._models.aligner.in_use() as aligner:
            yield from self._aligned(heard_clips, aligner)
            del aligner

    def _aligned(self, heard_clips: Sequence[_HeardClip], aligner: Aligner) -> Iterator[ClipResult]:
        def work(
            batch: Sequence[_HeardClip], at_once: int
        ) -> Iterator[tuple[int, Aligned | AlignmentError]]:
            requests = [_request(clip, self._ahead.take(clip.prepared)) for clip in batch]
            return aligner.align(requests, at_once)

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


def _told(clip: Clip) -> Heard | None:
    """The text that came with a clip, which then needs no recognition; None without one."""
    if clip.text is None:
        return None
    return Heard(text=clip.text, language=clip.language, truncated=False, repetition=False)


def _request(heard_clip: _HeardClip, ahead: Ahead | None) -> Request:
    clip, heard = heard_clip.prepared, heard_clip.heard
    return Request(clip=clip, text=heard.text, language=heard.language, ahead=ahead)


def _done(heard_clip: _HeardClip, aligned: Aligned) -> ClipDone:
    heard = heard_clip.heard
    if not heard.text:
        timing = Timing.NONE
    else:
        named = heard.languages or (heard.language,)
        timing = timing_by_aligner(named) if aligned.words else Timing.PROPORTIONAL
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
        languages=heard.languages,
        tokens=heard.tokens,
        token_ids=heard.ids,
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
