import assert from "node:assert/strict";
import { test } from "node:test";

import { appended } from "../../../src/qasr_cli/page/model/caption_lines.js";
import { KeptSound, NOTHING_TOLD, wholeNumbers, withMessage } from "../../../src/qasr_cli/page/model/live.js";
import { charsOf } from "../../../src/qasr_cli/page/model/reading.js";
import { randomiser } from "./arbitrary.js";

const textsOf = (lines) => lines.map((line) => line.map(({ text }) => text).join(""));
const told = (...messages) => messages.reduce(withMessage, NOTHING_TOLD);
const partial = (id, settled, tail) => ({ type: "partial", id, start_ms: 0, settled, tail, language: null });
const final = (id, text) => ({ type: "final", id, start_ms: 0, end_ms: 9, text, language: "English" });

test("a partial is replaced by the next, and by its final; an empty final takes it back", () => {
  assert.equal(told(partial(1, "", "The"), partial(1, "The", " white")).saying.tail, " white");
  const after = told(partial(1, "The", " house"), final(1, "The house."));
  assert.deepEqual([after.saying, after.said[0].text], [null, "The house."]);
  assert.deepEqual(told(partial(1, "", "Hm"), final(1, "")), { ...NOTHING_TOLD, lastId: 1 });
});

test("what is told again after a cut changes nothing", () => {
  const before = told(final(1, "One."), final(2, "Two."), partial(3, "", "Three"));
  assert.equal(withMessage(before, final(2, "Two.")), before);
  assert.equal(withMessage(before, partial(2, "", "Tw")), before);
  assert.equal(withMessage(before, { type: "times", id: 2 }), before);
});

test("a final of an earlier phrase leaves what is said now", () => {
  assert.equal(told(partial(2, "", "Two"), final(1, "One.")).saying.tail, "Two");
});

test("only the last phrases are held, however long somebody speaks", () => {
  const all = Array.from({ length: 1000 }, (_, at) => final(at + 1, `${at}`));
  const { said } = told(...all);
  assert.deepEqual([said.length, said.at(-1).text, said[0].text], [300, "999", "700"]);
});

test("how far the text is behind is told, and that it is not", () => {
  assert.equal(told({ type: "lag", seconds: 6 }).lag_s, 6);
  assert.equal(told({ type: "lag", seconds: 6 }, { type: "lag", seconds: 0 }).lag_s, 0);
});

test("samples are the nearest whole numbers; what is too loud is cut off", () => {
  const numbers = wholeNumbers(new Float32Array([0, 1, -1, 0.5, 3, -3]));
  assert.deepEqual([...numbers], [0, 32767, -32767, 16384, 32767, -32767]);
});

test("kept sound is given from any sample on, and no more is kept than may be", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = randomiser(seed);
    const kept = new KeptSound(100);
    let count = 0;
    while (count < 400) {
      const length = random.whole(1, 50);
      kept.add(Int16Array.from({ length }, (_, at) => count + at));
      count += length;
    }
    assert.equal(kept.end_sample, count);
    assert.ok(count - kept.first_sample >= 100 && count - kept.first_sample < 150);
    const from = random.whole(kept.first_sample - 20, count);
    const given = kept.since(from).flatMap((part) => [...part]);
    const first = Math.max(from, kept.first_sample);
    assert.deepEqual(given, Array.from({ length: count - first }, (_, at) => first + at));
  }
});

test("numbers of samples are those of the service, also where it was not ready for longer than is kept", () => {
  const kept = new KeptSound(4);
  for (let at = 0; at < 10; at += 2) kept.add(Int16Array.of(at, at + 1));
  assert.equal(kept.first_sample, 6);
  assert.deepEqual(kept.goOnFrom(0).flatMap((part) => [...part]), [6, 7, 8, 9]);
  assert.deepEqual([kept.first_sample, kept.end_sample], [0, 4]);
  kept.add(Int16Array.of(10, 11));
  assert.deepEqual(kept.goOnFrom(4).flatMap((part) => [...part]), [10, 11]);
  assert.deepEqual([kept.first_sample, kept.end_sample], [2, 6]);
});

test("lines break between words, and a text that follows has its space", () => {
  const how = { columns: 12, code: "en" };
  const one = appended([], "The white house is", how);
  assert.deepEqual(textsOf(one), ["The white", "house is"]);
  assert.deepEqual(textsOf(appended(one, "old.", how)), ["The white", "house is", "old."]);
  assert.deepEqual(textsOf(appended(one, "it", how)), ["The white", "house is it"]);
  assert.deepEqual(textsOf(appended(one, "it", { ...how, isNew: true })), ["The white", "house is", "it"]);
  assert.deepEqual(textsOf(appended([], "你好，世界。", { columns: 6, code: "zh" })), ["你好，", "世界。"]);
});

test("what may still change is told apart from what stands", () => {
  const settled = appended([], "The white", { columns: 40 });
  const [line] = appended(settled, " house", { columns: 40, isTail: true });
  assert.deepEqual(line, [{ text: "The white", isTail: false }, { text: " house", isTail: true }]);
});

test("where a line was broken it stays broken, and no line but one long word is too long", () => {
  const words = ["a", "the", "white", "house", "extraordinarily", "我们", "在家。", "“so”", "(it", "is)", "3.5", "e-mail"];
  for (let seed = 0; seed < 300; seed++) {
    const random = randomiser(seed);
    const columns = random.whole(10, 30);
    let lines = [];
    let all = "";
    for (let step = 0; step < 6; step++) {
      const text = Array.from({ length: random.whole(1, 5) }, () => random.one(words)).join(" ");
      const next = appended(lines, text, { columns });
      const before = textsOf(lines);
      const after = textsOf(next);
      // All but the last stand as they were, less those that went out at the top.
      const stood = before.slice(0, -1);
      const isSame = (gone) => stood.slice(gone).every((line, at) => line === after[at]);
      assert.ok([...stood.keys(), stood.length].some(isSame), `${before} | ${after}`);
      assert.ok(after.length < 8 || after.length >= before.length);
      all += text;
      lines = next;
    }
    for (const line of textsOf(lines)) {
      const isOneWord = !/\s/.test(line.trim());
      assert.ok(isOneWord || charsOf(line.trim(), undefined) <= columns, `${line} in ${columns}`);
      assert.equal(line, line.trimStart());
    }
    const tight = (text) => text.replaceAll(/\s/g, "");
    assert.ok(tight(all).endsWith(tight(textsOf(lines).join(""))));
  }
});
