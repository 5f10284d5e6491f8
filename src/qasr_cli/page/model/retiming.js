// Other times for cues. Each act gives a change; null where it would change nothing, part the order
// of cues, or lay one over another that was clear of it.

import { SHORTEST_MS } from "./acts.js";
import { mapped } from "./cues.js";

/** @typedef {import("./cues.js").Change} Change */
/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Cues} Cues */
/** @typedef {{start_ms: number, end_ms: number}} Times */

/**
 * A time, and where it belongs.
 * @typedef {{from_ms: number, to_ms: number}} Point
 */

const [LEAST_FACTOR, MOST_FACTOR] = [0.1, 10];

/**
 * Exactly these times, over a neighbour or not.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {number} start_ms
 * @param {number} end_ms
 * @returns {Change | null}
 */
export function withTimes(cues, id, start_ms, end_ms) {
  const act = (/** @type {Cue} */ cue) => ({ ...cue, start_ms, end_ms });
  return retimed("times", cues, [id], act, { least_ms: SHORTEST_MS });
}

/**
 * Cues come earlier or later, all by as much.
 *
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {number} by_ms
 * @returns {Change | null}
 */
export function shifted(cues, ids, by_ms) {
  const at = (/** @type {number} */ time_ms) => time_ms + by_ms;
  return retimed("shift", cues, ids, (cue) => withTimesBy(cue, at), { staysClear: true });
}

/**
 * Cues are stretched so that two times come where they belong.
 *
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {Point} first
 * @param {Point} last
 * @returns {Change | null}
 */
export function stretched(cues, ids, first, last) {
  const factor = factorOf(first, last);
  if (factor === null) return null;
  // One rounding for all times: what touched still touches, and nothing changes places.
  const at = (/** @type {number} */ time_ms) =>
    Math.round(first.to_ms + (time_ms - first.from_ms) * factor);
  return retimed("stretch", cues, ids, (cue) => withTimesBy(cue, at), { staysClear: true });
}

/**
 * By how much two points stretch; null where they do not tell, or nobody would want it.
 *
 * @param {Point} first
 * @param {Point} last
 * @returns {number | null}
 */
export function factorOf(first, last) {
  const factor = (last.to_ms - first.to_ms) / (last.from_ms - first.from_ms);
  return factor >= LEAST_FACTOR && factor <= MOST_FACTOR ? factor : null;
}

/**
 * The factor that somebody typed: `1.0427`, `104.27 %` or `25/23.976`, for subtitles made for 25
 * pictures a second under a film of 23.976; null if it is none.
 *
 * @param {string} text
 * @returns {number | null}
 */
export function factorOfText(text) {
  const plain = text.normalize("NFKC").replaceAll(",", ".").replace(/[:÷]/, "/").replace(/\s+/g, "");
  const found = /^(\d+\.?\d*|\.\d+)(?:(%)|\/(\d+\.?\d*|\.\d+))?$/.exec(plain);
  if (!found) return null;
  const [, number, percent, under] = found;
  const factor = Number(number) / (percent ? 100 : Number(under ?? 1));
  return factor >= LEAST_FACTOR && factor <= MOST_FACTOR ? factor : null;
}

/**
 * Other times for some cues, if the order stays and none gets too short.
 *
 * @param {string} name
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {(cue: Cue) => Cue} act
 * @param {{least_ms?: number, staysClear?: boolean}} how
 * @returns {Change | null}
 */
function retimed(name, cues, ids, act, { least_ms = 1, staysClear = false }) {
  const wanted = new Set(ids);
  const next = cues.map((cue) => (wanted.has(cue.id) ? act(cue) : cue));
  const isRight = next.every((cue, at) => {
    const before = next[at - 1];
    if (cue === cues[at] && (!at || before === cues[at - 1])) return true;
    const isInOrder = cue.start_ms >= (before?.start_ms ?? 0);
    const isLongEnough = cue === cues[at] || cue.end_ms - cue.start_ms >= least_ms;
    return isInOrder && isLongEnough;
  });
  if (!isRight || (staysClear && overlapsMore(cues, next))) return null;
  return mapped(name, cues, (cue, at) => {
    const isSame = cue.start_ms === next[at].start_ms && cue.end_ms === next[at].end_ms;
    return isSame ? cue : next[at];
  });
}

/**
 * Whether a cue comes to lie over one before it, of which it was clear.
 *
 * @param {Cues} cues
 * @param {Cues} next the same with other times, in order
 */
function overlapsMore(cues, next) {
  let [latest_ms, latestNext_ms] = [0, 0];
  for (const [at, cue] of cues.entries()) {
    if (next[at].start_ms < latestNext_ms && cue.start_ms >= latest_ms) return true;
    latest_ms = Math.max(latest_ms, cue.end_ms);
    latestNext_ms = Math.max(latestNext_ms, next[at].end_ms);
  }
  return false;
}

/**
 * @param {Cue} cue
 * @param {(time_ms: number) => number} at
 * @returns {Cue}
 */
function withTimesBy(cue, at) {
  const moved = (/** @type {Times} */ part) => ({ start_ms: at(part.start_ms), end_ms: at(part.end_ms) });
  const words = cue.words && { words: cue.words.map((word) => ({ ...word, ...moved(word) })) };
  return { ...cue, ...moved(cue), ...words };
}
