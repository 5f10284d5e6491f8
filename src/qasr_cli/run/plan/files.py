"""The jobs of `qasr transcribe`: one for each file that is named, and for standard input."""

import os
from collections.abc import Sequence
from dataclasses import replace

from qasr_cli.errors import InputError, UsageError
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.options import OutputOptions
from qasr_cli.run.plan.jobs import Job, failure_at
from qasr_cli.run.plan.output_names import (
    OutputBase,
    all_hotword_paths,
    output_bases,
    same_base,
    suffixes_of,
)
from qasr_cli.run.plan.plan import Jobs, Plan, Unseen
from qasr_cli.run.plan.standard_streams import (
    STANDARD_STREAM,
    STDIN_NAME,
    standard_input_job,
)
from qasr_cli.run.state.store import Store


def jobs_for_files(files: Sequence[str], *, output: OutputOptions, spool: int | None) -> Plan:
    """The jobs of `qasr transcribe`.

    Args:
        spool: descriptor of standard input, where `-` is named.

    Raises:
        UsageError: outputs that would collide.
    """
    if STANDARD_STREAM in files and STDIN_NAME in files:
        raise UsageError(f"- and {STDIN_NAME} would write the same files; do them apart")
    jobs: list[Job] = []
    unseen: list[Unseen] = []
    seen: set[str] = set()
    for path in files:
        identity = path if path == STANDARD_STREAM else os.path.realpath(path)
        if identity in seen:
            continue
        seen.add(identity)
        try:
            jobs.append(_file_job(path, spool))
        except InputError as error:
            unseen.append(
                Unseen(outcome=failure_at(path, path, error), name=os.path.basename(path))
            )
    return Plan(jobs=Jobs(_with_bases(jobs, output)), unseen=tuple(unseen))


def _file_job(path: str, spool: int | None) -> Job:
    if path == STANDARD_STREAM and spool is not None:
        return standard_input_job(spool)
    media = media_file_from_path(path, path)
    return Job(media=media, name=os.path.basename(path), base=None, store=None)


def _with_bases(jobs: Sequence[Job], output: OutputOptions) -> tuple[Job, ...]:
    if output.output_dir == STANDARD_STREAM:
        if len(jobs) > 1 or len(output.formats) > 1:
            raise UsageError("-o - takes one file and one format")
        if output.embed:
            raise UsageError("--embed writes a file: leave out -o -")
        return tuple(jobs)
    bases = output_bases(
        [job.media for job in jobs],
        {job.media.relative_path: _output_folder(job, output) for job in jobs},
        suffixes=suffixes_of(output),
        reserved=all_hotword_paths(job.media for job in jobs),
    )
    if (pair := same_base(bases)) is not None:
        first, second = pair
        raise UsageError(
            f"{first} and {second} would write the same files in {output.output_dir}; "
            f"give them -o folders of their own, or use qasr batch"
        )
    return tuple(_with_place(job, bases[job.media.relative_path], output) for job in jobs)


def _with_place(job: Job, base: OutputBase, output: OutputOptions) -> Job:
    base = replace(base, path=os.path.abspath(base.path))
    # The names of its outputs are known only when it was heard: then one may be taken.
    keeps = output.language_suffix and job.open_fd is None
    return replace(job, base=base, kept=Store(os.path.dirname(base.path)) if keeps else None)


def _output_folder(job: Job, output: OutputOptions) -> str:
    if output.output_dir is not None:
        return output.output_dir
    return "" if job.open_fd is not None else os.path.dirname(job.media.path)
