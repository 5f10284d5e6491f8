"""Clips through both models: features, recognition, alignment, results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import Qwen3ASRFeatureExtractor

from qasr_cli.core.health import has_collapsed_times
from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.checkpoint import read
from qasr_cli.engines.qwen.choice import ChosenModel
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.ladder import Ladder
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import AlignmentError, DeviceUnavailable, EngineError, RecognitionError
from qasr_cli.options import EngineOptions

# A CPU has gained most of what a batch gives at 8 rows; a GPU goes on gaining past 32.
_BATCH_COUNT = {"cpu": 8, "cuda": 32}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _HeardClip:
    prepared: PreparedClip
    heard: Heard


class Pipeline:
    """Both models at work.

    Args:
        recogniser: makes the text.
        aligner: times its words; None = no word times are wanted.
        extractor: the recogniser's; it serves both models.
        device: where they work, for messages.
        batch_count: clips at once, to begin with.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        aligner: Aligner | None,
        *,
        extractor: Qwen3ASRFeatureExtractor,
        device: torch.device,
        batch_count: int,
    ) -> None:
        self.batch_count = batch_count
        self._recogniser = recogniser
        self._aligner = aligner
        self._extractor = extractor
        self._recognition = Ladder(device, batch_count)
        self._alignment = Ladder(device, batch_count)

    def run(self, window: Sequence[Clip]) -> Iterator[ClipResult]:
        """One result a clip, the longest clips first: what cannot fit shows early."""
        by_length = sorted(window, key=lambda clip: clip.span.sample_count, reverse=True)
        to_align: list[_HeardClip] = []
        for clip, outcome in self._recognition.climb(by_length, self._hear):
            if isinstance(outcome, Exception):
                error = _as_engine_error(outcome, RecognitionError, clip)
                yield ClipFailed(clip_id=clip.clip_id, stage="recognise", error=error)
            elif outcome.heard.text and self._aligner is not None:
                to_align.append(outcome)
            else:
                yield _done(outcome, Aligned())
            if len(to_align) == self.batch_count:
                yield from self._align(to_align)
                to_align = []
        yield from self._align(to_align)

    def _hear(
        self, clips: Sequence[Clip], at_once: int
    ) -> Iterator[tuple[int, _HeardClip | RecognitionError]]:
        prepared = [prepare(clip, self._extractor) for clip in clips]
        for index, heard in self._recogniser.recognise(prepared, at_once):
            if isinstance(heard, RecognitionError):
                yield index, heard
            else:
                yield index, _HeardClip(prepared=prepared[index], heard=heard)

    def _align(self, heard_clips: Sequence[_HeardClip]) -> Iterator[ClipResult]:
        aligner = self._aligner
        if aligner is None:
            return

        def work(
            batch: Sequence[_HeardClip], at_once: int
        ) -> Iterator[tuple[int, Aligned | AlignmentError]]:
            return aligner.align([_request(heard_clip) for heard_clip in batch], at_once)

        for heard_clip, outcome in self._alignment.climb(heard_clips, work):
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
    """Both models loaded, on their devices.

    Raises:
        ModelLoadError: a checkpoint does not hold what its configuration describes.
        DeviceUnavailable: the device is absent, or too small for the models.
    """
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    place = placement(recogniser.device, recogniser.dtype, options.quantize)
    hearing = read(recogniser.path, "recogniser", "auto")
    try:
        timer = None
        if aligner is not None:
            timing = read(aligner.path, "aligner", "auto")
            timer = Aligner(timing, placement(aligner.device, aligner.dtype, options.quantize))
        hearer = Recogniser(hearing, place)
    except torch.OutOfMemoryError as error:
        raise DeviceUnavailable(
            str(place.device), "its memory has no room for the models"
        ) from error
    return Pipeline(
        hearer,
        timer,
        extractor=hearing.processor.feature_extractor,
        device=place.device,
        batch_count=options.batch_size or _BATCH_COUNT[place.device.type],
    )


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
        warnings=tuple(_warnings(heard, aligned)),
    )


def _warnings(heard: Heard, aligned: Aligned) -> Iterator[str]:
    if heard.truncated:
        yield "the text reached its limit of length; some may be missing"
    if heard.repetition:
        yield "the model repeated itself without end; one turn of it is kept"
    if aligned.obstacle is not None:
        yield f"word times are estimated: {aligned.obstacle}"
    if has_collapsed_times(aligned.words):
        yield "word times are doubtful: too many words share one moment"


def _as_engine_error(
    failure: Exception, kind: type[RecognitionError | AlignmentError], clip: Clip
) -> EngineError:
    if isinstance(failure, EngineError):
        return failure
    reason = " ".join(f"{type(failure).__name__}: {failure}".split())
    error = kind(clip.clip_id, reason)
    error.__cause__ = failure
    return error
