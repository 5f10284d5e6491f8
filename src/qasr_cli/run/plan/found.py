"""A recording that was found in a folder, before it is known how its outputs are called."""

import os
from dataclasses import dataclass

from qasr_cli.core.types import MediaFile
from qasr_cli.run.state.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A recording in a folder; `name` and `store` as in a `Job`."""

    media: MediaFile
    name: str
    store: Store

    @property
    def output_folder(self) -> str:
        """Where its outputs go."""
        return os.path.dirname(os.path.join(self.store.root, self.name))
