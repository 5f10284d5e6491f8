"""The application: routes, behind the gate, counted."""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from qasr_cli.serve.early_answers import EarlyAnswers
from qasr_cli.serve.gate import App, Gate
from qasr_cli.serve.jobs.beside_work import BesideWork
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.archive import Archive
from qasr_cli.serve.routes.bazarr import Bazarr
from qasr_cli.serve.routes.checks import Checks
from qasr_cli.serve.routes.exchange import Handler, answering, refusal
from qasr_cli.serve.routes.jobs import JobRoutes
from qasr_cli.serve.routes.live import Live
from qasr_cli.serve.routes.media import Media
from qasr_cli.serve.routes.page import Page
from qasr_cli.serve.routes.status import Status
from qasr_cli.serve.routes.stretches import Stretches
from qasr_cli.serve.routes.transcriptions import Transcriptions
from qasr_cli.serve.service import Service

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def application(
    service: Service, *, hosts: Iterable[str], origins: Iterable[str] = (), key: str = ""
) -> App:
    """The application of a service.

    Args:
        hosts, origins, key: as `Gate` has them.
    """
    status = Status(service, key=key)
    page = Page(editing=service.editing)
    routes: list[BaseRoute] = [
        *_live_routes(service),
        *_page_routes(service, page),
        *_job_routes(service),
        *_recording_routes(service),
        _route(service, "GET", "/v1/models", status.models),
        _route(service, "GET", "/v1/models/{name:path}", status.model),
        _route(service, "GET", "/v1/limits", status.limits),
        _route(service, "POST", "/api/load", status.load),
        _route(service, "POST", "/api/unload", status.unload),
        _route(service, "GET", "/healthz", status.healthz),
        _route(service, "GET", "/readyz", status.readyz),
        _route(service, "POST", "/api/session", status.session),
        _route(service, "GET", "/openapi.json", status.openapi),
        _route(service, "GET", "/metrics", status.metrics),
    ]
    app = Starlette(
        routes=routes,
        lifespan=_lifespan(service),
        exception_handlers={404: _no_such_route, 405: _no_such_method, Exception: _bug},
    )
    # A redirect would send a recording twice, and by the name that a proxy has for this server.
    app.router.redirect_slashes = False
    open_paths = {"/api/session", *page.open_paths}
    gate = Gate(app, hosts=hosts, origins=origins, key=key, open_paths=open_paths)
    return EarlyAnswers(gate)


def _page_routes(service: Service, page: Page) -> list[Route]:
    """The page for people, and what it alone asks for."""
    checks = Checks(service)
    return [
        _route(service, "GET", "/", page.file),
        _route(service, "GET", "/page/{name:path}", page.file),
        _route(service, "GET", "/api/choices", page.choices),
        _route(service, "GET", "/api/results.zip", Archive(service).results),
        _route(service, "POST", "/api/lint", checks.lint),
        _route(service, "POST", "/api/layout", checks.layout),
    ]


def _live_routes(service: Service) -> list[BaseRoute]:
    """Not where the user's own files are edited: nothing else is kept there."""
    return [] if service.editing else [WebSocketRoute("/live", Live(service).live)]


def _recording_routes(service: Service) -> list[Route]:
    handlers = Transcriptions(service)
    bazarr = Bazarr(service)
    return [
        _route(service, "POST", "/transcribe", handlers.transcribe),
        _route(service, "POST", "/align", handlers.align),
        _route(service, "POST", "/v1/audio/transcriptions", handlers.openai),
        _route(service, "GET", "/status", bazarr.status),
        _route(service, "POST", "/asr", bazarr.asr),
        _route(service, "POST", "/detect-language", bazarr.detect_language),
    ]


def _job_routes(service: Service) -> list[Route]:
    jobs = JobRoutes(service)
    beside = BesideWork(service.jobs)
    media = Media(service, beside)
    stretches = Stretches(service, beside)
    return [
        _route(service, "POST", "/api/jobs", jobs.create),
        _route(service, "GET", "/api/jobs", jobs.every),
        _route(service, "GET", "/api/events", jobs.all_events),
        _route(service, "GET", "/api/jobs/{id}", media.job),
        _route(service, "DELETE", "/api/jobs/{id}", jobs.remove),
        _route(service, "POST", "/api/jobs/{id}/start", jobs.start),
        _route(service, "GET", "/api/jobs/{id}/events", jobs.events),
        _route(service, "GET", "/api/jobs/{id}/result.{format}", jobs.result),
        _route(service, "GET", "/api/jobs/{id}/cues", jobs.cues),
        _route(service, "PATCH", "/api/jobs/{id}/cues", jobs.edit_cues),
        _route(service, "GET", "/api/jobs/{id}/peaks", media.peaks),
        _route(service, "GET", "/api/jobs/{id}/review", jobs.review),
        _route(service, "POST", "/api/jobs/{id}/reviewed", jobs.mark_reviewed),
        _route(service, "GET", "/api/jobs/{id}/media", media.media),
        _route(service, "GET", "/api/jobs/{id}/picture", media.picture),
        _route(service, "POST", "/api/jobs/{id}/picture", media.make_picture),
        _route(service, "POST", "/api/jobs/{id}/align", stretches.align),
        _route(service, "POST", "/api/jobs/{id}/hear", stretches.hear),
    ]


def _lifespan(service: Service) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.jobs.open()
        await service.live.open()
        service.shared.start()
        yield

    return lifespan


def _route(service: Service, method: str, path: str, handler: Handler) -> Route:
    """A route whose answers are counted."""
    answered = answering(handler)

    async def counted(request: Request) -> Response:
        began_s = time.monotonic()
        response = await answered(request)
        service.metrics.count(path, response.status_code, time.monotonic() - began_s)
        return response

    return Route(path, counted, methods=[method])


async def _no_such_route(request: Request, _: Exception) -> Response:
    return refusal(Refused.not_found(f"there is no {request.method} {request.url.path:.80} here"))


async def _no_such_method(request: Request, _: Exception) -> Response:
    message = f"{request.url.path:.80} does not take {request.method}"
    return refusal(Refused(405, message, code="method_not_allowed"))


async def _bug(_: Request, error: Exception) -> Response:
    return refusal(Refused(500, f"internal error: {type(error).__name__}", code="internal_error"))
