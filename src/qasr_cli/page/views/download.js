// What somebody takes away: one format that is remembered, or all at once.

import { addressOf } from "../api.js";
import { choices, choose, say, sayOr, settings } from "../state.js";
import { html } from "../ui.js";
import { Icon } from "./icons.js";

/** @typedef {import("../correction.js").Correction} Correction */

/** @param {{job: import("../model/jobs.js").Job, correction: Correction | null}} given */
export function Download({ job, correction }) {
  const t = say.value;
  const { formats } = choices.value;
  const wanted = formats.find(({ name }) => name === settings.value.format) ?? formats[0];
  if (!wanted) return null;
  return html`
    <div class="download">
      <div class="download-one">
        <select
          aria-label=${t("download.format")}
          value=${wanted.name}
          onChange=${(/** @type {any} */ event) => choose({ format: event.target.value })}
        >
          ${formats.map(({ name }) => html`<option value=${name}>${sayOr(`format.${name}`, name.toUpperCase())}</option>`)}
        </select>
        <a
          class=${job.in_place ? "button" : "button primary"}
          href=${`${addressOf(job.id)}/result.${wanted.name}`}
          download
          aria-label=${t("download.as", { format: wanted.name.toUpperCase() })}
          onClick=${afterSaving(correction)}
        >
          <${Icon} name="download" />${t("download.title")}
        </a>
      </div>
      <a
        class="button"
        href=${`api/results.zip?job=${encodeURIComponent(job.id)}`}
        download
        onClick=${afterSaving(correction)}
      >
        ${t("download.zip")}
      </a>
    </div>
  `;
}

/**
 * What was typed a moment ago is to be in it.
 *
 * @param {Correction | null} correction
 */
function afterSaving(correction) {
  return async (/** @type {MouseEvent & {currentTarget: HTMLAnchorElement}} */ event) => {
    const link = event.currentTarget;
    if (!correction || correction.saveState.value === "saved") return;
    event.preventDefault();
    if (await correction.flush()) link.click();
  };
}
