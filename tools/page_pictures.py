"""Pictures of the page: every view, on three widths, in both colours and both languages.

    python -m tools.page_pictures OUT                        # a service of its own, the demo pair
    python -m tools.page_pictures OUT --url http://localhost:7860

Needs a Chromium, and a font with Chinese characters (Debian: `fonts-wqy-zenhei`).
"""

import argparse
import contextlib
import itertools
import shutil
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
_EDITED = ("clip.mp4", "announcement.wav", "lecture.mp3", _SHOWN)


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


@contextlib.contextmanager
def editor(folder: Path) -> Iterator[str]:
    """The address of `qasr edit` on what a batch left, with words that nobody says so fast."""
    talks = folder / "talks"
    talks.mkdir()
    for name in _EDITED:
        shutil.copy(RECORDINGS / name, talks / name)
    qasr = [sys.executable, "-m", "qasr_cli"]
    models = ["--model", "demo", "--device", "cpu"]
    subprocess.run([*qasr, "batch", str(talks), *models, "-f", "srt", "--quiet"], check=True)
    subtitle = talks / f"{Path(_SHOWN).stem}.srt"
    lines = subtitle.read_text(encoding="utf-8").splitlines()
    lines[2] = "far more words than anybody can say in such a short time, " * 5
    subtitle.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [*qasr, "edit", str(talks), *models, "--no-browser", "--port", "0"]
    command += ["--state-dir", str(folder / "edit")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        lines_said = process.stderr or ()
        said = next((line for line in lines_said if line.startswith("listening on ")), "")
        if not said:
            sys.exit("qasr edit does not start")
        yield said.removeprefix("listening on ").split(",")[0].strip() + "/"
    finally:
        process.terminate()
        process.wait()


def pictures_in_place(tab: Tab, address: str, talks: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the pictures of `qasr edit`: its list, and two versions."""
    subtitle = talks / f"{Path(_SHOWN).stem}.srt"
    for number, (tongue, language) in enumerate(_TONGUES.items()):
        for colours in ("light", "dark"):
            for width_name, width, height in WIDTHS:
                tab.look(width=width, height=height, dark=colours == "dark")
                tab.speak(language)
                tab.open(f"{address}?{tongue}-{colours}-{width_name}")
                tab.until("document.querySelectorAll('.row').length")
                show(tab, _SHOWN)
                tab.until("document.querySelector('.listen')")
                label = f"{width_name}-{colours}-{tongue}"
                yield f"edit-{label}", tab.picture()
                text = subtitle.read_text(encoding="utf-8").splitlines()
                text[2] = f"written by another program ({number}, {label})"
                subtitle.write_text("\n".join(text) + "\n", encoding="utf-8")
                area = "document.querySelector('.cue textarea')"
                tab.run(f"{area}.focus(); {area}.select()")
                tab.type(f"written on the page ({label})")
                tab.until("document.querySelector('.difference')")
                tab.run("document.querySelector('.comparing').scrollIntoView({block: 'nearest'})")
                yield f"versions-{label}", tab.picture()
                tab.run("document.querySelector('.comparing .primary').click()")
                tab.until("!document.querySelector('.comparing')")


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
        taken = pictures(tab, address)
        if not parsed.url:
            in_place = held.enter_context(editor(folder))
            taken = itertools.chain(taken, pictures_in_place(tab, in_place, folder / "talks"))
        for name, content in taken:
            (parsed.out / f"{name}.png").write_bytes(content)
        for line in tab.console:
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
