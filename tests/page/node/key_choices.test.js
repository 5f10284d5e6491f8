import assert from "node:assert/strict";
import { test } from "node:test";

import * as choices from "../../../src/qasr_cli/page/model/key_choices.js";
import { actOf, BINDINGS, keyInWords, keysByAct, nameOfKey } from "../../../src/qasr_cli/page/model/keys.js";
import { randomiser } from "./arbitrary.js";

const { UNCHANGED } = choices;
const key = (name, more = {}) => ({
  key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...more,
});
const keysOf = (chosen) => keysByAct(choices.bindingsWith(chosen));

test("a chosen key acts, and the one before no longer", () => {
  const chosen = choices.withKey(UNCHANGED, "next_problem", "Alt+P");
  const bindings = choices.bindingsWith(chosen);
  assert.equal(actOf(key("p", { altKey: true }), "field", bindings), "next_problem");
  assert.equal(actOf(key("F8"), "none", bindings), null);
  assert.deepEqual(keysByAct(bindings).get("next_problem"), ["Alt+P"]);
  assert.deepEqual(keysOf(choices.withOwnKeys(chosen, "next_problem")), keysByAct());
});

test("a key without Ctrl or Alt acts only where nobody types, and can be switched off", () => {
  const chosen = choices.withKey(UNCHANGED, "split", "S");
  const bindings = choices.bindingsWith(chosen);
  assert.equal(actOf(key("s"), "none", bindings), "split");
  assert.equal(actOf(key("s"), "text", bindings), null);
  const off = choices.bindingsWith({ ...chosen, hasSingle: false });
  for (const name of ["s", " ", "?"]) assert.equal(actOf(key(name), "none", off), null);
  assert.equal(actOf(key(" ", { ctrlKey: true }), "none", off), "play");
  assert.equal(actOf(key("F1"), "none", off), "help");
});

test("what another act has is told, and taken only if that is wanted", () => {
  assert.deepEqual(choices.verdictOn(UNCHANGED, "split", "F8"), { kind: "clash", act: "next_problem" });
  assert.deepEqual(choices.verdictOn({ ...UNCHANGED, hasSingle: false }, "split", "?"), { kind: "clash", act: "help" });
  assert.deepEqual(choices.verdictOn(UNCHANGED, "next_problem", "F8"), { kind: "free" });
  const taken = choices.withKey(UNCHANGED, "split", "F8");
  assert.deepEqual(keysOf(taken).get("next_problem"), undefined);
  assert.deepEqual(keysOf(taken).get("split"), ["F8"]);
  const back = choices.withOwnKeys(taken, "next_problem");
  assert.deepEqual([keysOf(back).get("next_problem"), keysOf(back).get("split")], [["F8"], undefined]);
});

test("keys of fields and of the browser stay theirs", () => {
  for (const name of ["Enter", "Shift+ArrowUp", "Tab", "Escape", "Backspace", "Ctrl+C", "Home"]) {
    assert.equal(choices.verdictOn(UNCHANGED, "split", name).kind, "field", name);
  }
  for (const name of ["F5", "F11", "Ctrl+W", "Ctrl+Shift+T", "Alt+F4"]) {
    assert.equal(choices.verdictOn(UNCHANGED, "split", name).kind, "browser", name);
  }
  assert.equal(choices.verdictOn(UNCHANGED, "next", "Enter").kind, "free");
});

test("whatever is chosen, no key does two things, and what is remembered is the same", () => {
  const kept = new Map();
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  const acts = [...keysByAct().keys()];
  for (let seed = 0; seed < 200; seed++) {
    const random = randomiser(seed);
    let chosen = UNCHANGED;
    for (let count = 0; count < 12; count++) {
      const act = random.one(acts);
      const name = random.one(["F8", "F2", "Ctrl+J", "Alt+Q", "S", "?", " ", "Ctrl+Enter"]);
      chosen = random.one([
        () => choices.withKey(chosen, act, name),
        () => choices.withNoKey(chosen, act),
        () => choices.withOwnKeys(chosen, act),
        () => ({ ...chosen, hasSingle: !chosen.hasSingle }),
      ])();
      const all = choices.bindingsWith(chosen).flatMap(({ keys }) => keys);
      assert.equal(new Set(all).size, all.length, `seed ${seed}`);
    }
    choices.rememberKeys(storage, chosen);
    assert.deepEqual(choices.rememberedKeys(storage), chosen);
  }
  for (const damaged of ["{", "null", "[]", '{"keys": 5}', '{"keys": {"split": "x", "none": ["F2"]}}']) {
    storage.setItem([...kept.keys()][0], damaged);
    assert.deepEqual(choices.rememberedKeys(storage), UNCHANGED, damaged);
  }
  assert.deepEqual(choices.bindingsWith(UNCHANGED).length, BINDINGS.length);
});

test("a key has a name once it is more than Ctrl or Shift", () => {
  assert.equal(nameOfKey(key("Control", { ctrlKey: true })), null);
  assert.equal(nameOfKey(key("k", { ctrlKey: true, shiftKey: true })), "Ctrl+Shift+K");
  assert.equal(nameOfKey(key("!", { shiftKey: true })), "!");
  assert.equal(nameOfKey(key("Dead", { altKey: true })), null);
  assert.equal(keyInWords("Alt+Shift+ArrowLeft"), "Alt+Shift+Left");
  assert.equal(keyInWords("Ctrl+ "), "Ctrl+Space");
});
