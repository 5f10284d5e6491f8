"""The page of a report: what it holds."""

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from qasr_cli.formats.page import PageFile, page
from tests.formats.pages import COUNTS, FILES, REPORT, SHOWN_NAME, TALK, many, names_in


def embedded(text: str) -> dict[str, Any]:
    """What the page knows of its one recording."""
    data = re.search(r'<script type="application/json">(.*?)</script>', text)
    assert data is not None
    return dict(json.loads(data[1]))


def test_it_holds_what_is_known_of_a_recording() -> None:
    """Sound, speech, subtitles, and the gap in them; names and texts are text, never markup."""
    text = "".join(page(REPORT, FILES, summary=COUNTS))

    assert embedded(text) == {
        "duration_ms": 10_000,
        "url": None,
        "has_picture": False,
        "peaks": "AID/",
        "speech": [[400, 8000]],
        "gaps": [[3000, 8000]],
        "cues": [[500, 2500, "</script><script>alert(1)\nbelow"]],
    }
    assert html.escape("a <b> \"&\" 'c' �.wav") in text
    assert "<b>" not in text
    assert "faint" in text
    assert "34%" in text  # 2.6 s of 7.6 s


def test_all_languages_of_a_clip_are_named() -> None:
    """One that shares its clip with another, and has no sentence of its own, is named, too."""
    clip = replace(TALK.clips[0], languages=("English", "Chinese"))
    mixed = replace(FILES[0], transcript=replace(TALK, clips=(clip,)))

    text = "".join(page(REPORT, (mixed, FILES[1]), summary=COUNTS))

    assert "English, Chinese" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Finished at 2026-11-23 00:00 UTC."),
        ({"status": "running"}, "Still running; this is how it stood at 2026-11-23 00:00 UTC."),
        (
            {"stopped_by": "SIGINT"},
            "Stopped at 2026-11-23 00:00 UTC: SIGINT; nothing was left to do.",
        ),
        (
            {"stopped_by": "SIGINT", "details": [REPORT["details"][0] | {"status": "pending"}]},
            (
                "Stopped at 2026-11-23 00:00 UTC: SIGINT; "
                "without --overwrite, the same command goes on from there."
            ),
        ),
    ],
)
def test_the_head_says_how_the_run_ended(changes: dict[str, Any], expected: str) -> None:
    """In words, with the counts before and what was warned of behind."""
    report = REPORT | changes | {"warnings": ["no <lock>"]}

    text = "".join(page(report, FILES, summary=COUNTS))

    assert f'<p class="summary">{COUNTS}<br>{expected}</p>' in text
    assert '<p class="note">no &lt;lock&gt;</p>' in text


def test_times_are_those_of_the_terminal() -> None:
    """Minutes and seconds, and hours where there are any."""
    assert re.findall(r'data-label="Length"[^>]*>([^<]+)<', many()) == ["0:10", "0:09", "1:02:03"]


def test_languages_and_speakers_are_named() -> None:
    """All that are heard, the language of most of the time first."""
    (segment,) = TALK.segments
    segments = (
        replace(segment, speaker="Anna <A>"),
        replace(segment, speaker="Peter", language="Chinese"),
    )
    file = PageFile(detail=REPORT["details"][0], transcript=replace(TALK, segments=segments))

    text = "".join(page(REPORT, [file], summary=COUNTS))

    assert ">English, Chinese</td>" in text
    assert "Speakers: Anna &lt;A&gt;, Peter<" in text


def test_it_may_fetch_nothing_but_recordings() -> None:
    """Its own policy says so, and it names no address."""
    text = "".join(page(REPORT, FILES, summary=COUNTS))

    assert "default-src 'none'" in text
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}


def test_a_status_of_nobody_knows_whom_is_no_markup() -> None:
    """Only what qasr writes is a class; all else of a report is text."""
    evil = 'x"><script>alert(1)</script>'
    detail = REPORT["details"][1] | {"status": evil, "file": evil, "warnings": [evil, "\ud800\x1b"]}
    report = REPORT | {"written": evil, "status": evil, "stopped_by": evil}

    text = "".join(page(report, [PageFile(detail=detail)], summary=evil))

    assert text.count("<script>") == 1
    assert 'class="file unknown bad noted"' in text
    assert re.search('class="status"[^>]*>unknown</td>', text)
    text.encode()


def test_only_its_own_script_and_style_run() -> None:
    """The policy names them by their hashes; nothing that got in beside them would run."""
    text = "".join(page(REPORT, FILES, summary=COUNTS))

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "unsafe" not in policy[1]
    for kind in ("script", "style"):
        (content,) = re.findall(f"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert not re.search(r"<[^>]* (style|on[a-z]+)=", text)


def test_what_failed_comes_first() -> None:
    """Then what has warnings or gaps, then the rest as in the report."""
    assert names_in(many()) == [SHOWN_NAME, "c.wav", "b.wav", "A film.mp4"]
