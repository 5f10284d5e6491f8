"""Who may speak over `/live`, how many at a time, and how much at once."""

import base64
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.serve.conftest import Serve, Served, served
from tests.serve.live.speaking import bursts, session, speaking, texts_of


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One that takes what is loud for speech, from two at a time."""
    with served(tmp_path_factory.mktemp("served"), "--vad", "energy", "--max-live", "2") as running:
        yield running


def test_places_are_bounded(service: Served) -> None:
    """One more than there may be is told so; a place that is left is free at once."""
    with session(service) as one, session(service) as two:
        with speaking(service) as three:
            three.say(type="start")
            error = three.until("error")["error"]
            assert error["code"] == "live_full"
            assert error["message"].startswith("2 live sessions are at work")
        two.say(type="stop")
        two.until("done")
        with session(service) as four:
            four.say(type="stop")
            four.until("done")
        one.say(type="stop")
        one.until("done")
    with service.client() as client:
        numbers = client.get("/metrics").text
        assert client.get("/v1/limits").json()["max_live"] == 2
    assert "qasr_live_sessions 0\n" in numbers
    assert "qasr_live_readers 0\n" in numbers


def test_many_at_once_are_told_apart(service: Served) -> None:
    """Two who speak at the same time each read their own words."""
    heard: dict[float, list[str]] = {}

    def talk(first_s: float) -> None:
        with session(service, partials=False) as speaker:
            speaker.send(bursts((first_s - 0.1, first_s + 1.6), length_s=first_s + 3))
            speaker.say(type="stop")
            speaker.until("done")
            heard[first_s] = texts_of(speaker.finals())

    threads = [threading.Thread(target=talk, args=(first_s,)) for first_s in (1.0, 5.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {1.0: ["word1 word2."], 5.0: ["word5 word6."]}


def test_pages_of_other_sites_get_no_socket(service: Served) -> None:
    """A browser names the page that asks; only those of this server may."""
    origin = service.url
    with speaking(service, origin=origin) as speaker:
        speaker.say(type="watch")
        speaker.until("waiting")
    with pytest.raises(InvalidStatus) as refused, speaking(service, origin="https://evil.example"):
        pass
    assert refused.value.response.status_code == 403


def test_the_key_comes_as_a_header_a_cookie_or_a_protocol(serve: Serve, tmp_path: Path) -> None:
    """Pages of other sites can name nothing but a protocol; it is never answered."""
    key = "correct-horse/battery+staple"
    (tmp_path / "key").write_text(key)
    (tmp_path / "key").chmod(0o600)
    coded = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    wrong = base64.urlsafe_b64encode(b"wrong").decode().rstrip("=")
    with serve("--api-key-file", str(tmp_path / "key")) as service:
        ways: list[dict[str, object]] = [
            {"additional_headers": {"Authorization": f"Bearer {key}"}},
            {"additional_headers": {"Cookie": f"qasr_key={key}"}},
            {"subprotocols": ["qasr-live", f"qasr-key.{coded}"]},
        ]
        for way in ways:
            with speaking(service, **way) as speaker:
                speaker.say(type="watch")
                speaker.until("waiting")
                assert speaker.socket.subprotocol in {None, "qasr-live"}
        for protocols in (
            None,
            ["qasr-live"],
            ["qasr-live", f"qasr-key.{wrong}"],
            ["qasr-live", "qasr-key.AAA"],
        ):
            with pytest.raises(InvalidStatus) as refused, speaking(service, subprotocols=protocols):
                pass
            assert refused.value.response.status_code == 403
        assert "ERROR" not in service.log.read_text()


def test_frames_that_are_too_long_for_anybody(service: Served) -> None:
    """More than a megabyte is not even read."""
    with session(service) as speaker:
        with contextlib.suppress(ConnectionClosed):  # perhaps before all of it is sent
            speaker.socket.send(np.zeros(1 << 20, dtype=np.int16).tobytes())
        # What is not read makes the system cut the connection, at times before the reason is there.
        assert speaker.until_closed() in {1009, 1006}
        session_id = speaker.heard[0]["session"]
    with speaking(service) as again:
        again.say(type="start", session=session_id)
        again.say(type="stop")
        again.until("done")
