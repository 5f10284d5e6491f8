// What the page asks the service. Addresses are relative, so that a proxy may give it a folder.

/** @typedef {import("./model/jobs.js").Job} Job */

/** Something that was not done, and why. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{code?: string | null, status?: number, retryAfter_s?: number | null,
   *   values?: Record<string, string | number>}} [more]
   */
  constructor(message, { code = null, status = 0, retryAfter_s = null, values = {} } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter_s = retryAfter_s;
    this.values = values;
  }
}

const NETWORK = () => new Failure("the connection broke off", { code: "network" });
const COME_AGAIN_MS = 3000;
const KINDS = ["state", "progress", "segment", "done", "error"];

/**
 * @param {string} path
 * @param {RequestInit} [request]
 * @returns {Promise<Response>} what the service gave
 */
export async function ask(path, request = {}) {
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw NETWORK();
  }
  if (!response.ok) throw failureOf(response.status, await response.text(), response.headers);
  return response;
}

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function askJson(path) {
  return (await ask(path)).json();
}

/**
 * @param {string} path
 * @param {unknown} [content] sent as JSON
 */
export function post(path, content) {
  const body = content === undefined ? undefined : JSON.stringify(content);
  return ask(path, { method: "POST", body });
}

/** @param {string} id */
export function addressOf(id) {
  return `api/jobs/${encodeURIComponent(id)}`;
}

/**
 * Send a recording. Not by fetch, which does not tell how far it is.
 *
 * @param {Blob} file
 * @param {string} name
 * @param {Record<string, string>} fields
 * @param {{onSent: (sent: number) => void, signal: AbortSignal}} watch
 * @returns {Promise<Job>}
 */
export function sendRecording(file, name, fields, { onSent, signal }) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) if (value) form.append(field, value);
  form.append("file", file, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => onSent(event.loaded / Math.max(1, event.total));
    request.onload = () => {
      if (request.status === 202) resolve(JSON.parse(request.responseText));
      else reject(failureOf(request.status, request.responseText, headersOf(request)));
    };
    request.onerror = () => reject(NETWORK());
    request.onabort = () => reject(new Failure("it was cancelled", { code: "cancelled" }));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", "api/jobs");
    request.send(form);
  });
}

/**
 * Follow all jobs, in one stream: a browser opens few connections to one place.
 *
 * @param {object} hears
 * @param {() => void} hears.onOpen also after a break
 * @param {() => void} hears.onLost it tries again by itself
 * @param {() => void} hears.onRefused it does not: the service said no, perhaps for want of a key
 * @param {(kind: string, content: any) => void} hears.onEvent
 */
export function followJobs({ onOpen, onLost, onRefused, onEvent }) {
  const stream = new EventSource("api/events");
  stream.onopen = onOpen;
  stream.onerror = (event) => {
    // The service names one of its own events "error", too; that one has a content.
    if (event instanceof MessageEvent) return;
    onLost();
    if (stream.readyState === EventSource.CLOSED) setTimeout(onRefused, COME_AGAIN_MS);
  };
  for (const kind of KINDS) {
    stream.addEventListener(kind, (event) => {
      if (event instanceof MessageEvent) onEvent(kind, JSON.parse(event.data));
    });
  }
  addEventListener("pagehide", () => stream.close(), { once: true });
}

/**
 * @param {number} status
 * @param {string} text
 * @param {{get: (name: string) => string | null}} headers
 */
function failureOf(status, text, headers) {
  const retryAfter_s = Number(headers.get("retry-after")) || null;
  let told = {};
  try {
    told = Object(JSON.parse(text).error);
  } catch {
    // Not ours: a proxy's page, or nothing.
  }
  const { message = `the service answered ${status}`, code = null } = /** @type {any} */ (told);
  return new Failure(message, { code, status, retryAfter_s });
}

/** @param {XMLHttpRequest} request */
function headersOf(request) {
  return { get: (/** @type {string} */ name) => request.getResponseHeader(name) };
}
