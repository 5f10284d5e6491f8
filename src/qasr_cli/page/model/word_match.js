// Times for the words of a text that was edited: what stayed keeps its own, the rest is spread.

/** @typedef {import("./cues.js").Word} Word */

// Scripts that part no words: each sign is one.
const PARTS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+/gu;

/**
 * The words of a text.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function wordsOf(text) {
  return text.match(PARTS) ?? [];
}

/**
 * The words of an edited text with their times.
 *
 * @param {readonly Word[]} before
 * @param {string} text
 * @param {{start_ms: number, end_ms: number}} cue
 * @returns {Word[]}
 */
export function retimedWords(before, text, cue) {
  const texts = wordsOf(text);
  const kept = matched(before.map((word) => plain(word.text)), texts.map(plain));
  /** @type {Word[]} */
  const words = [];
  for (let at = 0; at < texts.length; ) {
    const known = kept.get(at);
    if (known !== undefined) {
      words.push({ ...before[known], text: texts[at] });
      at += 1;
      continue;
    }
    let end = at;
    while (end < texts.length && !kept.has(end)) end += 1;
    const next = kept.get(end);
    const from_ms = words.at(-1)?.end_ms ?? cue.start_ms;
    const to_ms = next === undefined ? cue.end_ms : before[next].start_ms;
    words.push(...spread(texts.slice(at, end), from_ms, Math.max(from_ms, to_ms)));
    at = end;
  }
  return words;
}

/**
 * Which word of the first list each of the second is: the longest common row of both.
 *
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @returns {Map<number, number>}
 */
export function matched(before, after) {
  const lengths = Array.from({ length: before.length + 1 }, () =>
    new Uint32Array(after.length + 1),
  );
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i][j] =
        before[i] === after[j]
          ? lengths[i + 1][j + 1] + 1
          : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  /** @type {Map<number, number>} */
  const pairs = new Map();
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) pairs.set(j++, i++);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/**
 * Words evenly over a stretch, by their lengths.
 *
 * @param {readonly string[]} texts
 * @param {number} from_ms
 * @param {number} to_ms
 * @returns {Word[]}
 */
function spread(texts, from_ms, to_ms) {
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  let reached = 0;
  const at = () => Math.round(from_ms + ((to_ms - from_ms) * reached) / total);
  return texts.map((text) => {
    const start_ms = at();
    reached += text.length;
    return { text, start_ms, end_ms: at() };
  });
}

/** @param {string} text */
function plain(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[\p{P}\p{S}]+/gu, "") || text;
}
