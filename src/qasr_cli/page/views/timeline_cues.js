// The subtitles on the timeline for keys and readers of screens: a picture has no parts. A button for
// each in sight, and both ends of the one at which somebody works.

import { FRAME_MS } from "../editing.js";
import { between, placeOf, timeAt } from "../model/ruler.js";
import { textOfTime } from "../model/times.js";
import { say } from "../state.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../model/cues.js").Cue} Cue */
/** @typedef {import("../model/edges.js").Edge} Edge */
/** @typedef {import("./strip.js").Strip} Strip */

const FAR_FRAMES = 25;
const MOST_COUNT = 60;
// While somebody scrolls, nobody needs them.
const FOLLOWS_AFTER_MS = 150;

/** @param {{editing: Editing, strip: Strip}} given */
export function TimelineCues({ editing, strip }) {
  const t = say.value;
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const wished = useRef(/** @type {string | null} */ (null));
  const [sight, setSight] = useState(strip.sight.value);
  const now = strip.sight.value;
  useEffect(() => {
    const timer = setTimeout(() => setSight(now), FOLLOWS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [now]);
  useLayoutEffect(() => {
    if (wished.current === null) return;
    const button = list.current?.querySelector(`[data-cue="${CSS.escape(wished.current)}"]`);
    if (!(button instanceof HTMLElement)) return;
    wished.current = null;
    button.focus({ preventScroll: true });
  });
  const { cues } = editing;
  const active = cues.findIndex(({ id }) => id === editing.activeId.value);
  const { first, end } = inReach(between(cues, sight.from_ms, timeAt(sight, strip.width)), active);
  const rover = active >= first && active < end ? active : first;
  const goTo = (/** @type {number} */ at) => {
    const cue = cues[Math.min(cues.length - 1, Math.max(0, at))];
    wished.current = cue.id;
    editing.activeId.value = cue.id;
    editing.scrollsTo.value = { row: cues.indexOf(cue) };
    strip.showTime(cue.start_ms);
    setSight(strip.sight.value);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event, /** @type {number} */ at) => {
    const places = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: cues.length };
    const place = /** @type {Record<string, number>} */ (places)[event.key];
    if (place === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    goTo(place);
  };
  return html`
    <div class="timeline-cues" ref=${list} role="group" aria-label=${t("timeline.cues")}>
      ${cues.slice(first, end).map(
        (cue, each) => html`
          <button
            key=${cue.id}
            data-cue=${cue.id}
            tabindex=${first + each === rover ? 0 : -1}
            style=${boxOf(cue, sight, strip.width)}
            aria-current=${first + each === active ? "true" : undefined}
            aria-label=${labelOf(cue, first + each + 1)}
            aria-description=${t("timeline.cue.hint")}
            onFocus=${() => (editing.activeId.value = cue.id)}
            onClick=${() => editing.show(cue.id)}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKeyDown(event, first + each)}
          ></button>
        `,
      )}
      ${active >= 0 &&
      ["start_ms", "end_ms"].map(
        (edge) => html`<${Handle} key=${edge} editing=${editing} strip=${strip} at=${active} edge=${edge} />`,
      )}
    </div>
  `;
}

/**
 * So many as are of use: around the one at which somebody works, where there are too many.
 *
 * @param {{first: number, end: number}} seen
 * @param {number} active
 */
function inReach({ first, end }, active) {
  if (end - first <= MOST_COUNT) return { first, end };
  const middle = active >= first && active < end ? active - MOST_COUNT / 2 : first;
  const from = Math.min(end - MOST_COUNT, Math.max(first, middle));
  return { first: from, end: from + MOST_COUNT };
}

/** @param {Cue} cue @param {number} number */
function labelOf({ start_ms, end_ms, text }, number) {
  const times = { start: textOfTime(start_ms), end: textOfTime(end_ms) };
  return say.value("timeline.cue", { number, ...times, text: text.replaceAll("\n", " ") });
}

/** @param {Cue} cue @param {import("../model/ruler.js").Sight} sight @param {number} width */
function boxOf(cue, sight, width) {
  const left = Math.min(width - 24, Math.max(0, placeOf(sight, cue.start_ms)));
  const right = Math.min(width, Math.max(left, placeOf(sight, cue.end_ms)));
  return { left: `${left}px`, width: `${right - left}px` };
}

/** @param {{editing: Editing, strip: Strip, at: number, edge: Edge}} given */
function Handle({ editing, strip, at, edge }) {
  const t = say.value;
  const cue = editing.cues[at];
  const last_ms = Math.round(Math.min(editing.lastTime(), Number.MAX_SAFE_INTEGER));
  const x = placeOf(strip.sight.value, cue[edge]);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const wanted_ms = keyedTime(event, cue[edge], last_ms);
    if (wanted_ms === null) return;
    event.preventDefault();
    editing.moveEdge(edge, wanted_ms, { id: cue.id });
  };
  return html`
    <div
      class="handle"
      role="slider"
      tabindex="0"
      style=${{ left: `${Math.min(strip.width - 1, Math.max(0, x))}px` }}
      aria-label=${t(`cue.${edge}`, { number: at + 1 })}
      aria-valuemin="0"
      aria-valuemax=${last_ms}
      aria-valuenow=${cue[edge]}
      aria-valuetext=${t(`timeline.${edge}`, { seconds: String(Number((cue[edge] / 1000).toFixed(2))) })}
      onFocus=${() => strip.showTime(cue[edge])}
      onKeyDown=${onKeyDown}
    ></div>
  `;
}

/**
 * @param {KeyboardEvent} event
 * @param {number} time_ms
 * @param {number} last_ms
 * @returns {number | null}
 */
function keyedTime(event, time_ms, last_ms) {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const step_ms = FRAME_MS * (event.shiftKey ? FAR_FRAMES : 1);
  const times = {
    ArrowLeft: time_ms - step_ms,
    ArrowDown: time_ms - step_ms,
    ArrowRight: time_ms + step_ms,
    ArrowUp: time_ms + step_ms,
    PageDown: time_ms - FRAME_MS * FAR_FRAMES,
    PageUp: time_ms + FRAME_MS * FAR_FRAMES,
    Home: 0,
    End: last_ms,
  };
  return /** @type {Record<string, number>} */ (times)[event.key] ?? null;
}
