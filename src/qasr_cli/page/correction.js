// The subtitles of one job as somebody corrects them: kept on the service as they are typed.

import { addressOf, ask, askJson, Failure } from "./api.js";
import { History } from "./model/history.js";
import { withWords, wordsIn } from "./model/heard.js";
import { plainText } from "./model/plain_text.js";
import { batch, computed, signal } from "./ui.js";

/** @typedef {import("./model/cues.js").Change} Change */
/** @typedef {import("./model/cues.js").Cues} Cues */
/** @typedef {"saved" | "unsaved" | "saving" | "failed" | "refused" | "conflict"} SaveState */

// A killed browser loses no more typing than this.
const SAVED_AFTER_MS = 1000;
const COME_AGAIN_MS = 3000;
const CHANGED_MEANWHILE = 412;

export class Correction {
  /** @param {string} id of the job */
  constructor(id) {
    this.id = id;
    this._address = `${addressOf(id)}/cues`;
    this._history = new History([]);
    this._etag = "*";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    /** @type {Promise<void>} */
    this._saving = Promise.resolve();
    this._isClosed = false;
    this._newCount = 0;
    this.isLoaded = signal(false);
    this.isEdited = signal(false);
    /** @type {{value: Cues}} */
    this.cues = signal([]);
    /** What would be undone, and done again. @type {{value: string | null}} */
    this.undoes = signal(null);
    /** @type {{value: string | null}} */
    this.redoes = signal(null);
    /** @type {{value: SaveState}} */
    this.saveState = signal("saved");
    /** @type {{value: import("./state.js").Reason | null}} */
    this.reason = signal(null);
    /** Where somebody speaks, from and to in milliseconds. @type {readonly [number, number][]} */
    this.speech = [];
    this.text = computed(() => plainText(this.cues.value));
  }

  /** Get them from the service. */
  async open() {
    try {
      const [answer, result] = await Promise.all([ask(this._address), resultOf(this.id)]);
      const { cues } = await answer.json();
      this._etag = answer.headers.get("etag") ?? "*";
      this.speech = result?.speech ?? [];
      const named = cues.map((/** @type {object} */ cue, /** @type {number} */ at) => ({ ...cue, id: `cue-${at}` }));
      this._history = new History(withWords(named, wordsIn(result ?? {})));
      batch(() => {
        this.isLoaded.value = true;
        this.reason.value = null;
        this.saveState.value = "saved";
        this._show();
      });
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.reason.value = failure;
    }
  }

  /**
   * @param {Change | null} change
   * @returns {boolean} whether something changed
   */
  act(change) {
    const isDone = this._history.act(change, performance.now());
    if (isDone) this._note();
    return isDone;
  }

  /** An id that no cue has. */
  newId() {
    this._newCount += 1;
    return `new-${this._newCount}`;
  }

  /** What is typed next is a step of its own. */
  seal() {
    this._history.seal();
  }

  undo() {
    if (this._history.undo()) this._note();
  }

  redo() {
    if (this._history.redo()) this._note();
  }

  /** Somebody else was first: these count all the same. */
  async keepMine() {
    this._etag = "*";
    await this._save();
  }

  /** Somebody else was first: theirs count. */
  async showTheirs() {
    await this.open();
  }

  /**
   * Have everything on the service.
   *
   * @returns {Promise<boolean>} whether it is
   */
  async flush() {
    const isPending = this._timer !== undefined;
    this._stopTimer();
    if (isPending) this._saving = this._saving.then(() => this._save());
    await this._saving;
    return this.saveState.value === "saved";
  }

  async close() {
    await this.flush();
    this._isClosed = true;
    this._stopTimer();
  }

  _show() {
    this.cues.value = this._history.cues;
    this.undoes.value = this._history.undoes;
    this.redoes.value = this._history.redoes;
  }

  _note() {
    batch(() => {
      this._show();
      this.isEdited.value = true;
      if (this.saveState.value !== "conflict") this.saveState.value = "unsaved";
    });
    this._saveIn(SAVED_AFTER_MS);
  }

  /** @param {number} wait_ms */
  _saveIn(wait_ms) {
    if (this._timer !== undefined || this._isClosed || this.saveState.value === "conflict") return;
    this._timer = setTimeout(() => {
      this._timer = undefined;
      this._saving = this._saving.then(() => this._save());
    }, wait_ms);
  }

  _stopTimer() {
    clearTimeout(this._timer);
    this._timer = undefined;
  }

  async _save() {
    const cues = this._history.cues;
    const kept = cues.filter(({ text }) => text.trim());
    const content = kept.map(({ start_ms, end_ms, text, speaker }) => ({ start_ms, end_ms, text, speaker }));
    this.saveState.value = "saving";
    try {
      const answer = await ask(this._address, {
        method: "PATCH",
        headers: { "If-Match": this._etag },
        body: JSON.stringify({ cues: content }),
      });
      this._etag = answer.headers.get("etag") ?? "*";
      this.reason.value = null;
      this.saveState.value = cues === this._history.cues ? "saved" : "unsaved";
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this._noteFailure(failure);
    }
  }

  /** @param {Failure} failure */
  _noteFailure(failure) {
    this.reason.value = failure;
    if (failure.status === CHANGED_MEANWHILE) {
      this.saveState.value = "conflict";
    } else if (failure.status && failure.status < 500) {
      this.saveState.value = "refused"; // it would be again; the next change may mend it
    } else {
      this.saveState.value = "failed";
      this._saveIn(COME_AGAIN_MS);
    }
  }
}

/**
 * What was heard; null where it cannot be had, for the subtitles can be corrected without.
 *
 * @param {string} id
 * @returns {Promise<any>}
 */
async function resultOf(id) {
  try {
    return await askJson(`${addressOf(id)}/result.json`);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return null;
  }
}
