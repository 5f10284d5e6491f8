"""The last layer of the recogniser: from states to the most likely tokens."""

from collections.abc import Callable

import torch

from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.linear import Int8, packing_for

# From states, shape (rows, hidden size), to the best score and its token in every row. A score is
# no number where the states are none.
Head = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

# Of 150,000 scores the sixteenth is most of their spread below the first; 8 bits are off by a
# hundredth of it.
_CANDIDATE_COUNT = 16


def head_for(placement: Placement, weight: torch.Tensor) -> Head:
    """The last layer of a recogniser, whose weight has shape (tokens, hidden size)."""
    return _shortlisting(weight) if placement.is_int8 else _exact(placement, weight)


def _exact(placement: Placement, weight: torch.Tensor) -> Head:
    score = packing_for(placement).product(weight)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores, tokens = score(states).max(dim=-1)
        return scores, tokens

    return best


def _shortlisting(weight: torch.Tensor) -> Head:
    """8 bits choose candidates, and full precision the best of them: two may be very close."""
    rough = Int8().product(weight)

    def best(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = rough(states).topk(min(_CANDIDATE_COUNT, len(weight)), dim=-1).indices
        exact = weight[tokens].to(states.dtype) @ states[..., None]
        scores, places = exact[..., 0].max(dim=-1)
        return scores, tokens.gather(1, places[:, None])[:, 0]

    return best
