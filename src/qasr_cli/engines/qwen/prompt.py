"""The prompts of both models as token ids, built by hand.

The chat templates that come with checkpoints differ (the original one cannot render the answer's
beginning), while the prompt that the models were trained on is one. The rows equal those of the
library's own processor.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qasr_cli.engines.qwen.answer import ANSWER_MARKER

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BEFORE_CONTEXT = "<|im_start|>system\n"
_BEFORE_AUDIO = "<|im_end|>\n<|im_start|>user\n<|audio_start|>"
_AFTER_AUDIO = "<|audio_end|><|im_end|>\n<|im_start|>assistant\n"
# After each word one marker for its start and one for its end. The aligner was trained without
# the chat around the sound; with it, times come out late.
_WORD_END = "<timestamp><timestamp>"


class Prompts:
    """Makes prompts with a checkpoint's tokenizer."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self._tokenizer = tokenizer
        self._audio_ids = self._ids(tokenizer.audio_token)
        self._marks = re.compile(
            "|".join(re.escape(mark.content) for mark in tokenizer.added_tokens_decoder.values())
        )

    def for_recognition(
        self, audio_token_count: int, *, language: str | None, context: str = ""
    ) -> list[int]:
        """A request for the words of a clip.

        Args:
            language: full name of the one to write in; None = the model says which it hears.
            context: what the clip may be about. Text of it stays text, also where it spells one
                of the tokenizer's marks.
        """
        before = _BEFORE_CONTEXT + self._marks.sub(_broken, context) + _BEFORE_AUDIO
        forced = f"language {language}{ANSWER_MARKER}" if language else ""
        return self._around_audio(before, audio_token_count, _AFTER_AUDIO + forced)

    def for_alignment(self, audio_token_count: int, words: Sequence[str]) -> list[int]:
        """A request for the times of the words of a clip."""
        marked = "".join(word + _WORD_END for word in words)
        return self._around_audio("<|audio_start|>", audio_token_count, "<|audio_end|>" + marked)

    def _around_audio(self, before: str, audio_token_count: int, after: str) -> list[int]:
        return self._ids(before) + self._audio_ids * audio_token_count + self._ids(after)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


def _broken(mark: re.Match[str]) -> str:
    """A mark with a space in it, which makes it a text like any other."""
    return f"{mark[0][0]} {mark[0][1:]}"
