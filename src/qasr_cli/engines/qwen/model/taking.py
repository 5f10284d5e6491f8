"""The layers of a model, taken out of it one by one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

from qasr_cli.engines.qwen.model.products.linear import Packing

_Taken = TypeVar("_Taken")


def taken_in_turn(
    layers: Any,  # noqa: ANN401  # a list of modules of the library's, or of ours
    take: Callable[[Any], _Taken],
    packing: Packing,
) -> list[_Taken]:
    """What is made of each layer; each is taken off the list, so that no weight is held twice."""
    count = torch.get_num_threads() if packing.packs_alone else 1
    taken: list[_Taken] = []
    with ThreadPoolExecutor(count, thread_name_prefix="qasr-packing") as threads:
        while layers:
            some = [layers[number] for number in range(min(count, len(layers)))]
            taken += threads.map(take, some) if count > 1 else map(take, some)
            del layers[: len(some)], some
    return taken
