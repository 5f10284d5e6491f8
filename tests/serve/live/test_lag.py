"""How far a session may be behind what is said to it, and what is no lag."""

import asyncio

from tests.serve.engines import PATIENCE_S
from tests.serve.live.hall import Hall, Played, so, spoken, until
from tests.serve.live.speaking import RATE_HZ, bursts


def test_a_session_that_is_too_far_behind_ends(played: Played) -> None:
    """It is told by how much, then why it ends; what was heard is written down, and is a job."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        hall.gate.clear()
        await spoken(session, bursts((0.9, 2.6), length_s=12.0), hall=hall)
        assert (await until(reader, "lag"))["seconds"] >= 5
        await spoken(session, bursts(length_s=5.0), hall=hall)
        error = (await until(reader, "error"))["error"]
        assert error["code"] == "lag"
        hall.gate.set()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        done = await until(reader, "done")
        job = hall.jobs.register.named(done["job"])
        assert job.end is not None
        assert job.end.warnings == (error["message"],)

    played(scene, max_lag_s=10.0)


def test_sound_faster_than_speech_waits(played: Played) -> None:
    """A recording sent at once is heard at the models' pace, and ends no session for its lag."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        hall.gate.clear()
        sending = asyncio.ensure_future(spoken(session, bursts((0.9, 2.6), length_s=60.0)))
        await asyncio.to_thread(hall.begun.wait, PATIENCE_S)
        await so(lambda: not session.captioner.has_room)
        assert not sending.done()
        hall.gate.set()
        await sending
        session.stop()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        await until(reader, "done")

    played(scene)


def test_sound_that_comes_late_at_once_waits(played: Played) -> None:
    """What a network held back for long is heard at the models' pace, and is no lag."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        await spoken(session, bursts((0.9, 2.6), length_s=2.7), hall=hall)
        await so(lambda: session.captioner.heard_sample == 2.7 * RATE_HZ)
        hall.engine.time.pass_s(60)
        hall.gate.clear()
        sending = asyncio.ensure_future(spoken(session, bursts(length_s=60.0)))
        await asyncio.to_thread(hall.begun.wait, PATIENCE_S)
        await so(lambda: not session.captioner.has_room)
        assert not sending.done()
        hall.gate.set()
        await asyncio.wait_for(sending, PATIENCE_S)
        session.stop()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        await until(reader, "done")

    played(scene, max_lag_s=10.0)


def test_sound_that_is_lost_is_no_lag(played: Played) -> None:
    """Who comes back after most of a minute, cut off in a phrase, goes on where they are."""

    async def scene(hall: Hall) -> None:
        session, reader = await hall.begun_session(partials=False)
        await spoken(session, bursts((0.9, 2.6), length_s=2.6), hall=hall)
        hall.gate.clear()
        session.leave(reader)
        session.speak(reader)
        assert session.go_on(60 * RATE_HZ) == 57.4 * RATE_HZ
        await so(lambda: session.captioner.heard_sample == 60 * RATE_HZ)
        assert session.captioner.lag_s == 0
        await spoken(session, bursts(length_s=6.0), hall=hall)
        assert (await until(reader, "lag"))["seconds"] < 7
        hall.gate.set()
        assert (await until(reader, "final"))["text"] == "word1 word2."
        session.stop()
        done = await until(reader, "done")
        end = hall.jobs.register.named(done["job"]).end
        assert end is not None
        assert end.warnings == ()

    played(scene, max_lag_s=10.0)
