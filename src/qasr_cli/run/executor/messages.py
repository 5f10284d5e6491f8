"""The lines that a driver and its workers speak, and the values in them.

A line to a worker is one of
    {"run": {"options": ..., "roots": [...], "shard": "1/3" or null, "verbose": ...}}
    {"packet": 7, "options": {"0": ...}, "jobs": [{"job": 12, "path": ..., ...}]}
    {"rest": true}
and from one, always with "event",
    hello, ready, started, decoded, heard, loading, told, packet, resting, stopped, failed.
What may quote a recording (warnings, errors) is not in them: "told" says where in the lane's own
file it stands.
"""

import base64
import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from qasr_cli.core.clips.context import Context
from qasr_cli.core.outcomes import (
    Attempt,
    FileDone,
    FileFailed,
    FileOutcome,
    FilePending,
    FileSkipped,
)
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import QasrError
from qasr_cli.options import Options
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.output_names import OutputBase
from qasr_cli.run.state.store import Store
from qasr_cli.storage.documents import Fields
from qasr_cli.storage.jsonl import json_bytes
from qasr_cli.storage.name_limits import NameLimit

Message = dict[str, Any]
_OUTCOMES = {kind.__name__: kind for kind in (FileDone, FileFailed, FileSkipped, FilePending)}
_NOT_TOLD = {"media", "error"}  # the driver has the one, and needs no traceback


def line_of(message: Mapping[str, Any]) -> bytes:
    """A message as a line."""
    return json_bytes(message)


def order_in(line: bytes) -> Message:
    """What a driver says with a line.

    Raises:
        ValueError: it is no message.
    """
    message = _message_in(line)
    if message is None:
        raise ValueError(line)
    return message


def answer_in(line: bytes) -> Message | None:
    """What a worker says with a line; None where somebody else printed it.

    What Python runs at its start (`sitecustomize`) may print before the worker has its own output.
    """
    message = _message_in(line)
    return message if message is not None and isinstance(message.get("event"), str) else None


def _message_in(line: bytes) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def packed(value: Options | QasrError) -> str:
    """A value for a process of the same program, which starts, or is started by, this one."""
    return base64.b64encode(pickle.dumps(value)).decode()


def options_in(text: str) -> Options:
    """The options that were packed."""
    options = pickle.loads(base64.b64decode(text))  # noqa: S301  # of the process that started this
    if not isinstance(options, Options):
        raise TypeError("these are no options")
    return options


def error_in(text: str) -> QasrError:
    """The error that was packed."""
    error = pickle.loads(base64.b64decode(text))  # noqa: S301  # of a process that this one started
    if not isinstance(error, QasrError):
        raise TypeError("this is no error of qasr")
    return error


# --- jobs -----------------------------------------------------------------------------------------


def document_of_job(job: Job, *, options: int) -> Message:
    """A job of a batch for a worker.

    Args:
        options: which of those that the worker was told.
    """
    if job.base is None or job.store is None:
        raise ValueError(f"{job.media.path}: only files of a batch are handed out")
    return {
        "job": job.number,
        "options": options,
        "media": asdict(job.media),
        "name": job.name,
        "base": [job.base.path, job.base.limit.amount, job.base.limit.counts_bytes],
        "is_exact": job.base.is_exact,
        "root": job.store.root,
        "context": job.context.to_document(),
    }


def job_from(document: Message, stores: Mapping[str, Store]) -> Job:
    """The job that a driver handed out.

    Args:
        stores: of the worker, by root.
    """
    path, amount, counts_bytes = document["base"]
    context = document["context"]
    return Job(
        media=MediaFile(**document["media"]),
        name=document["name"],
        base=OutputBase(
            path=path,
            limit=NameLimit(amount=amount, counts_bytes=counts_bytes),
            is_exact=document["is_exact"],
        ),
        store=stores[document["root"]],
        context=Context(text=context["text"], hotwords=tuple(context["hotwords"])),
        number=document["job"],
    )


# --- what is told by way of the disk --------------------------------------------------------------


def document_of_outcome(outcome: FileOutcome) -> Message:
    """An outcome as it stands in a lane's file."""
    names = (field.name for field in fields(outcome) if field.name not in _NOT_TOLD)
    values = {name: getattr(outcome, name) for name in names}
    if "attempts" in values:
        values["attempts"] = [asdict(attempt) for attempt in values["attempts"]]
    return {"kind": type(outcome).__name__, **values}


def outcome_from(told: Fields, document: Message, media: MediaFile) -> FileOutcome:
    """The outcome that a worker told.

    Args:
        told: the same document, by field.

    Raises:
        DamagedDocument, TypeError: it is none.
    """
    kind = _OUTCOMES[told.choice("kind", _OUTCOMES)]
    values = {name: value for name, value in document.items() if name != "kind"}
    for name in ("outputs", "warnings"):
        if name in values:
            values[name] = told.texts(name)
    if "attempts" in values:
        values["attempts"] = tuple(Attempt(**attempt) for attempt in values["attempts"])
    return kind(media=media, **values)
