"""How well the demo pair does on a clip whose words and times are known.

The pair is asked through the library's own classes, not through qasr, so that recordings are not
chosen by the program that they are to test.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    Qwen3ASRForConditionalGeneration,
    Qwen3ASRForTokenClassification,
    Qwen3ASRProcessor,
)

from tools.demo_language import Language, words_of
from tools.demo_speech import Pcm

DEMO_PAIR = Path(__file__).resolve().parent.parent / "src" / "qasr_cli" / "demo"
_MAX_NEW_TOKENS = 120  # three times what the densest 8 s of the demo language need


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the pair got wrong.

    Attributes:
        error_count: words (Chinese: characters) inserted, left out or mistaken; case is ignored.
        word_count: words that were said.
        shifts_ms: of every start and every end, how far the aligner puts it from the truth.
    """

    error_count: int
    word_count: int
    shifts_ms: tuple[float, ...]

    @property
    def mean_shift_ms(self) -> float:
        """Mean over all starts and ends."""
        return float(np.mean(self.shifts_ms))


def summed(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict over several clips."""
    return Verdict(
        error_count=sum(verdict.error_count for verdict in verdicts),
        word_count=sum(verdict.word_count for verdict in verdicts),
        shifts_ms=tuple(shift for verdict in verdicts for shift in verdict.shifts_ms),
    )


class Judge:
    """The demo pair in float32 on the CPU, one clip at a time."""

    def __init__(self) -> None:
        # Any: transformers annotates neither `generate` nor the processors as they are used.
        recogniser, aligner = DEMO_PAIR / "asr", DEMO_PAIR / "aligner"
        self._recogniser_processor: Any = Qwen3ASRProcessor.from_pretrained(recogniser)
        self._recogniser: Any = Qwen3ASRForConditionalGeneration.from_pretrained(
            recogniser, dtype=torch.float32
        )
        self._aligner_processor: Any = Qwen3ASRProcessor.from_pretrained(aligner)
        self._aligner = Qwen3ASRForTokenClassification.from_pretrained(aligner, dtype=torch.float32)

    def verdict(
        self, pcm: Pcm, text: str, language: Language, edges_ms: Sequence[float]
    ) -> Verdict:
        """Compare what the pair makes of a clip with what was said in it.

        Args:
            pcm: float32, shape (samples,), mono, 16 kHz.
            text: what was said; the aligner is given this, not what was recognised.
            language: of the whole clip.
            edges_ms: start and end of each word in turn, from the start of the clip.
        """
        said = words_of(text, language)
        return Verdict(
            error_count=edit_distance(said, words_of(self._recognised(pcm), language)),
            word_count=len(said),
            shifts_ms=tuple(
                abs(got - true)
                for got, true in zip(self._edges_ms(pcm, text, language), edges_ms, strict=True)
            ),
        )

    @torch.inference_mode()
    def _recognised(self, pcm: Pcm) -> str:
        inputs = self._recogniser_processor.apply_transcription_request(audio=[pcm])
        tokens = self._recogniser.generate(**inputs, max_new_tokens=_MAX_NEW_TOKENS)
        new_tokens = tokens[:, inputs["input_ids"].shape[1] :]
        texts = self._recogniser_processor.decode(new_tokens, return_format="transcription_only")
        return str(texts[0])

    @torch.inference_mode()
    def _edges_ms(self, pcm: Pcm, text: str, language: Language) -> list[float]:
        inputs, words = self._aligner_processor.prepare_forced_aligner_inputs(
            audio=[pcm], transcript=[text], language=[language]
        )
        items = self._aligner_processor.decode_forced_alignment(
            self._aligner(**inputs).logits,
            inputs["input_ids"],
            words,
            self._aligner.config.timestamp_token_id,
        )[0]
        return [item[edge] * 1000 for item in items for edge in ("start_time", "end_time")]


def edit_distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions of words; case is ignored."""
    row = list(range(len(heard) + 1))
    for place, expected in enumerate(said, start=1):
        diagonal, row[0] = row[0], place
        for column, got in enumerate(heard, start=1):
            substituted = diagonal + (expected.lower() != got.lower())
            diagonal = row[column]
            row[column] = min(row[column] + 1, row[column - 1] + 1, substituted)
    return row[-1]
