"""What runs on a machine of the cluster: the parent of one worker."""

import os
import platform
from collections.abc import Sequence
from typing import Any

from qasr_cli import __version__
from qasr_cli.machine.cores import usable_core_count
from qasr_cli.run.executor.base import Heard
from qasr_cli.run.executor.local import LocalExecutor, Place, command_of_worker
from qasr_cli.system.processes import host_name


class WorkerActor:
    """Starts a worker that is confined before it has read anything, and carries its lines.

    Ray calls it in two threads: one listens, the other sends.
    """

    def __init__(
        self, share_count: int, command: Sequence[str] | None = None, *, is_confined: bool = True
    ) -> None:
        """Start the worker.

        Args:
            share_count: among how many the cores of this machine are shared out.
            command: starts it, as in `LocalExecutor`.
            is_confined: the kernel refuses it the network, where no command says otherwise.
        """
        thread_count = max(1, usable_core_count() // max(1, share_count))
        self._thread_count = thread_count
        self._executor = LocalExecutor(
            [Place(device=None, thread_count=thread_count)],
            command=command or command_of_worker(is_confined=is_confined),
        )
        self._executor.want(1)

    def place(self) -> dict[str, Any]:
        """Where it is, and what it runs."""
        return {
            "host": host_name(),
            "process": os.getpid(),
            "threads": self._thread_count,
            "has_gpu": bool(os.environ.get("CUDA_VISIBLE_DEVICES", "").strip()),
            "version": __version__,
            "python": ".".join(platform.python_version_tuple()[:2]),
        }

    def send(self, lines: Sequence[bytes]) -> None:
        """Give the worker lines."""
        for worker in self._executor.workers:
            for line in lines:
                self._executor.send(worker, line)

    def listen(self, within_s: float) -> Sequence[Heard]:
        """What the worker says within a time."""
        return self._executor.listen(within_s)

    def ask_to_stop(self) -> None:
        """Have the worker end what it is at."""
        self._executor.ask_to_stop()

    def close(self) -> None:
        """End the worker now."""
        self._executor.close()
