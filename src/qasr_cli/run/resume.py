"""Whether an input still has to be done. Changes nothing but a stale stat in a mark."""

import hashlib
import json
import os
from collections.abc import Sequence

from qasr_cli.core.types import FileSkipped, MediaFile
from qasr_cli.run.files import sha256_of_file
from qasr_cli.run.jobs import Job
from qasr_cli.run.store import Mark, Store


def key_of(name: str, content_sha256: str, fingerprint: str) -> str:
    """64 hex digits: this input, this content, these settings and models."""
    parts = json.dumps([name, content_sha256, fingerprint], ensure_ascii=True)
    return hashlib.sha256(parts.encode()).hexdigest()


def skip_if_done(
    job: Job, *, fingerprint: str, planned_outputs: Sequence[str], overwrite: bool
) -> FileSkipped | None:
    """The outcome of an input for which nothing has to be done, or None.

    An output that qasr did not write, or that was edited since, is never replaced without
    `--overwrite`: somebody's work may be in it.

    Args:
        planned_outputs: where the outputs would go, as far as known before the language is.
    """
    if overwrite:
        return None
    if job.store is not None:
        done_before = _skip_if_marked(job, job.store, fingerprint, planned_outputs)
        if done_before is not None:
            return done_before
    foreign = first_foreign_output(job.store, planned_outputs)
    if foreign is None:
        return None
    return foreign_output_skip(job.media, os.path.basename(foreign))


def foreign_output_skip(media: MediaFile, output: str) -> FileSkipped:
    """The outcome of an input whose output stands there already, made by somebody else."""
    reason = f"{output} exists and is left as it is; --overwrite replaces it"
    return FileSkipped(media=media, reason=reason, warnings=(reason,))


def first_foreign_output(store: Store | None, planned_outputs: Sequence[str]) -> str | None:
    """An existing output that is not, byte for byte, what qasr wrote there; or None."""
    for path in planned_outputs:
        if os.path.lexists(path) and not _is_ours(store, path):
            return path
    return None


def _is_ours(store: Store | None, path: str) -> bool:
    try:
        return store is not None and store.is_ours(path, sha256_of_file(path))
    except OSError:
        return False  # a folder, a dead link, a file we may not read


def _skip_if_marked(
    job: Job, store: Store, fingerprint: str, planned_outputs: Sequence[str]
) -> FileSkipped | None:
    document = store.read_result(job.name)
    if document is None:
        return None
    try:
        mark = Mark.from_document(document["mark"])
        language, duration_ms = document["language"], document["duration_ms"]
    except (KeyError, TypeError):
        return None
    paths = [os.path.join(store.root, output.path) for output in mark.outputs]
    if not (
        set(planned_outputs) <= set(paths)
        and mark.key == key_of(job.name, mark.content_sha256, fingerprint)
        and _has_same_content(job.media, mark)
        and all(os.path.exists(path) for path in paths)
    ):
        return None
    if not mark.has_stat_of(job.media):
        # Same content under a new stat (copied, touched): remember that, or every run would
        # read the whole file again.
        touched = mark.with_stat_of(job.media)
        store.write_result(job.name, {**document, "mark": touched.to_document()})
    return FileSkipped(
        media=job.media,
        reason="done before, unchanged",
        outputs=tuple(paths),
        duration_ms=duration_ms,
        language=language,
    )


def _has_same_content(media: MediaFile, mark: Mark) -> bool:
    if mark.has_stat_of(media):
        return True
    try:
        return sha256_of_file(media.path) == mark.content_sha256
    except OSError:
        return False
