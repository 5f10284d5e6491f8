// Acts that reach further than one cue: all times by as much or in proportion, lines, and names of
// speakers.

import { speakersOf } from "../model/speakers.js";
import { notice, say } from "../state.js";
import { html, useState } from "../ui.js";
import { breakLines, nameSpeaker, shift } from "../wide_acts.js";
import { Badge } from "./badge.js";
import { Stretch } from "./stretch.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../wide_acts.js").Reach} Reach */

/** @param {{editing: Editing}} given */
export function TimesAndNames({ editing }) {
  const t = say.value;
  const [reach, setReach] = useState(/** @type {Reach} */ ("all"));
  const count = editing.chosen.value.size;
  // Nothing is selected any more.
  const meant = reach === "chosen" && !count ? "all" : reach;
  const reaches = /** @type {const} */ (["all", "after", "chosen"]);
  return html`
    <div class="card panel">
      <div class="line">
        <label>
          ${t("shift.reach")}
          <select value=${meant} onChange=${(/** @type {any} */ event) => setReach(event.target.value)}>
            ${reaches.map(
              (each) => html`
                <option value=${each} disabled=${each === "chosen" && !count}>${t(`shift.${each}`, { count })}</option>
              `,
            )}
          </select>
        </label>
        <button class="button" title=${t("lines.text")} onClick=${() => breakLines(editing, meant)}>
          ${t("lines.do")}
        </button>
      </div>
      <${Shift} editing=${editing} reach=${meant} />
      <${Stretch} editing=${editing} reach=${meant} />
      <${Names} editing=${editing} />
    </div>
  `;
}

/** @param {{editing: Editing, reach: Reach}} given */
function Shift({ editing, reach }) {
  const t = say.value;
  const [text, setText] = useState("0.5");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const by_s = Number(text.normalize("NFKC").replace(",", ".").replace("−", "-"));
    if (!text.trim() || !Number.isFinite(by_s)) notice.value = t("refused.shift_text");
    else shift(editing, reach, Math.round(by_s * 1000));
  };
  return html`
    <form class="line" onSubmit=${submit}>
      <label>
        ${t("shift.by")}
        <input class="number" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
      </label>
      <button class="button">${t("shift.do")}</button>
    </form>
  `;
}

/** @param {{editing: Editing}} given */
function Names({ editing }) {
  const t = say.value;
  const speakers = speakersOf(editing.cues);
  if (!speakers.length) return null;
  const name = (/** @type {string} */ before, /** @type {string} */ after) => {
    if (nameSpeaker(editing, before, after)) notice.value = t("names.merged", { before, after });
  };
  return html`
    <p class="soft">${t("names.text")}</p>
    ${speakers.map(
      (each) => html`
        <div class="who" key=${each}>
          <${Badge} badge=${editing.badges.value.get(each)} />
          <input
            dir="auto"
            value=${each}
            aria-label=${t("names.of", { name: each })}
            onChange=${(/** @type {any} */ event) => name(each, event.target.value)}
          />
          ${speakers.length > 1 &&
          html`
            <select
              value=""
              aria-label=${t("names.merge_of", { name: each })}
              onChange=${(/** @type {any} */ event) => name(each, event.target.value)}
            >
              <option value="">${t("names.merge")}</option>
              ${speakers.filter((other) => other !== each).map((other) => html`<option value=${other}>${other}</option>`)}
            </select>
          `}
        </div>
      `,
    )}
  `;
}
