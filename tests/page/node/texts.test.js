import assert from "node:assert/strict";
import { test } from "node:test";

import { plainText, withoutBreaks } from "../../../src/qasr_cli/page/model/plain_text.js";
import { found, patternOf, replacedTexts } from "../../../src/qasr_cli/page/model/search.js";
import { textOfSeconds, textOfTime, timeOfText } from "../../../src/qasr_cli/page/model/times.js";
import { inSight, scrolledTo } from "../../../src/qasr_cli/page/model/windowing.js";
import { matched, retimedWords, wordsOf } from "../../../src/qasr_cli/page/model/word_match.js";
import { randomiser } from "./arbitrary.js";

const cue = (id, text, more = {}) => ({ id, start_ms: 0, end_ms: 1000, text, speaker: null, ...more });

test("a time is shown to the hundredth, rounded, with hours where there are some", () => {
  const shown = [0, 4, 5, 34_645, 59_995, 59_999, 754_560, 3_600_000, 3_723_040, 360_000_000, -3];
  assert.deepEqual(shown.map(textOfTime), [
    ..."0:00.00 0:00.00 0:00.01 0:34.65 1:00.00 1:00.00 12:34.56 1:00:00.00 1:02:03.04".split(" "),
    "100:00:00.00",
    "0:00.00",
  ]);
  assert.equal(textOfSeconds(59_999), "0:59");
});

test("a time is read as it is shown, and as people type it", () => {
  const random = randomiser(1);
  for (let count = 0; count < 2000; count++) {
    const time_ms = random.whole(0, 40_000_000) * 10;
    assert.equal(timeOfText(textOfTime(time_ms)), time_ms);
  }
  const typed = { "1:02.5": 62_500, " 62,5 ": 62_500, "01:02:03,004": 3_723_004, "1：02。5": 62_500, "7": 7000, ".5": 500, "90:00": 5_400_000 };
  for (const [text, time_ms] of Object.entries(typed)) assert.equal(timeOfText(text), time_ms, text);
  for (const text of ["", "x", "1:2:3:4", "1:60", "1:60:00", "-1", "1:-2", "1e3", "1..2", ":5", "NaN"]) {
    assert.equal(timeOfText(text), null, text);
  }
});

test("search finds letters of either case, whole words of any script, and patterns", () => {
  const cues = [cue("a", "The theatre, the THE"), cue("b", "naïve na 3.5 35")];
  const count = (query) => found(cues, patternOf(query)).length;
  assert.equal(count({ text: "the" }), 4);
  assert.equal(count({ text: "the", hasCase: true }), 2);
  assert.equal(count({ text: "the", isWhole: true }), 3);
  assert.equal(count({ text: "na", isWhole: true }), 1);
  assert.equal(count({ text: "3.5" }), 1);
  assert.equal(count({ text: "3.?5", isPattern: true }), 2);
  assert.equal(count({ text: "x*", isPattern: true }), 0);
  assert.deepEqual(found(cues, patternOf({ text: "theatre" })), [{ id: "a", from: 4, to: 11 }]);
  assert.equal(patternOf({ text: "(", isPattern: true }), null);
  assert.equal(patternOf({ text: "" }), null);
});

test("what is replaced is taken as it is typed; groups only of patterns", () => {
  const cues = [cue("a", "Mr Smith met Mrs Smith"), cue("b", "nobody")];
  const replaced = (query, replacement) =>
    replacedTexts(cues, patternOf(query), replacement, query.isPattern ?? false).get("a");
  assert.equal(replaced({ text: "Smith" }, "$1 $& $$"), "Mr $1 $& $$ met Mrs $1 $& $$");
  assert.equal(replaced({ text: "(Mrs?) (?<name>\\w+)", isPattern: true }, "$<name>, $1 $$$9"), "Smith, Mr $$9 met Smith, Mrs $$9");
  assert.equal(replaced({ text: "x*", isPattern: true }, "!"), undefined);
  assert.equal(replacedTexts(cues, patternOf({ text: "o" }), "0", false).get("b"), "n0b0dy");
});

test("words that stayed keep their times, new ones share what is between them", () => {
  const before = [
    { text: "Hello,", start_ms: 0, end_ms: 400 },
    { text: "old", start_ms: 500, end_ms: 700 },
    { text: "world", start_ms: 1000, end_ms: 1500 },
  ];
  const after = retimedWords(before, "hello brave new world!", { start_ms: 0, end_ms: 2000 });
  assert.deepEqual(after, [
    { text: "hello", start_ms: 0, end_ms: 400 },
    { text: "brave", start_ms: 400, end_ms: 775 },
    { text: "new", start_ms: 775, end_ms: 1000 },
    { text: "world!", start_ms: 1000, end_ms: 1500 },
  ]);
  assert.deepEqual(wordsOf("我在 home。"), ["我", "在", "home。"]);
  assert.deepEqual(retimedWords([], "", { start_ms: 0, end_ms: 10 }), []);
});

test("matched words are equal, in order, and as many as can be", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = randomiser(seed);
    const some = () => Array.from({ length: random.whole(0, 9) }, () => random.one(["a", "b", "c"]));
    const [before, after] = [some(), some()];
    const pairs = [...matched(before, after)];
    let [i, j] = [-1, -1];
    for (const [place, source] of pairs) {
      assert.ok(place > j && source > i && before[source] === after[place]);
      [i, j] = [source, place];
    }
    assert.equal(matched(before, before).size, before.length);
    assert.equal(matched(after, before).size, pairs.length);
  }
});

test("the rows in sight are drawn, and the list keeps its height", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = randomiser(seed);
    const list = { scrollTop: random.whole(0, 400_000), height: random.whole(0, 2000), rowHeight: 76, count: random.whole(0, 4000) };
    const { first, end, before, after } = inSight(list);
    assert.equal(before + (end - first) * 76 + after, list.count * 76);
    assert.ok(0 <= first && first <= end && end <= list.count && end - first <= list.height / 76 + 14);
    const [top, bottom] = [list.scrollTop, list.scrollTop + list.height];
    assert.ok(first * 76 <= top || first === list.count);
    assert.ok(end * 76 >= bottom || end === list.count);
  }
  assert.equal(scrolledTo({ scrollTop: 500, height: 300, rowHeight: 76, row: 2 }), 152);
  assert.equal(scrolledTo({ scrollTop: 0, height: 300, rowHeight: 76, row: 9 }), 460);
  assert.equal(scrolledTo({ scrollTop: 100, height: 300, rowHeight: 76, row: 3 }), 100);
});

test("a text to read has a paragraph a speaker or a pause, and spaces where its script has them", () => {
  const at = (start_ms, text, speaker = null) => cue("x", text, { start_ms, end_ms: start_ms + 1000, speaker });
  assert.equal(
    plainText([at(0, "One\ntwo", "A"), at(1100, "three.", "A"), at(2200, "Four", "B"), at(9000, "five.", "B")]),
    "A: One two three.\n\nB: Four\n\nfive.",
  );
  assert.equal(plainText([at(0, "我在家\n喝茶吗？"), at(1000, "是的"), at(2000, " ")]), "我在家喝茶吗？是的");
  assert.equal(withoutBreaks("用 iPhone\n拍"), "用 iPhone 拍");
  assert.equal(plainText([]), "");
});
