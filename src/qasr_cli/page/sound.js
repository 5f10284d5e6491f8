// What the sounds of the jobs look like, and how long they are. Each is decoded for it, beside the
// work; of a long one the service tells what it knows, again and again.

import { addressOf, ask, Failure } from "./api.js";
import { signal } from "./ui.js";

/**
 * @typedef {object} Sound
 * @property {Uint8Array} columns the loudest sample of each part, 0 to 255
 * @property {number | null} duration_ms of the decoded sound, with its fraction; what the recording
 *   claims, while not all of it is known
 * @property {number | null} known_ms how much of it was decoded, what is behind is a sketch; null = all
 * @property {import("./state.js").Reason | null} error
 */

const COLUMN_COUNT = 2000;

/** By job. @type {{value: ReadonlyMap<string, Sound>}} */
export const sounds = signal(new Map());
/** @type {Set<string>} */
const wanted = new Set();
let isAtWork = false;

/** @param {string} id */
export function wantSound(id) {
  if (sounds.value.has(id) || wanted.has(id)) return;
  wanted.add(id);
  void askInTurn();
}

/** @param {string} id */
export function forget(id) {
  wanted.delete(id);
  if (sounds.value.has(id)) sounds.value = new Map([...sounds.value].filter(([each]) => each !== id));
}

/** How long the decoded sound of a job is; null while that is not known. @param {string} id */
export function exactDuration(id) {
  const sound = sounds.value.get(id);
  return sound && sound.known_ms === null ? sound.duration_ms : null;
}

/** The service answers after half a second, with what it has by then. */
async function askInTurn() {
  if (isAtWork) return;
  isAtWork = true;
  while (wanted.size) {
    for (const id of [...wanted]) {
      const sound = await soundOf(id);
      if (!wanted.has(id)) continue;
      if (sound?.known_ms == null) wanted.delete(id);
      if (sound) sounds.value = new Map([...sounds.value, [id, sound]]);
    }
  }
  isAtWork = false;
}

/**
 * @param {string} id
 * @returns {Promise<Sound | null>}
 */
async function soundOf(id) {
  try {
    const answer = await ask(`${addressOf(id)}/peaks?partial=true&columns=${COLUMN_COUNT}`);
    const [duration_ms, known_ms] = ["qasr-duration-s", "qasr-known-s"].map((name) => {
      const told_s = answer.headers.get(name);
      return told_s === null ? null : Number(told_s) * 1000;
    });
    const columns = new Uint8Array(await answer.arrayBuffer());
    return { columns, duration_ms, known_ms, error: null };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.code === "network" || failure.status === 404) return null;
    return { columns: new Uint8Array(), duration_ms: null, known_ms: null, error: failure };
  }
}
