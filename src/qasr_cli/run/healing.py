"""Heals clips between a run and its engine: what looks sick is cut at a pause and heard again.

It is an engine itself, so neither knows of it: a run gets one result a clip, an engine gets clips.
A healthy clip passes as it is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.repair import Finding, better_of, find, joined, with_repair
from qasr_cli.core.timing import clock_from_ms, ms_from_samples
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.base import Engine
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
        first: what was found before it was cut, and `pieces` what it was cut into.
        final: what was settled on.
    """

    clip: Clip
    halving_count: int = 0
    parent: "_Case | None" = None
    first: Finding | None = None
    pieces: "tuple[_Case, ...]" = ()
    final: Finding | None = None


class Healing:
    """An engine, and what is done where its results look sick.

    A sick clip is halved at a pause, its halves again where they are sick, as often as
    `core.repair` says; the better result is kept. So is a clip that alone is too much for the
    device's memory; what then does not fit goes to the CPU, where the user allows that.

    Args:
        engine: does the work.
        on_cpu: makes an engine for what the device cannot do; None = the user wants none.
    """

    def __init__(self, engine: Engine, *, on_cpu: Callable[[], Engine] | None = None) -> None:
        self._engine = engine
        self._on_cpu = on_cpu
        self._spare: Engine | None = None
        self._device_is_given_up = False
        self._is_stopped = False
        self._open: dict[str, _Case] = {}
        self._due: deque[Clip] = deque()

    @property
    def fingerprint(self) -> str:
        """The engine's, and the way of healing."""
        return f"{self._engine.fingerprint} healing/{_HEALING_VERSION}"

    @property
    def models(self) -> dict[str, str]:
        """The engine's."""
        return self._engine.models

    @property
    def max_clip_s(self) -> float | None:
        """The engine's."""
        return self._engine.max_clip_s

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
        """Stop the engine at work; what is being healed is left."""
        self._is_stopped = True
        engine = self._spare if self._device_is_given_up else self._engine
        if engine is not None:
            engine.stop()

    def close(self) -> None:
        """Give the memory back."""
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
        finding = find(case.clip, result)
        if self._device_is_given_up:
            finding = with_repair(finding, _ON_CPU)
        # Of a text that the user gave nobody knows which half is spoken where.
        may_halve = case.clip.text is None and case.halving_count < finding.halving_limit
        pieces = halved(case.clip) if may_halve else None
        if pieces is not None:
            self._open_pieces(case, finding, pieces)
            return
        if finding.is_out_of_memory and self._on_cpu is not None and not self._device_is_given_up:
            (result,) = self._spare_engine().run([case.clip])
            finding = with_repair(find(case.clip, result), _ON_CPU)
        yield from self._settled(case, finding)

    def _open_pieces(self, case: _Case, first: Finding, pieces: Sequence[Clip]) -> None:
        case.first = first
        case.pieces = tuple(
            _Case(clip=piece, halving_count=case.halving_count + 1, parent=case) for piece in pieces
        )
        for opened in case.pieces:
            self._open[opened.clip.clip_id] = opened
            self._due.append(opened.clip)

    def _settled(self, case: _Case, finding: Finding) -> Iterator[ClipResult]:
        """Pass a final finding on to the clip that it is a piece of; out, when it is of none."""
        case.final = finding
        if case.parent is None:
            yield finding.result
            return
        first, pieces = case.parent.first, case.parent.pieces
        findings = [piece.final for piece in pieces if piece.final is not None]
        if first is not None and len(findings) == len(pieces):
            yield from self._settled(case.parent, _kept(first, findings))

    def _spare_engine(self) -> Engine:
        if self._spare is None:
            if self._on_cpu is None:
                raise ValueError("there is no other engine")
            self._spare = self._on_cpu()
        return self._spare


def _kept(first: Finding, pieces: Sequence[Finding]) -> Finding:
    """The better one of a finding and of those on its pieces, with a line on what was done."""
    cut_ms = ms_from_samples(pieces[-1].clip.span.start_sample)
    repair = f"{first.trouble}: cut at {clock_from_ms(cut_ms)} and recognised again"
    whole = joined(first.clip, pieces)
    if better_of(first, whole) is whole:
        return with_repair(whole, repair)
    return with_repair(first, f"{repair}; no better, so left as it was")
