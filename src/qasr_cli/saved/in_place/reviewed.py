"""That somebody has looked a result through: kept in its mark, and in the report of its batch."""

import os
from typing import Any

from qasr_cli.core.report import report_text
from qasr_cli.errors import UnreadableInput
from qasr_cli.run.state.layout import report_path, shard_report_paths
from qasr_cli.run.state.mark_changes import with_reviewed
from qasr_cli.run.state.store import Store
from qasr_cli.saved.batch_state import BatchState
from qasr_cli.saved.documents import NO_RESULT_OF_BATCH
from qasr_cli.storage.documents import DamagedDocument, read_json


def set_reviewed(state: BatchState, reviewed: str | None) -> None:
    """Keep when somebody said that a result is as it should be; the next batch's report has it.

    Args:
        reviewed: ISO 8601; None takes it back.

    Raises:
        LockHeld: a batch is at work there.
        UnreadableInput: the result is gone, or another program laid it out anew.
        OutputError, OutputRefused: the disk takes no more.
    """
    store = Store(state.store.root)
    path = store.result_path(state.name)
    with store.lock(is_needed=False):
        try:
            store.writer.write(path, with_reviewed(path, reviewed))
        except (OSError, DamagedDocument) as error:
            raise UnreadableInput(path, NO_RESULT_OF_BATCH) from error
        for report in (report_path(store.root), *shard_report_paths(store.root)):
            _note_in_report(store, report, state.name, reviewed)


def _note_in_report(store: Store, path: str, name: str, reviewed: str | None) -> None:
    """Have an entry of a report say it, where there is one."""
    if not os.path.isfile(path):
        return
    try:
        report: dict[str, Any] = read_json(path)
        details = [detail for detail in report["details"] if detail["file"] == name]
        for detail in details:
            detail.pop("reviewed", None)
            if reviewed is not None:
                detail["reviewed"] = reviewed
        data = "".join(report_text(report)).encode()
    except (OSError, DamagedDocument, LookupError, TypeError, AttributeError, ValueError):
        return  # whoever shows it says what is wrong with it; the next batch writes it anew
    if details:
        store.writer.write(path, data)
