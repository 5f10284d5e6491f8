"""Models, rows and windows follow the memory that a pretend GPU has."""

import gc

import pytest
import torch

from qasr_cli.checkpoints.catalog import Role
from qasr_cli.checkpoints.locate import demo_folder
from qasr_cli.core.types import Clip, ClipDone
from qasr_cli.engines.qwen import memory_plan, model_loading
from qasr_cli.engines.qwen.aligner import Aligner
from qasr_cli.engines.qwen.device import placement
from qasr_cli.engines.qwen.loading.checkpoint import Checkpoint, read
from qasr_cli.engines.qwen.memory_plan import held_bytes, need_of
from qasr_cli.engines.qwen.model.cache import Cache
from qasr_cli.engines.qwen.recogniser import Recogniser
from qasr_cli.errors import DeviceLost
from tests.engines.pretend_cuda.conftest import (
    engine_with,
    prepared,
    recogniser_on,
    results_of,
    said,
    unsure,
)
from tests.engines.pretend_cuda.machine import Machine
from tests.engines.pretend_cuda.pretend import pretend

Said = dict[str, tuple[object, ...]]
MIB = 1 << 20
FOLDERS = demo_folder("recogniser"), demo_folder("aligner")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Role]:
    """Roles of the checkpoints that are read from now on."""
    roles: list[Role] = []

    def counted(path: object, role: Role, dtype: object) -> Checkpoint:
        roles.append(role)
        return read(path, role, dtype)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(model_loading, "read", counted)
    return roles


@pytest.fixture
def tiny_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo pair works in a megabyte, so a GPU of some megabytes is cramped."""
    monkeypatch.setattr(memory_plan, "_WORKSPACE_BYTES", MIB // 2)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(("role", "kind"), [("recogniser", Recogniser), ("aligner", Aligner)])
def test_weights_take_what_was_planned(
    machine: Machine, role: Role, kind: type[Recogniser] | type[Aligner], dtype: str
) -> None:
    """In every number format loading takes the planned bytes, and little more for tables."""
    place = placement("cuda:1", dtype)
    planned_bytes = held_bytes(demo_folder(role), role, place.dtype)
    model = kind(read(demo_folder(role), role, "auto"), place)
    taken_bytes = machine.used_bytes(1)
    del model

    assert planned_bytes * 0.99 <= taken_bytes <= planned_bytes * 1.05
    assert machine.fullest_bytes <= planned_bytes * 1.2


@pytest.mark.usefixtures("tiny_work")
def test_models_that_do_not_fit_together_take_turns(
    short: list[Clip], on_cpu: Said, loads: list[Role]
) -> None:
    """In float32 a pair takes twice the bytes of its files; where that is too much, turns."""
    need = need_of(*FOLDERS, torch.float32)
    with pretend(Machine(total_bytes=need.recogniser_bytes + need.aligner_bytes)) as machine:
        found = said(results_of(short, device="cuda", dtype="float32"))

    assert found == on_cpu
    assert loads == ["aligner", "recogniser", "aligner"]  # first it is only looked at
    assert machine.refused_count == 0


def test_memory_that_was_claimed_meanwhile_makes_models_take_turns(
    short: list[Clip], on_cpu: Said, loads: list[Role]
) -> None:
    """Where loading both runs out of memory, what was loaded is dropped, and they take turns."""
    with pretend(Machine(total_bytes=24 * MIB, claimed_bytes=80 << 30)) as machine:
        found = said(results_of(short, device="cuda", dtype="float32", batch_size=2))
        gc.collect()
        left_bytes = machine.used_bytes(0)

    assert found == on_cpu
    assert loads == ["aligner", "recogniser", "aligner", "recogniser", "aligner"]
    assert machine.refused_count > 0
    assert left_bytes == 0


def test_a_single_model_stays(short: list[Clip], loads: list[Role]) -> None:
    """Without an aligner nobody needs the recogniser's place, however little memory is left."""
    with pretend(Machine(total_bytes=40 * MIB)):
        engine = engine_with(device="cuda", align=False)
        for clip in short[:2]:
            assert len(list(engine.run([clip]))) == 1

    assert loads == ["recogniser"]


@pytest.mark.usefixtures("tiny_work")
@pytest.mark.parametrize(("spare_mib", "row_count"), [(0, 5), (15, 11), (64, 46), (1024, 256)])
def test_rows_follow_free_memory(short: list[Clip], spare_mib: int, row_count: int) -> None:
    """As many answers at once as the memory has room for that loaded models leave free."""
    need = need_of(*FOLDERS, torch.bfloat16)
    both_bytes = need.recogniser_bytes + need.aligner_bytes + need.work_bytes
    with pretend(Machine(total_bytes=both_bytes + need.row_bytes + spare_mib * MIB)):
        engine = engine_with(device="cuda", dtype="bfloat16")
        assert len(list(engine.run(short[:1]))) == 1
        found = engine.clips_at_once
        engine.close()

    assert abs(found - row_count) <= 1 + 0.02 * row_count


@pytest.mark.usefixtures("tiny_work")
@pytest.mark.parametrize("confidence", [False, True], ids=["plain", "confidence"])
@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "captured"])
def test_memory_that_runs_out_costs_no_clip(
    short: list[Clip], on_cpu: Said, cuda_graphs: bool, confidence: bool
) -> None:
    """Fewer at once, the same words; and when all is done, nothing is left on the GPU."""
    with pretend(Machine(total_bytes=28 * MIB, claimed_bytes=80 << 30)) as machine:
        options = {"dtype": "float32", "batch_size": 4, "cuda_graphs": cuda_graphs}
        results = results_of(short, device="cuda", confidence=confidence, **options)
        gc.collect()
        left_bytes = machine.used_bytes(0)

    assert said(unsure(results)) == on_cpu
    assert all(bool(r.tokens) is confidence for r in results.values() if isinstance(r, ClipDone))
    assert machine.refused_count > 0
    assert left_bytes == 0


def test_a_cache_takes_memory_as_answers_grow(machine: Machine) -> None:
    """In buckets of 256 positions, however long answers might become."""
    place = placement("cuda", "bfloat16")
    cache = Cache(place, (2, 1, 8), row_count=4, capacity=1000, bucket=256)
    a_position = 2 * 2 * 8 * 4 * 2
    base_bytes = machine.used_bytes(0)
    taken = []
    for lengths in ([100], [250], [300]):
        cache.add_rows(lengths)
        taken.append(machine.used_bytes(0) - base_bytes)

    assert taken == [256 * a_position, 256 * a_position, 512 * a_position]


def test_tokens_that_no_answer_has_take_no_memory(
    machine: Machine, short: list[Clip], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long answers may become, memory is taken for those that there are."""
    recogniser = recogniser_on("cuda")
    clips = prepared(recogniser, short[:2])
    dict(recogniser.answers(clips, 2))
    usual_bytes = machine.fullest_bytes
    monkeypatch.setattr("qasr_cli.engines.qwen.recogniser.answer_cap", lambda _: 50_000)
    dict(recogniser.answers(clips, 2))

    assert machine.fullest_bytes <= 1.2 * usual_bytes


@pytest.mark.parametrize("cuda_graphs", [False, True], ids=["eager", "captured"])
def test_a_lost_device_is_told(short: list[Clip], cuda_graphs: bool) -> None:
    """After a failed assertion every call fails, and so the run ends."""
    with pretend(Machine()) as machine:
        engine = engine_with(device="cuda", cuda_graphs=cuda_graphs)
        assert len(list(engine.run(short[:1]))) == 1
        machine.failure = "CUDA error: device-side assert triggered"
        with pytest.raises(DeviceLost, match="cuda:0 stopped working: CUDA error: device-side"):
            list(engine.run(short))
