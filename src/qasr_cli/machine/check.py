"""One thing that the doctor looked at."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        state: "fail" = a run cannot work, "warn" = it can, within limits.
        remedy: what to do about it; "" when nothing need be done.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""
