// How long texts are for whoever reads them, and how fast they have to be read. As the service
// counts: full-width signs are two columns, marks none.

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const NOTHING = /[\p{M}\p{Cf}\p{Cc}]/u;
const WIDE_AMONG_WIDE = "…—“”‘’·";

/** Languages whose characters are two columns; in these a Latin letter is half of one. */
const WIDE_CODES = new Set(["zh", "ja", "ko", "yue"]);
const UNSPACED_CODES = new Set(["zh", "ja", "yue"]);

/**
 * Characters of a text, as the limits of its language count them.
 *
 * @param {string} text
 * @param {string | undefined} code of the language
 * @returns {number}
 */
export function charsOf(text, code) {
  const isWide = WIDE_CODES.has(code ?? "");
  const isUnspaced = UNSPACED_CODES.has(code ?? "");
  let columns = 0;
  for (const sign of text) {
    if (NOTHING.test(sign)) continue;
    columns += WIDE.test(sign) || (isUnspaced && WIDE_AMONG_WIDE.includes(sign)) ? 2 : 1;
  }
  return isWide ? columns / 2 : columns;
}

/**
 * Characters a second; null where there is no time.
 *
 * @param {{start_ms: number, end_ms: number, text: string}} cue
 * @param {string | undefined} code
 * @returns {number | null}
 */
export function speedOf({ start_ms, end_ms, text }, code) {
  if (end_ms <= start_ms) return null;
  const chars = text.split("\n").reduce((sum, line) => sum + charsOf(line, code), 0);
  return Math.round((10_000 * chars) / (end_ms - start_ms)) / 10;
}
