"""Orders that wait: who joins, who leaves, who finds no place."""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from qasr_cli.api.single import transcribe
from qasr_cli.core.types import Clip, Transcript
from qasr_cli.errors import DeviceLost
from qasr_cli.options import Options, SplitOptions
from qasr_cli.serve.desk import Desk, Order, Piece
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.resident import Resident
from qasr_cli.serve.routes import exchange
from tests.conftest import WriteWav
from tests.serve.asgi import Answer, Sender, scope_of
from tests.serve.engines import PATIENCE_S, WorkingEngine

_OPTIONS = Options(split=SplitOptions(vad="energy"))
_BURSTS = [(float(second), second + 0.7) for second in range(1, 20, 2)]


@dataclass(slots=True, kw_only=True)
class _Office:
    """A desk, its engine, and the folder of its recordings.

    Attributes:
        gate: turns begin once it is open.
        begun: set when a turn wants to begin.
    """

    desk: Desk
    engine: WorkingEngine
    folder: Path
    gate: threading.Event
    begun: threading.Event
    count: int = 0

    def order(self, recording: Path, name: str = "talk.wav", **settings: Any) -> Order:  # noqa: ANN401
        """An order of a recording that somebody sent, in a file of its own."""
        self.count += 1
        path = self.folder / f"upload-{self.count}"
        shutil.copyfile(recording, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        given: dict[str, Any] = {"options": _OPTIONS, "sha256": digest, **settings}
        return Order(path=str(path), name=name, **given)


_Scene = Callable[[_Office], Coroutine[Any, Any, None]]
Played = Callable[..., _Office]


@pytest.fixture
def played(tmp_path: Path) -> Played:
    """Play a scene in an office; at its end no file may be left."""

    def play(
        scene: _Scene,
        *,
        most_count: int = 8,
        is_open: bool = False,
        **engine: Any,  # noqa: ANN401
    ) -> _Office:
        folder = tmp_path / "uploads"
        folder.mkdir(exist_ok=True)
        gate, begun = threading.Event(), threading.Event()
        working = WorkingEngine(**engine)
        before = working.before_turn

        def before_turn(clips: list[Clip]) -> None:
            if working.turns:
                begun.set()
                assert gate.wait(PATIENCE_S)
            before(clips)

        working.before_turn = before_turn
        if is_open:
            gate.set()
        resident = Resident(working, clock=working.time.clock(), turn_s=2.0)
        resident.start()
        desk = Desk(resident, most_count=most_count)
        office = _Office(desk=desk, engine=working, folder=folder, gate=gate, begun=begun)
        try:
            asyncio.run(scene(office))
        finally:
            gate.set()
            desk.close()
            resident.close()
        _until(lambda: not os.listdir(folder))
        return office

    return play


def _until(is_so: Callable[[], bool]) -> None:
    turn = threading.Event()
    for _ in range(int(PATIENCE_S * 100)):
        if is_so():
            return
        turn.wait(0.01)
    raise AssertionError("it did not come to that")


async def _while_waiting(is_so: Callable[[], bool]) -> None:
    await asyncio.to_thread(_until, is_so)


async def _sent(office: _Office, order: Order) -> Transcript:
    """What a client does: its recording goes when it goes."""
    try:
        with office.desk.place():
            return await office.desk.transcript(order)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(order.path)


@pytest.fixture
def talk(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Ten words, each a clip of its own."""
    return write_wav(tmp_path / "talk.wav", _BURSTS, 21.0)


def test_equal_orders_are_heard_once(played: Played, talk: Path) -> None:
    """Who sends what is at work joins; the first leaves, and the other gets all of it."""
    expected = transcribe(talk, _OPTIONS, engine=WorkingEngine(max_clip_s=2.0))

    async def scene(office: _Office) -> None:
        first = asyncio.ensure_future(_sent(office, office.order(talk, "first.wav")))
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        second = asyncio.ensure_future(_sent(office, office.order(talk, "second.wav")))
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
    quieter = replace(_OPTIONS, engine=replace(_OPTIONS.engine, language="French"))
    others: dict[str, Any] = {"sha256": "0" * 64, "options": quieter, "text": "word1 word3"}

    async def scene(office: _Office) -> None:
        other = office.order(talk, **{difference: others[difference]})
        one, two = await asyncio.gather(_sent(office, office.order(talk)), _sent(office, other))
        assert (one.text == two.text) == (difference != "text")
        languages = ("English", "French" if difference == "options" else "English")
        assert (one.language, two.language) == languages

    office = played(scene, is_open=True)
    numbers = {clip_id.partition(":")[0] for clip_id in office.engine.heard}
    assert len(numbers) == 2


def test_the_last_who_leaves_stops_the_work(played: Played, talk: Path) -> None:
    """What nobody waits for is not heard to its end."""

    async def scene(office: _Office) -> None:
        both = [asyncio.ensure_future(_sent(office, office.order(talk))) for _ in range(2)]
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        for each in both:
            each.cancel()
        await asyncio.wait(both)
        assert (office.desk.place_count, office.desk.queued_ms) == (0, 0)
        office.gate.set()
        # The same once more is done from its beginning.
        assert (await _sent(office, office.order(talk))).text.count("word") > 1

    office = played(scene, max_clip_s=2.0)
    begun_by = [clip_id.partition(":")[0] for clip_id in office.engine.heard]
    assert begun_by.count(begun_by[0]) == 1


def test_who_finds_no_place_is_told_when_there_may_be_one(played: Played, talk: Path) -> None:
    """Beyond the places, and before anything was heard, it is 503 and a second."""

    async def scene(office: _Office) -> None:
        with office.desk.place(), office.desk.place():
            assert office.desk.place_count == 2
            with pytest.raises(Refused) as raised, office.desk.place():
                pass
        assert (raised.value.status, raised.value.code) == (503, "queue_full")
        assert raised.value.headers == {"Retry-After": "1"}
        assert (await _sent(office, office.order(talk))).text
        office.desk.refuse()
        with pytest.raises(Refused) as raised, office.desk.place():
            pass
        assert raised.value.code == "draining"

    played(scene, most_count=2, is_open=True)


@pytest.mark.parametrize(("cost", "retry_after_s"), [(0.0, 1), (1.0, 20), (2.0, 40), (1000.0, 60)])
def test_when_to_come_again_is_a_prediction(
    played: Played, tmp_path: Path, write_wav: WriteWav, cost: float, retry_after_s: int
) -> None:
    """It is the work that the models still have for the order, within 1 and 60 s."""
    talk = write_wav(tmp_path / "talk.wav", [(n, n + 0.9) for n in range(20)], 20.0)

    async def scene(office: _Office) -> None:
        heard_once = await _sent(office, office.order(talk))
        assert heard_once.text
        office.gate.clear()
        office.begun.clear()
        other = office.order(talk, sha256="0" * 64)
        order = asyncio.ensure_future(_sent(office, other))
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        with pytest.raises(Refused) as raised, office.desk.place():
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

    async def scene(office: _Office) -> None:
        def order(digest: str) -> Order:
            path = office.folder / f"upload-{digest}"
            os.link(night, path)
            return Order(path=str(path), sha256=digest, name="night.wav", options=_OPTIONS)

        one = asyncio.ensure_future(_sent(office, order("one")))
        await _while_waiting(lambda: office.desk.queued_ms > 12 * 3600_000)
        with office.desk.place():
            pass
        two = asyncio.ensure_future(_sent(office, order("two")))
        await _while_waiting(lambda: office.desk.queued_ms > 24 * 3600_000)
        with pytest.raises(Refused) as raised, office.desk.place():
            pass
        assert raised.value.code == "queue_full"
        for each in (one, two):
            each.cancel()
        await asyncio.wait({one, two})
        with office.desk.place():
            pass

    played(scene)


def test_an_error_has_the_name_of_who_asks(played: Played, tmp_path: Path) -> None:
    """Each who sent the same damaged file is told by the name it has with them."""
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no recording" * 100)

    async def scene(office: _Office) -> None:
        names = ("mine.wav", "yours.mp3")
        orders = [_sent(office, office.order(damaged, name)) for name in names]
        for name, error in zip(names, await asyncio.gather(*orders, return_exceptions=True)):  # noqa: B905
            assert isinstance(error, Refused)
            assert (error.status, error.param) == (400, "file")
            assert error.message.startswith(f"{name}: cannot be decoded")
            assert "upload-" not in error.message
            assert str(tmp_path) not in error.message
        with pytest.raises(Refused) as raised:
            await office.desk.language(office.order(damaged, "film.mkv"))
        assert raised.value.message.startswith("film.mkv: cannot be decoded")
        os.unlink(office.folder / f"upload-{office.count}")

    played(scene, is_open=True)


def test_models_that_are_lost_are_said(played: Played, talk: Path) -> None:
    """Who waits is told with 500, which is not tried again, and so is who comes later."""

    def fail(_: list[Clip]) -> None:
        raise DeviceLost("cuda", "gone")

    async def scene(office: _Office) -> None:
        office.engine.turns.append([])
        for _ in range(2):
            with pytest.raises(Refused) as raised:
                await _sent(office, office.order(talk))
            assert (raised.value.status, raised.value.code) == (500, "engine_lost")
            assert raised.value.headers == {"x-should-retry": "false"}

    played(scene, is_open=True, before_turn=fail)


def test_pieces_come_in_the_order_of_the_recording(played: Played, talk: Path) -> None:
    """Two who listen to one order are told the same pieces, then the whole under their name."""

    async def told(office: _Office, order: Order) -> tuple[str, Transcript]:
        texts = []
        async for piece in office.desk.pieces(order):
            if isinstance(piece, Piece):
                texts.append(piece.text)
            else:
                return " ".join(texts), piece
        raise AssertionError("no end")

    async def scene(office: _Office) -> None:
        orders = [office.order(talk, name) for name in ("one.wav", "two.wav")]
        listening = [asyncio.ensure_future(told(office, order)) for order in orders]
        await asyncio.to_thread(office.begun.wait, PATIENCE_S)
        office.gate.set()
        for (text, transcript), order in zip(await asyncio.gather(*listening), orders):  # noqa: B905
            assert text == transcript.text
            assert transcript.file == order.name
        os.unlink(orders[1].path)

    office = played(scene, clips_at_once=4, max_clip_s=2.0)
    assert len(office.engine.heard) == len(set(office.engine.heard))


def test_a_listener_who_leaves_stops_the_work(played: Played, talk: Path) -> None:
    """A stream that is closed in the middle gives its order up."""

    async def scene(office: _Office) -> None:
        office.gate.set()
        async with contextlib.aclosing(office.desk.pieces(office.order(talk))) as pieces:
            async for _ in pieces:
                office.gate.clear()
                break
        assert office.desk.queued_ms == 0

    office = played(scene, max_clip_s=2.0)
    assert len(office.engine.turns) < 10


# --- streams ----------------------------------------------------------------------------------


async def _streamed(events: AsyncIterator[str], sender: Sender) -> tuple[Answer, list[str]]:
    """What a stream sends, and whether what it held was let go of."""
    released: list[str] = []
    held = contextlib.AsyncExitStack()
    held.callback(released.append, "released")
    scope = scope_of("POST", "/")
    request = Request(scope, sender.receive)
    answer = Answer()
    stream = exchange.EventStream(request, events, held)
    await stream(scope, sender.receive, answer.send)
    return answer, released


def test_a_stream_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """While there is nothing to tell, a comment now and then keeps proxies from hanging up."""
    monkeypatch.setattr(exchange, "_PING_S", 0.01)

    async def scene() -> None:
        pinged = asyncio.Event()

        async def events() -> AsyncIterator[str]:
            yield "data: 1\n\n"
            await pinged.wait()
            yield "data: 2\n\n"

        streaming = asyncio.ensure_future(_streamed(events(), Sender()))
        await asyncio.sleep(0.05)
        pinged.set()
        answer, released = await streaming
        text = answer.body.decode()
        assert text.startswith("data: 1\n\n: ping\n\n")
        assert text.endswith(": ping\n\ndata: 2\n\n")
        assert answer.header("cache-control") == "no-store"
        assert (answer.is_over, released) == (True, ["released"])

    asyncio.run(scene())


def test_a_stream_ends_when_its_reader_leaves() -> None:
    """However long the next event would take: what it held is let go of, and it is closed."""
    closed = []

    async def events() -> AsyncIterator[str]:
        try:
            await asyncio.Event().wait()
            yield "never"
        finally:
            closed.append("closed")

    answer, released = asyncio.run(_streamed(events(), Sender(stays=False)))
    assert (answer.body, closed, released) == (b"", ["closed"], ["released"])


def test_who_leaves_is_not_answered() -> None:
    """Work for a client that is gone is given up."""

    async def scene() -> None:
        given_up = []

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                given_up.append(True)

        async def handler(request: Request) -> Any:  # noqa: ANN401
            await exchange.unless_left(request, work())

        sender = Sender(stays=False)
        response = await exchange.answering(handler)(Request(scope_of("POST", "/"), sender.receive))
        assert response.status_code == 499
        assert given_up == [True]

    asyncio.run(scene())


def test_a_bug_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    """An error that should not be is 500 with no more than its type; the log has the rest."""

    async def handler(_: Request) -> Any:  # noqa: ANN401
        raise KeyError("secret")

    response = asyncio.run(_awaited(exchange.answering(handler)(Request(scope_of("GET", "/")))))
    error = json.loads(response.body)["error"]
    assert response.status_code == 500
    assert error["message"] == "internal error: KeyError"
    assert "secret" in caplog.text


async def _awaited(work: Awaitable[Any]) -> Any:  # noqa: ANN401
    return await work
