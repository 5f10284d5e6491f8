"""The plan of a run, as values: its jobs, and the inputs for which there is none."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from qasr_cli.core.outcomes import FileFailed
from qasr_cli.run.plan.jobs import SHARED_BY_JOBS, Job
from qasr_cli.run.state.store import Store
from qasr_cli.storage.compact_list import CompactList


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """An input that could not even be looked at; `name` and `store` as in a `Job`."""

    outcome: FileFailed
    name: str
    store: Store | None = None


class Jobs(CompactList[Job]):
    """The jobs of a plan, numbered in their order. There may be a hundred thousand."""

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        super().__init__(jobs, shared=SHARED_BY_JOBS)

    def append(self, job: Job) -> None:
        """Add one, with its number."""
        super().append(replace(job, number=len(self)))


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

    jobs: Jobs
    unseen: tuple[Unseen, ...] = ()
    stores: tuple[Store, ...] = ()
    left_out: Mapping[str, Counter[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_cut_short: bool = False

    @property
    def all_left_out(self) -> Counter[str]:
        """The same of all stores together."""
        return sum(self.left_out.values(), Counter())


def output_folders(plan: Plan) -> dict[Store | None, set[str]]:
    """Where outputs go, of the jobs of each store of a plan; None = of those without one."""
    folders: dict[Store | None, set[str]] = {None: set()}
    folders |= {store: set() for store in plan.stores}
    for job in plan.jobs:
        if job.base is not None:
            folders[job.store].add(os.path.dirname(job.base.path))
    return folders


# Without stores: the report of an earlier run says more than that of half a plan.
CUT_SHORT = Plan(jobs=Jobs(), is_cut_short=True)
