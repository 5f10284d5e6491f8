"""What the routes of one process share."""

from dataclasses import dataclass, field

from qasr_cli.options import Options
from qasr_cli.serve.forms.uploads import UploadLimits
from qasr_cli.serve.jobs.all_jobs import Jobs
from qasr_cli.serve.live.sessions import LiveSessions
from qasr_cli.serve.metrics import Metrics
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.request_queue import RequestQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process that serves.

    Attributes:
        options: of every request that does not say otherwise.
        model_name: as clients list it.
        sandbox: as `sandbox.state` says.
        started_s: on the clock of the epoch.
        editing: what of the user's own is corrected where it stands, by its name; None = nothing.
    """

    options: Options
    model_name: str
    shared: SharedEngine
    request_queue: RequestQueue
    jobs: Jobs
    live: LiveSessions
    limits: UploadLimits
    sandbox: str
    started_s: int
    editing: str | None = None
    metrics: Metrics = field(default_factory=Metrics)

    def refuse(self) -> None:
        """Take nothing more: the process ends."""
        self.shared.drain()
        self.request_queue.refuse()
        self.jobs.stop()
        self.live.stop()

    def close(self) -> None:
        """Give up what is at work, and let go of the models."""
        self.request_queue.close()
        self.live.close()
        self.jobs.close()
        self.shared.close()
