"""The last layer of the recogniser: from states to the most likely tokens."""

from collections.abc import Callable

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.linear import Int8, packing_for
from qasr_cli.engines.qwen.model.packed_choice import packed

# From states, shape (rows, hidden size), to the best score and its token in every row, which may be
# packed with its probability. A score is no number where the states are none.
Head = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

# Of 150,000 scores the sixteenth is most of their spread below the first; 8 bits are off by a
# hundredth of it.
_CANDIDATE_COUNT = 16


def head_for(placement: Placement, weight: torch.Tensor, *, with_probability: bool = False) -> Head:
    """The last layer of a recogniser, whose weight has shape (tokens, hidden size)."""
    if placement.is_int8:
        return _shortlisting(weight, with_probability=with_probability)
    return _exact(placement, weight, with_probability=with_probability)


def _exact(placement: Placement, weight: torch.Tensor, *, with_probability: bool) -> Head:
    score = packing_for(placement).product(weight)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        all_scores = score(states)
        scores, tokens = all_scores.max(dim=-1)
        return scores, packed(all_scores, tokens) if with_probability else tokens

    return best


def _shortlisting(weight: torch.Tensor, *, with_probability: bool) -> Head:
    """8 bits choose candidates, and full precision the best of them: two may be very close."""
    rough = Int8().product(weight)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        all_scores = rough(states)
        tokens = all_scores.topk(min(_CANDIDATE_COUNT, len(weight)), dim=-1).indices
        exact = (weight[tokens].to(states.dtype) @ states[..., None])[..., 0]
        scores, places = exact.max(dim=-1)
        chosen = tokens.gather(1, places[:, None])[:, 0]
        if with_probability:
            chosen = packed(all_scores.scatter(1, tokens, exact), chosen)
        return scores, chosen

    return best
