// What was heard again, beside what stands there.

import { textOfTime } from "../model/times.js";
import { inWords, say } from "../state.js";
import { html } from "../ui.js";

/** @typedef {import("../model/cues.js").Cue} Cue */

/** @param {{editing: import("../editing.js").Editing, lang: string | undefined}} given */
export function Again({ editing, lang }) {
  const t = say.value;
  const { again } = editing;
  const answer = again.answer.value;
  if (!answer) return html`<p class="unseen" role="status"></p>`;
  const { cue, found, reason } = answer;
  const keep = html`<button class="button" onClick=${() => again.drop()}>${t("again.keep")}</button>`;
  if (reason) return html`<div class="card panel" role="alert"><p class="bad">${inWords(reason)}</p>${keep}</div>`;
  if (!found) return html`<div class="card panel"><p role="status">${t("again.asking")}</p>${keep}</div>`;
  const isSame = inLines(found) === inLines([cue]);
  const text = !found.length ? t("again.none") : isSame ? t("again.same") : "";
  if (text) return html`<div class="card panel"><p role="status">${text}</p>${keep}</div>`;
  return html`
    <div class="card panel">
      <div role="status"><dl class="compared">
        <dt class="soft">${t("again.old")}</dt>
        <dd dir="auto" lang=${lang}>${inLines([cue])}</dd>
        <dt class="soft">${t("again.new")}</dt>
        <dd dir="auto" lang=${lang}>${inLines(found)}</dd>
      </dl></div>
      <div class="line">
        <button class="button primary" onClick=${() => again.take()}>${t("again.take")}</button>
        ${keep}
      </div>
    </div>
  `;
}

/** @param {readonly Cue[]} cues */
function inLines(cues) {
  return cues
    .map(({ start_ms, end_ms, text }) => `${textOfTime(start_ms)} – ${textOfTime(end_ms)}\n${text}`)
    .join("\n");
}
