"""A recording whose text is known: recognised once to find the text in it, then only timed.

Both passes are whole runs, so everything that holds for runs holds here: tries, signals, reports.
"""

import os
from dataclasses import replace
from typing import Protocol

from qasr_cli.core.language.languages import code_of
from qasr_cli.core.outcomes import FileDone
from qasr_cli.core.script.by_clip import ScriptByClip, script_by_clip
from qasr_cli.core.script.lines import Script
from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.engines.base import Engine
from qasr_cli.errors import MalformedInput
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
from qasr_cli.run.known_text.engines import Listening, Telling
from qasr_cli.run.plan.jobs import Job, failure_of
from qasr_cli.run.plan.output_names import suffixes_of
from qasr_cli.run.plan.plan import Jobs, Plan, Unseen


class MakeBatch(Protocol):
    """Makes a run from what differs between the passes; all else is bound already."""

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
    """The result of the run that timed the script, or of an earlier one that made that impossible.

    Args:
        plan: of one recording.
    """
    # What was recognised in it once is not what is timed here.
    plan = replace(plan, jobs=Jobs(replace(job, kept=None) for job in plan.jobs))
    if not plan.jobs or _has_outputs(plan.jobs[0], options):
        # There is nothing to hear; a run says so.
        return make_batch(plan, engine=engine, options=options, observer=observer).run()
    listening = Listening(engine)
    first_pass = _FirstPass(observer)
    silent = _listening_options(options)
    first = make_batch(plan, engine=listening, options=silent, observer=first_pass).run()
    if first_pass.withheld is None:
        return first
    second_pass = _SecondPass(observer)
    job = plan.jobs[0]
    try:
        by_clip = script_by_clip(script, listening.heard())
    except ValueError as error:
        plan = Plan(jobs=Jobs(), unseen=(_unfit(job, script, str(error)),))
        return make_batch(plan, engine=engine, options=options, observer=second_pass).run()
    telling = Telling(engine, by_clip, known=listening.clip_ids, path=job.media.path)
    return make_batch(
        plan, engine=telling, options=options, observer=second_pass, script=by_clip
    ).run()


def _listening_options(options: Options) -> Options:
    """Those of a run that only listens.

    No part of a text can be placed where a clip was not heard; speech without words does no harm.
    """
    run = replace(options.run, keep_clips_dir=None, strict=True, min_coverage=0.0)
    cue = replace(options.cue, shot_changes=None)  # the second pass looks at the picture
    output = replace(options.output, formats=())
    # It listens for voices, too.
    return replace(options, cue=cue, output=output, run=run, speakers=SpeakerOptions())


def _has_outputs(job: Job, options: Options) -> bool:
    output, language = options.output, options.engine.language
    if job.base is None or output.overwrite or (output.language_suffix and language is None):
        return False
    code = code_of(language) if output.language_suffix else None
    return any(
        os.path.lexists(job.base.for_suffix(suffix, language_code=code))
        for suffix in suffixes_of(output)
    )


def _unfit(job: Job, script: Script, reason: str) -> Unseen:
    notes = "".join(f"; {note.removeprefix(f'{script.name}: ')}" for note in script.notes)
    reason = f"{reason}; is it the right text, in the same language?{notes}"
    error = MalformedInput(script.name, reason)
    return Unseen(outcome=failure_of(job.media, error), name=job.name)


class _FirstPass:
    """Passes events on, except that the file is done: its outputs are still to come.

    Attributes:
        withheld: the event that the file was heard; None while it was not.
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
        """Do nothing: whoever made the other observer closes it."""


class _SecondPass:
    """Passes events on, except that the run starts and loads models: the first pass told it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def on(self, event: Event) -> None:
        """Take note of one event."""
        if not isinstance(event, RunStarted | ModelsLoading):
            self._observer.on(event)

    def close(self) -> None:
        """Do nothing: whoever made the other observer closes it."""
