// Cues as a text to read: paragraphs instead of lines.

import { turnsOf } from "./speakers.js";

const PAUSE_MS = 2000;
const SCRIPTS = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"];
const WIDE_SIGNS = "\\u3000-\\u303f\\uff00-\\uffef";
const DENSE = `[${SCRIPTS.map((script) => `\\p{Script=${script}}`).join("")}${WIDE_SIGNS}]`;
const ENDS_DENSE = new RegExp(`${DENSE}$`, "u");
const BEGINS_DENSE = new RegExp(`^${DENSE}`, "u");

/**
 * A paragraph ends where somebody else speaks, or nobody for a while.
 *
 * @param {readonly import("./cues.js").Cue[]} cues
 * @returns {string}
 */
export function plainText(cues) {
  let text = "";
  let before = null;
  for (const cue of cues.flatMap(turnsOf)) {
    const line = withoutBreaks(cue.text);
    if (!line) continue;
    const isOther = before !== null && before.speaker !== cue.speaker;
    const isNew = before === null || isOther || cue.start_ms - before.end_ms >= PAUSE_MS;
    if (!isNew) {
      text = joined(text, line);
    } else {
      const name = cue.speaker && (before === null || isOther) ? `${cue.speaker}: ` : "";
      text += `${text && "\n\n"}${name}${line}`;
    }
    before = cue;
  }
  return text;
}

/**
 * A text of several lines as one.
 *
 * @param {string} text
 * @returns {string}
 */
export function withoutBreaks(text) {
  return text.split("\n").reduce((sum, line) => joined(sum, line.trim()), "");
}

/**
 * Two texts with a space between them, where their scripts have one.
 *
 * @param {string} before
 * @param {string} after
 * @returns {string}
 */
export function joined(before, after) {
  if (!before || !after) return before + after;
  const isDense = ENDS_DENSE.test(before) && BEGINS_DENSE.test(after);
  return `${before}${isDense ? "" : " "}${after}`;
}
