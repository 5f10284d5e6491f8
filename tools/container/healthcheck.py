"""Whether the `qasr serve` of this container lives; for HEALTHCHECK, as the image has no curl.

    python healthcheck.py [COMMAND ...]

Ends with 0 if it does, 1 if not, and says which. A container that runs another command (`batch`,
`models pull`) answers nobody: it is well for as long as it runs. COMMAND is what the container
runs, if that is not to be read from its first process.
"""

import http.client
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_FIRST_PROCESS = Path("/proc/1/cmdline")
_DEFAULT_PORT = "7860"
_PATIENCE_S = 4.0
# By number: whatever a container says of names.
_LOOPBACK = ("127.0.0.1", "::1")


def port_of(command: Sequence[str]) -> int:
    """The first port that a command of qasr serves at."""
    given = os.environ.get("QASR_SERVE_PORT") or _DEFAULT_PORT
    for at, word in enumerate(command):
        if word == "--port" and at + 1 < len(command):
            given = command[at + 1]
            break
        if word.startswith("--port="):
            given = word.removeprefix("--port=")
            break
    return int(given.replace(",", " ").split()[0])


def health(command: Sequence[str]) -> tuple[bool, str]:
    """Whether all is well, and what to say of it."""
    if "serve" not in command:
        return True, "this container serves nobody: nothing to ask"
    port = port_of(command)
    refusal = ""
    for address in _LOOPBACK:
        try:
            status, said = _asked(address, port)
        except (OSError, http.client.HTTPException) as error:
            refusal = f"port {port}: {type(error).__name__} {error}"
        else:
            return status == http.client.OK, said
    return False, refusal


def _asked(address: str, port: int) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode("utf-8", "replace")
    finally:
        connection.close()


if __name__ == "__main__":
    first = _FIRST_PROCESS.read_bytes().decode("utf-8", "replace").split("\0")
    is_well, said = health(sys.argv[1:] or first)
    print(said)
    sys.exit(0 if is_well else 1)
