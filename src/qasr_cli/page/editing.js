// What somebody does to subtitles, whatever key or button asks for it.

import { Again } from "./again.js";
import { Lines } from "./lines.js";
import { split, without, withText } from "./model/acts.js";
import { placeAt } from "./model/cues.js";
import { inserted, merged, movedBetween, withEdge } from "./model/edges.js";
import { withTimes } from "./model/retiming.js";
import { badgesOf } from "./model/speakers.js";
import { go, playStretch, playhead, player } from "./playback.js";
import { computed, signal } from "./ui.js";

/** @typedef {import("./correction.js").Correction} Correction */
/** @typedef {import("./model/cues.js").Cue} Cue */
/** @typedef {import("./model/edges.js").Edge} Edge */
/** @typedef {import("./checks.js").Mark} Mark */
/** @typedef {"find" | "times" | "rules"} Panel what stands open beside the list */

export const FRAME_MS = 40;

/** One recording's subtitles under the hands of one person. */
export class Editing {
  /**
   * @param {Correction} correction
   * @param {() => number} lastTime of the recording, in milliseconds
   * @param {import("./lines.js").Manner} manner of its subtitles
   */
  constructor(correction, lastTime, manner) {
    this.correction = correction;
    this.lastTime = lastTime;
    this.manner = manner;
    /** The cue at which somebody works. @type {{value: string | null}} */
    this.activeId = signal(null);
    /** Where the caret stands, or stood before a button was pressed. */
    this.caret = 0;
    /** What is to have the focus once it is drawn. @type {{value: {id: string, caret: number} | null}} */
    this.wish = signal(null);
    /** What is to be in sight. @type {{value: {row: number} | null}} */
    this.scrollsTo = signal(null);
    /** @type {{value: ReadonlySet<string>}} */
    this.chosen = signal(new Set());
    /** @type {string | null} */
    this._chosenLast = null;
    /** @type {{value: Panel | null}} */
    this.panel = signal(null);
    this.isHelpOpen = signal(false);
    /** Rises when somebody asks for the search, open or not. */
    this.asksToFind = signal(0);
    /** What is searched for. @type {{value: import("./model/search.js").Query}} */
    this.query = signal({ text: "" });
    /** What the rules say, by id. @type {{value: ReadonlyMap<string, readonly Mark[]>}} */
    this.checks = signal(new Map());
    /** The limits by which they say it. @type {{value: Readonly<Record<string, number>>}} */
    this.limits = signal({});
    this.again = new Again(this);
    this.lines = new Lines(this);
    /** Letters and colours of those who speak. */
    this.badges = computed(() => badgesOf(this.cues));
    /** The place of the cue that is heard, or -1. */
    this.heardPlace = computed(() => placeAt(this.cues, playhead.value));
    /** What could not be done, as a name of a message. @type {{value: string | null}} */
    this.refusal = signal(null);
  }

  get cues() {
    return this.correction.cues.value;
  }

  /** The place of the cue at which somebody works, else of that which is heard; or -1. */
  get place() {
    const id = this.activeId.value;
    const at = this.cues.findIndex((cue) => cue.id === id);
    return at < 0 ? this.heardPlace.value : at;
  }

  /** @returns {Cue | undefined} */
  get cue() {
    return this.cues[this.place];
  }

  /**
   * @param {import("./model/cues.js").Change | null} change
   * @param {string} [why] it may be refused
   * @returns {boolean}
   */
  act(change, why = "refused.nothing") {
    const isDone = this.correction.act(change);
    this.refusal.value = isDone ? null : why;
    return isDone;
  }

  /**
   * Work at a cue: its text gets the focus.
   *
   * @param {string} id
   * @param {number} [caret]
   */
  enter(id, caret = 0) {
    this.activeId.value = id;
    this.wish.value = { id, caret };
  }

  /**
   * Work at another cue, and hear it if something plays.
   *
   * @param {number} by
   */
  step(by) {
    const next = this.cues[Math.min(this.cues.length - 1, Math.max(0, this.place + by))];
    if (!next) return;
    this.enter(next.id);
    go(next.start_ms, { plays: player.value ? !player.value.paused : false });
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  type(id, text) {
    this.correction.act(withText(this.cues, id, text));
  }

  /** A subtitle without text is none. @param {string} id */
  leave(id) {
    this.correction.seal();
    const cue = this.cues.find((each) => each.id === id);
    if (cue && !cue.text.trim()) this.correction.act(without(this.cues, id));
  }

  /** @param {number} caret */
  split(caret) {
    const { cue } = this;
    if (!cue) return;
    const id = this.correction.newId();
    if (this.act(split(this.cues, cue.id, caret, id), "refused.split")) this.enter(id);
  }

  /** @param {number} at of the first of both */
  merge(at) {
    const cue = this.cues[at];
    if (!cue || at + 1 >= this.cues.length) {
      this.refusal.value = "refused.merge";
      return;
    }
    const change = merged(this.cues, cue.id, this.limits.value.dash_space === 0 ? "-" : "- ");
    if (change && this.act(change, "refused.merge")) void this.lines.afterMerge(change, cue.id);
    this.enter(cue.id, cue.text.length);
  }

  insert() {
    const id = this.correction.newId();
    const from_ms = this.cue ? this.cue.end_ms : playhead.value;
    const change = inserted(this.cues, id, from_ms, this.lastTime());
    if (this.act(change, "refused.insert")) this.enter(id);
  }

  delete() {
    const { cue, place } = this;
    if (!cue) return;
    this.act(without(this.cues, cue.id));
    const next = this.cues[Math.min(place, this.cues.length - 1)];
    if (next) this.enter(next.id);
  }

  /**
   * @param {Edge} edge
   * @param {number} time_ms
   * @param {{id?: string, isAlone?: boolean}} [how]
   */
  moveEdge(edge, time_ms, { id = this.cue?.id ?? "", isAlone = false } = {}) {
    const how = { isAlone, last_ms: this.lastTime() };
    return this.act(withEdge(this.cues, id, edge, time_ms, how), "refused.times");
  }

  /**
   * @param {Edge} edge
   * @param {number} by_ms
   */
  nudge(edge, by_ms) {
    if (this.cue) this.moveEdge(edge, this.cue[edge] + by_ms);
  }

  /**
   * @param {string} id
   * @param {number} by_ms
   */
  move(id, by_ms) {
    return this.act(movedBetween(this.cues, id, by_ms, this.lastTime()), "refused.times");
  }

  /**
   * A time as it was typed: exactly that, or nothing.
   *
   * @param {Cue} cue
   * @param {Edge} edge
   * @param {number} time_ms
   */
  setTime(cue, edge, time_ms) {
    if (cue[edge] === time_ms) return true;
    const start_ms = edge === "start_ms" ? time_ms : cue.start_ms;
    const end_ms = edge === "end_ms" ? time_ms : cue.end_ms;
    const isInside = end_ms <= this.lastTime();
    return this.act(isInside ? withTimes(this.cues, cue.id, start_ms, end_ms) : null, "refused.times");
  }

  /**
   * Choose a cue, or no longer; with all between it and the one before.
   *
   * @param {string} id
   * @param {boolean} reaches
   */
  choose(id, reaches) {
    const chosen = new Set(this.chosen.value);
    const places = [id, this._chosenLast].map((each) => this.cues.findIndex((cue) => cue.id === each));
    if (reaches && places[1] >= 0) {
      const [first, last] = [Math.min(...places), Math.max(...places)];
      for (const cue of this.cues.slice(first, last + 1)) chosen.add(cue.id);
    } else if (!chosen.delete(id)) chosen.add(id);
    this._chosenLast = id;
    this.chosen.value = chosen;
  }

  /** @param {Panel} panel */
  open(panel) {
    this.panel.value = panel;
    this.asksToFind.value += 1;
  }

  /** Back to the text, where the search came to. */
  closePanel() {
    this.panel.value = null;
    if (this.activeId.value !== null) this.enter(this.activeId.value, this.caret);
  }

  /**
   * Have a cue seen and heard from; the focus stays.
   *
   * @param {string} id
   * @param {number} [caret]
   */
  show(id, caret = 0) {
    const at = this.cues.findIndex((cue) => cue.id === id);
    if (at < 0) return;
    this.activeId.value = id;
    this.caret = caret;
    this.scrollsTo.value = { row: at };
    go(this.cues[at].start_ms);
  }

  /** The next cue, or the one before, of which the rules have something to say. @param {1 | -1} by */
  nextProblem(by) {
    const { cues, place } = this;
    const checks = this.checks.value;
    for (let step = 1; step <= cues.length; step++) {
      const cue = cues[(place + by * step + 2 * cues.length) % cues.length];
      if (!checks.has(cue.id)) continue;
      this.enter(cue.id);
      go(cue.start_ms);
      return;
    }
    this.refusal.value = "check.none";
  }

  playCue() {
    if (this.cue) playStretch(this.cue.start_ms, this.cue.end_ms);
  }
}
