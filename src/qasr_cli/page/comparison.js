// Another version of the subtitles that are shown: somebody else's, or what was not saved. Whoever
// sits here says what counts, place by place.

import { forgetDraft } from "./drafts.js";
import { changeTo, compared, contentOf, mergedOf, proposed } from "./model/compare.js";
import { computed, signal } from "./ui.js";

/** @typedef {import("./model/compare.js").Content} Content */
/** @typedef {import("./model/compare.js").Part} Part */
/** @typedef {import("./model/compare.js").Side} Side */
/** @typedef {{etag: string, cues: readonly Content[]}} Now what the service has */

export class Comparison {
  /**
   * @param {import("./correction.js").Correction} correction
   * @param {object} given
   * @param {readonly Content[]} given.other
   * @param {readonly Content[]} given.base of which both were made
   * @param {Side} given.own which side is by whoever sits here
   * @param {string} [given.code] why the service did not save
   * @param {Now | null} [given.now] in a conflict
   * @param {import("./drafts.js").Kept | null} [given.draft]
   */
  constructor(correction, { other, base, own, code = "", now = null, draft = null }) {
    this._correction = correction;
    this._base = new Set(base.map(contentOf));
    this.own = own;
    this.code = code;
    this.now = now;
    this.draft = draft;
    /** What was chosen, by the keys of parts. @type {{value: ReadonlyMap<string, Side>}} */
    this.choices = signal(new Map());
    /** @type {{value: readonly Part[]}} */
    this.parts = computed(() => compared(correction.cues.value, other));
    /** @type {{value: readonly Part[]}} */
    this.differences = computed(() => this.parts.value.filter(({ isSame }) => !isSame));
  }

  /**
   * @param {import("./correction.js").Correction} correction
   * @param {Now} now
   * @param {string} code
   */
  static ofConflict(correction, now, code) {
    const { base } = correction;
    return new Comparison(correction, { other: now.cues, base, own: "shown", now, code });
  }

  /**
   * @param {import("./correction.js").Correction} correction
   * @param {import("./drafts.js").Kept} draft
   */
  static ofDraft(correction, draft) {
    const [other, base] = [JSON.parse(draft.cues), JSON.parse(draft.base)];
    return new Comparison(correction, { other, base, own: "other", draft });
  }

  /** Whether it is another program's, not that of another page. */
  get isOnDisk() {
    return this.code === "changed_elsewhere";
  }

  /** @param {Part} part */
  proposal(part) {
    return proposed(part, this._base, this.own);
  }

  /** @param {Part} part @returns {Side} */
  sideOf(part) {
    return this.choices.value.get(part.key) ?? this.proposal(part).side;
  }

  /** @param {Part} part @param {Side} side */
  choose(part, side) {
    this.choices.value = new Map([...this.choices.value, [part.key, side]]);
  }

  /** What is chosen counts, or one side everywhere. @param {Side} [side] */
  settle(side) {
    const { cues } = this._correction;
    const sideOf = (/** @type {Part} */ part) => side ?? this.sideOf(part);
    const merged = mergedOf(this.parts.value, sideOf, () => this._correction.newId());
    this._correction.settle(changeTo(this.draft ? "draft" : "versions", cues.value, merged));
  }

  /** What the browser kept is not needed any more. */
  async forget() {
    if (this.draft) await forgetDraft(this.draft).catch(() => {});
  }
}
