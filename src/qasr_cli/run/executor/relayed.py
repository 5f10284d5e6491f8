"""Workers elsewhere: lines to and from them go through the process that started this one.

That one is connected to a cluster; this one has no way out but the two pipes between them.
"""

import contextlib
import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qasr_cli.errors import ClusterTrouble
from qasr_cli.options import EngineOptions
from qasr_cli.run.executor.base import Came, Heard, Lost, Noted, Said
from qasr_cli.storage.files import write_all
from qasr_cli.storage.jsonl import json_bytes
from qasr_cli.system import pipes

_READ_BYTES = 1 << 16
_ENDED = "the process that was connected to the cluster has ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    thread_count: int
    has_gpu: bool


class RelayedExecutor:
    """Speaks with workers through a relay, over this process's standard streams."""

    def __init__(self, address: str) -> None:
        """Take the streams over: what is printed from now on goes to standard error.

        Args:
            address: of the cluster, for messages.
        """
        self._address = address
        self._source, self._target = os.dup(0), os.dup(1)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        self._unfinished = b""
        self._places: dict[str, _Place] = {}
        self._capacity = 1
        self._wanted_count = 0
        self._is_stop_due = self._is_stop_told = self._has_ended = False

    @property
    def worker_count(self) -> int:
        """As many as the cluster has room for at this moment."""
        return max(1, self._capacity)

    @property
    def workers(self) -> tuple[str, ...]:
        """Those that came and were not lost."""
        return tuple(self._places)

    def engine_options(self, worker: str, wanted: EngineOptions) -> EngineOptions:
        """On the GPU that the cluster gave it, or as the options say."""
        place = self._places[worker]
        device = "cuda" if place.has_gpu and wanted.device == "auto" else wanted.device
        return replace(wanted, device=device, threads=wanted.threads or place.thread_count)

    def want(self, count: int) -> None:
        """Tell the relay, where that is news."""
        if count != self._wanted_count:
            self._wanted_count = count
            self._say({"want": count})

    def send(self, worker: str, line: bytes) -> None:
        """Give it to the relay."""
        self._say({"to": worker, "line": line.decode().rstrip("\n")})

    def listen(self, within_s: float) -> Sequence[Heard]:
        """What the relay says.

        Raises:
            ClusterTrouble: the way to the cluster is gone, or no worker can ever come.
        """
        self._tell_of_stop()
        if self._has_ended:
            raise ClusterTrouble(self._address, _ENDED)
        if not pipes.holds_something(self._source, within_s=within_s):
            return ()
        data = os.read(self._source, _READ_BYTES)
        if not data:
            self._has_ended = True
            lost = [Lost(worker=name, how=_ENDED, by_itself=False) for name in self._places]
            self._places.clear()
            return lost
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        heard: deque[Heard] = deque()
        for line in lines:
            heard.extend(self._understood(json.loads(line)))
        return tuple(heard)

    def _understood(self, message: Mapping[str, Any]) -> Sequence[Heard]:
        match message:
            case {"said": worker, "line": line}:
                return (Said(worker=worker, line=line.encode()),)
            case {"came": worker, "place": place}:
                threads, has_gpu = place["threads"], place["has_gpu"]
                self._places[worker] = _Place(thread_count=threads, has_gpu=has_gpu)
                return (Came(worker=worker),)
            case {"lost": worker, "how": how, "by_itself": by_itself}:
                self._places.pop(worker, None)
                return (Lost(worker=worker, how=how, by_itself=by_itself),)
            case {"capacity": count}:
                self._capacity = count
            case {"note": text}:
                return (Noted(text=text),)
            case {"fatal": reason}:
                raise ClusterTrouble(self._address, reason)
            case _:
                pass
        return ()

    def ask_to_stop(self) -> None:
        """Have it told at the next turn: a signal may come in the middle of a line."""
        self._is_stop_due = True

    def _tell_of_stop(self) -> None:
        if self._is_stop_due and not self._is_stop_told:
            self._is_stop_told = True
            self._say({"stop": True})

    def _say(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):  # that it has ended is read soon
            write_all(self._target, json_bytes(message))

    def close(self) -> None:
        """Let the relay end all workers."""
        for descriptor in (self._source, self._target):
            with contextlib.suppress(OSError):
                os.close(descriptor)
