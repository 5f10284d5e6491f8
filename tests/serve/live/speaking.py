"""Who speaks to a live session, over a real WebSocket."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.serve.conftest import Served
from tests.serve.engines import PATIENCE_S

Message = dict[str, Any]
Samples = npt.NDArray[np.int16]
RATE_HZ = 16_000


def bursts(*spans_s: tuple[float, float], length_s: float, rate_hz: int = RATE_HZ) -> Samples:
    """Noise at these times, and silence between: energy finds it."""
    pcm = np.zeros(int(length_s * rate_hz), dtype=np.int16)
    noise = np.random.default_rng(1).integers(-8000, 8000, len(pcm), dtype=np.int16)
    for start_s, end_s in spans_s:
        span = slice(int(start_s * rate_hz), int(end_s * rate_hz))
        pcm[span] = noise[span]
    return pcm


@dataclass(slots=True, kw_only=True)
class Speaker:
    """One connection.

    Attributes:
        heard: every message that came.
    """

    socket: ClientConnection
    heard: list[Message] = field(default_factory=list)

    def say(self, **message: object) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def send(self, samples: Samples, *, frame_count: int = 1600) -> None:
        """Send sound, in frames of so many samples."""
        for at in range(0, len(samples), frame_count):
            self.socket.send(samples[at : at + frame_count].tobytes())

    def until(self, kind: str, is_it: Callable[[Message], bool] = lambda _: True) -> Message:
        """The first message of a kind that comes from now on."""
        while True:
            message: Message = json.loads(self.socket.recv(timeout=PATIENCE_S))
            self.heard.append(message)
            if message["type"] == kind and is_it(message):
                return message
            assert message["type"] != "error" or kind == "error", message

    def until_closed(self) -> int:
        """The code with which the other side closed it."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.heard.append(json.loads(self.socket.recv(timeout=PATIENCE_S)))
        assert self.socket.close_code is not None
        return self.socket.close_code

    def finals(self) -> list[Message]:
        """Those that came and say something."""
        return [each for each in self.heard if each["type"] == "final" and each["text"]]


@contextlib.contextmanager
def speaking(service: Served, **settings: Any) -> Iterator[Speaker]:  # noqa: ANN401  # of the library
    """A connection to `/live`."""
    address = service.url.replace("http", "ws") + "/live"
    with connect(address, ping_interval=None, **settings) as socket:
        yield Speaker(socket=socket)


@contextlib.contextmanager
def session(service: Served, **wished: object) -> Iterator[Speaker]:
    """A session that is ready."""
    with speaking(service) as speaker:
        speaker.say(type="start", **wished)
        speaker.until("ready")
        yield speaker


def texts_of(messages: Sequence[Message]) -> list[str]:
    """What they say."""
    return [each["text"] for each in messages]
