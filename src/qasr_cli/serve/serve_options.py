"""How the process serves; `qasr_cli.options` says how it transcribes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qasr_cli.saved.in_place.worst_first import Ranked


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What `qasr serve` is told beyond that.

    Attributes:
        hosts: names that it answers to, besides those of its sockets.
        origins: pages of other sites that may ask.
        key: "" = none is needed.
        shows_address: whoever started it is told what to open.
        shows_key: the key was made for this process, so it is told, too.
        most_upload_bytes: of one recording.
        most_requests: at a time.
        most_jobs: that have not ended, at a time.
        most_live: live sessions at a time.
        max_lag_s: how far their text may be behind the sound.
        keep_s: how long a job is kept once it has ended.
        turn_s: as `SharedEngine` has it.
        idle_unload_s: as `SharedEngine` has it.
    """

    state_dir: str
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    key: str = ""
    shows_address: bool = False
    shows_key: bool = False
    most_upload_bytes: int = 8 << 30
    most_requests: int = 32
    most_jobs: int = 1000
    most_live: int = 4
    max_lag_s: float = 30.0
    keep_s: float = 24 * 3600.0
    turn_s: float = 2.0
    idle_unload_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """What of the user's own is corrected where it stands.

    Attributes:
        name: what they named, for people.
        ranked: the worst first.
    """

    name: str
    ranked: "Sequence[Ranked]"
