"""A talk of ten minutes with twenty faults, mended without a mouse."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import soundfile

from tools.headless_browser import Tab

_RATE_HZ = 16_000
_TALK_S = 600
_ALT, _CTRL = 1, 2
_TYPOS = {"recieve": "receive", "wich": "which", "untill": "until"}
_TYPOS |= {"adress": "address", "tommorow": "tomorrow", "goverment": "government"}
_MOST_KEYSTROKES = 220


class _Keyboard:
    """Keys of a person, counted."""

    def __init__(self, page: Tab) -> None:
        self._page = page
        self.count = 0

    def press(self, key: str, code: int, *, held: int = 0, times: int = 1) -> None:
        text = {"text": "\r"} if key == "Enter" and not held else {}
        for _ in range(times):
            self.count += 1
            for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
                self._page.send(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key=key,
                    windowsVirtualKeyCode=code,
                    modifiers=held,
                    **text,
                )

    def type(self, text: str) -> None:
        self.count += len(text)
        self._page.type(text)


def _right() -> list[str]:
    texts = [f"This is sentence {number} of the talk." for number in range(150)]
    for at, word in enumerate(_TYPOS.values()):
        texts[at + 1] = f"Here they say {word} to everybody."
    for at in range(12, 18):
        texts[at] = f"Mr Müller speaks of number {at}."
    return texts


def _planted() -> list[dict[str, Any]]:
    """The talk with six faults of a name, six of spelling, three of time, five of cuts."""
    texts = [text.replace("Müller", "Mueler") for text in _right()]
    for wrong, right in _TYPOS.items():
        texts = [text.replace(f" {right} ", f" {wrong} ") for text in texts]
    cues = [
        {"start_ms": 4000 * at, "end_ms": 4000 * at + 3000, "text": text}
        for at, text in enumerate(texts)
    ]
    for at in (20, 30, 40):
        cues[at]["end_ms"] = 4000 * at + 4200
    for at in (80, 70):
        words = str(cues[at]["text"]).rsplit(" ", 1)
        cues[at : at + 1] = [
            {"start_ms": 4000 * at, "end_ms": 4000 * at + 1900, "text": words[0]},
            {"start_ms": 4000 * at + 1983, "end_ms": 4000 * at + 3000, "text": words[1]},
        ]
    for at in (60, 55, 50):
        joined = {**cues[at], "end_ms": 4000 * at + 6900}
        joined["text"] = f"{cues[at]['text']} {cues[at + 1]['text']}"
        cues[at : at + 2] = [joined]
    return cues


def _opened(page: Tab, client: httpx.Client, recording: Path) -> str:
    page.drop([str(recording)])
    page.until("document.querySelector('.row.done')")
    (job,) = client.get("/api/jobs").json()["jobs"]
    address = f"/api/jobs/{job['id']}/cues"
    sent = client.patch(address, json={"cues": _planted()}, headers={"If-Match": "*"})
    assert sent.status_code == httpx.codes.OK, sent.text
    page.reload()
    page.until("document.querySelector('.cue textarea')")
    page.until("document.querySelector('.pane-head .small')")  # the rules have been asked
    return address


def _mend(page: Tab, keys: _Keyboard) -> None:
    keys.press("h", 72, held=_CTRL)
    page.until("document.activeElement.closest('[role=search]')")
    keys.type("Mueler")
    keys.press("Tab", 9, times=2)
    keys.type("Müller")
    keys.press("Tab", 9)
    keys.press("Enter", 13)
    page.until("document.querySelector('#find-count').innerText.startsWith('0 ')")
    for wrong, right in _TYPOS.items():
        keys.press("f", 70, held=_CTRL)
        page.until("document.activeElement === document.querySelector('[role=search] input')")
        keys.type(wrong)
        page.until("document.querySelector('#find-count').innerText.startsWith('1 ')")
        keys.press("Enter", 13)
        keys.press("Escape", 27)
        page.until("document.activeElement.matches('.cue textarea')")
        keys.press("Backspace", 8, times=len(wrong))
        keys.type(right)
    for _ in range(3):
        _next_problem(page, keys)
        keys.press("ArrowRight", 39, held=_ALT, times=8)
    for _ in range(3):
        _next_problem(page, keys)
        keys.press("ArrowRight", 39, held=_CTRL, times=8)
        keys.press("Enter", 13, held=_CTRL)
        page.until("document.activeElement.matches('.cue textarea')")
    for _ in range(2):
        _next_problem(page, keys)
        keys.press("End", 35, held=_CTRL)
        keys.press("Delete", 46, held=_CTRL)


def _next_problem(page: Tab, keys: _Keyboard) -> None:
    keys.press("F8", 119)
    page.until("document.activeElement.matches('.cue.active textarea')")
    page.until("document.querySelector('.verdict').innerText")


def _texts(cues: Sequence[dict[str, Any]]) -> list[str]:
    return [cue["text"].replace("\n", " ") for cue in cues]


def test_twenty_faults_are_mended_by_keys_alone(
    page: Tab, client: httpx.Client, tmp_path: Path
) -> None:
    """Search, F8 and the keys of the editor mend all twenty in 220 keystrokes at most."""
    soundfile.write(tmp_path / "talk.flac", np.zeros(_TALK_S * _RATE_HZ), _RATE_HZ)
    address = _opened(page, client, tmp_path / "talk.flac")
    keys = _Keyboard(page)

    _mend(page, keys)

    page.until("[...document.querySelectorAll('.pane .soft')].some(e => e.innerText === 'Saved')")
    cues = client.get(address).json()["cues"]
    assert _texts(cues) == _right()
    answer = client.post("/api/lint", json={"cues": cues, "language": "English"}).json()
    assert answer["errors"] == 0, answer["breaches"]
    assert keys.count <= _MOST_KEYSTROKES, keys.count
