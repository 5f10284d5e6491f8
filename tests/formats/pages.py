"""Pages of reports for the tests of the page."""

import html
import re
from dataclasses import replace

from qasr_cli.core.outcomes import ClipOutcome, FileDone, FileFailed
from qasr_cli.core.report import report_from_outcomes
from qasr_cli.core.types import ClipDone, Cue, MediaFile, Timing, Word
from qasr_cli.formats.page import PageFile, page
from tests.strategies import assembled, span_of

ODD_NAME = "a <b> \"&\" 'c' \udcff.wav"


def media(name: str) -> MediaFile:
    """A file that nobody opens."""
    return MediaFile(
        path=f"/in/{name}", relative_path=name, size_bytes=1, mtime_ns=1, ctime_ns=1, inode=1
    )


DONE = FileDone(
    media=media("talk.wav"), outputs=(), duration_ms=10_000, language="English", warnings=("faint",)
)
FAILED = FileFailed(media=media(ODD_NAME), error_kind="DecodeError", message="/in/x: no sound")
WRITTEN = "2026-11-23T00:00:00+00:00"
REPORT = report_from_outcomes([DONE, FAILED], wall_s=1.0, written=WRITTEN)
COUNTS = "2 files: 1 done, 1 failed"
WORDS = (Word(start_ms=500, end_ms=900, text="w"), Word(start_ms=1000, end_ms=2500, text="w"))
TALK = assembled(
    [
        ClipOutcome(
            span=span_of(0, 10_000),
            result=ClipDone(
                clip_id="talk.wav/0-160000",
                language="English",
                text="w w",
                words=WORDS,
                timing=Timing.ALIGNED,
            ),
        )
    ]
)
FILES = (
    PageFile(
        detail=REPORT["details"][0],
        # Words end at 2.5 s and cover half a second more: 5 s of this speech have none.
        transcript=replace(TALK, speech=((400, 8000),)),
        cues=(Cue(start_ms=500, end_ms=2500, lines=("</script><script>alert(1)", "below")),),
        peaks=bytes([0, 128, 255]),
    ),
    PageFile(detail=REPORT["details"][1]),
)


def names_in(text: str) -> list[str]:
    """Of the files of a page, from top to bottom."""
    return [html.unescape(name) for name in re.findall(r'data-name="([^"]*)"', text)]


def many() -> str:
    """A page of four files, of which one failed and one has a warning."""
    lengths_ms = {"b.wav": 9_000, "A film.mp4": 3_723_000, "c.wav": 10_000}
    done = [
        FileDone(
            media=media(name),
            outputs=(),
            duration_ms=length_ms,
            language="English",
            warnings=("faint",) if name == "c.wav" else (),
        )
        for name, length_ms in lengths_ms.items()
    ]
    report = report_from_outcomes([*done, FAILED], wall_s=1.0, written=WRITTEN)
    files = [
        PageFile(
            detail=detail,
            transcript=replace(TALK, duration_ms=lengths_ms[detail["file"]]),
            url="film.mp4" if detail["file"] == "A film.mp4" else None,
            has_picture=detail["file"] == "A film.mp4",
        )
        if detail["success"]
        else PageFile(detail=detail)
        for detail in report["details"]
    ]
    return "".join(page(report, files, summary=COUNTS))


SHOWN_NAME = ODD_NAME.replace("\udcff", "\ufffd")
