// Sound that the service codes while it is played, piece by piece, from wherever somebody goes: for
// a recording that browsers do not play.

import { addressOf, ask, Failure } from "./api.js";

const TYPE = 'audio/webm; codecs="opus"';
const PIECE_S = 10;
const AHEAD_S = 40;
const KEPT_BEHIND_S = 120;
// A coder has to hear something before it codes well; and pieces overlap, so that none is missing.
const LEAD_S = 0.1;
const OVERLAP_S = 0.04;
const EDGE_S = 0.3;

export function playsPieces() {
  return "MediaSource" in window && MediaSource.isTypeSupported(TYPE);
}

export class SoundPieces {
  /**
   * @param {HTMLMediaElement} element
   * @param {string} id of the job
   * @param {() => void} onFailure it cannot be had in pieces
   */
  constructor(element, id, onFailure) {
    this._element = element;
    this._id = id;
    this._onFailure = onFailure;
    this._last_s = 0;
    this._isFilling = false;
    this._isClosed = false;
    /** Numbers of pieces that hold less than they should: the recording ends there. @type {Set<number>} */
    this._short = new Set();
    /** @type {{number: number, stop: AbortController} | null} */
    this._asked = null;
    /** @type {SourceBuffer | null} */
    this._buffer = null;
    this._source = new MediaSource();
    this._source.addEventListener("sourceopen", () => this._open(), { once: true });
    this.address = URL.createObjectURL(this._source);
    this._hear = () => this._went();
    for (const name of ["seeking", "timeupdate", "play"]) element.addEventListener(name, this._hear);
  }

  close() {
    this._isClosed = true;
    this._asked?.stop.abort();
    for (const name of ["seeking", "timeupdate", "play"]) {
      this._element.removeEventListener(name, this._hear);
    }
    URL.revokeObjectURL(this.address);
  }

  /** How long the recording is, as far as that is known. @param {number} duration_ms */
  setDuration(duration_ms) {
    this._last_s = duration_ms / 1000;
    this._showDuration();
    void this._fill();
  }

  _open() {
    if (this._isClosed) return;
    this._buffer = this._source.addSourceBuffer(TYPE);
    this._showDuration();
    void this._fill();
  }

  _showDuration() {
    if (!this._buffer || this._buffer.updating || !this._last_s) return;
    const { buffered } = this._buffer;
    const end_s = buffered.length ? buffered.end(buffered.length - 1) : 0;
    const wanted_s = Math.max(end_s, this._last_s);
    if (this._source.readyState === "open" && this._source.duration !== wanted_s) {
      this._source.duration = wanted_s;
    }
  }

  _went() {
    // What is asked for is no longer wanted where somebody went somewhere else.
    const next = this._next();
    if (this._asked && next !== null && this._asked.number !== next) this._asked.stop.abort();
    void this._fill();
  }

  /** Whether the element plays something else by now: its buffers are gone then. */
  _isLeft() {
    return this._source.readyState === "closed";
  }

  /** The number of the piece that is wanted most; null where enough is there. */
  _next() {
    if (!this._buffer || !this._last_s || this._isLeft()) return null;
    const now_s = this._element.currentTime;
    const until_s = Math.min(this._last_s, now_s + AHEAD_S);
    for (let at = Math.floor(now_s / PIECE_S); at * PIECE_S < until_s; at++) {
      if (!this._short.has(at) && !this._has(at)) return at;
    }
    return null;
  }

  /** @param {number} number */
  _has(number) {
    const { buffered } = /** @type {SourceBuffer} */ (this._buffer);
    const from_s = number * PIECE_S + EDGE_S;
    const to_s = Math.min((number + 1) * PIECE_S, this._last_s) - EDGE_S;
    for (let at = 0; at < buffered.length; at++) {
      if (buffered.start(at) <= from_s && buffered.end(at) >= to_s) return true;
    }
    return false;
  }

  async _fill() {
    if (this._isFilling || this._isClosed) return;
    this._isFilling = true;
    try {
      for (let at = this._next(); at !== null && !this._isClosed; at = this._next()) {
        await this._take(at);
      }
    } catch (failure) {
      if (!this._isClosed && !this._isLeft()) this._onFailure();
      if (!(failure instanceof Failure) && !(failure instanceof DOMException)) throw failure;
    } finally {
      this._isFilling = false;
    }
  }

  /** @param {number} number */
  async _take(number) {
    const stop = new AbortController();
    this._asked = { number, stop };
    const start_s = Math.max(0, number * PIECE_S - LEAD_S);
    const end_s = (number + 1) * PIECE_S + OVERLAP_S;
    const span = `start_ms=${Math.round(start_s * 1000)}&end_ms=${Math.round(end_s * 1000)}`;
    try {
      const address = `${addressOf(this._id)}/media?proxy=true&${span}`;
      const answer = await ask(address, { signal: stop.signal });
      const piece = await answer.arrayBuffer();
      if (!this._isClosed) await this._append(number, start_s, end_s, piece);
    } catch (failure) {
      if (!stop.signal.aborted) throw failure;
    } finally {
      this._asked = null;
    }
  }

  /**
   * @param {number} number
   * @param {number} start_s
   * @param {number} end_s
   * @param {ArrayBuffer} piece
   */
  async _append(number, start_s, end_s, piece) {
    const buffer = /** @type {SourceBuffer} */ (this._buffer);
    await this._forget(buffer);
    buffer.abort(); // a piece is a file of its own, with a head
    buffer.timestampOffset = start_s;
    buffer.appendWindowStart = 0;
    buffer.appendWindowEnd = end_s;
    buffer.appendWindowStart = number * PIECE_S;
    buffer.appendBuffer(piece);
    await untilUpdated(buffer);
    if (this._isClosed) return;
    if (!this._has(number)) this._short.add(number);
    this._showDuration();
  }

  /** Let go of what is far behind: a browser keeps some minutes only. @param {SourceBuffer} buffer */
  async _forget(buffer) {
    const until_s = this._element.currentTime - KEPT_BEHIND_S;
    if (until_s <= 0 || !buffer.buffered.length || buffer.buffered.start(0) >= until_s) return;
    buffer.remove(0, until_s);
    await untilUpdated(buffer);
  }
}

/** @param {SourceBuffer} buffer @returns {Promise<void>} */
function untilUpdated(buffer) {
  return new Promise((resolve) => {
    if (!buffer.updating) resolve();
    else buffer.addEventListener("updateend", () => resolve(), { once: true });
  });
}
