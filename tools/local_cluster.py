"""A batch through relay and planner, as over a cluster, whose one machine is this one; no Ray.

    python -m tools.local_cluster FROM TO [RULES]

RULES are those of `tools.drill_worker`. A worker that is killed is a lost machine where RULES hold
`"loses_machines": true`.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from qasr_cli import sandbox
from qasr_cli.cluster.actor import WorkerActor
from qasr_cli.cluster.machines import Joined, trouble_with
from qasr_cli.cluster.relay import relay
from qasr_cli.run.executor.base import Heard, Lost, Said
from qasr_cli.run.executor.relayed import RelayedExecutor
from qasr_cli.run.stop_request import StopRequest
from tools import drill_worker
from tools.kill_workers import run

MARK = "QASR_RELAYED_BY"


class ThisMachine:
    """Actors in this process.

    Args:
        rules: of the workers.
    """

    warning: str | None = "this cluster is one machine"
    capacity = 2

    def __init__(self, rules: str) -> None:
        self._command = (sys.executable, drill_worker.__file__, rules)
        self._loses_machines = bool(json.loads(rules).get("loses_machines"))
        self._actors: dict[str, WorkerActor] = {}
        self._came: list[Joined] = []
        self._started_count = 0

    @property
    def has_workers(self) -> bool:
        """Whether there are any."""
        return bool(self._actors)

    def want(self, count: int) -> None:
        """Start them."""
        while len(self._actors) < min(count, self.capacity):
            self._started_count += 1
            actor = WorkerActor(self.capacity, self._command)
            name, place = f"m{self._started_count}", actor.place()
            self._actors[name] = actor
            self._came.append(Joined(worker=name, place=place, trouble=trouble_with(place)))

    def send(self, worker: str, line: bytes) -> None:
        """Give one a line."""
        if worker in self._actors:
            self._actors[worker].send([line])

    def listen(self, within_s: float) -> Iterator[Heard | Joined]:
        """Ask each."""
        came, self._came = self._came, []
        yield from came
        if not self._actors:
            time.sleep(within_s)
        for name, actor in tuple(self._actors.items()):
            for heard in actor.listen(within_s / self.capacity):
                match heard:
                    case Said(line=line):
                        yield Said(worker=name, line=line)
                    case Lost(how=how):
                        del self._actors[name]
                        yield Lost(worker=name, how=how, by_itself=not self._loses_machines)
                    case _:
                        pass

    def ask_to_stop(self) -> None:
        """Ask each."""
        for actor in self._actors.values():
            actor.ask_to_stop()

    def close(self) -> None:
        """End all."""
        for actor in self._actors.values():
            actor.close()
        self._actors.clear()


def main() -> int:
    """Relay; or, started by the relay, plan."""
    source, target, *rules = sys.argv[1:]
    if MARK not in os.environ:
        return relay(ThisMachine(*(rules or ["{}"])), mark=MARK)
    sandbox.confine()
    executor = RelayedExecutor("here")
    with contextlib.closing(executor), StopRequest() as stop:
        return int(run(Path(source), Path(target), executor=executor, stop=stop).exit_code)


if __name__ == "__main__":
    sys.exit(main())
