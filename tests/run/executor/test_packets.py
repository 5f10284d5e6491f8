"""Which files are handed out together, and in which order."""

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.types import MediaFile
from qasr_cli.run.executor.packets import Handed, Packing
from qasr_cli.run.plan.jobs import Job

_MINUTE_MS = 60_000


def _files(lengths_ms: list[float], first: int = 0) -> list[Handed]:
    return [
        Handed(job=_job(f"{number}.wav", number), length_ms=length_ms)
        for number, length_ms in enumerate(lengths_ms, first)
    ]


def _job(name: str, number: int) -> Job:
    media = MediaFile(path=name, relative_path=name, size_bytes=1, mtime_ns=0, ctime_ns=0, inode=0)
    return Job(media=media, name=name, base=None, store=None, number=number)


def _hours(lengths_ms: list[float], worker_count: int) -> float:
    """How long so many workers take that are as fast as the sound, each with a packet waiting."""
    packing = Packing(worker_count=worker_count)
    packing.add(_files(lengths_ms))
    free = [(0.0, worker) for worker in range(worker_count)]
    waiting: dict[int, tuple[Handed, ...]] = {}
    ends_ms = 0.0
    while free:
        now_ms, worker = heapq.heappop(free)
        packet = waiting.pop(worker, ()) or packing.next_for_free()
        waiting[worker] = packing.next_ordinary()
        if packet:
            ends_ms = now_ms + sum(file.length_ms for file in packet)
            heapq.heappush(free, (ends_ms, worker))
    return ends_ms / (60 * _MINUTE_MS)


@given(st.lists(st.floats(min_value=0, max_value=1e7)), st.integers(min_value=1, max_value=9))
def test_every_file_is_handed_out_once(lengths_ms: list[float], worker_count: int) -> None:
    """In packets of 20 minutes at most, but for single files that are longer."""
    packing = Packing(worker_count=worker_count)
    packing.add(_files(lengths_ms))
    packets = []
    while packet := packing.next_for_free():
        packets.append(packet)

    assert sorted(f.number for packet in packets for f in packet) == list(range(len(lengths_ms)))
    assert all(
        len(packet) == 1 or sum(file.length_ms for file in packet) <= 20 * _MINUTE_MS
        for packet in packets
    )
    assert [max(f.length_ms for f in packet) for packet in packets] == sorted(
        (max(f.length_ms for f in packet) for packet in packets), reverse=True
    )
    assert packing.is_empty


@pytest.mark.parametrize("seed", range(20))
def test_two_workers_are_done_in_half_the_time(seed: int) -> None:
    """40 files of 1 to 30 minutes: at least 1.9 times as fast as one."""
    lengths_ms = list(np.random.default_rng(seed).uniform(1, 30, 40) * _MINUTE_MS)

    assert _hours(lengths_ms, 1) / _hours(lengths_ms, 2) >= 1.9


def test_files_that_come_back_are_put_in_their_places() -> None:
    """What a lost worker had not begun is handed out as if it had never been."""
    packing = Packing(worker_count=1)
    packing.add(_files([50 * _MINUTE_MS, 30 * _MINUTE_MS, 25 * _MINUTE_MS]))
    (first,) = packing.next_for_free()
    packing.next_for_free()
    packing.add([first])

    assert packing.next_for_free() == (first,)


def test_suspects_come_last_and_alone() -> None:
    """Nothing waits behind a file that may kill its worker."""
    packing = Packing(worker_count=1)
    packing.add_alone(_files([1.0, 1.0]))
    packing.add(_files([1.0], first=2))

    assert [file.number for file in packing.next_for_free()] == [2]
    assert packing.next_ordinary() == ()
    assert [[f.number for f in packing.next_for_free()] for _ in range(2)] == [[0], [1]]
