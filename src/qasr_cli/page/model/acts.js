// What can be done to cues. Each act gives a change; null where it would change nothing, or could not
// be.

import { mapped } from "./cues.js";
import { spokenBy, turnsOf } from "./speakers.js";
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
  const [upper, lower] = turns(cue, before, after);
  const first = { ...upper, end_ms: middle_ms };
  const second = { ...lower, id: newId, start_ms: middle_ms };
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
 * A cue and the next become one. Several speakers keep a line each.
 *
 * @param {Cues} cues
 * @param {string} id
 * @param {string} space between their texts: nothing in scripts that part no words
 * @param {string} [dash] before each of two speakers
 * @returns {Change | null}
 */
export function mergedWithNext(cues, id, space, dash = "- ") {
  const at = placeOf(cues, id);
  if (at < 0 || at + 1 >= cues.length) return null;
  const [first, second] = [cues[at], cues[at + 1]];
  const said = [...turnsOf(first), ...turnsOf(second)];
  const areTwo = said.some(({ speaker }) => speaker !== said[0].speaker);
  const text = areTwo
    ? said.map((turn) => dashed(turn.text, dash)).join("\n")
    : `${first.text}${space}${second.text}`;
  const end_ms = Math.max(first.end_ms, second.end_ms);
  const { words: _, line_speakers: __, ...rest } = first;
  const merged = areTwo
    ? { ...rest, text, end_ms, speaker: null, line_speakers: said.map(({ speaker }) => speaker ?? "") }
    : { ...rest, text, end_ms, speaker: first.speaker };
  const words =
    first.words && second.words && !areTwo ? { words: [...first.words, ...second.words] } : {};
  return {
    name: "merge",
    splices: [{ at, removed: [first, second], added: [{ ...merged, ...words }] }],
  };
}

/**
 * Both parts of a cue; of two people, where it is parted between them, each says one.
 *
 * @param {Cue} cue
 * @param {string} before
 * @param {string} after
 * @returns {[Cue, Cue]}
 */
function turns(cue, before, after) {
  const [upper, lower] = [{ ...cue, text: before }, { ...cue, text: after }];
  const [one, other, ...more] = cue.line_speakers ?? [];
  const isBetween = other !== undefined && !more.length && !/\n/u.test(before + after);
  return isBetween ? [spokenBy(upper, one || null), spokenBy(lower, other || null)] : [upper, lower];
}

/**
 * Texts of several cues in one step.
 *
 * @param {Cues} cues
 * @param {ReadonlyMap<string, string>} texts by id
 * @param {string} [name]
 * @returns {Change | null}
 */
export function withTexts(cues, texts, name = "replace") {
  return mapped(name, cues, (cue) => {
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
  // Only lines were broken elsewhere: all words are what they were.
  if (cue.text.replace(/\s+/gu, "") === text.replace(/\s+/gu, "")) return { ...cue, text };
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

/** @param {string} text @param {string} dash */
function dashed(text, dash) {
  const line = text.replace(/\s*\n\s*/gu, " ");
  return line.startsWith("-") ? line : dash + line;
}
