"""The options that only `batch` and `plan` have, and what they make of them."""

import functools
import os
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import typer

from qasr_cli.cli.arguments.choices import ExecutorName
from qasr_cli.cli.arguments.help_page import INPUT, RUN, listed
from qasr_cli.cli.arguments.parsing import parsed_if_given
from qasr_cli.core.shard import shard_from_text
from qasr_cli.core.timing import seconds_from_text
from qasr_cli.options import FailureLimit, RunOptions
from qasr_cli.run.plan.folders import Walk

_input = functools.partial(typer.Option, rich_help_panel=INPUT)
_run = functools.partial(typer.Option, rich_help_panel=RUN)

SkipSubtitled = Annotated[
    bool,
    _input(
        "--skip-subtitled",
        help="Leave out recordings with subtitles beside them or inside, in the --language.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderArguments:
    """Options of a walk over folders; each field is an option."""

    recursive: Annotated[
        bool, _input("--recursive/--no-recursive", help="Walk into sub-folders, too.")
    ] = True
    include: Annotated[
        list[str] | None,
        _input("--include", metavar="GLOB", help="Take only files that match; may be repeated."),
    ] = None
    exclude: Annotated[
        list[str] | None,
        _input("--exclude", metavar="GLOB", help="Leave out files that match; may be repeated."),
    ] = None
    follow_links: Annotated[
        bool, _input("--follow-links", help="Follow symbolic links to files and folders.")
    ] = False
    skip_subtitled: SkipSubtitled = False
    retry_failed: Annotated[
        bool,
        _run(
            "--retry-failed", help="Also try what failed for good, or was left out after crashes."
        ),
    ] = False
    verify_content: Annotated[
        bool,
        _run(
            "--verify-content", help="Read done files to know them unchanged, whatever their dates."
        ),
    ] = False
    max_crashes: Annotated[
        int,
        _run(
            "--max-crashes",
            metavar="N",
            help="Leave out a file over which qasr died so often; 0 leaves out none.",
        ),
    ] = 3
    max_failures: Annotated[
        str | None,
        _run("--max-failures", metavar="N|P%", help="Stop when more files than that have failed."),
    ] = None
    time_budget: Annotated[
        str | None,
        _run("--time-budget", metavar="TIME", help="Stop in good order after a time such as 6h."),
    ] = None
    wait_stable: Annotated[
        str | None,
        _input(
            "--wait-stable",
            metavar="TIME",
            help="Take no file that changed within a time such as 10s.",
        ),
    ] = None
    shard: Annotated[
        str | None,
        _run(
            "--shard",
            metavar="I/N",
            help="Do the I-th of N parts of the files; auto, or auto/N, asks Slurm or Kubernetes.",
        ),
    ] = None
    workers: Annotated[
        str | None,
        _run(
            "--workers",
            metavar="N|auto",
            help="Hear files in so many processes at the same time; auto is one a GPU.",
        ),
    ] = None
    devices: Annotated[
        str | None,
        _run(
            "--devices",
            metavar="DEVICE,...",
            help="Give workers these devices in turn, such as cuda:0,cuda:1.",
        ),
    ] = None
    executor: Annotated[
        ExecutorName,
        _run(
            "--executor",
            metavar=listed(ExecutorName),
            help="Have files heard by processes of this machine, or of a Ray cluster.",
        ),
    ] = ExecutorName.LOCAL
    address: Annotated[
        str | None,
        _run(
            "--address",
            metavar="HOST:PORT",
            help="The Ray cluster, as ray start says it; auto on one of its machines.",
        ),
    ] = None
    allow_mixed: Annotated[
        bool,
        _run(
            "--allow-mixed",
            help="Go on where --dtype auto is not the same number format for every worker.",
        ),
    ] = False
    no_lock: Annotated[
        bool, _run("--no-lock", help="Go on where a network share has no file locks.")
    ] = False

    def walk(self, *, skip_folders: tuple[str, ...]) -> Walk:
        """Which files of the folders are recordings to transcribe."""
        return Walk(
            recursive=self.recursive,
            include=tuple(self.include or ()),
            exclude=tuple(self.exclude or ()),
            follow_links=self.follow_links,
            skip_folders=skip_folders,
        )

    def run_options(self, run: RunOptions) -> RunOptions:
        """The options of a run, with those that only folders have.

        Raises:
            UsageError: a value cannot be parsed, or is out of range.
        """
        return replace(
            run,
            max_crashes=self.max_crashes,
            time_budget_s=parsed_if_given("--time-budget", self.time_budget, seconds_from_text),
            max_failures=parsed_if_given("--max-failures", self.max_failures, _failure_limit),
            wait_stable_s=parsed_if_given("--wait-stable", self.wait_stable, seconds_from_text),
            retry_failed=self.retry_failed,
            verify_content=self.verify_content,
            shard=parsed_if_given(
                "--shard", self.shard, lambda text: shard_from_text(text, os.environ)
            ),
            workers=parsed_if_given("--workers", self.workers, _worker_count),
            devices=parsed_if_given("--devices", self.devices, _device_names) or (),
            allow_mixed=self.allow_mixed,
            no_lock=self.no_lock,
            skip_subtitled=self.skip_subtitled,
        )


def _worker_count(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is neither a number of processes nor auto")
    return int(text)


def _device_names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise ValueError(f"{text!r} has no device between two commas, or at an end")
    return names


def _failure_limit(text: str) -> FailureLimit:
    try:
        limit = FailureLimit(amount=float(text.removesuffix("%")), is_percent=text.endswith("%"))
    except ValueError as error:
        raise ValueError(f"{text!r} is neither a number of files nor a percentage") from error
    if not 0 <= limit.amount <= (100 if limit.is_percent else float("inf")):
        raise ValueError(f"{text!r} is out of range")
    return limit
