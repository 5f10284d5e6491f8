"""Stands for an engine whose models are not on this machine, where none has to run."""

from collections.abc import Iterable, Iterator

from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.errors import ModelMissing


class AbsentEngine:
    """An engine that can be asked about, and that no clip can be given to.

    Args:
        missing: which model, and what gets it.
    """

    # That of no engine: nobody can know what its models would do again.
    fingerprint = "absent"
    max_clip_s: float | None = None
    clips_at_once: int = 1

    def __init__(self, missing: ModelMissing) -> None:
        self._missing = missing

    @property
    def models(self) -> dict[str, str]:
        """The name that was looked for, without a revision."""
        return {"recogniser": self._missing.model}

    def run(self, _clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Refuse.

        Raises:
            ModelMissing: always.
        """
        raise self._missing

    def stop(self) -> None:
        """Do nothing: nothing runs."""

    def close(self) -> None:
        """Do nothing: it holds no memory."""
