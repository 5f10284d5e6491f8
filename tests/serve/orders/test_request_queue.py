"""Orders that wait: who joins, who leaves, who finds no place."""

import asyncio
import gc
import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.api.single import transcribe
from qasr_cli.core.types import Clip
from qasr_cli.errors import DeviceLost, ExitCode
from qasr_cli.run.stop_request import Stopped, StopRequest
from qasr_cli.serve.orders.language_check import language_of
from qasr_cli.serve.orders.orders import Order
from qasr_cli.serve.refusals import Refused
from tests.conftest import WriteWav
from tests.serve.engines import PATIENCE_S, WorkingEngine, shared_engine_with, until
from tests.serve.office import OPTIONS, Office, Played


def test_equal_orders_are_heard_once(played: Played, talk: Path) -> None:
    """Who sends what is at work joins; the first leaves, and the other gets all of it."""
    expected = transcribe(talk, OPTIONS, engine=WorkingEngine(max_clip_s=2.0))

    async def scene(office: Office) -> None:
        first = asyncio.ensure_future(office.sent(office.order(talk, "first.wav")))
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        second = asyncio.ensure_future(office.sent(office.order(talk, "second.wav")))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait({first})
        office.gate.set()
        assert await second == replace(expected, file="second.wav")

    office = played(scene, max_clip_s=2.0)
    clips = [clip_id.partition(":")[2] for clip_id in office.engine.heard]
    assert len(clips) == len(set(clips)) > 1


@pytest.mark.parametrize("difference", ["sha256", "options", "text"])
def test_other_orders_do_not_join(played: Played, talk: Path, difference: str) -> None:
    """Another recording, other settings or another text is other work."""
    quieter = replace(OPTIONS, engine=replace(OPTIONS.engine, language="French"))
    others: dict[str, Any] = {"sha256": "0" * 64, "options": quieter, "text": "word1 word3"}

    async def scene(office: Office) -> None:
        other = office.order(talk, **{difference: others[difference]})
        one, two = await asyncio.gather(office.sent(office.order(talk)), office.sent(other))
        assert (one.text == two.text) == (difference != "text")
        languages = ("English", "French" if difference == "options" else "English")
        assert (one.language, two.language) == languages

    office = played(scene, is_open=True)
    numbers = {clip_id.partition(":")[0] for clip_id in office.engine.heard}
    assert len(numbers) == 2


def test_the_last_who_leaves_stops_the_work(played: Played, talk: Path) -> None:
    """What nobody waits for is not heard to its end."""

    async def scene(office: Office) -> None:
        both = [asyncio.ensure_future(office.sent(office.order(talk))) for _ in range(2)]
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        for each in both:
            each.cancel()
        await asyncio.wait(both)
        assert (office.request_queue.place_count, office.request_queue.queued_ms) == (0, 0)
        office.gate.set()
        # The same once more is done from its beginning.
        assert (await office.sent(office.order(talk))).text.count("word") > 1

    office = played(scene, max_clip_s=2.0)
    begun_by = [clip_id.partition(":")[0] for clip_id in office.engine.heard]
    assert begun_by.count(begun_by[0]) == 1


def test_who_finds_no_place_is_told_when_there_may_be_one(played: Played, talk: Path) -> None:
    """Beyond the places, and before anything was heard, it is 503 and a second."""

    async def scene(office: Office) -> None:
        with office.request_queue.place(), office.request_queue.place():
            assert office.request_queue.place_count == 2
            with pytest.raises(Refused) as raised, office.request_queue.place():
                pass
        assert (raised.value.status, raised.value.code) == (503, "queue_full")
        assert raised.value.headers == {"Retry-After": "1"}
        assert (await office.sent(office.order(talk))).text
        office.request_queue.refuse()
        with pytest.raises(Refused) as raised, office.request_queue.place():
            pass
        assert raised.value.code == "draining"

    played(scene, most_count=2, is_open=True)


@pytest.mark.parametrize(("cost", "retry_after_s"), [(0.0, 1), (1.0, 20), (2.0, 40), (1000.0, 60)])
def test_when_to_come_again_is_a_prediction(
    played: Played, tmp_path: Path, write_wav: WriteWav, cost: float, retry_after_s: int
) -> None:
    """It is the work that the models still have for the order, within 1 and 60 s."""
    talk = write_wav(tmp_path / "talk.wav", [(n, n + 0.9) for n in range(20)], 20.0)

    async def scene(office: Office) -> None:
        heard_once = await office.sent(office.order(talk))
        assert heard_once.text
        office.gate.clear()
        office.begun.clear()
        other = office.order(talk, sha256="0" * 64)
        order = asyncio.ensure_future(office.sent(other))
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        with pytest.raises(Refused) as raised, office.request_queue.place():
            pass
        assert raised.value.retry_after_s == retry_after_s
        assert raised.value.headers == {"Retry-After": str(retry_after_s)}
        office.gate.set()
        await order

    played(scene, most_count=1, is_open=True, cost=cost, max_clip_s=2.0)


def _night(path: Path, hours: int) -> Path:
    """A WAV file of a sound and so many silent hours, which takes no room on the disk."""
    rate_hz = 8000
    size_bytes = hours * 3600 * rate_hz
    form = struct.pack("<HHIIHH", 1, 1, rate_hz, rate_hz, 1, 8)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size_bytes + 36) + b"WAVE")
        file.write(b"fmt " + struct.pack("<I", len(form)) + form)
        file.write(b"data" + struct.pack("<I", size_bytes))
        file.write(b"\x10\xf0" * rate_hz)
        file.truncate(44 + size_bytes)
    return path


def test_no_more_sound_is_taken_than_a_day(played: Played, tmp_path: Path) -> None:
    """However many places there are, more than 24 hours are not queued."""
    night = _night(tmp_path / "night.wav", 13)

    async def scene(office: Office) -> None:
        def order(digest: str) -> Order:
            path = office.folder / f"upload-{digest}"
            os.link(night, path)
            return Order(path=str(path), sha256=digest, name="night.wav", options=OPTIONS)

        one = asyncio.ensure_future(office.sent(order("one")))
        await asyncio.to_thread(until, lambda: office.request_queue.queued_ms > 12 * 3600_000)
        with office.request_queue.place():
            pass
        two = asyncio.ensure_future(office.sent(order("two")))
        await asyncio.to_thread(until, lambda: office.request_queue.queued_ms > 24 * 3600_000)
        with pytest.raises(Refused) as raised, office.request_queue.place():
            pass
        assert raised.value.code == "queue_full"
        for each in (one, two):
            each.cancel()
        await asyncio.wait({one, two})
        with office.request_queue.place():
            pass

    played(scene)


def test_who_asks_for_a_language_may_leave(
    played: Played, talk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From then on nothing more of the recording is decoded or heard; that is no error."""

    async def scene(office: Office) -> None:
        order = office.order(talk)
        asking = asyncio.ensure_future(office.request_queue.language(order))
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        asking.cancel()
        await asyncio.wait({asking})
        os.unlink(order.path)
        office.gate.set()
        await office.sent(office.order(talk))  # in the same thread, so behind it
        gc.collect()

    office = played(scene, most_count=1, max_clip_s=2.0)
    begun_by = [clip_id.partition(":")[0] for clip_id in office.engine.heard]
    assert begun_by.count(begun_by[0]) < begun_by.count(begun_by[-1])
    assert caplog.text == ""


def test_a_language_is_not_sought_for_nobody(played: Played, talk: Path) -> None:
    """Where all that is heard is silence, too, who has left is noticed block by block."""

    async def scene(office: Office) -> None:
        stop = StopRequest()
        stop.ask("nobody waits for it", ExitCode.INTERRUPTED)
        order = office.order(talk)
        with shared_engine_with(WorkingEngine()) as shared, pytest.raises(Stopped):
            await asyncio.to_thread(language_of, order, shared, stop)
        os.unlink(order.path)

    played(scene)


def test_what_never_came_to_its_turn_leaves_no_file(played: Played, talk: Path) -> None:
    """Nor does an order whose thread had not begun when the process ended."""

    async def scene(office: Office) -> None:
        first = asyncio.ensure_future(office.sent(office.order(talk)))
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        first.cancel()  # its thread is still in the models
        await asyncio.wait({first})
        second = asyncio.ensure_future(office.sent(office.order(talk)))
        await asyncio.sleep(0)
        office.request_queue.close()
        second.cancel()
        await asyncio.wait({second})

    played(scene, most_count=1, max_clip_s=2.0)


def test_an_error_has_the_name_of_who_asks(played: Played, tmp_path: Path) -> None:
    """Each who sent the same damaged file is told by the name it has with them."""
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no recording" * 100)

    async def scene(office: Office) -> None:
        names = ("mine.wav", "yours.mp3")
        orders = [office.sent(office.order(damaged, name)) for name in names]
        for name, error in zip(names, await asyncio.gather(*orders, return_exceptions=True)):  # noqa: B905
            assert isinstance(error, Refused)
            assert (error.status, error.param) == (400, "file")
            assert error.message.startswith(f"{name}: cannot be decoded")
            assert "upload-" not in error.message
            assert str(tmp_path) not in error.message
        with pytest.raises(Refused) as raised:
            await office.request_queue.language(office.order(damaged, "film.mkv"))
        assert raised.value.message.startswith("film.mkv: cannot be decoded")
        os.unlink(office.folder / f"upload-{office.count}")

    played(scene, is_open=True)


def test_models_that_are_lost_are_said(played: Played, talk: Path) -> None:
    """Who waits is told with 500, which is not tried again, and so is who comes later."""

    def fail(_: list[Clip]) -> None:
        raise DeviceLost("cuda", "gone")

    async def scene(office: Office) -> None:
        office.engine.turns.append([])
        for _ in range(2):
            with pytest.raises(Refused) as raised:
                await office.sent(office.order(talk))
            assert (raised.value.status, raised.value.code) == (500, "engine_lost")
            assert raised.value.headers == {"x-should-retry": "false"}

    played(scene, is_open=True, before_turn=fail)
