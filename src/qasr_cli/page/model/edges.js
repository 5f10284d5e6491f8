// Cues that come, go and move among their neighbours. Each act gives a change; null where there is
// none.

import { mergedWithNext, SHORTEST_MS } from "./acts.js";
import { joined } from "./plain_text.js";
import { shifted } from "./retiming.js";

/** @typedef {import("./cues.js").Change} Change */
/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Cues} Cues */
/** @typedef {"start_ms" | "end_ms"} Edge */

// Neighbours so close are cut at one place; between them there are two frames at most.
const TOUCHES_MS = 100;
const NEW_CUE_MS = 2000;

/**
 * A cue begins or ends elsewhere, as near to a time as its neighbours let it; a neighbour that it
 * touched follows.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {Edge} edge
 * @param {number} wanted_ms
 * @param {{isAlone?: boolean, last_ms?: number}} [how]
 * @returns {Change | null}
 */
export function withEdge(cues, id, edge, wanted_ms, { isAlone = false, last_ms = Infinity } = {}) {
  const at = cues.findIndex((cue) => cue.id === id);
  if (at < 0) return null;
  const cue = cues[at];
  const isStart = edge === "start_ms";
  const other = cues[isStart ? at - 1 : at + 1];
  const gap_ms = other ? (isStart ? cue.start_ms - other.end_ms : other.start_ms - cue.end_ms) : NaN;
  const follows = !isAlone && gap_ms >= 0 && gap_ms <= TOUCHES_MS;
  // Where cues overlap, none that begins later may come to stand after one behind it.
  const order_ms = cues[isStart ? at + 1 : at + 2]?.start_ms ?? Infinity;
  const [least_ms, most_ms] = isStart
    ? [startsFrom(cue, other, follows, gap_ms), Math.min(order_ms, cue.end_ms - SHORTEST_MS)]
    : [cue.start_ms + SHORTEST_MS, Math.min(endsBy(cue, other, follows, gap_ms, last_ms), follows ? order_ms - gap_ms : Infinity)];
  const time_ms = Math.round(Math.min(most_ms, Math.max(least_ms, wanted_ms)));
  if (least_ms > most_ms || time_ms === cue[edge]) return null;
  const moved = { ...cue, [edge]: time_ms };
  if (!follows) return spliced("times", at, [cue], [moved]);
  if (!isStart) {
    return spliced("times", at, [cue, other], [moved, { ...other, start_ms: time_ms + gap_ms }]);
  }
  return spliced("times", at - 1, [other, cue], [{ ...other, end_ms: time_ms - gap_ms }, moved]);
}

/**
 * A cue comes earlier or later, as far as its neighbours let it.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {number} by_ms
 * @param {number} [last_ms]
 * @returns {Change | null}
 */
export function movedBetween(cues, id, by_ms, last_ms = Infinity) {
  const at = cues.findIndex((cue) => cue.id === id);
  if (at < 0) return null;
  const cue = cues[at];
  const least_ms = Math.min(0, (cues[at - 1]?.end_ms ?? 0) - cue.start_ms);
  const most_ms = Math.max(0, (cues[at + 1]?.start_ms ?? last_ms) - cue.end_ms);
  const wanted_ms = Math.round(Math.min(most_ms, Math.max(least_ms, by_ms)));
  return wanted_ms ? shifted(cues, [id], wanted_ms) : null;
}

/**
 * A cue without text, where there is room for it.
 *
 * @param {Cues} cues
 * @param {string} newId
 * @param {number} from_ms it begins there or later
 * @param {number} last_ms
 * @returns {Change | null}
 */
export function inserted(cues, newId, from_ms, last_ms) {
  const after = cues.findIndex((cue) => cue.start_ms > from_ms);
  const at = after < 0 ? cues.length : after;
  const start_ms = Math.max(from_ms, cues[at - 1]?.end_ms ?? 0);
  const end_ms = Math.min(start_ms + NEW_CUE_MS, cues[at]?.start_ms ?? last_ms);
  if (end_ms - start_ms < SHORTEST_MS) return null;
  const cue = { id: newId, start_ms, end_ms, text: "", speaker: cues[at - 1]?.speaker ?? null };
  return spliced("insert", at, [], [cue]);
}

/**
 * Other cues take the place of one.
 *
 * @param {string} name
 * @param {Cues} cues
 * @param {string} id
 * @param {Cues} others in order, none before the one in front of them
 * @returns {Change | null}
 */
export function exchanged(name, cues, id, others) {
  const at = cues.findIndex((cue) => cue.id === id);
  if (at < 0 || !others.length) return null;
  const isInOrder = others.every(
    (cue, each) => cue.start_ms >= ((each ? others[each - 1] : cues[at - 1])?.start_ms ?? 0),
  );
  const next = cues[at + 1];
  const isBefore = !next || others[others.length - 1].start_ms <= next.start_ms;
  return isInOrder && isBefore ? spliced(name, at, [cues[at]], others) : null;
}

/**
 * A cue and the next become one, with a space between their texts where their script has one.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {string} [dash] before each of two speakers
 * @returns {Change | null}
 */
export function merged(cues, id, dash) {
  const at = cues.findIndex((cue) => cue.id === id);
  const [first, second] = [cues[at], cues[at + 1]];
  if (!first || !second) return null;
  const isSpaced = joined(first.text, second.text).length > first.text.length + second.text.length;
  return mergedWithNext(cues, id, isSpaced ? " " : "", dash);
}

/**
 * The nearest of some times, if it is near; else the time itself.
 *
 * @param {number} time_ms
 * @param {Iterable<number>} others
 * @param {number} within_ms
 * @returns {number}
 */
export function snapped(time_ms, others, within_ms) {
  let nearest_ms = time_ms;
  let least_ms = within_ms;
  for (const other_ms of others) {
    const far_ms = Math.abs(other_ms - time_ms);
    if (far_ms < least_ms) [nearest_ms, least_ms] = [other_ms, far_ms];
  }
  return nearest_ms;
}

/**
 * @param {Cue} cue
 * @param {Cue | undefined} other
 * @param {boolean} follows
 * @param {number} gap_ms
 */
function startsFrom(cue, other, follows, gap_ms) {
  if (!other) return 0;
  return follows ? other.start_ms + SHORTEST_MS + gap_ms : Math.min(other.end_ms, cue.start_ms);
}

/**
 * @param {Cue} cue
 * @param {Cue | undefined} other
 * @param {boolean} follows
 * @param {number} gap_ms
 * @param {number} last_ms
 */
function endsBy(cue, other, follows, gap_ms, last_ms) {
  if (!other) return Math.max(last_ms, cue.end_ms);
  return follows ? other.end_ms - SHORTEST_MS - gap_ms : Math.max(other.start_ms, cue.end_ms);
}

/**
 * @param {string} name
 * @param {number} at
 * @param {Cues} removed
 * @param {Cues} added
 * @returns {Change}
 */
function spliced(name, at, removed, added) {
  return { name, splices: [{ at, removed, added }] };
}
