"""What a worker tells by way of the disk that it shares with its driver: one file a lane.

Outcomes, attempts and warnings may quote a recording. So they stand in a file of the output folder,
where the subtitles stand, and the line to the driver says only where in it.
"""

import os
import threading
from typing import Any

from qasr_cli.core.outcomes import FileOutcome
from qasr_cli.core.types import MediaFile
from qasr_cli.run.executor.messages import Message, outcome_from
from qasr_cli.run.state.lanes import TOLD_NAME
from qasr_cli.run.state.part import Part
from qasr_cli.run.state.store import Store
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from, open_regular
from qasr_cli.storage.files import os_errors_as_output_errors, write_all
from qasr_cli.storage.jsonl import json_bytes
from qasr_cli.system import open_files


class ToldError(Exception):
    """What was told cannot be read."""


class ToldFile:
    """The file of one lane, for the worker that writes it."""

    def __init__(self, part: Part) -> None:
        self._path = os.path.join(part.own_folder, TOLD_NAME)
        self._size_bytes = 0
        # An engine warns from whatever thread it likes, and a signal may come in between.
        self._one_at_a_time = threading.RLock()

    def add(self, document: Message) -> Message:
        """Add a document; where it stands, for the line.

        Raises:
            OutputError: it could not be written.
        """
        data = json_bytes(document)
        with self._one_at_a_time, os_errors_as_output_errors(self._path):
            place = {"at": self._size_bytes, "bytes": len(data)}
            flags = open_files.WRITE | os.O_CREAT | os.O_APPEND | open_files.NO_LINK
            # Closed each time: over NFS others see it then.
            descriptor = os.open(self._path, flags, 0o600)
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
            self._size_bytes += len(data)
            return place


def told_at(store: Store, lane: str, message: Message) -> Message:
    """The document that a line points to.

    Args:
        store: of the driver.

    Raises:
        ToldError: it is not there, or damaged.
    """
    part = Part(
        root=store.root,
        state_folder=store.state_folder,
        shard=store.part.shard,
        lane=lane,
    )
    try:
        with open_regular(os.path.join(part.own_folder, TOLD_NAME)) as file:
            file.seek(message["at"])
            document = json_from(file.read(message["bytes"]))
    except (OSError, DamagedDocument, KeyError, TypeError) as error:
        raise ToldError from error
    if not isinstance(document, dict):
        raise ToldError
    return document


def outcome_told(document: Message, media: MediaFile) -> tuple[FileOutcome, dict[str, Any] | None]:
    """The outcome in a document, and under which conditions a failure would come again.

    Raises:
        ToldError: it is damaged.
    """
    try:
        inner = document["outcome"]
        return outcome_from(Fields(inner), inner, media), document.get("lasting")
    except (DamagedDocument, KeyError, TypeError, AttributeError) as error:
        raise ToldError from error
