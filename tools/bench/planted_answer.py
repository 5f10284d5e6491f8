"""A recogniser of a published shape whose answer to any sound is known: the program runs as it is.

Random weights end no answer, and what they write looks broken, so that qasr would try again. Here
all layers but one pass on what they get, in the time that any numbers take; and the first one knows
each token of the answer, and adds the one that follows. So sure is no real model: all that is
proposed to it holds, and what proposals save here is the most that they can.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from tools.bench.shapes import checkpoint_of

WORD_COUNT = 75
TOKEN_COUNT = 120
_PROMPT_END = "\u010a"  # a line feed, as byte-level tokenizers write it
_BEGINNING = ("language", "\u0120English", "<asr_text>")
_END = "<|im_end|>"
_SPACE = "\u0120"
_LEAST_CHARS = 2
_TEXT_MODEL = "model.language_model."
_EMBEDDINGS = _TEXT_MODEL + "embed_tokens.weight"
_KNOWING = _TEXT_MODEL + "layers.0.mlp."
_PASSING = (".self_attn.o_proj.weight", ".mlp.down_proj.weight")
_NORMS = (_TEXT_MODEL + "norm.weight", _TEXT_MODEL + "layers.0.post_attention_layernorm.weight")
# Of embeddings, whose last number is as large for all tokens of the answer, to open the gates.
_SIZE, _OPENING = 0.02, 0.1
_GATE, _STEP = 2.0, 0.05


def planted_recogniser(shape: str, folder: Path) -> Path:
    """A native checkpoint that writes `WORD_COUNT` words in `TOKEN_COUNT` tokens, made once."""
    target = folder / f"{shape}-planted" / "recogniser"
    if (target / "model.safetensors").exists():
        return target
    source = checkpoint_of(shape, "recogniser", folder)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.safetensors", ".*"))
    weights = load_file(source / "model.safetensors")
    for name, weight in weights.items():
        if name.startswith(_TEXT_MODEL) and name.endswith(_PASSING):
            weight.zero_()
    _plant(weights, _answer(target))
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    return target


def _answer(folder: Path) -> list[int]:
    """The end of a prompt, and the tokens of the answer; none comes twice.

    Raises:
        ValueError: the tokenizer has too few tokens.
    """
    vocabulary: dict[str, int] = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    words = [token for token in vocabulary if token[0] == _SPACE and _is_text(token[1:])]
    ends = [token for token in vocabulary if _is_text(token) and token.islower()]
    words = sorted(set(words) - set(_BEGINNING))[:WORD_COUNT]
    end_count = TOKEN_COUNT - len(_BEGINNING) - WORD_COUNT - 1
    ends = sorted(set(ends) - set(_BEGINNING))[:end_count]
    if (len(words), len(ends)) != (WORD_COUNT, end_count):
        raise ValueError(f"{folder}: its tokenizer has too few words")
    spoken = list(_BEGINNING)
    for number, word in enumerate(words):
        spoken += [word, *ends[number : number + 1]]
    return [vocabulary[token] for token in (_PROMPT_END, *spoken, _END)]


def _is_text(token: str) -> bool:
    return len(token) >= _LEAST_CHARS and token.isascii() and token.isalpha()


def _plant(weights: dict[str, torch.Tensor], ids: Sequence[int]) -> None:
    """Let each token be followed by the next one; overwrites weights of the first layer."""
    for name in _NORMS:
        weights[name].fill_(1)
    chance = torch.Generator().manual_seed(1)
    embeddings = weights[_EMBEDDINGS].normal_(0, _SIZE / 2, generator=chance)
    dim = embeddings.shape[1]
    planted = torch.zeros(len(ids), dim)  # each at a right angle to all others
    random = torch.randn(dim - 1, len(ids), generator=chance)
    planted[:, :-1] = torch.linalg.qr(random).Q.T * (_SIZE * dim**0.5)
    opened = planted.clone()
    opened[:, -1] = _OPENING
    embeddings[list(ids)] = opened.to(embeddings.dtype)
    count = len(ids) - 1
    gates, knowing, following = (
        weights[f"{_KNOWING}{name}_proj.weight"] for name in ("gate", "up", "down")
    )
    gates[:count] = 0
    gates[:count, -1] = _GATE
    knowing[:count] = planted[:-1].to(knowing.dtype)
    following[:, :count] = _STEP * planted[1:].T.to(following.dtype)
