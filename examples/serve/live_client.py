"""What is said in a recording, as text while it is played: a client of `/live`.

pip install websockets
qasr serve                       # in another terminal
ffmpeg -v error -i talk.mp4 -f s16le -ac 1 -ar 16000 - | python live_client.py
"""

import json
import sys
import threading

from websockets.sync.client import ClientConnection, connect

RATE_HZ = 16_000
FRAME_BYTES = RATE_HZ // 10 * 2  # a tenth of a second


def send(socket: ClientConnection) -> None:
    """All of standard input, then the end."""
    while sound := sys.stdin.buffer.read(FRAME_BYTES):
        socket.send(sound[: len(sound) // 2 * 2])
    socket.send(json.dumps({"type": "stop"}))


url = (*sys.argv[1:], "ws://127.0.0.1:7860/live")[0]
with connect(url) as socket:
    socket.send(json.dumps({"type": "start", "rate": RATE_HZ, "partials": False}))
    threading.Thread(target=send, args=(socket,), daemon=True).start()
    for text in socket:
        message = json.loads(text)
        if message["type"] == "final" and message["text"]:
            print(f"{message['start_ms'] / 1000:8.2f}  {message['text']}", flush=True)
        elif message["type"] == "error":
            sys.exit(message["error"]["message"])
        elif message["type"] == "done":
            print(f"http://127.0.0.1:7860/api/jobs/{message['job']}/result.srt")
