"""Pictures of the page: every view, on three widths, in both colours and both languages.

    python -m tools.page_pictures OUT                        # a service of its own, the demo pair
    python -m tools.page_pictures OUT --url http://localhost:7860

Needs a Chromium, and a font with Chinese characters (Debian: `fonts-wqy-zenhei`).
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.headless_browser import Tab, opened_tab

RECORDINGS = Path(__file__).parent.parent / "examples" / "recordings"
# Name, width, height.
WIDTHS = (("phone", 390, 844), ("tablet", 1024, 768), ("wide", 1440, 900))
_TONGUES = {"en": "en-GB", "zh": "zh-CN"}
_DROPPED = ("clip.mp4", "lecture.mp3", "two-languages.opus", "damaged/truncated.mp4")
_SHOWN = "two-languages.opus"


@contextlib.contextmanager
def service(folder: Path) -> Iterator[str]:
    """The address of a service that has the demo pair; it ends with the context."""
    command = [sys.executable, "-m", "qasr_cli", "serve", "--model", "demo", "--device", "cpu"]
    command += ["--port", "0", "--state-dir", str(folder / "state")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = process.stderr.readline() if process.stderr is not None else ""
        if not said.startswith("listening on "):
            sys.exit(f"the service does not start: {said}")
        yield said.removeprefix("listening on ").split(",")[0].strip() + "/"
    finally:
        process.terminate()
        process.wait()


def fill(tab: Tab, address: str) -> None:
    """Give the service something to show."""
    tab.open(address)
    tab.until("document.querySelector('.drop') && document.querySelector('select').length > 5")
    if tab.run("!document.querySelector('.row')"):
        tab.drop([str(RECORDINGS / name) for name in _DROPPED])
    tab.until(f"document.querySelectorAll('.row.done, .row.failed').length >= {len(_DROPPED)}")


def show(tab: Tab, name: str) -> None:
    """Have one recording looked at."""
    row = f"[...document.querySelectorAll('.row-main')].find(e => e.innerText.includes('{name}'))"
    tab.run(f"{row}.click()")
    tab.until(
        f"document.querySelector('h1[dir]')?.innerText === '{name}'"
        " && document.querySelector('.cue textarea')"
        " && !document.querySelector('.sound input').disabled"
    )
    tab.run("document.querySelector('video').currentTime = 1.5; scrollTo(0, 0)")
    tab.until("document.querySelector('.caption').innerText")


def pictures(tab: Tab, address: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all pictures."""
    for tongue, language in _TONGUES.items():
        for colours in ("light", "dark"):
            for width_name, width, height in WIDTHS:
                tab.look(width=width, height=height, dark=colours == "dark")
                tab.speak(language)
                tab.open(f"{address}?{tongue}-{colours}-{width_name}")
                tab.until("document.querySelectorAll('.row').length")
                for name in ("clip.mp4", _SHOWN):
                    show(tab, name)
                    label = f"{Path(name).stem}-{width_name}-{colours}-{tongue}"
                    yield label, tab.picture()
                if width_name == "phone":
                    tab.run("document.getElementById('result').scrollIntoView()")
                    yield f"below-{width_name}-{colours}-{tongue}", tab.picture()
                tab.run("location.hash = '#record'")
                tab.until("!document.querySelector('.record').closest('[hidden]')")
                yield f"record-{width_name}-{colours}-{tongue}", tab.picture()
                tab.run("location.hash = '#files'")


def main() -> int:
    """Take them all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--url", help="of a service that runs; what it has is shown")
    parsed = parser.parse_args()
    parsed.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        address = parsed.url or held.enter_context(service(folder))
        tab = held.enter_context(opened_tab(folder))
        tab.look(width=1440, height=900)
        fill(tab, address)
        for name, content in pictures(tab, address):
            (parsed.out / f"{name}.png").write_bytes(content)
        for line in tab.console:
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
