"""`qasr edit` in a process of its own, as its users start it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2 as httpx

from tests.serve.conftest import Served, until_ready_at

PATIENCE_S = 120.0
ENGINE = ("--engine", "fake", "--vad", "energy")


def command(*arguments: str, state: Path, engine: Sequence[str] = ENGINE) -> list[str]:
    """A command line that edits these."""
    line = [sys.executable, "-m", "qasr_cli", "edit", "--port", "0", "--state-dir", str(state)]
    return [*line, *engine, *arguments]


@contextlib.contextmanager
def editing(
    *paths: Path, state: Path, engine: Sequence[str] = ENGINE, home: Path | None = None
) -> Iterator[Served]:
    """An edit that answers; it is ended at last."""
    log = state.with_name(f"{state.name}.log")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if home is not None:
        environment |= {"HOME": str(home), "HF_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    line = command(*map(str, paths), state=state, engine=engine)
    with log.open("wb") as errors:
        process = subprocess.Popen(line, stderr=errors, env=environment)
    try:
        yield until_ready_at(log, state, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE_S)


def jobs_of(client: httpx.Client) -> dict[str, str]:
    """The ids of all jobs by their names."""
    return {job["name"]: job["id"] for job in client.get("/api/jobs").json()["jobs"]}


def patched(client: httpx.Client, job_id: str, text: str, *, match: str = "") -> httpx.Response:
    """The answer to an edit that has the first subtitle say this."""
    path = f"/api/jobs/{job_id}/cues"
    found = client.get(path)
    cues = found.json()["cues"]
    cues[0]["text"] = text
    headers = {"If-Match": match or found.headers["etag"]}
    return client.patch(path, json={"cues": cues}, headers=headers)
