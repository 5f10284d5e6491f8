// How loud a microphone is, and that it is silent.

import { say } from "../state.js";
import { html } from "../ui.js";

const SQUARE_ROOT = 0.5; // an ear hears it about so

/** What is less is no speech. */
export const SILENT_BELOW = 0.003;

/** @param {{loudness: number, isSilent: boolean}} given */
export function Meter({ loudness, isSilent }) {
  const t = say.value;
  const level = Math.min(1, loudness) ** SQUARE_ROOT;
  return html`
    <div
      class="meter"
      role="meter"
      aria-label=${t("record.level")}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(level * 10) * 10}
    >
      <span style=${{ transform: `scaleX(${level})` }}></span>
    </div>
    ${isSilent && html`<p class="bad" role="status">${t("record.silent")}</p>`}
  `;
}
