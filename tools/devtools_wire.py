"""Commands to a page of Chromium over the DevTools protocol, and what the page tells.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

import contextlib
import itertools
import json
import queue
import threading
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

Message = dict[str, Any]


class Wire:
    """Commands to a page, and what it tells."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.SimpleQueue[Message]] = {}
        self.console: list[str] = []
        self.requests: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def begin(self, method: str, **parameters: object) -> "queue.SimpleQueue[Message]":
        """Send a command; where its answer comes."""
        number = next(self._numbers)
        answer: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._answers[number] = answer
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return answer

    def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for text in self._socket:
                self._hear(json.loads(text))

    def _hear(self, message: Message) -> None:
        if "id" in message:
            self._answers[message["id"]].put(message)
            return
        content = message["params"]
        match message["method"]:
            case "Runtime.consoleAPICalled":
                said = " ".join(str(a.get("value", a.get("description"))) for a in content["args"])
                self.console.append(f"{content['type']}: {said}")
            case "Runtime.exceptionThrown":
                details = content["exceptionDetails"]
                said = details.get("exception", {}).get("description", details["text"])
                self.console.append(f"exception: {said}")
            case "Log.entryAdded":
                entry = content["entry"]
                self.console.append(f"{entry['level']}: {entry['text']} {entry.get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(content["request"]["url"])
            case "Page.javascriptDialogOpening":  # such as: leave the page?
                self.begin("Page.handleJavaScriptDialog", accept=True)
            case _:
                pass
