"""Of which inputs something lies about that an earlier run left between beginning and outcome."""

import contextlib
import functools
import os

from qasr_cli.run.state.kinds import WORK_FOLDERS
from qasr_cli.run.state.layout import digest_of_name


class Leftovers:
    """Spools and crash marks below a state folder, as they are when first asked for."""

    def __init__(self, state_folder: str) -> None:
        self._state_folder = state_folder

    def has(self, name: str) -> bool:
        """Whether an input has some."""
        return digest_of_name(name) in self._digests

    @functools.cached_property
    def _digests(self) -> frozenset[str]:
        """Listed once, since most inputs have none."""
        names: list[str] = []
        for folder in WORK_FOLDERS:
            with contextlib.suppress(OSError):  # absent; or a run's lock says what it is
                names += os.listdir(os.path.join(self._state_folder, folder))
        return frozenset(name.removesuffix(".jsonl") for name in names)
