import assert from "node:assert/strict";
import { test } from "node:test";

import * as acts from "../../../src/qasr_cli/page/model/acts.js";
import * as retiming from "../../../src/qasr_cli/page/model/retiming.js";
import * as speakers from "../../../src/qasr_cli/page/model/speakers.js";
import { changed, placeAt } from "../../../src/qasr_cli/page/model/cues.js";
import { History } from "../../../src/qasr_cli/page/model/history.js";
import { randomCues, randomiser } from "./arbitrary.js";

const CUES = [
  { id: "a", start_ms: 0, end_ms: 1000, text: "Good morning", speaker: "A" },
  { id: "b", start_ms: 1200, end_ms: 3200, text: "to everybody here", speaker: "A" },
  { id: "c", start_ms: 4000, end_ms: 5000, text: "Thanks.", speaker: "B" },
];

/** @param {ReturnType<typeof randomiser>} random @param {History} history @param {number} number */
function randomChange(random, history, number) {
  const { cues } = history;
  const ids = cues.map(({ id }) => id);
  const id = ids.length ? random.one(ids) : "none";
  const [from_ms, to_ms] = [random.whole(0, 9000), random.whole(0, 9000)];
  return random.one([
    () => acts.withText(cues, id, random.one(["", "x", "more words\nthan one"])),
    () => retiming.withTimes(cues, id, from_ms, to_ms),
    () => speakers.withSpeaker(cues, ids.slice(0, 2), random.one([null, "C"])),
    () => speakers.withSpeakerNamed(cues, "A", "Anna"),
    () => acts.split(cues, id, random.whole(0, 12), `new-${number}`),
    () => acts.mergedWithNext(cues, id, random.one(["", " "])),
    () => retiming.shifted(cues, random.one([ids, [id]]), random.whole(-2000, 2000)),
    () => retiming.stretched(cues, ids, { from_ms: 0, to_ms: 0 }, { from_ms: 1000, to_ms: random.whole(500, 2000) }),
    () => acts.withTexts(cues, new Map([[id, "replaced"]])),
    () => acts.without(cues, id),
  ])();
}

test("any sequence of commands, undone, gives the start; done again, the end", () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = randomiser(seed);
    const start = randomCues(random);
    const history = new History(start);
    const seen = [start];
    for (let number = 0; number < 25; number++) {
      if (history.act(randomChange(random, history, number), number * 2000)) seen.push(history.cues);
    }
    for (const before of [...seen].reverse().slice(1)) {
      assert.ok(history.undo());
      assert.deepEqual(history.cues, before, `seed ${seed}`);
    }
    assert.equal(history.undo(), false);
    for (const after of seen.slice(1)) {
      assert.ok(history.redo());
      assert.deepEqual(history.cues, after, `seed ${seed}`);
    }
    assert.equal(history.redo(), false);
  }
});

test("whatever is done, cues stay in order, within time, and keep their own names", () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = randomiser(seed);
    const history = new History(randomCues(random));
    for (let number = 0; number < 25; number++) {
      history.act(randomChange(random, history, number), 0);
      const { cues } = history;
      assert.equal(new Set(cues.map(({ id }) => id)).size, cues.length);
      cues.forEach(({ start_ms, end_ms }, at) => {
        assert.ok(Number.isInteger(start_ms) && Number.isInteger(end_ms) && start_ms < end_ms);
        assert.ok(start_ms >= (at ? cues[at - 1].start_ms : 0), `seed ${seed}`);
      });
    }
  }
});

test("an act changes nothing that was there", () => {
  const frozen = Object.freeze(CUES.map((cue) => Object.freeze({ ...cue })));
  const copy = structuredClone(frozen);
  const history = new History(frozen);
  history.act(acts.mergedWithNext(frozen, "a", " "), 0);
  history.act(retiming.shifted(history.cues, ["c"], 500), 0);
  assert.deepEqual(frozen, copy);
  assert.equal(history.cues.length, 2);
});

test("typing in one cue without a pause is one step; a pause, or another cue, begins the next", () => {
  const history = new History(CUES);
  const type = (id, text, now_ms) => history.act(acts.withText(history.cues, id, text), now_ms);
  type("a", "G", 0);
  type("a", "Go", 500);
  type("a", "Goo", 1200);
  type("a", "Good", 3000);
  type("b", "B", 3100);
  history.seal();
  type("b", "Bo", 3200);
  const texts = () => history.cues.slice(0, 2).map(({ text }) => text);
  const steps = [];
  while (history.undo()) steps.push(texts());
  assert.deepEqual(steps, [
    ["Good", "B"],
    ["Good", CUES[1].text],
    ["Goo", CUES[1].text],
    [CUES[0].text, CUES[1].text],
  ]);
});

test("a split goes where the words say, or else by the share of the text", () => {
  const words = [
    { text: "to", start_ms: 1200, end_ms: 1400 },
    { text: "everybody", start_ms: 1900, end_ms: 2600 },
    { text: "here", start_ms: 2700, end_ms: 3200 },
  ];
  const timed = [{ ...CUES[1], words }];
  const parted = changed(timed, acts.split(timed, "b", 2, "n"));
  assert.deepEqual(parted.map(({ text, start_ms, end_ms }) => [text, start_ms, end_ms]), [
    ["to", 1200, 1900],
    ["everybody here", 1900, 3200],
  ]);
  assert.deepEqual(parted.map((cue) => cue.words.length), [1, 2]);
  const [first, second] = changed(CUES, acts.split(CUES, "b", 12, "n")).slice(1);
  assert.deepEqual([first.end_ms, second.start_ms], [2700, 2700]);
  assert.equal(acts.split(CUES, "b", 0, "n"), null);
  assert.equal(acts.split(CUES, "c", 3, "n", 600), null);
});

test("two speakers that become one cue keep a line each", () => {
  const merged = changed(CUES, acts.mergedWithNext(CUES, "b", " "))[1];
  assert.equal(merged.text, "- to everybody here\n- Thanks.");
  assert.equal(merged.speaker, null);
  assert.equal(acts.mergedWithNext(CUES, "c", " "), null);
});

test("what would part the order of cues, or leave no time, is not done", () => {
  assert.equal(retiming.shifted(CUES, ["b"], -1300), null);
  assert.equal(retiming.shifted(CUES, ["a", "b", "c"], -1), null);
  assert.equal(retiming.withTimes(CUES, "b", 1200, 1210), null);
  assert.equal(retiming.withTimes(CUES, "b", 4100, 4500), null);
  assert.equal(retiming.stretched(CUES, ["a"], { from_ms: 1, to_ms: 1 }, { from_ms: 1, to_ms: 2 }), null);
});

test("the cue at a time is found, of overlapping ones the later; between cues there is none", () => {
  const cues = [
    { id: "a", start_ms: 0, end_ms: 5000, text: "", speaker: null },
    { id: "b", start_ms: 1000, end_ms: 2000, text: "", speaker: null },
    { id: "c", start_ms: 6000, end_ms: 7000, text: "", speaker: null },
  ];
  const places = [0, 999, 1000, 1999, 2000, 4999, 5000, 6000, 7000].map((time_ms) =>
    placeAt(cues, time_ms),
  );
  assert.deepEqual(places, [0, 0, 1, 1, 0, 0, -1, 2, -1]);
  assert.equal(placeAt([], 5), -1);
});
