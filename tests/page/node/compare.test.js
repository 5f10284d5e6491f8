import assert from "node:assert/strict";
import { test } from "node:test";

import { changed } from "../../../src/qasr_cli/page/model/cues.js";
import { changeTo, compared, contentOf, mergedOf, proposed } from "../../../src/qasr_cli/page/model/compare.js";
import { randomCues, randomiser } from "./arbitrary.js";

const CUES = [
  { id: "a", start_ms: 0, end_ms: 1000, text: "Good morning", speaker: "A" },
  { id: "b", start_ms: 1040, end_ms: 3200, text: "to everybody here", speaker: "A" },
  { id: "c", start_ms: 4000, end_ms: 5000, text: "Thanks.", speaker: null },
];
const contents = (cues) => cues.map(contentOf);
let lastNumber = 0;
const newId = () => `n${++lastNumber}`;

/** A version that somebody made of cues: some gone, some with another text, some parted. */
function versionOf(random, cues) {
  const version = cues.flatMap((cue) => {
    const middle_ms = (cue.start_ms + cue.end_ms) >> 1;
    return random.one([
      () => [cue],
      () => [cue],
      () => [],
      () => [{ ...cue, text: `${cue.text} ${random.whole(0, 9)}` }],
      () => [{ ...cue, end_ms: middle_ms }, { ...cue, id: newId(), start_ms: middle_ms, text: "more" }],
    ])();
  });
  return version.sort((one, next) => one.start_ms - next.start_ms);
}

test("two versions differ where they do, cue by cue", () => {
  const other = [
    CUES[0],
    { start_ms: 1040, end_ms: 2000, text: "to everybody", speaker: "A" },
    { start_ms: 2000, end_ms: 3200, text: "here", speaker: "A" },
    { start_ms: 3300, end_ms: 3900, text: "Hm.", speaker: null },
    { start_ms: 4000, end_ms: 5000, text: " Thanks.\n", speaker: "" },
  ];
  const parts = compared(CUES, other).map(({ isSame, shown, other }) => [isSame, shown.length, other.length]);
  assert.deepEqual(parts, [[true, 1, 1], [false, 1, 2], [false, 0, 1], [true, 1, 1]]);
  assert.deepEqual(compared([], []), []);
});

test("whatever is chosen of two versions is in order; all of one side is that version", () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = randomiser(seed);
    const base = randomCues(random);
    const [shown, other] = [versionOf(random, base), versionOf(random, base)];
    const parts = compared(shown, other);
    const merged = (sideOf) => mergedOf(parts, sideOf, newId);
    const worded = (cues) => contents(cues.filter(({ text }) => text.trim()));
    assert.deepEqual(contents(merged(() => "shown")), worded(shown), `seed ${seed}`);
    assert.deepEqual(contents(merged(() => "other")), worded(other), `seed ${seed}`);
    const mixed = merged(() => random.one(["shown", "other"]));
    assert.ok(mixed.every((cue, at) => cue.start_ms >= (mixed[at - 1]?.start_ms ?? 0)), `seed ${seed}`);
    assert.equal(new Set(mixed.map(({ id }) => id)).size, mixed.length, `seed ${seed}`);
    const change = changeTo("versions", shown, mixed);
    assert.deepEqual(change ? changed(shown, change) : shown, mixed, `seed ${seed}`);
  }
});

test("the side that was worked at is proposed; where both were, one's own", () => {
  const base = new Set(contents(CUES));
  const typed = (text) => [CUES[0], { ...CUES[1], text }, CUES[2]];
  const proposal = (shown, other, own = "shown") => {
    const found = compared(shown, other).filter(({ isSame }) => !isSame).map((part) => proposed(part, base, own));
    return found.map(({ side, isBoth }) => `${side}${isBoth ? " of both" : ""}`);
  };
  assert.deepEqual(proposal(typed("mine"), CUES), ["shown"]);
  assert.deepEqual(proposal(CUES, typed("theirs")), ["other"]);
  assert.deepEqual(proposal(typed("mine"), typed("theirs")), ["shown of both"]);
  assert.deepEqual(proposal(typed("saved"), typed("kept"), "other"), ["other of both"]);
  assert.deepEqual(proposal(CUES, CUES.slice(0, 2)), ["other"]);
  assert.deepEqual(proposal(CUES.slice(1), CUES), ["shown"]);
});

test("the row in which somebody works stays the same", () => {
  const other = [CUES[0], { ...CUES[1], text: "to all" }, CUES[2]].map(({ id: _, ...cue }) => cue);
  const merged = mergedOf(compared(CUES, other), () => "other", newId);
  assert.deepEqual(merged.map(({ id }) => id), ["a", "b", "c"]);
  assert.equal(merged[0], CUES[0]);
});
