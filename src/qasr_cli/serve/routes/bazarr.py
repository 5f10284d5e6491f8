"""What Bazarr's provider `whisperai` asks for, as `whisper-asr-webservice` answers it."""

import os
import struct
from dataclasses import replace

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from qasr_cli import __version__
from qasr_cli.core.language.languages import code_of
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Transcript
from qasr_cli.fingerprints import settings_of
from qasr_cli.formats.rendering import render
from qasr_cli.options import Options
from qasr_cli.serve import settings
from qasr_cli.serve.forms.uploads import Upload, name_of_sender
from qasr_cli.serve.orders.orders import Order
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import unless_left, upload_of
from qasr_cli.serve.service import Service
from qasr_cli.system import open_files

_FORMATS = {"txt": "txt", "vtt": "vtt", "srt": "srt", "tsv": "tsv", "json": "json"}
_RAW_BYTES = 2  # of a sample that comes without a header
_WAV_HEADER_BYTES = 44
_MOST_WAV_BYTES = (1 << 32) - _WAV_HEADER_BYTES
# ISO 639-1 has no code for it, and Bazarr shuts out whoever answers with another kind.
_TWO_LETTERS = {"yue": "zh", "fil": "tl"}


class Bazarr:
    """The handlers, for one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def status(self, _: Request) -> Response:
        """`GET /status`: its button "Test connection"."""
        return JSONResponse({"version": __version__})

    async def asr(self, request: Request) -> Response:
        """`POST /asr`: subtitles of a recording."""
        asked = request.query_params
        if asked.get("task", "transcribe") != "transcribe":
            message = "qasr writes down what is said and does not translate; use task=transcribe"
            raise Refused(501, message, code="not_offered", param="task")
        name = asked.get("output", "txt")
        if name not in _FORMATS:
            raise Refused.bad_request(f"output takes {', '.join(_FORMATS)}", param="output")
        with self._service.request_queue.place(), await self._recording(request) as upload:
            options = settings.with_language(self._service.options, asked.get("language") or None)
            options = settings.with_context(options, asked.get("initial_prompt") or None, [])
            work = self._service.request_queue.transcript(_order(upload, options, asked))
            transcript = await unless_left(request, work)
        return PlainTextResponse(_rendered(transcript, _FORMATS[name], options))

    async def detect_language(self, request: Request) -> Response:
        """`POST /detect-language`: what is spoken at the beginning of a recording."""
        with self._service.request_queue.place(), await self._recording(request) as upload:
            order = _order(upload, self._service.options, request.query_params)
            work = self._service.request_queue.language(order)
            language, share = await unless_left(request, work)
        if language is None:
            raise Refused(400, "no speech was heard", code="no_speech", param="audio_file")
        code = code_of(language)
        answer = {
            "detected_language": language.lower(),
            "language_code": _TWO_LETTERS.get(code, code),
            "confidence": round(share, 3),
        }
        return JSONResponse(answer)

    async def _recording(self, request: Request) -> Upload:
        """The recording of a request; samples without a header get one."""
        if settings.is_true(request.query_params.get("encode", "true")):
            return await upload_of(request, self._service)
        upload = await upload_of(request, self._service, head=bytes(_WAV_HEADER_BYTES))
        try:
            _write_wav_header(upload)
        except BaseException:
            upload.remove()
            raise
        return upload


def _rendered(transcript: Transcript, name: str, options: Options) -> str:
    """The file as `qasr transcribe` writes it; its JSON says which format was asked for."""
    asked = replace(options, output=replace(options.output, formats=(name,)))
    made = transcript.settings | {"output": settings_of(asked)["output"]}
    return render(replace(transcript, settings=made), name, options)


def _write_wav_header(upload: Upload) -> None:
    """Make a file of what came: 16-bit samples, little-endian, one channel, 16 kHz.

    Raises:
        Refused: it is not that.
    """
    if upload.size_bytes % _RAW_BYTES or upload.size_bytes > _MOST_WAV_BYTES:
        message = "encode=false takes 16-bit samples, mono, 16 kHz, without a header, up to 4 GB"
        raise Refused.bad_request(message, param="audio_file")
    # Source: https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        upload.size_bytes + _WAV_HEADER_BYTES - 8,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        SAMPLE_RATE_HZ,
        SAMPLE_RATE_HZ * _RAW_BYTES,
        _RAW_BYTES,
        8 * _RAW_BYTES,
        b"data",
        upload.size_bytes,
    )
    descriptor = os.open(upload.path, open_files.WRITE)
    try:
        open_files.write_at(descriptor, header, 0)
    finally:
        os.close(descriptor)


def _order(upload: Upload, options: Options, asked: QueryParams) -> Order:
    return Order(
        path=upload.path,
        sha256=upload.sha256,
        name=name_of_sender(asked.get("video_file", "")) or upload.name or "recording",
        options=replace(options, output=replace(options.output, formats=())),
    )
