"""The engine that runs Qwen3-ASR in this process.

No torch before the first clip, unless a device is named that may not be here.
"""

import contextlib
import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from itertools import chain
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

from qasr_cli.checkpoints import locate
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.qwen.clip_window import WindowSize, taken, window_size
from qasr_cli.engines.qwen.loading.begun import begun
from qasr_cli.engines.qwen.loading.choice import ChosenModel, choose
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.work_ahead import results_ahead
from qasr_cli.errors import DeviceUnavailable
from qasr_cli.options import EngineOptions

if TYPE_CHECKING:
    from qasr_cli.engines.qwen.device import Placement
    from qasr_cli.engines.qwen.pipeline import Pipeline

# Raised whenever the same sound and models would give another result.
_ENGINE_VERSION = 2
_LOOK_S = 0.2  # how long a request to stop may wait while models load
_IMPORTS_AFTER_S = 0.1  # no decoder gives a clip sooner; a run with nothing to hear is over by then


class QwenEngine:
    """Recogniser and aligner in this process; see `Engine` for the contract.

    Args:
        recogniser: makes the text.
        aligner: times its words; None = word times are not wanted.
        options: batch size and threads.
    """

    def __init__(
        self, recogniser: ChosenModel, aligner: ChosenModel | None, options: EngineOptions
    ) -> None:
        self._recogniser = recogniser
        self._aligner = aligner
        self._options = options
        self._pipeline: Pipeline | None = None
        self._loading: Future[Pipeline] | None = None
        self._keeper = Keeper()
        self._is_stopped = False

    @classmethod
    def from_options(cls, options: EngineOptions) -> Self:
        """The engine for the models that the options name.

        Raises:
            ModelMissing: one of them is not on this machine.
            ModelLoadError: one of them is damaged, or made for the other role.
            UsageError, DeviceUnavailable: a device, or a way to compute, is named that is not here.
        """
        if options.device.startswith("cuda"):
            _check_is_here(options, device=options.device, dtype="auto")  # before a model is missed
        recogniser = choose(options.model, "recogniser", options)
        if options.cuda_graphs or options.quantize != "none":
            _check_is_here(options, device=recogniser.device, dtype=recogniser.dtype)
        aligner = None
        if options.align:
            name = options.aligner or locate.default_aligner(options.model)
            aligner = choose(name, "aligner", options)
        return cls(recogniser, aligner, options)

    @property
    def fingerprint(self) -> str:
        """Both checkpoints and their number formats."""
        models = (
            "-" if model is None else f"{model.fingerprint}:{model.dtype}"
            for model in (self._recogniser, self._aligner)
        )
        return f"qwen/{_ENGINE_VERSION} {' '.join(models)}"

    @property
    def models(self) -> dict[str, str]:
        """Role -> name and revision."""
        models = {"recogniser": self._recogniser.label}
        if self._aligner is not None:
            models["aligner"] = self._aligner.label
        return models

    @property
    def max_clip_s(self) -> float | None:
        """The smaller of the two models' limits."""
        models = (self._recogniser, self._aligner)
        limits_s = [m.max_clip_s for m in models if m is not None and m.max_clip_s is not None]
        return min(limits_s, default=None)

    @property
    def clips_at_once(self) -> int:
        """What was asked for, or what suits the device and its memory once the models are there."""
        if self._pipeline is not None:
            return self._pipeline.batch_count
        return self._options.batch_size or 1

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """Yield one result a clip, in no particular order.

        Raises:
            ModelLoadError: a checkpoint does not hold what its configuration describes.
            DeviceUnavailable: the device is absent, too small for the models, or stopped working.
        """
        remaining = iter(clips)
        with _imports_begun():  # while a decoder makes the first clip
            for first in remaining:
                here = chain([first], remaining)
                if self._pipeline is None:
                    self._begin_loading()  # while the first window is decoded
                window = list(taken(here, self._window_size()))
                self._finish_loading()
                if self._pipeline is None:
                    return
                yield from self._results(self._pipeline, window, remaining)
                if self._is_stopped:
                    return

    def stop(self) -> None:
        """Finish the answers that are begun, and begin no other."""
        self._is_stopped = True

    def close(self) -> None:
        """Give the models' memory back; the next clip would load them again.

        Packed weights that are new stand afterwards, unless it was stopped.
        """
        self._keeper.finish()
        self._keeper = Keeper()  # what still loads is not held by the other one
        if self._pipeline is not None:
            from qasr_cli.engines.qwen.device import free_memory

            self._pipeline.close()
            self._pipeline = None
            free_memory()

    def _window_size(self) -> WindowSize:
        if self._pipeline is not None:
            return self._pipeline.window_size
        return window_size(self.clips_at_once)  # a first window is short: results come soon

    def _results(
        self, pipeline: "Pipeline", window: Sequence[Clip], clips: Iterator[Clip]
    ) -> Iterator[ClipResult]:
        """Results of a window; on a GPU, of all windows, each collected beside the one before."""

        def goes_on() -> bool:
            return not self._is_stopped

        if pipeline.device.type != "cuda":
            return pipeline.run(window, goes_on=goes_on)
        return results_ahead(pipeline, window, clips, goes_on)

    def _begin_loading(self) -> None:
        """Load the models in a thread of its own, for which no run waits after a stop."""
        if self._loading is not None:
            return
        self._keeper = Keeper(lambda: not self._is_stopped)
        self._loading = begun(self._load, "qasr-loader")

    def _finish_loading(self) -> None:
        """Take the models once they are there; after a stop there may be none."""
        if self._loading is None:
            return
        while not wait([self._loading], timeout=_LOOK_S).done:
            if self._is_stopped:
                return
        loading, self._loading = self._loading, None
        self._pipeline = loading.result()

    def _load(self) -> "Pipeline":
        from qasr_cli.engines.qwen.model_loading import load_pipeline

        return load_pipeline(self._recogniser, self._aligner, self._options, self._keeper)


@contextlib.contextmanager
def _imports_begun() -> Iterator[None]:
    """A context in which what computes is imported, torch before all: a second's work.

    It is done in a thread that nobody waits for, and loads no model. Who needs a module that is
    being imported waits for it. Where all files are done already, it ends before that begins.
    """
    is_over = Event()

    def load() -> None:
        if is_over.wait(_IMPORTS_AFTER_S):
            return
        # What is wrong with an installation is raised where the models are loaded.
        with contextlib.suppress(Exception), _nothing_collected():
            import qasr_cli.engines.qwen.model_loading  # noqa: F401

    if "torch" not in sys.modules:
        with contextlib.suppress(RuntimeError):  # no more threads may be: who needs it imports it
            Thread(target=load, name="qasr-imports", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """A context for imports: what they make stays, and a look for garbage takes a tenth of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def number_format(options: EngineOptions) -> str:
    """In which numbers the models would compute on this machine; "" where nothing can be said.

    Raises:
        ModelMissing, ModelLoadError: as of `build_engine`.
    """
    from qasr_cli.engines.qwen.device import placement

    chosen = [choose(options.model, "recogniser", options)]
    if options.align:
        name = options.aligner or locate.default_aligner(options.model)
        chosen.append(choose(name, "aligner", options))
    try:
        places = [placement(model.device, model.dtype, options.quantize) for model in chosen]
    except DeviceUnavailable:
        return ""  # who loads them will say so, or go to the CPU
    return "/".join(dict.fromkeys(map(_numbers_at, places)))


def _numbers_at(place: "Placement") -> str:
    name = "int8" if place.is_int8 else str(place.dtype).removeprefix("torch.")
    return f"int4-{name}" if place.is_int4 else name


def _check_is_here(options: EngineOptions, *, device: str, dtype: str) -> None:
    """See that this machine has what was asked for by name; what qasr chooses itself, it has."""
    from qasr_cli.engines.qwen.device import placement

    try:
        placement(device, dtype, options.quantize, cuda_graphs=options.cuda_graphs)
    except DeviceUnavailable:
        if not options.cpu_fallback:
            raise
