"""The recogniser: from sound to text, many clips at a time."""

from collections.abc import Callable, Iterator, Sequence

import torch

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.engines.qwen.answer import Heard, parse
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.features import PreparedClip
from qasr_cli.engines.qwen.generation import Answer, Generator, Overflow, Prompt
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint
from qasr_cli.engines.qwen.model.encoder import Encoder
from qasr_cli.engines.qwen.model.head import head_for
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.prompt import Prompts
from qasr_cli.errors import RecognitionError

# Fast speech takes up to 10 tokens a second where a character is a token, and twice that in
# scripts where a character is two (Thai, Hindi). A flat cap would cut long dense clips short.
_TOKENS_PER_S = 20
_TOKENS_AT_LEAST = 40  # the language in front, and the shortest clips


class Recogniser:
    """Hears the words of clips. Takes the weights out of a recogniser's checkpoint.

    Args:
        checkpoint: in main memory, in the number format of its files.
        placement: where it shall work, and in which number format.

    Attributes:
        extractor: makes the features of both models.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        model = checkpoint.model
        self.extractor = checkpoint.processor.feature_extractor
        self._tokenizer = checkpoint.processor.tokenizer
        self._prompts = Prompts(self._tokenizer)
        end_ids = model.generation_config.eos_token_id
        self._end_ids = frozenset([end_ids] if isinstance(end_ids, int) else end_ids)
        self._encoder = Encoder(model.model, placement)
        is_tied = model.lm_head.weight is model.model.language_model.embed_tokens.weight
        language_model = LanguageModel(model.model.language_model, placement)
        head_weight = language_model.embeddings if is_tied else model.lm_head.weight
        self._generator = Generator(
            language_model,
            head_for(placement, head_weight),
            placement,
            end_ids=self._end_ids,
            audio_id=model.config.audio_token_id,
        )

    def recognise(
        self,
        clips: Sequence[PreparedClip],
        row_count: int,
        *,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> Iterator[tuple[int, Heard | RecognitionError]]:
        """What was said in each clip, by its index, in the order in which answers end.

        A clip's answer is the same in whichever company it comes. It is an error where its
        numbers overflowed. Once `goes_on` says no, no further clip is begun.
        """
        for index, answer in self.answers(clips, row_count, goes_on=goes_on):
            clip = clips[index]
            if isinstance(answer, Overflow):
                reason = "its numbers overflowed; --dtype float32 helps"
                yield index, RecognitionError(clip.clip.clip_id, reason)
            else:
                yield index, self._heard(clip, answer)

    def answers(
        self,
        clips: Sequence[PreparedClip],
        row_count: int,
        *,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> Iterator[tuple[int, Answer]]:
        """Raw answers: token ids up to and with the end token, or up to each clip's own cap."""
        prompts = [
            Prompt(
                index=index,
                ids=self._prompts.for_recognition(
                    clip.audio_token_count, language=clip.clip.language, context=clip.clip.context
                ),
                cap=answer_cap(clip),
            )
            for index, clip in enumerate(clips)
        ]
        # Equal ones keep their order, which with one row tells who ran out of memory.
        prompts.sort(key=lambda prompt: clips[prompt.index].audio_token_count, reverse=True)
        answers = self._generator.answers(
            prompts,
            lambda indices: self._encoder([clips[index] for index in indices]),
            row_count=row_count,
            goes_on=goes_on,
        )
        while True:
            # Only while it computes: inference mode is a state of the thread.
            with torch.inference_mode():
                found = next(answers, None)
            if found is None:
                return
            yield found

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
