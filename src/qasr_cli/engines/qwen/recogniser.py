"""Sound to text, in batches, through transformers' own generation."""

from collections.abc import Sequence

import torch
from transformers import LogitsProcessor, LogitsProcessorList

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines.qwen.answer import Heard, parse
from qasr_cli.engines.qwen.batch import model_inputs
from qasr_cli.engines.qwen.checkpoint import Checkpoint
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.prompt import Prompts
from qasr_cli.errors import RecognitionError

# Fast speech takes up to 10 tokens a second where a character is a token, and twice that in
# scripts where a character is two (Thai, Hindi). A flat cap would cut long dense clips short.
_TOKENS_PER_S = 20
_TOKENS_AT_LEAST = 40  # the language in front, and the shortest clips


class Recogniser:
    """Hears the words of clips, with a recogniser's checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model = checkpoint.model
        self._tokenizer = checkpoint.processor.tokenizer
        self._prompts = Prompts(self._tokenizer)
        end_ids = self._model.generation_config.eos_token_id
        self._end_ids = frozenset([end_ids] if isinstance(end_ids, int) else end_ids)

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        device: torch.device = self._model.device
        return device

    def recognise(self, clips: Sequence[PreparedClip]) -> list[Heard]:
        """What was said in each clip; the same in whichever company a clip comes.

        Raises:
            RecognitionError: the numbers of one clip overflowed.
        """
        return [
            self._heard(clip, answer)
            for clip, answer in zip(clips, self.answer_ids(clips), strict=True)
        ]

    def answer_ids(self, clips: Sequence[PreparedClip]) -> list[list[int]]:
        """The raw answers: token ids up to and with the end token, or up to each clip's own cap."""
        prompts = [
            self._prompts.for_recognition(
                clip.audio_token_count, language=clip.clip.language, context=clip.clip.context
            )
            for clip in clips
        ]
        inputs = model_inputs(
            self._model, clips, prompts, pad_token_id=self._tokenizer.pad_token_id
        )
        watch = _OverflowWatch()
        with torch.inference_mode():
            rows = self._model.generate(
                **inputs,
                max_new_tokens=max(answer_cap(clip) for clip in clips),
                do_sample=False,
                num_beams=1,
                logits_processor=LogitsProcessorList([watch]),
            )
        for clip, has_overflowed in zip(clips, watch.rows(), strict=True):
            if has_overflowed:
                raise RecognitionError(
                    clip.clip.clip_id, "its numbers overflowed; --dtype float32 helps"
                )
        answers = rows[:, inputs["input_ids"].shape[1] :].tolist()
        return [
            self._ended(answer[: answer_cap(clip)])
            for clip, answer in zip(clips, answers, strict=True)
        ]

    def _ended(self, answer: list[int]) -> list[int]:
        for index, token_id in enumerate(answer):
            if token_id in self._end_ids:
                return answer[: index + 1]
        return answer

    def _heard(self, clip: PreparedClip, answer: list[int]) -> Heard:
        return parse(
            self._tokenizer.decode(answer, skip_special_tokens=True),
            forced_language=clip.clip.language,
            truncated=answer[-1] not in self._end_ids,
        )


def answer_cap(clip: PreparedClip) -> int:
    """Tokens that an answer may take: more than anyone can say in the clip's time."""
    seconds_up = -(-clip.clip.span.sample_count // SAMPLE_RATE_HZ)
    return _TOKENS_AT_LEAST + _TOKENS_PER_S * seconds_up


class _OverflowWatch(LogitsProcessor):
    """Notes the rows whose scores stopped being numbers; generation goes on with token 0 there."""

    def __init__(self) -> None:
        self._is_overflowed: torch.Tensor | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        found = scores.isnan().any(dim=-1)
        self._is_overflowed = found if self._is_overflowed is None else self._is_overflowed | found
        return scores

    def rows(self) -> list[bool]:
        """Whether each row of the batch overflowed."""
        return [] if self._is_overflowed is None else self._is_overflowed.tolist()
