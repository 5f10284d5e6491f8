// Text that grows, in lines of a fixed length: where a line was broken it stays broken.

import { joined } from "./plain_text.js";
import { charsOf } from "./reading.js";

/**
 * @typedef {{text: string, isTail: boolean}} Part of a line; of its tail the next look may change all
 * @typedef {readonly Part[]} Line
 */

const OPENS = /^[\p{Ps}\p{Pi}¿¡]$/u;
const KEPT_COUNT = 8; // lines; more are never seen at once

/**
 * Lines, and a text behind them.
 *
 * @param {readonly Line[]} lines
 * @param {string} text
 * @param {{columns: number, code?: string, isTail?: boolean, isNew?: boolean}} how `isNew`: it
 *   begins a line of its own
 * @returns {readonly Line[]}
 */
export function appended(lines, text, { columns, code, isTail = false, isNew = false }) {
  const next = lines.map((line) => [...line]);
  let isFirst = true;
  for (const unit of unitsOf(text, code)) {
    if (isFirst && !unit.trim()) continue;
    const last = next.at(-1);
    const before = last ? last.map((part) => part.text).join("") : "";
    // What follows an earlier text has the space that their scripts want.
    const together = isFirst ? joined(before, unit.trimStart()) : before + unit;
    const isFull = charsOf(together.trimEnd(), undefined) > columns;
    if (!last || (isNew && isFirst) || (before && isFull)) {
      next.push([{ text: unit.trimStart(), isTail }]);
    } else {
      last.push({ text: together.slice(before.length), isTail });
    }
    isFirst = false;
  }
  return next.slice(-KEPT_COUNT).map(merged);
}

/**
 * What is not parted: words with the signs around them.
 *
 * @param {string} text
 * @param {string | undefined} code of its language
 */
function unitsOf(text, code) {
  /** @type {string[]} */
  const units = [];
  let isOpen = false;
  for (const { segment, isWordLike } of new Intl.Segmenter(code, { granularity: "word" }).segment(text)) {
    const opens = OPENS.test(segment);
    const staysWithLast = isOpen || !(isWordLike || opens || !segment.trim());
    const followsSpace = !units.at(-1)?.trim() && units.length > 0 && !isOpen;
    if (units.length && (staysWithLast || followsSpace)) units.push(`${units.pop()}${segment}`);
    else units.push(segment);
    isOpen = opens;
  }
  return units;
}

/** @param {readonly Part[]} line @returns {Line} */
function merged(line) {
  /** @type {Part[]} */
  const parts = [];
  for (const part of line) {
    const last = parts.at(-1);
    if (last && last.isTail === part.isTail) parts.splice(-1, 1, { ...part, text: last.text + part.text });
    else parts.push(part);
  }
  return parts;
}
