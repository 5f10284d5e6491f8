"""Nemotron as a diarizer: found at once, loaded when the first recording is opened."""

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from qasr_cli.checkpoints import locate
from qasr_cli.checkpoints.catalog import NEMOTRON
from qasr_cli.engines.diarizers import Listener
from qasr_cli.options import EngineOptions

if TYPE_CHECKING:
    from qasr_cli.engines.nemotron.model import NemotronModel

_LOADING = threading.Lock()


class NemotronDiarizer:
    """See `engines.diarizers.Diarizer`.

    Args:
        path: the folder of its checkpoint.
        device: a word of `--device`.
        thread_count: as in `NemotronModel`.
    """

    def __init__(self, path: Path, *, device: str, thread_count: int) -> None:
        self._path = path
        self._device = device
        self._thread_count = thread_count
        self._fingerprint = locate.fingerprint(path)

    @classmethod
    def from_options(cls, options: EngineOptions, *, thread_count: int) -> Self:
        """The one that is on this machine.

        Raises:
            ModelMissing: it is not.
            ModelLoadError: it cannot be read, or is of another kind.
        """
        path = locate.find(NEMOTRON, role="diarizer", model_dir=options.model_dir)
        return cls(path, device=options.device, thread_count=thread_count)

    @property
    def name(self) -> str:
        """What it is called."""
        return NEMOTRON

    @property
    def fingerprint(self) -> str:
        """That of its weights."""
        return self._fingerprint

    def load(self) -> None:
        """Load the model, unless it is loaded."""
        self._loaded()

    def listener(self) -> Listener:
        """What hears one recording."""
        from qasr_cli.engines.nemotron.listening import NemotronListener

        return NemotronListener(self._loaded())

    def _loaded(self) -> "NemotronModel":
        with _LOADING:
            return _model_of(self._path, self._fingerprint, self._device, self._thread_count)


@functools.lru_cache(maxsize=1)  # a service has a diarizer for each request, and one model
def _model_of(
    path: Path,
    fingerprint: str,  # noqa: ARG001  # other weights in the same place are another model
    device: str,
    thread_count: int,
) -> "NemotronModel":
    from qasr_cli.engines.nemotron.model import NemotronModel
    from qasr_cli.engines.qwen.device import placement

    return NemotronModel(path, placement(device, "float32").device, thread_count=thread_count)
