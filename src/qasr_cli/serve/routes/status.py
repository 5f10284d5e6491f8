"""How the process is: for whoever starts it, watches it, or chooses a model."""

import os

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from qasr_cli import __version__
from qasr_cli.machine.memory import used_bytes
from qasr_cli.serve.forms.receiving import json_received
from qasr_cli.serve.forms.uploads import FIELD_LIMIT_BYTES
from qasr_cli.serve.gate import COOKIE, is_key
from qasr_cli.serve.models.engine_thread import State
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.service import Service

_MOST_BODY_BYTES = 16 << 10
_OPENAPI = os.path.join(os.path.dirname(__file__), "openapi.json")
_READY = frozenset({State.READY, State.BUSY, State.UNLOADED})
_LOADED = frozenset({State.READY, State.BUSY})


class Status:
    """The handlers, for one service whose key is `key`; "" = it has none."""

    def __init__(self, service: Service, *, key: str) -> None:
        self._service = service
        self._key = key

    async def healthz(self, _: Request) -> Response:
        """`GET /healthz`: whether the process lives, and what it takes."""
        state = self._service.shared.state
        is_lost = state is State.FAILED
        answer = {
            "status": "failed" if is_lost else "ok",
            "state": state,
            "memory_bytes": used_bytes(has_models=state in _LOADED),
            "sandbox": self._service.sandbox,
            "version": __version__,
        }
        return JSONResponse(answer, 503 if is_lost else 200)

    async def readyz(self, _: Request) -> Response:
        """`GET /readyz`: whether it would do a request at once."""
        state = self._service.shared.state
        return JSONResponse({"state": state}, 200 if state in _READY else 503)

    async def models(self, _: Request) -> Response:
        """`GET /v1/models`."""
        return JSONResponse({"object": "list", "data": [self._model()]})

    async def model(self, request: Request) -> Response:
        """`GET /v1/models/NAME`."""
        if request.path_params["name"] != self._service.model_name:
            raise Refused.not_found("there is no such model here; /v1/models lists what is")
        return JSONResponse(self._model())

    async def limits(self, _: Request) -> Response:
        """`GET /v1/limits`: what is taken, to be known before sending."""
        answer = {
            "max_upload_bytes": self._service.limits.most_bytes,
            "max_field_bytes": FIELD_LIMIT_BYTES,
            "max_duration_s": self._service.options.decode.max_duration_s,
            "max_requests": self._service.request_queue.most_count,
            "max_jobs": self._service.jobs.limits.most_count,
            "max_live": self._service.live.limits.most_count,
            "keep_s": self._service.jobs.limits.keep_s,
        }
        return JSONResponse(answer)

    async def load(self, _: Request) -> Response:
        """`POST /api/load`: begin to load the models."""
        self._service.shared.load()
        return JSONResponse({"state": self._service.shared.state}, 202)

    async def unload(self, _: Request) -> Response:
        """`POST /api/unload`: give the models' memory back."""
        self._service.shared.unload()
        return JSONResponse({"state": self._service.shared.state}, 202)

    async def session(self, request: Request) -> Response:
        """`POST /api/session`: the key once, for a cookie that no script can read."""
        sent = await json_received(request, most_bytes=_MOST_BODY_BYTES)
        given = sent.get("key") if isinstance(sent, dict) else None
        if not isinstance(given, str):
            raise Refused.bad_request('send JSON: {"key": "..."}')
        if not self._key or not is_key(given, self._key):
            raise Refused(401, "the key is wrong", code="invalid_api_key")
        response = Response(status_code=204)
        # Behind a proxy only the page knows whether it came by TLS.
        is_by_tls = request.headers.get("origin", "").startswith("https:")
        response.set_cookie(
            COOKIE, self._key, httponly=True, samesite="strict", path="/", secure=is_by_tls
        )
        return response

    async def openapi(self, _: Request) -> Response:
        """`GET /openapi.json`: all routes."""
        return FileResponse(_OPENAPI, media_type="application/json")

    async def metrics(self, _: Request) -> Response:
        """`GET /metrics`."""
        service = self._service
        is_loaded, live = service.shared.state in _LOADED, service.live.numbers()
        text = service.metrics.text(
            {
                "requests_in_progress": service.request_queue.place_count,
                "jobs_waiting": float(service.jobs.register.waiting_count),
                "jobs_at_work": float(service.jobs.register.at_work_count),
                "queued_sound_seconds": service.request_queue.queued_ms / 1000,
                "models_loaded": float(is_loaded),
                "live_sessions": live.count,
                "live_readers": live.reader_count,
                "live_lag_seconds": live.lag_s,
            },
            {
                "sound_seconds_total": service.shared.pace.done_s,
                "work_seconds_total": service.shared.pace.work_s,
                "upload_bytes_total": service.metrics.upload_bytes,
                "live_sessions_total": live.begun_count,
                "live_sound_seconds_total": live.sound_s,
            },
        )
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    def _model(self) -> dict[str, object]:
        return {
            "id": self._service.model_name,
            "object": "model",
            "created": self._service.started_s,
            "owned_by": "qasr",
        }
