import assert from "node:assert/strict";
import { test } from "node:test";

import { learn, MESSAGES, reasonOf, sayer, tongueOf } from "../../../src/qasr_cli/page/messages.js";
import { isOpen, roughly, secondsLeft, withEvents, withListed, withPiece } from "../../../src/qasr_cli/page/model/jobs.js";
import { DEFAULTS, remember, remembered } from "../../../src/qasr_cli/page/model/settings.js";

await learn("en");
await learn("zh");

const JOB = {
  id: "a", name: "talk.wav", state: "queued", progress: 0, done_s: 0, duration_s: null, eta_s: null,
  position: 1, error: null, language: null, warnings: [],
};

test("both languages say the same things, with the same places to fill", () => {
  const places = (message) =>
    [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort().join();
  assert.deepEqual(Object.keys(MESSAGES.zh), Object.keys(MESSAGES.en));
  for (const [key, message] of Object.entries(MESSAGES.en)) {
    assert.equal(places(MESSAGES.zh[key]), places(message), key);
  }
});

test("a count has its plural, and a message that is none is an error of ours", () => {
  const [en, zh] = [sayer("en"), sayer("zh")];
  assert.equal(en("left.minutes", { count: 1 }), "about 1 minute left");
  assert.equal(en("left.minutes", { count: 2 }), "about 2 minutes left");
  assert.equal(zh("left.minutes", { count: 1 }), "约剩 1 分钟");
  assert.equal(en("remove.sure", { name: "{name} $&" }), "Remove {name} $& and its text? There is no way back.");
  assert.throws(() => en("no.such"));
});

test("an error is said in plain words, or as the service says it", () => {
  const say = sayer("en");
  const known = { message: "moov atom not found", code: "decode_error" };
  assert.match(reasonOf(say, "en", known), /damaged/);
  assert.equal(reasonOf(say, "en", { message: "profile takes bbc", code: "invalid_request" }), "profile takes bbc");
});

test("the page speaks the first language of the reader's that it knows", () => {
  assert.equal(tongueOf(["de-DE", "zh-Hans-CN", "en"]), "zh");
  assert.equal(tongueOf(["fr"]), "en");
});

test("events keep the jobs up: order stays, what is removed goes, nothing unknown is made up", () => {
  let jobs = new Map([["a", JOB], ["b", { ...JOB, id: "b" }]]);
  const after = (...events) => withEvents(jobs, events.map(([kind, content]) => ({ kind, content })));
  jobs = after(["state", { ...JOB, state: "working" }], ["progress", { id: "a", progress: 0.5, eta_s: 9 }]);
  assert.deepEqual([...jobs.keys()], ["a", "b"]);
  assert.deepEqual([jobs.get("a").state, jobs.get("a").progress], ["working", 0.5]);
  assert.equal(after(["progress", { id: "c", progress: 1 }], ["segment", { id: "a", text: "x" }]), jobs);
  assert.equal(after(["state", { ...jobs.get("a") }], ["done", { ...jobs.get("b") }]), jobs);
  assert.deepEqual([...after(["state", { ...JOB, state: "cancelled" }], ["state", { ...JOB, id: "c" }]).keys()], ["b", "c"]);
  assert.deepEqual(["held", "queued", "decoding", "working", "done", "failed"].filter((state) => isOpen({ ...JOB, state })), ["queued", "decoding", "working"]);
});

test("a list of all jobs has their order; what came meanwhile is newer, what is not in it is gone", () => {
  const job = (id, more = {}) => ({ ...JOB, id, ...more });
  const before = new Map([["gone", job("gone")], ["a", job("a", { progress: 0.5 })]]);
  const jobs = new Map([...before, ["new", job("new")], ["b", job("b", { state: "done" })]]);
  const after = withListed(jobs, before, [job("b"), job("c"), job("a")]);
  assert.deepEqual([...after.keys()], ["b", "c", "a", "new"]);
  assert.deepEqual([after.get("a").progress, after.get("b").state], [0.5, "done"]);
});

test("what was heard stands in order, and once, however often it is told", () => {
  const piece = (start_ms, text) => ({ start_ms, end_ms: start_ms + 1, text, language: null, speaker: null });
  const told = [piece(5, "b"), piece(9, "c"), piece(5, "b"), piece(0, "a"), piece(5, "b too"), piece(9, "c")];
  const heard = told.reduce(withPiece, []);
  assert.deepEqual(heard.map(({ text }) => text), ["a", "b", "b too", "c"]);
});

test("time left is told after 5 % or 10 s, and never too exactly", () => {
  const job = { ...JOB, state: "working", eta_s: 100, progress: 0.04 };
  assert.equal(secondsLeft(job, 9), null);
  assert.equal(secondsLeft(job, 10), 100);
  assert.equal(secondsLeft({ ...job, progress: 0.05 }, 0), 100);
  assert.equal(secondsLeft({ ...job, state: "queued" }, 99), null);
  assert.deepEqual([0, 3, 41, 50, 100, 3299, 3300, 9000].map(roughly).map(({ unit, count }) => `${count} ${unit}`), [
    "5 seconds", "5 seconds", "45 seconds", "1 minutes", "2 minutes", "55 minutes", "1 hours", "3 hours",
  ]);
});

test("settings are remembered, and what is damaged in them counts as never chosen", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  assert.deepEqual(remembered(storage), DEFAULTS);
  remember(storage, { ...DEFAULTS, language: "German", startsAtOnce: false });
  assert.deepEqual(remembered(storage), { ...DEFAULTS, language: "German", startsAtOnce: false });
  for (const damaged of ["{", "null", "7", '{"language": 5, "format": "vtt", "other": 1}']) {
    storage.setItem([...kept.keys()][0], damaged);
    const found = remembered(storage);
    assert.deepEqual(Object.keys(found), Object.keys(DEFAULTS));
    assert.equal(found.language, "");
  }
  const none = { getItem() { throw new Error("no storage"); }, setItem() { throw new Error("no storage"); } };
  assert.deepEqual(remembered(none), DEFAULTS);
  remember(none, DEFAULTS);
});
