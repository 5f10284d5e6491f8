"""The interface to what hears a whole recording and says which voices speak when. No torch here."""

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.options import EngineOptions

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NEMOTRON = "qasr_cli.engines.nemotron.diarizer:NemotronDiarizer"


class Listener(Protocol):
    """Hears one recording from its beginning on, in bounded memory.

    What it says depends on the sound alone, however that is cut into blocks.
    """

    @property
    def step_count(self) -> int:
        """Steps of its work that are done; `state` and `activity` change with it alone."""
        ...

    def hear(self, pcm: "npt.NDArray[np.float32]", /) -> None:
        """Take the next sound: mono, 16 kHz."""
        ...

    def finish(self) -> VoiceActivity:
        """Who speaks when, once all sound was heard."""
        ...

    def activity(self) -> VoiceActivity:
        """Who speaks when, as far as it is known."""
        ...

    def state(self) -> bytes:
        """What it has to remember to go on later, beside `activity`."""
        ...

    def restore(self, state: bytes, activity: VoiceActivity) -> None:
        """Go on where another one was; it is given the same sound, from the beginning.

        Raises:
            ValueError: that is no state of such a listener.
        """
        ...


class Diarizer(Protocol):
    """Tells voices apart: sound in, turns out. Nothing is loaded before `load`."""

    @property
    def name(self) -> str:
        """What it is called in settings and results."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hex digits that are those of no other model. Cheap; loads nothing."""
        ...

    def load(self) -> None:
        """Load the model, unless it is loaded.

        Raises:
            EngineError: it is damaged, or the device is none.
        """
        ...

    def listener(self) -> Listener:
        """What hears one recording, or one channel of it; several may be at work at once."""
        ...


def diarizer_for(
    speakers: SpeakerOptions, engine: EngineOptions, *, thread_count: int = 1
) -> Diarizer | None:
    """What hears whole recordings for their voices; None where nobody asks for that.

    Args:
        thread_count: threads of the CPU for one step of its work.

    Raises:
        ModelMissing: its checkpoint is not on this machine.
        ModelLoadError: it cannot be read, or is of another kind.
    """
    if not speakers.diarize or speakers.diarizer != "nemotron":
        return None
    module_name, _, class_name = _NEMOTRON.partition(":")
    found = getattr(import_module(module_name), class_name).from_options(
        engine, thread_count=thread_count
    )
    return cast("Diarizer", found)
