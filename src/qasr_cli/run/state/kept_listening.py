"""How far a recording was heard for its voices, so that a killed run does not hear all of it again.

Beside the spool, for the owner alone: what a model remembers of a voice is a person's. It counts
only where the sound up to there is the very same.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qasr_cli.core.types import CHANNELS, Channel
from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.errors import MediaChanged
from qasr_cli.storage.documents import DamagedDocument, Fields, json_from, open_regular
from qasr_cli.storage.files import os_errors_as_output_errors, write_all
from qasr_cli.system import open_files

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from qasr_cli.engines.diarizers import Listener

_PRIVATE = 0o600
# Of half a minute each: it is written a few times a minute at most, and loses seconds of work.
_STEPS_BETWEEN = 10
_MOST_BYTES = 1 << 28
_DRAFT = ".draft"
_CHANNELS: tuple[Channel | None, ...] = (None, *CHANNELS)


def kept_path(spool_path: str, channel: Channel | None) -> str:
    """Where it is kept how far a recording, or a channel of it, was heard."""
    stem = spool_path.removesuffix(".jsonl")
    return f"{stem}.voices" if channel is None else f"{stem}.{channel}.voices"


def discard_kept(spool_path: str) -> None:
    """Remove all that is kept of a recording, if there is any."""
    paths = [kept_path(spool_path, channel) for channel in _CHANNELS]
    for each in (*paths, *_drafts_of(paths)):
        with os_errors_as_output_errors(each), contextlib.suppress(FileNotFoundError):
            os.unlink(each)


def _drafts_of(paths: Sequence[str]) -> Iterator[str]:
    # Not by `glob`, which keeps what it makes of a pattern: kilobytes for every recording.
    folder = os.path.dirname(paths[0])
    beginnings = tuple(f"{os.path.basename(path)}." for path in paths)
    with contextlib.suppress(OSError):  # there is no such folder
        for name in os.listdir(folder):
            if name.startswith(beginnings) and name.endswith(_DRAFT):
                yield os.path.join(folder, name)


def kept_activity(spool_path: str, *, fingerprint: str) -> dict[Channel | None, VoiceActivity]:
    """Who speaks when, as far as it was heard under these settings."""
    found = {channel: _read(kept_path(spool_path, channel), fingerprint) for channel in _CHANNELS}
    return {channel: kept.activity for channel, kept in found.items() if kept is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is kept of a recording of which so many samples were heard."""

    sample_count: int
    sha256: str
    is_finished: bool
    activity: VoiceActivity
    state: bytes


class KeptListener:
    """A listener that goes on where an earlier run was killed.

    Args:
        listener: of which nothing was asked yet.
        path: as `kept_path` says it.
        fingerprint: of what decides what is heard; what was kept under another is dropped.
        media_path: of the recording.
    """

    def __init__(
        self, listener: "Listener", *, path: str, fingerprint: str, media_path: str
    ) -> None:
        self._listener = listener
        self._path = path
        self._fingerprint = fingerprint
        self._media_path = media_path
        self._digest = hashlib.sha256()
        self._heard_count = 0
        self._kept = self._restored()
        self._kept_step_count = listener.step_count

    def hear(self, pcm: "npt.NDArray[np.float32]") -> None:
        """Take the next sound.

        Raises:
            MediaChanged: it is not the sound of which an earlier run heard the beginning.
            OutputError: it could not be noted.
        """
        if self._kept is not None and self._heard_count < self._kept.sample_count:
            rest_count = self._kept.sample_count - self._heard_count
            self._take(pcm[:rest_count])
            if self._heard_count == self._kept.sample_count:
                self._check(self._kept)
            pcm = pcm[rest_count:]
        if len(pcm):
            if self._is_finished:
                self._forget()  # it goes on where an earlier run had its end
            self._take(pcm)
        if self._listener.step_count - self._kept_step_count >= _STEPS_BETWEEN:
            self._keep(is_finished=False)

    def finish(self) -> VoiceActivity:
        """Who speaks when.

        Raises:
            MediaChanged, OutputError: as `hear`.
        """
        if self._kept is not None and self._heard_count < self._kept.sample_count:
            self._forget()
        if self._is_finished:
            return self._listener.activity()
        activity = self._listener.finish()
        self._keep(is_finished=True)
        return activity

    @property
    def _is_finished(self) -> bool:
        return self._kept is not None and self._kept.is_finished

    def _take(self, pcm: "npt.NDArray[np.float32]") -> None:
        self._digest.update(pcm.tobytes())
        self._heard_count += len(pcm)
        if not self._is_finished:
            self._listener.hear(pcm)

    def _check(self, kept: _Kept) -> None:
        if self._digest.hexdigest() != kept.sha256:
            self._forget()

    def _forget(self) -> None:
        """Begin anew, at the next try: what was skipped of the sound is gone."""
        with os_errors_as_output_errors(self._path), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        raise MediaChanged(self._media_path)

    def _restored(self) -> _Kept | None:
        kept = _read(self._path, self._fingerprint)
        if kept is None:
            return None
        try:
            self._listener.restore(kept.state, kept.activity)
        except ValueError:
            return None
        return kept

    def _keep(self, *, is_finished: bool) -> None:
        self._kept_step_count = self._listener.step_count
        kept = _Kept(
            sample_count=self._heard_count,
            sha256=self._digest.hexdigest(),
            is_finished=is_finished,
            activity=self._listener.activity(),
            state=self._listener.state(),
        )
        _write(self._path, kept, self._fingerprint)


def _write(path: str, kept: _Kept, fingerprint: str) -> None:
    activity = kept.activity
    content = activity.stretches_ms + activity.likelihoods + kept.state
    header = {
        "fingerprint": fingerprint,
        "sample_count": kept.sample_count,
        "sha256": kept.sha256,
        "is_finished": kept.is_finished,
        "voice_count": activity.voice_count,
        "stretches_bytes": len(activity.stretches_ms),
        "activity_bytes": len(activity.stretches_ms) + len(activity.likelihoods),
        "check": hashlib.sha256(content).hexdigest(),
    }
    draft = f"{path}.{os.getpid()}{_DRAFT}"
    with os_errors_as_output_errors(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)
        flags = open_files.READ_AND_WRITE | os.O_CREAT | os.O_EXCL | open_files.NO_LINK
        descriptor = os.open(draft, flags, _PRIVATE)
        try:
            write_all(descriptor, json.dumps(header).encode() + b"\n" + content)
        finally:
            os.close(descriptor)
        # Gone where another process that did the same file is done with it.
        with contextlib.suppress(FileNotFoundError):
            os.replace(draft, path)


def _read(path: str, fingerprint: str) -> _Kept | None:
    """What is kept there; None where nothing is, or it is damaged, or of other settings."""
    try:
        with open_regular(path) as file:
            header, _, content = file.read(_MOST_BYTES).partition(b"\n")
        fields = Fields(json_from(header))
        if fields.text("fingerprint") != fingerprint:
            return None
        if fields.text("check") != hashlib.sha256(content).hexdigest():
            return None
        return _kept_from(fields, content)
    except (OSError, DamagedDocument, ValueError):
        return None


def _kept_from(fields: Fields, content: bytes) -> _Kept:
    stretches_bytes, activity_bytes = (
        fields.whole(name) for name in ("stretches_bytes", "activity_bytes")
    )
    return _Kept(
        sample_count=fields.whole("sample_count"),
        sha256=fields.text("sha256"),
        is_finished=fields.flag("is_finished", default=False),
        activity=VoiceActivity(
            voice_count=fields.whole("voice_count", least=1),
            stretches_ms=content[:stretches_bytes],
            likelihoods=content[stretches_bytes:activity_bytes],
        ),
        state=content[activity_bytes:],
    )
