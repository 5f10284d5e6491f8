// What the browser keeps on its own disk, whatever becomes of the page.

const NAME = "qasr";
const VERSION = 2;
/** Stores and the keys of what is in them. @type {Record<string, string | string[]>} */
const STORES = { recordings: "id", parts: ["id", "number"], drafts: ["place", "id"] };

/** @returns {Promise<IDBDatabase>} */
function opened() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const { result } = request;
    for (const [name, keyPath] of Object.entries(STORES)) {
      if (!result.objectStoreNames.contains(name)) result.createObjectStore(name, { keyPath });
    }
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
 * Do something to stores; it is on the disk once this is fulfilled.
 *
 * @template T
 * @param {readonly string[]} names
 * @param {IDBTransactionMode} mode
 * @param {(...stores: IDBObjectStore[]) => T} act
 * @returns {Promise<T>}
 */
export async function inStores(names, mode, act) {
  const database = await opened();
  try {
    const transaction = database.transaction([...names], mode, { durability: "strict" });
    const finished = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = act(...names.map((name) => transaction.objectStore(name)));
    await finished;
    return result;
  } finally {
    database.close();
  }
}

/**
 * Locks that open pages hold: what they work with is not offered to another. An address that is
 * not secure has none.
 *
 * @returns {Promise<ReadonlySet<string | undefined>>}
 */
export async function heldLocks() {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return new Set(held.map(({ name }) => name));
}

/**
 * Hold a lock until the function that is given back is called, or this page is gone.
 *
 * @param {string} name
 * @returns {() => void}
 */
export function holdLock(name) {
  let release = () => {};
  const until = new Promise((resolve) => (release = () => resolve(undefined)));
  void navigator.locks?.request(name, () => until);
  return release;
}
