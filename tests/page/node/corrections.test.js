import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as corrections from "../../../src/qasr_cli/page/model/corrections.js";

const cue = (id, text) => ({ id, start_ms: 0, end_ms: 1000, text, speaker: null });
const edits = (before, after, code = "en") =>
  corrections
    .rulesOfEdits([cue("a", before)], [cue("a", after)], code)
    .map(({ find, replace, isWord }) => [find, replace, isWord]);

test("words that became others are rules; what only came or went is none", () => {
  assert.deepEqual(edits("we use Kuber Nettys, daily", "we use Kubernetes, daily"), [["Kuber Nettys", "Kubernetes", true]]);
  assert.deepEqual(edits("Mr Mueler and\nMrs Mueler.", "Mr Müller and\nMrs Müller."), [["Mueler", "Müller", true]]);
  assert.deepEqual(edits("one two", "one big two"), []);
  assert.deepEqual(edits("one two three", "one three"), []);
  assert.deepEqual(edits("a b c d", "x b c y"), [["a", "x", true], ["d", "y", true]]);
  assert.deepEqual(edits("same", "same"), []);
});

test("a single sign of a script without spaces takes its neighbours along", () => {
  assert.deepEqual(edits("我们明天在见吧", "我们明天再见吧", "zh"), [["天在见", "天再见", false]]);
  assert.deepEqual(edits("他在家", "她们在家", "zh"), [["他在", "她们在", false]]);
});

// Both languages must take the same table: `test_corrections_made_here` feeds it to qasr.
test("a query and its replacement as a rule, in the words of Python", () => {
  const table = JSON.parse(readFileSync(new URL("corrections.json", import.meta.url), "utf-8"));
  for (const { query, replacement, row } of table) {
    const rule = corrections.ruleOfQuery(query, replacement, "en");
    assert.equal(rule && corrections.rowOf(rule), row, JSON.stringify(query));
  }
});

test("a file has its head, and a row a rule", () => {
  const rule = { find: "teh", replace: "the", language: "", isPattern: false, isWord: true };
  assert.equal(corrections.tableOf([rule]), "# find\treplace\tlanguage\thow\nteh\tthe\t\tword\n");
  assert.equal(corrections.rowOf({ ...rule, isWord: false }), "teh\tthe");
  assert.equal(corrections.rowOf({ ...rule, isWord: false, replace: "" }), "teh\t");
});
