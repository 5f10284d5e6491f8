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
 * @property {readonly string[]} warnings
 * @property {true | "proxy" | null} [playable] whether a browser plays it; null = nobody has looked
 *
 * @typedef {object} Piece
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {string} text
 * @property {string | null} language
 * @property {string | null} speaker
 *
 * @typedef {ReadonlyMap<string, Job>} Jobs in the order in which they came
 */

const TELLS_FROM_SHARE = 0.05;
const TELLS_FROM_S = 10;

/**
 * The jobs after an event of the service.
 *
 * @param {Jobs} jobs
 * @param {string} kind
 * @param {any} content
 * @returns {Jobs}
 */
export function withEvent(jobs, kind, content) {
  const before = jobs.get(content.id);
  if (kind === "progress") return before ? withJob(jobs, { ...before, ...content }) : jobs;
  if (kind === "segment") return jobs;
  if (content.state === "cancelled") return withoutJob(jobs, content.id);
  return withJob(jobs, content);
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
