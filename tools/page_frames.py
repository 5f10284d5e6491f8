"""What three hours and 2,700 subtitles cost the page: time for a picture of its timeline, memory.

    python -m tools.page_frames

The browser draws by software, as a test does: a graphics card is faster. Needs a Chromium.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import imageio_ffmpeg

from tools.headless_browser import Tab, opened_tab
from tools.page_pictures import service

_MEASURED = """(async () => {
  const { drawTimeline } = await import("/page/views/timeline_drawing.js");
  const { Tiles } = await import("/page/tiles.js");
  const { withEdge } = await import("/page/model/edges.js");
  const { changed } = await import("/page/model/cues.js");
  const last_ms = 3 * 3600 * 1000;
  const cues = Array.from({ length: 2700 }, (_, at) => ({
    id: `${at}`, start_ms: at * 4000, end_ms: at * 4000 + 3900, speaker: null,
    text: `Subtitle ${at} with a first line\\nand another below it`,
  }));
  const speech = cues.map(({ start_ms, end_ms }) => [start_ms, end_ms]);
  const noise = (count) => Uint8Array.from({ length: count }, () => Math.random() * 255);
  const tiles = new Tiles("none", { columns: noise(2000), duration_ms: last_ms, error: null });
  tiles.want = () => {};
  for (let at = 500; at < 560; at++) tiles._keep(`100 ${at}`, noise(1024));
  for (let at = 0; at < 106; at++) tiles._keep(`10 ${at}`, noise(1024));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1400, 132];
  document.body.append(canvas);
  const pen = canvas.getContext("2d");
  const size = { width: 1400, height: 132 };
  const measured = {};
  for (const perSecond of [100, 10, 1400 / 10800]) {
    const from_ms = perSecond < 1 ? 0 : 5_200_000;
    const spent = [];
    for (let frame = 0; frame < 120; frame++) {
      const began = performance.now();
      const change = withEdge(cues, "1301", "end_ms", 5_207_000 + frame * 3);
      const shown = change ? changed(cues, change) : cues;
      const sight = { from_ms, perSecond };
      drawTimeline(pen, { size, sight, tiles, cues: shown, speech, activeId: "1301" });
      pen.getImageData(0, 0, 1, 1); // until it is drawn
      spent.push(performance.now() - began);
      await new Promise(requestAnimationFrame);
    }
    spent.sort((one, other) => one - other);
    measured[perSecond.toFixed(2)] = [spent[60], spent[113]].map((each) => Number(each.toFixed(1)));
  }
  return measured;
})()"""


_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_PATIENCE_S = 600.0
_OPEN_COUNT = 5
_CUE_COUNT = 2700
_LAST_S = 3 * 3600


def _recording(folder: Path) -> Path:
    """Three hours in which nobody speaks: they are heard at once."""
    path = folder / "long.flac"
    sound = f"anullsrc=sample_rate=16000:channel_layout=mono:duration={_LAST_S}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", sound]
    subprocess.run([*command, str(path)], check=True)
    return path


def _shown(tab: Tab, address: str, folder: Path) -> None:
    """Have the page show it, with subtitles."""
    with httpx2.Client(base_url=address, timeout=_PATIENCE_S) as client:
        with _recording(folder).open("rb") as file:
            job = client.post("api/jobs", files={"file": ("long.flac", file)}).json()
        deadline_s = time.monotonic() + _PATIENCE_S
        while client.get(f"api/jobs/{job['id']}").json()["state"] != "done":
            if time.monotonic() > deadline_s:
                sys.exit("the recording is not done in time")
            time.sleep(1)
        step_ms = 1000 * _LAST_S // _CUE_COUNT
        cues = [
            {
                "start_ms": step_ms * number,
                "end_ms": step_ms * number + step_ms - 100,
                "text": f"Subtitle {number} with a first line\nand another below it",
                "speaker": f"Speaker {number % 3}",
            }
            for number in range(_CUE_COUNT)
        ]
        path = f"api/jobs/{job['id']}/cues"
        client.patch(path, json={"cues": cues}, headers={"If-Match": "*"}).raise_for_status()
    tab.open(f"{address}?long")
    tab.until("document.querySelector('.cue textarea')", patience_s=_PATIENCE_S)
    tab.until("document.querySelector('.timeline canvas')", patience_s=_PATIENCE_S)
    for button in (2, 0, 0, 0):  # all of it, then nearer: tiles of every fineness
        tab.run(f"document.querySelectorAll('.timeline-tools button')[{button}].click()")
        time.sleep(1)
    tab.run("document.querySelector('.subtitles .scroll').scrollTop = 1e5")


def _paints_ms(tab: Tab, address: str) -> list[float]:
    """When something is seen, of each time that the page is opened."""
    found = []
    for number in range(_OPEN_COUNT):
        tab.open(f"{address}?{number}")
        tab.until("document.querySelector('.cue textarea')", patience_s=_PATIENCE_S)
        found.append(float(tab.run(_PAINT)))
    return sorted(found)


def _memory(tab: Tab) -> dict[str, int]:
    """What the page holds, in bytes, and what it is made of."""
    tab.send("HeapProfiler.collectGarbage")
    held = tab.send("Runtime.getHeapUsage")
    made_of = tab.send("Memory.getDOMCounters")
    names = ("usedSize", "embedderHeapUsedSize", "backingStorageSize")
    return {**{name: int(held.get(name, 0)) for name in names}, **made_of}


def main() -> int:
    """Print the middle and the slow frames at three scales, memory, and the first paint."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with service(folder) as address, opened_tab(folder) as tab:
            tab.look(width=1440, height=900)
            tab.open(address)
            found = tab.run(_MEASURED)
            _shown(tab, address, folder)
            held = _memory(tab)
            paints_ms = _paints_ms(tab, address)
    for scale, (middle, slow) in found.items():
        print(f"{scale:>7} px/s while dragging: {middle} ms, at the 95th percentile {slow} ms")
    total = held["usedSize"] + held["embedderHeapUsedSize"] + held["backingStorageSize"]
    print(f"3 h and {_CUE_COUNT:,} subtitles: {total / 1e6:.1f} MB, {held['nodes']:,} nodes")
    print(f"first paint after {paints_ms[_OPEN_COUNT // 2]:.0f} ms, {paints_ms[-1]:.0f} at most")
    print(json.dumps({"frames": found, "memory": held, "paints_ms": paints_ms}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
