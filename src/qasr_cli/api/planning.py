"""The plans of the calls in `many`: jobs, with what the recogniser is told about each."""

import os
from collections.abc import Callable, Sequence

from qasr_cli.formats.registry import parse_formats
from qasr_cli.options import Options, OutputOptions
from qasr_cli.run.file_policy import OptionsOf
from qasr_cli.run.plan.checks import check_names_are_utf8, check_one_picture
from qasr_cli.run.plan.contexts import with_contexts
from qasr_cli.run.plan.files import jobs_for_files
from qasr_cli.run.plan.folders import Walk, jobs_for_folders
from qasr_cli.run.plan.plan import CUT_SHORT, Plan
from qasr_cli.run.plan.standard_streams import STANDARD_STREAM
from qasr_cli.storage.files import check_writable

StrPath = str | os.PathLike[str]


def files_plan(names: Sequence[str], output: OutputOptions, *, spool: int | None) -> Plan:
    """The plan of a run over files, without what is told about each.

    Args:
        spool: as in `jobs_for_files`.

    Raises:
        UsageError: outputs that would collide.
        OutputError: the place for them takes no files.
    """
    plan = jobs_for_files(names, output=output, spool=spool)
    if output.output_dir not in {None, STANDARD_STREAM}:
        check_writable(str(output.output_dir))
    return plan


def folders_plan(
    folders: Sequence[StrPath],
    options: Options,
    *,
    walk: Walk,
    output: OutputOptions | None,
    options_of: OptionsOf | None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    """The plan of a run over folders; `CUT_SHORT` where a stop was asked for meanwhile."""
    output = output or options.output
    check_formats(output)
    names = [os.fspath(folder) for folder in folders]
    plan = jobs_for_folders(
        names, output=output, walk=walk, shard=options.run.shard, is_stopped=is_stopped
    )
    plan = with_told(plan, options, options_of, is_stopped=is_stopped)
    return CUT_SHORT if is_stopped() else plan


def check_formats(output: OutputOptions) -> None:
    """Refuse formats that do not exist.

    Raises:
        UsageError: one does not.
    """
    if output.formats:
        parse_formats(output.formats)


def with_told(
    plan: Plan, options: Options, options_of: OptionsOf | None, *, is_stopped: Callable[[], bool]
) -> Plan:
    """The plan with what the recogniser is told about each file.

    Raises:
        UsageError: this Python does not read names of files as UTF-8, or several recordings
            would have the cuts of one picture.
    """
    check_names_are_utf8(job.media.path for job in plan.jobs)
    of = options_of or (lambda _: options)
    check_one_picture(of(job.media).cue for job in plan.jobs)
    return with_contexts(plan, lambda media: of(media).context, is_stopped=is_stopped)
