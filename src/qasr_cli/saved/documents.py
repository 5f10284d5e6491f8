"""JSON files of whatever program: their value, or a sentence that says why they are none."""

import codecs
import contextlib
import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.formats.readers.encodings import decoded
from qasr_cli.formats.readers.subtitles import SUBTITLE_SUFFIXES
from qasr_cli.media.suffixes import MEDIA_SUFFIXES, SHARED_SUFFIXES, suffix_of
from qasr_cli.storage.side_files import RESULT_LIMIT_BYTES, open_side_file, read_open_file

_ENCODING_MARKS = (
    *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    *(codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
)
WANTED = "qasr transcribe RECORDING -f json makes one"
# In the state of a batch, which hears again what it has no whole result of, and nothing else.
WANTED_OF_BATCH = "qasr batch FOLDER makes it anew"
NO_RESULT_OF_BATCH = f"its result is gone, or damaged; {WANTED_OF_BATCH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a JSON file holds, and what a person should know of how it was read."""

    value: object
    notes: tuple[str, ...]


def read_document(path: str, *, wanted: str = WANTED) -> Document:
    """What a JSON file holds; of one with a value a line, the list of them.

    Args:
        wanted: what to do where it holds none, for the message.

    Raises:
        OSError: it cannot be opened, is too large or no file.
        ValueError: it is no JSON, and why in one line.
    """
    with open_side_file(path) as file:
        data = file.read(1024)
        # A recording would be read whole before the first byte was looked at.
        if _begins_like_json(data):
            data += read_open_file(file, path, limit_bytes=RESULT_LIMIT_BYTES)
        elif not data.strip(b" \t\r\n\0"):
            raise ValueError(f"is empty, and no saved result; {wanted}")
        else:
            raise ValueError(_no_result(path, wanted))
    try:
        return _document(*_decoded(data))
    except RecursionError as error:
        raise ValueError(f"is nested too deep for a result; {wanted}") from error
    except MemoryError as error:
        raise ValueError("does not fit into memory") from error


def _no_result(path: str, wanted: str) -> str:
    """What a file without any JSON may be, by its name, and what its owner may have meant."""
    suffix, name = suffix_of(path), shlex.quote(path)
    if suffix in MEDIA_SUFFIXES | SHARED_SUFFIXES:
        return f"is a recording and no saved result; qasr transcribe {name} -f json makes one"
    if suffix in SUBTITLE_SUFFIXES:
        return (
            f"holds subtitles and is no saved result; qasr lint {name} checks them, "
            f"qasr align RECORDING --from-srt {name} gives them new times"
        )
    return f"is no saved result (no JSON); {wanted}"


def _begins_like_json(data: bytes) -> bool:
    for mark in _ENCODING_MARKS:
        data = data.removeprefix(mark)
    return data.strip(b" \t\r\n\0")[:1] in (b"{", b"[")


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, and how it was read where that was not plain."""
    try:
        return data.decode(json.detect_encoding(data)), ()
    except UnicodeDecodeError:
        cut = data.decode(errors="surrogateescape")
        with contextlib.suppress(ValueError):
            if _has_whole_texts(json.loads(cut)):
                return cut, ()
        text, note = decoded(data)  # as old editors save it
        return text, (note,) if note else ()


def _has_whole_texts(value: object) -> bool:
    """Whether only tokens hold bytes that are no text: whisper.cpp cuts characters between them."""
    if isinstance(value, str):
        return not any("\udc80" <= char <= "\udcff" for char in value)
    if isinstance(value, dict):
        return all(_has_whole_texts(inner) for name, inner in value.items() if name != "tokens")
    return not isinstance(value, list) or all(map(_has_whole_texts, value))


def _document(text: str, notes: tuple[str, ...]) -> Document:
    try:
        return Document(value=json.loads(text), notes=notes)
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        values = list(_whole_lines(lines))
        if len(lines) > 1 and len(values) >= len(lines) - 1:
            if len(values) < len(lines):
                notes = (*notes, "its last line breaks off and was left out")
            return Document(value=values, notes=notes)
        place = f"line {error.lineno}, column {error.colno}"
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise ValueError(f"breaks off at {place}: it was not written to its end") from error
        raise ValueError(f"is not JSON at {place}: {error.msg}") from error


def _whole_lines(lines: Sequence[str]) -> Iterator[object]:
    """The values of the lines before the first that is none."""
    for line in lines:
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            return
