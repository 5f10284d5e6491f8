// Recordings from the microphone, kept by the browser part by part as they are made, until the
// service has them: whatever crashes, no more than the last part is lost.

import { heldLocks, holdLock, inStores } from "./browser_disk.js";

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} name
 * @property {string} type
 * @property {number} length_ms
 */

const STORES = ["recordings", "parts"];

/** @param {string} id */
function partsOf(id) {
  return IDBKeyRange.bound([id, 0], [id, Infinity]);
}

/**
 * One more part of a recording.
 *
 * @param {Kept} recording as it is with this part
 * @param {number} number
 * @param {Blob} part
 */
export async function keepPart(recording, number, part) {
  await inStores(STORES, "readwrite", (recordings, parts) => {
    recordings.put(recording);
    parts.put({ id: recording.id, number, part });
  });
}

/**
 * @param {string} id
 * @returns {Promise<Blob>} the whole recording
 */
export async function wholeOf(id) {
  const request = await inStores(STORES, "readonly", (_, parts) => parts.getAll(partsOf(id)));
  const parts = request.result.map(({ part }) => part);
  return new Blob(parts, { type: parts[0]?.type });
}

/**
 * All that the service does not have yet, but for what a page that is open works with.
 *
 * @returns {Promise<Kept[]>}
 */
export async function keptRecordings() {
  const request = await inStores(STORES, "readonly", (recordings) => recordings.getAll());
  const inUse = await heldLocks();
  return request.result.filter(({ id }) => !inUse.has(lockOf(id)));
}

/** @param {string} id */
function lockOf(id) {
  return `qasr recording ${id}`;
}

/** @type {Map<string, () => void>} */
const releases = new Map();

/**
 * Keep other pages from a recording, until it is forgotten or this page is gone.
 *
 * @param {string} id
 */
export function useRecording(id) {
  releases.set(id, holdLock(lockOf(id)));
}

/** @param {string} id */
export async function forgetRecording(id) {
  await inStores(STORES, "readwrite", (recordings, parts) => {
    recordings.delete(id);
    parts.delete(partsOf(id));
  });
  releases.get(id)?.();
  releases.delete(id);
}
