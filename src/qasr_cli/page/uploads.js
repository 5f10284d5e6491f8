// Recordings on their way to the service: two at a time, in their order.

import { addressOf, ask, Failure, post, sendRecording } from "./api.js";
import { withJob, withoutJob } from "./model/jobs.js";
import { forget } from "./sound.js";
import { inWords, jobs, limits, notice, selectedId, settings } from "./state.js";
import { signal } from "./ui.js";

/**
 * @typedef {object} Upload
 * @property {string} key
 * @property {string} name
 * @property {Blob} file
 * @property {Record<string, string>} fields
 * @property {"waiting" | "sending" | "failed"} state
 * @property {number} share that was sent
 * @property {import("./state.js").Reason | null} error
 * @property {(job: import("./model/jobs.js").Job) => void} onTaken
 */

const AT_ONCE = 2;
const COME_AGAIN_S = 5;

/** @type {{value: readonly Upload[]}} */
export const uploads = signal([]);

/** @type {Map<string, AbortController>} */
const sending = new Map();
/** Recordings that this browser has, by their job. @type {Map<string, string>} */
export const localAddresses = new Map();
let lastKey = 0;

/**
 * Send recordings as they are wanted now.
 *
 * @param {readonly {file: Blob, name: string}[]} files
 * @param {(job: import("./model/jobs.js").Job) => void} [onTaken] told of each that arrived
 */
export function addRecordings(files, onTaken = () => {}) {
  const { language, context, hotwords, profile, startsAtOnce } = settings.value;
  const held = startsAtOnce ? "" : "true";
  const fields = { language, context, hotwords, profile, held };
  const added = files.map(({ file, name }) => {
    const error = refusalOf(file);
    /** @type {Upload["state"]} */
    const state = error ? "failed" : "waiting";
    return { key: `upload-${++lastKey}`, name, file, fields, state, share: 0, error, onTaken };
  });
  uploads.value = [...uploads.value, ...added];
  sendMore();
}

/** @param {string} key */
export function retryUpload(key) {
  const error = uploads.value.filter((each) => each.key === key).map(({ file }) => refusalOf(file));
  noteUpload(key, { state: error[0] ? "failed" : "waiting", error: error[0], share: 0 });
  sendMore();
}

/** @param {string} key */
export function removeUpload(key) {
  uploads.value = uploads.value.filter((each) => each.key !== key);
  sending.get(key)?.abort();
}

/** @param {string} id */
export async function removeJob(id) {
  await acting(async () => {
    await ask(addressOf(id), { method: "DELETE" }).catch((failure) => {
      if (failure.status !== 404) throw failure;
    });
    forgetJob(id);
  });
}

/** @param {string} id */
export async function startJob(id) {
  // What becomes of it, its events tell; an answer could be older than they are.
  await acting(async () => void (await post(`${addressOf(id)}/start`)));
}

/** What the page still has of a job that is gone. @param {string} id */
export function forgetJob(id) {
  if (jobs.value.has(id)) jobs.value = withoutJob(jobs.value, id);
  if (selectedId.value === id) selectedId.value = null;
  const address = localAddresses.get(id);
  if (address) URL.revokeObjectURL(address);
  localAddresses.delete(id);
  forget(id);
}

/** @param {() => Promise<void>} act */
async function acting(act) {
  try {
    await act();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    notice.value = inWords(failure);
  }
}

/** @param {Blob} file */
function refusalOf(file) {
  const most = limits.value?.max_upload_bytes ?? Infinity;
  if (!file.size) return { message: "the file is empty", code: "empty" };
  if (file.size <= most) return null;
  return { message: "the file is too large", code: "too_large", values: { most: sizeText(most) } };
}

function sendMore() {
  for (const upload of uploads.value) {
    if (sending.size >= AT_ONCE) return;
    if (upload.state === "waiting" && !sending.has(upload.key)) sendOne(upload);
  }
}

/** @param {Upload} upload */
async function sendOne(upload) {
  const { key, file, name, fields } = upload;
  const controller = new AbortController();
  sending.set(key, controller);
  noteUpload(key, { state: "sending", share: 0, error: null });
  try {
    const job = await sendRecording(file, name, fields, {
      onSent: (share) => noteUpload(key, { share }),
      signal: controller.signal,
    });
    localAddresses.set(job.id, URL.createObjectURL(file));
    // Its own events may have come first, and are newer.
    if (!jobs.value.has(job.id)) jobs.value = withJob(jobs.value, job);
    selectedId.value ??= job.id;
    uploads.value = uploads.value.filter((each) => each.key !== key);
    upload.onTaken(job);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    await noteFailure(key, file, failure);
  } finally {
    sending.delete(key);
    sendMore();
  }
}

/**
 * @param {string} key
 * @param {Blob} file
 * @param {Failure} failure
 */
async function noteFailure(key, file, failure) {
  if (failure.code === "queue_full") {
    noteUpload(key, { state: "waiting", share: 0, error: failure });
    await new Promise((resolve) =>
      setTimeout(resolve, 1000 * (failure.retryAfter_s ?? COME_AGAIN_S)),
    );
    return;
  }
  const isReadable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  const error = isReadable ? failure : { message: "", code: "unreadable_file" };
  if (failure.code === "too_large") failure.values = { most: sizeText(limits.value?.max_upload_bytes ?? 0) };
  noteUpload(key, { state: "failed", error });
}

/**
 * @param {string} key
 * @param {Partial<Upload>} some
 */
function noteUpload(key, some) {
  uploads.value = uploads.value.map((each) => (each.key === key ? { ...each, ...some } : each));
}

/** @param {number} bytes */
export function sizeText(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
