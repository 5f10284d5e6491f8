"""Whether all workers of a run would make the same of a recording."""

from dataclasses import dataclass, field

from qasr_cli.errors import WorkersMixed, WorkerUnlike
from qasr_cli.run.executor.messages import Message


@dataclass(slots=True, kw_only=True)
class Likeness:
    """Knows the first worker that has come, and holds the others against it.

    Attributes:
        fingerprint: of the engine that the driver knows.
        allow_mixed: as in `RunOptions`.
    """

    fingerprint: str
    allow_mixed: bool
    _first: tuple[str, str] | None = field(default=None, init=False)

    def check(self, worker: str, ready: Message) -> None:
        """Take a worker that is ready.

        Raises:
            WorkerUnlike: it has other models than its driver.
            WorkersMixed: it computes in another number format than an earlier one.
        """
        if ready["fingerprint"] != self.fingerprint:
            raise WorkerUnlike(worker)
        number_format = ready["number_format"]
        if self.allow_mixed or not number_format:
            return
        if self._first is None:
            self._first = (worker, number_format)
        if self._first[1] != number_format:
            raise WorkersMixed(worker, number_format, *self._first)
