"""What is done to many subtitles at once, and who may do it: in a real browser."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.page.steps import button, downloaded, dropped, select, until_done
from tools.headless_browser import Tab

_CTRL = 2
_ROW = "document.querySelectorAll('.cue textarea')"
_LONG = "Good morning to everybody here, and thank you"


def _opened(page: Tab, client: httpx.Client, recording: Path, *texts: str, **more: Any) -> str:  # noqa: ANN401  # of a cue
    """Where the cues of a recording are, once it is shown with these."""
    dropped(page, recording)
    until_done(page)
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    cues = [
        {"start_ms": 2000 * at + 500, "end_ms": 2000 * at + 2000, "text": text, **more}
        for at, text in enumerate(texts)
    ]
    sent = client.patch(address, json={"cues": cues}, headers={"If-Match": "*"})
    assert sent.status_code == httpx.codes.OK, sent.text
    page.reload()
    page.until(f"{_ROW}[0]?.value === {texts[0]!r}")
    page.until("document.querySelector('.timeline canvas')")
    return address


def _cues(page: Tab, client: httpx.Client, address: str) -> list[dict[str, Any]]:
    page.until("[...document.querySelectorAll('.pane .soft')].some(e => e.innerText === 'Saved')")
    found: list[dict[str, Any]] = client.get(address).json()["cues"]
    return found


def _starts(cues: list[dict[str, Any]]) -> list[int]:
    return [cue["start_ms"] for cue in cues]


def test_stretched_between_two_points(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """Two subtitles say where they belong, all others come along, and one step takes it back."""
    address = _opened(page, client, recordings / "lecture.mp3", "One.", "Two.", "Three.", "Four.")
    before = client.get(address).json()["cues"]
    page.click(button("Times and speakers"))
    times = "document.querySelectorAll('.points input')"
    for place, text in ((1, "0:01"), (3, "0:04.00")):
        select(page, f"{times}[{place}]")
        page.type(text)
    page.click(button("Stretch between both"))
    page.until("document.querySelectorAll('.cue-times input')[6].value === '0:04.00'")
    assert _starts(_cues(page, client, address)) == [1000, 2000, 3000, 4000]
    page.click(button("Undo: stretching"))
    page.until("document.querySelectorAll('.cue-times input')[6].value === '0:06.50'")
    assert _cues(page, client, address) == before
    select(page, "document.querySelector('input[list=rates]')")
    page.type("24/25")
    page.click(button("Stretch by the factor"))
    page.until("document.querySelectorAll('.cue-times input')[6].value === '0:06.24'")
    assert _starts(_cues(page, client, address)) == [480, 2400, 4320, 6240]


def test_speakers_are_seen_named_and_made_one(
    page: Tab, client: httpx.Client, recordings: Path
) -> None:
    """Letters and colours come by the order of first words; a name counts everywhere."""
    address = _opened(page, client, recordings / "lecture.mp3", "One.", "Two.", "Three.")
    for row, name in enumerate(("Bea", "Al", "Bea")):
        select(page, f"document.querySelectorAll('.speaker')[{row}]")
        page.type(name)
        page.run("document.activeElement.blur()")
    page.until("document.querySelectorAll('.cue .badge').length === 3")
    badges = "[...document.querySelectorAll('.cue .badge')].map(e => e.innerText).join('')"
    assert page.run(badges) == "ABA"
    page.click(button("Times and speakers"))
    page.run(
        "(() => { const e = document.querySelector('.panel .who select');"
        " e.value = 'Al'; e.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )
    page.until(f"{badges} === 'AAA'")
    assert {cue["speaker"] for cue in _cues(page, client, address)} == {"Al"}
    page.click(button("Undo: speaker"))
    page.until(f"{badges} === 'ABA'")


def test_lines_are_broken_as_the_service_does(
    page: Tab, client: httpx.Client, recordings: Path
) -> None:
    """Joined subtitles get their lines in the same step; a break by hand stays until asked."""
    parts = (_LONG, "for coming to this meeting.")
    address = _opened(page, client, recordings / "lecture.mp3", *parts)
    page.run(f"{_ROW}[0].focus(); {_ROW}[0].setSelectionRange(45, 45)")
    page.press("Delete", code=46, modifiers=_CTRL)
    laid = "Good morning to everybody here,\\nand thank you for coming to this meeting."
    page.until(f"{_ROW}[0].value === '{laid}'")
    assert len(_cues(page, client, address)) == 1
    page.click(button("Undo: joining"))
    page.until(f"{_ROW}[0].value === '{_LONG}'")
    select(page, f"{_ROW}[0]")
    page.type("Good\nmorning.")
    assert _cues(page, client, address)[0]["text"] == "Good\nmorning."
    page.press("F2", code=113)
    page.until(f"{_ROW}[0].value === 'Good morning.'")
    page.click(button("Undo: breaking lines"))
    page.until(f"{_ROW}[0].value === 'Good\\nmorning.'")


def test_a_correction_goes_to_the_command_line(
    page: Tab, client: httpx.Client, recordings: Path, downloads: Path, tmp_path: Path
) -> None:
    """A changed word and a replacement are rules; their file is taken by `--corrections`."""
    address = _opened(page, client, recordings / "lecture.mp3", "word1 word2 word3")
    select(page, f"{_ROW}[0]")
    page.type("word1 Kubernetes word3")
    page.click(button("Corrections for other recordings"))
    page.click(button("Make it a correction: word2 → Kubernetes"))
    page.press("f", code=70, modifiers=_CTRL)
    page.until("document.activeElement.closest('[role=search]')")
    page.type("WORD(4)")
    page.click("document.querySelectorAll('[role=search] .check input')[2]")
    select(page, "document.querySelectorAll('[role=search] .line input')[1]")
    page.type("number $1")
    page.click(button("Make it a correction"))
    page.until("document.querySelectorAll('.rules input[dir]').length === 4")
    page.click(button("Download corrections.tsv"))
    table = downloaded(downloads, "corrections.tsv")
    assert table.read_text(encoding="utf-8").splitlines()[1:] == [
        "word2\tKubernetes\ten\tword",
        "(?i:WORD(4))\tnumber \\g<1>\ten\tregex",
    ]
    assert _cues(page, client, address)[0]["text"] == "word1 Kubernetes word3"
    saved = tmp_path / "saved"
    command = [sys.executable, "-m", "qasr_cli"]
    recording = str(recordings / "lecture.mp3")
    heard_anew = ["transcribe", recording, "--engine", "fake", "-o", str(saved), "-f", "json"]
    subprocess.run([*command, *heard_anew], check=True, capture_output=True)
    result = str(saved / "lecture.json")
    render = ["render", result, "-f", "txt", "--corrections", str(table)]
    subprocess.run([*command, *render], check=True, capture_output=True)
    text = (saved / "lecture.txt").read_text(encoding="utf-8")
    assert text.startswith("word1 Kubernetes word3 number 4 word5")


def test_keys_are_chosen_and_remembered(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """A key that is taken is told; one that was chosen acts, also after a reload, and is shown."""
    _opened(page, client, recordings / "lecture.mp3", "One.", "Two.")
    page.press("F1", code=112)
    page.click(button("Change the key of: Next problem"))
    page.until("document.activeElement.closest('.asking')")
    page.press("j", code=74, modifiers=_CTRL)
    page.until("document.querySelector('#key-said').innerText === 'Ctrl+J is “Back 1 s”.'")
    page.press("F6", code=117)
    page.until("!document.querySelector('.asking')")
    page.until("document.activeElement.closest('dialog button')")  # the focus is back
    page.run("document.querySelector('.help .check input').click()")
    page.press("Escape", code=27)
    page.until("!document.querySelector('dialog')")
    page.reload()
    page.until(f"{_ROW}[0]")
    page.press("?", code=191)
    assert page.run("!document.querySelector('dialog')")
    page.press("F8", code=119)
    assert page.run("document.activeElement === document.body")
    page.press("F6", code=117)
    page.until("document.querySelector('.notice') || document.activeElement.matches('textarea')")
    page.press("F1", code=112)
    page.click(button("All as they were"))
    rows = "[...document.querySelectorAll('.help dl > div')]"
    page.until(f"{rows}.find(e => e.innerText.startsWith('Next problem')).innerText.includes('F8')")


def test_the_timeline_by_keys(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """Arrows go from subtitle to subtitle, Tab to its ends, which say when and can be moved."""
    address = _opened(page, client, recordings / "lecture.mp3", "One.", "Two.", "Three.")
    first = "document.querySelector('.timeline-cues button[tabindex=\"0\"]')"
    page.until(first)
    page.run(f"{first}.focus()")
    label = "document.activeElement.getAttribute('aria-label')"
    assert page.run(label) == "Subtitle 1, 0:00.50 to 0:02.00: One."
    page.press("ArrowRight", code=39)
    page.until(f"{label} === 'Subtitle 2, 0:02.50 to 0:04.00: Two.'")
    page.press("Tab", code=9)
    value = "document.activeElement.getAttribute('aria-valuetext')"
    assert page.run(value) == "starts at 2.5 seconds"
    page.press("ArrowLeft", code=37)
    page.until(f"{value} === 'starts at 2.46 seconds'")
    page.press("Tab", code=9)
    assert page.run(value) == "ends at 4 seconds"
    page.press("PageUp", code=33)
    page.until(f"{value} === 'ends at 4.5 seconds'")  # the next one begins there
    found = _cues(page, client, address)[1]
    assert (found["start_ms"], found["end_ms"]) == (2460, 4500)


def test_captions_are_drawn_as_cut(page: Tab, client: httpx.Client, recordings: Path) -> None:
    """Each line is one line, by its own direction; alone on the screen a track has the same."""
    text = "שלום עולם, 3.5\nand a second line"
    _opened(page, client, recordings / "clip.mp4", text, speaker="Bea")
    page.until("document.querySelector('.player.video')")
    page.run("document.querySelector('video').currentTime = 1")
    page.until("document.querySelectorAll('.caption span').length === 2")
    look = (
        "(() => { const lines = [...document.querySelectorAll('.caption span')];"
        " const most = 1.5 * parseFloat(getComputedStyle(lines[0].parentElement).lineHeight);"
        " return lines.map(e => [e.innerText, e.getBoundingClientRect().height < most]); })()"
    )
    assert page.run(look) == [["Bea: שלום עולם, 3.5", True], ["and a second line", True]]
    page.run("document.querySelector('video').requestFullscreen()")
    track = "document.querySelector('video').textTracks[0]"
    page.until(f"{track}.mode === 'showing' && {track}.cues.length === 1")
    assert page.run(f"{track}.cues[0].text") == "Bea: שלום עולם, 3.5\nand a second line"
    page.run("document.exitFullscreen()")
    page.until(f"{track}.mode === 'disabled'")


def test_the_rules_are_those_of_the_recording(
    page: Tab, client: httpx.Client, recordings: Path
) -> None:
    """Its own profile and language count; what they say is in the language of the page."""
    with (recordings / "lecture.mp3").open("rb") as file:
        sent = client.post("/api/jobs", files={"file": file}, data={"profile": "vertical"})
    page.until("document.querySelector('.row.done')")
    address = f"/api/jobs/{sent.json()['id']}/cues"
    cues = [{"start_ms": 0, "end_ms": 6000, "text": "This is a line of thirty chars."}]
    client.patch(address, json={"cues": cues}, headers={"If-Match": "*"})
    page.reload()
    page.until("document.querySelector('.mark.error')")
    page.run(f"{_ROW}[0].focus()")
    said = "document.querySelector('.verdict').innerText"
    page.until(f"{said} === 'A line has 31 characters; at most 22.'")
    page.run("document.querySelector('header button[lang]').click()")
    page.until(f"{said} === '有一行 31 个字，最多 22 个。'")
    page.press("F2", code=113)
    page.until(f"{_ROW}[0].value === 'This is a line\\nof thirty chars.'")
    page.until("!document.querySelector('.mark.error')")
    page.run("document.querySelector('header button[lang]').click()")
