// Where lines break is the service's to say: it is asked with the texts, and says it by language and
// profile. What somebody broke by hand stays until they ask.

import { Failure, post } from "./api.js";
import { withTexts } from "./model/acts.js";

/** @typedef {import("./model/cues.js").Cue} Cue */

/**
 * How a recording's subtitles are made.
 * @typedef {object} Manner
 * @property {string | null} language
 * @property {string} profile "" = as the service is set
 */

export class Lines {
  /** @param {import("./editing.js").Editing} editing */
  constructor(editing) {
    this._editing = editing;
  }

  /**
   * Break the lines of some subtitles anew, in one step.
   *
   * @param {readonly string[]} ids
   */
  async breakAnew(ids) {
    const editing = this._editing;
    const wanted = new Set(ids);
    const cues = editing.cues.filter(({ id, text }) => wanted.has(id) && text.trim());
    try {
      editing.act(withTexts(editing.cues, await this._texts(cues), "lines"), "refused.lines");
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      editing.refusal.value = "refused.lines_unasked";
    }
  }

  /**
   * Two cues that became one: its lines belong to the same step.
   *
   * @param {import("./model/cues.js").Change} change
   * @param {string} id
   */
  async afterMerge(change, id) {
    const { correction, cues } = this._editing;
    const cue = cues.find((each) => each.id === id);
    if (!cue) return;
    try {
      const texts = await this._texts([cue]);
      correction.act(withTexts(this._editing.cues, texts, "lines"), change);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure; // as they were joined, then
    }
  }

  /**
   * Their texts as the service breaks them, of those that nobody has changed meanwhile.
   *
   * @param {readonly Cue[]} cues
   * @returns {Promise<Map<string, string>>}
   */
  async _texts(cues) {
    const { language, profile } = this._editing.manner;
    const content = cues.map(({ text, speaker }) => ({ text, speaker }));
    const more = profile ? { profile } : {};
    const answer = await post("api/layout", { cues: content, language, ...more });
    const told = (await answer.json()).cues;
    const now = new Map(this._editing.cues.map(({ id, text }) => [id, text]));
    /** @type {Map<string, string>} */
    const texts = new Map();
    for (const [at, { id, text }] of cues.entries()) if (now.get(id) === text) texts.set(id, told[at].text);
    return texts;
  }
}
