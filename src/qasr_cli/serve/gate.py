"""Who may ask, and from where: names, origins, keys. Before anything else is looked at.

Pure ASGI, so that streams and WebSockets pass untouched.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from qasr_cli.serve.refusals import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "qasr_key"
# A page of another site can set no header of a WebSocket but this list, so its key is there, in
# base64url; it names ours beside it, which is the one that is answered.
LIVE_PROTOCOL = "qasr-live"
KEY_PROTOCOL = "qasr-key."
# Whether the process lives, and what it is at: for whoever starts and stops it.
_OPEN_TO_ALL = frozenset({"/healthz", "/readyz"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED_SOCKET = 4403  # a close code of our own, as 403 is

_POLICY = (
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"microphone=(self), camera=(), geolocation=()"),
    (b"content-security-policy", "; ".join(_POLICY).encode()),
]
# What pages of an allowed origin see of an answer, which is another one for others.
_READABLE = [
    (b"access-control-expose-headers", b"etag, location, retry-after"),
    (b"vary", b"Origin"),
]


class Gate:
    """Lets through what comes to a name of this server, from no foreign page, with the key.

    Args:
        hosts: names that it answers to, without ports.
        origins: pages of other sites that may ask, as `https://name:port`.
        key: "" = none is needed.
        open_paths: paths that need no key: they hold no data.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: Iterable[str],
        origins: Iterable[str] = (),
        key: str = "",
        open_paths: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._hosts = frozenset(map(_plain_host, hosts))
        self._origins = frozenset(origin.lower() for origin in origins)
        self._key = key
        self._open_paths = _OPEN_TO_ALL | frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin", "").lower()
        is_allowed = origin in self._origins
        # A browser asks first what its page may do, and sends no key with that.
        is_preflight = is_allowed and scope.get("method") == "OPTIONS"
        send = _with_headers(send, origin=origin if is_allowed else "")
        try:
            self._check_name_and_origin(scope, headers, origin)
            if self._key and scope["path"] not in self._open_paths and not is_preflight:
                self._check_key(headers, scope.get("subprotocols") or ())
        except Refused as refused:
            await _refuse(refused, scope, receive, send)
            return
        if is_preflight:
            await _preflight(headers, send)
            return
        await self._app(scope, receive, send)

    def _check_name_and_origin(self, scope: Scope, headers: dict[bytes, str], origin: str) -> None:
        host = headers.get(b"host", "")
        # The address that the connection came to is no name that could lead elsewhere tomorrow.
        came_to = _plain_host(str((scope.get("server") or ("",))[0] or ""))
        if not _plain_host(host) or _plain_host(host) not in {*self._hosts, came_to}:
            message = f"this server has no such name: {host:.80}; --allow-host gives it one"
            raise Refused(421, message, code="bad_host")
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        is_foreign = bool(origin) and origin not in {
            f"http://{host}".lower(),
            f"https://{host}".lower(),
            *self._origins,
        }
        if changes and is_foreign:
            message = f"pages of {origin:.80} may not ask; --allow-origin lets them"
            raise Refused(403, message, code="bad_origin")

    def _check_key(self, headers: dict[bytes, str], protocols: Iterable[str]) -> None:
        scheme, _, given = headers.get(b"authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = _key_among(protocols) or _cookie(headers.get(b"cookie", ""))
        if not is_key(given.strip(), self._key):
            raise Refused(401, "the API key is missing or wrong", code="invalid_api_key")


def is_key(given: str, key: str) -> bool:
    """Whether a key is the right one; takes equally long wherever it differs."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), key.encode())


def _plain_host(host: str) -> str:
    """A host as it is compared: without its port, a last dot, capitals."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    if host.count(":") > 1:
        return f"[{host.lower()}]"
    return host.partition(":")[0].lower().rstrip(".")


def _key_among(protocols: Iterable[str]) -> str:
    """The key that stands among the protocols of a WebSocket; "" where none does."""
    for each in protocols:
        if each.startswith(KEY_PROTOCOL):
            coded = each.removeprefix(KEY_PROTOCOL).rstrip("=")
            try:
                padded = coded + "=" * (-len(coded) % 4)
                return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
            except ValueError:
                return ""
    return ""


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _with_headers(send: Send, *, origin: str) -> Send:
    """Sends with the headers that every answer has; no page of another site may read it."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            more = [(b"access-control-allow-origin", origin.encode()), *_READABLE] if origin else []
            given = {name.lower() for name, _ in message.get("headers", ())}
            ours = [pair for pair in (*_HEADERS, *more) if pair[0] not in given]
            message["headers"] = [*message.get("headers", ()), *ours]
        await send(message)

    return sending


async def _preflight(asked: dict[bytes, str], send: Send) -> None:
    # Libraries have headers of their own (OpenAI's `x-stainless-...`); none does harm.
    wanted = asked.get(b"access-control-request-headers", "").encode("latin-1")
    headers = [
        (b"access-control-allow-methods", b"GET, POST, PATCH, DELETE"),
        (b"access-control-allow-headers", wanted or b"authorization, content-type, if-match"),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    from starlette.responses import JSONResponse

    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _REFUSED_SOCKET})
        return
    answer = JSONResponse(refused.to_document(), refused.status, headers=refused.headers)
    await answer(scope, receive, send)
