"""A recording whose text is known: heard once to find the text's places, then only timed.

Both passes are whole runs, so everything that holds for runs holds here: tries, signals, reports.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.script.by_clip import ClipScript, ScriptByClip, script_by_clip
from qasr_cli.core.script.lines import Script
from qasr_cli.core.script.spoken import HeardClip
from qasr_cli.core.text import canonical
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.types import Clip, ClipDone, ClipResult, Span, Timing
from qasr_cli.engines.base import Engine
from qasr_cli.errors import MalformedInput, MediaChanged
from qasr_cli.options import Options
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.events import (
    Event,
    FileFinished,
    FileTranscribed,
    ModelsLoading,
    Observer,
    RunFinished,
    RunStarted,
)
from qasr_cli.run.plan.jobs import Job, failure_of
from qasr_cli.run.plan.plan import Plan, Unseen, suffixes_of


class MakeBatch(Protocol):
    """Makes a run, ready but for what differs between the passes."""

    def __call__(
        self,
        plan: Plan,
        *,
        engine: Engine,
        options: Options,
        observer: Observer,
        script: ScriptByClip | None = None,
    ) -> Batch:
        """A run over the plan."""
        ...


def run_known_text(
    plan: Plan,
    script: Script,
    *,
    engine: Engine,
    options: Options,
    observer: Observer,
    make_batch: MakeBatch,
) -> RunResult:
    """The result of the run that timed the script, or of the one that kept it from that.

    Args:
        plan: of one recording.
    """
    if not plan.jobs or _has_outputs(plan.jobs[0], options):
        # There is nothing to hear; a run says so.
        return make_batch(plan, engine=engine, options=options, observer=observer).run()
    listening = _Listening(engine)
    first_pass = _FirstPass(observer)
    silent = replace(
        options,
        output=replace(options.output, formats=()),
        run=replace(options.run, keep_clips_dir=None, strict=False),
    )
    first = make_batch(plan, engine=listening, options=silent, observer=first_pass).run()
    if first_pass.withheld is None:
        return first
    second_pass = _SecondPass(observer)
    job = plan.jobs[0]
    try:
        by_clip = script_by_clip(script, listening.heard())
    except ValueError as error:
        plan = Plan(jobs=(), unseen=(_unfit(job, script, str(error)),))
        return make_batch(plan, engine=engine, options=options, observer=second_pass).run()
    telling = _Telling(engine, by_clip, known=listening.clip_ids, path=job.media.path)
    return make_batch(
        plan, engine=telling, options=options, observer=second_pass, script=by_clip
    ).run()


def _has_outputs(job: Job, options: Options) -> bool:
    output = options.output
    if job.base is None or output.overwrite or output.language_suffix:
        return False
    return any(
        os.path.lexists(job.base.for_suffix(suffix, language_code=None))
        for suffix in suffixes_of(output)
    )


def _unfit(job: Job, script: Script, reason: str) -> Unseen:
    error = MalformedInput(script.name, f"{reason}; is it the right text, in the same language?")
    return Unseen(outcome=failure_of(job.media, error), name=job.name)


# --- engines ----------------------------------------------------------------------------------


class _Around:
    """An engine that leaves the work to another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def fingerprint(self) -> str:
        """The other's."""
        return self._engine.fingerprint

    @property
    def models(self) -> dict[str, str]:
        """The other's."""
        return self._engine.models

    @property
    def max_clip_s(self) -> float | None:
        """The other's."""
        return self._engine.max_clip_s

    @property
    def clips_at_once(self) -> int:
        """The other's."""
        return self._engine.clips_at_once

    def stop(self) -> None:
        """Stop the other."""
        self._engine.stop()

    def close(self) -> None:
        """Close the other."""
        self._engine.close()


class _Listening(_Around):
    """Remembers what was heard."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._spans: dict[str, Span] = {}
        self._results: dict[str, ClipResult] = {}

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield the other's results."""
        for result in self._engine.run(self._noted(clips)):
            self._results[result.clip_id] = result
            yield result

    def _noted(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        for clip in clips:
            self._spans[clip.clip_id] = clip.span
            yield clip

    @property
    def clip_ids(self) -> frozenset[str]:
        """Every clip that came."""
        return frozenset(self._spans)

    def heard(self) -> list[HeardClip]:
        """What was heard in every clip, by time."""
        in_order = sorted(self._spans, key=self._spans.__getitem__)
        return [_heard_clip(self._spans[clip_id], self._results[clip_id]) for clip_id in in_order]


def _heard_clip(span: Span, result: ClipResult) -> HeardClip:
    return HeardClip(
        clip_id=result.clip_id,
        start_ms=ms_from_samples(span.start_sample),
        end_ms=ms_from_samples(span.end_sample),
        language=result.language,
        text=canonical(result.text or "").strip(),
        words=result.words if isinstance(result, ClipDone) else (),
    )


class _Telling(_Around):
    """Tells the other engine what is said in each clip, and takes it off the answers again.

    Args:
        known: clips that were heard; others mean that the recording is not the same any more.
        path: of the recording.
    """

    def __init__(
        self, engine: Engine, by_clip: ScriptByClip, *, known: frozenset[str], path: str
    ) -> None:
        super().__init__(engine)
        self._by_clip = by_clip.of_clip
        self._known = known
        self._path = path

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result a clip: of the script's words, or of silence.

        Raises:
            MediaChanged: a clip was not heard in the first pass.
        """
        silent: list[str] = []
        for result in self._engine.run(self._told(clips, silent)):
            yield from map(_silence, silent)
            silent.clear()
            yield _with_script(result, self._by_clip[result.clip_id])
        yield from map(_silence, silent)

    def _told(self, clips: Iterable[Clip], silent: list[str]) -> Iterator[Clip]:
        for clip in clips:
            if clip.clip_id not in self._known:
                raise MediaChanged(self._path)
            told = self._by_clip.get(clip.clip_id)
            if told is None:
                silent.append(clip.clip_id)
            else:
                yield replace(clip, text=told.told, language=told.language)


def _silence(clip_id: str) -> ClipDone:
    return ClipDone(clip_id=clip_id, language=None, text="", words=(), timing=Timing.NONE)


def _with_script(result: ClipResult, script: ClipScript) -> ClipResult:
    if isinstance(result, ClipDone):
        return replace(result, text=script.text, words=script.words_of(result.words))
    return replace(result, text=None if result.text is None else script.text)


# --- observers --------------------------------------------------------------------------------


class _FirstPass:
    """Passes on what happens, but not that the file is done: its outputs are to come.

    Attributes:
        withheld: that the file was heard; None while it was not.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self.withheld: FileFinished | None = None

    def on(self, event: Event) -> None:
        """Take note of one event."""
        match event:
            case FileFinished(outcome=FileDone()):
                self.withheld = event
            case FileTranscribed():
                pass  # the text to come is another one
            case RunFinished() if self.withheld is not None:
                pass
            case _:
                self._observer.on(event)

    def close(self) -> None:
        """Whoever made the other closes it."""


class _SecondPass:
    """Passes on what happens, but not that the run starts and loads models: it did before."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def on(self, event: Event) -> None:
        """Take note of one event."""
        if not isinstance(event, RunStarted | ModelsLoading):
            self._observer.on(event)

    def close(self) -> None:
        """Whoever made the other closes it."""
