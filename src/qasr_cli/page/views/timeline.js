// The timeline: wave, subtitles as boxes, the place where it plays. What can be dragged on it can be
// done by keys, too.

import { say } from "../state.js";
import { html, useEffect, useRef, useState } from "../ui.js";
import { Icon } from "./icons.js";
import { Strip } from "./strip.js";
import { TimelineCues } from "./timeline_cues.js";

/** @typedef {import("../editing.js").Editing} Editing */

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
  }, [editing]);
  useEffect(() => strip?.renew(sound), [strip, sound]);
  const button = (/** @type {string} */ name, /** @type {() => void} */ act) => html`
    <button class="button quiet" aria-label=${t(`timeline.${name}`)} title=${t(`timeline.${name}`)} onClick=${act}>
      <${Icon} name=${name} />
    </button>
  `;
  return html`
    <section class="timeline" aria-label=${t("timeline.label")}>
      <div class="timeline-frame" ref=${frame} title=${t("timeline.hint")}>
        <canvas aria-hidden="true"></canvas>
        <canvas aria-hidden="true"></canvas>
        ${strip && html`<${TimelineCues} editing=${editing} strip=${strip} />`}
      </div>
      <div class="timeline-tools">
        ${button("closer", () => strip?.zoom(ZOOM))} ${button("wider", () => strip?.zoom(1 / ZOOM))}
        ${button("all", () => strip?.showAll())}
      </div>
    </section>
  `;
}
