"""Actors on the machines of a Ray cluster; the only module that knows Ray."""

import contextlib
import itertools
import logging
import os
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from qasr_cli.cluster.actor import WorkerActor
from qasr_cli.cluster.machines import Joined, trouble_with
from qasr_cli.cluster.silence import silence
from qasr_cli.errors import ClusterTrouble, UsageError
from qasr_cli.run.executor.base import Heard, Lost, Said

_LISTEN_S = 1.0  # how long a call waits for a worker to say something
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A machine that is short of processors takes minutes to start an actor.
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # an actor without a GPU leaves such variables alone
}
_SHOWN_CHARS = 300
_KNOCK_S = 10.0
_NO_RAY = (
    "--executor ray needs Ray: pip install 'qasr-cli[cluster]', here and on every machine of the "
    "cluster"
)
_HINT = "; something answers there, so it wants a token (RAY_AUTH_MODE=token), or is no Ray"
_OPEN = (
    "this cluster takes commands without a token: whoever reaches its ports runs programs on its "
    "machines (RAY_AUTH_MODE=token, for ray start and here, shuts it)"
)


@dataclass(slots=True, kw_only=True, eq=False)
class _Actor:
    name: str
    handle: Any
    has_joined: bool = False


class Cluster:
    """The workers of one run, an actor each. Close it.

    Args:
        address: where the cluster is, as `ray start` says.
        most_count: of workers; None = one a GPU, or a machine where there is none.
        uses_gpus: False = every worker hears on processors.
        command: as in `LocalExecutor`, on every machine.
        is_confined: as in `WorkerActor`.

    Raises:
        UsageError: there is no Ray here, or the address is none.
        ClusterTrouble: the cluster cannot be reached, or speaks another version.
    """

    def __init__(
        self,
        address: str,
        *,
        most_count: int | None,
        uses_gpus: bool,
        command: Sequence[str] | None = None,
        is_confined: bool = True,
    ) -> None:
        self._ray = _ray()
        self._worker = {"command": command, "is_confined": is_confined}
        self._most_count = most_count
        self._uses_gpus = uses_gpus
        self._actors: dict[Any, _Actor] = {}  # by what is waited for
        self._numbers = itertools.count(1)
        self._is_stopping = False
        _connect(self._ray, address)

    @property
    def warning(self) -> str | None:
        """What the user should know of this cluster."""
        return None if os.environ.get("RAY_AUTH_MODE", "").lower() == "token" else _OPEN

    @property
    def capacity(self) -> int:
        """How many workers there is room for on the machines that are there."""
        if self._most_count is not None:
            return self._most_count
        return self._gpu_count or len(_machines(self._ray))

    @property
    def has_workers(self) -> bool:
        """Whether any worker is there."""
        return any(actor.has_joined for actor in self._actors.values())

    @property
    def _gpu_count(self) -> int:
        if not self._uses_gpus:
            return 0
        return int(sum(node["Resources"].get("GPU", 0) for node in _machines(self._ray)))

    def want(self, count: int) -> None:
        """Have so many actors, or as many as there is room for."""
        if self._is_stopping:
            return
        wanted = min(count, self.capacity)
        has_gpus = self._gpu_count > 0
        while len(self._actors) < wanted:
            self._start(has_gpu=has_gpus)

    def _start(self, *, has_gpu: bool) -> None:
        machine_count = max(1, len(_machines(self._ray)))
        share_count = self._gpu_count if has_gpu else self.capacity
        actor_class = self._ray.remote(WorkerActor).options(
            num_cpus=1,
            num_gpus=1 if has_gpu else 0,
            # Whether a file is tried again, and by whom, is the planner's to say.
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=2,
            scheduling_strategy="SPREAD",
        )
        handle = actor_class.remote(-(-share_count // machine_count), **self._worker)
        actor = _Actor(name=str(next(self._numbers)), handle=handle)
        self._actors[handle.place.remote()] = actor

    def send(self, worker: str, line: bytes) -> None:
        """Give a worker a line; to one that is gone it is lost."""
        for actor in self._actors.values():
            if actor.name == worker:
                actor.handle.send.remote([line])

    def ask_to_stop(self) -> None:
        """Have all workers end what they are at."""
        self._is_stopping = True
        for actor in self._actors.values():
            actor.handle.ask_to_stop.remote()

    def listen(self, within_s: float) -> Iterator[Heard | Joined]:
        """What happened; waits for so long until something does."""
        waited_for = list(self._actors)
        if not waited_for:
            time.sleep(within_s)
            return
        ready, _ = self._ray.wait(waited_for, num_returns=len(waited_for), timeout=within_s)
        for reference in ready:
            yield from self._answered(reference, self._actors.pop(reference))

    def _answered(self, reference: Any, actor: _Actor) -> Iterator[Heard | Joined]:  # noqa: ANN401  # Ray's
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            yield from self._gone(actor, error)
            return
        if not actor.has_joined:
            actor.has_joined = True
            actor.name = f"{actor.name} ({answer['host']})"
            yield Joined(worker=actor.name, place=answer, trouble=trouble_with(answer))
            answer = ()
        is_alive = True
        for heard in answer:
            match heard:
                case Said(line=line):
                    yield Said(worker=actor.name, line=line)
                case Lost(how=how):
                    is_alive = False
                    yield Lost(worker=actor.name, how=how)
                case _:
                    pass
        if is_alive:
            self._actors[actor.handle.listen.remote(_LISTEN_S)] = actor
        else:
            self._end(actor)

    def _gone(self, actor: _Actor, error: Exception) -> Iterator[Heard | Joined]:
        """An actor that does not answer is given up at once: what its worker writes is harmless."""
        self._end(actor)
        if "No module named 'qasr_cli" in str(error):
            yield Joined(
                worker=actor.name, trouble="a machine of the cluster has no qasr installed"
            )
            return
        how = f"its machine, or the way to it, is gone ({type(error).__name__})"
        yield Lost(worker=actor.name, how=how, by_itself=False)

    def _end(self, actor: _Actor) -> None:
        with contextlib.suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.kill(actor.handle)

    def close(self) -> None:
        """End all workers; the cluster goes on."""
        for actor in self._actors.values():
            self._end(actor)
        self._actors.clear()
        self._ray.shutdown()


def _machines(ray: Any) -> list[Any]:  # noqa: ANN401  # Ray's
    return [node for node in ray.nodes() if node["Alive"]]


def _ray() -> Any:  # noqa: ANN401  # a module that need not be installed
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        return import_module("ray")
    except ImportError as error:
        raise UsageError(_NO_RAY) from error


def _connect(ray: Any, address: str) -> None:  # noqa: ANN401  # Ray's
    if address == "local" or address.startswith("ray://"):
        raise UsageError(
            f"--address {address}: takes HOST:PORT of a cluster that runs, as ray start says it, "
            f"or auto on one of its machines; qasr starts none"
        )
    if address != "auto":
        _knock(address)
    try:
        with silence():
            ray.init(address=address, logging_level=logging.CRITICAL, log_to_driver=False)
    except ConnectionError as error:
        hint = "" if address == "auto" else _HINT
        raise ClusterTrouble(address, _in_one_line(error) + hint) from error
    except (RuntimeError, ValueError, OSError) as error:
        raise ClusterTrouble(address, _in_one_line(error)) from error


def _knock(address: str) -> None:
    """Find out in seconds that nobody answers: Ray itself tries for minutes."""
    host, separator, port = address.rpartition(":")
    if not (separator and host and port.isascii() and port.isdecimal()):
        raise UsageError(f"--address {address}: takes HOST:PORT, as ray start says it, or auto")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S):
            pass
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ClusterTrouble(address, f"nobody answers there: {reason}") from error


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:_SHOWN_CHARS] or type(error).__name__
