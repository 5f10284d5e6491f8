// What a result says beside its subtitles: when each word is said, and where somebody speaks.

/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Word} Word */

/**
 * The words of a result, in the order of their times.
 *
 * @param {any} result as the JSON format has it
 * @returns {Word[]}
 */
export function wordsIn(result) {
  const words = (result.segments ?? []).flatMap((/** @type {any} */ segment) => segment.words ?? []);
  return words
    .filter((/** @type {any} */ each) => Number.isInteger(each.start_ms) && Number.isInteger(each.end_ms))
    .map((/** @type {any} */ each) => ({
      text: String(each.word).trim(),
      start_ms: each.start_ms,
      end_ms: each.end_ms,
    }))
    .sort((/** @type {Word} */ one, /** @type {Word} */ other) => one.start_ms - other.start_ms);
}

/**
 * Cues with the words that stand in them. Where the text is another than its words, the cue has none.
 *
 * @param {readonly Cue[]} cues
 * @param {readonly Word[]} words
 * @returns {Cue[]}
 */
export function withWords(cues, words) {
  let from = 0;
  return cues.map((cue) => {
    while (from < words.length && middle(words[from]) < cue.start_ms) from += 1;
    let end = from;
    while (end < words.length && middle(words[end]) <= cue.end_ms) end += 1;
    const inside = words.slice(from, end);
    const isSame = inside.length > 0 && signs(inside.map(({ text }) => text).join("")) === signs(cue.text);
    return isSame ? { ...cue, words: inside } : cue;
  });
}

/**
 * The place of the word that is said at a time, or -1.
 *
 * @param {readonly Word[]} words
 * @param {number} time_ms
 * @returns {number}
 */
export function wordAt(words, time_ms) {
  let [low, high] = [0, words.length];
  while (low < high) {
    const between = (low + high) >> 1;
    if (words[between].start_ms <= time_ms) low = between + 1;
    else high = between;
  }
  return low > 0 && time_ms < words[low - 1].end_ms ? low - 1 : -1;
}

/**
 * Where a word stands in the text of its cue.
 *
 * @param {string} text
 * @param {readonly Word[]} words
 * @param {number} at
 * @returns {{from: number, to: number} | null}
 */
export function placeOfWord(text, words, at) {
  let from = 0;
  for (const [each, word] of words.entries()) {
    const found = text.indexOf(word.text, from);
    if (found < 0) return null;
    if (each === at) return { from: found, to: found + word.text.length };
    from = found + word.text.length;
  }
  return null;
}

/** @param {Word} word */
function middle({ start_ms, end_ms }) {
  return (start_ms + end_ms) / 2;
}

/** @param {string} text */
function signs(text) {
  return text.replace(/\s+/gu, "");
}
