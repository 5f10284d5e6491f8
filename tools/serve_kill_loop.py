"""Kill a service at random moments while it has jobs, and see that each ends once, and right.

    python -m tools.serve_kill_loop [--kills 100] [--seed 0]

The service (`--engine fake`) is started over one state folder again and again. In each life jobs
are sent to it, of several recordings, one with a text; then SIGKILL, at a random moment from the
one at which it listens: while models load, a recording arrives, is decoded, a result is written.
After the last kill it may finish. Then every job that was accepted must have ended once, with the
result that an undisturbed service gives, byte for byte; nothing that was begun and not accepted may
be left, nor any upload. Ends with 1 when anything of that fails.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

RECORDINGS = Path(__file__).resolve().parent.parent / "examples" / "recordings"
TEXT = "word1 word2 word3 word4"
# Recording, and what is said in it where that is told; the long one is in work most of the time.
KINDS = (
    ("announcement.wav", None),
    ("chinese.flac", None),
    ("meeting.opus", None),
    ("interview.wav", TEXT),
)
LONG = KINDS.index(("meeting.opus", None))
MOST_UNFINISHED = 4
LATEST_KILL_S = 3.0
PATIENCE_S = 300.0
POLL_S = 0.05


@dataclass(slots=True, kw_only=True)
class Seen:
    """What is known of jobs over all lives of the service.

    Attributes:
        accepted: id -> its kind; the service said 202.
        ends: id -> the mark of its end, which stays as it is.
        complaints: what is wrong.
    """

    accepted: dict[str, int] = field(default_factory=dict)
    ends: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


@contextlib.contextmanager
def service(state: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A service that listens, and where."""
    command = [sys.executable, "-m", "qasr_cli", "serve", "--engine", "fake", "--port", "0"]
    with subprocess.Popen(
        [*command, "--state-dir", str(state)], stderr=subprocess.PIPE, text=True
    ) as process:
        if process.stderr is None:
            raise AssertionError("no pipe")
        line = process.stderr.readline()
        if not line.startswith("listening on "):
            process.kill()
            raise RuntimeError(f"the service said {line!r}")
        # What it says later must not fill the pipe.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield line.split()[2].rstrip(","), process
        finally:
            process.kill()
            process.wait()


def asked(url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
    """The answer of the service."""
    with urlopen(Request(url, data=body, headers=headers or {}), timeout=PATIENCE_S) as answer:  # noqa: S310  # our own
        content: bytes = answer.read()
        return content


def send(url: str, kind: int, mark: str) -> str:
    """Send a job; its id, once it is accepted.

    Args:
        mark: makes it unlike any other, so that it is heard by itself.
    """
    name, text = KINDS[kind]
    boundary = uuid.uuid4().hex
    fields = {"language": "en", "hotwords": mark} | ({"text": text} if text else {})
    begin = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = [f'{begin}"{each}"\r\n\r\n{value}\r\n'.encode() for each, value in fields.items()]
    parts.append(f'{begin}"file"; filename="{name}"\r\n\r\n'.encode())
    parts += [(RECORDINGS / name).read_bytes(), f"\r\n--{boundary}--\r\n".encode()]
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = json.loads(asked(f"{url}/api/jobs", body=b"".join(parts), headers=headers))
    return str(answer["id"])


def result_of(url: str, job_id: str) -> tuple[bytes, dict[str, object]]:
    """Subtitles, and all that was heard, but for what only marks the job."""
    heard = json.loads(asked(f"{url}/api/jobs/{job_id}/result.json"))
    del heard["settings"]["context"]
    return asked(f"{url}/api/jobs/{job_id}/result.srt"), heard


def ended(url: str, job_ids: set[str]) -> dict[str, str]:
    """The states of these jobs, once all have ended."""
    deadline_s = time.monotonic() + PATIENCE_S
    while True:
        jobs = json.loads(asked(f"{url}/api/jobs"))["jobs"]
        states = {job["id"]: job["state"] for job in jobs}
        open_ids = {i for i in job_ids if states.get(i) in {"queued", "decoding", "working"}}
        if not open_ids:
            return states
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"{len(open_ids)} jobs do not end")
        time.sleep(POLL_S)


def undisturbed(state: Path) -> list[tuple[bytes, dict[str, object]]]:
    """What every kind of job gives."""
    with service(state) as (url, _):
        ids = [send(url, kind, "mark") for kind in range(len(KINDS))]
        ended(url, set(ids))
        return [result_of(url, job_id) for job_id in ids]


def live_and_die(state: Path, seen: Seen, rng: random.Random, life: int) -> None:
    """One life of the service."""

    def feed() -> None:
        unfinished = len(seen.accepted.keys() - seen.ends.keys())
        kinds = [LONG] if unfinished < MOST_UNFINISHED else []
        kinds += rng.sample(range(len(KINDS)), k=1)
        with contextlib.suppress(OSError, URLError, ValueError):  # it was killed
            for count, kind in enumerate(kinds):
                seen.accepted[send(url, kind, f"life{life}x{count}")] = kind

    with service(state) as (url, process):
        feeder = threading.Thread(target=feed)
        feeder.start()
        time.sleep(rng.uniform(0, LATEST_KILL_S))
        process.kill()
        feeder.join()
    check_ends(state, seen)


def check_ends(state: Path, seen: Seen) -> None:
    """Note which jobs have ended; those that had before must not have ended again."""
    for job_id in seen.accepted:
        path = state / "jobs" / job_id / "end.json"
        if not (state / "jobs" / job_id / "job.json").exists():
            seen.complaints.append(f"{job_id} was accepted, and is gone")
        if path.exists():
            end = path.stat().st_ino, path.read_bytes()
            if seen.ends.setdefault(job_id, end) != end:
                seen.complaints.append(f"{job_id} has ended twice")


def check_results(state: Path, seen: Seen, expected: list[tuple[bytes, dict[str, object]]]) -> None:
    """After the last kill every job has its right result, and nothing else is left."""
    with service(state) as (url, _):
        states = ended(url, set(seen.accepted))
        for job_id, kind in seen.accepted.items():
            if states.get(job_id) != "done":
                seen.complaints.append(f"{job_id} ({KINDS[kind][0]}) is {states.get(job_id)}")
            elif result_of(url, job_id) != expected[kind]:
                seen.complaints.append(f"{job_id} ({KINDS[kind][0]}) is not as undisturbed")
        left = [f"upload {name}" for name in os.listdir(state / "uploads")]
        for folder in (state / "jobs").iterdir():
            names = {path.name for path in folder.iterdir()}
            if names != {"job.json", "end.json", "media.json", "media.recording"}:
                left.append(f"{folder.name}: {sorted(names)}")
        seen.complaints += [f"left: {each}" for each in left]
    check_ends(state, seen)


def main() -> int:
    """Run the loop; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = random.Random(given.seed)  # noqa: S311  # moments, not secrets
    seen = Seen()
    with tempfile.TemporaryDirectory(prefix="qasr-kill-") as top:
        expected = undisturbed(Path(top) / "undisturbed")
        state = Path(top) / "state"
        for life in range(1, given.kills + 1):
            live_and_die(state, seen, rng, life)
            print(
                f"{life} killed; {len(seen.accepted)} jobs accepted, {len(seen.ends)} ended, "
                f"{len(seen.complaints)} complaints",
                flush=True,
            )
        check_results(state, seen, expected)
    for complaint in dict.fromkeys(seen.complaints):
        print(complaint)
    print(f"{given.kills} kills, {len(seen.accepted)} jobs, {len(seen.complaints)} complaints")
    return 1 if seen.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
