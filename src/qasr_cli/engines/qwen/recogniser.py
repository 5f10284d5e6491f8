"""The recogniser: from sound to text, many clips at a time."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from qasr_cli.core.clips.token_places import tokens_in
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, Span
from qasr_cli.engines.qwen.answer import Heard, parse
from qasr_cli.engines.qwen.decoding.beside import Beside
from qasr_cli.engines.qwen.decoding.generation import Answer, Generator, Overflow, Prompt
from qasr_cli.engines.qwen.decoding.rough_model import RoughModel
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.contents import Checkpoint
from qasr_cli.engines.qwen.model import shelf
from qasr_cli.engines.qwen.model.encoder import Encoder
from qasr_cli.engines.qwen.model.head import head_for
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.model.packed_choice import choice_in, probability_in
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
        with_confidence: what it hears says how probable each token was.
        proposes: few answers at once are proposed in 4 bits, unless all are made in them; None =
            where that pays.

    Attributes:
        extractor: makes the features of both models.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        placement: Placement,
        *,
        with_confidence: bool = False,
        proposes: bool | None = None,
    ) -> None:
        model = checkpoint.model
        self.extractor = checkpoint.processor.feature_extractor
        self._tokenizer = checkpoint.processor.tokenizer
        self._prompts = Prompts(self._tokenizer)
        end_ids = model.generation_config.eos_token_id
        self._end_ids = frozenset([end_ids] if isinstance(end_ids, int) else end_ids)
        self._encoder = Encoder(model.model, placement)
        is_tied = model.lm_head.weight is model.model.language_model.embed_tokens.weight
        if proposes is None:
            # Weights of 4 bits that were made at each start would take longer than they save.
            proposes = shelf.has_four_bits()
        proposes = proposes and not placement.is_int4
        language_model = LanguageModel(model.model.language_model, placement, proposes=proposes)
        head_weight = language_model.embeddings if is_tied else model.lm_head.weight
        head = head_for(placement, head_weight, with_probability=with_confidence)
        self._generator = Generator(
            language_model,
            head,
            placement,
            end_ids=self._end_ids,
            audio_id=model.config.audio_token_id,
            with_probability=with_confidence,
            rough=RoughModel(language_model, head_weight) if proposes else None,
        )
        self._with_confidence = with_confidence
        self._reads_as_it_writes = not (placement.is_batch_invariant or placement.is_int4)

    def recognise(
        self,
        clips: Sequence[PreparedClip],
        row_count: int,
        *,
        goes_on: Callable[[], bool] = lambda: True,
        beside: Beside | None = None,
    ) -> Iterator[tuple[int, Heard | RecognitionError]]:
        """What was said in each clip, by its index, in the order in which answers end.

        A clip's answer is the same in whichever company it comes, on a GPU only where the placement
        is batch invariant. It is an error where its numbers overflowed. Once `goes_on` says no, no
        further clip is begun. What is to be done `beside` begins when few answers leave it a core.
        """
        for index, answer in self.answers(clips, row_count, goes_on=goes_on, beside=beside):
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
        beside: Beside | None = None,
    ) -> Iterator[tuple[int, Answer]]:
        """Raw answers: token ids up to and with the end token, or up to each clip's own cap.

        With confidence they are packed with their probabilities.
        """
        prompts = [
            Prompt(
                index=index,
                ids=self._prompts.for_recognition(
                    clip.audio_token_count, language=clip.clip.language, context=clip.clip.context
                ),
                cap=answer_cap(clip),
                draft=self._draft_for(clip.clip),
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
            beside=beside,
        )
        while True:
            # Only while it computes: inference mode is a state of the thread.
            with torch.inference_mode():
                found = next(answers, None)
            if found is None:
                return
            yield found

    def give_back(self) -> bool:
        """Free memory that only makes few answers faster; whether there was any."""
        return self._generator.give_back()

    def prove_recordings(self) -> None:
        """Check that recorded steps give the tokens of eager ones; else record none, and say so."""
        clip = prepare(_probe(), self.extractor)
        ids = self._prompts.for_recognition(clip.audio_token_count, language=None, context="")
        with torch.inference_mode():
            self._generator.prove_recordings(
                Prompt(index=0, ids=ids, cap=answer_cap(clip)), lambda _: self._encoder([clip])
            )

    def _heard(self, clip: PreparedClip, answer: list[int]) -> Heard:
        ids = list(map(choice_in, answer))
        decode = functools.partial(self._tokenizer.decode, skip_special_tokens=True)
        raw = decode(ids)
        probabilities = list(map(probability_in, answer)) if self._with_confidence else []
        heard = parse(
            raw,
            forced_language=clip.clip.language,
            truncated=ids[-1] not in self._end_ids,
            tokens=tokens_in(raw, ids, probabilities, decode) if probabilities else (),
        )
        if not clip.clip.is_partial:
            return heard
        return replace(heard, ids=tuple(token for token in ids if token not in self._end_ids))

    def _draft_for(self, clip: Clip) -> Sequence[int]:
        """What its answer may begin with.

        Where no answer may depend on its company, a final one is not made beside a draft either:
        longer reads may be rounded in another way. Nor where steps have fewer bits than reads.
        """
        return clip.draft if clip.is_partial or self._reads_as_it_writes else ()


def _probe() -> Clip:
    """A second of tones that rise and fall like a voice."""
    seconds = np.arange(SAMPLE_RATE_HZ, dtype=np.float32) / SAMPLE_RATE_HZ
    phases = 2 * np.pi * (160 * seconds + 8 * np.sin(2 * np.pi * 2 * seconds))
    pcm = sum(np.sin(number * phases) / number for number in range(1, 20)) / 10
    span = Span(start_sample=0, end_sample=SAMPLE_RATE_HZ)
    return Clip(clip_id="probe", span=span, language=None, pcm=pcm.astype(np.float32))


def answer_cap(clip: PreparedClip) -> int:
    """Tokens that an answer may take: more than anyone can say in the clip's time."""
    seconds_up = -(-clip.clip.span.sample_count // SAMPLE_RATE_HZ)
    return _TOKENS_AT_LEAST + _TOKENS_PER_S * seconds_up
