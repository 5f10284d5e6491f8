"""Clips too large for the memory of the device are cut, or go to the CPU."""

import pytest

from qasr_cli.core.types import ClipDone, ClipFailed
from qasr_cli.engines.base import Engine
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import DeviceLost, DeviceMemoryError, DeviceUnavailable, OutOfMemory
from qasr_cli.run.collector import input_error_from
from qasr_cli.run.healing import Healing
from tests.run.clips_to_heal import TEN_S, WORDS_OF_TEN_S, Counting, clip_of, spoken


def test_a_clip_too_large_is_cut_until_it_fits() -> None:
    """Out of memory on a clip alone: its halves, and theirs, are recognised instead."""
    (result,) = Healing(FakeEngine(memory_s=3.0)).run([TEN_S])

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert result.repairs[0] == "out of memory: cut at 00:00:05.400 and recognised again"


def test_what_never_fits_fails() -> None:
    """Without leave to use the CPU, a clip too large for the device fails, in bounded time."""
    engine = Counting(FakeEngine(memory_s=0.1))

    (result,) = Healing(engine).run([clip_of(0, 180_000)])

    assert isinstance(result, ClipFailed)
    assert isinstance(result.error, DeviceMemoryError)
    assert len(engine.clip_ids) <= 31


def test_what_never_fits_goes_to_the_cpu_where_that_is_allowed() -> None:
    """The pieces that are still too large are recognised on the CPU, and the result says so."""
    cpu = Counting(FakeEngine())
    healing = Healing(FakeEngine(memory_s=0.1), on_cpu=lambda: cpu)

    (result,) = healing.run([TEN_S])
    healing.close()

    assert isinstance(result, ClipDone)
    assert spoken(result) == WORDS_OF_TEN_S
    assert "recognised on the CPU" in result.repairs
    assert cpu.is_closed


def test_the_cpu_is_not_started_for_nothing() -> None:
    """While everything fits, the other engine is not even made."""

    def never() -> Engine:
        raise AssertionError

    assert len(list(Healing(FakeEngine(), on_cpu=never).run([TEN_S]))) == 1


def test_a_device_without_room_for_the_models_is_given_up() -> None:
    """Where the CPU is allowed, it does all clips, those that were in the engine included."""
    gpu = Counting(FakeEngine({"f": [DeviceUnavailable("cuda", "drill")]}, window_count=3))
    clips = [clip_of(at_ms, at_ms + 3000) for at_ms in range(0, 30_000, 3000)]

    results = list(Healing(gpu, on_cpu=FakeEngine).run(clips))

    assert sorted(result.clip_id for result in results) == sorted(clip.clip_id for clip in clips)
    for result in results:
        assert isinstance(result, ClipDone)
        assert result.repairs == ("recognised on the CPU",)
    assert gpu.is_closed
    assert len(gpu.clip_ids) == 3


@pytest.mark.parametrize("error", [DeviceUnavailable("cuda", "drill"), DeviceLost("cuda:0", "x")])
def test_a_device_is_never_given_up_unasked(error: DeviceUnavailable | DeviceLost) -> None:
    """Without leave an absent device ends the run; a lost one does even with it."""
    on_cpu = FakeEngine if isinstance(error, DeviceLost) else None

    with pytest.raises(type(error)):
        list(Healing(FakeEngine({"f": [error]}), on_cpu=on_cpu).run([TEN_S]))


def test_main_memory_that_does_not_suffice_is_told() -> None:
    """Out of memory while a file is read is that file's trouble, with a way out, and transient."""
    error = input_error_from(MemoryError(), "talk.wav")

    assert isinstance(error, OutOfMemory)
    assert error.retryable
    assert str(error).startswith("talk.wav: this machine ran out of memory; ")
