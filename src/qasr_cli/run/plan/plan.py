"""The plan of a run, as values: its jobs, and the inputs for which there is none."""

from dataclasses import dataclass

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
    """

    jobs: tuple[Job, ...]
    unseen: tuple[Unseen, ...] = ()
    stores: tuple[Store, ...] = ()
