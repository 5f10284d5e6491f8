"""A batch that is run again whenever recordings arrive or change.

Each round is a whole run, so all that holds for runs holds here: what is done is skipped, and a
watch that was killed goes on with the same command. Between rounds no lock is held.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from qasr_cli.core.clips.context import NO_CONTEXT, Context
from qasr_cli.core.outcomes import FileOutcome, FilePending, FileSkipped
from qasr_cli.core.report import report_from_outcomes
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import LockHeld, UsageError
from qasr_cli.machine.clock import Clock
from qasr_cli.run.batch import RunResult
from qasr_cli.run.events import (
    Event,
    FileFinished,
    Observer,
    Rest,
    RunFinished,
    RunStarted,
    RunWaiting,
    RunWarned,
    WatchStarted,
    bytes_by_suffix,
)
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.stop_request import StopRequest, wait_until

LOOK_EVERY_S = 5.0
_WALKING_SHARE = 0.05  # of the time at most, however large the tree and slow the file server

Seen = dict[str, tuple[MediaFile, Context]]


def watch(
    make_plan: Callable[[], Plan],
    run: Callable[[Plan, Observer], RunResult],
    *,
    folders: tuple[str, ...] = (),
    observer: Observer,
    clock: Clock,
    stop: StopRequest,
) -> RunResult:
    """Run over all files, again at each change, until a stop is asked for or a run cannot go on.

    Args:
        make_plan: walks the folders.
        run: does a plan, watched by that observer, and knows `stop`.

    Returns:
        The last round, with the reason of the end as its code.

    Raises:
        UsageError, LockHeld, OutputError: at the first round; later it looks again after a while.
    """
    observer.on(WatchStarted(folders=folders))
    rounds = _Rounds(observer)
    look = _looked(make_plan, clock)
    result = rounds.run(look, run)
    while result.stopped_by is None and not stop.is_set:
        observer.on(RunWaiting())
        rest_s = max(LOOK_EVERY_S, look.took_s / _WALKING_SHARE)
        wait_until(clock.monotonic_s() + rest_s, clock=clock, stop=stop)
        try:
            look = _looked(make_plan, clock)
            if rounds.has_news(look):  # with `stop` asked, such a round ends at once
                result = rounds.run(look, run)
        except (LockHeld, UsageError):
            continue  # somebody else's run, or a share that is not mounted; the next look may do
    reason = stop.reason if result.stopped_by is None else str(result.stopped_by)
    observer.on(rounds.end(result, reason))
    if result.stopped_by is None and stop.exit_code is not None:
        return replace(result, exit_code=stop.exit_code)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a look at the folders found.

    Attributes:
        seen: how each input of the plan looks.
        took_s: seconds.
    """

    plan: Plan
    seen: Seen
    took_s: float


def _looked(make_plan: Callable[[], Plan], clock: Clock) -> _Look:
    began_s = clock.monotonic_s()
    plan = make_plan()
    return _Look(plan=plan, seen=_seen_in(plan), took_s=clock.monotonic_s() - began_s)


class _Rounds:
    """Makes many runs look like one to an observer, which hears of new and changed files only."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._seen: Seen = {}
        self._news: set[str] = set()
        self._news_bytes: Counter[str] = Counter()
        self._told_count = 0
        self._told_bytes: Counter[str] = Counter()
        self._outcomes: dict[str, FileOutcome] = {}
        self._wall_s = 0.0
        self._rest = Rest.SAME_COMMAND
        self._told_warnings: set[str] = set()

    def has_news(self, look: _Look) -> bool:
        """Whether any file is new or has changed since the last round."""
        return bool(self._news_in(look))

    def run(self, look: _Look, run: Callable[[Plan, Observer], RunResult]) -> RunResult:
        """Run one round. Where it cannot begin, its files are still new to the next one."""
        self._news = self._news_in(look)
        unseen = {each.outcome.media.relative_path for each in look.plan.unseen}
        self._news_bytes = Counter(
            bytes_by_suffix(look.seen[name][0] for name in self._news - unseen)
        )
        result = run(look.plan, self)
        self._seen = look.seen
        for outcome in result.outcomes:
            self._add(outcome)
        self._wall_s += result.frame["summary"]["wall_s"]
        return result

    def _add(self, outcome: FileOutcome) -> None:
        name = outcome.media.relative_path
        if (
            not isinstance(outcome, FileSkipped | FilePending)
            or name not in self._outcomes
            or isinstance(self._outcomes[name], FilePending)
        ):
            self._outcomes[name] = outcome

    def end(self, last: RunResult, reason: str | None) -> RunFinished:
        """The end of the watch: what came of each file, over all rounds."""
        report = report_from_outcomes(
            self._outcomes.values(), wall_s=self._wall_s, written=last.frame["written"]
        )
        left_out = last.frame.get("left_out", {})
        return RunFinished(
            summary=report["summary"], stopped_by=reason, left_out=left_out, rest=self._rest
        )

    def _news_in(self, look: _Look) -> set[str]:
        return {name for name, looks in look.seen.items() if self._seen.get(name) != looks}

    def on(self, event: Event) -> None:
        """Pass on what a single run over the new and changed files would tell."""
        match event:
            case FileFinished(outcome=FilePending()):
                pass
            case RunFinished(rest=rest):  # this is not the end
                self._rest = rest
            case FileFinished(outcome=FileSkipped(warnings=())) if self._told_count:
                pass  # touched, or done while it grew
            case FileFinished(outcome=outcome):
                if outcome.media.relative_path in self._news:
                    self._told_count += 1
                    self._told_bytes.update(bytes_by_suffix((outcome.media,)))
                    self._observer.on(event)
            case RunStarted():
                sizes = self._told_bytes + self._news_bytes
                started = RunStarted(
                    file_count=self._told_count + len(self._news),
                    total_bytes=sizes.total(),
                    bytes_by_suffix=sizes,
                )
                self._observer.on(started)
            case RunWarned(text=text):
                if text not in self._told_warnings:
                    self._told_warnings.add(text)
                    self._observer.on(event)
            case _:
                self._observer.on(event)

    def close(self) -> None:
        """Do nothing: whoever made the other observer closes it."""


def _seen_in(plan: Plan) -> Seen:
    seen = {job.media.relative_path: (job.media, job.context) for job in plan.jobs}
    unseen = {u.outcome.media.relative_path: (u.outcome.media, NO_CONTEXT) for u in plan.unseen}
    return seen | unseen
