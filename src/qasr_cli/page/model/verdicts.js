// What the rules of subtitles find, as messages: by its kind and its numbers.

/** @typedef {import("../checks.js").Mark} Mark */

/** Rules that the page has words for. */
export const KINDS = [
  "empty", "blank-line", "no-duration", "order", "overlap", "gap", "flicker", "lines", "line-length",
  "function-word", "reading-speed", "short", "long", "orphan",
  "opener", "sound", "parted", "sentences", "ellipsis", "dash", "uneven", "brackets",
];

/**
 * The name of a message and what stands in it; null of a rule that the page does not know.
 *
 * @param {Mark} mark
 * @param {Readonly<Record<string, number>>} limits
 * @returns {{key: string, values: Record<string, string | number>} | null}
 */
export function messageOf({ kind, figure, limit }, limits) {
  if (!KINDS.includes(kind)) return null;
  const values = { figure: shown(figure), limit: limit === null ? "" : shown(limit), gap: limits.gap_ms ?? 0 };
  return { key: kind, values: { ...values, count: figure } };
}

/**
 * How often each rule is broken, the most often broken first.
 *
 * @param {Iterable<readonly Mark[]>} all
 * @returns {[string, number][]}
 */
export function countsByKind(all) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const marks of all) for (const { kind } of marks) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** At most one digit behind the point, and none that says nothing. @param {number} figure */
function shown(figure) {
  return String(Math.round(figure * 10) / 10);
}
