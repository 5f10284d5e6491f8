// A subtitle heard, or its words timed, once more. What comes of it is shown, and taken only by whoever
// looks at it.

import { addressOf, Failure, post } from "./api.js";
import { exchanged } from "./model/edges.js";
import { withWords } from "./model/heard.js";
import { signal } from "./ui.js";

/** @typedef {import("./model/cues.js").Cue} Cue */
/** @typedef {"hear" | "align"} Kind */

/**
 * @typedef {object} Answer
 * @property {Kind} kind
 * @property {Cue} cue that was asked about
 * @property {readonly Cue[] | null} found what could take its place; null while it is not there
 * @property {import("./state.js").Reason | null} reason why there is nothing
 */

// Words at the ends of a cue may be said a little outside of it.
const AROUND_MS = 500;

export class Again {
  /** @param {import("./editing.js").Editing} editing */
  constructor(editing) {
    this._editing = editing;
    /** @type {{value: Answer | null}} */
    this.answer = signal(null);
  }

  /** @param {Kind} kind */
  async ask(kind) {
    const { cue } = this._editing;
    if (!cue) return;
    const asked = { kind, cue, found: null, reason: null };
    this.answer.value = asked;
    this._editing.panel.value = null;
    const answer = await this._answer(asked);
    if (this.answer.value === asked) this.answer.value = answer;
  }

  take() {
    const answer = this.answer.value;
    this.answer.value = null;
    if (!answer?.found) return;
    const { kind, cue, found } = answer;
    this._editing.act(exchanged(kind, this._editing.cues, cue.id, found), "refused.times");
  }

  drop() {
    this.answer.value = null;
  }

  /**
   * @param {Answer} asked
   * @returns {Promise<Answer>}
   */
  async _answer(asked) {
    const { kind, cue } = asked;
    const stretch = kind === "hear" ? cue : this._around(cue);
    const { start_ms, end_ms } = stretch;
    const content = kind === "hear" ? { start_ms, end_ms } : { start_ms, end_ms, text: cue.text };
    try {
      const address = `${addressOf(this._editing.correction.id)}/${kind}`;
      const told = await (await post(address, content)).json();
      return { ...asked, found: kind === "hear" ? this._heard(cue, told) : timed(cue, told) };
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      return { ...asked, reason: failure };
    }
  }

  /** @param {Cue} cue */
  _around(cue) {
    const { cues, lastTime } = this._editing;
    const at = cues.findIndex(({ id }) => id === cue.id);
    const [least_ms, most_ms] = [cues[at - 1]?.end_ms ?? 0, cues[at + 1]?.start_ms ?? lastTime()];
    return {
      start_ms: Math.min(cue.start_ms, Math.max(least_ms, cue.start_ms - AROUND_MS)),
      end_ms: Math.max(cue.end_ms, Math.min(most_ms, cue.end_ms + AROUND_MS)),
    };
  }

  /**
   * @param {Cue} cue
   * @param {any} told
   * @returns {Cue[]}
   */
  _heard(cue, told) {
    const suggested = /** @type {any[]} */ (told.cues);
    const { words: _, ...rest } = cue;
    const cues = suggested.map(({ start_ms, end_ms, text }, at) => ({
      ...rest,
      id: at ? this._editing.correction.newId() : cue.id,
      start_ms: at ? start_ms : cue.start_ms,
      end_ms: at === suggested.length - 1 ? cue.end_ms : end_ms,
      text,
    }));
    return withWords(cues, wordsOf(told));
  }
}

/**
 * The cue with its words where they are said now, and its ends where they begin and end.
 *
 * @param {Cue} cue
 * @param {any} told
 * @returns {Cue[]}
 */
function timed(cue, told) {
  const words = wordsOf(told);
  const [first, last] = [words[0], words[words.length - 1]];
  return first ? [{ ...cue, start_ms: first.start_ms, end_ms: last.end_ms, words }] : [];
}

/** @param {any} told @returns {import("./model/cues.js").Word[]} */
function wordsOf(told) {
  return told.words.map((/** @type {any} */ { word, start_ms, end_ms }) => ({ text: word, start_ms, end_ms }));
}
