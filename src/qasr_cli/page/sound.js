// What the sounds of the jobs look like, and how long they are. One at a time is asked for: each is
// decoded for it, beside the work.

import { addressOf, ask, Failure } from "./api.js";
import { signal } from "./ui.js";

/**
 * @typedef {object} Sound
 * @property {Uint8Array} columns the loudest sample of each part, 0 to 255
 * @property {number | null} duration_ms of the decoded sound, with its fraction
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
  sounds.value = new Map([...sounds.value].filter(([each]) => each !== id));
}

async function askInTurn() {
  if (isAtWork) return;
  isAtWork = true;
  for (let [id] = wanted; id; [id] = wanted) {
    const sound = await soundOf(id);
    if (wanted.delete(id) && sound) sounds.value = new Map([...sounds.value, [id, sound]]);
  }
  isAtWork = false;
}

/**
 * @param {string} id
 * @returns {Promise<Sound | null>}
 */
async function soundOf(id) {
  try {
    const answer = await ask(`${addressOf(id)}/peaks?columns=${COLUMN_COUNT}`);
    const duration = answer.headers.get("qasr-duration-s");
    const columns = new Uint8Array(await answer.arrayBuffer());
    return { columns, duration_ms: duration === null ? null : Number(duration) * 1000, error: null };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.code === "network" || failure.status === 404) return null;
    return { columns: new Uint8Array(), duration_ms: null, error: failure };
  }
}
