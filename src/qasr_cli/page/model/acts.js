// What can be done to cues. Each act gives a change; null where it would change nothing, or could not
// be.

import { retimedWords } from "./word_match.js";

/** @typedef {import("./cues.js").Change} Change */
/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Cues} Cues */

export const SHORTEST_MS = 100;

/**
 * @param {Cues} cues
 * @param {string} id
 * @param {string} text
 * @returns {Change | null}
 */
export function withText(cues, id, text) {
  const at = placeOf(cues, id);
  if (at < 0 || cues[at].text === text) return null;
  return { ...replaced("text", cues, at, [retexted(cues[at], text)]), joins: `text ${id}` };
}

/**
 * @param {Cues} cues
 * @param {string} id
 * @param {number} start_ms
 * @param {number} end_ms
 * @returns {Change | null}
 */
export function withTimes(cues, id, start_ms, end_ms) {
  const at = placeOf(cues, id);
  if (at < 0) return null;
  return retimed("times", cues, [id], (cue) => ({ ...cue, start_ms, end_ms }));
}

/**
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {string | null} speaker
 * @returns {Change | null}
 */
export function withSpeaker(cues, ids, speaker) {
  const wanted = new Set(ids);
  return mapped("speaker", cues, (cue) => (wanted.has(cue.id) ? { ...cue, speaker } : cue));
}

/**
 * Everything that one speaker says gets another name.
 *
 * @param {Cues} cues
 * @param {string} before
 * @param {string} after
 * @returns {Change | null}
 */
export function withSpeakerNamed(cues, before, after) {
  return mapped("speaker", cues, (cue) =>
    cue.speaker === before ? { ...cue, speaker: after } : cue,
  );
}

/**
 * One cue becomes two where its text is parted; their words, or else the share of the text, say
 * when.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {number} caret place in the text
 * @param {string} newId of the second
 * @param {number} [shortest_ms] of either
 * @returns {Change | null}
 */
export function split(cues, id, caret, newId, shortest_ms = SHORTEST_MS) {
  const at = placeOf(cues, id);
  if (at < 0) return null;
  const cue = cues[at];
  const [before, after] = [cue.text.slice(0, caret).trim(), cue.text.slice(caret).trim()];
  if (!before || !after || cue.end_ms - cue.start_ms < 2 * shortest_ms) return null;
  const count = wordsBefore(cue, before);
  const [earliest, latest] = [cue.start_ms + shortest_ms, cue.end_ms - shortest_ms];
  const share = before.length / (before.length + after.length);
  const wanted_ms =
    cue.words && count !== null
      ? cue.words[count].start_ms
      : Math.round(cue.start_ms + share * (cue.end_ms - cue.start_ms));
  const middle_ms = Math.min(latest, Math.max(earliest, wanted_ms));
  const first = { ...cue, text: before, end_ms: middle_ms };
  const second = { ...cue, id: newId, text: after, start_ms: middle_ms };
  if (cue.words && count !== null) {
    first.words = cue.words.slice(0, count);
    second.words = cue.words.slice(count);
  } else {
    delete first.words;
    delete second.words;
  }
  // Cues may overlap: the second begins behind those that begin before it.
  let end = at + 1;
  while (end < cues.length && cues[end].start_ms < middle_ms) end += 1;
  const between = cues.slice(at + 1, end);
  const splice = { at, removed: cues.slice(at, end), added: [first, ...between, second] };
  return { name: "split", splices: [splice] };
}

/**
 * A cue and the next become one. Two speakers keep a line each.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {string} space between their texts: nothing in scripts that part no words
 * @returns {Change | null}
 */
export function mergedWithNext(cues, id, space) {
  const at = placeOf(cues, id);
  if (at < 0 || at + 1 >= cues.length) return null;
  const [first, second] = [cues[at], cues[at + 1]];
  const areTwo = first.speaker !== second.speaker;
  const text = areTwo
    ? `${dashed(first.text)}\n${dashed(second.text)}`
    : `${first.text}${space}${second.text}`;
  const end_ms = Math.max(first.end_ms, second.end_ms);
  const { words: _, ...rest } = first;
  const merged = { ...rest, text, end_ms, speaker: areTwo ? null : first.speaker };
  const words =
    first.words && second.words && !areTwo ? { words: [...first.words, ...second.words] } : {};
  return {
    name: "merge",
    splices: [{ at, removed: [first, second], added: [{ ...merged, ...words }] }],
  };
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
  const moved = (/** @type {{start_ms: number, end_ms: number}} */ part) => ({
    start_ms: part.start_ms + by_ms,
    end_ms: part.end_ms + by_ms,
  });
  return retimed("shift", cues, ids, (cue) => withWordsMoved(cue, moved));
}

/**
 * Cues are stretched so that two times come where they belong.
 *
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {{from_ms: number, to_ms: number}} first
 * @param {{from_ms: number, to_ms: number}} last
 * @returns {Change | null}
 */
export function stretched(cues, ids, first, last) {
  if (first.from_ms === last.from_ms) return null;
  const factor = (last.to_ms - first.to_ms) / (last.from_ms - first.from_ms);
  const at = (/** @type {number} */ time_ms) =>
    Math.round(first.to_ms + (time_ms - first.from_ms) * factor);
  const moved = (/** @type {{start_ms: number, end_ms: number}} */ part) => ({
    start_ms: at(part.start_ms),
    end_ms: at(part.end_ms),
  });
  return retimed("stretch", cues, ids, (cue) => withWordsMoved(cue, moved));
}

/**
 * Texts of several cues in one step.
 *
 * @param {Cues} cues
 * @param {ReadonlyMap<string, string>} texts by id
 * @returns {Change | null}
 */
export function withTexts(cues, texts) {
  return mapped("replace", cues, (cue) => {
    const text = texts.get(cue.id);
    return text === undefined || text === cue.text ? cue : retexted(cue, text);
  });
}

/**
 * @param {Cues} cues
 * @param {string} id
 * @returns {Change | null}
 */
export function without(cues, id) {
  const at = placeOf(cues, id);
  return at < 0 ? null : replaced("remove", cues, at, []);
}

/**
 * A cue with another text; words that stayed keep their times.
 *
 * @param {Cue} cue
 * @param {string} text
 * @returns {Cue}
 */
function retexted(cue, text) {
  const words = cue.words && { words: retimedWords(cue.words, text, cue) };
  return { ...cue, text, ...words };
}

/**
 * @param {Cues} cues
 * @param {string} id
 */
function placeOf(cues, id) {
  return cues.findIndex((cue) => cue.id === id);
}

/**
 * @param {string} name
 * @param {Cues} cues
 * @param {number} at
 * @param {Cues} added
 * @returns {Change}
 */
function replaced(name, cues, at, added) {
  return { name, splices: [{ at, removed: [cues[at]], added }] };
}

/**
 * A change of the cues that an act changes, as one splice from the first of them to the last.
 *
 * @param {string} name
 * @param {Cues} cues
 * @param {(cue: Cue, at: number) => Cue} act
 * @returns {Change | null}
 */
function mapped(name, cues, act) {
  const next = cues.map(act);
  const differs = (/** @type {Cue} */ cue, /** @type {number} */ at) => cue !== cues[at];
  const first = next.findIndex(differs);
  if (first < 0) return null;
  const end = next.findLastIndex(differs) + 1;
  const splice = { at: first, removed: cues.slice(first, end), added: next.slice(first, end) };
  return { name, splices: [splice] };
}

/**
 * Other times for some cues, if the order stays and none gets too short.
 *
 * @param {string} name
 * @param {Cues} cues
 * @param {readonly string[]} ids
 * @param {(cue: Cue) => Cue} act
 * @returns {Change | null}
 */
function retimed(name, cues, ids, act) {
  const wanted = new Set(ids);
  const next = cues.map((cue) => (wanted.has(cue.id) ? act(cue) : cue));
  const isRight = next.every((cue, at) => {
    if (cue === cues[at]) return at === 0 || next[at - 1].start_ms <= cue.start_ms;
    const isLongEnough = cue.end_ms - cue.start_ms >= SHORTEST_MS;
    return isLongEnough && cue.start_ms >= (at ? next[at - 1].start_ms : 0);
  });
  if (!isRight) return null;
  return mapped(name, cues, (cue, at) => {
    const isSame = cue.start_ms === next[at].start_ms && cue.end_ms === next[at].end_ms;
    return isSame ? cue : next[at];
  });
}

/**
 * @param {Cue} cue
 * @param {(part: {start_ms: number, end_ms: number}) => {start_ms: number, end_ms: number}} moved
 * @returns {Cue}
 */
function withWordsMoved(cue, moved) {
  const words = cue.words && { words: cue.words.map((word) => ({ ...word, ...moved(word) })) };
  return { ...cue, ...moved(cue), ...words };
}

/**
 * How many words of a cue its first part holds; null where the cut goes through a word.
 *
 * @param {Cue} cue
 * @param {string} before
 */
function wordsBefore(cue, before) {
  const plain = (/** @type {string} */ text) => text.replace(/\s+/gu, "");
  const length = plain(before).length;
  let reached = 0;
  for (const [at, word] of (cue.words ?? []).entries()) {
    if (reached === length) return at || null;
    reached += plain(word.text).length;
  }
  return null;
}

/** @param {string} text */
function dashed(text) {
  const line = text.replace(/\s*\n\s*/gu, " ");
  return line.startsWith("-") ? line : `- ${line}`;
}
