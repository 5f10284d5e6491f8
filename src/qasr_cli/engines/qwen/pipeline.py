"""Clips through both models: features, recognition, alignment, results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import Qwen3ASRFeatureExtractor

from qasr_cli.core.types import Clip, ClipDone, ClipFailed, ClipResult, Timing
from qasr_cli.engines.qwen.aligner import Aligned, Aligner, Request
from qasr_cli.engines.qwen.answer import Heard
from qasr_cli.engines.qwen.checkpoint import load
from qasr_cli.engines.qwen.choice import ChosenModel
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.ladder import Ladder
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import AlignmentError, EngineError, RecognitionError
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
        batch_count: clips a batch, to begin with.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        aligner: Aligner | None,
        *,
        extractor: Qwen3ASRFeatureExtractor,
        batch_count: int,
    ) -> None:
        self.batch_count = batch_count
        self._recogniser = recogniser
        self._aligner = aligner
        self._extractor = extractor
        self._recognition = Ladder(recogniser.device, batch_count)
        self._alignment = Ladder(
            recogniser.device if aligner is None else aligner.device, batch_count
        )

    def run(self, window: Sequence[Clip]) -> Iterator[Iterator[ClipResult]]:
        """One result a clip, batch by batch; nobody need take the next batch.

        The longest clips come first: what cannot fit shows early.
        """
        by_length = sorted(window, key=lambda clip: clip.span.sample_count, reverse=True)
        for batch in self._recognition.climb(by_length, self._hear):
            yield self._results(batch)

    def _results(
        self, batch: Sequence[tuple[Clip, _HeardClip | Exception]]
    ) -> Iterator[ClipResult]:
        to_align = []
        for clip, outcome in batch:
            if isinstance(outcome, Exception):
                error = _as_engine_error(outcome, RecognitionError, clip)
                yield ClipFailed(clip_id=clip.clip_id, stage="recognise", error=error)
            elif outcome.heard.text and self._aligner is not None:
                to_align.append(outcome)
            else:
                yield _done(outcome, Aligned())
        if self._aligner is not None:
            yield from self._align(to_align, self._aligner)

    def _hear(self, clips: Sequence[Clip]) -> list[_HeardClip]:
        prepared = [prepare(clip, self._extractor) for clip in clips]
        unknown = [clip for clip in prepared if clip.clip.text is None]
        heard = iter(self._recogniser.recognise(unknown) if unknown else ())
        return [
            _HeardClip(prepared=clip, heard=_told(clip.clip) or next(heard)) for clip in prepared
        ]

    def _align(self, heard_clips: Sequence[_HeardClip], aligner: Aligner) -> Iterator[ClipResult]:
        def work(batch: Sequence[_HeardClip]) -> list[Aligned]:
            return aligner.align([_request(heard_clip) for heard_clip in batch])

        for batch in self._alignment.climb(heard_clips, work):
            for heard_clip, outcome in batch:
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
    hearing = load(recogniser.path, "recogniser", placement(recogniser.device, recogniser.dtype))
    timing = None
    if aligner is not None:
        timing = load(aligner.path, "aligner", placement(aligner.device, aligner.dtype))
    return Pipeline(
        Recogniser(hearing),
        None if timing is None else Aligner(timing),
        extractor=hearing.processor.feature_extractor,
        batch_count=options.batch_size or _BATCH_COUNT[hearing.model.device.type],
    )


def _told(clip: Clip) -> Heard | None:
    """What needs no recognition."""
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
