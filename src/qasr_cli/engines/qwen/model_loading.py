"""Both models loaded, as the memory of their device allows."""

import contextlib
from collections.abc import Iterator
from typing import Protocol, TypeVar

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.device import (
    Placement,
    free_bytes_on,
    free_memory,
    is_out_of_memory,
    made_current,
    placement,
)
from qasr_cli.engines.qwen.gpu_setup import set_up
from qasr_cli.engines.qwen.lazy_model import LazyModel
from qasr_cli.engines.qwen.loading.choice import ChosenModel
from qasr_cli.engines.qwen.loading.contents import Checkpoint
from qasr_cli.engines.qwen.loading.keeper import Keeper
from qasr_cli.engines.qwen.loading.packed import with_kept_weights
from qasr_cli.engines.qwen.loading.quick import lies_in_file, read
from qasr_cli.engines.qwen.memory_plan import (
    Need,
    batch_count_for,
    fit_together,
    need_of,
    residence,
)
from qasr_cli.engines.qwen.pipeline import Pipeline
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import DeviceUnavailable
from qasr_cli.options import EngineOptions

_Model = TypeVar("_Model")
_Made_co = TypeVar("_Made_co", covariant=True)


class _Kind(Protocol[_Made_co]):
    """Makes a model of a checkpoint."""

    def __call__(
        self, checkpoint: Checkpoint, placement: Placement, /, *, with_confidence: bool
    ) -> _Made_co:
        """The model at its place."""
        ...


def load_pipeline(
    recogniser: ChosenModel, aligner: ChosenModel | None, options: EngineOptions
) -> Pipeline:
    """Both models loaded, on their devices; only the recogniser where both do not fit.

    Raises:
        ModelLoadError: a checkpoint does not hold what its configuration describes.
        DeviceUnavailable: the device is absent, or too small for the models.
    """
    place = _place(recogniser, options)
    set_up(place)
    need = None
    if place.device.type == "cuda":
        need = need_of(recogniser.path, None if aligner is None else aligner.path, place.dtype)
    if aligner is None:
        return _pipeline(recogniser, None, options, need=need, both_stay=True)
    if _both_fit(recogniser, aligner, options, need):
        try:
            return _pipeline(recogniser, aligner, options, need=need, both_stay=True)
        except DeviceUnavailable:
            pass  # the plan was wrong, or somebody else took the memory meanwhile
        # Only out here is the exception gone, and with it the frames that hold the tensors.
        free_memory()
    return _pipeline(recogniser, aligner, options, need=need, both_stay=False)


def _both_fit(
    recogniser: ChosenModel, aligner: ChosenModel, options: EngineOptions, need: Need | None
) -> bool:
    place = _place(recogniser, options)
    if need is None:
        return fit_together([recogniser.path, aligner.path], place)
    free_bytes = free_bytes_on(place.device)
    if options.batch_size is None:
        return residence(free_bytes, need).both_stay
    return residence(free_bytes, need, wanted_count=options.batch_size).both_stay


def _pipeline(
    recogniser: ChosenModel,
    aligner: ChosenModel | None,
    options: EngineOptions,
    *,
    need: Need | None,
    both_stay: bool,
) -> Pipeline:
    place = _place(recogniser, options)
    # Models that take turns shall hold no memory between them, so their weights are kept at once.
    keeper = Keeper() if both_stay else None
    hearing = LazyModel(
        lambda: _loaded(recogniser, "recogniser", _recogniser, options, keeper=keeper),
        keep_loaded=both_stay,
    )
    timing = None
    if aligner is not None:
        # What is wrong with it is told before minutes of recognition.
        timing = _timing(aligner, options, keeper, is_planned=need is not None)
    hearing.load()
    if timing is not None and both_stay:
        timing.begin_loading()  # while the first clips are heard
    return Pipeline(
        hearing,
        timing,
        device=place.device,
        batch_count=options.batch_size or batch_count_for(place, need),
        takes_turns=not both_stay,
        thread_count=options.threads,
        keeper=keeper,
    )


def _timing(
    aligner: ChosenModel, options: EngineOptions, keeper: Keeper | None, *, is_planned: bool
) -> LazyModel[Aligner]:
    """The aligner, read; loaded where its weights would take memory otherwise, or a GPU's is known.

    Args:
        keeper: None = the models take turns.
        is_planned: that memory was measured to have room for both where both stay.
    """
    place, ready = _place(aligner, options), list[Checkpoint]()
    both_stay = keeper is not None
    timing = LazyModel(
        lambda: _loaded(aligner, "aligner", Aligner, options, keeper=keeper, ready=ready),
        keep_loaded=both_stay,
    )
    if both_stay and is_planned:
        timing.load()
        return timing
    with _memory_told(place):
        checkpoint = read(aligner.path, "aligner", "auto")
    if both_stay:
        ready.append(checkpoint)
        if not lies_in_file(checkpoint):
            timing.load()
    return timing


def _loaded(
    chosen: ChosenModel,
    role: Role,
    kind: _Kind[_Model],
    options: EngineOptions,
    *,
    keeper: Keeper | None,
    ready: list[Checkpoint] | None = None,
) -> _Model:
    """A model of a checkpoint: of one that was read, and is in `ready` until then, if it was."""
    place = _place(chosen, options)

    def make() -> _Model:
        checkpoint = ready.pop() if ready else read(chosen.path, role, "auto")
        return kind(checkpoint, place, with_confidence=options.confidence)

    with _memory_told(place), made_current(place.device):
        return with_kept_weights(
            make,
            checkpoint=chosen.path,
            fingerprint=chosen.fingerprint,
            place=place,
            keeper=keeper,
        )


@contextlib.contextmanager
def _memory_told(place: Placement) -> Iterator[None]:
    """A context in which memory that is out is an error of a device."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceUnavailable(
            str(place.device), "its memory has no room for the models"
        ) from error


def _recogniser(
    checkpoint: Checkpoint, placement: Placement, /, *, with_confidence: bool
) -> Recogniser:
    """A recogniser whose recorded steps are proven, or left off."""
    recogniser = Recogniser(checkpoint, placement, with_confidence=with_confidence)
    if placement.has_graphs:
        recogniser.prove_recordings()
    return recogniser


def _place(chosen: ChosenModel, options: EngineOptions) -> Placement:
    return placement(
        chosen.device,
        chosen.dtype,
        options.quantize,
        cuda_graphs=options.cuda_graphs,
        batch_invariant=options.batch_invariant,
    )
