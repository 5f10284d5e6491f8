"""The live view, in a real browser whose microphone plays a recording."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
import soundfile

from tests.page.cable import Cable
from tests.page.steps import axe, button, faults, forget_jobs
from tests.serve.conftest import Served, served
from tools.headless_browser import Tab

START = "document.querySelector('.live .button.primary.big')"
STOP = "document.querySelector('.live .acts .primary')"
STATUS = "document.querySelector('.live .status').innerText.trim()"
SAID = "[...document.querySelectorAll('.said-box [aria-live] p')].map(e => e.innerText)"
ENDED = "document.querySelector('.live .download')"
LINES = "[...document.querySelectorAll('.caption-line')].map(e => e.innerText)"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> Path:
    """What the microphone hears, once, then silence."""
    path = tmp_path_factory.mktemp("microphone") / "lecture.wav"
    pcm, rate_hz = soundfile.read(recordings / "lecture.mp3", dtype="int16")
    soundfile.write(path, pcm, rate_hz)
    return path


@pytest.fixture
def hearing(
    open_browser: Callable[..., Tab], service: Served, client: httpx.Client, spoken: Path
) -> Callable[..., Tab]:
    """Open the live view in a browser of its own, on a service that has no jobs."""

    def opened(url: str = "") -> Tab:
        # The page shows the newest job behind this view, and asks for its sound.
        forget_jobs(client)
        tab = open_browser(flags=[f"--use-file-for-fake-audio-capture={spoken}"])
        tab.look(width=1440, height=900)
        tab.open(f"{url or service.url}/#live")
        tab.until(f"{START}?.disabled === false")
        return tab

    return opened


def test_what_is_said_stands_as_text(
    hearing: Callable[..., Tab], service: Served, client: httpx.Client
) -> None:
    """Grey while it is said, then plain; at the end it is a recording, to download and to edit."""
    tab = hearing()
    tab.click(START)
    tab.until("+document.querySelector('.live [role=meter]').getAttribute('aria-valuenow') > 0")
    tab.until("document.querySelector('.said-box .tail')")
    tab.until(f"{SAID}.length >= 2")
    tab.click(button("Pause"))
    tab.until(f"{STATUS} === 'Paused'")
    heard = tab.run("document.querySelector('.live [role=timer]').innerText")
    tab.click(button("Go on"))
    tab.until(f"{STATUS} === 'Listening'")
    assert tab.run("document.querySelector('.live [role=timer]').innerText") >= heard
    tab.click(STOP)

    tab.until(ENDED)
    texts = tab.run(SAID)
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert job["name"].startswith("Live ")
    result = client.get(f"/api/jobs/{job['id']}/result.json").json()
    assert result["text"] == " ".join(texts)
    assert client.get(f"/api/jobs/{job['id']}").json()["playable"] is True
    tab.click(button("Open in the editor"))
    tab.until(f"document.querySelector('#result-title')?.innerText === '{job['name']}'")
    tab.until("document.querySelector('.cue textarea')")
    assert tab.console == []
    assert [each for each in tab.requests if not each.startswith((service.url, "data:"))] == []


def test_its_scripts_come_when_it_is_opened(page: Tab) -> None:
    """Who only wants files reads none of them."""
    page.until("document.querySelector('nav a[href=\"#live\"]')")
    page.reload()
    page.until("document.querySelector('select')?.length > 20")
    assert not [each for each in page.requests if "/live" in each]
    page.run("location.hash = '#live'")
    page.until(START)
    assert [each for each in page.requests if each.endswith("/page/live.js")]


@pytest.fixture
def cable(service: Served) -> Iterator[Cable]:
    """Between a browser and the service."""
    between = Cable(service.port)
    yield between
    between.close()


def test_a_connection_that_is_cut_comes_back(
    hearing: Callable[..., Tab], cable: Cable, client: httpx.Client
) -> None:
    """It is said; what is spoken meanwhile is heard afterwards, and nothing is lost or doubled."""
    tab = hearing(f"http://127.0.0.1:{cable.port}")
    tab.click(START)
    tab.until(f"{SAID}.length >= 1")
    cable.pull()
    tab.until(f"{STATUS}.startsWith('The connection is gone')")
    before = tab.run(f"{SAID}.length")
    heard = tab.run("document.querySelector('.live [role=timer]').innerText")
    tab.until(f"document.querySelector('.live [role=timer]').innerText > '{heard}'")
    cable.is_out = False
    tab.until(f"{STATUS} === 'Listening'")
    tab.until(f"{SAID}.length > {before}")
    tab.click(STOP)
    tab.until(ENDED)
    (job,) = client.get("/api/jobs").json()["jobs"]
    result = client.get(f"/api/jobs/{job['id']}/result.json").json()
    assert result["text"] == " ".join(tab.run(SAID))
    # The engine hears a word in every second of speech: none is there twice.
    words = result["text"].replace(".", "").split()
    assert len(words) == len(set(words))


def test_a_browser_that_keeps_to_the_rate_of_its_device(
    hearing: Callable[..., Tab], client: httpx.Client
) -> None:
    """It sends what it has, as Firefox does; the service converts it."""
    tab = hearing()
    tab.run(
        "AudioContext.prototype.createMediaStreamSource = new Proxy("
        "AudioContext.prototype.createMediaStreamSource, {apply(own, context, given) {"
        " if (context.sampleRate === 16000) throw new DOMException('', 'NotSupportedError');"
        " window.rate = context.sampleRate; return Reflect.apply(own, context, given); }})"
    )
    tab.click(START)
    tab.until(f"{SAID}.length >= 1")
    assert tab.run("window.rate") > 16_000
    tab.click(STOP)
    tab.until(ENDED)
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert job["duration_s"] > 1


def test_what_was_said_without_its_sound(hearing: Callable[..., Tab]) -> None:
    """Only the text is there to correct, and nothing is asked for that was not kept."""
    tab = hearing()
    tab.run("document.querySelector('.live .check input').click()")
    tab.click(START)
    tab.until(f"{SAID}.length >= 1")
    tab.click(STOP)
    tab.until(ENDED)
    tab.click(button("Open in the editor"))
    tab.until("document.querySelector('.cue textarea')")
    said = "document.querySelector('.player').innerText"
    assert tab.run(said) == "Its sound was not kept: there is only the text."
    assert tab.console == []


def test_captions_for_a_scene(
    hearing: Callable[..., Tab], open_browser: Callable[..., Tab], service: Served
) -> None:
    """Two lines of large letters over nothing, by the newest session; the address has the look."""
    scene = open_browser()
    look = "size=40&lines=2&columns=20&colour=rgb(255,255,0)&background=black&hide=0"
    scene.open(f"{service.url}/?view=captions&{look}")
    scene.until("document.querySelector('.captions')")
    transparent = "getComputedStyle(document.body).backgroundColor === 'rgba(0, 0, 0, 0)'"
    assert scene.run(transparent) is True
    tab = hearing()
    tab.click(START)
    scene.until(f"{LINES}.length === 2")
    style = scene.run(
        "(({color, fontSize}) => [color, fontSize])(getComputedStyle("
        "document.querySelector('.captions')))"
    )
    assert style == ["rgb(255, 255, 0)", "40px"]
    assert all(len(line) <= 20 for line in scene.run(LINES))
    tab.until(f"{SAID}.length >= 2")
    tab.click(STOP)
    tab.until(ENDED)
    last = tab.run(f"{SAID}.at(-1)").split()[-1]
    scene.until(f"{LINES}.join(' ').endsWith('{last}')")
    assert scene.console == []


@pytest.mark.parametrize("tongue", ["en-GB", "zh-CN"])
def test_everybody_can_use_it(
    hearing: Callable[..., Tab], service: Served, npm: Callable[[str], Path], tongue: str
) -> None:
    """axe-core finds no fault before, while and after somebody speaks, in both colours."""
    tab = hearing()
    tab.run(axe(npm))
    if tongue == "zh-CN":
        tab.click("document.querySelector('header button[lang]')")
        tab.until("document.documentElement.lang === 'zh-CN'")

    def look() -> None:
        for width, dark in ((1440, False), (1440, True), (390, False)):
            tab.look(width=width, height=900, dark=dark)
            assert faults(tab) == []

    look()
    tab.look(width=1440, height=900)
    tab.click(START)
    tab.until("document.querySelector('.said-box .tail')")
    look()
    tab.look(width=1440, height=900)
    tab.click(STOP)
    tab.until(ENDED)
    look()
    tab.open(f"{service.url}/?view=captions")
    tab.run(axe(npm))
    tab.until("document.querySelector('.captions-note')")
    assert faults(tab) == []


def test_no_microphone_from_an_address_that_is_not_secure(
    open_browser: Callable[..., Tab], tmp_path: Path
) -> None:
    """One line says why; the button is there and cannot be pressed."""
    with served(tmp_path, "--allow-host", "qasr.test") as running:
        tab = open_browser(flags=["--host-resolver-rules=MAP qasr.test 127.0.0.1"])
        tab.open(f"http://qasr.test:{running.port}/#live")
        tab.until("document.querySelector('.live .bad')")
        said = tab.run("document.querySelector('.live .bad').innerText")
        assert said == "Browsers give a microphone only to secure addresses: https, or localhost."
        assert tab.run(f"{START}.disabled") is True


def test_keys_alone_do_it(hearing: Callable[..., Tab]) -> None:
    """Tab comes to everything in order, and the space bar presses it."""
    tab = hearing()
    tab.run("document.querySelector('.live select').focus()")
    for _ in range(3):
        tab.press("Tab", code=9)
    assert tab.run(f"document.activeElement === {START}") is True
    tab.press(" ", code=32)
    tab.until(f"{STATUS} === 'Listening'")
    tab.run("document.querySelector('#main').focus()")
    reached = []
    for _ in range(5):
        tab.press("Tab", code=9)
        reached.append(tab.run("(document.activeElement.innerText ?? '').trim()"))
    assert reached[:3] == ["Pause", "Stop", "Captions window"]
    tab.run(f"{STOP}.focus()")
    tab.press(" ", code=32)
    tab.until(f"{START}?.innerText.includes('Start')")
