"""How long the page takes for a picture of its timeline, for three hours and 2,700 subtitles.

    python -m tools.page_frames

The browser draws by software, as a test does: a graphics card is faster. Needs a Chromium.
"""

import json
import sys
import tempfile
from pathlib import Path

from tools.headless_browser import opened_tab
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


def main() -> int:
    """Print the middle and the slow frames at three scales."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with service(folder) as address, opened_tab(folder) as tab:
            tab.look(width=1440, height=900)
            tab.open(address)
            found = tab.run(_MEASURED)
    for scale, (middle, slow) in found.items():
        print(f"{scale:>7} px/s while dragging: {middle} ms, at the 95th percentile {slow} ms")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
