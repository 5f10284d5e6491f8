"""An animated picture of a terminal: what programs really print, as one SVG without a script.

Runs the main job with the demo pair, as `make demo` does, and keeps the screen whenever it changes
(`python -m tools.document_pictures` writes it). Long waits are cut short. Who asks for no motion,
or cannot have it, sees the last screen.
"""

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pyte

ROOT = Path(__file__).parent.parent
COLUMNS, ROWS = 92, 24
_COMMANDS = (
    "qasr batch recordings --model demo --format srt,vtt --output-dir subtitles",
    "head -n 11 subtitles/two-languages.srt",
)
_CELL_WIDTH, _LINE_HEIGHT, _MARGIN = 8, 18, 12
_LEAST_STEP_S, _LONGEST_STEP_S, _LAST_S = 0.12, 0.5, 5.0
_TYPED_AT_ONCE = 4
# Light, dark.
_COLOURS = {
    "fg": ("#1f2328", "#e6edf3"),
    "bg": ("#f6f8fa", "#0d1117"),
    "red": ("#b3261e", "#ff7b72"),
    "green": ("#116329", "#7ee787"),
    "brown": ("#7d4e00", "#e3b341"),
    "blue": ("#0550ae", "#79c0ff"),
    "cyan": ("#0e6a74", "#76e3ea"),
    "black": ("#59636e", "#9198a1"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One screen, each line as SVG without its place, and how long it stays."""

    lines: tuple[str, ...]
    shown_s: float


def frames(folder: Path, commands: Iterable[str] = _COMMANDS) -> Iterator[Frame]:
    """The screens of all commands, one after the other, run in a folder."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for command in commands:
        stream.feed(b"\x1b[32m$\x1b[0m ")
        for at in range(0, len(command), _TYPED_AT_ONCE):
            stream.feed(command[at : at + _TYPED_AT_ONCE].encode())
            yield Frame(lines=_lines(screen), shown_s=_LEAST_STEP_S / 2)
        stream.feed(b"\r\n")
        before = _lines(screen)
        seen_s = time.monotonic()
        for chunk in _output(command, folder):
            stream.feed(chunk)
            now_s = time.monotonic()
            if now_s - seen_s >= _LEAST_STEP_S and (lines := _lines(screen)) != before:
                yield Frame(lines=before, shown_s=min(now_s - seen_s, _LONGEST_STEP_S))
                before, seen_s = lines, now_s
        yield Frame(lines=_lines(screen), shown_s=_LONGEST_STEP_S)
    stream.feed(b"\x1b[32m$\x1b[0m ")
    yield Frame(lines=_lines(screen), shown_s=_LAST_S)


def _output(command: str, folder: Path) -> Iterator[bytes]:
    """What a command writes to a terminal, as it comes."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "TERM": "xterm"}
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        try:
            while chunk := os.read(ours, 1 << 16):
                yield chunk
        except OSError:  # how Linux says that the other side is gone
            pass
        finally:
            os.close(ours)


def _lines(screen: pyte.Screen) -> tuple[str, ...]:
    return tuple(_line(screen, row) for row in range(ROWS))


def _line(screen: pyte.Screen, row: int) -> str:
    """The runs of equal look, each stretched over its cells, whatever the font's widths."""
    runs: list[tuple[int, str, str]] = []
    for column in range(COLUMNS):
        cell = screen.buffer[row][column]
        look = f"{'' if cell.fg == 'default' else cell.fg.replace('bright', '')}|{cell.bold}"
        if runs and runs[-1][1] == look:
            runs[-1] = (runs[-1][0], look, runs[-1][2] + (cell.data or "\0"))
        else:
            runs.append((column, look, cell.data or "\0"))
    return "".join(_run(*run) for run in runs if run[2].strip())


def _run(column: int, look: str, text: str) -> str:
    colour, bold = look.split("|")
    skipped = len(text) - len(text.lstrip())
    text = text.strip()
    classes = " ".join(filter(None, (colour, "b" if bold == "True" else "")))
    place = f'x="{(column + skipped) * _CELL_WIDTH}" textLength="{len(text) * _CELL_WIDTH}"'
    kind = f' class="{classes}"' if classes else ""
    shown = escape(text.replace("\0", ""), quote=False)  # a wide character has two cells
    return f"<tspan {place}{kind}>{shown}</tspan>"


def picture(shown: list[Frame]) -> str:
    """All frames below one another in a window that moves from one to the next."""
    width, height = COLUMNS * _CELL_WIDTH + 2 * _MARGIN, ROWS * _LINE_HEIGHT + 2 * _MARGIN
    names: dict[str, str] = {}
    strips, steps, at_s = [], [], 0.0
    whole_s = sum(frame.shown_s for frame in shown)
    for number, frame in enumerate(shown):
        steps.append(f"{at_s / whole_s:.3%}{{transform:translateY({-number * height}px)}}")
        at_s += frame.shown_s
        for row, line in enumerate(frame.lines):
            if line:
                name = names.setdefault(line, f"l{len(names)}")
                top = number * height + _MARGIN + row * _LINE_HEIGHT + 13
                strips.append(f'<use href="#{name}" x="{_MARGIN}" y="{top}"/>')
    light, dark = (
        "".join(f"--{name}:{tones[at]};" for name, tones in _COLOURS.items()) for at in (0, 1)
    )
    inks = "".join(
        f".{name}{{fill:var(--{name})}}" for name in _COLOURS if name not in ("fg", "bg")
    )
    style = (
        f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
        f"text{{font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK SC',"
        f"monospace;fill:var(--fg);white-space:pre}}.b{{font-weight:700}}{inks}"
        f"@keyframes k{{{''.join(steps)}}}"
        f".s{{transform:translateY({-(len(shown) - 1) * height}px);"
        f"animation:k {whole_s:.1f}s steps(1,end) infinite}}"
        "@media(prefers-reduced-motion:reduce){.s{animation:none}}"
    )
    texts = "".join(f'<text id="{name}">{line}</text>' for line, name in names.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img"><title>qasr batch on the bundled recordings'
        f", waits cut short</title><style>{style}</style><defs>{texts}</defs>"
        f'<rect width="100%" height="100%" rx="8" fill="var(--bg)"/>'
        f'<g class="s">{"".join(strips)}</g></svg>\n'
    )


def write_picture(path: Path) -> None:
    """Record, and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        left_out = shutil.ignore_patterns("truth", "*.md")
        recordings = ROOT / "examples" / "recordings"
        shutil.copytree(recordings, Path(folder, "recordings"), ignore=left_out)
        shown = list(frames(Path(folder)))
    path.write_text(picture(shown), encoding="utf-8")
