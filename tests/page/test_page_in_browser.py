"""The page as a whole, in a real browser: who may see it, who can use it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.page.steps import axe, faults
from tests.serve.conftest import served
from tools.headless_browser import Tab

KEY = "0123456789abcdef"
READY = "document.querySelector('select')?.length > 20"


def test_the_key_in_the_address_is_taken_once(
    open_browser: Callable[..., Tab], tmp_path: Path
) -> None:
    """It becomes a cookie, and does not stay in the address; without it the page asks for it."""
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o600)
    with served(tmp_path, "--api-key-file", str(tmp_path / "key")) as running:
        tab = open_browser()
        tab.open(f"{running.url}/")
        tab.until("document.querySelector('.key input')")
        for given, then in (
            ("wrong", "document.querySelector('.key .bad').innerText"),
            (KEY, READY),
        ):
            tab.run("document.querySelector('.key input').value = ''")
            tab.run("document.querySelector('.key input').focus()")
            tab.type(given)
            tab.click("document.querySelector('.key button')")
            tab.until(then)
        tab.send("Network.clearBrowserCookies")
        tab.console.clear()
        tab.send("Page.navigate", url="about:blank")
        tab.open(f"{running.url}/#key={KEY}")
        tab.until(READY)
        assert tab.run("location.href") == f"{running.url}/"
        assert tab.console == []
        assert not any(KEY in address for address in tab.requests if "#" not in address)
        tab.reload()
        tab.until(READY)


def test_the_models_leave_memory_and_come_back(page: Tab) -> None:
    """What they are at is seen, and both can be asked for."""
    # Its label gets shorter by that, and would go away from under the click.
    page.until("document.querySelector('.models summary').innerText === 'Ready'")
    page.click("document.querySelector('.models summary')")
    page.until("!document.querySelector('.models button').disabled")
    page.until("/Memory in use: [0-9.]+ [MG]B/.test(document.querySelector('.menu').innerText)")
    page.click("document.querySelector('.models button')")
    page.until("document.querySelector('.models summary').innerText === 'Models at rest'")
    page.click("document.querySelector('.models button')")
    page.until("document.querySelector('.models summary').innerText === 'Ready'")


def test_the_page_comes_back_to_a_service_that_was_gone(
    open_browser: Callable[..., Tab], tmp_path: Path
) -> None:
    """It says that nobody answers, and goes on by itself."""
    with served(tmp_path) as running:
        tab = open_browser()
        tab.open(f"{running.url}/")
        tab.until(READY)
        port = running.port
    tab.until("document.querySelector('.banner')")
    with served(tmp_path, "--port", str(port)):
        tab.until("!document.querySelector('.banner')")


_SPEAKERS = """[...document.querySelectorAll('.speaker')].slice(0, 1).forEach((e, at) => {
  e.value = `Speaker ${at}`; e.dispatchEvent(new Event('change', {bubbles: true}));
})"""


def _each_panel(page: Tab) -> None:
    """See what can be opened beside the list, and what was heard again."""
    panels = "document.querySelectorAll('.tools [aria-expanded]')"
    page.run("document.querySelector('.cue textarea').focus()")
    page.type("Something else ")
    for number in range(page.run(f"{panels}.length")):
        page.run(f"{panels}[{number}].click()")
        page.until(f"{panels}[{number}].getAttribute('aria-expanded') === 'true'")
        page.until("document.querySelector('.panel')")
        assert faults(page) == []
    page.run("document.querySelector('.rules button').click()")
    page.until("document.querySelector('.panel .primary')")
    assert faults(page) == []
    page.run(f"[...{panels}].at(-1).click()")
    page.run("document.querySelector('.tools').children[6].click()")
    page.until("document.querySelectorAll('.compared dd').length === 2")
    assert faults(page) == []


@pytest.mark.parametrize("tongue", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_use_it(
    page: Tab, recordings: Path, npm: Callable[[str], Path], tongue: str, dark: bool
) -> None:
    """axe-core finds no fault in any view, in both colours and both languages."""
    page.run(axe(npm))
    page.drop([str(recordings / "announcement.wav")])
    page.until("document.querySelector('.row.done') && document.querySelector('.cue textarea')")
    page.look(width=1440, height=900, dark=dark)
    if tongue == "zh-CN":
        page.click("document.querySelector('header button[lang]')")
    page.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.run("document.querySelector('.cue textarea').focus()")
    page.until("document.querySelectorAll('.handle').length === 2")
    page.run(_SPEAKERS)
    page.until("document.querySelector('.cue .badge')")
    _each_panel(page)
    page.press("F1", code=112)
    page.until("document.querySelector('dialog[open]')")
    page.run("document.querySelector('.help dd button').click()")
    page.until("document.querySelector('.asking')")
    assert faults(page) == []
    page.press("Escape", code=27)
    page.run("document.querySelector('dialog').close()")
    page.until("!document.querySelector('dialog')")
    for view in ("files", "record"):
        page.run(f"location.hash = '#{view}'")
        page.until(f"document.querySelector('nav [aria-current]').hash === '#{view}'")
        assert faults(page) == []
    page.look(width=390, height=844, dark=dark)
    page.run("location.hash = '#files'")
    page.until("document.querySelector('nav [aria-current]').hash === '#files'")
    assert faults(page) == []


def test_keys_alone_do_it(page: Tab, recordings: Path) -> None:
    """Every control can be reached by Tab, in order, and shows that it was."""
    page.drop([str(recordings / "announcement.wav")])
    page.until("document.querySelector('.cue textarea')")
    page.run("document.activeElement.blur()")
    reached = []
    for _ in range(60):
        page.press("Tab", code=9)
        reached.append(
            page.run(
                "(() => { const e = document.activeElement;"
                "const around = e.closest('.wave') ?? e;"
                "const seen = [e, around].some(x => parseFloat(getComputedStyle(x).outlineWidth));"
                "return [e.tagName, e.className, e.innerText?.trim() ?? '', seen]; })()"
            )
        )
        if reached[-1][1] == "plain":
            break
    assert all(is_seen for *_, is_seen in reached), reached
    texts = [text for _, _, text, _ in reached]
    assert texts[0] == "Skip to the recordings"
    order = [texts.index(each) for each in ("Files", "Record", "Choose files", "Download")]
    assert order == sorted(order)
    names = [name for name, *_ in reached]
    assert {"VIDEO", "TEXTAREA", "SELECT", "INPUT"} <= set(names)
