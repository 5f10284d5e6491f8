"""A film that browsers do not play: its sound at once, its picture on demand, in a real browser."""

import subprocess
from pathlib import Path

import pytest

from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from tests.page.steps import button, dropped
from tools.headless_browser import Tab

_LENGTH_S = 660
_VIDEO = "document.querySelector('video')"
_MOST_LATE_MS = 20


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven minutes with a click of a hundredth of a second at every whole minute."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    click = "(0.8*lt(mod(t\\,60)\\,0.02)+0.001)*sin(6283*t)"
    sound = ("-f", "lavfi", "-i", f"aevalsrc='{click}':s=48000:d={_LENGTH_S}")
    picture = ("-f", "lavfi", "-i", f"testsrc=size=160x120:rate=5:duration={_LENGTH_S}")
    codecs = ("-c:v", "mpeg4", "-c:a", "ac3")
    command = [ffmpeg_path(), "-v", "error", *picture, *sound, *codecs, str(path)]
    subprocess.run(command, check=True)
    return path


def _held(page: Tab, film: Path) -> None:
    """Have the film wait for its start, and look at it."""
    page.run("document.querySelector('#held')?.click()")
    dropped(page, film)
    page.until(f"{_VIDEO}?.readyState >= 2")


@pytest.mark.parametrize("minute", [1, 10])
def test_what_is_played_is_at_its_time(page: Tab, film: Path, minute: int) -> None:
    """The browser has the click where it is, near the beginning and near the end."""
    _held(page, film)
    page.run(f"{_VIDEO}.currentTime = {60 * minute - 1}")
    page.until(f"!{_VIDEO}.seeking")
    click_s = page.run(_HEARD)
    assert abs(1000 * (click_s - 60 * minute)) < _MOST_LATE_MS


# Plays two seconds, and tells at which time of the element the click began: of the samples that
# were played last, so many before the newest. They are those of .7 s, so that a busy machine, which
# looks seldom, sees it as well.
_HEARD = f"""(async () => {{
  const video = {_VIDEO};
  const context = new AudioContext();
  const tap = new AnalyserNode(context, {{ fftSize: 32768 }});
  context.createMediaElementSource(video).connect(tap).connect(context.destination);
  const samples = new Float32Array(32768);
  const heard = [];
  await video.play();
  const until_s = video.currentTime + 2;
  while (video.currentTime < until_s) {{
    const now_s = video.currentTime;
    tap.getFloatTimeDomainData(samples);
    const at = samples.findIndex((each) => Math.abs(each) > 0.1);
    if (at > 0) heard.push(now_s - (samples.length - at) / context.sampleRate);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }}
  video.pause();
  await context.close();
  heard.sort((one, other) => one - other);
  return heard[heard.length >> 1];
}})()"""


def test_its_picture_is_made_on_demand(page: Tab, film: Path) -> None:
    """The sound is there first; a button has the picture made, and it goes on where it was."""
    _held(page, film)
    assert page.run(f"{_VIDEO}.videoHeight") == 0
    page.run(f"{_VIDEO}.currentTime = 300")
    page.until(f"!{_VIDEO}.seeking")
    page.click(button("Make its picture"))
    page.until(f"{_VIDEO}.videoHeight === 120 && {_VIDEO}.readyState >= 2", patience_s=120)
    page.until(f"Math.abs({_VIDEO}.currentTime - 300) < 0.2")
    assert page.run("document.querySelector('.picture-offer')") is None


def test_its_wave_grows(page: Tab, film: Path) -> None:
    """The whole of it is seen before all is decoded; then its length is exact."""
    _held(page, film)
    length = "/^(11:00|10:59)[.][0-9][0-9]$/.test"
    page.until(f"{length}([...document.querySelectorAll('.clock span')].at(-1).innerText)")
    page.until(f"{length}(document.querySelector('.row .number').innerText)")
