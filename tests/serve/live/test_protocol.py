"""The messages of `/live`, on a service of its own."""

import json
from collections.abc import Iterator

import pytest

from tests.serve.conftest import Served, served
from tests.serve.live.speaking import Message, bursts, session, speaking, texts_of

_TALK = bursts((0.9, 2.6), (4.0, 5.7), length_s=7.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that takes what is loud for speech."""
    with served(tmp_path_factory.mktemp("served"), "--vad", "energy") as running:
        yield running


def _whole(service: Served, **wished: object) -> list[Message]:
    """All messages of a session in which the talk is held."""
    with session(service, **wished) as speaker:
        speaker.send(_TALK)
        speaker.say(type="stop")
        speaker.until("done")
        return speaker.heard


def test_what_is_said_comes_as_finals_and_becomes_a_job(service: Served) -> None:
    """Ready, then each phrase with its times, then a job with the same text and subtitles."""
    heard = _whole(service, name="talks/Monday", language="English", partials=False)
    kinds = [each["type"] for each in heard]
    assert (kinds[0], kinds[-1]) == ("ready", "done")
    assert heard[0].items() >= {"step_ms": 500, "endpoint_ms": 500, "rate": 16000}.items()
    finals = [each for each in heard if each["type"] == "final"]
    assert texts_of(finals) == ["word1 word2.", "word4 word5."]
    assert all(each["start_ms"] < each["end_ms"] for each in finals)
    times = [each for each in heard if each["type"] == "times"]
    assert [word["text"] for each in times for word in each["words"]] == [
        "word1",
        "word2",
        "word4",
        "word5",
    ]
    with service.client() as client:
        job = client.get(f"/api/jobs/{heard[-1]['job']}").json()
        assert (job["state"], job["name"], job["language"]) == ("done", "Monday", "English")
        assert job["duration_s"] == 7.0
        result = client.get(f"/api/jobs/{job['id']}/result.json").json()
        assert result["text"] == "word1 word2. word4 word5."
        srt = client.get(f"/api/jobs/{job['id']}/result.srt").text
        assert "word1 word2." in srt
        assert job["has_recording"] is False
        assert client.get(f"/api/jobs/{job['id']}/peaks").status_code == 404


def test_partials_come_before_their_final(service: Served) -> None:
    """Of a phrase that is spoken slowly enough, each has its id and is replaced by it."""
    with session(service) as speaker:
        speaker.send(bursts((0.5, 9.0), length_s=3.0))
        partial = speaker.until("partial")
        assert partial.keys() == {"type", "id", "start_ms", "settled", "tail", "language"}
        speaker.say(type="flush")
        final = speaker.until("final")
        assert final["id"] == partial["id"]
        speaker.say(type="stop")
        speaker.until("done")


def test_frames_of_any_length_say_the_same(service: Served) -> None:
    """One sample or half a second at a time."""

    def said(frame_count: int, length_s: float) -> list[Message]:
        with session(service, partials=False) as speaker:
            speaker.send(bursts((0.9, 2.1), length_s=length_s), frame_count=frame_count)
            speaker.say(type="stop")
            speaker.until("done")
            return speaker.finals()

    assert said(37, 3.0) == said(8000, 3.0) == said(1600, 3.0) != []


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 44_100, 48_000])
def test_sound_of_other_rates(service: Served, rate_hz: int) -> None:
    """What a device has is converted: the same words at the same times."""
    with session(service, rate=rate_hz, partials=False) as speaker:
        assert speaker.heard[0]["rate"] == rate_hz
        speaker.send(bursts((0.9, 2.6), (4.0, 5.7), length_s=7.0, rate_hz=rate_hz))
        speaker.say(type="stop")
        speaker.until("done")
        assert texts_of(speaker.finals()) == ["word1 word2.", "word4 word5."]


def test_sound_is_kept_where_it_is_wished_for(service: Served) -> None:
    """Then it is the recording of the job, to listen to and to hear again."""
    job_id = _whole(service, keep_sound=True)[-1]["job"]
    with service.client() as client:
        assert client.get(f"/api/jobs/{job_id}").json()["playable"] is True
        peaks = client.get(f"/api/jobs/{job_id}/peaks", params={"columns": 70})
        assert peaks.headers["qasr-duration-s"] == "7.000000"
        assert [peaks.content[at] > 0 for at in (5, 15, 30, 50)] == [False, True, False, True]
        span = {"start_ms": 800, "end_ms": 2800}
        again = client.post(f"/api/jobs/{job_id}/hear", json=span).json()
        assert again["text"].startswith("word")


def test_nothing_said_is_no_job(service: Served) -> None:
    """And nothing of it stays."""
    with session(service) as speaker:
        speaker.send(bursts(length_s=2.0))
        speaker.say(type="stop")
        assert speaker.until("done")["job"] is None
        assert speaker.until_closed() == 1000
    assert list((service.state / "live").iterdir()) == []


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("no JSON", "this is no first message of a live session"),
        ("[]", "this is no first message of a live session"),
        ('{"type": "stop"}', "this is no first message of a live session: type"),
        ('{"type": "start", "rate": 7999}', "rate takes 8000 to 192000 samples a second"),
        ('{"type": "start", "rate": 16001}', "rate: 16001 Hz is no rate that sound comes at"),
        ('{"type": "start", "rate": "16000"}', "this is no first message of a live session: rate"),
        ('{"type": "start", "format": "f32le"}', "format takes s16le"),
        ('{"type": "start", "language": "xx"}', "language xx: not a language"),
        ('{"type": "start", "profile": "none"}', "profile takes "),
        ('{"type": "start", "hotwords": "Ada"}', "this is no first message of a live session: hot"),
        ('{"type": "start", "endpoint_ms": 10}', "endpoint_ms takes 200 to 5000"),
        ('{"type": "start", "step_ms": 1}', "step_ms takes 100 to 10000"),
        (json.dumps({"type": "start", "context": "x" * 20_000}), "prompt: 20,000 characters"),
        (json.dumps({"type": "start", "context": "x" * 80_000}), "a message may have at most"),
        ('{"type": "start", "session": "nobody"}', "there is no such live session"),
        ('{"type": "watch", "session": "nobody"}', "there is no such live session"),
        (b"\0\0", 'the first message is text: {"type": "start"}'),
    ],
)
def test_what_is_no_beginning_is_said(service: Served, first: str | bytes, message: str) -> None:
    """One error with a sentence, then the connection is closed; no session was begun."""
    with speaking(service) as speaker:
        speaker.socket.send(first)
        error = speaker.until("error")["error"]
        assert error["message"].startswith(message), error
        assert error["code"]
        assert speaker.until_closed() == 4400
    assert list((service.state / "live").iterdir()) == []


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"\0", "a frame is whole samples of two bytes (s16le)"),
        (bytes(2 * 160_001), "a frame has 10 s of sound at most"),
        ('{"type": "start"}', "after the first message come sound, flush and stop"),
        ("flush", "after the first message come sound, flush and stop"),
    ],
)
def test_what_is_no_sound_is_said(service: Served, sent: str | bytes, message: str) -> None:
    """The connection is closed; what was said before can be come back to."""
    with session(service) as speaker:
        speaker.socket.send(sent)
        assert speaker.until("error")["error"]["message"].startswith(message)
        assert speaker.until_closed() == 4400
        session_id = speaker.heard[0]["session"]
    with speaking(service) as again:
        again.say(type="start", session=session_id)
        assert again.until("ready")["session"] == session_id
        again.say(type="stop")
        again.until("done")


def test_who_was_cut_off_comes_back(service: Served) -> None:
    """With their id they are told what they missed, and where their sound goes on."""
    with session(service, partials=False) as speaker:
        speaker.send(_TALK[:56_000])
        known = speaker.until("final")["id"]
        session_id = speaker.heard[0]["session"]
    with speaking(service) as again:
        again.say(type="start", session=session_id, sample=40_000, final=known)
        assert again.until("ready")["sample"] == 56_000
        again.send(_TALK[56_000:])
        again.say(type="stop")
        again.until("done")
        assert texts_of(again.finals()) == ["word4 word5."]


def test_sound_that_is_lost_leaves_its_place(service: Served) -> None:
    """Who cannot send all that was said has silence there, is told so, and times stay right."""
    with session(service, partials=False) as speaker:
        speaker.send(_TALK[:8000])
        session_id = speaker.heard[0]["session"]
    with speaking(service) as again:
        again.say(type="start", session=session_id, sample=60_000)
        ready = again.until("ready")
        assert (ready["sample"], ready["lost_ms"]) == (60_000, 3250)
        again.send(_TALK[60_000:])
        again.say(type="stop")
        again.until("done")
        assert texts_of(again.finals()) == ["word4 word5."]
    with session(service) as speaker:
        far = {"session": speaker.heard[0]["session"], "sample": 1 << 40}
        with speaking(service) as other:
            other.say(type="start", **far)
            error = other.until("error")["error"]
            assert error["message"].startswith("sample is beyond all that can have been said")
        speaker.say(type="stop")
        speaker.until("done")


def test_who_comes_back_takes_over(service: Served) -> None:
    """The connection before, which may be dead, is closed."""
    with session(service) as speaker, speaking(service) as again:
        again.say(type="start", session=speaker.heard[0]["session"])
        again.until("ready")
        assert speaker.until_closed() == 1000
        again.say(type="stop")
        again.until("done")


def test_others_may_watch(service: Served) -> None:
    """Who comes before there is a session waits for it; who comes late hears what was said last."""
    with speaking(service) as early:
        early.say(type="watch")
        early.until("waiting")
        with session(service, partials=False) as speaker:
            assert early.until("ready")["session"] == speaker.heard[0]["session"]
            speaker.send(_TALK[:56_000])
            speaker.until("final")
            with speaking(service) as late:
                late.say(type="watch", session=speaker.heard[0]["session"])
                assert late.until("final")["text"] == "word1 word2."
                late.socket.send(b"\0\0")
                error = late.until("error")["error"]
                assert error["message"] == "who watches sends no sound"
            speaker.say(type="stop")
            speaker.until("done")
            early.until("done")
            assert early.finals() == speaker.finals()
