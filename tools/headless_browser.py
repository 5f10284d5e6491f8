"""A headless Chromium, driven over the DevTools protocol: for tests of the page and its pictures.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tools.devtools_wire import Message, Wire

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")
_PATIENCE_S = 30.0
_LOOK_EVERY_S = 0.05
_MOST_BYTES = 64 << 20  # of one message: a screenshot
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--remote-debugging-port=0",
)

_CENTRE = """(() => {
  const element = %s;
  if (!element) return null;
  element.scrollIntoView({block: "center"});
  const {x, y, width, height} = element.getBoundingClientRect();
  return {x: x + width / 2, y: y + height / 2};
})()"""
# What is there as the click comes: until then the element may be made anew. Whatever comes of the
# click, also where that leaves the page: what is awaited is gone then.
_AWAIT_CLICK = """(() => {
  window.awaitsClick = true;
  const hear = event => { if ((%s)?.contains(event.target)) delete window.awaitsClick; };
  document.addEventListener("click", hear, {once: true, capture: true});
})()"""


def browser_path() -> str | None:
    """The browser of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class PageError(Exception):
    """What was run in the page failed."""


class Tab:
    """One page.

    Attributes:
        console: every line that it said.
        requests: the address of everything that it asked for.
    """

    def __init__(self, socket: ClientConnection, process: "subprocess.Popen[bytes]") -> None:
        self._wire = Wire(socket)
        self._process = process
        self.console = self._wire.console
        self.requests = self._wire.requests
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: object) -> Message:
        """The answer to a command.

        Raises:
            PageError: it was refused.
        """
        answer = self._wire.begin(method, **parameters).get(timeout=_PATIENCE_S)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        result: Message = answer["result"]
        return result

    def run(self, script: str) -> Any:  # noqa: ANN401  # whatever the script gives
        """What an expression of JavaScript gives; promises are waited for.

        Raises:
            PageError: it threw.
        """
        answer = self.send(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def until(self, script: str, *, patience_s: float = _PATIENCE_S) -> None:
        """Wait until an expression is true, or gives an element.

        Raises:
            PageError: it does not become true.
        """
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s:
            with contextlib.suppress(PageError):
                if self.run(f"(async () => !!(await ({script})))()"):
                    return
            time.sleep(_LOOK_EVERY_S)
        shown = self.run("document.body.innerText")
        raise PageError(f"never true: {script}\n{shown}\n{self.console}")

    def open(self, address: str) -> None:
        """Go to an address, and wait until it is there."""
        self.send("Page.navigate", url=address)
        origin = "/".join(address.split("/")[:3])
        self.until(f"location.origin === '{origin}' && document.readyState === 'complete'")

    def reload(self) -> None:
        """Load it again."""
        self.run("window.isOld = true")
        self.send("Page.reload")
        self.until("!window.isOld && document.readyState === 'complete'")

    def click(self, script: str) -> None:
        """A real click of a mouse on the element that an expression gives, once it is there.

        Raises:
            PageError: the element cannot be hit: it is covered, disabled or gone.
        """
        deadline_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline_s:
            self.until(f"({script}) != null")
            place = self._place_of(script)
            self.run(_AWAIT_CLICK % script)
            for kind in ("mousePressed", "mouseReleased") if place else ():
                press = {"type": kind, "button": "left", "clickCount": 1, **place}
                self.send("Input.dispatchMouseEvent", **press)
            if not self.run("window.awaitsClick"):
                return
            # It moved away at the last moment, as a person would see, or something covers it.
        raise PageError(f"never hit: {script}\n{self.run('document.body.innerText')}")

    def _place_of(self, script: str) -> Message:
        """Where the centre of an element is, once it rests; empty where it is gone."""
        place, before = self.run(_CENTRE % script), None
        while place != before:
            time.sleep(_LOOK_EVERY_S)
            place, before = self.run(_CENTRE % script), place
        found: Message = place or {}
        return found

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.send("Input.insertText", text=text)

    def press(self, key: str, *, code: int = 0, modifiers: int = 0) -> None:
        """One key; modifiers: 1 Alt, 2 Ctrl, 8 Shift."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                modifiers=modifiers,
            )

    def drop(self, paths: Sequence[str], *, x: int = 200, y: int = 200) -> None:
        """Files, dropped at a place of the page."""
        data = {"items": [], "files": list(paths), "dragOperationsMask": 1}
        # A drop counts where the page has taken the latest move; a hand is slow enough for that.
        for kind in ("dragEnter", "dragOver", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
            time.sleep(_LOOK_EVERY_S)

    def look(self, *, width: int, height: int, dark: bool = False, phone: bool = False) -> None:
        """How large it is, and which colours the system prefers."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def speak(self, language: str) -> None:
        """Which language its user prefers."""
        agent = self.run("navigator.userAgent")
        self.send("Network.setUserAgentOverride", userAgent=agent, acceptLanguage=language)

    def picture(self) -> bytes:
        """A PNG of what is seen."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def kill(self) -> None:
        """End the browser as a crash does, with all of its processes."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def opened_tab(
    folder: Path, *, downloads: Path | None = None, flags: Sequence[str] = ()
) -> Iterator[Tab]:
    """A page of a browser that has the folder for its profile; it ends with the context.

    Args:
        downloads: where files are put that the page gives.
        flags: more of the browser's.

    Raises:
        FileNotFoundError: there is no browser.
    """
    path = browser_path()
    if path is None:
        raise FileNotFoundError("no Chromium on this machine")
    profile = folder / "profile"
    (profile / "DevToolsActivePort").unlink(missing_ok=True)  # of the one before
    command = [path, *_FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
    with (folder / "browser.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        # Pings would draw from `random` in their own thread, under tests that rely on its state.
        address = _tab_address(profile, process)
        with connect(address, max_size=_MOST_BYTES, ping_interval=None) as socket:
            tab = Tab(socket, process)
            if downloads is not None:
                place = str(downloads)
                tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=place)
            yield tab
    finally:
        # Where a script starts it, the script is what `terminate` would end.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_PATIENCE_S)


def _tab_address(profile: Path, process: "subprocess.Popen[bytes]") -> str:
    """Where the browser's first page is driven, once it is there."""
    place = profile / "DevToolsActivePort"
    deadline_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            port, _ = place.read_text().splitlines()
            return _first_page(int(port))
        time.sleep(_LOOK_EVERY_S)
    raise PageError("the browser does not start")


def _first_page(port: int) -> str:
    import httpx2

    deadline_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline_s:
        for target in httpx2.get(f"http://127.0.0.1:{port}/json/list").json():
            if target["type"] == "page":
                address: str = target["webSocketDebuggerUrl"]
                return address
        time.sleep(_LOOK_EVERY_S)
    raise PageError("the browser shows no page")
