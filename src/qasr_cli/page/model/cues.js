// Cues, and changes of them. Nothing changes a list: a change gives another, and has an inverse.

/**
 * @typedef {object} Word
 * @property {string} text
 * @property {number} start_ms
 * @property {number} end_ms
 *
 * @typedef {object} Cue
 * @property {string} id
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {string} text lines as they are cut
 * @property {string | null} speaker
 * @property {readonly string[]} [line_speakers] who says each line of a cue of two people; then nobody is `speaker`
 * @property {readonly Word[]} [words]
 *
 * @typedef {readonly Cue[]} Cues in the order of their starts
 *
 * One place where cues are taken out, and others put in.
 * @typedef {object} Splice
 * @property {number} at
 * @property {Cues} removed
 * @property {Cues} added
 *
 * @typedef {object} Change
 * @property {string} name for messages
 * @property {readonly Splice[]} splices one after the other
 * @property {string} [joins] changes of the same, soon after each other, are one step to undo
 */

/**
 * The cues after a change.
 *
 * @param {Cues} cues
 * @param {Change} change
 * @returns {Cues}
 */
export function changed(cues, change) {
  const next = [...cues];
  for (const { at, removed, added } of change.splices) next.splice(at, removed.length, ...added);
  return next;
}

/**
 * The change that takes back another.
 *
 * @param {Change} change
 * @returns {Change}
 */
export function inverse(change) {
  const splices = [...change.splices].reverse();
  return {
    name: change.name,
    splices: splices.map(({ at, removed, added }) => ({ at, removed: added, added: removed })),
  };
}

/**
 * A change of the cues that an act changes, as one splice from the first of them to the last; null
 * where it changes none.
 *
 * @param {string} name
 * @param {Cues} cues
 * @param {(cue: Cue, at: number) => Cue} act
 * @returns {Change | null}
 */
export function mapped(name, cues, act) {
  const next = cues.map(act);
  const differs = (/** @type {Cue} */ cue, /** @type {number} */ at) => cue !== cues[at];
  const first = next.findIndex(differs);
  if (first < 0) return null;
  const end = next.findLastIndex(differs) + 1;
  const splice = { at: first, removed: cues.slice(first, end), added: next.slice(first, end) };
  return { name, splices: [splice] };
}

/**
 * The place of the cue that stands at a time, or -1.
 *
 * @param {Cues} cues
 * @param {number} time_ms
 * @returns {number}
 */
export function placeAt(cues, time_ms) {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].start_ms <= time_ms) low = middle + 1;
    else high = middle;
  }
  // Where cues overlap, an earlier one may stand longer than those that began after it.
  for (let at = low - 1; at >= 0 && at >= low - 4; at--) if (time_ms < cues[at].end_ms) return at;
  return -1;
}
