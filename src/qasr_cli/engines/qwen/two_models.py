"""Recogniser and aligner: side by side, or in turn where memory has no room for both."""

import logging

from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.device import free_memory
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import DeviceUnavailable

_log = logging.getLogger(__name__)


class TwoModels:
    """Both models.

    Args:
        recogniser: makes the text.
        aligner: times its words; None = no word times are wanted.
        keeper: holds packed weights that are new for a while, if there is memory.
        takes_turns: everything is recognised before anything is aligned.
    """

    def __init__(
        self,
        recogniser: LazyModel[Recogniser],
        aligner: LazyModel[Aligner] | None,
        keeper: Keeper,
        *,
        takes_turns: bool,
    ) -> None:
        self.recogniser = recogniser
        self.aligner = aligner
        self.takes_turns = takes_turns
        self._keeper = keeper

    def are_there(self) -> bool:
        """Whether both are loaded, now or from now on; where memory lacks, they take turns."""
        if self.takes_turns or self.aligner is None:
            return False
        try:
            self.aligner.load()
        except DeviceUnavailable:
            self.takes_turns = True
        else:
            return True
        # Only out here is the exception gone, and with it what there was of the model.
        free_memory()
        _log.warning("memory has no room for both models at once: they take turns")
        self._keeper.hold_nothing()
        self.recogniser.keep_no_longer()
        self.aligner.keep_no_longer()
        return False

    def give_back(self, recogniser: Recogniser) -> bool:
        """Free what is held to save time, by the recogniser as well; whether anything was."""
        return self._keeper.hold_nothing() | recogniser.give_back()
