"""One thing that the doctor looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        state: "fail" = a run cannot work, "warn" = it can, within limits.
        remedy: what to do about it; "" when nothing need be done.
        tried: what was attempted, and the kernel's answer to each, by its name (EACCES).
    """

    name: str
    state: State
    detail: str
    remedy: str = ""
    tried: Mapping[str, str] = field(default_factory=dict)
