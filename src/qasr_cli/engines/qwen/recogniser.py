"""Sound to text, in batches, through transformers' own generation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.engines.qwen import features, prompt
from qasr_cli.engines.qwen.answer import Heard, parse
from qasr_cli.engines.qwen.checkpoint import Checkpoint
from qasr_cli.engines.qwen.features import Features
from qasr_cli.errors import RecognitionError

# The fastest speech stays below 10 tokens a second in scripts that take a token a character;
# scripts that take two or three (Thai, Hindi) need the rest. A dense minute at the published cap
# of 512 would lose its end.
_TOKENS_PER_S = 20
_TOKENS_AT_LEAST = 40  # the language in front, and very short clips


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeardClip:
    """A clip with its features, so that nothing extracts them twice."""

    clip: Clip
    features: Features


class Recogniser:
    """Hears the words of clips.

    Args:
        checkpoint: a recogniser.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._model = checkpoint.model
        self._tokenizer = checkpoint.processor.tokenizer
        self._prompts = prompt.Prompts(self._tokenizer)
        end_ids = self._model.generation_config.eos_token_id
        self._end_ids = frozenset([end_ids] if isinstance(end_ids, int) else end_ids)

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self._model.device

    def recognise(self, clips: Sequence[FeaturedClip]) -> list[Heard]:
        """What was said in each clip; the same in whichever company a clip comes.

        Raises:
            RecognitionError: the numbers overflowed.
        """
'''
