// A stretch of time on a strip of pixels: what is seen, what is under the pointer.

/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Cues} Cues */
/** @typedef {import("./edges.js").Edge} Edge */

/**
 * @typedef {object} Sight
 * @property {number} from_ms at the left end
 * @property {number} perSecond pixels of a second
 *
 * @typedef {object} Strip
 * @property {number} width in pixels
 * @property {number} last_ms of the recording
 */

const MOST_PER_SECOND = 500;
const LABEL_PX = 80;
const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];
const LOOKS_BACK_COUNT = 16;
const PAGE_SHARE = 0.9;

/**
 * The nearest sight that shows nothing beyond the recording.
 *
 * @param {Sight} sight
 * @param {Strip} strip
 * @returns {Sight}
 */
export function fitted({ from_ms, perSecond }, { width, last_ms }) {
  const least = (1000 * width) / Math.max(1, last_ms);
  const scale = Math.max(Math.min(least, MOST_PER_SECOND), Math.min(MOST_PER_SECOND, perSecond));
  const latest_ms = Math.max(0, last_ms - (1000 * width) / scale);
  return { from_ms: Math.min(latest_ms, Math.max(0, from_ms)), perSecond: scale };
}

/**
 * Nearer or farther; what is at a place stays there.
 *
 * @param {Sight} sight
 * @param {number} factor
 * @param {number} x
 * @param {Strip} strip
 * @returns {Sight}
 */
export function zoomed(sight, factor, x, strip) {
  const time_ms = timeAt(sight, x);
  const { perSecond } = fitted({ ...sight, perSecond: sight.perSecond * factor }, strip);
  return fitted({ from_ms: time_ms - (1000 * x) / perSecond, perSecond }, strip);
}

/**
 * A sight in which a time is seen: the same if it is there, else a page further.
 *
 * @param {Sight} sight
 * @param {number} time_ms
 * @param {Strip} strip
 * @returns {Sight}
 */
export function pagedTo(sight, time_ms, strip) {
  const x = placeOf(sight, time_ms);
  if (x >= 0 && x <= strip.width * PAGE_SHARE) return sight;
  const margin_ms = (100 * strip.width) / sight.perSecond;
  const next = fitted({ ...sight, from_ms: time_ms - margin_ms }, strip);
  return next.from_ms === sight.from_ms ? sight : next;
}

/** @param {Sight} sight @param {number} x */
export function timeAt({ from_ms, perSecond }, x) {
  return from_ms + (1000 * x) / perSecond;
}

/** @param {Sight} sight @param {number} time_ms */
export function placeOf({ from_ms, perSecond }, time_ms) {
  return ((time_ms - from_ms) * perSecond) / 1000;
}

/** Seconds from one label to the next. @param {number} perSecond */
export function stepOf(perSecond) {
  return STEPS_S.find((step_s) => step_s * perSecond >= LABEL_PX) ?? STEPS_S[STEPS_S.length - 1];
}

/**
 * The places of cues that may be seen between two times, from `first` up to `end`.
 *
 * @param {Cues} cues
 * @param {number} from_ms
 * @param {number} to_ms
 * @returns {{first: number, end: number}}
 */
export function between(cues, from_ms, to_ms) {
  const begins = (/** @type {number} */ time_ms) => {
    let [low, high] = [0, cues.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cues[middle].start_ms < time_ms) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const start = begins(from_ms);
  let first = start;
  // Where cues overlap, one that began long before may still stand.
  for (let at = start - 1; at >= Math.max(0, start - LOOKS_BACK_COUNT); at--) {
    if (cues[at].end_ms > from_ms) first = at;
  }
  return { first, end: begins(to_ms) };
}

/**
 * The part of a cue that is under the pointer; null where there is none.
 *
 * @param {Cues} cues
 * @param {Sight} sight
 * @param {number} x
 * @param {{activeId: string | null, grip: number}} how the active cue is taken first; how wide its
 *   ends are
 * @returns {{id: string, part: Edge | "whole"} | null}
 */
export function partAt(cues, sight, x, { activeId, grip }) {
  const reach_ms = (1000 * grip) / sight.perSecond;
  const time_ms = timeAt(sight, x);
  const { first, end } = between(cues, time_ms - reach_ms, time_ms + reach_ms);
  const near = cues.slice(first, end).reverse();
  near.sort((one, other) => Number(other.id === activeId) - Number(one.id === activeId));
  const inside = near.find((cue) => cue.start_ms <= time_ms && time_ms < cue.end_ms);
  for (const cue of inside ? [inside, ...near] : near) {
    // A short cue keeps a middle by which it can be taken whole.
    const within_ms = Math.min(reach_ms, cue === inside ? (cue.end_ms - cue.start_ms) / 3 : reach_ms);
    if (Math.abs(cue.start_ms - time_ms) <= within_ms) return { id: cue.id, part: "start_ms" };
    if (Math.abs(cue.end_ms - time_ms) <= within_ms) return { id: cue.id, part: "end_ms" };
    if (cue === inside) return { id: cue.id, part: "whole" };
  }
  return null;
}
