"""The page of a report: what a real browser makes of it."""

import base64
import hashlib
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.formats.page import PageFile, page
from tests.formats.pages import COUNTS, FILES, REPORT, SHOWN_NAME, many, names_in

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")


def in_a_browser(tmp_path: Path, text: str, *, script: str = "", place: str = "") -> str:
    """The page as Chromium has it after a script of ours; its console said nothing.

    Args:
        place: behind the `#` of the address.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")
    (own,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    before, after = (
        base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()
        for each in (own, own + script)
    )
    target = tmp_path / "report.html"
    changed = text.replace(own, own + script).replace(before, after)
    target.write_text(changed, encoding="utf-8")
    shown = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(
                "--virtual-time-budget=2000",
                "--enable-logging=stderr",
                "--window-size=375,800",
                "--hide-scrollbars",
            ),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"{target.as_uri()}#{place}"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "CONSOLE" not in shown.stderr
    return shown.stdout


def test_a_browser_shows_the_gap(tmp_path: Path) -> None:
    """The linked recording is open, its gap is drawn and listed, and the console is silent."""
    shown = in_a_browser(tmp_path, "".join(page(REPORT, FILES, summary=COUNTS)), place="talk.wav")

    assert shown.count('class="gap"') == 1
    assert ">5.0 s without words</span>" in shown
    assert ">0:03.0</span>" in shown
    assert ">&lt;/script&gt;&lt;script&gt;alert(1)\nbelow</span>" in shown
    assert re.search(r'role="slider"[^>]*aria-valuemax="10"', shown)
    assert "2 of 2 files" in shown


@pytest.mark.parametrize(
    ("column", "clicks", "expected"),
    [
        (0, 1, [SHOWN_NAME, "A film.mp4", "b.wav", "c.wav"]),
        (3, 1, ["b.wav", "c.wav", "A film.mp4", SHOWN_NAME]),
        (3, 2, ["A film.mp4", "c.wav", "b.wav", SHOWN_NAME]),
        (1, 1, ["b.wav", "A film.mp4", "c.wav", SHOWN_NAME]),  # it is sorted by that already
    ],
)
def test_columns_sort(tmp_path: Path, column: int, clicks: int, expected: list[str]) -> None:
    """By button, so by keyboard too; up, then down, numbers as numbers, what is unknown last."""
    script = f"""
      const button = document.querySelectorAll(".sort")[{column}];
      button.focus();
      for (let n = 0; n < {clicks}; n++) document.activeElement.click();"""

    shown = in_a_browser(tmp_path, many(), script=script)

    assert names_in(shown) == expected
    assert len(re.findall("<th [^>]*aria-sort=", shown)) == 1


def test_a_filter_that_leaves_nothing_says_so(tmp_path: Path) -> None:
    """And the way back is a button."""
    script = 'search.value = "zzz"; search.dispatchEvent(new Event("input"));'
    back = 'document.getElementById("all").click();'

    assert "Nothing matches: 0 of 4 files" in in_a_browser(tmp_path, many(), script=script)
    assert ">4 of 4 files<" in in_a_browser(tmp_path, many(), script=script + back)


def test_a_phone_needs_no_sideways_scrolling(tmp_path: Path) -> None:
    """At 375 pixels nothing is wider than the screen, long names and opened files included."""
    long_name = "n" * 200 + ".wav"
    detail = REPORT["details"][0] | {"file": long_name, "warnings": ["w" * 200]}
    files = [*FILES, replace(FILES[0], detail=detail), PageFile(detail=detail)]
    script = """
      for (const button of document.querySelectorAll(".name")) button.click();
      const root = document.documentElement;
      root.lang = `${innerWidth} ${root.scrollWidth}`;"""

    shown = in_a_browser(tmp_path, "".join(page(REPORT, files, summary="9" * 200)), script=script)

    assert '<html lang="375 375">' in shown


def test_films_have_their_picture(tmp_path: Path) -> None:
    """What cannot be played is said in place of the player."""
    opened = "document.querySelector(\"[data-name='A film.mp4'] .name\").click();"
    kind = 'document.title = document.querySelector("video")?.getAttribute("aria-label");'

    shown = in_a_browser(tmp_path, many(), script=opened + kind)

    assert "<title>A film.mp4</title>" in shown
    assert "This browser cannot play the recording" in shown  # there is none at its address
