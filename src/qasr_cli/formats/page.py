"""The report of a batch as one HTML page that needs nothing but a browser. No I/O beyond its frame.

The page fetches nothing: its own policy forbids it all but the recordings beside it.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from qasr_cli.core.report import STATUSES
from qasr_cli.core.timing import clock_from_ms
from qasr_cli.core.transcript.coverage import coverage_of
from qasr_cli.core.types import Cue, IntervalMs, ReadCue, Transcript

_SUMMARY, _FILES = "<!-- summary -->", "<!-- files -->"
_HASHES = {"'style hash'": re.compile("<style>(.*?)</style>", re.DOTALL)}
_HASHES["'script hash'"] = re.compile("<script>(.*?)</script>", re.DOTALL)
# Halves of characters, which no file can hold, and controls, which no page should.
_UNSHOWN = re.compile("[\ud800-\udfff\0-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One recording on the page.

    Attributes:
        detail: its entry in the report.
        transcript: None where there is no result.
        cues: as they stand in the written file.
        peaks: its outline, see `media.peaks`; empty where nobody looked.
        url: of the recording, as the page reaches it; None where it is gone.
    """

    detail: Mapping[str, Any]
    transcript: Transcript | None = None
    cues: tuple[Cue | ReadCue, ...] = ()
    peaks: bytes = b""
    url: str | None = None


def page(report: Mapping[str, Any], recordings: Iterable[PageFile]) -> Iterator[str]:
    """Yield the page, piece by piece.

    Args:
        report: as `core.report` makes it.
        recordings: one an entry of the report, in its order.
    """
    frame = _with_hashes((files(__package__) / "page.html").read_text(encoding="utf-8"))
    head, rest = frame.split(_SUMMARY)
    middle, tail = rest.split(_FILES)
    yield head + _summary(report) + middle
    for number, recording in enumerate(recordings):
        yield _row(number, recording)
    yield tail


def _with_hashes(frame: str) -> str:
    """The page with the hashes of its own script and style in its policy: no other ones run."""
    for name, element in _HASHES.items():
        (content,) = element.findall(frame)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        frame = frame.replace(name, f"'sha256-{digest}'")
    return frame


def _summary(report: Mapping[str, Any]) -> str:
    counts = report["summary"]
    parts = [f"{counts['total_files']} files", f"{counts['successful']} done"]
    parts += [f"{counts[name]} {name}" for name in ("skipped", "failed", "pending") if counts[name]]
    parts.append(f"{clock_from_ms(round(counts['audio_s'] * 1000))} of sound in this run")
    state = report["status"] if report["stopped_by"] is None else f"stopped: {report['stopped_by']}"
    told = f"{', '.join(parts)}. {state}, {report['written']}"
    return f'<p class="summary">{_safe(told)}</p>'


def _row(number: int, recording: PageFile) -> str:
    detail, transcript = recording.detail, recording.transcript
    coverage = None if transcript is None else coverage_of(transcript)
    error = detail["error"]
    failure = [] if error is None else [error["message"].removeprefix(f"{detail['path']}: ")]
    notes = [*failure, *detail["warnings"]]
    gaps = () if coverage is None else coverage.gaps
    status = detail["status"] if detail["status"] in STATUSES else "unknown"
    classes = ["file", status]
    if notes or gaps:
        classes.append("noted")
    name = _safe(detail["file"])
    told = "".join(f'<div class="note">{_safe(note)}</div>' for note in notes)
    if transcript is None or coverage is None:
        cells, panel, label = ("", "", "", ""), "", f"<span>{name}</span>"
    else:
        cells = (
            _safe(transcript.language or "no speech"),
            clock_from_ms(transcript.duration_ms).partition(".")[0],
            str(len(recording.cues)),
            f"{coverage.share:.0%}" if transcript.speech else "",
        )
        label = (
            '<button type="button" class="name" aria-expanded="false" '
            f'aria-controls="panel-{number}">{name}</button>'
        )
        panel = (
            f'<tr class="panel" id="panel-{number}" hidden><td colspan="6">'
            '<script type="application/json">'
            f"{_data(recording, transcript, gaps)}</script></td></tr>\n"
        )
    language, length, cue_count, share = cells
    return (
        f'<tr class="{" ".join(classes)}" data-name="{name}"><th scope="row">{label}{told}</th>'
        f'<td class="status">{status}</td><td>{language}</td>'
        f'<td class="number">{length}</td><td class="number">{cue_count}</td>'
        f'<td class="number">{share}</td></tr>\n{panel}'
    )


def _data(recording: PageFile, transcript: Transcript, gaps: tuple[IntervalMs, ...]) -> str:
    document = {
        "duration_ms": transcript.duration_ms,
        "url": recording.url,
        "peaks": base64.b64encode(recording.peaks).decode(),
        "speech": transcript.speech,
        "gaps": gaps,
        "cues": [(cue.start_ms, cue.end_ms, "\n".join(cue.lines)) for cue in recording.cues],
    }
    # "</script>" in a subtitle would end the element.
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")


def _safe(text: str) -> str:
    """Text of any origin inside HTML; what cannot be shown is seen to be so."""
    return html.escape(_UNSHOWN.sub("\ufffd", text))
