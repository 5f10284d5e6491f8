// Rules for `--corrections` that somebody collects while they correct; the browser keeps them.

import { rowOf } from "./model/corrections.js";
import { effect, signal } from "./ui.js";

/** @typedef {import("./model/corrections.js").Rule} Rule */

const KEY = "qasr.corrections";

/** @type {{value: readonly Rule[]}} */
export const rules = signal(remembered());

effect(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify(rules.value));
  } catch {
    // A browser that keeps nothing still works.
  }
});

/** One more, if it is not there. @param {Rule} rule */
export function addRule(rule) {
  const row = rowOf(rule);
  if (!rules.value.some((each) => rowOf(each) === row)) rules.value = [...rules.value, rule];
}

/** @returns {Rule[]} */
function remembered() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return found.filter(
      (/** @type {any} */ each) => typeof each.find === "string" && each.find && typeof each.replace === "string",
    );
  } catch {
    return []; // damaged, or the browser gives no storage
  }
}
