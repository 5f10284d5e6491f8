// The timeline as a picture: only what is in sight is drawn.

import { between, placeOf, stepOf, timeAt } from "../model/ruler.js";
import { textOfSeconds, textOfTime } from "../model/times.js";

/** @typedef {import("../model/cues.js").Cue} Cue */
/** @typedef {import("../model/ruler.js").Sight} Sight */

const RULER_PX = 20;
const CUE_PX = 44;
const BAR_PX = 2;
const TEXT_FROM_PX = 28;
const PAD_PX = 6;
const THIN_PX = 3;
const BADGE_PX = 15;
const FONT = "13px system-ui, sans-serif";
const SMALL_FONT = "11px system-ui, sans-serif";
const BADGE_FONT = "bold 11px system-ui, sans-serif";

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {object} what
 * @param {{width: number, height: number}} what.size
 * @param {Sight} what.sight
 * @param {import("../tiles.js").Tiles} what.tiles
 * @param {readonly Cue[]} what.cues
 * @param {readonly (readonly [number, number])[]} what.speech
 * @param {string | null} what.activeId
 * @param {ReadonlyMap<string, import("../model/speakers.js").Badge>} [what.badges] of speakers
 */
export function drawTimeline(pen, { size, sight, tiles, cues, speech, activeId, badges = new Map() }) {
  const style = getComputedStyle(pen.canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  pen.clearRect(0, 0, size.width, size.height);
  drawRuler(pen, size, sight, colour);
  drawWave(pen, size, sight, tiles, colour);
  drawSpeech(pen, size, sight, speech, colour);
  drawCues(pen, size, sight, cues, { activeId, badges }, colour);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {{width: number, height: number}} size
 * @param {Sight} sight
 * @param {number} time_ms
 */
export function drawCursor(pen, { width, height }, sight, time_ms) {
  pen.clearRect(0, 0, width, height);
  const x = Math.round(placeOf(sight, time_ms));
  if (x < 0 || x > width) return;
  pen.fillStyle = getComputedStyle(pen.canvas).getPropertyValue("--bad");
  pen.fillRect(x - 1, 0, 2, height);
}

/** @typedef {(name: string) => string} Colour */
/** @typedef {{width: number, height: number}} Size */

/** @param {CanvasRenderingContext2D} pen @param {Size} size @param {Sight} sight @param {Colour} colour */
function drawRuler(pen, { width }, sight, colour) {
  const step_s = stepOf(sight.perSecond);
  const last_s = timeAt(sight, width) / 1000;
  pen.font = SMALL_FONT;
  pen.textBaseline = "middle";
  for (let at = Math.floor(sight.from_ms / 1000 / step_s); at * step_s <= last_s; at++) {
    const time_ms = Math.round(at * step_s * 1000);
    const x = Math.round(placeOf(sight, time_ms));
    pen.fillStyle = colour("--line");
    pen.fillRect(x, 0, 1, RULER_PX);
    pen.fillStyle = colour("--soft");
    pen.fillText(step_s < 1 ? textOfTime(time_ms) : textOfSeconds(time_ms), x + 4, RULER_PX / 2);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Size} size
 * @param {Sight} sight
 * @param {import("../tiles.js").Tiles} tiles
 * @param {Colour} colour
 */
function drawWave(pen, { width, height }, sight, tiles, colour) {
  const half = (height - RULER_PX - CUE_PX - 6) / 2;
  const middle = RULER_PX + half;
  const fineness = tiles.fineness(sight.perSecond);
  const bar_ms = (1000 * (BAR_PX + 1)) / sight.perSecond;
  // Bars stand at times, not at pixels: scrolled, the same wave is seen.
  const first = Math.floor(sight.from_ms / bar_ms);
  pen.fillStyle = colour("--wave");
  pen.beginPath();
  for (let bar = first; ; bar++) {
    const time_ms = bar * bar_ms;
    const x = placeOf(sight, time_ms);
    if (x > width || time_ms > tiles.last_ms) break;
    const tall = Math.max(1, (tiles.loudest(time_ms, time_ms + bar_ms, fineness) / 255) * half);
    pen.rect(x, middle - tall, BAR_PX, 2 * tall);
  }
  pen.fill();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Size} size
 * @param {Sight} sight
 * @param {readonly (readonly [number, number])[]} speech
 * @param {Colour} colour
 */
function drawSpeech(pen, { width, height }, sight, speech, colour) {
  const last_ms = timeAt(sight, width);
  const runs = new Runs(pen, height - CUE_PX - 4, 2);
  for (const [from_ms, to_ms] of speech) {
    if (to_ms < sight.from_ms) continue;
    if (from_ms > last_ms) break;
    const x = placeOf(sight, from_ms);
    runs.add(x, placeOf(sight, to_ms) - x);
  }
  runs.fill(colour("--soft"));
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Size} size
 * @param {Sight} sight
 * @param {readonly Cue[]} cues
 * @param {{activeId: string | null, badges: ReadonlyMap<string, import("../model/speakers.js").Badge>}} how
 * @param {Colour} colour
 */
function drawCues(pen, { width, height }, sight, cues, { activeId, badges }, colour) {
  const { first, end } = between(cues, sight.from_ms, timeAt(sight, width));
  const [top, tall] = [height - CUE_PX, CUE_PX - 2];
  const [card, accent, edge, ink, bad] = ["--card", "--accent-soft", "--cue", "--ink", "--bad"].map(colour);
  const thin = new Runs(pen, top, tall);
  for (let at = first; at < end; at++) {
    const cue = cues[at];
    const x = placeOf(sight, cue.start_ms);
    const wide = Math.max(1, placeOf(sight, cue.end_ms) - x - 1);
    if (wide < THIN_PX) {
      thin.add(x, wide);
      continue;
    }
    const isActive = cue.id === activeId;
    pen.fillStyle = isActive ? accent : card;
    pen.fillRect(x, top, wide, tall);
    pen.strokeStyle = edge;
    pen.lineWidth = isActive ? 3 : 1;
    pen.strokeRect(x + 0.5, top + 0.5, wide - 1, tall - 1);
    const badge = badges.get(cue.speaker ?? "");
    let left = Math.max(0, x);
    if (badge) left = drawBadge(pen, badge, left, top, x + wide, colour);
    if (x + wide - left >= TEXT_FROM_PX) drawText(pen, cue, left, top, x + wide, ink);
    const before = cues[at - 1];
    if (before && before.end_ms > cue.start_ms) {
      pen.fillStyle = bad;
      const until = Math.min(before.end_ms, cue.end_ms);
      pen.fillRect(x, top - 3, Math.max(2, placeOf(sight, until) - x), 5);
    }
  }
  thin.fill(edge);
}

/**
 * Who speaks: a stripe along the box, and the letter where there is room for it.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {import("../model/speakers.js").Badge} badge
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {Colour} colour
 * @returns {number} where the text begins
 */
function drawBadge(pen, { letter, colour: number }, left, top, right, colour) {
  pen.fillStyle = colour(`--who-${number}`);
  pen.fillRect(left + 1, top + CUE_PX - 6, Math.max(1, right - left - 2), 3);
  const wide = BADGE_PX + 6 * (letter.length - 1);
  if (right - left < wide + 6) return left;
  pen.fillRect(left + 4, top + 4, wide, BADGE_PX);
  pen.font = BADGE_FONT;
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  pen.fillStyle = colour("--who-ink");
  pen.fillText(letter, left + 4 + wide / 2, top + 4.5 + BADGE_PX / 2);
  pen.textAlign = "start";
  return left + wide + 2;
}

/** Boxes too thin for an edge: thousands of them are one shape, of whole pixels. */
class Runs {
  /** @param {CanvasRenderingContext2D} pen @param {number} top @param {number} tall */
  constructor(pen, top, tall) {
    this._pen = pen;
    this._place = { top, tall };
    /** @type {[number, number][]} from and to */
    this._all = [];
  }

  /** In the order of their places. @param {number} x @param {number} wide */
  add(x, wide) {
    const from = Math.round(x);
    const to = from + Math.max(1, Math.round(wide));
    const last = this._all[this._all.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else this._all.push([from, to]);
  }

  /** @param {string} colour */
  fill(colour) {
    const { top, tall } = this._place;
    this._pen.fillStyle = colour;
    for (const [from, to] of this._all) this._pen.fillRect(from, top, to - from, tall);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Cue} cue
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {string} ink
 */
function drawText(pen, cue, left, top, right, ink) {
  const lines = cue.text.split("\n", 2);
  pen.save();
  pen.font = FONT;
  pen.textBaseline = "middle";
  pen.beginPath();
  pen.rect(left + 2, top, Math.max(0, right - left - 4), CUE_PX);
  pen.clip();
  pen.fillStyle = ink;
  for (const [at, line] of lines.entries()) {
    pen.fillText(line, left + PAD_PX, top + (CUE_PX / (lines.length + 1)) * (at + 1));
  }
  pen.restore();
}
