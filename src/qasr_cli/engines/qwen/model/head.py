"""The last layer of the recogniser: from states to the most likely tokens."""

from collections.abc import Callable

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.company import pieces
from qasr_cli.engines.qwen.model.eight_bits.packing import Int8
from qasr_cli.engines.qwen.model.four_bits.packing import Int4
from qasr_cli.engines.qwen.model.packed_choice import packed
from qasr_cli.engines.qwen.model.products.choice import packing_for
from qasr_cli.engines.qwen.model.products.linear import Packing

# From states, shape (rows, hidden size), to the best score and its token in every row, which may be
# packed with its probability. A score is no number where the states are none.
Head = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

# Of 150,000 scores the sixteenth is most of their spread below the first; 8 bits are off by a
# hundredth of it, and so never miss the first.
_CANDIDATES_OF_8_BITS = 16
# 4 bits are off by a tenth: of a million made-up rows of scores the first was missed once or twice
# in 100,000 with 16, in none with 24; off by an eighth, in 6 of a million with 32.
_CANDIDATES_OF_4_BITS = 32


def head_for(placement: Placement, weight: torch.Tensor, *, with_probability: bool = False) -> Head:
    """The last layer of a recogniser, whose weight has shape (tokens, hidden size)."""
    head = _head(placement, weight, with_probability=with_probability)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        some = pieces(len(states), placement)
        if len(some) <= 1:
            return head(states)
        scores, tokens = zip(*(head(states[each]) for each in some), strict=True)
        return torch.cat(scores), torch.cat(tokens)

    return best


def _head(placement: Placement, weight: torch.Tensor, *, with_probability: bool) -> Head:
    if placement.is_int4:
        return _shortlisting(Int4(), _CANDIDATES_OF_4_BITS, weight, with_probability)
    if placement.is_int8:
        return _shortlisting(Int8(), _CANDIDATES_OF_8_BITS, weight, with_probability)
    return _exact(placement, weight, with_probability=with_probability)


def _exact(placement: Placement, weight: torch.Tensor, *, with_probability: bool) -> Head:
    score = packing_for(placement).product(weight)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        all_scores = score(states)
        scores, tokens = all_scores.max(dim=-1)
        return scores, packed(all_scores, tokens) if with_probability else tokens

    return best


def _shortlisting(
    packing: Packing, candidate_count: int, weight: torch.Tensor, with_probability: bool
) -> Head:
    """Few bits choose candidates, and full precision the best of them: two may be very close."""
    rough = packing.product(weight)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        states = states.float()
        all_scores = rough(states)
        tokens = all_scores.topk(min(candidate_count, len(weight)), dim=-1).indices
        exact = _scores_in_full(weight, tokens, states)
        scores, places = exact.max(dim=-1)
        chosen = tokens.gather(1, places[:, None])[:, 0]
        if with_probability:
            chosen = packed(all_scores.scatter(1, tokens, exact), chosen)
        return scores, chosen

    return best


def _scores_in_full(
    weight: torch.Tensor, tokens: torch.Tensor, states: torch.Tensor
) -> torch.Tensor:
    """Of some tokens of every row, shape (rows, tokens); the same for a row alone as in company."""
    # One row alone torch multiplies by another kernel, which has other last digits.
    if len(states) == 1:
        tokens, states = (each.expand(2, -1) for each in (tokens, states))
        return _scores_in_full(weight, tokens, states)[:1]
    return (weight[tokens].float() @ states[..., None])[..., 0]
