"""What the recogniser is told about each input: what the user says, and files beside it."""

import functools
import os
from collections.abc import Callable
from dataclasses import replace

from qasr_cli.core.clips.context import Context, hotwords_from_text, with_hotwords
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import InputError, MalformedInput, UnreadableInput
from qasr_cli.formats.readers.encodings import text_from
from qasr_cli.run.plan.jobs import Job, failure_of
from qasr_cli.run.plan.output_names import hotword_paths
from qasr_cli.run.plan.plan import Plan, Unseen

ContextOf = Callable[[MediaFile], Context]
HotwordsIn = Callable[[str], tuple[str, ...]]


def with_contexts(plan: Plan, given: ContextOf) -> Plan:
    """The plan with a context for each job; an input whose hot words cannot be read fails.

    Hot words add up: those of the input's own file come first, then those of its folder, then
    the given ones.

    Args:
        given: what the user says of an input.
    """
    hotwords_in = functools.cache(_hotwords_in)
    jobs: list[Job] = []
    failed: list[Unseen] = []
    for job in plan.jobs:
        try:
            jobs.append(replace(job, context=_context_of(job, given(job.media), hotwords_in)))
        except InputError as error:
            outcome = failure_of(job.media, error)
            failed.append(Unseen(outcome=outcome, name=job.name, store=job.store))
    return replace(plan, jobs=tuple(jobs), unseen=(*plan.unseen, *failed))


def _context_of(job: Job, given: Context, hotwords_in: HotwordsIn) -> Context:
    if job.open_fd is not None:  # standard input has no place where files could stand beside it
        return given
    own, of_folder = map(hotwords_in, hotword_paths(job.media.path))
    try:
        return with_hotwords(given, own, of_folder)
    except ValueError as error:
        raise MalformedInput(job.media.path, f"too many hot words beside it: {error}") from error


def _hotwords_in(path: str) -> tuple[str, ...]:
    if not os.path.isfile(path):
        return ()
    try:
        with open(path, "rb") as file:
            return hotwords_from_text(text_from(file.read()))
    except OSError as error:
        raise UnreadableInput(path, error.strerror or type(error).__name__) from error
    except ValueError as error:
        raise MalformedInput(path, "is not UTF-8 text; save it as UTF-8 first") from error
