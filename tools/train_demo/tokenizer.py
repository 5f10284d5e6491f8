"""The demo pair's tokenizer: byte pairs learned from the grammar, and the special tokens."""

import json
from typing import Any

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.normalizers import NFC
from transformers import Qwen2Tokenizer
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

from tools.demo_language import random_sentence, vocabulary

AUDIO_START, AUDIO_PAD, AUDIO_END = "<|audio_start|>", "<|audio_pad|>", "<|audio_end|>"
ANSWER_MARKER, TIME_MARKER = "<asr_text>", "<timestamp>"
END_OF_TEXT, _TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
_SPECIAL = (END_OF_TEXT, _TURN_START, TURN_END, AUDIO_START, AUDIO_END, AUDIO_PAD)

_MERGE_VOCABULARY_SIZE = 600
_LONGEST_TOKEN = 12


def new_tokenizer(seed: int) -> Any:  # noqa: ANN401  # transformers builds its class at run time
    """A tokenizer that has learned the words of the grammar."""
    learned = _learned_byte_pairs(_corpus(seed))
    tokenizer = Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=[tuple(merge) for merge in learned["merges"]],  # type: ignore[misc]  # as it works
        unk_token=None,  # type: ignore[arg-type]  # bytes leave nothing unknown
        eos_token=TURN_END,
        pad_token=END_OF_TEXT,
        extra_special_tokens={
            "audio_token": AUDIO_PAD,
            "audio_bos_token": AUDIO_START,
            "audio_eos_token": AUDIO_END,
        },
    )
    special = [AddedToken(token, special=True, normalized=False) for token in _SPECIAL]
    tokenizer.add_tokens(special, special_tokens=True)
    # Not special: decoding without special tokens must keep these two.
    markers = (ANSWER_MARKER, TIME_MARKER)
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in markers])
    return tokenizer


def _corpus(seed: int) -> list[str]:
    """Sentences of the grammar, its words as they stand in the aligner's prompt, and prompts."""
    rng = np.random.default_rng(seed)
    corpus = [random_sentence(rng, "English", held_out=False) for _ in range(4000)]
    corpus += [random_sentence(rng, "Chinese", held_out=False) for _ in range(1500)]
    corpus += [*vocabulary("English"), *vocabulary("Chinese")] * 30
    corpus += ["language English", "language Chinese", "language None"] * 400
    corpus += ["system\nuser\nassistant\n"] * 400
    return corpus


def _learned_byte_pairs(corpus: list[str]) -> dict[str, Any]:
    """Vocabulary and merges, learned from texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_MERGE_VOCABULARY_SIZE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        max_token_length=_LONGEST_TOKEN,
    )
    tokenizer.train_from_iterator(sorted(corpus), trainer)
    learned: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return learned
