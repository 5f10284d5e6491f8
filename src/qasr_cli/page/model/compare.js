// Two versions of the same subtitles: where they differ, and one made of both.

/** @typedef {import("./cues.js").Change} Change */
/** @typedef {import("./cues.js").Cue} Cue */
/** @typedef {import("./cues.js").Cues} Cues */
/** @typedef {Pick<Cue, "start_ms" | "end_ms" | "text" | "speaker" | "line_speakers">} Content */
/** @typedef {"shown" | "other"} Side */

/**
 * @typedef {object} Part
 * @property {string} key of this place; another change elsewhere leaves it
 * @property {Cues} shown what the page shows there
 * @property {readonly Content[]} other what the other version has
 * @property {boolean} isSame
 */

/**
 * The content of a cue, as two versions are compared by it: the service trims lines.
 *
 * @param {Content} cue
 * @returns {string}
 */
export function contentOf({ start_ms, end_ms, text, speaker, line_speakers }) {
  return JSON.stringify([start_ms, end_ms, trimmed(text), speaker || null, ...(line_speakers ?? [])]);
}

/**
 * What is sent and compared of a cue, and nothing else.
 *
 * @param {Content} cue
 * @returns {Content}
 */
export function bare({ start_ms, end_ms, text, speaker, line_speakers }) {
  return { start_ms, end_ms, text, speaker, ...(line_speakers && { line_speakers }) };
}

/**
 * Whether two versions are none.
 *
 * @param {readonly Content[]} some
 * @param {readonly Content[]} others
 */
export function areSame(some, others) {
  return some.length === others.length && some.every((cue, at) => contentOf(cue) === contentOf(others[at]));
}

/**
 * What is kept of cues; one without text is none.
 *
 * @param {readonly Content[]} cues
 * @returns {Content[]}
 */
export function contents(cues) {
  return cues
    .filter(({ text }) => text.trim())
    .map(bare);
}

/**
 * Both versions side by side, in the order of times. Whatever is chosen of each part, all of them
 * together are in order.
 *
 * @param {Cues} shown
 * @param {readonly Content[]} other
 * @returns {Part[]}
 */
export function compared(shown, other) {
  const [left, right] = [withText(shown), withText(other)];
  const [leftKeys, rightKeys] = [left.map(contentOf), right.map(contentOf)];
  /** @type {Part[]} */
  const parts = [];
  let [leftFrom, rightFrom] = [0, 0];
  for (const [leftAt, rightAt] of [...inCommon(leftKeys, rightKeys), [left.length, right.length]]) {
    parts.push(...apart(left.slice(leftFrom, leftAt), right.slice(rightFrom, rightAt)));
    if (leftAt < left.length) parts.push(partOf([left[leftAt]], [right[rightAt]], true));
    [leftFrom, rightFrom] = [leftAt + 1, rightAt + 1];
  }
  return parts;
}

/**
 * Which side of a part is proposed: the one that was worked at. Where both were, or nobody knows,
 * that of whoever sits here.
 *
 * @param {Part} part
 * @param {ReadonlySet<string>} base contents of which both were made
 * @param {Side} own
 * @returns {{side: Side, isBoth: boolean}}
 */
export function proposed({ shown, other }, base, own) {
  const keys = { shown: shown.map(contentOf), other: other.map(contentOf) };
  const rival = own === "shown" ? "other" : "shown";
  const isChanged = (/** @type {Side} */ side, /** @type {Side} */ beside) =>
    keys[side].some((key) => !base.has(key)) || keys[beside].some((key) => base.has(key));
  const [byOwn, byRival] = [isChanged(own, rival), isChanged(rival, own)];
  return { side: byRival && !byOwn ? rival : own, isBoth: byOwn === byRival };
}

/**
 * The cues of the sides that were chosen.
 *
 * @param {readonly Part[]} parts
 * @param {(part: Part) => Side} sideOf
 * @param {() => string} newId
 * @returns {Cues}
 */
export function mergedOf(parts, sideOf, newId) {
  return parts.flatMap((part) => {
    if (part.isSame || sideOf(part) === "shown") return part.shown;
    const [first, ...more] = part.other.map(bare);
    if (!first) return [];
    // The same subtitle stays the same row, so that whoever works in it stays there.
    return [{ ...first, id: part.shown[0]?.id ?? newId() }, ...more.map((cue) => ({ ...cue, id: newId() }))];
  });
}

/**
 * The change that makes one list of another; null where they are the same.
 *
 * @param {string} name
 * @param {Cues} before
 * @param {Cues} after
 * @returns {Change | null}
 */
export function changeTo(name, before, after) {
  const least = Math.min(before.length, after.length);
  let from = 0;
  while (from < least && before[from] === after[from]) from += 1;
  let kept = 0;
  while (kept < least - from && before[before.length - 1 - kept] === after[after.length - 1 - kept]) kept += 1;
  const removed = before.slice(from, before.length - kept);
  const added = after.slice(from, after.length - kept);
  return removed.length || added.length ? { name, splices: [{ at: from, removed, added }] } : null;
}

/**
 * The places of the keys that both have in the same order, as many as there are.
 *
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 * @returns {[number, number][]}
 */
function inCommon(left, right) {
  const places = new Map(right.map((key, at) => [key, at]));
  /** Ends of the best chains so far, by their length. @type {number[]} */
  const ends = [];
  /** @type {{leftAt: number, rightAt: number, before: number}[]} */
  const links = [];
  for (const [leftAt, key] of left.entries()) {
    const rightAt = places.get(key);
    if (rightAt === undefined) continue;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (links[ends[middle]].rightAt < rightAt) low = middle + 1;
      else high = middle;
    }
    links.push({ leftAt, rightAt, before: low ? ends[low - 1] : -1 });
    ends[low] = links.length - 1;
  }
  /** @type {[number, number][]} */
  const chain = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = links[at].before) chain.push([links[at].leftAt, links[at].rightAt]);
  return chain.reverse();
}

/**
 * What differs between two places that are the same, parted where nobody speaks in either.
 *
 * @param {Cues} left
 * @param {readonly Content[]} right
 * @returns {Part[]}
 */
function apart(left, right) {
  /** @type {Part[]} */
  const parts = [];
  let [leftAt, rightAt] = [0, 0];
  while (leftAt < left.length || rightAt < right.length) {
    const [leftFrom, rightFrom] = [leftAt, rightAt];
    let ends_ms = Math.min(left[leftAt]?.start_ms ?? Infinity, right[rightAt]?.start_ms ?? Infinity) + 1;
    let before = -1;
    while (before !== leftAt + rightAt) {
      before = leftAt + rightAt;
      while (left[leftAt]?.start_ms < ends_ms) ends_ms = Math.max(ends_ms, left[leftAt++].end_ms);
      while (right[rightAt]?.start_ms < ends_ms) ends_ms = Math.max(ends_ms, right[rightAt++].end_ms);
    }
    parts.push(partOf(left.slice(leftFrom, leftAt), right.slice(rightFrom, rightAt), false));
  }
  return parts;
}

/**
 * @param {Cues} shown
 * @param {readonly Content[]} other
 * @param {boolean} isSame
 * @returns {Part}
 */
function partOf(shown, other, isSame) {
  const first_ms = Math.min(shown[0]?.start_ms ?? Infinity, other[0]?.start_ms ?? Infinity);
  return { key: `${first_ms}/${shown[0]?.id ?? ""}`, shown, other, isSame };
}

/**
 * @template {Content} T
 * @param {readonly T[]} cues
 */
function withText(cues) {
  return cues.filter(({ text }) => text.trim());
}

/** @param {string} text */
function trimmed(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).join("\n");
}
