"""The outputs that are made of a saved result, to their places."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from qasr_cli.errors import OutputExists
from qasr_cli.saved.batch_state import BatchState
from qasr_cli.storage.files import writer_of_outputs

if TYPE_CHECKING:
    from qasr_cli.run.commit.embedding import EmbeddedCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultOutputs:
    """Writes the outputs of one result.

    Attributes:
        of: the result.
        overwrite: whatever stands in their places.
        state: of the batch that the result is of, which knows what is qasr's; None = no batch.
        is_of_batch: they say what the batch has heard, so the batch may replace them one day.
    """

    of: str
    overwrite: bool
    state: BatchState | None
    is_of_batch: bool = False

    def write(
        self, contents: Mapping[str, bytes], copies: "Mapping[str, EmbeddedCopy]"
    ) -> list[str]:
        """The paths that were written; a copy of its own accord may not be.

        Raises:
            OutputExists: something stands there that is not qasr's; then nothing is written.
        """
        for output in (*contents, *copies):
            if os.path.lexists(output) and not (self.overwrite or self._is_own(output, output)):
                raise OutputExists(self.of, os.path.basename(output))
        write = writer_of_outputs(self.of, overwrite=self.overwrite, is_own=self._is_own)
        noting = self.state if self.is_of_batch else None
        if noting is not None:
            noting.note(contents)
        written = [write(output, content).path for output, content in contents.items()]
        for output, copy in copies.items():
            noted = copy
            if noting is not None:
                noted = replace(copy, on_filled=partial(noting.note_filled, output))
            if noted.is_written_by(partial(write, output)):
                written.append(output)
        return written

    def _is_own(self, output: str, place: str) -> bool:
        return self.state is not None and self.state.is_own(output, place)
