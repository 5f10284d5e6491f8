"""Windows of clips through the models in a thread of its own, while the next one is collected.

A GPU would stand still while clips are decoded and their features made. Only clips and results
cross between the threads; the caller's is the only one that takes clips, and that has results.
"""

import queue
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.qwen.clip_window import taken

if TYPE_CHECKING:
    from qasr_cli.engines.qwen.pipeline import Pipeline

# A thread that does not come to an end is left to itself after this.
_JOIN_S = 30.0


def results_ahead(
    pipeline: "Pipeline",
    window: Sequence[Clip],
    clips: Iterator[Clip],
    goes_on: Callable[[], bool],
) -> Iterator[ClipResult]:
    """One result for each clip of a window, and of all that follow.

    Once `goes_on` says no, clips that were not begun get none.

    Raises:
        EngineError: as `Pipeline.run`.
    """
    while window:
        worker = _Worker(pipeline, window, goes_on)
        following: list[Clip] = []
        try:
            for clip in taken(clips, pipeline.window_size):
                pipeline.features.expect(clip)
                following.append(clip)
                yield from worker.results()
                # A GPU that is done takes what there is, if that is enough to be fast.
                is_enough = worker.has_ended and len(following) >= pipeline.batch_count
                if is_enough or not goes_on():
                    break
            yield from worker.results(until_end=True)
        finally:
            worker.abandon()
        window = following if goes_on() else ()


class _Worker:
    """One window at work in a thread. Abandon it."""

    def __init__(
        self, pipeline: "Pipeline", window: Sequence[Clip], goes_on: Callable[[], bool]
    ) -> None:
        self._pipeline = pipeline
        self._window = window
        self._goes_on = goes_on
        self._is_abandoned = Event()
        self._queue: queue.SimpleQueue[ClipResult | None] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self.has_ended = False
        self._thread = Thread(target=self._run, name="qasr-models", daemon=True)
        self._thread.start()

    def results(self, *, until_end: bool = False) -> Iterator[ClipResult]:
        """Results that are there, or all that are still to come.

        Raises:
            EngineError: what ended the work early.
        """
        while not self.has_ended:
            try:
                result = self._queue.get(block=until_end)
            except queue.Empty:
                return
            if result is not None:
                yield result
                continue
            self.has_ended = True
            self._thread.join()
            if self._failure is not None:
                raise self._failure

    def abandon(self) -> None:
        """Let answers in the making be finished, and nobody have them."""
        self._is_abandoned.set()
        self._thread.join(_JOIN_S)

    # --- in the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        from qasr_cli.engines.qwen.device import made_current  # with torch, by now

        results = self._pipeline.run(
            self._window, goes_on=lambda: self._goes_on() and not self._is_abandoned.is_set()
        )
        try:
            with made_current(self._pipeline.device):
                for result in results:
                    self._queue.put(result)
                    if self._is_abandoned.is_set():
                        break
                del results
        except BaseException as error:  # noqa: BLE001  # raised again where results are taken
            self._failure = error
        self._queue.put(None)
