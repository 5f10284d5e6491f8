// What the rules of subtitles say of a cue, beside it.

import { countsByKind, KINDS, messageOf } from "../model/verdicts.js";
import { say } from "../state.js";
import { html } from "../ui.js";

/** @typedef {import("../checks.js").Mark} Mark */
/** @typedef {import("../editing.js").Editing} Editing */

/**
 * A rule that is broken, in the language of the page; in English where the page does not know it.
 *
 * @param {Mark} mark
 * @param {Editing} editing
 */
function sentence(mark, editing) {
  const message = messageOf(mark, editing.limits.value);
  return message ? say.value(`check.said.${message.key}`, message.values) : mark.text;
}

/** How often each rule is broken. @param {Editing} editing */
export function summary(editing) {
  const name = (/** @type {string} */ kind) => (KINDS.includes(kind) ? say.value(`check.kind.${kind}`) : kind);
  return countsByKind(editing.checks.value.values()).map(([kind, count]) => `${name(kind)}: ${count}`);
}

/** What they say of the cue at which somebody works. @param {{editing: Editing}} given */
export function Verdict({ editing }) {
  const id = editing.activeId.value;
  const marks = (id && editing.checks.value.get(id)) || [];
  const isError = marks.some(({ severity }) => severity === "error");
  return html`
    <p class=${isError ? "verdict error" : "verdict"}>${marks.map((mark) => sentence(mark, editing)).join(" ")}</p>
  `;
}

/** @param {{cue: import("../model/cues.js").Cue, editing: Editing}} given */
export function Marks({ cue, editing }) {
  const marks = editing.checks.value.get(cue.id);
  if (!marks?.length) return null;
  const isError = marks.some(({ severity }) => severity === "error");
  const texts = marks.map((mark) => sentence(mark, editing)).join("\n");
  const kind = say.value(isError ? "check.error" : "check.warning");
  return html`
    <span class=${isError ? "mark error" : "mark"} role="img" aria-label=${`${kind}: ${texts}`} title=${texts}>
      ${isError ? "!" : "~"}
    </span>
  `;
}
