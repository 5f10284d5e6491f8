"""Subtitles that a recording has already: in files beside it, or as text inside its container."""

import contextlib
import functools
import itertools
import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.types import MediaFile
from qasr_cli.errors import InputError
from qasr_cli.media.embedding.contents import contents
from qasr_cli.storage.documents import open_regular

_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".ttml")
# Pictures of text: no player can search, restyle or translate them.
_PICTURES = frozenset({"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"})
# What players let a file say behind its language. Source:
# https://jellyfin.org/docs/general/server/media/external-files
_FLAGS = frozenset({"sdh", "cc", "hi", "default"})
_FORCED = frozenset({"forced", "foreign"})  # only what is said in another language: not all of it
_CODE = re.compile(r"[a-z]{2}", re.IGNORECASE)


def existing_subtitles(
    media: MediaFile, *, language: str | None, is_own: Callable[[str], bool]
) -> str | None:
    """What says that a recording has subtitles, for people; None where it has none.

    Args:
        language: full English name of the language that matters; None = any.
        is_own: whether qasr wrote a file for it.
    """
    return _beside(media.path, language, is_own) or _inside(media.path, language)


def _beside(path: str, language: str | None, is_own: Callable[[str], bool]) -> str | None:
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    for other in _names_beginning(folder or os.curdir, stem):
        rest, suffix = os.path.splitext(other)
        is_subtitle = suffix.lower() in _SUFFIXES and _is_of(stem, rest, language)
        if is_subtitle and not is_own(os.path.join(folder, other)):
            return f"it has subtitles: {other}"
    return None


def _names_beginning(folder: str, stem: str) -> Iterator[str]:
    """The names in a folder that begin in this way, in order."""
    try:
        names = _sorted_names(folder, os.stat(folder).st_mtime_ns)
    except OSError:
        return  # whoever opens the recording says so
    rest = (names[index] for index in range(bisect_left(names, stem), len(names)))
    yield from itertools.takewhile(lambda name: name.startswith(stem), rest)


@functools.lru_cache(maxsize=100)
def _sorted_names(folder: str, _mtime_ns: int) -> list[str]:
    """The names in a folder as it was then: all its recordings ask, and it may hold thousands."""
    return sorted(os.listdir(folder))


def _is_of(stem: str, rest: str, language: str | None) -> bool:
    """Whether a name without its suffix is the recording's, with a language and flags at most."""
    if rest != stem and not rest.startswith(f"{stem}."):
        return False
    parts = [part.lower() for part in rest[len(stem) + 1 :].split(".") if part]
    if not _FORCED.isdisjoint(parts):
        return False
    # "hi" is Hindi, too: a flag behind a language, but none by itself.
    flags = _FLAGS if len(parts) > 1 else _FLAGS - {"hi"}
    tags = [part for part in parts if part not in flags]
    if not tags:
        return True
    if len(tags) > 1:
        return False
    code = re.split("[-_]", tags[0])[0]
    found = language_from_model(code)
    if found is None and not _CODE.fullmatch(code):
        return False
    return language in (None, found)


def _inside(path: str, language: str | None) -> str | None:
    with contextlib.suppress(OSError, InputError):  # it fails by itself when it is done
        with open_regular(path) as file:
            streams = contents(file.fileno(), path=path).streams
        for stream in streams:
            is_text = stream.kind == "subtitle" and stream.codec not in _PICTURES
            spoken = language_from_model(stream.language)
            if is_text and (language is None or not stream.language or spoken == language):
                return f"it has subtitles inside: {stream}"
    return None
