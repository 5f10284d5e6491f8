// Recordings from the microphone, kept by the browser part by part as they are made, until the
// service has them: whatever crashes, no more than the last part is lost.

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} name
 * @property {string} type
 * @property {number} length_ms
 */

const NAME = "qasr";
const VERSION = 1;

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("recordings", { keyPath: "id" });
    request.result.createObjectStore("parts", { keyPath: ["id", "number"] });
  };
  return done(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Do something to both stores; it is on the disk once this is fulfilled.
 *
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(recordings: IDBObjectStore, parts: IDBObjectStore) => T} act
 * @returns {Promise<T>}
 */
async function inStores(mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction(["recordings", "parts"], mode, { durability: "strict" });
    const finished = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = act(transaction.objectStore("recordings"), transaction.objectStore("parts"));
    await finished;
    return result;
  } finally {
    database.close();
  }
}

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
  await inStores("readwrite", (recordings, parts) => {
    recordings.put(recording);
    parts.put({ id: recording.id, number, part });
  });
}

/**
 * @param {string} id
 * @returns {Promise<Blob>} the whole recording
 */
export async function wholeOf(id) {
  const request = await inStores("readonly", (_, parts) => parts.getAll(partsOf(id)));
  const parts = request.result.map(({ part }) => part);
  return new Blob(parts, { type: parts[0]?.type });
}

/**
 * All that the service does not have yet, but for what a page that is open works with.
 *
 * @returns {Promise<Kept[]>}
 */
export async function keptRecordings() {
  const request = await inStores("readonly", (recordings) => recordings.getAll());
  const { held = [] } = await navigator.locks.query();
  const inUse = new Set(held.map(({ name }) => name));
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
  const until = new Promise((resolve) => releases.set(id, () => resolve(undefined)));
  void navigator.locks.request(lockOf(id), () => until);
}

/** @param {string} id */
export async function forgetRecording(id) {
  await inStores("readwrite", (recordings, parts) => {
    recordings.delete(id);
    parts.delete(partsOf(id));
  });
  releases.get(id)?.();
  releases.delete(id);
}
