// Acts that reach further than one cue: all times by as much, and names of speakers.

import { speakersOf } from "../model/edges.js";
import { notice, say } from "../state.js";
import { html, useState } from "../ui.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../editing.js").Reach} Reach */

/** @param {{editing: Editing}} given */
export function TimesAndNames({ editing }) {
  const t = say.value;
  const speakers = speakersOf(editing.cues);
  return html`
    <div class="card panel">
      <${Shift} editing=${editing} />
      ${speakers.length > 0 && html`<p class="soft">${t("names.text")}</p>`}
      ${speakers.map(
        (name) => html`
          <input
            key=${name}
            dir="auto"
            value=${name}
            aria-label=${t("names.of", { name })}
            onChange=${(/** @type {any} */ event) => editing.renameSpeaker(name, event.target.value)}
          />
        `,
      )}
    </div>
  `;
}

/** @param {{editing: Editing}} given */
function Shift({ editing }) {
  const t = say.value;
  const [reach, setReach] = useState(/** @type {Reach} */ ("all"));
  const [text, setText] = useState("0.5");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const by_s = Number(text.normalize("NFKC").replace(",", ".").replace("−", "-"));
    if (!text.trim() || !Number.isFinite(by_s)) notice.value = t("refused.shift_text");
    else editing.shift(reach, Math.round(by_s * 1000));
  };
  const reaches = /** @type {const} */ (["all", "after", "chosen"]);
  return html`
    <form class="line" onSubmit=${submit}>
      <label>
        ${t("shift.by")}
        <input class="number" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} />
      </label>
      <label>
        ${t("shift.reach")}
        <select value=${reach} onChange=${(/** @type {any} */ event) => setReach(event.target.value)}>
          ${reaches.map(
            (each) => html`
              <option value=${each} disabled=${each === "chosen" && !editing.chosen.value.size}>
                ${t(`shift.${each}`, { count: editing.chosen.value.size })}
              </option>
            `,
          )}
        </select>
      </label>
      <button class="button">${t("shift.do")}</button>
    </form>
  `;
}
