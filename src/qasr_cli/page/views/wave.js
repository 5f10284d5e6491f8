// The sound as a picture, with the cues below it and the place where it plays.

import { textOfSeconds, textOfTime } from "../model/times.js";
import { go, playhead } from "../playback.js";
import { inWords, say, settings } from "../state.js";
import { html, useEffect, useRef, useState } from "../ui.js";

/** @typedef {import("../model/cues.js").Cues} Cues */
/** @typedef {import("../sound.js").Sound} Sound */

const CUES_PX = 8;
const BAR_PX = 2;
const SKETCH_ALPHA = 0.5;
const STEP_MS = 1000;
const WIDE_STEP_MS = 5000;

/** @param {{sound: Sound | undefined, cues: Cues}} given */
export function Wave({ sound, cues }) {
  const t = say.value;
  const duration_ms = sound?.duration_ms ?? 0;
  const time_ms = Math.min(playhead.value, duration_ms);
  const lengthOf = sound?.known_ms == null ? textOfTime : textOfSeconds; // a claim is not that exact
  if (sound?.error) return html`<p class="soft">${inWords(sound.error)}</p>`;
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const target_ms = keyedTime(event, time_ms, duration_ms);
    if (target_ms === null) return;
    event.preventDefault();
    go(target_ms);
  };
  return html`
    <div class="sound">
    <div class="wave" title=${t("result.wave")}>
      <${Picture} sound=${sound} cues=${cues} />
      <input
        type="range"
        min="0"
        max=${Math.max(1, duration_ms)}
        step="10"
        value=${time_ms}
        disabled=${!duration_ms}
        aria-label=${t("result.place")}
        aria-valuetext=${textOfTime(time_ms)}
        onInput=${(/** @type {any} */ event) => go(Number(event.target.value))}
        onKeyDown=${onKeyDown}
      />
    </div>
    <p class="clock number" aria-hidden="true">
      <span>${textOfTime(time_ms)}</span><span>${duration_ms > 0 && lengthOf(duration_ms)}</span>
    </p>
    </div>
  `;
}

/**
 * @param {KeyboardEvent} event
 * @param {number} time_ms
 * @param {number} duration_ms
 */
function keyedTime(event, time_ms, duration_ms) {
  const step_ms = event.shiftKey ? WIDE_STEP_MS : STEP_MS;
  const times = {
    ArrowLeft: time_ms - step_ms,
    ArrowDown: time_ms - step_ms,
    ArrowRight: time_ms + step_ms,
    ArrowUp: time_ms + step_ms,
  };
  const wanted_ms = /** @type {Record<string, number>} */ (times)[event.key];
  return wanted_ms === undefined ? null : Math.min(duration_ms, Math.max(0, wanted_ms));
}

/** @param {{sound: Sound | undefined, cues: Cues}} given */
function Picture({ sound, cues }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [size, setSize] = useState({ width: 0, height: 0, ratio: 1 });
  useEffect(() => {
    const element = /** @type {HTMLCanvasElement} */ (canvas.current);
    const watch = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight, ratio: devicePixelRatio }),
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const time_ms = playhead.value;
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const again = () => setTheme((/** @type {number} */ count) => count + 1);
    query.addEventListener("change", again);
    return () => query.removeEventListener("change", again);
  }, []);
  useEffect(() => {
    const element = canvas.current;
    if (!element || !size.width) return;
    element.width = size.width * size.ratio;
    element.height = size.height * size.ratio;
    const pen = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
    pen.scale(size.ratio, size.ratio);
    if (sound?.duration_ms) draw(pen, size, sound, cues, time_ms);
  }, [sound, cues, size, time_ms, theme, settings.value.theme]);
  return html`<canvas ref=${canvas}></canvas>`;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {{width: number, height: number}} size
 * @param {Sound} sound
 * @param {Cues} cues
 * @param {number} time_ms
 */
function draw(pen, { width, height }, sound, cues, time_ms) {
  const { columns, known_ms } = sound;
  const duration_ms = sound.duration_ms ?? 1;
  const known = known_ms === null ? width : (known_ms / duration_ms) * width;
  const style = getComputedStyle(pen.canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
  const [middle, half] = [(height - CUES_PX) / 2, (height - CUES_PX) / 2 - 1];
  const played = (time_ms / duration_ms) * width;
  for (let x = 0; x < width; x += BAR_PX + 1) {
    const first = Math.floor((x / width) * columns.length);
    const end = Math.max(first + 1, Math.floor(((x + BAR_PX + 1) / width) * columns.length));
    const loudest = columns.subarray(first, end).reduce((most, each) => Math.max(most, each), 0);
    const tall = Math.max(1, (loudest / 255) * half);
    pen.fillStyle = colour(x < played ? "--accent" : "--wave");
    pen.globalAlpha = x < known ? 1 : SKETCH_ALPHA;
    pen.fillRect(x, middle - tall, BAR_PX, 2 * tall);
  }
  pen.globalAlpha = 1;
  pen.fillStyle = colour("--cue");
  for (const cue of cues) {
    const x = (cue.start_ms / duration_ms) * width;
    const wide = ((cue.end_ms - cue.start_ms) / duration_ms) * width;
    pen.fillRect(x, height - CUES_PX + 3, Math.max(1, wide - 1), CUES_PX - 3);
  }
  pen.fillStyle = colour("--ink");
  pen.fillRect(Math.min(width - 2, played), 0, 2, height);
}
