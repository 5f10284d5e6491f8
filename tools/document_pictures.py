"""The pictures in README and `docs/`, taken from what the program really shows.

    python -m tools.document_pictures            # docs/pictures/batch.svg and page.png

Needs a Chromium, and a font with Chinese characters (Debian: `fonts-wqy-zenhei`).
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from tools.headless_browser import opened_tab
from tools.page_pictures import fill, service, show
from tools.terminal_picture import write_picture

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
_PALETTE = (
    "split[all][few];[few]palettegen=max_colors=128[colours];[all][colours]paletteuse=dither=none"
)


def page_picture() -> bytes:
    """The page of `qasr serve` with a recording opened, as PNG."""
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        address = held.enter_context(service(folder))
        tab = held.enter_context(opened_tab(folder))
        tab.look(width=1280, height=800)
        tab.speak("en-GB")
        fill(tab, address)
        show(tab, "two-languages.opus")
        return tab.picture()


def in_few_colours(png: bytes) -> bytes:
    """The same picture in half the bytes."""
    command = [ffmpeg_path(), "-v", "error", "-f", "png_pipe", "-i", "-", "-vf", _PALETTE]
    command += ["-f", "image2pipe", "-c:v", "png", "-pred", "mixed", "-"]
    return subprocess.run(command, input=png, stdout=subprocess.PIPE, check=True).stdout


def main() -> int:
    """Take them."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_picture(FOLDER / "batch.svg")
    (FOLDER / "page.png").write_bytes(in_few_colours(page_picture()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
