"""A request queue with its engine, and what its clients do."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qasr_cli.core.types import Clip, Transcript
from qasr_cli.options import Options, SplitOptions
from qasr_cli.serve.models.shared_engine import SharedEngine
from qasr_cli.serve.orders.orders import Order
from qasr_cli.serve.orders.request_queue import RequestQueue
from tests.serve.engines import PATIENCE_S, TURN_S, WorkingEngine, until

OPTIONS = Options(split=SplitOptions(vad="energy"))


@dataclass(slots=True, kw_only=True)
class Office:
    """A request queue, its engine, and the folder of its recordings.

    Attributes:
        gate: turns begin once it is open.
        begun: set when a turn wants to begin.
    """

    request_queue: RequestQueue
    engine: WorkingEngine
    folder: Path
    gate: threading.Event
    begun: threading.Event
    count: int = 0

    def order(self, recording: Path, name: str = "talk.wav", **settings: Any) -> Order:  # noqa: ANN401
        """An order of a recording that somebody sent, in a file of its own."""
        self.count += 1
        path = self.folder / f"upload-{self.count}"
        shutil.copyfile(recording, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        given: dict[str, Any] = {"options": OPTIONS, "sha256": digest, **settings}
        return Order(path=str(path), name=name, **given)

    async def sent(self, order: Order) -> Transcript:
        """What a client gets; its recording goes when it goes."""
        try:
            with self.request_queue.place():
                return await self.request_queue.transcript(order)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(order.path)


Scene = Callable[[Office], Coroutine[Any, Any, None]]
Played = Callable[..., Office]


def play(
    scene: Scene,
    folder: Path,
    *,
    most_count: int = 8,
    is_open: bool = False,
    **engine: Any,  # noqa: ANN401
) -> Office:
    """Play a scene in an office; at its end no file may be left.

    Args:
        folder: of its recordings.
        is_open: the gate is, from the beginning.
    """
    gate, begun = threading.Event(), threading.Event()
    working = WorkingEngine(**engine)
    before = working.before_turn

    def before_turn(clips: list[Clip]) -> None:
        if working.turns:
            begun.set()
            assert gate.wait(PATIENCE_S)
        before(clips)

    working.before_turn = before_turn
    if is_open:
        gate.set()
    shared = SharedEngine(working, clock=working.time.clock(), turn_s=TURN_S)
    shared.start()
    queue = RequestQueue(shared, most_count=most_count)
    office = Office(request_queue=queue, engine=working, folder=folder, gate=gate, begun=begun)
    try:
        asyncio.run(scene(office))
    finally:
        gate.set()
        queue.close()
        shared.close()
    until(lambda: not os.listdir(folder))
    return office
