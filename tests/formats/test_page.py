"""The page of a report: what it holds, and what a real browser makes of it."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.core.outcomes import ClipOutcome, FileDone, FileFailed
from qasr_cli.core.report import report_from_outcomes
from qasr_cli.core.types import ClipDone, Cue, MediaFile, Timing, Word
from qasr_cli.formats.page import PageFile, page
from tests.strategies import assembled, span_of

ODD_NAME = "a <b> \"&\" 'c' \udcff.wav"
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")


def media(name: str) -> MediaFile:
    """A file that nobody opens."""
    return MediaFile(
        path=f"/in/{name}", relative_path=name, size_bytes=1, mtime_ns=1, ctime_ns=1, inode=1
    )


DONE = FileDone(
    media=media("talk.wav"), outputs=(), duration_ms=10_000, language="English", warnings=("faint",)
)
FAILED = FileFailed(media=media(ODD_NAME), error_kind="DecodeError", message="/in/x: no sound")
REPORT = report_from_outcomes([DONE, FAILED], wall_s=1.0, written="2026-11-23T00:00:00+00:00")
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


def embedded(text: str) -> dict[str, Any]:
    """What the page knows of its one recording."""
    data = re.search(r'<script type="application/json">(.*?)</script>', text)
    assert data is not None
    return dict(json.loads(data[1]))


def test_it_holds_what_is_known_of_a_recording() -> None:
    """Sound, speech, subtitles, and the gap in them; names and texts are text, never markup."""
    text = "".join(page(REPORT, FILES))

    assert embedded(text) == {
        "duration_ms": 10_000,
        "url": None,
        "peaks": "AID/",
        "speech": [[400, 8000]],
        "gaps": [[3000, 8000]],
        "cues": [[500, 2500, "</script><script>alert(1)\nbelow"]],
    }
    assert html.escape("a <b> \"&\" 'c' �.wav") in text
    assert "<b>" not in text
    assert "faint" in text
    assert "34%" in text  # 2.6 s of 7.6 s


def test_it_may_fetch_nothing_but_recordings() -> None:
    """Its own policy says so, and it names no address."""
    text = "".join(page(REPORT, FILES))

    assert "default-src 'none'" in text
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}


def test_a_status_of_nobody_knows_whom_is_no_markup() -> None:
    """Only what qasr writes is a class; all else of a report is text."""
    evil = 'x"><script>alert(1)</script>'
    detail = REPORT["details"][1] | {"status": evil, "file": evil, "warnings": [evil, "\ud800\x1b"]}
    report = REPORT | {"written": evil, "status": evil, "stopped_by": evil}

    text = "".join(page(report, [PageFile(detail=detail)]))

    assert text.count("<script>") == 1
    assert '<tr class="file unknown noted"' in text
    assert '<td class="status">unknown</td>' in text
    text.encode()


def test_only_its_own_script_and_style_run() -> None:
    """The policy names them by their hashes; nothing that got in beside them would run."""
    text = "".join(page(REPORT, FILES))

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "unsafe" not in policy[1]
    for kind in ("script", "style"):
        (content,) = re.findall(f"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert not re.search(r"<[^>]* (style|on[a-z]+)=", text)


def test_a_browser_shows_the_gap(tmp_path: Path) -> None:
    """The linked recording is open, its gap is drawn and listed, and the console is silent."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    target = tmp_path / "report.html"
    target.write_text("".join(page(REPORT, FILES)), encoding="utf-8")

    shown = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--virtual-time-budget=2000", "--enable-logging=stderr"),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"{target.as_uri()}#talk.wav"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert "CONSOLE" not in shown.stderr
    assert shown.stdout.count('class="gap"') == 1
    assert ">5.0 s without words</span>" in shown.stdout
    assert ">&lt;/script&gt;&lt;script&gt;alert(1)\nbelow</span>" in shown.stdout
    assert re.search(r'role="slider"[^>]*aria-valuemax="10"', shown.stdout)
    assert "2 of 2 files" in shown.stdout
