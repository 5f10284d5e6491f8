// The subtitles of one job as somebody corrects them: kept on the service as they are typed, and
// by the browser until they are there.

import { addressOf, ask, askJson, Failure } from "./api.js";
import { Comparison } from "./comparison.js";
import { Draft, draftsOf } from "./drafts.js";
import { areSame, contents } from "./model/compare.js";
import { History } from "./model/history.js";
import { withWords, wordsIn } from "./model/heard.js";
import { plainText } from "./model/plain_text.js";
import { batch, computed, signal } from "./ui.js";

/** @typedef {import("./model/compare.js").Content} Content */
/** @typedef {import("./model/cues.js").Change} Change */
/** @typedef {import("./model/cues.js").Cues} Cues */
/** @typedef {"saved" | "unsaved" | "saving" | "failed" | "refused" | "conflict"} SaveState */

// A killed browser loses no more typing than this.
const SAVED_AFTER_MS = 1000;
const COME_AGAIN_MS = 3000;
const CHANGED_MEANWHILE = 412;

/** Corrections that are on their way to the service, by their places. @type {Map<string, Promise<void>>} */
const closings = new Map();

export class Correction {
  /**
   * @param {string} id of the job
   * @param {string} place of its drafts
   */
  constructor(id, place) {
    this.id = id;
    this._address = `${addressOf(id)}/cues`;
    this._history = new History([]);
    this._etag = "*";
    /** What the service has, as far as this page knows. @type {readonly Content[]} */
    this.base = [];
    this.draft = new Draft(place);
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
    /** Another version that somebody has to choose from. @type {{value: Comparison | null}} */
    this.comparison = signal(null);
    /** Where somebody speaks, from and to in milliseconds. @type {readonly [number, number][]} */
    this.speech = [];
    this.text = computed(() => plainText(this.cues.value));
  }

  /** Get them from the service. */
  async open() {
    await closings.get(this.draft.place);
    try {
      const [now, result] = await Promise.all([this._onService(), resultOf(this.id)]);
      this.speech = result?.speech ?? [];
      const named = now.cues.map((cue, at) => ({ ...cue, id: `cue-${at}` }));
      this._history = new History(withWords(named, wordsIn(result ?? {})));
      this._isBasedOn(now);
      batch(() => {
        this.isLoaded.value = true;
        this.reason.value = null;
        this.saveState.value = "saved";
        this._show();
      });
      await this._offerDraft();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.reason.value = failure;
    }
  }

  /** Whether something changed. @param {Change | null} change @param {Change} [to] which it belongs */
  act(change, to) {
    const isDone = this._history.act(change, performance.now(), to);
    if (isDone) this._note();
    return isDone;
  }

  /** The subtitles as they were when they came from the service. */
  get opened() {
    return this._history.first;
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

  /**
   * The comparison is over: of another version so much was taken as the change says.
   *
   * @param {Change | null} change
   */
  settle(change) {
    const settled = this.comparison.value;
    if (!settled) return;
    this.comparison.value = null;
    this.seal();
    if (settled.now) {
      this._isBasedOn(settled.now); // whoever was first is changed now
      this.saveState.value = "unsaved";
    }
    if (!this.act(change)) this._note();
    this.seal();
    void this.flush().then(async (isSaved) => {
      if (!isSaved) return;
      await settled.forget();
      await this._offerDraft();
    });
  }

  /** Of what the browser kept nothing is wanted. */
  async discardDraft() {
    await this.comparison.value?.forget();
    this.comparison.value = null;
    await this._offerDraft();
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
    const closing = this._close();
    closings.set(this.draft.place, closing);
    await closing;
  }

  async _close() {
    await this.flush();
    this._isClosed = true;
    this._stopTimer();
    await this.draft.close();
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
    this._keepDraft();
    this._saveIn(SAVED_AFTER_MS);
  }

  _keepDraft() {
    this.draft.note({ base_etag: this._etag, base: this.base, cues: contents(this._history.cues) });
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
    const sent = contents(cues);
    if (areSame(sent, this.base)) {
      this.saveState.value = "saved";
      this.reason.value = null;
      await this.draft.clear();
      return;
    }
    this.saveState.value = "saving";
    try {
      const answer = await ask(this._address, {
        method: "PATCH",
        headers: { "If-Match": this._etag },
        body: JSON.stringify({ cues: sent }),
      });
      this._isBasedOn({ etag: answer.headers.get("etag") ?? "*", cues: sent });
      this.reason.value = null;
      const isAll = cues === this._history.cues;
      this.saveState.value = isAll ? "saved" : "unsaved";
      if (isAll) await this.draft.clear();
      else this._keepDraft();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      await this._noteFailure(failure);
    }
  }

  /** @param {Failure} failure */
  async _noteFailure(failure) {
    this.reason.value = failure;
    if (failure.status === CHANGED_MEANWHILE) {
      this.saveState.value = "conflict";
      await this._compare(failure.code ?? "");
    } else if (failure.status && failure.status < 500) {
      this.saveState.value = "refused"; // it would be again; the next change may mend it
    } else {
      this.saveState.value = "failed";
      this._saveIn(failure.retryAfter_s ? 1000 * failure.retryAfter_s : COME_AGAIN_MS);
    }
  }

  /** Show what somebody else made of it. @param {string} code */
  async _compare(code) {
    const now = await this._onService().catch(() => null);
    if (this._isClosed) return;
    if (now) this.comparison.value = Comparison.ofConflict(this, now, code);
    else setTimeout(() => void this._compare(code), COME_AGAIN_MS);
  }

  /** What an earlier page kept is offered, unless it is here already. */
  async _offerDraft() {
    const found = await draftsOf(this.draft.place).catch(() => []);
    for (const kept of found) {
      if (kept.id === this.draft.id) continue;
      const offer = Comparison.ofDraft(this, kept);
      if (offer.parts.value.every(({ isSame }) => isSame)) await offer.forget();
      else if (!this._isClosed && this.comparison.value === null) {
        this.comparison.value = offer;
        return;
      }
    }
  }

  /** @returns {Promise<import("./comparison.js").Now>} */
  async _onService() {
    const answer = await ask(this._address);
    const { cues } = await answer.json();
    return { etag: answer.headers.get("etag") ?? "*", cues: contents(cues) };
  }

  /** @param {import("./comparison.js").Now} now */
  _isBasedOn({ etag, cues }) {
    this._etag = etag;
    this.base = cues;
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
