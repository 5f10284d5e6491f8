// A caption as it will be seen: lines as they are cut, and how large they can be.

import { charsOf } from "./reading.js";

/** @typedef {import("./cues.js").Cues} Cues */

// A sign of one column is about so wide, of its height; the widest letters are rare.
const EM_OF_COLUMN = 0.56;
// Of the picture's width: what players leave free at both sides.
const ROOM_PERCENT = 90;
const USUAL_PERCENT = 3.4;
const LEAST_PERCENT = 1.6;

/**
 * The height of letters with which the longest line stays one line, as a share of the picture's
 * width: never more than usual, never too small to read.
 *
 * @param {string} text
 * @returns {number} percent
 */
export function letterPercent(text) {
  const longest = Math.max(1, ...text.split("\n").map((line) => charsOf(line, undefined)));
  return Math.max(LEAST_PERCENT, Math.min(USUAL_PERCENT, ROOM_PERCENT / (longest * EM_OF_COLUMN)));
}

/**
 * The name before the text of a cue whose speaker is another than before; "" where there is none.
 *
 * @param {Cues} cues
 * @param {number} at
 * @returns {string}
 */
export function labelOf(cues, at) {
  const { speaker } = cues[at];
  const before = cues[at - 1];
  const isNew = speaker && (before?.line_speakers?.at(-1) ?? before?.speaker) !== speaker;
  return isNew ? `${speaker.trim()}: ` : "";
}

/**
 * A text for a track of captions, in which signs of markup are no markup.
 *
 * @param {string} text
 * @returns {string}
 */
export function trackText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
