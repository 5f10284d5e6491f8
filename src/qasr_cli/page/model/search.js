// What is found in the texts of cues, and what is written in its place.

/**
 * @typedef {object} Query
 * @property {string} text
 * @property {boolean} [hasCase] A is another letter than a
 * @property {boolean} [isWhole] only whole words
 * @property {boolean} [isPattern] a regular expression
 *
 * @typedef {object} Match
 * @property {string} id of the cue
 * @property {number} from place in its text
 * @property {number} to
 */

/**
 * The pattern of a query; null where nothing is asked for, or it is no pattern.
 *
 * @param {Query} query
 * @returns {RegExp | null}
 */
export function patternOf(query) {
  if (!query.text) return null;
  const source = query.isPattern ? query.text : query.text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  const letter = "[\\p{L}\\p{M}\\p{N}_]";
  const whole = query.isWhole ? `(?<!${letter})(?:${source})(?!${letter})` : source;
  try {
    return new RegExp(whole, query.hasCase ? "gu" : "giu");
  } catch {
    return null;
  }
}

/**
 * All places where a pattern is found, in order; it finds no empty ones.
 *
 * @param {readonly import("./cues.js").Cue[]} cues
 * @param {RegExp} pattern
 * @returns {Match[]}
 */
export function found(cues, pattern) {
  return cues.flatMap(({ id, text }) =>
    [...text.matchAll(pattern)]
      .filter(([whole]) => whole)
      .map((match) => ({ id, from: match.index, to: match.index + match[0].length })),
  );
}

/**
 * The texts of the cues in which something is replaced, by their ids.
 *
 * @param {readonly import("./cues.js").Cue[]} cues
 * @param {RegExp} pattern
 * @param {string} replacement
 * @param {boolean} isPattern `$1` in it stands for a group
 * @returns {Map<string, string>}
 */
export function replacedTexts(cues, pattern, replacement, isPattern) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const { id, text } of cues) {
    const next = text.replace(pattern, (/** @type {any[]} */ ...match) => {
      if (!match[0]) return "";
      return isPattern ? filled(replacement, match) : replacement;
    });
    if (next !== text) texts.set(id, next);
  }
  return texts;
}

/**
 * A replacement with the groups of a match in it.
 *
 * @param {string} replacement
 * @param {readonly any[]} match as `String.replace` tells it
 */
function filled(replacement, match) {
  const named = typeof match.at(-1) === "object" ? match.at(-1) : {};
  const groupCount = match.findIndex((part) => typeof part === "number") - 1;
  return replacement.replace(/\$(?:(\$)|(&)|(\d)|<([^>]*)>)/g, (whole, dollar, all, digit, name) => {
    if (dollar) return "$";
    if (all) return match[0];
    if (name !== undefined) return named[name] ?? "";
    return digit >= 1 && digit <= groupCount ? (match[digit] ?? "") : whole;
  });
}
