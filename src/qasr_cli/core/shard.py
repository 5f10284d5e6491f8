"""One part of a batch that several machines share out among themselves. Knows no scheduler."""

import hashlib
import heapq
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Part `index` of `count`, from 1."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ValueError(f"part {self.index} of {self.count}: parts count from 1")

    def __str__(self) -> str:
        return f"{self.index}-of-{self.count}"

    def takes(self, relative_path: str) -> bool:
        """Whether a file is of this part: the same everywhere, whatever other files there are."""
        digest = hashlib.sha256(relative_path.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8]) % self.count == self.index - 1


def balanced(weights: Mapping[str, float], count: int) -> dict[str, int]:
    """Which of so many parts, from 1, each file is of, so that all parts weigh about the same.

    The heaviest first, each to the part that is the lightest so far: no part weighs more than the
    mean and one file.

    >>> balanced({"a": 60, "b": 30, "c": 25, "d": 5}, 2)
    {'a': 1, 'b': 2, 'c': 2, 'd': 2}
    """
    sums = [(0.0, 0, part) for part in range(1, count + 1)]
    parts: dict[str, int] = {}
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        weight, file_count, part = heapq.heappop(sums)
        parts[name] = part
        heapq.heappush(sums, (weight + weights[name], file_count + 1, part))
    return parts


def shard_from_text(text: str, environment: Mapping[str, str]) -> Shard:
    """The part that a person, or a scheduler's environment, names.

    `3/8` is the third of eight. `auto` asks a Slurm array for both numbers; `auto/8` asks Slurm or
    a Kubernetes indexed job for the first.

    Raises:
        ValueError: it is none of these, or the environment does not say.
    """
    index_text, separator, count_text = text.partition("/")
    count = _number(count_text, text) if separator else None
    if index_text != "auto":
        if count is None:
            raise ValueError(f"{text!r} is not I/N (such as 3/8), auto or auto/N")
        return Shard(index=_number(index_text, text), count=count)
    if "SLURM_ARRAY_TASK_ID" in environment:
        return _from_slurm(environment, count)
    if "JOB_COMPLETION_INDEX" in environment:
        if count is None:
            raise ValueError("Kubernetes does not say how many parts there are: use auto/N")
        return Shard(index=_variable(environment, "JOB_COMPLETION_INDEX") + 1, count=count)
    raise ValueError("auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set")


def _from_slurm(environment: Mapping[str, str], count: int | None) -> Shard:
    task_id = _variable(environment, "SLURM_ARRAY_TASK_ID")
    first = _variable(environment, "SLURM_ARRAY_TASK_MIN", 0)
    step = _variable(environment, "SLURM_ARRAY_TASK_STEP", 1)
    task_count = _variable(environment, "SLURM_ARRAY_TASK_COUNT", count)
    index, rest = divmod(task_id - first, max(1, step))
    # An array with gaps, or a few tasks of one started again: its numbers say nothing of parts.
    if rest or not 0 <= index < task_count or count not in (None, task_count):
        raise ValueError(
            f"task {task_id} of a Slurm array of {task_count} tasks is no part of "
            f"{count or task_count}; name it yourself as I/N"
        )
    return Shard(index=index + 1, count=task_count)


def _variable(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    value = environment.get(name)
    if value is None:
        if default is None:
            raise ValueError(f"{name} is not set")
        return default
    return _number(value, f"{name}={value}")


def _number(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{text!r} has no whole number in place of {digits!r}")
    return int(digits)
