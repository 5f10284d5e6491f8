"""Both models loaded, as the memory of their device allows."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from qasr_cli.engines.qwen.loading.packed import stamps_of, with_kept_weights
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """A checkpoint, and the stamps that its files had before it was read."""

    checkpoint: Checkpoint
    stamps: Sequence[str]


def load_pipeline(
    recogniser: ChosenModel,
    aligner: ChosenModel | None,
    options: EngineOptions,
    keeper: Keeper,
) -> Pipeline:
    """Both models loaded, on their devices; only the recogniser where both do not fit.

    Args:
        keeper: keeps packed weights that are new.

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
        return _pipeline(recogniser, None, options, keeper, need=need, both_stay=True)
    if _both_fit(recogniser, aligner, options, need):
        try:
            return _pipeline(recogniser, aligner, options, keeper, need=need, both_stay=True)
        except DeviceUnavailable:
            pass  # the plan was wrong, or somebody else took the memory meanwhile
        # Only out here is the exception gone, and with it the frames that hold the tensors.
        free_memory()
    keeper.hold_nothing()
    return _pipeline(recogniser, aligner, options, keeper, need=need, both_stay=False)


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
    keeper: Keeper,
    *,
    need: Need | None,
    both_stay: bool,
) -> Pipeline:
    place = _place(recogniser, options)
    hearing = LazyModel(
        lambda: _loaded(recogniser, "recogniser", _recogniser, options, keeper=keeper),
        keep_loaded=both_stay,
    )
    timing = None
    if aligner is not None:
        # What is wrong with it is told before minutes of recognition.
        is_planned = need is not None
        timing = _timing(aligner, options, keeper, both_stay=both_stay, is_planned=is_planned)
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
    aligner: ChosenModel,
    options: EngineOptions,
    keeper: Keeper,
    *,
    both_stay: bool,
    is_planned: bool,
) -> LazyModel[Aligner]:
    """The aligner, read; loaded where its weights would take memory otherwise, or a GPU's is known.

    Args:
        both_stay: False = the models take turns.
        is_planned: that memory was measured to have room for both where both stay.
    """
    place, ready = _place(aligner, options), list[_Read]()
    timing = LazyModel(
        lambda: _loaded(aligner, "aligner", Aligner, options, keeper=keeper, ready=ready),
        keep_loaded=both_stay,
    )
    if both_stay and is_planned:
        timing.load()
        return timing
    stamps = stamps_of(aligner.path)
    with _memory_told(place):
        checkpoint = read(aligner.path, "aligner", "auto")
    if both_stay:
        ready.append(_Read(checkpoint=checkpoint, stamps=stamps))
        if not lies_in_file(checkpoint):
            timing.load()
    return timing


def _loaded(
    chosen: ChosenModel,
    role: Role,
    kind: _Kind[_Model],
    options: EngineOptions,
    *,
    keeper: Keeper,
    ready: list[_Read] | None = None,
) -> _Model:
    """A model of a checkpoint: of one that was read, and is in `ready` until then, if it was."""
    place = _place(chosen, options)
    stamps = ready[0].stamps if ready else None

    def make() -> _Model:
        checkpoint = ready.pop().checkpoint if ready else read(chosen.path, role, "auto")
        return kind(checkpoint, place, with_confidence=options.confidence)

    with _memory_told(place), made_current(place.device):
        return with_kept_weights(
            make,
            checkpoint=chosen.path,
            fingerprint=chosen.fingerprint,
            place=place,
            keeper=keeper,
            stamps=stamps,
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
            str(place.device),
            "its memory has no room for the models; `qasr models list` says what each takes",
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
