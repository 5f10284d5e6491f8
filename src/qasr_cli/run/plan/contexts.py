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
from qasr_cli.run.plan.plan import Jobs, Plan, Unseen
from qasr_cli.storage.side_files import CONTEXT_LIMIT_BYTES, read_side_file

ContextOf = Callable[[MediaFile], Context]
HotwordsIn = Callable[[str], tuple[str, ...]]

_FOLDERS_KEPT = 100  # whose lists are in memory: recordings come folder by folder


def with_contexts(
    plan: Plan, given: ContextOf, *, is_stopped: Callable[[], bool] = lambda: False
) -> Plan:
    """The plan with a context for each job; an input whose hot words cannot be read fails.

    Hot words add up: those of the input's own file come first, then those of its folder, then
    the given ones.

    Args:
        given: what the user says of an input.
        is_stopped: asked between inputs. Once it says so, the others are left as they are: a run
            that was asked to stop does none of them.
    """
    hotwords_in = functools.lru_cache(_FOLDERS_KEPT)(_hotwords_in)
    jobs = Jobs()
    failed: list[Unseen] = []
    known: dict[Context, Context] = {}  # of a whole batch there are few, as a rule
    for job in plan.jobs:
        if is_stopped():
            jobs.append(job)
            continue
        try:
            context = _context_of(job, given(job.media), hotwords_in)
            jobs.append(replace(job, context=known.setdefault(context, context)))
        except InputError as error:
            outcome = failure_of(job.media, error)
            failed.append(Unseen(outcome=outcome, name=job.name, store=job.store))
    return replace(plan, jobs=jobs, unseen=(*plan.unseen, *failed))


def _context_of(job: Job, given: Context, hotwords_in: HotwordsIn) -> Context:
    if job.open_fd is not None:  # standard input has no place where files could stand beside it
        return given
    own_path, folder_path = hotword_paths(job.media.path)
    own, of_folder = _hotwords_in(own_path), hotwords_in(folder_path)
    try:
        return with_hotwords(given, own, of_folder)
    except ValueError as error:
        raise MalformedInput(job.media.path, f"too many hot words beside it: {error}") from error


def _hotwords_in(path: str) -> tuple[str, ...]:
    if not os.path.isfile(path):
        return ()
    try:
        return hotwords_from_text(text_from(read_side_file(path, limit_bytes=CONTEXT_LIMIT_BYTES)))
    except OSError as error:
        raise UnreadableInput(path, error.strerror or type(error).__name__) from error
    except ValueError as error:
        raise MalformedInput(path, "is not UTF-8 text; save it as UTF-8 first") from error
