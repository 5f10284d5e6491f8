"""What a batch in one process holds of the files that are done."""

import gc
import tracemalloc
from pathlib import Path

from qasr_cli.engines.fake import FakeEngine
from qasr_cli.machine.clock import system_clock
from qasr_cli.run.batch import Batch
from qasr_cli.run.events import Event, FileFinished
from qasr_cli.run.stop_request import StopRequest
from tests.conftest import WriteWav
from tests.run.conftest import OPTIONS, plan_for

FILE_COUNT, WARM_COUNT = 150, 50
# It was 8 kB once, most of it patterns that Python's `glob` keeps, and is 0.2.
MOST_BYTES = 2000


class Weighing:
    """An observer that weighs what Python holds, once the first files are done and at the last."""

    def __init__(self) -> None:
        self._finished_count = 0
        self.held_bytes: list[int] = []

    def on(self, event: Event) -> None:
        """Weigh, if it is time."""
        if isinstance(event, FileFinished):
            self._finished_count += 1
            if self._finished_count in {WARM_COUNT, FILE_COUNT}:
                gc.collect()
                self.held_bytes.append(tracemalloc.get_traced_memory()[0])

    def close(self) -> None:
        """Hold nothing."""


def test_a_file_that_is_done_is_hardly_held(tmp_path: Path, write_wav: WriteWav) -> None:
    """Of its plan, its clips and its outcome little is left, so that there may be many."""
    for number in range(FILE_COUNT):
        write_wav(tmp_path / f"{number:03}.wav", ((0.0, 0.1),), duration_s=0.1, seed=number)
    plan = plan_for(tmp_path)
    weighing = Weighing()
    tracemalloc.start()
    try:
        Batch(
            plan,
            engine=FakeEngine(),
            options=OPTIONS,
            observer=weighing,
            clock=system_clock(),
            stop=StopRequest(),
        ).run()
    finally:
        tracemalloc.stop()

    before_bytes, after_bytes = weighing.held_bytes
    assert (after_bytes - before_bytes) / (FILE_COUNT - WARM_COUNT) < MOST_BYTES
