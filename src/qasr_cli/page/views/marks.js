// What the rules of subtitles say of a cue, beside it.

import { say } from "../state.js";
import { html } from "../ui.js";

/** @typedef {import("../editing.js").Editing} Editing */

/** What they say of the cue at which somebody works. @param {{editing: Editing}} given */
export function Verdict({ editing }) {
  const id = editing.activeId.value;
  const marks = (id && editing.checks.value.get(id)) || [];
  const isError = marks.some(({ severity }) => severity === "error");
  return html`
    <p class=${isError ? "verdict error" : "verdict"} lang="en">${marks.map(({ text }) => text).join("; ")}</p>
  `;
}

/** @param {{cue: import("../model/cues.js").Cue, editing: Editing}} given */
export function Marks({ cue, editing }) {
  const marks = editing.checks.value.get(cue.id);
  if (!marks?.length) return null;
  const isError = marks.some(({ severity }) => severity === "error");
  const texts = marks.map(({ text }) => text).join("\n");
  const kind = say.value(isError ? "check.error" : "check.warning");
  return html`
    <span class=${isError ? "mark error" : "mark"} role="img" aria-label=${`${kind}: ${texts}`} title=${texts}>
      ${isError ? "!" : "~"}
    </span>
  `;
}
