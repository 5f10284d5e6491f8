"""Who may ask, and from where."""

import asyncio
import socket
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from qasr_cli.serve.gate import COOKIE, Gate, Receive, Scope, Send
from tests.serve.asgi import Answer, Headers, answered, scope_of
from tests.serve.conftest import Serve, Served

_KEY = "correct-horse-battery"
_HERE = ("host", "localhost:7860")
_SITE = "https://notes.example:8443"


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
    else:
        await PlainTextResponse("in")(scope, receive, send)


def _asked(
    *headers: tuple[str, str],
    method: str = "POST",
    path: str = "/transcribe",
    key: str = "",
    kind: str = "http",
    server: str = "127.0.0.1",
) -> Answer:
    """The answer of a gate to a request with these headers."""
    hosts = ("localhost", "127.0.0.1", "[::1]", "studio.local")
    gate = Gate(_inside, hosts=hosts, origins=(_SITE,), key=key, open_paths={"/api/session"})
    scope = scope_of(method, path, headers, kind=kind, server=server)
    return asyncio.run(answered(gate, scope))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:7860",
        "LocalHost:1",
        "localhost.",
        "localhost.:7860",
        "127.0.0.1:7860",
        "[::1]:7860",
        "[::1]",
        "Studio.Local",
        "10.0.0.7:7860",
    ],
)
def test_names_of_this_server(host: str) -> None:
    """Its names, and the address that a connection came to, whatever port, case or last dot."""
    assert _asked(("host", host), server="10.0.0.7").status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.8",
        "[::2]:7860",
        "",
        ":7860",
        ".",
        "会议",
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_other_names_are_refused(host: str, kind: str) -> None:
    """A name that leads here by somebody else's doing is none, for WebSockets too."""
    answer = _asked(("host", host), kind=kind, server="10.0.0.7")
    assert (answer.status, answer.close_code) == ((421, None) if kind == "http" else (0, 4403))


def test_no_name_is_none() -> None:
    """A request without Host is refused, on a Unix socket too."""
    assert _asked().status == 421
    assert _asked(server="/run/qasr.sock").status == 421


@pytest.mark.parametrize(
    ("origin", "is_foreign"),
    [
        ("http://localhost:7860", False),
        ("https://localhost:7860", False),
        ("HTTP://LOCALHOST:7860", False),
        (_SITE, False),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:7860", True),
        ("https://notes.example", True),
        ("https://evil.example", True),
        ("null", True),
    ],
)
def test_pages_of_other_sites(origin: str, *, is_foreign: bool) -> None:
    """They may change nothing and open no WebSocket; what they get by GET they cannot read."""
    headers = (_HERE, ("origin", origin))
    assert _asked(*headers).status == (403 if is_foreign else 200)
    assert _asked(*headers, method="DELETE").status == (403 if is_foreign else 200)
    socket = _asked(*headers, kind="websocket")
    assert socket.close_code == (4403 if is_foreign else 1000)
    got = _asked(*headers, method="GET")
    assert got.status == 200
    allowed = got.header("access-control-allow-origin")
    assert allowed == (_SITE if origin == _SITE else None)


def test_an_allowed_page_asks_first() -> None:
    """The answer to a preflight needs no key, and lets a library's own headers pass."""
    wanted = "authorization, x-stainless-os"
    answer = _asked(
        _HERE,
        ("origin", _SITE),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", wanted),
        method="OPTIONS",
        key=_KEY,
    )
    assert answer.status == 204
    assert answer.header("access-control-allow-origin") == _SITE
    assert answer.header("access-control-allow-headers") == wanted
    assert "POST" in str(answer.header("access-control-allow-methods"))
    assert answer.header("vary") == "Origin"


@pytest.mark.parametrize("name", ["https://evil.example", "null"])
def test_another_page_asks_in_vain(name: str) -> None:
    """A preflight of any other page gets no such header, and none gets past a wrong host."""
    answer = _asked(_HERE, ("origin", name), method="OPTIONS", key=_KEY)
    assert answer.status == 401
    assert answer.header("access-control-allow-origin") is None
    assert _asked(("host", "evil"), ("origin", _SITE), method="OPTIONS").status == 421


@pytest.mark.parametrize(
    ("headers", "is_right"),
    [
        ([("authorization", f"Bearer {_KEY}")], True),
        ([("authorization", f"bearer  {_KEY} ")], True),
        ([("cookie", f"other=1; {COOKIE}={_KEY}")], True),
        ([("authorization", "Basic eDp5"), ("cookie", f"{COOKIE}={_KEY}")], True),
        ([], False),
        ([("authorization", "Bearer")], False),
        ([("authorization", "Bearer wrong")], False),
        ([("authorization", f"Bearer {_KEY}x")], False),
        ([("authorization", f"Bearer {_KEY[:-1]}é")], False),
        ([("authorization", _KEY)], False),
        ([("cookie", f"{COOKIE}=wrong")], False),
        ([("cookie", f"{COOKIE}=")], False),
        ([("cookie", "\x01;;=;ø")], False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_key(headers: Headers, kind: str, *, is_right: bool) -> None:
    """It comes as a bearer or as the page's cookie; anything else is 401."""
    answer = _asked(_HERE, *headers, key=_KEY, kind=kind)
    if kind == "websocket":
        assert answer.close_code == (1000 if is_right else 4403)
    else:
        assert answer.status == (200 if is_right else 401)
        assert answer.header("www-authenticate") == (None if is_right else "Bearer")


def test_what_is_open_without_the_key() -> None:
    """Whether it lives, whether it is ready, and where the key is given; nothing near these."""
    for path in ("/healthz", "/readyz", "/api/session"):
        assert _asked(_HERE, path=path, key=_KEY).status == 200
    for path in ("/healthz/", "/healthz/../metrics", "/metrics", "/openapi.json", "/"):
        assert _asked(_HERE, path=path, method="GET", key=_KEY).status == 401


_ON_EVERY_ANSWER = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize("headers", [[_HERE], [("host", "evil")], [_HERE, ("origin", "null")]])
def test_headers_on_every_answer(headers: Headers) -> None:
    """Answers and refusals alike keep browsers from guessing, framing and telling."""
    answer = _asked(*headers)
    assert _ON_EVERY_ANSWER.items() <= dict(answer.headers).items()
    policy = str(answer.header("content-security-policy"))
    assert {"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} <= set(
        policy.split("; ")
    )
    assert answer.header("access-control-allow-origin") is None


# --- a whole service --------------------------------------------------------------------------


def _key_file(folder: Path, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(f"{_KEY}\n")
    path.chmod(mode)
    return path


def test_a_page_changes_the_key_for_a_cookie(serve: Serve, tmp_path: Path) -> None:
    """No script reads the cookie and no other site sends it; with it, everything is open."""
    with serve("--api-key-file", str(_key_file(tmp_path))) as service, service.client() as client:
        assert client.get("/v1/models").status_code == 401
        assert client.post("/api/session", json={"key": "wrong"}).status_code == 401
        for body in (b"", b"[]", b'{"no": 1}', b"[" * 10_000, b"\xff"):
            assert client.post("/api/session", content=body).status_code == 400
        assert client.post("/api/session", content=b"x" * 20_000).status_code == 413

        given = client.post("/api/session", json={"key": _KEY})

        assert given.status_code == 204
        parts = {part.strip().lower() for part in given.headers["set-cookie"].split(";")}
        assert {"httponly", "samesite=strict", "path=/"} <= parts
        assert "secure" not in parts
        assert client.get("/v1/models").status_code == 200
        assert _KEY not in service.log.read_text()
        origin = service.url.replace("http:", "https:")
        by_tls = client.post("/api/session", json={"key": _KEY}, headers={"origin": origin})
        assert "secure" in by_tls.headers["set-cookie"].lower()


@pytest.mark.parametrize("names", ["Host: localhost\r\nHost: localhost\r\n", "", "Host: evil\r\n"])
def test_one_name_is_needed(fake_service: Served, names: str) -> None:
    """No name, two names and another's name are refused, whatever a client library would send."""
    with socket.create_connection(("127.0.0.1", fake_service.port)) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\n{names}Connection: close\r\n\r\n".encode())
        assert connection.recv(100).split()[1] in {b"400", b"421"}
