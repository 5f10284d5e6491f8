"""Reports read back: that of one batch, or those of its parts on several machines."""

import json
import os
from collections.abc import Sequence
from typing import Any

from qasr_cli.core.report import merged_report
from qasr_cli.errors import MalformedInput, UnreadableInput
from qasr_cli.run.state.layout import report_path, shard_report_paths


def read_report(place: str) -> dict[str, Any]:
    """The report of a batch: its file, or the folder that it stands in.

    In a folder whose batch was shared out, the reports of the parts as one, with the whole one if
    there is any.

    Raises:
        UnreadableInput: there is none, or it cannot be opened.
        MalformedInput: it is not a report.
    """
    paths = report_paths(place)
    if len(paths) == 1:
        return _read(paths[0])
    return merge_reports(paths)


def report_paths(place: str) -> tuple[str, ...]:
    """The report files that a file or folder stands for."""
    if not os.path.isdir(place):
        return (place,)
    parts = shard_report_paths(place)
    whole = report_path(place)
    return (whole, *parts) if os.path.exists(whole) or not parts else parts


def merge_reports(paths: Sequence[str]) -> dict[str, Any]:
    """The reports of the parts of a batch as one.

    Raises:
        UnreadableInput, MalformedInput: one cannot be read, or is none.
    """
    return merged_report([_read(path) for path in paths])


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        merged_report([document])  # a look at its shape
    except OSError as error:
        raise UnreadableInput(path, error.strerror or type(error).__name__) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedInput(path, "not a report of qasr") from error
    return dict(document)
