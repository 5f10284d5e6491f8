"""The document of all routes, and whether the service keeps to it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckContext
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from qasr_cli.serve import app
from qasr_cli.serve.routes import status
from tests.serve.conftest import Served, served

if TYPE_CHECKING:
    from starlette.routing import Route

    _Case = schemathesis.Case[Any]

_PATH = Path(status.__file__).with_name("openapi.json")
_DOCUMENT: dict[str, Any] = json.loads(_PATH.read_text())
_ENDLESS = "/api/events"
_FILES = ("audio", "file", "audio_file")
# What a service of tests may answer instead of doing it; anything else above 499 is a bug.
_REFUSALS = {501, 503, 507}


def _methods() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in _DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def test_every_route_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else is: no route without a word, no word without a route."""
    routes: list[Route] = []

    def noted(**settings: Any) -> Starlette:  # noqa: ANN401
        routes.extend(settings["routes"])
        return Starlette(**settings)

    monkeypatch.setattr(app, "Starlette", noted)
    app.application(_AnyService(), hosts=())  # type: ignore[arg-type]
    there = {
        (re.sub(r":\w+}", "}", route.path), method.lower())
        for route in routes
        for method in (route.methods or ())
        if method != "HEAD"
    }
    assert there == {(path, method) for path, method, _ in _methods()}


class _AnyService:
    """Has every part that handlers ask for when they are made."""

    def __getattr__(self, name: str) -> "_AnyService":
        return self


def test_it_is_said_in_short() -> None:
    """Every operation has a name of its own and one line, every parameter and answer its words."""
    names = [operation["operationId"] for _, _, operation in _methods()]
    assert len(set(names)) == len(names)
    for path, method, operation in _methods():
        assert 10 <= len(operation["summary"]) <= 72, (path, method)
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (path, method)
        for number, answer in operation["responses"].items():
            assert "$ref" in answer or answer["description"], (path, number)


def test_what_it_names_is_in_it() -> None:
    """No reference leads nowhere, and nothing is there that none leads to."""
    named = set(re.findall(r'"#/components/(\w+/\w+)"', json.dumps(_DOCUMENT)))
    kinds = ("schemas", "responses")
    assert named == {f"{kind}/{name}" for kind in kinds for name in _DOCUMENT["components"][kind]}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One of its own: what is asked here fills it with jobs, and unloads its models."""
    with served(tmp_path_factory.mktemp("served"), "--max-upload", "1M") as running:
        yield running


def test_the_service_answers_with_it(service: Served) -> None:
    """It is at hand where it says, byte for byte."""
    with service.client() as client:
        answer = client.get("/openapi.json")
    assert answer.content == _PATH.read_bytes()
    assert answer.headers["content-type"] == "application/json"


def _no_bug(_: CheckContext, response: schemathesis.Response, __: "_Case") -> None:
    assert response.status_code < 500 or response.status_code in _REFUSALS, response.text


_CHECKS = [
    _no_bug,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
_SCHEMA = schemathesis.openapi.from_dict(_DOCUMENT)
_OPERATIONS = [each.ok() for each in _SCHEMA.get_all_operations() if isinstance(each, Ok)]


@pytest.fixture
def job_id(service: Served, recordings: Path) -> str:
    """Of a job that is done; a new one only where the last was removed."""
    recording = (recordings / "announcement.wav").read_bytes()
    with service.client() as client:
        for job in client.get("/api/jobs").json()["jobs"]:
            if job["state"] == "done":
                return str(job["id"])
        job = client.post("/api/jobs", files={"audio": ("talk.wav", recording)}).json()
        client.get(f"/api/jobs/{job['id']}/events")  # ends when it has
        return str(job["id"])


@pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda operation: operation.label)
def test_the_service_keeps_to_it(
    operation: Any,  # noqa: ANN401
    service: Served,
    recordings: Path,
    job_id: str,
) -> None:
    """Whatever is sent: an answer that the document has, of its type and shape, and no bug."""
    if operation.path == _ENDLESS:
        pytest.skip("its answer has no end")
    recording = (recordings / "announcement.wav").read_bytes()
    with service.client() as client:
        cues = client.get(f"/api/jobs/{job_id}/cues").json()
        model = client.get("/v1/models").json()["data"][0]["id"]
    known = {"id": job_id, "name": model, "format": "srt"}
    good = {"text": "word1 word2", "cues": cues["cues"]} | dict.fromkeys(_FILES, recording)

    @settings(
        max_examples=10,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_good=st.booleans())
    def ask(case: "_Case", *, is_good: bool) -> None:
        if is_good:
            _put_right(case, known, good)
        case.call_and_validate(base_url=service.url, checks=_CHECKS)

    ask()
    assert service.process.poll() is None


def _put_right(case: "_Case", known: dict[str, str], good: dict[str, Any]) -> None:
    """Put what is there in the place of what was made up."""
    for name in set(known) & set(case.path_parameters):
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        case.body = {name: good[name] for name in case.body if name in good} or case.body
        case.headers["If-Match"] = "*"
