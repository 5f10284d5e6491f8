// Subtitles that run faster or slower than the recording: two of them say where they belong, or a
// factor does.

import { factorOfText } from "../model/retiming.js";
import { textOfTime, timeOfText } from "../model/times.js";
import { playhead } from "../playback.js";
import { notice, say } from "../state.js";
import { html, useState } from "../ui.js";
import { stretch, within } from "../wide_acts.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../wide_acts.js").Reach} Reach */

/**
 * A subtitle and when it is to begin, as they were typed.
 * @typedef {{number: string, time: string}} Typed
 */

const RATES = ["25/23.976", "23.976/25", "25/24", "24/25", "30/29.97", "29.97/30"];

/** @param {{editing: Editing, reach: Reach}} given */
export function Stretch({ editing, reach }) {
  const t = say.value;
  const { cues } = editing;
  const meant = within(editing, reach);
  const [first, setFirst] = useState(/** @type {Typed | null} */ (null));
  const [last, setLast] = useState(/** @type {Typed | null} */ (null));
  const shown = (/** @type {Typed | null} */ typed, /** @type {import("../model/cues.js").Cue | undefined} */ cue) =>
    typed ?? { number: cue ? String(cues.indexOf(cue) + 1) : "", time: cue ? textOfTime(cue.start_ms) : "" };
  const [one, other] = [shown(first, meant[0]), shown(last, meant.at(-1))];
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const points = [one, other].map((each) => pointOf(cues, each));
    if (!points[0] || !points[1]) {
      notice.value = t("refused.point");
      return;
    }
    if (!stretch(editing, reach, points[0], points[1])) return;
    setFirst(null);
    setLast(null);
  };
  return html`
    <fieldset>
      <legend>${t("stretch.title")}</legend>
      <form class="points" onSubmit=${submit}>
        <${Point} cues=${cues} typed=${one} set=${setFirst} which="first" />
        <${Point} cues=${cues} typed=${other} set=${setLast} which="last" />
        <button class="button" disabled=${meant.length < 2}>${t("stretch.do")}</button>
      </form>
      <${Factor} editing=${editing} reach=${reach} />
    </fieldset>
  `;
}

/**
 * @param {{cues: import("../model/cues.js").Cues, typed: Typed, set: (typed: Typed) => void, which: "first" | "last"}} given
 */
function Point({ cues, typed, set, which }) {
  const t = say.value;
  const choose = (/** @type {any} */ event) => {
    const number = event.target.value;
    const cue = cues[Number(number) - 1];
    set({ number, time: cue ? textOfTime(cue.start_ms) : typed.time });
  };
  return html`
    <div class="line">
      <label>
        ${t(`stretch.${which}`)}
        <input class="number" inputmode="numeric" value=${typed.number} onInput=${choose} />
      </label>
      <label>
        ${t("stretch.starts")}
        <input
          class="number"
          value=${typed.time}
          onInput=${(/** @type {any} */ event) => set({ ...typed, time: event.target.value })}
        />
      </label>
      <button type="button" class="button" onClick=${() => set({ ...typed, time: textOfTime(playhead.value) })}>
        ${t("stretch.here")}
      </button>
    </div>
  `;
}

/** @param {{editing: Editing, reach: Reach}} given */
function Factor({ editing, reach }) {
  const t = say.value;
  const [text, setText] = useState("");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const factor = factorOfText(text);
    if (factor === null) notice.value = t("refused.factor");
    // All times count from the start of the recording.
    else stretch(editing, reach, { from_ms: 0, to_ms: 0 }, { from_ms: 1000, to_ms: 1000 * factor });
  };
  return html`
    <form class="line" onSubmit=${submit}>
      <label>
        ${t("stretch.factor")}
        <input
          class="number"
          list="rates"
          placeholder="25/23.976"
          value=${text}
          onInput=${(/** @type {any} */ event) => setText(event.target.value)}
        />
      </label>
      <datalist id="rates">${RATES.map((rate) => html`<option value=${rate}></option>`)}</datalist>
      <button class="button" disabled=${!text.trim()}>${t("stretch.do_factor")}</button>
    </form>
  `;
}

/**
 * @param {import("../model/cues.js").Cues} cues
 * @param {Typed} typed
 * @returns {import("../model/retiming.js").Point | null}
 */
function pointOf(cues, { number, time }) {
  const cue = cues[Number(number.normalize("NFKC")) - 1];
  const to_ms = timeOfText(time);
  return cue && to_ms !== null ? { from_ms: cue.start_ms, to_ms } : null;
}
