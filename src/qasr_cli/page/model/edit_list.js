// The recordings that are edited in place: which are shown, and which comes next.

/** @typedef {import("./jobs.js").Job} Job */
/** @typedef {"all" | "open" | "reviewed"} Filter */

export const FILTERS = /** @type {const} */ (["all", "open", "reviewed"]);

/**
 * @param {Job} job
 * @returns {boolean}
 */
export function isReviewed({ reviewed }) {
  return typeof reviewed === "string";
}

/**
 * How many there are of each kind.
 *
 * @param {Iterable<Job>} jobs
 * @returns {Record<Filter, number>}
 */
export function countsOf(jobs) {
  const counts = { all: 0, open: 0, reviewed: 0 };
  for (const job of jobs) {
    counts.all += 1;
    counts[isReviewed(job) ? "reviewed" : "open"] += 1;
  }
  return counts;
}

/**
 * Those of one kind whose names have all words that are searched for, in their order.
 *
 * @param {Iterable<Job>} jobs
 * @param {Filter} filter
 * @param {string} search
 * @returns {Job[]}
 */
export function listed(jobs, filter, search) {
  const words = plain(search).split(/\s+/).filter(Boolean);
  return [...jobs].filter((job) => {
    if (filter !== "all" && (filter === "reviewed") !== isReviewed(job)) return false;
    if (!words.length) return true;
    const name = plain(job.name);
    return words.every((word) => name.includes(word));
  });
}

/**
 * The next that nobody has reviewed, after the last from the beginning; null where all are.
 *
 * @param {Iterable<Job>} jobs
 * @param {string} id after this
 * @returns {Job | null}
 */
export function nextToReview(jobs, id) {
  /** @type {Job | null} */
  let first = null;
  let isBehind = false;
  for (const job of jobs) {
    if (job.id === id) isBehind = true;
    else if (job.state === "done" && !isReviewed(job)) {
      if (isBehind) return job;
      first ??= job;
    }
  }
  return first;
}

/** As it is searched for: no matter how it is typed. @param {string} text */
function plain(text) {
  return text.normalize("NFKC").toLowerCase();
}
