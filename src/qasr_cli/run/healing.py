"""Clips with doubtful results are recognised again, between a run and its engine.

It is an engine itself, so neither knows of it: a run gets one result a clip, an engine gets clips.
A healthy clip passes as it is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from qasr_cli.core.clips.lost_times import settled
from qasr_cli.core.clips.repair import (
    Finding,
    better_of,
    find,
    joined,
    told_or_untold,
    with_repair,
)
from qasr_cli.core.timing import clock_from_ms, ms_from_samples
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine, EngineWrapper
from qasr_cli.errors import DeviceUnavailable
from qasr_cli.media.halve import halved

# Raised whenever the same results of an engine would be healed in another way.
_HEALING_VERSION = 1

_ON_CPU = "recognised on the CPU"


@dataclass(slots=True, kw_only=True, eq=False)
class _Case:
    """A clip, or a piece of one, between its first result and its last.

    Attributes:
        halving_count: how many halvings made it.
        first: what was found at first, and `pieces` what was heard instead: its halves, or
            the same clip without its context.
        final: the finding that stands in the end.
    """

    clip: Clip
    halving_count: int = 0
    parent: "_Case | None" = None
    first: Finding | None = None
    pieces: "tuple[_Case, ...]" = ()
    final: Finding | None = None


class Healing(EngineWrapper):
    """An engine that has doubtful results of another engine recognised again.

    A clip whose text is doubtful is heard again without its context, if it has one. A clip without
    one and with a bad result is halved at a pause, its halves again where their results are bad, as
    often as `core.clips.repair` says; the better result is kept. So is a clip that alone is too
    much for the device's memory; what then does not fit goes to the CPU, where the user allows
    that.

    Args:
        engine: does the work.
        on_cpu: makes an engine for what the device cannot do; None = the user wants none.
    """

    def __init__(self, engine: Engine, *, on_cpu: Callable[[], Engine] | None = None) -> None:
        super().__init__(engine)
        self._on_cpu = on_cpu
        self._spare: Engine | None = None
        self._device_is_given_up = False
        self._is_stopped = False
        self._open: dict[str, _Case] = {}
        self._due: deque[Clip] = deque()

    @property
    def fingerprint(self) -> str:
        """That of the engine, and the version of healing."""
        return f"{self._engine.fingerprint} healing/{_HEALING_VERSION}"

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result for every clip."""
        source = iter(clips)
        is_done = False
        while not (is_done or self._is_stopped):
            engine = self._spare_engine() if self._device_is_given_up else self._engine
            try:
                for result in engine.run(self._next_clips(source)):
                    yield from self._taken(result)
            except DeviceUnavailable:
                if self._on_cpu is None or self._device_is_given_up:
                    raise
                self._device_is_given_up = True
                self._engine.close()
                self._due = deque(case.clip for case in self._open.values())
            else:
                is_done = not self._due

    def stop(self) -> None:
        """Stop the engine that is at work; clips that are being recognised again get no result."""
        self._is_stopped = True
        engine = self._spare if self._device_is_given_up else self._engine
        if engine is not None:
            engine.stop()

    def close(self) -> None:
        """Close both engines."""
        self._engine.close()
        if self._spare is not None:
            self._spare.close()

    def _next_clips(self, source: Iterator[Clip]) -> Iterator[Clip]:
        while True:
            while self._due:
                yield self._due.popleft()
            clip = next(source, None)
            if clip is None:
                return
            self._open[clip.clip_id] = _Case(clip=clip)
            yield clip

    def _taken(self, result: ClipResult) -> Iterator[ClipResult]:
        case = self._open.pop(result.clip_id)
        if case.clip.is_partial:  # it is heard again soon, with what was said since
            yield result
            return
        finding = find(case.clip, result)
        if self._device_is_given_up:
            finding = with_repair(finding, _ON_CPU)
        pieces = _second_look(case, finding)
        if pieces:
            self._open_pieces(case, finding, pieces)
            return
        if finding.is_out_of_memory and self._on_cpu is not None and not self._device_is_given_up:
            (result,) = self._spare_engine().run([case.clip])
            finding = with_repair(find(case.clip, result), _ON_CPU)
        yield from self._finished(case, finding)

    def _open_pieces(self, case: _Case, first: Finding, pieces: Sequence[Clip]) -> None:
        case.first = first
        halving_count = case.halving_count + (len(pieces) > 1)
        case.pieces = tuple(
            _Case(clip=piece, halving_count=halving_count, parent=case) for piece in pieces
        )
        for opened in case.pieces:
            self._open[opened.clip.clip_id] = opened
            self._due.append(opened.clip)

    def _finished(self, case: _Case, finding: Finding) -> Iterator[ClipResult]:
        """Note the final finding of a clip; yield the result if it is a whole clip, not a piece.

        Once all pieces of a clip have theirs, the clip that they were cut from gets its own.
        """
        case.final = finding = settled(finding)
        if case.parent is None:
            yield finding.result
            return
        first, pieces = case.parent.first, case.parent.pieces
        findings = [piece.final for piece in pieces if piece.final is not None]
        if first is not None and len(findings) == len(pieces):
            yield from self._finished(case.parent, _kept(first, findings))

    def _spare_engine(self) -> Engine:
        if self._spare is None:
            if self._on_cpu is None:
                raise ValueError("there is no other engine")
            self._spare = self._on_cpu()
        return self._spare


def _second_look(case: _Case, finding: Finding) -> tuple[Clip, ...]:
    """The clips to recognise in place of a clip; none where its result is kept as it is."""
    # Of a text that the user gave nobody knows which half is spoken where.
    if case.clip.text is not None:
        return ()
    if case.clip.context and finding.doubts_text:
        return (replace(case.clip, context=""),)
    if case.halving_count < finding.halving_limit:
        return halved(case.clip) or ()
    return ()


def _kept(first: Finding, pieces: Sequence[Finding]) -> Finding:
    """The better one of a finding and of those on its pieces, with a line on what was done."""
    if len(pieces) == 1:
        (second,) = pieces
        done = "recognised again without the context"
        kept = told_or_untold(first, second)
    else:
        cut_ms = ms_from_samples(pieces[-1].clip.span.start_sample)
        second = joined(first.clip, pieces)
        done = f"cut at {clock_from_ms(cut_ms)} and recognised again"
        kept = better_of(first, second)
    unchanged = "" if kept is second else "; no better, so left as it was"
    return with_repair(kept, f"{first.trouble}: {done}{unchanged}")
