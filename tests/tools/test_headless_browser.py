"""A click of the browser that drives tests reaches what it is for, or says that it cannot."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tools import headless_browser
from tools.headless_browser import PageError, Tab, browser_path, opened_tab

_BUTTON = "document.querySelector('button')"
_PAGE = """<style>button { position: absolute; top: 0; width: 90px; height: 40px }</style>
<button onclick="window.count = (window.count ?? 0) + 1">press</button>"""
# As a picture does that has come: at the very moment of the press, once.
_MOVES_AWAY = """addEventListener("mousedown", () => {
  document.querySelector("button").style.top = "300px"; }, {once: true, capture: true})"""
_IS_MADE_ANEW = """addEventListener("mousemove", () => {
  const old = document.querySelector("button"); old.replaceWith(old.cloneNode(true)); },
  {capture: true}); addEventListener("mousedown", event => {
  const old = document.querySelector("button"); old.replaceWith(old.cloneNode(true)); },
  {once: true, capture: true})"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A page of a browser."""
    if browser_path() is None:
        pytest.skip("no Chromium on this machine")
    with opened_tab(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def button(tab: Tab) -> Tab:
    """The page with a button that counts."""
    tab.send("Page.navigate", url=f"data:text/html,{quote(_PAGE)}")
    tab.until(f"{_BUTTON} && !window.count")
    return tab


@pytest.mark.parametrize("happens", ["0", _MOVES_AWAY, _IS_MADE_ANEW])
def test_a_click_is_made_once(button: Tab, happens: str) -> None:
    """Again where it missed, and not where it hit what has taken the place of the element."""
    button.run(happens)

    button.click(_BUTTON)

    assert button.run("window.count") == 1


def test_what_cannot_be_clicked_is_said(button: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something lies over it."""
    monkeypatch.setattr(headless_browser, "_PATIENCE_S", 1.0)
    button.run("document.body.insertAdjacentHTML('beforeend', '<dialog>over</dialog>')")
    button.run("document.querySelector('dialog').showModal()")

    with pytest.raises(PageError, match="never hit"):
        button.click(_BUTTON)
