// Undo and redo without limit.

import { changed, inverse } from "./cues.js";

/** @typedef {import("./cues.js").Cues} Cues */
/** @typedef {import("./cues.js").Change} Change */

const JOINS_FOR_MS = 1000;

/** Cues with all that was done to them. */
export class History {
  /** @param {Cues} cues */
  constructor(cues) {
    /** As they were before anything was done. */
    this.first = cues;
    this.cues = cues;
    /** @type {Change[]} */
    this._past = [];
    /** @type {Change[]} */
    this._future = [];
    this._latest_ms = -Infinity;
  }

  /** The name of what would be undone, or null. */
  get undoes() {
    return this._past.at(-1)?.name ?? null;
  }

  /** The name of what would be done again, or null. */
  get redoes() {
    return this._future.at(-1)?.name ?? null;
  }

  /**
   * Do something, if it is anything. Typing in one place, without a pause, is one step; so is what
   * belongs to the step before.
   *
   * @param {Change | null} change
   * @param {number} now_ms
   * @param {Change} [to] which it belongs, if that was the latest
   * @returns {boolean} whether something changed
   */
  act(change, now_ms, to) {
    if (!change) return false;
    this.cues = changed(this.cues, change);
    const before = this._past.at(-1);
    const isSoon = now_ms - this._latest_ms < JOINS_FOR_MS;
    const isMore = before && before === to && !this._future.length && isOfOne(before, change);
    this._future = [];
    if (isMore) {
      this._past[this._past.length - 1] = { ...joined(before, change), name: before.name };
    } else if (before && change.joins && change.joins === before.joins && isSoon) {
      this._past[this._past.length - 1] = joined(before, change);
    } else {
      this._past.push(change);
    }
    this._latest_ms = now_ms;
    return true;
  }

  /** What comes next is a step of its own. */
  seal() {
    this._latest_ms = -Infinity;
  }

  /** @returns {boolean} whether something changed */
  undo() {
    const change = this._past.pop();
    if (!change) return false;
    this.cues = changed(this.cues, inverse(change));
    this._future.push(change);
    this.seal();
    return true;
  }

  /** @returns {boolean} whether something changed */
  redo() {
    const change = this._future.pop();
    if (!change) return false;
    this.cues = changed(this.cues, change);
    this._past.push(change);
    this.seal();
    return true;
  }
}

/** Whether a change is of the one cue that another gave. @param {Change} first @param {Change} second */
function isOfOne(first, second) {
  const [{ at, added }] = first.splices;
  return second.splices.length === 1 && second.splices[0].at === at && added.length === 1;
}

/**
 * Two changes of the same cue as one.
 *
 * @param {Change} first
 * @param {Change} second
 * @returns {Change}
 */
function joined(first, second) {
  const [{ at, removed }] = first.splices;
  return { ...second, splices: [{ at, removed, added: second.splices[0].added }] };
}
