"""How live sessions end, and who keeps them."""

import asyncio

import pytest

from qasr_cli.core.types import Clip
from qasr_cli.errors import DeviceLost
from qasr_cli.serve.live import captioning
from qasr_cli.serve.live.readers import Reader, Readers
from qasr_cli.serve.models.scheduler import Kind
from tests.serve.engines import PATIENCE_S, Asking, clip_of
from tests.serve.live.hall import Hall, Played, so, spoken, until
from tests.serve.live.speaking import bursts

_TALK = bursts((0.9, 2.6), length_s=4.0)


def test_who_does_not_come_back_is_finished(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while a session without a speaker ends, and is a job."""
    monkeypatch.setattr(captioning, "BACK_WITHIN_S", 0.05)

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        await spoken(session, _TALK)
        session.leave(reader)
        done = await until(reader, "done")
        assert hall.jobs.register.named(done["job"]).known_language == "English"
        assert hall.sessions.count == 0

    played(scene)


def test_who_says_nothing_for_long_is_finished(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection without sound does not keep a place for ever."""
    monkeypatch.setattr(captioning, "IDLE_S", 0.05)

    async def scene(hall: Hall) -> None:
        _, reader = await hall.begun_session()
        assert (await until(reader, "done"))["job"] is None

    played(scene)


def test_a_final_does_not_wait_behind_a_partial(played: Played) -> None:
    """A look at a phrase that the models have not begun with is skipped once the phrase ends."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session()
        hall.gate.clear()
        film = Asking(hall.shared, Kind.BULK, [clip_of("film")]).start()
        await asyncio.to_thread(hall.begun.wait, PATIENCE_S)
        await spoken(session, bursts((0.9, 2.6), length_s=2.4))
        session.flush()
        await spoken(session, bursts(length_s=0.2))
        await so(lambda: session.captioner.heard_sample >= 2.6 * 16_000)
        hall.gate.set()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        await asyncio.to_thread(film.join)
        session.stop()
        await until(reader, "done")
        assert not any(clip.is_partial for turn in hall.engine.turns for clip in turn)

    played(scene)


def test_models_that_are_lost_end_a_session(played: Played) -> None:
    """Who speaks is told why; what was final before is a job."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        await spoken(session, _TALK)
        await until(reader, "times")

        def lose(_: list[Clip]) -> None:
            raise DeviceLost("cuda:0", "fell off the bus")

        hall.engine.before_turn = lose
        await spoken(session, _TALK)
        assert (await until(reader, "error"))["error"]["code"] == "engine_lost"
        done = await until(reader, "done")
        assert hall.jobs.register.named(done["job"]).end is not None

    played(scene)


def test_nothing_new_begins_once_the_service_ends(played: Played) -> None:
    """Whoever asks then is told so; whoever waits for a session is not kept."""

    async def scene(hall: Hall) -> None:
        hall.sessions.stop()
        with pytest.raises(Exception, match="going down"):
            await hall.begun_session()

    played(scene)


def test_who_reads_too_slowly_is_let_go() -> None:
    """Messages that nobody reads do not fill the memory; a partial replaces the one before."""

    async def scene() -> None:
        readers, reader = Readers(), Reader()
        with readers.reading(reader):
            for number in range(10):
                readers.tell({"type": "partial", "id": 1, "tail": str(number)})
            readers.tell({"type": "final", "id": 1})
            assert [(await reader.next() or {}).get("tail") for _ in range(2)] == ["9", None]
            for number in range(5000):
                readers.tell({"type": "final", "id": number})
            assert reader.is_behind
            count = 0
            while await reader.next() is not None:
                count += 1
            assert count < 5000
        assert len(readers) == 0

    asyncio.run(scene())
