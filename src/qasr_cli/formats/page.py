"""The report of a batch as one HTML page that needs nothing but a browser. No I/O beyond its frame.

The page fetches nothing: its own policy forbids it all but the recordings beside it.
"""

import base64
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from qasr_cli.core.report import STATUSES
from qasr_cli.core.timing import clock
from qasr_cli.core.transcript.coverage import Coverage, coverage_of
from qasr_cli.core.types import Cue, ReadCue, Transcript

_SUMMARY, _FILES = "<!-- summary -->", "<!-- files -->"
_HASHES = {"'style hash'": re.compile("<style>(.*?)</style>", re.DOTALL)}
_HASHES["'script hash'"] = re.compile("<script>(.*?)</script>", re.DOTALL)
# Halves of characters, which no file can hold, and controls, which no page should.
_UNSHOWN = re.compile("[\ud800-\udfff\0-\x08\x0b-\x1f\x7f-\x9f]")
_BAD = ("partial", "failed", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One recording on the page.

    Attributes:
        detail: its entry in the report.
        transcript: None where there is no result.
        cues: as they stand in the written file.
        peaks: its outline, see `media.peaks`; empty where nobody looked.
        url: of the recording, as the page reaches it; None where it is gone.
        has_picture: its name is that of a film.
    """

    detail: Mapping[str, Any]
    transcript: Transcript | None = None
    cues: tuple[Cue | ReadCue, ...] = ()
    peaks: bytes = b""
    url: str | None = None
    has_picture: bool = False


def page(
    report: Mapping[str, Any], recordings: Iterable[PageFile], *, summary: str
) -> Iterator[str]:
    """Yield the page, piece by piece: first what failed, then what has warnings or gaps.

    Args:
        report: as `core.report` makes it.
        recordings: one an entry of the report, in its order.
        summary: the counts, in a line.
    """
    frame = _with_hashes((files(__package__) / "page.html").read_text(encoding="utf-8"))
    head, rest = frame.split(_SUMMARY)
    middle, tail = rest.split(_FILES)
    yield head + _header(report, summary) + middle
    rows = [_row(number, recording) for number, recording in enumerate(recordings)]
    for _, row in sorted(rows, key=lambda ranked: ranked[0]):  # else the order of the report
        yield row
    yield tail


def _with_hashes(frame: str) -> str:
    """The page with the hashes of its own script and style in its policy: no other ones run."""
    for name, element in _HASHES.items():
        (content,) = element.findall(frame)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        frame = frame.replace(name, f"'sha256-{digest}'")
    return frame


def _header(report: Mapping[str, Any], summary: str) -> str:
    warnings = (f'<p class="note">{_safe(text)}</p>' for text in report.get("warnings", ()))
    told = f'<p class="summary">{_safe(summary)}<br>{_safe(_state(report))}</p>'
    return "\n".join((told, *warnings))


def _state(report: Mapping[str, Any]) -> str:
    """Whether the run came to its end, and when."""
    when = _moment(report["written"])
    if report["status"] == "running":
        return f"Still running; this is how it stood at {when}."
    if report["stopped_by"] is not None:
        is_pending = any(detail["status"] == "pending" for detail in report["details"])
        going_on = "without --overwrite, the same command goes on from there"
        rest = going_on if is_pending else "nothing was left to do"
        return f"Stopped at {when}: {report['stopped_by']}; {rest}."
    return f"Finished at {when}."


def _moment(text: str) -> str:
    """A time as people write it; what is none, as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment:%Y-%m-%d %H:%M %Z}".rstrip()


def _row(number: int, recording: PageFile) -> tuple[int, str]:
    """The row of a recording behind its place: 0 where it failed, 1 with remarks, else 2."""
    detail, transcript = recording.detail, recording.transcript
    coverage = None if transcript is None else coverage_of(transcript)
    error = detail["error"]
    failure = [] if error is None else [error["message"].removeprefix(f"{detail['path']}: ")]
    notes = [*failure, *detail["warnings"]]
    is_reviewed = bool(detail.get("reviewed"))
    is_noted = bool(notes) or (coverage is not None and bool(coverage.gaps))
    status = detail["status"] if detail["status"] in STATUSES else "unknown"
    rank = 0 if failure or status in _BAD else 1 if is_noted else 2
    classes = ["file", status] + ["bad"] * (rank == 0) + ["noted"] * is_noted
    name = _safe(detail["file"])
    label, panel = f"<span>{name}</span>", ""
    if transcript is not None and coverage is not None:
        label = (
            '<button type="button" class="name" aria-expanded="false" '
            f'aria-controls="panel-{number}">{name}</button>{_speakers(transcript)}'
        )
        panel = (
            f'<tr role="row" class="panel" id="panel-{number}" hidden><td role="cell" colspan="6">'
            '<script type="application/json">'
            f"{_data(recording, transcript, coverage)}</script></td></tr>\n"
        )
    if is_reviewed:
        notes.append(f"reviewed {_moment(detail['reviewed'])}")
    told = "".join(f'<div class="note">{_safe(note)}</div>' for note in notes)
    cells = (_cell("Status", status, rank, kind="status"), *_cells(recording, coverage))
    return rank, (
        f'<tr role="row" class="{" ".join(classes)}" data-name="{name}">'
        f'<th role="rowheader" scope="row">{label}{told}</th>'
        f"{''.join(cells)}</tr>\n{panel}"
    )


def _cells(recording: PageFile, coverage: Coverage | None) -> Iterator[str]:
    """Yield what is known of the sound; without a result what the report says of it."""
    transcript = recording.transcript
    if transcript is None or coverage is None:
        language, length_s = recording.detail["language"] or "", recording.detail["duration_s"]
        cue_count, share = None, None
    else:
        language = ", ".join(_languages(transcript)) or "no speech"
        length_s, cue_count = transcript.duration_ms / 1000, len(recording.cues)
        share = coverage.share if transcript.speech else None
    yield _cell("Language", language)
    yield _number("Length", length_s, clock)
    yield _number("Subtitles", cue_count, "{}".format)
    yield _number("Speech with words", share, "{:.0%}".format)


def _languages(transcript: Transcript) -> list[str]:
    """What is spoken, the language of most of the time first."""
    spoken_ms: Counter[str] = Counter()
    for segment in transcript.segments:
        if segment.language is not None:
            spoken_ms[segment.language] += segment.end_ms - segment.start_ms
    also = (name for clip in transcript.clips for name in clip.languages)
    names = [transcript.language, *(name for name, _ in spoken_ms.most_common()), *also]
    return [name for name in dict.fromkeys(names) if name is not None]


def _speakers(transcript: Transcript) -> str:
    names = dict.fromkeys(segment.speaker for segment in transcript.segments)
    told = ", ".join(name for name in names if name is not None)
    return f'<div class="speakers">Speakers: {_safe(told)}</div>' if told else ""


def _number(label: str, value: float | None, written: Callable[[float], str]) -> str:
    text = "" if value is None else written(value)
    return _cell(label, text, value, kind="number")


def _cell(label: str, text: str, value: float | None = None, *, kind: str = "") -> str:
    """One cell.

    Args:
        label: what it holds, shown where there is no room for columns.
        value: what rows are sorted by; None: the text.
    """
    named = f' class="{kind}"' if kind else ""
    sorted_by = "" if value is None else f' data-value="{value}"'
    return f'<td role="cell" data-label="{label}"{named}{sorted_by}>{_safe(text)}</td>'


def _data(recording: PageFile, transcript: Transcript, coverage: Coverage) -> str:
    document = {
        "duration_ms": transcript.duration_ms,
        "url": recording.url,
        "has_picture": recording.has_picture,
        "peaks": base64.b64encode(recording.peaks).decode(),
        "speech": transcript.speech,
        "gaps": coverage.gaps,
        "cues": [(cue.start_ms, cue.end_ms, "\n".join(cue.lines)) for cue in recording.cues],
    }
    # "</script>" in a subtitle would end the element.
    return json.dumps(document, separators=(",", ":")).replace("<", "\\u003c")


def _safe(text: str) -> str:
    """Text of any origin inside HTML; what cannot be shown is seen to be so."""
    return html.escape(_UNSHOWN.sub("\ufffd", text))
