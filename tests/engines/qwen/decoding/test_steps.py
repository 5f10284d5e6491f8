"""Steps of fixed shapes, recorded and replayed, give the tokens of ordinary ones."""

import gc
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.engines.qwen.decoding import step_maker, steps
from qasr_cli.engines.qwen.decoding.generation import Overflow
from qasr_cli.engines.qwen.decoding.steps import FixedSteps
from qasr_cli.engines.qwen.device import Placement, placement
from qasr_cli.engines.qwen.features import PreparedClip, prepare
from qasr_cli.engines.qwen.loading.checkpoint import read
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.model.heads import Heads
from qasr_cli.engines.qwen.model.language_model import LanguageModel
from qasr_cli.engines.qwen.model.rows import Slots
from qasr_cli.engines.qwen.recogniser import Recogniser
from tests.engines.conftest import clips_of_every_recording

_READS_BACK = {"aten::item", "aten::_local_scalar_dense", "aten::nonzero", "aten::is_nonzero"}

Answers = list[list[int] | Overflow]


class Tape(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types for it
    """What a CUDA graph keeps: each operation, and the very tensors that it read and wrote."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._calls: list[tuple[Any, tuple[object, ...], dict[str, object], object]] = []

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  # an operator
        types: object,  # torch calls it so
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        """Do it, and keep it."""
        name = func._schema.name  # noqa: SLF001  # torch has no other word for it
        assert name not in _READS_BACK
        made = func(*args, **(kwargs or {}))
        inputs = {t.untyped_storage().data_ptr() for t in _tensors(args)}
        is_view = any(t.untyped_storage().data_ptr() in inputs for t in _tensors([made]))
        if func._schema.is_mutable or not is_view:  # noqa: SLF001
            self._calls.append((func, args, kwargs or {}, made))
        return made

    def replay(self) -> None:
        """Do it again, to the same memory."""
        for func, args, kwargs, made in self._calls:
            again = func(*args, **kwargs)
            if not func._schema.is_mutable:  # noqa: SLF001
                for old, new in zip(_tensors([made]), _tensors([again]), strict=True):
                    old.copy_(new)


def _tensors(values: Iterable[object]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


@dataclass(kw_only=True)
class Tapes:
    """All that was recorded: rows and positions, and the tape."""

    buckets: list[tuple[int, int]] = field(default_factory=list)
    tapes: list[weakref.ref[Tape]] = field(default_factory=list)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Warm up, as torch has it, then record."""
        assert isinstance(work, partial)
        self.buckets.append(work.args)
        work()
        tape = Tape()
        with tape:
            work()
        self.tapes.append(weakref.ref(tape))
        return tape.replay


@pytest.fixture(autouse=True)
def tapes(monkeypatch: pytest.MonkeyPatch) -> Tapes:
    """What takes the place of CUDA graphs; tokens are looked at as often as on a GPU."""
    tapes = Tapes()
    monkeypatch.setattr(step_maker, "CudaRecorder", lambda _: tapes)
    monkeypatch.setitem(step_maker._STEPS_A_LOOK, "cpu", 8)  # noqa: SLF001
    return tapes


def make_recording() -> Recogniser:
    """The demo recogniser as it runs with `--cuda-graphs`, but on the CPU."""
    place = Placement(device=torch.device("cpu"), dtype=torch.float32, has_graphs=True)
    return Recogniser(read(demo_folder("recogniser"), "recogniser", "auto"), place)


@pytest.fixture(scope="module")
def clips(recogniser: Recogniser) -> list[PreparedClip]:
    """Clips of every bundled recording."""
    return [prepare(clip, recogniser.extractor) for clip in clips_of_every_recording()]


def answers_to(recogniser: Recogniser, clips: Sequence[PreparedClip], row_count: int) -> Answers:
    """Tokens of each clip, in their order."""
    answers = dict(recogniser.answers(clips, row_count))
    return [answers[index] for index in range(len(clips))]


@pytest.fixture(scope="module")
def plain_answers(recogniser: Recogniser, clips: list[PreparedClip]) -> Answers:
    """What ordinary steps give."""
    return answers_to(recogniser, clips, 7)


@pytest.fixture(scope="module")
def recording() -> Recogniser:
    """One that lives as long as a program's."""
    return make_recording()


@pytest.mark.parametrize("row_count", [1, 2, 7, 32])
def test_recorded_steps_change_no_token(
    recording: Recogniser,
    clips: list[PreparedClip],
    plain_answers: Answers,
    row_count: int,
) -> None:
    """Shuffled, so many at once, with rows ending and others taking their places."""
    order = np.random.default_rng(row_count).permutation(len(clips)).tolist()

    answers = answers_to(recording, [clips[index] for index in order], row_count)

    assert len(clips) > row_count
    assert answers == [plain_answers[index] for index in order]


def test_steps_are_as_large_as_their_rows_need(
    clips: list[PreparedClip], plain_answers: Answers, tapes: Tapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As rows grow and end, their steps go through buckets; each is recorded once."""
    monkeypatch.setattr(steps, "_ROWS_AT_LEAST", 2)
    monkeypatch.setattr(steps, "_POSITIONS", 8)
    recogniser = make_recording()

    answers = answers_to(recogniser, clips[:6], 5)

    row_counts, position_counts = zip(*tapes.buckets, strict=True)
    assert answers == plain_answers[:6]
    assert set(row_counts) == {2, 4, 5}
    assert len(set(position_counts)) > 3
    assert len(tapes.buckets) == len(set(tapes.buckets))


def test_steps_are_recorded_once_for_windows_of_a_size(
    clips: list[PreparedClip], tapes: Tapes
) -> None:
    """What a window needed serves all that need no more; a larger one makes everything anew."""
    recogniser = make_recording()
    by_length = sorted(clips, key=lambda clip: clip.audio_token_count)

    answers_to(recogniser, by_length[4:8], 4)
    recorded = len(tapes.tapes)
    answers_to(recogniser, by_length[4:8], 4)
    answers_to(recogniser, by_length[:1], 1)
    again = len(tapes.tapes)
    answers_to(recogniser, by_length[4:9], 5)
    gc.collect()

    assert recorded == again < len(tapes.tapes)
    assert [tape() is None for tape in tapes.tapes[:again]] == [True] * again
    assert all(tape() is not None for tape in tapes.tapes[again:])


def test_what_was_broken_off_leaves_nothing(
    clips: list[PreparedClip], plain_answers: Answers, tapes: Tapes
) -> None:
    """Answers that nobody waited for are in no later one's way; nor is their memory kept."""
    recogniser = make_recording()
    assert answers_to(recogniser, clips[:6], 3) == plain_answers[:6]
    answers = recogniser.answers(clips[:6], 3)
    next(answers)
    del answers
    gc.collect()

    assert [tape() for tape in tapes.tapes] == [None] * len(tapes.tapes)
    assert answers_to(recogniser, clips[:6], 3) == plain_answers[:6]


def test_numbers_that_overflow_harm_no_other_row(
    recording: Recogniser, clips: list[PreparedClip], plain_answers: Answers
) -> None:
    """Beside and after a row whose scores are no numbers, answers are what they always are."""
    broken = replace(clips[0], mel=clips[0].mel * float("nan"))

    answers = answers_to(recording, [broken, *clips[1:7]], 3)

    assert isinstance(answers[0], Overflow)
    assert answers[1:] == plain_answers[1:7]


@pytest.mark.parametrize("is_recorded", [True, False])
def test_numbers_that_nobody_waits_for_may_overflow(
    recogniser: Recogniser,
    clips: list[PreparedClip],
    plain_answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
    is_recorded: bool,
) -> None:
    """A row past its end, and one that only fills a bucket up, leave no trace in later ones."""
    plain = LanguageModel.embed
    token_ids = {0, *recogniser._end_ids}  # noqa: SLF001  # empty rows go on from 0

    def embed(model: LanguageModel, ids: torch.Tensor) -> torch.Tensor:
        x = plain(model, ids)
        for token_id in token_ids if len(ids) <= 5 else ():  # a step: prompts are longer
            x = x.masked_fill((ids == token_id)[:, None], float("nan"))
        return x

    monkeypatch.setattr(LanguageModel, "embed", embed)
    used = make_recording() if is_recorded else recogniser

    assert answers_to(used, clips[:12], 5) == plain_answers[:12]


def test_empty_rows_stay_where_every_prompt_goes_over_them() -> None:
    """What fills a bucket up writes to the first position of its row, and to no other."""
    cache = Cache(placement("cpu", "float32"), (1, 1, 2), row_count=4, capacity=32)
    ones = torch.ones(4, 1, 2)
    heads = Heads(q=ones, k=ones, v=ones)

    def next_ids(ids: torch.Tensor, slots: Slots, cache: Cache) -> torch.Tensor:
        cache.append(0, slots, heads)
        return ids + 1

    cache.add_rows([3])
    some = FixedSteps(cache, next_ids, step_count=8, recorder=Tapes())
    tokens = some([5])

    first = torch.zeros(4, dtype=torch.long)
    slots = cache.slots(first, 32)
    cache.append(0, slots, heads)
    _, values = cache.looked_at(0, slots)
    assert tokens.tolist() == [list(range(6, 14))]
    assert [row.nonzero()[:, 0].tolist() for row in values[:, 0, :, 0]] == [
        [0, *range(3, 11)],
        *[[0]] * 3,
    ]
