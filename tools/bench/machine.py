"""How fast this machine reads and multiplies, and the least cost of the models on it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Self

import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.device import Placement
from qasr_cli.engines.qwen.model.products.choice import packing_for
from tools.bench.jobs import TOKENS_A_S, WORDS_A_S
from tools.bench.least_work import PLACES_A_S, work_of
from tools.bench.shapes import ROLES

PROMPT_TOKENS = 18  # around the sound

# Seconds that pass; of `time.process_time`, seconds that all threads of this process computed.
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall_s": time.perf_counter, "cpu_s": time.process_time}


def middle_of(work: Callable[[], object], clock: Clock, times: int = 15) -> float:
    """Median of the seconds that some work takes."""
    taken_s = []
    for _ in range(times):
        began_s = clock()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken_s.append(clock() - began_s)
    return median(taken_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the machine reached when it was measured.

    Attributes:
        bytes_a_s: read from memory.
        flop_a_s: of a product of large matrices in the working number format, laid out for it.
    """

    bytes_a_s: float
    flop_a_s: float

    @classmethod
    def measured(cls, place: Placement, clock: Clock) -> Self:
        """Streaming bandwidth and matrix rate."""
        numbers = torch.ones(1 << 27, device=place.device)
        large = torch.randn(2048, 2048, device=place.device, dtype=place.dtype)
        product = packing_for(place).product(large)
        product(large)
        return cls(
            bytes_a_s=numbers.nbytes / middle_of(numbers.sum, clock),
            flop_a_s=2 * 2048**3 / middle_of(lambda: product(large), clock),
        )

    def mean(self, other: "Machine") -> "Machine":
        """The mean of two measurements."""
        return Machine(
            bytes_a_s=(self.bytes_a_s + other.bytes_a_s) / 2,
            flop_a_s=(self.flop_a_s + other.flop_a_s) / 2,
        )


def least_cost(
    machine: Machine, folders: dict[Role, Path], rows: int, clip_s: int, number_bytes: int
) -> dict[str, float]:
    """Seconds that a second of sound takes at least on that machine, by kind of work."""
    config = {role: json.loads((folders[role] / "config.json").read_bytes()) for role in ROLES}
    prompt = clip_s * PLACES_A_S + PROMPT_TOKENS
    hear = work_of(
        config["recogniser"],
        clip_s=clip_s,
        prompt_tokens=prompt,
        head_size=config["recogniser"]["text_config"]["vocab_size"],
        number_bytes=number_bytes,
    )
    words = round(clip_s * WORDS_A_S)
    timing = work_of(
        config["aligner"],
        clip_s=clip_s,
        prompt_tokens=clip_s * PLACES_A_S + 2 + 3 * words,
        head_size=0,
        number_bytes=number_bytes,
    )
    recognise = rows * (hear.encode + hear.read) / machine.flop_a_s
    for number in range(clip_s * TOKENS_A_S):
        compute_s = rows * hear.write / machine.flop_a_s
        read_bytes = hear.weight_bytes + rows * (prompt + number) * hear.cache_bytes
        recognise += max(compute_s, read_bytes / machine.bytes_a_s)
    return {
        "recognise": recognise / (rows * clip_s),
        "align": (timing.encode + timing.read) / machine.flop_a_s / clip_s,
    }
