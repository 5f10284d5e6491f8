"""Recordings in, words out: `/transcribe`, `/align` and OpenAI's `/v1/audio/transcriptions`."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from qasr_cli.core.language.languages import joins_without_space
from qasr_cli.core.types import Transcript
from qasr_cli.formats.rendering import render
from qasr_cli.options import Options
from qasr_cli.serve import settings
from qasr_cli.serve.answers import openai, plain
from qasr_cli.serve.forms.uploads import Upload
from qasr_cli.serve.orders.orders import Order
from qasr_cli.serve.refusals import Refused
from qasr_cli.serve.routes.exchange import (
    EventStream,
    refused_by_bug,
    unless_left,
    upload_of,
)
from qasr_cli.serve.service import Service

_FORMAT_OF_QASR = {"text": "txt", "srt": "srt", "vtt": "vtt"}
_MOST_TEMPERATURE = 1.0


class Transcriptions:
    """The handlers, for one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def transcribe(self, request: Request) -> Response:
        """`POST /transcribe`: text, words and sentences of a recording."""
        with self._service.request_queue.place(), await upload_of(request, self._service) as upload:
            options = self._options(upload)
            transcript = await self._transcript(request, upload, options)
        return JSONResponse(plain.transcribed(transcript))

    async def align(self, request: Request) -> Response:
        """`POST /align`: words and sentences of a text that is known."""
        with self._service.request_queue.place(), await upload_of(request, self._service) as upload:
            text = upload.first("text")
            if text is None:
                message = "the form holds no text; what is said goes into the field text"
                raise Refused.bad_request(message, param="text")
            options = self._options(upload)
            transcript = await self._transcript(request, upload, options, text=text)
        return JSONResponse(plain.aligned(transcript))

    async def openai(self, request: Request) -> Response:
        """`POST /v1/audio/transcriptions`."""
        async with contextlib.AsyncExitStack() as held:
            held.enter_context(self._service.request_queue.place())
            upload = held.enter_context(await upload_of(request, self._service))
            wanted = _Wanted(upload)
            order = _order(upload, self._openai_options(upload))
            if wanted.is_stream:
                events = self._events(order, wanted)
                return EventStream(request, events, held.pop_all())
            transcript = await unless_left(request, self._service.request_queue.transcript(order))
            return wanted.answer(transcript, order.options)

    async def _transcript(
        self, request: Request, upload: Upload, options: Options, *, text: str | None = None
    ) -> Transcript:
        work = self._service.request_queue.transcript(_order(upload, options, text=text))
        return await unless_left(request, work)

    def _options(self, upload: Upload) -> Options:
        options = settings.with_language(self._service.options, upload.first("language"))
        options = settings.with_channels(options, upload.first("channels"))
        options = _with_speakers(options, upload)
        hotwords = upload.every("hotwords", "hotwords[]")
        return settings.with_context(options, upload.first("context", "prompt"), hotwords)

    def _openai_options(self, upload: Upload) -> Options:
        languages = settings.listed(upload.every("languages", "languages[]"))
        language = upload.first("language") or (languages[0] if len(languages) == 1 else None)
        options = settings.with_language(self._service.options, language)
        options = settings.with_channels(options, upload.first("channels"))
        wanted = (upload.first("response_format") or "").strip().lower()
        options = _with_speakers(options, upload, is_expected=wanted == "diarized_json")
        keywords = upload.every("keywords", "keywords[]", "hotwords", "hotwords[]")
        return settings.with_context(options, upload.first("prompt"), settings.listed(keywords))

    async def _events(self, order: Order, wanted: "_Wanted") -> AsyncIterator[str]:
        """A stream of text as it is heard; at last the whole."""
        has_told = False
        try:
            async with contextlib.aclosing(self._service.request_queue.pieces(order)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Transcript):
                        if wanted.format == "diarized_json":
                            for segment in openai.diarized(piece)["segments"]:
                                yield openai.event(segment)
                        yield openai.event(openai.done(piece))
                        continue
                    is_parted = has_told and not joins_without_space(piece.language)
                    space, has_told = " " if is_parted else "", True
                    yield openai.event(openai.delta(space + piece.text))
        except Refused as refused:
            yield openai.event(refused.to_document())
        except Exception as error:  # noqa: BLE001  # logged; the stream has begun
            yield openai.event(refused_by_bug(error).to_document())


def _with_speakers(options: Options, upload: Upload, *, is_expected: bool = False) -> Options:
    return settings.with_speakers(
        options,
        diarize=upload.first("diarize"),
        count=upload.first("speakers"),
        is_expected=is_expected,
    )


class _Wanted:
    """How OpenAI's clients want their answer.

    Raises:
        Refused: in no way there is.
    """

    def __init__(self, upload: Upload) -> None:
        self.format = (upload.first("response_format") or "json").strip().lower()
        if self.format not in openai.FORMATS:
            message = f"response_format takes {', '.join(openai.FORMATS)}"
            raise Refused.bad_request(message, param="response_format")
        fields = upload.every("timestamp_granularities", "timestamp_granularities[]")
        self.granularities = settings.listed(fields) or ["segment"]
        unknown = [each for each in self.granularities if each not in openai.GRANULARITIES]
        if unknown:
            message = f"timestamp_granularities takes {', '.join(openai.GRANULARITIES)}"
            raise Refused.bad_request(message, param="timestamp_granularities")
        self.is_stream = settings.is_true(upload.first("stream"))
        _check_temperature(upload)
        _check_not_offered(upload)

    def answer(self, transcript: Transcript, options: Options) -> Response:
        """The transcript in this way."""
        if self.format in _FORMAT_OF_QASR:
            return PlainTextResponse(render(transcript, _FORMAT_OF_QASR[self.format], options))
        documents: dict[str, Any] = {
            "json": openai.short,
            "diarized_json": openai.diarized,
            "verbose_json": lambda heard: openai.verbose(heard, granularities=self.granularities),
        }
        return JSONResponse(documents[self.format](transcript))


def _check_temperature(upload: Upload) -> None:
    value = upload.first("temperature")
    if value is None:
        return
    try:
        is_right = 0 <= float(value) <= _MOST_TEMPERATURE
    except ValueError:
        is_right = False
    if not is_right:
        raise Refused.bad_request("temperature takes 0 to 1", param="temperature")


def _check_not_offered(upload: Upload) -> None:
    if settings.listed(upload.every("include", "include[]")):
        raise Refused.bad_request("include: logprobs are not offered", param="include")
    for name in ("known_speaker_names", "known_speaker_references"):
        if upload.every(name, f"{name}[]"):
            raise Refused.bad_request(f"{name}: voices are not compared", param=name)


def _order(upload: Upload, options: Options, *, text: str | None = None) -> Order:
    return Order(
        path=upload.path,
        sha256=upload.sha256,
        name=upload.name or "recording",
        options=replace(options, output=replace(options.output, formats=())),
        text=text,
    )
