import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as edges from "../../../src/qasr_cli/page/model/edges.js";
import { changed } from "../../../src/qasr_cli/page/model/cues.js";
import { placeOfWord, withWords, wordAt, wordsIn } from "../../../src/qasr_cli/page/model/heard.js";
import { actOf, BINDINGS } from "../../../src/qasr_cli/page/model/keys.js";
import { charsOf, speedOf } from "../../../src/qasr_cli/page/model/reading.js";
import * as ruler from "../../../src/qasr_cli/page/model/ruler.js";
import { learn, MESSAGES } from "../../../src/qasr_cli/page/messages.js";
import { randomCues, randomiser } from "./arbitrary.js";

await learn("en");
await learn("zh");

const CUES = [
  { id: "a", start_ms: 0, end_ms: 1000, text: "Good morning", speaker: "A" },
  { id: "b", start_ms: 1040, end_ms: 3200, text: "to everybody here", speaker: "A" },
  { id: "c", start_ms: 4000, end_ms: 5000, text: "Thanks.", speaker: "B" },
];
const times = (cues) => cues.map(({ start_ms, end_ms }) => [start_ms, end_ms]);

test("a neighbour that was touched follows with its gap; with Alt, or far away, it stays", () => {
  const moved = (...given) => times(changed(CUES, edges.withEdge(CUES, ...given)));
  assert.deepEqual(moved("a", "end_ms", 1500), [[0, 1500], [1540, 3200], [4000, 5000]]);
  assert.deepEqual(moved("b", "start_ms", 540), [[0, 500], [540, 3200], [4000, 5000]]);
  assert.deepEqual(moved("b", "end_ms", 9000), [[0, 1000], [1040, 4000], [4000, 5000]]);
  assert.deepEqual(moved("a", "end_ms", 1500, { isAlone: true }), [[0, 1040], [1040, 3200], [4000, 5000]]);
  assert.deepEqual(moved("c", "end_ms", 9000, { last_ms: 7000 })[2], [4000, 7000]);
  assert.equal(edges.withEdge(CUES, "x", "end_ms", 1), null);
  assert.equal(edges.withEdge(CUES, "b", "end_ms", 3200), null);
});

test("whatever is dragged, no cue gets too short, out of order, or over one that it was clear of", () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = randomiser(seed);
    const cues = randomCues(random);
    if (!cues.length) continue;
    const { id } = random.one(cues);
    const last_ms = cues.at(-1).end_ms + 5000;
    const change = random.one([
      () => edges.withEdge(cues, id, random.one(["start_ms", "end_ms"]), random.whole(-900, 30_000), { last_ms }),
      () => edges.movedBetween(cues, id, random.whole(-9000, 9000), last_ms),
    ])();
    if (!change) continue;
    const after = changed(cues, change);
    const overlaps = (list) => list.filter((cue, at) => at && list[at - 1].end_ms > cue.start_ms).length;
    assert.ok(overlaps(after) <= overlaps(cues), `seed ${seed}`);
    assert.ok(after.every((cue, at) => cue.start_ms >= (after[at - 1]?.start_ms ?? 0)), `seed ${seed}`);
    assert.ok(after.every((cue) => cue.end_ms > cue.start_ms && cue.start_ms >= 0), `seed ${seed}`);
  }
});

test("a cue is added where there is room, and nowhere else", () => {
  const added = (from_ms, last_ms = 9000) => {
    const change = edges.inserted(CUES, "n", from_ms, last_ms);
    return change && changed(CUES, change).find(({ id }) => id === "n");
  };
  assert.deepEqual(times([added(3200)]), [[3200, 4000]]);
  assert.deepEqual(times([added(5000)]), [[5000, 7000]]);
  assert.equal(added(1000), null);
  assert.equal(added(5000, 5050), null);
});

test("cues of a script without spaces are joined without one", () => {
  const texts = (first, second) => {
    const cues = [{ ...CUES[0], text: first }, { ...CUES[1], text: second }];
    return changed(cues, edges.merged(cues, "a"))[0].text;
  };
  assert.equal(texts("你好", "世界"), "你好世界");
  assert.equal(texts("Good", "day"), "Good day");
  assert.equal(edges.merged(CUES, "c"), null);
});

test("others take the place of a cue only in order", () => {
  const cue = (id, start_ms) => ({ ...CUES[1], id, start_ms });
  const change = edges.exchanged("hear", CUES, "b", [cue("b", 1040), cue("n", 2000)]);
  assert.deepEqual(changed(CUES, change).map(({ id }) => id), ["a", "b", "n", "c"]);
  assert.equal(edges.exchanged("hear", CUES, "b", [cue("b", 4001)]), null);
  assert.equal(edges.exchanged("hear", CUES, "b", []), null);
});

test("a time goes to the nearest that is near", () => {
  assert.equal(edges.snapped(100, [90, 105, 400], 20), 105);
  assert.equal(edges.snapped(100, [50, 400], 20), 100);
});

test("characters count as the service counts them", () => {
  const table = JSON.parse(readFileSync(new URL("characters.json", import.meta.url), "utf-8"));
  for (const { text, code, chars } of table) assert.equal(charsOf(text, code), chars, text);
  assert.equal(speedOf({ start_ms: 0, end_ms: 2000, text: "ten letter\nfive." }, "en"), 7.5);
  assert.equal(speedOf({ start_ms: 5, end_ms: 5, text: "x" }, "en"), null);
});

test("no two acts share a key, and each has a name", () => {
  const all = BINDINGS.flatMap(({ keys }) => keys);
  assert.equal(new Set(all).size, all.length);
  for (const { act } of BINDINGS) assert.ok(MESSAGES.en[`act.${act}`], act);
});

test("a key acts where it is meant to, and never while a character is composed", () => {
  const key = (name, more = {}) => ({
    key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...more,
  });
  assert.equal(actOf(key("Enter"), "text"), "next");
  assert.equal(actOf(key("Enter", { isComposing: true }), "text"), null);
  assert.equal(actOf(key("Enter"), "field"), null);
  assert.equal(actOf(key("Enter", { shiftKey: true }), "text"), null);
  assert.equal(actOf(key("Enter", { metaKey: true }), "text"), "split");
  assert.equal(actOf(key("Z", { ctrlKey: true, shiftKey: true }), "text"), "redo");
  assert.equal(actOf(key("?", { shiftKey: true }), "none"), "help");
  assert.equal(actOf(key("?", { shiftKey: true }), "text"), null);
  assert.equal(actOf(key(" "), "none"), "play");
  assert.equal(actOf(key(" "), "field"), null);
  assert.equal(actOf(key("a"), "none"), null);
});

test("what is seen stays within the recording, and zooming keeps the place of the pointer", () => {
  const strip = { width: 1000, last_ms: 600_000 };
  for (let seed = 0; seed < 300; seed++) {
    const random = randomiser(seed);
    const wild = { from_ms: random.whole(-9e5, 9e5), perSecond: random.whole(0, 900) };
    const sight = ruler.fitted(wild, strip);
    assert.ok(sight.from_ms >= 0 && ruler.timeAt(sight, 1000) <= 600_000.001);
    const x = random.whole(0, 1000);
    const near = ruler.zoomed(sight, 1.5, x, strip);
    assert.ok(Math.abs(ruler.timeAt(near, x) - ruler.timeAt(sight, x)) < 0.001, `seed ${seed}`);
    const paged = ruler.pagedTo(sight, random.whole(0, 600_000), strip);
    assert.ok(paged.from_ms >= 0);
  }
});

test("the pointer takes an end within its grip, the whole in the middle, and nothing between cues", () => {
  const sight = { from_ms: 0, perSecond: 100 };
  const part = (x, activeId = null) => ruler.partAt(CUES, sight, x, { activeId, grip: 8 });
  assert.deepEqual(part(317), { id: "b", part: "end_ms" });
  assert.deepEqual(part(325), { id: "b", part: "end_ms" });
  assert.deepEqual(part(200), { id: "b", part: "whole" });
  assert.equal(part(360), null);
  const tiny = [{ ...CUES[0], start_ms: 0, end_ms: 100 }];
  assert.equal(ruler.partAt(tiny, sight, 5, { activeId: null, grip: 8 }).part, "whole");
});

test("cues in sight are found, a long one that began before among them", () => {
  const cues = [{ ...CUES[0], end_ms: 9000 }, ...CUES.slice(1)];
  assert.deepEqual(ruler.between(cues, 3500, 4500), { first: 0, end: 3 });
  assert.deepEqual(ruler.between(CUES, 3300, 3900), { first: 2, end: 2 });
  assert.equal(ruler.stepOf(100), 1);
});

test("words stand in the cue that has the same text, and the one that is said is found in it", () => {
  const word = (text, start_ms) => ({ word: ` ${text}`, start_ms, end_ms: start_ms + 300 });
  const words = wordsIn({ segments: [{ words: [word("Good", 0), word("morning", 400), word("to", 1200)] }] });
  const [first, second] = withWords(CUES, words);
  assert.deepEqual(first.words.map(({ text }) => text), ["Good", "morning"]);
  assert.equal(second.words, undefined);
  assert.deepEqual([wordAt(first.words, 450), wordAt(first.words, 350), wordAt([], 5)], [1, -1, -1]);
  assert.deepEqual(placeOfWord(first.text, first.words, 1), { from: 5, to: 12 });
  assert.deepEqual(wordsIn({}), []);
});
