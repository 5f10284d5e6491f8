"""Folders of a run, put right before and after its work."""

import os
from collections.abc import Collection

from qasr_cli.run.state.lanes import fold_dead_lanes
from qasr_cli.run.state.store import Store
from qasr_cli.storage.files import check_writable
from qasr_cli.storage.temporaries import sweep_temporaries


def prepare_store(store: Store, folders: Collection[str]) -> None:
    """Tidy up an output folder, whose lock is held.

    Args:
        folders: where outputs go.

    Raises:
        OutputError: it takes no files.
    """
    store.writer.check(store.root)
    store.sweep(folders)
    fold_dead_lanes(store.part.folder)
    store.rebuild_journal()


def tidy_after_workers(store: Store, folders: Collection[str] | None) -> None:
    """Put together what workers have left at the end of a run, whose lock is held.

    Args:
        folders: where outputs go, in which something may lie about since a worker was lost; None =
            none was.

    Raises:
        OutputError: the journal takes no more.
    """
    if folders is not None:
        store.journal.look_again()
        store.sweep(folders)
    fold_dead_lanes(store.part.folder)


def prepare_clips(folder: str) -> None:
    """The same for a folder of kept clips.

    Raises:
        OutputError: it takes no files.
    """
    check_writable(folder)
    for inner, _, _ in os.walk(folder):
        sweep_temporaries(inner)
