// The timeline: wave, subtitles as boxes, the place where it plays. What can be dragged on it can be
// done by keys, too.

import { FRAME_MS } from "../editing.js";
import { placeOf } from "../model/ruler.js";
import { textOfTime } from "../model/times.js";
import { say } from "../state.js";
import { html, useEffect, useRef, useState } from "../ui.js";
import { Icon } from "./icons.js";
import { Strip } from "./strip.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../model/edges.js").Edge} Edge */

const FAR_FRAMES = 25;
const ZOOM = 2;

/** @param {{editing: Editing, sound: import("../sound.js").Sound}} given */
export function Timeline({ editing, sound }) {
  const t = say.value;
  const frame = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [strip, setStrip] = useState(/** @type {Strip | null} */ (null));
  useEffect(() => {
    const made = new Strip(/** @type {HTMLDivElement} */ (frame.current), editing, sound);
    setStrip(made);
    return () => made.close();
  }, [editing, sound]);
  const button = (/** @type {string} */ name, /** @type {() => void} */ act) => html`
    <button class="button quiet" aria-label=${t(`timeline.${name}`)} title=${t(`timeline.${name}`)} onClick=${act}>
      <${Icon} name=${name} />
    </button>
  `;
  return html`
    <section class="timeline" aria-label=${t("timeline.label")}>
      <div class="timeline-frame" ref=${frame} title=${t("timeline.hint")}>
        <canvas></canvas>
        <canvas></canvas>
        ${strip && html`<${Handles} editing=${editing} strip=${strip} />`}
      </div>
      <div class="timeline-tools">
        ${button("closer", () => strip?.zoom(ZOOM))} ${button("wider", () => strip?.zoom(1 / ZOOM))}
        ${button("all", () => strip?.showAll())}
      </div>
    </section>
  `;
}

/**
 * Both ends of the cue at which somebody works, for keys and readers of screens.
 *
 * @param {{editing: Editing, strip: Strip}} given
 */
function Handles({ editing, strip }) {
  const cue = editing.cues.find(({ id }) => id === editing.activeId.value);
  if (!cue) return null;
  return ["start_ms", "end_ms"].map(
    (edge) => html`<${Handle} key=${edge} editing=${editing} strip=${strip} cue=${cue} edge=${edge} />`,
  );
}

/** @param {{editing: Editing, strip: Strip, cue: import("../model/cues.js").Cue, edge: Edge}} given */
function Handle({ editing, strip, cue, edge }) {
  const t = say.value;
  const x = placeOf(strip.sight.value, cue[edge]);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const by = /** @type {Record<string, number>} */ (steps)[event.key];
    if (!by || event.altKey || event.ctrlKey) return;
    event.preventDefault();
    editing.moveEdge(edge, cue[edge] + by * FRAME_MS * (event.shiftKey ? FAR_FRAMES : 1), { id: cue.id });
  };
  const number = editing.place + 1;
  return html`
    <div
      class="handle"
      role="slider"
      tabindex="0"
      style=${{ left: `${Math.min(strip.width - 1, Math.max(0, x))}px` }}
      aria-label=${t(`cue.${edge}`, { number })}
      aria-valuemin="0"
      aria-valuemax=${Math.round(Math.min(editing.lastTime(), Number.MAX_SAFE_INTEGER))}
      aria-valuenow=${cue[edge]}
      aria-valuetext=${textOfTime(cue[edge])}
      onFocus=${() => strip.showTime(cue[edge])}
      onKeyDown=${onKeyDown}
    ></div>
  `;
}
