"""The report of a batch as a page: results, subtitles and recordings looked up for each file."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from qasr_cli.core.types import Cue, ReadCue, Transcript
from qasr_cli.errors import InputError
from qasr_cli.formats.page import PageFile, page
from qasr_cli.formats.rendering import cues_of
from qasr_cli.media.peaks import peaks_of
from qasr_cli.media.suffixes import SHARED_SUFFIXES, VIDEO_SUFFIXES
from qasr_cli.options import DecodeOptions
from qasr_cli.saved.results import read_transcript, result_path_of
from qasr_cli.saved.subtitles import SUBTITLE_SUFFIXES, read_subtitles, suffix_of

_COLUMN_COUNT = 2000


def report_page(
    report: Mapping[str, Any],
    *,
    root: str,
    target_folder: str,
    with_waveforms: bool,
    summary: str,
) -> Iterator[str]:
    """Yield the page of a report, piece by piece.

    What is gone since the run (a result, a recording) is left out of the page, never an error.

    Args:
        root: folder of the batch, where its state lies.
        target_folder: where the page will stand; it names the recordings from there.
        summary: the counts, in a line.
    """
    return page(
        report,
        (
            _page_file(detail, root, target_folder=target_folder, with_waveforms=with_waveforms)
            for detail in report["details"]
        ),
        summary=summary,
    )


def _page_file(
    detail: Mapping[str, Any], root: str, *, target_folder: str, with_waveforms: bool
) -> PageFile:
    try:
        transcript = read_transcript(result_path_of(root, detail["file"]))
    except InputError:
        return PageFile(detail=detail)
    path = detail["path"]
    is_there = os.path.isfile(path)
    return PageFile(
        detail=detail,
        transcript=transcript,
        cues=_cues(detail["outputs"], transcript),
        peaks=_peaks(path, transcript) if is_there and with_waveforms else b"",
        url=_url(path, target_folder) if is_there else None,
        has_picture=os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES | SHARED_SUFFIXES,
    )


def _cues(outputs: Sequence[str], transcript: Transcript) -> tuple[Cue | ReadCue, ...]:
    """The subtitles that were written, or those that would be by default."""
    for suffix in SUBTITLE_SUFFIXES:
        for output in outputs:
            if suffix_of(output) == suffix:
                # Otherwise it is gone, or somebody broke it.
                with contextlib.suppress(InputError):
                    return read_subtitles(output).cues
    return cues_of(transcript)


def _peaks(path: str, transcript: Transcript) -> bytes:
    decode = transcript.settings.get("decode")
    track = decode.get("audio_track") if isinstance(decode, dict) else None
    track = track if isinstance(track, str) else None
    try:
        return peaks_of(path, decode=DecodeOptions(audio_track=track), column_count=_COLUMN_COUNT)
    except InputError:
        return b""


def _url(path: str, folder: str) -> str:
    """The URL of a file relative to a page in this folder; from bytes: names need not be UTF-8."""
    return quote(os.fsencode(os.path.relpath(path, folder)))
