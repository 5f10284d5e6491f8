"""What became of each input of a plan."""

import pickle
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qasr_cli.core.outcomes import FileOutcome, FilePending, FileSkipped
from qasr_cli.run.plan.outcomes import Outcomes
from qasr_cli.run.plan.plan import Plan
from tests.conftest import WriteWav
from tests.run.conftest import plan_for

COUNT = 70  # more than are packed at once


@pytest.fixture
def plan(tmp_path: Path, write_wav: WriteWav) -> Plan:
    """A plan of more files than are packed at once."""
    for number in range(COUNT):
        write_wav(tmp_path / f"{number:03}.wav")
    return plan_for(tmp_path)


def test_it_goes_to_another_process_as_what_it_holds(plan: Plan) -> None:
    """A result may come back from a pool of processes; it equals any sequence of the same."""
    outcomes = Outcomes(plan)
    told: list[FileOutcome] = [FilePending(media=job.media) for job in plan.jobs]
    for job in list(plan.jobs)[1:]:
        told[job.number] = FileSkipped(media=job.media, reason=f"{job.number}")
        outcomes.add(job, told[job.number])

    assert outcomes == told
    assert outcomes != told[:-1]
    assert pickle.loads(pickle.dumps(outcomes)) == tuple(told)  # noqa: S301  # our own
    assert repr(outcomes) == repr(tuple(told))


@dataclass(slots=True)
class Interrupts:
    """Pickled the first time, it is as if a signal came."""

    pickled_count: list[int] = field(default_factory=list)

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        """Come in between once."""
        self.pickled_count.append(1)
        if len(self.pickled_count) == 1:
            raise SystemExit
        return int, (7,)


def test_a_signal_while_outcomes_are_packed_loses_none(plan: Plan) -> None:
    """The one that was added last is in the report that is written then."""
    outcomes = Outcomes(plan)
    reasons: list[object] = ["done"] * COUNT
    reasons[5] = Interrupts()

    def add_all() -> None:
        for job, reason in zip(plan.jobs, reasons, strict=True):
            skipped = FileSkipped(media=job.media, reason=reason)  # type: ignore[arg-type]  # see above
            outcomes.add(job, skipped)

    with pytest.raises(SystemExit):
        add_all()

    known = [job.number for job in plan.jobs if outcomes.has(job)]
    assert known == list(range(64))
    assert [isinstance(each, FileSkipped) for each in outcomes] == [
        n in known for n in range(COUNT)
    ]
