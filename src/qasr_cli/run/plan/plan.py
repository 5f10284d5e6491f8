"""The plan of a run, as values: its jobs, and the inputs for which there is none."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from qasr_cli.core.outcomes import FileFailed
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.state.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """An input that could not even be looked at; `name` and `store` as in a `Job`."""

    outcome: FileFailed
    name: str
    store: Store | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The work of a run.

    Attributes:
        unseen: inputs that failed before the run.
        stores: of every folder that gets a report, also where it holds no recording.
        left_out: root of a store -> bin or kind of hidden place -> how many files in it have names
            of recordings; and how many qasr made itself.
        notes: what the user should know of it.
        is_cut_short: a stop was asked for while it was made, so it holds nothing.
    """

    jobs: tuple[Job, ...]
    unseen: tuple[Unseen, ...] = ()
    stores: tuple[Store, ...] = ()
    left_out: Mapping[str, Counter[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_cut_short: bool = False

    @property
    def all_left_out(self) -> Counter[str]:
        """The same of all stores together."""
        return sum(self.left_out.values(), Counter())


# Without stores: the report of an earlier run says more than that of half a plan.
CUT_SHORT = Plan(jobs=(), is_cut_short=True)
