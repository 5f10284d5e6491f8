"""The form of a request, written to a file while it arrives."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.requests import Request

from qasr_cli.serve.forms.form import Form
from qasr_cli.serve.forms.uploads import FIELD_LIMIT_BYTES, Upload, UploadLimits
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import DamagedDocument, json_from

# A body that brings less than this is not waited for: it would hold a place for ever.
SLOWEST_BYTES_A_S = 1024
PATIENCE_S = 30.0
_SPARE_BYTES = 64 << 20  # stays free on the disk


async def received(
    request: Request, limits: UploadLimits, *, head: bytes = b"", patience_s: float = PATIENCE_S
) -> Upload:
    """The form of a request, once all of it has arrived.

    Args:
        head: goes in front of the recording's bytes in its file.
        patience_s: how long a sender may bring next to nothing.

    Raises:
        Refused: it is no such form, or holds too much; or its sender is too slow.
        ClientDisconnect: its sender is gone.
    """
    _check_length(request, limits)
    form = Form(limits, _boundary(request), head=head)
    try:
        async for block in _blocks(request, patience_s):
            for piece in form.pieces_of(block):
                await _in_thread(lambda whole=piece: form.write(whole))  # type: ignore[misc]
        await _in_thread(form.finish)
    except BaseException:
        form.upload.remove()
        raise
    finally:
        form.close()
    return form.upload


async def json_received(
    request: Request, *, most_bytes: int, patience_s: float = PATIENCE_S
) -> Any:  # noqa: ANN401  # any JSON
    """The JSON value that a request holds, once all of it has arrived.

    Raises:
        Refused: there is none, or it is too large; or its sender is too slow.
        ClientDisconnect: its sender is gone.
    """
    body = bytearray()
    async for block in _blocks(request, patience_s):
        body += block
        if len(body) > most_bytes:
            raise Refused.too_large(most_bytes, what="the body")
    try:
        return json_from(bytes(body))
    except DamagedDocument as error:
        raise Refused.bad_request(f"the body {error}") from error


async def _in_thread(act: Callable[[], None]) -> None:
    """Do it, and let nothing follow before it is done: the file is closed next."""
    work = asyncio.ensure_future(asyncio.to_thread(act))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise


def _check_length(request: Request, limits: UploadLimits) -> None:
    """Refuse before anything is read."""
    length = request.headers.get("content-length", "")
    length_bytes = int(length) if length.isdecimal() else 0
    if length_bytes > limits.most_bytes + FIELD_LIMIT_BYTES:
        raise Refused.too_large(limits.most_bytes)
    if length_bytes + _SPARE_BYTES > shutil.disk_usage(limits.folder).free:
        raise Refused.disk_full()


def _boundary(request: Request) -> bytes:
    from python_multipart.multipart import parse_options_header

    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise Refused.bad_request("send a form: multipart/form-data with a boundary")
    return boundary


async def _blocks(request: Request, patience_s: float) -> AsyncIterator[bytes]:
    """The body as it comes, from a sender that is fast enough."""
    stream = request.stream().__aiter__()
    loop = asyncio.get_running_loop()
    began_s, came_bytes = loop.time(), 0
    while True:
        try:
            async with asyncio.timeout(patience_s):
                block = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused.too_slow() from None
        came_bytes += len(block)
        if (passed_s := loop.time() - began_s) >= patience_s:
            if came_bytes < SLOWEST_BYTES_A_S * passed_s:
                raise Refused.too_slow()
            began_s, came_bytes = loop.time(), 0
        yield block
