// What a person should listen to, and what somebody has listened to: as the service knows it.

import { addressOf, askJson, Failure, post } from "./api.js";
import { nextToReview } from "./model/edit_list.js";
import { withJob } from "./model/jobs.js";
import { inWords, jobs, notice } from "./state.js";
import { computed, signal } from "./ui.js";

/**
 * @typedef {object} Doubt
 * @property {string} kind
 * @property {string} text in English
 * @property {number} start_ms
 * @property {number} end_ms
 *
 * @typedef {object} Minute
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {number} words that may be wrong or missing
 * @property {readonly Doubt[]} reasons
 */

/** The worst minutes of the recording that is shown; null where nobody knows.
 * @type {{value: {id: string, minutes: readonly Minute[]} | null}} */
export const review = signal(null);
/** The minute that was listened to last, or -1. */
export const minuteAt = signal(-1);
/** The recording that was reviewed last, while it is shown. @type {{value: string | null}} */
export const reviewedLast = signal(null);

/** What comes after it; null where all are reviewed. */
export const nextJob = computed(() =>
  reviewedLast.value === null ? null : nextToReview(jobs.value.values(), reviewedLast.value),
);

/** @param {string} id */
export async function lookAtReview(id) {
  review.value = null;
  minuteAt.value = -1;
  reviewedLast.value = null;
  try {
    const { minutes } = await askJson(`${addressOf(id)}/review`);
    review.value = { id, minutes };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure; // its subtitles can be corrected without
  }
}

/**
 * Say that somebody has looked it through, or take that back.
 *
 * @param {import("./correction.js").Correction} correction what was typed belongs to it
 */
export async function toggleReviewed(correction) {
  const { id } = correction;
  const job = jobs.value.get(id);
  if (!job?.in_place || !(await correction.flush())) return;
  const reviewed = job.reviewed === null;
  try {
    const told = await (await post(`${addressOf(id)}/reviewed`, { reviewed })).json();
    if (jobs.value.has(id)) jobs.value = withJob(jobs.value, told);
    reviewedLast.value = reviewed ? id : null;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    notice.value = inWords(failure);
  }
}
