"""Words of a clip to their times, in batches, through the native token classifier."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from qasr_cli.core.languages import is_alignable
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Word
from qasr_cli.engines.qwen.batch import model_inputs
from qasr_cli.engines.qwen.checkpoint import Checkpoint
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.prompt import Prompts
from qasr_cli.engines.qwen.timestamps import in_order
from qasr_cli.errors import AlignmentError

_EXTRA_OF_LANGUAGE = {"Japanese": "ja", "Korean": "ko"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """A clip and what was said in it.

    Attributes:
        text: canonical, not empty.
        language: full English name, or None where it is not known.
    """

    clip: PreparedClip
    text: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Timed words in file time, ordered and inside the clip; or why there are none."""

    words: tuple[Word, ...] = ()
    obstacle: str | None = None


class Aligner:
    """Finds words in clips, with an aligner's checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model = checkpoint.model
        self._processor = checkpoint.processor
        self._prompts = Prompts(checkpoint.processor.tokenizer)

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        device: torch.device = self._model.device
        return device

    def align(self, requests: Sequence[Request]) -> list[Aligned]:
        """Timed words of each clip; the same in whichever company a clip comes.

        Raises:
            AlignmentError: the numbers of one clip overflowed.
        """
        splits = [self._split(request) for request in requests]
        jobs = [
            (request.clip, split)
            for request, split in zip(requests, splits, strict=True)
            if not isinstance(split, Aligned)
        ]
        classes = iter(self.time_classes(jobs) if jobs else ())
        return [
            split if isinstance(split, Aligned) else self._timed(request.clip, split, next(classes))
            for request, split in zip(requests, splits, strict=True)
        ]

    def _split(self, request: Request) -> list[str] | Aligned:
        """The words as the model was trained on them: letters, numbers, apostrophes."""
        language = request.language
        if language is None or not is_alignable(language):
            return Aligned(obstacle=f"the aligner does not know {language or 'its language'}")
        try:
            # Takes full names only; a code would select the wrong splitter without a word.
            words = self._processor.split_words_for_alignment(request.text, language)
        except ImportError:
            extra = _EXTRA_OF_LANGUAGE.get(language, "all")
            return Aligned(obstacle=f"{language} needs `pip install 'qasr-cli[{extra}]'`")
        return list(words) or Aligned(obstacle="its text holds no words")

    def time_classes(self, jobs: Sequence[tuple[PreparedClip, list[str]]]) -> list[list[int]]:
        """The raw answers for clips and their words: start and end of each, on the model's grid."""
        clips = [clip for clip, _ in jobs]
        prompts = [
            self._prompts.for_alignment(clip.audio_token_count, words) for clip, words in jobs
        ]
        inputs = model_inputs(
            self._model, clips, prompts, pad_token_id=self._processor.tokenizer.pad_token_id
        )
        with torch.inference_mode():
            logits = self._model(**inputs, use_cache=False).logits
        is_time = inputs["input_ids"] == self._model.config.timestamp_token_id
        return [_best_classes(clip, logits[row][is_time[row]]) for row, clip in enumerate(clips)]

    def _timed(self, clip: PreparedClip, words: list[str], classes: list[int]) -> Aligned:
        step_ms = self._processor.timestamp_segment_time
        start_ms = ms_from_samples(clip.clip.span.start_sample)
        end_ms = ms_from_samples(clip.clip.span.end_sample)
        # The grid goes on far beyond short clips, so what lies past the clip is its end.
        times_ms = [
            min(start_ms + time_ms, end_ms)
            for time_ms in in_order([number * step_ms for number in classes])
        ]
        return Aligned(
            words=tuple(
                Word(start_ms=word_start_ms, end_ms=word_end_ms, text=word)
                for word, word_start_ms, word_end_ms in zip(
                    words, times_ms[::2], times_ms[1::2], strict=True
                )
            )
        )


def _best_classes(clip: PreparedClip, scores: torch.Tensor) -> list[int]:
    if scores.isnan().any():
        raise AlignmentError(clip.clip.clip_id, "its numbers overflowed; --dtype float32 helps")
    classes: list[int] = scores.argmax(dim=-1).tolist()
    return classes
