"""Many clients ask `qasr serve` at once, some leave, some are slow: all is right, memory flat.

    python -m tools.serve_load [--requests 200] [--clients 32] [--seed 1]
                               [--upload-mb 2048] [--idle-s 60]

The fake engine hears; recordings, routes and ways to behave are drawn by chance. 5 % of the clients
leave, in the middle of their recording or of the work; 2 % send slowly. There are fewer places than
clients, so that some are refused and come again when they are told to. Ends with 1 when an answer
was wrong, a refusal none that is documented, a file was left, memory grew by over 40 MB, or the
process ended otherwise than it should. With --upload-mb, one recording of so many MB comes behind
that; with --idle-s, the CPU time of so many idle seconds is told. Reads /proc, so it needs Linux.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from qasr_cli.errors import ExitCode
from tools.serve_recordings import BOUNDARY, Recording, form_of, recordings_in

MAX_GROWTH_MB = 40.0
LEAVER_SHARE, SLOW_SHARE = 0.05, 0.02
PATIENCE_S = 300.0
# Work for a client that left ends by itself, but not at once.
END_OF_WORK_S = 10.0
SLOW_BLOCK_BYTES, SLOW_PAUSE_S = 4000, 0.05


@dataclass(slots=True)
class Figures:
    """What came of it.

    Attributes:
        outcomes: how often a request ended in which way.
        wrong: what should not have been, one line each.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Clients:
    """Ask a service at a port."""

    def __init__(self, port: int, recordings: list[Recording], seed: int) -> None:
        self._port = port
        self._recordings = recordings
        self._seed = seed
        self.figures = Figures()

    def ask(self, number: int) -> None:
        """One request, until it is answered, refused for good, or left."""
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311  # not for keys
        recording = chance.choice(self._recordings)
        route = chance.choice(sorted(recording.answers))
        way = chance.random()
        try:
            if way < LEAVER_SHARE:
                self._leave(recording, route, chance)
                self.figures.outcomes["left"] += 1
            else:
                is_slow = way < LEAVER_SHARE + SLOW_SHARE
                self._until_answered(recording, route, is_slow=is_slow)
        except (OSError, http.client.HTTPException) as error:
            self.figures.wrong.append(f"request {number}: {error!r}")

    def _until_answered(self, recording: Recording, route: str, *, is_slow: bool) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            status, headers, body = self._answer(recording, route, is_slow=is_slow)
            if status != http.HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline_s:
                break
            self.figures.outcomes["refused"] += 1
            retry_s = int(headers.get("Retry-After", "0"))
            if not 1 <= retry_s <= 60 or b'"queue_full"' not in body:  # noqa: PLR2004  # documented
                break
            time.sleep(retry_s)
        expected = recording.answers[route]
        answer = json.loads(body) if isinstance(expected, dict) else body.decode()
        if status == http.HTTPStatus.OK and answer == expected:
            self.figures.outcomes["slow" if is_slow else "right"] += 1
        else:
            self.figures.wrong.append(f"{recording.name} at {route}: {status} {body[:200]!r}")

    def _answer(
        self, recording: Recording, route: str, *, is_slow: bool
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        form = form_of(recording, "audio_file" if route.startswith("/asr") else "file")
        with contextlib.closing(self._connection()) as connection:
            headers = self._headers(len(form))
            blocks = _slowly(form) if is_slow else iter([form])
            connection.request("POST", route, blocks, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def _leave(self, recording: Recording, route: str, chance: random.Random) -> None:
        """Hang up in the middle of the recording, or behind its end."""
        form = form_of(recording, "file")
        sent = form if chance.random() < 0.5 else form[: chance.randrange(len(form))]  # noqa: PLR2004
        with contextlib.closing(self._connection()) as connection:
            connection.putrequest("POST", route)
            for name, value in self._headers(len(form)).items():
                connection.putheader(name, value)
            connection.endheaders()
            connection.send(sent)
            time.sleep(chance.random() / 10)

    def send_long(self, size_mb: int) -> int:
        """The status of so many MB that are no recording."""
        form = form_of(Recording(name="long.wav", content=b"", answers={}), "audio")
        head, _, tail = form.rpartition(b"\r\n--")
        blocks = itertools.repeat(b"x" * (1 << 20), size_mb)
        body = itertools.chain([head], blocks, [b"\r\n--" + tail])
        with contextlib.closing(self._connection()) as connection:
            headers = self._headers(len(form) + (size_mb << 20))
            connection.request("POST", "/transcribe", body, headers)
            return connection.getresponse().status

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)

    def _headers(self, length: int) -> dict[str, str]:
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return {"Content-Type": kind, "Content-Length": str(length)}


def _slowly(form: bytes) -> Iterator[bytes]:
    for begin in range(0, len(form), SLOW_BLOCK_BYTES):
        yield form[begin : begin + SLOW_BLOCK_BYTES]
        time.sleep(SLOW_PAUSE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A service at work."""

    process: subprocess.Popen[bytes]
    port: int
    uploads: Path

    @property
    def resident_mb(self) -> float:
        """Memory that it holds now."""
        return self._memory_mb("VmRSS")

    @property
    def peak_mb(self) -> float:
        """The most that it ever held."""
        return self._memory_mb("VmHWM")

    @property
    def cpu_ms(self) -> int:
        """CPU time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        return 1000 * ticks // os.sysconf("SC_CLK_TCK")

    def _memory_mb(self, name: str) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


@contextlib.contextmanager
def served(folder: Path, place_count: int) -> Iterator[Served]:
    """A service with the fake engine."""
    command = [sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--vad", "energy"]
    command += ["--port", "0", "--host", "127.0.0.1", "--max-requests", str(place_count)]
    command += ["--state-dir", str(folder / "state")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None  # noqa: S101  # asked for above
            line = process.stderr.readline().decode()
            port = int(line.rpartition(":")[2])
            yield Served(process=process, port=port, uploads=folder / "state" / "uploads")
        finally:
            process.kill()


def load(service: Served, *, requests: int, clients: int, seed: int, folder: Path) -> Figures:
    """Ask it so often, so many at once; what came of it, printed too."""
    recordings = recordings_in(folder, random.Random(seed))  # noqa: S311  # not for keys
    asking = Clients(service.port, recordings, seed)
    with ThreadPoolExecutor(clients) as threads:
        early = max(clients, requests // 5)
        list(threads.map(asking.ask, range(min(early, requests))))
        before_mb, began_s = service.resident_mb, time.monotonic()
        list(threads.map(asking.ask, range(early, requests)))
    figures = asking.figures
    grown_mb = service.resident_mb - before_mb
    counts = ", ".join(f"{count} {name}" for name, count in sorted(figures.outcomes.items()))
    print(f"{requests} requests of {clients} clients: {counts}, {len(figures.wrong)} wrong")
    print(f"the last {max(0, requests - early)} in {time.monotonic() - began_s:.1f} s")
    print(f"memory: {before_mb:.0f} MB after the first {early}, {grown_mb:+.1f} MB at the end")
    if grown_mb > MAX_GROWTH_MB:
        figures.wrong.append(f"memory grew by {grown_mb:.0f} MB")
    return figures


def upload(service: Served, size_mb: int) -> Iterator[str]:
    """Send a long recording that is none; what was wrong with the answer or the memory."""
    before_mb, began_s = service.peak_mb, time.monotonic()
    status = Clients(service.port, [], 0).send_long(size_mb)
    took_s, grown_mb = time.monotonic() - began_s, service.peak_mb - before_mb
    print(f"upload of {size_mb} MB: {status} after {took_s:.1f} s, peak {grown_mb:+.1f} MB")
    if status != http.HTTPStatus.BAD_REQUEST or grown_mb > MAX_GROWTH_MB:
        yield f"upload: {status}, {grown_mb:.0f} MB"


def _left_in(folder: Path) -> list[str]:
    """What stays there, once the work for clients that left has had time to end."""
    until_s = time.monotonic() + END_OF_WORK_S
    while (names := sorted(os.listdir(folder))) and time.monotonic() < until_s:
        time.sleep(0.05)
    return names


def trial(arguments: argparse.Namespace) -> list[str]:
    """All of it; what was wrong, one line each."""
    with tempfile.TemporaryDirectory(prefix="qasr-load-") as name:
        folder = Path(name)
        with served(folder, max(1, arguments.clients // 2)) as service:
            wrong = load(
                service,
                requests=arguments.requests,
                clients=arguments.clients,
                seed=arguments.seed,
                folder=folder,
            ).wrong
            if arguments.upload_mb:
                wrong += upload(service, arguments.upload_mb)
            if arguments.idle_s:
                before_ms = service.cpu_ms
                time.sleep(arguments.idle_s)
                print(f"CPU in {arguments.idle_s} idle s: {service.cpu_ms - before_ms} ms")
            wrong += [f"left: {path}" for path in _left_in(service.uploads)]
            service.process.send_signal(signal.SIGTERM)
            code = service.process.wait(PATIENCE_S)
            if code != ExitCode.TERMINATED:
                wrong.append(f"exit code {code}")
            assert service.process.stderr is not None  # noqa: S101  # asked for in `served`
            said = service.process.stderr.read().decode()
            wrong += [f"it said: {line}" for line in said.splitlines()]
    return wrong


def main() -> int:
    """Run it with what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--upload-mb", type=int, default=0)
    parser.add_argument("--idle-s", type=int, default=0)
    wrong = trial(parser.parse_args())
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
