"""How long somebody waits for the wave and the sound of a film of two hours, as browsers play none.

    python -m tools.page_long_film                    # makes the film: HEVC, AC-3 in six channels
    python -m tools.page_long_film --minutes 20

Every second of its sound is unlike the others and known, so that what is played can be placed. With
a Chromium it looks at the page, too.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.media.pcm import Pcm
from qasr_cli.media.peaks import outline_of
from qasr_cli.options import DecodeOptions
from tools.headless_browser import browser_path, opened_tab
from tools.page_pictures import service

_RATE_HZ = 16_000
_PATIENCE_S = 1200.0
_COLUMNS = 100
_LOOKED_ON_S = 20.0
_MOST_COLUMNS = 20_000


def second_of_sound(number: int) -> Pcm:
    """One second of the film: syllables of a voice that nobody has."""
    random = np.random.default_rng(number)
    time_s = np.arange(_RATE_HZ) / _RATE_HZ
    pitch_hz, glide_hz = random.uniform(100, 900), random.uniform(2, 9)
    voice = np.sin(2 * np.pi * pitch_hz * time_s + 3 * np.sin(2 * np.pi * glide_hz * time_s))
    syllables = np.repeat(random.uniform(0.0, 0.6, 20), _RATE_HZ // 20)
    sound = syllables * (voice + 0.2 * random.standard_normal(_RATE_HZ))
    return np.asarray(sound, dtype=np.float32)


def make_film(path: Path, *, length_s: int) -> None:
    """Write the film."""
    picture = path.with_name("picture.mkv")
    source = ("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=20")
    codec = ("-c:v", "libx265", "-preset", "ultrafast", "-b:v", "1500k")
    quiet = ("-x265-params", "log-level=none:keyint=125")
    ffmpeg = (ffmpeg_path(), "-v", "error", "-y")
    subprocess.run([*ffmpeg, *source, *codec, *quiet, str(picture)], check=True)
    command = [
        *(*ffmpeg, "-f", "f32le", "-ar", str(_RATE_HZ), "-ac", "1", "-i", "-"),
        *("-stream_loop", "-1", "-i", str(picture), "-map", "1:v", "-map", "0:a"),
        *("-c:v", "copy", "-c:a", "ac3", "-ac", "6", "-ar", "48000", "-b:a", "384k"),
        *("-t", str(length_s), str(path)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        if process.stdin is not None:
            for number in range(length_s):
                process.stdin.write(second_of_sound(number).tobytes())
            process.stdin.close()
    if process.returncode:
        sys.exit("the film could not be made")


class _Film:
    """The film, sent to a service as a job that is held."""

    def __init__(self, address: str, path: Path, length_s: int) -> None:
        self._path = path
        self._length_s = length_s
        self._client = httpx2.Client(base_url=address, timeout=_PATIENCE_S)
        with path.open("rb") as file:
            form = {"file": ("film.mkv", file)}
            answer = self._client.post("/api/jobs", files=form, data={"held": "true"})
        answer.raise_for_status()
        self.at = f"/api/jobs/{answer.json()['id']}"

    def figures(self) -> Iterator[str]:
        """Lines for people."""
        self._client.get(self.at).raise_for_status()  # the page asks for that first
        began_s = time.monotonic()
        is_seen_everywhere = False
        while True:
            answer = self._client.get(f"{self.at}/peaks?partial=true&columns={_COLUMNS}")
            waited_s = time.monotonic() - began_s
            if not is_seen_everywhere and min(answer.content) > 0:
                is_seen_everywhere = True
                yield f"a wave from end to end: {waited_s:.1f} s"
                yield from self._pieces("meanwhile")
            if "qasr-known-s" not in answer.headers:
                break
        yield f"all of it exact, with that: {time.monotonic() - began_s:.1f} s"
        yield from self._pieces("afterwards")
        yield from self._stretch()
        yield from self._is_same()
        yield from self._picture()

    def _pieces(self, when: str) -> Iterator[str]:
        for share in (0.0, 0.5, 0.75, 0.99):
            start_s = int(share * self._length_s)
            began_s = time.monotonic()
            span = f"start_ms={1000 * start_s}&end_ms={1000 * start_s + 10_000}"
            answer = self._client.get(f"{self.at}/media?proxy=true&{span}")
            answer.raise_for_status()
            waited_s = time.monotonic() - began_s
            off_ms = _lag_ms(_decoded(answer.content), start_s)
            yield f"sound from {start_s} s, {when}: {waited_s:.2f} s, off by {off_ms:.2f} ms"

    def _stretch(self) -> Iterator[str]:
        self._ready()
        for share in (0.0, 0.98):
            start_ms = int(share * self._length_s) * 1000 + 1000
            asked = {"start_ms": start_ms, "end_ms": start_ms + 5000, "text": "one two three"}
            began_s = time.monotonic()
            answer = self._client.post(f"{self.at}/align", json=asked | {"language": "en"})
            answer.raise_for_status()
            yield f"aligned at {start_ms // 1000} s: {time.monotonic() - began_s:.1f} s"

    def _ready(self) -> None:
        while self._client.get("/readyz").is_error:
            time.sleep(0.5)

    def _picture(self) -> Iterator[str]:
        self._client.post(f"{self.at}/picture").raise_for_status()
        time.sleep(_LOOKED_ON_S)
        share = self._client.get(f"{self.at}/picture").json()["progress"]
        speed = share * self._length_s / _LOOKED_ON_S
        yield f"the picture is made {speed:.1f} times as fast as it plays"

    def _is_same(self) -> Iterator[str]:
        began_s = time.monotonic()
        outline = outline_of(str(self._path), decode=DecodeOptions())
        took_s = time.monotonic() - began_s
        is_same = True
        for first in range(0, len(outline.frames), _MOST_COLUMNS):
            frames = outline.frames[first : first + _MOST_COLUMNS]
            span = f"start_ms={first * 10}&end_ms={(first + len(frames)) * 10}"
            answer = self._client.get(f"{self.at}/peaks?{span}&columns={len(frames)}")
            is_same = is_same and answer.content == frames
        yield f"equal to the outline of a process of its own ({took_s:.1f} s): {is_same}"


def _decoded(webm: bytes) -> Pcm:
    command = [ffmpeg_path(), "-v", "error", "-i", "-", "-ac", "1", "-ar", str(_RATE_HZ)]
    ran = subprocess.run(
        [*command, "-f", "f32le", "-"], input=webm, stdout=subprocess.PIPE, check=True
    )
    return np.frombuffer(ran.stdout, np.float32)


def _lag_ms(sound: Pcm, start_s: int) -> float:
    """By how much what is heard is later than it should be."""
    true = np.concatenate([second_of_sound(start_s + at) for at in (1, 2)])
    first, most = _RATE_HZ, 1600
    window = sound[first - most : first + len(true) + most]
    return float(np.argmax(np.correlate(window, true, mode="valid")) - most) * 1000 / _RATE_HZ


def _seen(folder: Path, address: str, length_s: int) -> Iterator[str]:
    """What somebody who opens the page waits for."""
    with opened_tab(folder) as tab:
        tab.look(width=1440, height=900)
        tab.open(address)
        tab.until("document.querySelector('.row-main')", patience_s=_PATIENCE_S)
        tab.run("document.querySelector('.row-main').click()")
        began_s = time.monotonic()
        tab.until("document.querySelector('video')?.readyState >= 3")
        yield f"in a browser: it can play after {time.monotonic() - began_s:.1f} s"
        far_s = length_s * 3 // 4
        tab.run(f"document.querySelector('video').currentTime = {far_s}")
        began_s = time.monotonic()
        tab.until("!document.querySelector('video').seeking")
        yield f"in a browser: it can play {far_s} s after {time.monotonic() - began_s:.1f} s"
        tab.run("document.querySelector('video').play()")
        tab.until(f"document.querySelector('video').currentTime > {far_s + 2}")
        yield f"in a browser: console {tab.console}"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=120)
    parsed = parser.parse_args()
    length_s = 60 * parsed.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_film(folder / "film.mkv", length_s=length_s)
        with service(folder) as address:
            film = _Film(address, folder / "film.mkv", length_s)
            for line in film.figures():
                print(line, flush=True)
            if browser_path() is not None:
                for line in _seen(folder, address, length_s):
                    print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
