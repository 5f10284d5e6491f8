import assert from "node:assert/strict";
import { test } from "node:test";

import { countsOf, isReviewed, listed, nextToReview } from "../../../src/qasr_cli/page/model/edit_list.js";

const job = (id, name, reviewed = null, state = "done") => ({ id, name, reviewed, state });
const JOBS = [
  job("a", "Talks/Monday 2.wav"),
  job("b", "Talks/ＭＯＮＤＡＹ.wav", "2026-11-28T09:00:00Z"),
  job("c", "interview.mp4"),
  job("d", "broken.mp4", null, "failed"),
];
const ids = (jobs) => jobs.map(({ id }) => id);

test("recordings are found by the words of their names, in their order, of one kind", () => {
  assert.deepEqual(ids(listed(JOBS, "all", "")), ["a", "b", "c", "d"]);
  assert.deepEqual(ids(listed(JOBS, "all", " wav monday")), ["a", "b"]);
  assert.deepEqual(ids(listed(JOBS, "open", "talks")), ["a"]);
  assert.deepEqual(ids(listed(JOBS, "reviewed", "")), ["b"]);
  assert.deepEqual(countsOf(JOBS), { all: 4, open: 3, reviewed: 1 });
  assert.equal(isReviewed({}), false);
});

test("the next to review is the one behind, then from the beginning, then none", () => {
  assert.equal(nextToReview(JOBS, "a")?.id, "c");
  assert.equal(nextToReview(JOBS, "c")?.id, "a");
  assert.equal(nextToReview(JOBS, "gone")?.id, "a");
  const all = JOBS.map((each) => ({ ...each, reviewed: "2026-11-28T09:00:00Z" }));
  assert.equal(nextToReview(all, "a"), null);
});
