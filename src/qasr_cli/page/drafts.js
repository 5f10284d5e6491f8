// Changes that the service does not have yet, kept by the browser as they are made: whatever
// crashes, less than a second of typing is lost.

import { heldLocks, holdLock, inStores } from "./browser_disk.js";
import { signal } from "./ui.js";

/** @typedef {import("./model/compare.js").Content} Content */

/**
 * @typedef {object} Edits
 * @property {string} base_etag of what was changed
 * @property {readonly Content[]} base
 * @property {readonly Content[]} cues
 *
 * @typedef {object} Kept
 * @property {string} place whose subtitles they are
 * @property {string} id
 * @property {number} notedAt_ms by the clock of this machine
 * @property {string} base_etag
 * @property {string} base as JSON, which is written faster than objects
 * @property {string} cues
 */

const STORES = ["drafts"];
// Well below a second, together with the time that a disk takes.
const WRITTEN_AFTER_MS = 250;
const KEPT_FOR_MS = 90 * 24 * 3600 * 1000;
// It sorts behind every text.
const LAST = /** @type {string[]} */ ([]);

/** Whose changes this browser keeps. @type {{value: ReadonlySet<string>}} */
export const draftPlaces = signal(new Set());

/**
 * Whose subtitles they are. In place, jobs get new ids with every start; names stay.
 *
 * @param {import("./model/jobs.js").Job} job
 * @param {{name: string} | null | undefined} editing
 * @returns {string}
 */
export function placeOfJob({ id, name, in_place }, editing) {
  return in_place && editing ? `in place/${editing.name}/${name}` : `job/${id}`;
}

/** What one page has changed of one recording, and not saved. */
export class Draft {
  /** @param {string} place */
  constructor(place) {
    this.place = place;
    this.id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    /** Whether the browser keeps it; else it is in memory alone. */
    this.isKept = signal(true);
    /** What is to be written; null = nothing is left to keep. @type {Edits | null | undefined} */
    this._next = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this._isThere = false;
    /** @type {Promise<void> | null} */
    this._writing = null;
    this._release = () => {};
  }

  /** @param {Edits} edits */
  note(edits) {
    this._next = edits;
    if (!this._isThere) {
      this._isThere = true;
      this._release = holdLock(lockOf(this));
    }
    this._timer ??= setTimeout(() => void this.hurry(), WRITTEN_AFTER_MS);
  }

  /** The service has all of it. */
  async clear() {
    if (!this._isThere) return;
    this._next = null;
    await this.hurry();
  }

  /** What is noted, on the disk. */
  async hurry() {
    clearTimeout(this._timer);
    this._timer = undefined;
    while (this._writing || this._next !== undefined) {
      this._writing ??= this._write().finally(() => (this._writing = null));
      await this._writing;
    }
  }

  /** Leave it to whoever opens these subtitles next. */
  async close() {
    await this.hurry();
    this._release();
  }

  async _write() {
    for (let next = this._next; next !== undefined; next = this._next) {
      this._next = undefined;
      try {
        await (next ? keep(this, next) : forgetDraft(this));
        this.isKept.value = true;
      } catch {
        this.isKept.value = false; // the browser keeps nothing here, or its disk is full
      }
    }
  }
}

/**
 * What was changed of these subtitles and not saved, the newest first, but for what a page that is
 * open works with.
 *
 * @param {string} place
 * @returns {Promise<Kept[]>}
 */
export async function draftsOf(place) {
  const range = IDBKeyRange.bound([place], [place, LAST]);
  const request = await inStores(STORES, "readonly", (drafts) => drafts.getAll(range));
  const inUse = await heldLocks();
  /** @type {Kept[]} */
  const found = request.result.filter((each) => !inUse.has(lockOf(each)));
  return found.sort((one, other) => other.notedAt_ms - one.notedAt_ms);
}

/** @param {{place: string, id: string}} draft */
export async function forgetDraft({ place, id }) {
  await inStores(STORES, "readwrite", (drafts) => drafts.delete([place, id]));
  await noteDraftPlaces();
}

/** See whose changes are kept; those of long ago go. */
export async function lookForDrafts() {
  const before_ms = Date.now() - KEPT_FOR_MS;
  await inStores(STORES, "readwrite", (drafts) => {
    drafts.openCursor().onsuccess = ({ target }) => {
      const cursor = /** @type {IDBRequest<IDBCursorWithValue | null>} */ (target).result;
      if (!cursor) return;
      if (!(cursor.value.notedAt_ms > before_ms)) cursor.delete();
      cursor.continue();
    };
  });
  await noteDraftPlaces();
}

/**
 * @param {{place: string, id: string}} draft
 * @param {Edits} edits
 */
async function keep({ place, id }, { base_etag, base, cues }) {
  const [baseText, cuesText] = [JSON.stringify(base), JSON.stringify(cues)];
  await inStores(STORES, "readwrite", (drafts) => {
    drafts.put({ place, id, notedAt_ms: Date.now(), base_etag, base: baseText, cues: cuesText });
  });
  if (!draftPlaces.value.has(place)) draftPlaces.value = new Set([...draftPlaces.value, place]);
}

async function noteDraftPlaces() {
  const request = await inStores(STORES, "readonly", (drafts) => drafts.getAllKeys());
  draftPlaces.value = new Set(request.result.map((key) => String(/** @type {string[]} */ (key)[0])));
}

/** @param {{place: string, id: string}} draft */
function lockOf({ place, id }) {
  return `qasr draft ${place} ${id}`;
}
