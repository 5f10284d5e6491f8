// The jobs of the service as the page has them, kept up by its events.

/**
 * @typedef {object} Job as the service tells it
 * @property {string} id
 * @property {string} name
 * @property {string} state
 * @property {number} progress
 * @property {number | null} done_s
 * @property {number | null} duration_s
 * @property {number | null} eta_s
 * @property {number | null} position
 * @property {{message: string, code: string} | null} error
 * @property {string | null} language
 * @property {string | null} [profile] of its subtitles; null = as the service is set
 * @property {readonly string[]} warnings
 * @property {boolean} [has_recording] false where only its text was kept
 * @property {boolean} [in_place] whether it is edited where it lies
 * @property {string | null} [reviewed] when somebody said that it is right
 * @property {number} [doubt] how many of its words may be wrong or missing
 * @property {true | "proxy" | null} [playable] whether a browser plays it; null = nobody has looked
 *
 * @typedef {object} Piece
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {string} text
 * @property {string | null} language
 * @property {string | null} speaker
 *
 * @typedef {{kind: string, content: any}} Told an event of the service
 *
 * @typedef {ReadonlyMap<string, Job>} Jobs in the order in which they came
 */

const TELLS_FROM_SHARE = 0.05;
const TELLS_FROM_S = 10;

/**
 * The jobs after some events of the service; the same map where these tell nothing new, as most of
 * those do that a service tells to whoever comes.
 *
 * @param {Jobs} jobs
 * @param {readonly Told[]} events
 * @returns {Jobs}
 */
export function withEvents(jobs, events) {
  const after = new Map(jobs);
  let isNew = false;
  for (const { kind, content } of events) {
    const { id } = content;
    const before = after.get(id);
    if (kind === "segment" || (kind === "progress" && !before)) continue;
    if (content.state === "cancelled") isNew = after.delete(id) || isNew;
    else if (!before || !tellsTheSame(before, content)) {
      after.set(id, kind === "progress" ? { ...before, ...content } : content);
      isNew = true;
    }
  }
  return isNew ? after : jobs;
}

/**
 * @param {Record<string, any>} before
 * @param {Record<string, any>} content
 */
function tellsTheSame(before, content) {
  return Object.entries(content).every(([name, value]) =>
    typeof value === "object" ? JSON.stringify(value) === JSON.stringify(before[name]) : value === before[name],
  );
}

/**
 * The jobs after a list of all of them: what came by events meanwhile is newer than the list, and
 * those are gone that were known before it and are not in it.
 *
 * @param {Jobs} jobs
 * @param {Jobs} before it was asked for
 * @param {readonly Job[]} list
 * @returns {Jobs}
 */
export function withListed(jobs, before, list) {
  const ids = new Set(list.map(({ id }) => id));
  const known = list.map((job) => /** @type {const} */ ([job.id, jobs.get(job.id) ?? job]));
  const newer = [...jobs].filter(([id]) => !before.has(id) && !ids.has(id));
  return new Map([...known, ...newer]);
}

/**
 * @param {Jobs} jobs
 * @param {Job} job
 * @returns {Jobs}
 */
export function withJob(jobs, job) {
  return new Map([...jobs, [job.id, job]]);
}

/**
 * @param {Jobs} jobs
 * @param {string} id
 * @returns {Jobs}
 */
export function withoutJob(jobs, id) {
  return new Map([...jobs].filter(([each]) => each !== id));
}

/**
 * What was heard, with one piece more, in the order of times. A service that was started anew tells
 * all of it once more.
 *
 * @param {readonly Piece[]} pieces
 * @param {Piece} piece
 * @returns {readonly Piece[]}
 */
export function withPiece(pieces, piece) {
  const others = pieces.filter(({ start_ms, text }) => start_ms !== piece.start_ms || text !== piece.text);
  const after = others.findIndex(({ start_ms }) => start_ms > piece.start_ms);
  return after < 0 ? [...others, piece] : others.toSpliced(after, 0, piece);
}

/**
 * Whether somebody works on it, or will.
 *
 * @param {Job} job
 */
export function isOpen(job) {
  return job.state !== "done" && job.state !== "failed" && job.state !== "held";
}

/**
 * Seconds left, once that can be known; else null.
 *
 * @param {Job} job
 * @param {number} worked_s since the page saw it begin
 * @returns {number | null}
 */
export function secondsLeft(job, worked_s) {
  if (job.state !== "working" || job.eta_s === null) return null;
  return job.progress >= TELLS_FROM_SHARE || worked_s >= TELLS_FROM_S ? job.eta_s : null;
}

/**
 * Seconds as whoever waits wants to know them: seldom changing, never too exact.
 *
 * @param {number} left_s
 * @returns {{unit: "seconds" | "minutes" | "hours", count: number}}
 */
export function roughly(left_s) {
  if (left_s < 50) return { unit: "seconds", count: Math.max(5, Math.ceil(left_s / 5) * 5) };
  if (left_s < 3300) return { unit: "minutes", count: Math.max(1, Math.round(left_s / 60)) };
  return { unit: "hours", count: Math.max(1, Math.round(left_s / 3600)) };
}

/**
 * The number of a step of ten, so that a reader of screens speaks eleven times, not a thousand.
 *
 * @param {number} share
 */
export function tenth(share) {
  return Math.floor(share * 10) * 10;
}
