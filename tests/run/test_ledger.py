"""When reports are written, and what they say of a run so far."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.outcomes import FileDone, FileFailed, FileOutcome, FilePending, FileSkipped
from qasr_cli.core.report import detail_from_outcome, report_from_outcomes, report_text
from qasr_cli.run.ledger import REPORT_EVERY_S, Ledger
from qasr_cli.run.plan.plan import Jobs, Plan
from qasr_cli.run.state.store import Store
from tests.conftest import WriteWav
from tests.run.conftest import ManualClock, plan_for


class SlowStore(Store):
    """A store that needs so long for a report."""

    def __init__(self, root: str, clock: ManualClock, slow_s: float) -> None:
        super().__init__(root)
        self._manual = clock
        self._slow_s = slow_s
        self.written_s: list[float] = []

    def write_report(self, report: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Note when, and take the time."""
        self._manual.now_s += self._slow_s
        self.written_s.append(self._manual.now_s)


@pytest.mark.parametrize(("slow_s", "every_s"), [(0.0, 30), (1.0, 31), (10.0, 210)])
def test_reports_take_a_twentieth_of_the_time_at_most(
    tmp_path: Path, manual_clock: ManualClock, slow_s: float, every_s: float
) -> None:
    """Every 30 s; that of a hundred thousand files, which takes seconds, more seldom."""
    store = SlowStore(str(tmp_path), manual_clock, slow_s)
    plan = Plan(jobs=Jobs(), stores=(store,))
    ledger = Ledger(plan, clock=manual_clock.clock(), notify=lambda _: None)
    while manual_clock.now_s < 20 * REPORT_EVERY_S:
        ledger.keep_reports_fresh()
        manual_clock.now_s += 1

    first, second, *_ = store.written_s
    assert first == slow_s
    assert second - first == pytest.approx(every_s, abs=2)


def test_a_report_says_what_all_outcomes_together_say(
    tmp_path: Path, write_wav: WriteWav, manual_clock: ManualClock
) -> None:
    """Counted one by one and written line by line, it is the same to the byte."""
    for name in "edcba":
        write_wav(tmp_path / f"{name}.wav")
    plan = plan_for(tmp_path)
    ledger = Ledger(plan, clock=manual_clock.clock(), notify=lambda _: None)
    told: list[FileOutcome] = [FilePending(media=job.media) for job in plan.jobs]
    with plan.stores[0].lock():
        for outcome in _some_outcomes(plan):  # not in the order of the plan
            (job,) = (job for job in plan.jobs if job.media == outcome.media)
            ledger.finish(job, outcome)
            told[job.number] = outcome
        manual_clock.now_s = 7.5
        ledger.keep_reports_fresh()

    wanted = report_from_outcomes(
        told,
        wall_s=7.5,
        written=manual_clock.clock().timestamp(),
        is_running=True,
        sandbox=ledger.report_frame(None)["sandbox"],
    )
    assert (tmp_path / "processing_report.json").read_text() == "".join(report_text(wanted))
    assert list(ledger.outcomes) == told
    assert ledger.outcomes[1:3] == tuple(told[1:3])
    assert ledger.outcomes[-1] == told[-1]
    assert ledger.report_frame(None)["summary"] == wanted["summary"]
    assert list(map(detail_from_outcome, ledger.outcomes)) == wanted["details"]


def _some_outcomes(plan: Plan) -> list[FileOutcome]:
    media = [job.media for job in plan.jobs]
    failed = FileFailed(media=media[0], error_kind="DecodeError", message="torn")
    return [
        FileDone(media=media[3], outputs=("d.srt",), duration_ms=1001, language="English"),
        replace(failed, is_partial=True, duration_ms=333, outputs=("a.srt",), language=None),
        FileSkipped(media=media[4], reason="done before", duration_ms=77),
        FileDone(media=media[1], outputs=(), duration_ms=5, language=None, is_rendered=True),
    ]
