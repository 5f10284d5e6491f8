"""What the tests of jobs share: sent, awaited, listened to."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.serve.conftest import Served

_PATIENCE_S = 120.0
ENDED = {"done", "failed"}


def sent(client: httpx.Client, recording: Path, *, name: str = "", **fields: str) -> dict[str, Any]:
    """A job that was accepted, as the answer shows it."""
    files = {"file": (name or recording.name, recording.read_bytes())}
    answer = client.post("/api/jobs", files=files, data=fields)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/jobs/{found['id']}"
    return found


def until(client: httpx.Client, job_id: str, states: set[str]) -> dict[str, Any]:
    """A job, once it is in one of these states."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        found: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
        if found["state"] in states:
            return found
        assert time.monotonic() < deadline_s, found
        time.sleep(0.02)


def done(client: httpx.Client, recording: Path, **fields: str) -> dict[str, Any]:
    """A job that is done."""
    found = until(client, sent(client, recording, **fields)["id"], ENDED)
    assert found["state"] == "done", found
    return found


def events_of(answer: httpx.Response) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Number, kind and content of each event of a stream."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


@pytest.fixture
def client(fake_service: Served) -> Iterator[httpx.Client]:
    """Asks the service of the module."""
    with fake_service.client() as asking:
        yield asking
