// What to listen to first in the recording that is shown, and the way on to the next.

import { isReviewed } from "../model/edit_list.js";
import { textOfSeconds } from "../model/times.js";
import { minuteAt, nextJob, review, reviewedLast, toggleReviewed } from "../review.js";
import { withKeyOf } from "../key_state.js";
import { playStretch } from "../playback.js";
import { say, sayOr, selectedId } from "../state.js";
import { html, useEffect, useLayoutEffect, useRef } from "../ui.js";
import { Icon } from "./icons.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../model/jobs.js").Job} Job */
/** @typedef {import("../review.js").Minute} Minute */

// A word is understood only with those around it.
const AROUND_MS = 1000;

/** @param {{editing: Editing}} given */
export function Listen({ editing }) {
  const t = say.value;
  if (review.value?.id !== editing.correction.id) return null;
  const { minutes } = review.value;
  if (!minutes.length) return html`<p class="listen soft">${t("listen.none")}</p>`;
  return html`
    <section class="pane listen" aria-labelledby="listen-title">
      <div class="pane-head">
        <h2 id="listen-title">${t("listen.title")}</h2>
        <span class="soft">${t("listen.count", { count: minutes.length })}</span>
      </div>
      <ol class="doubts">
        ${minutes.map((minute, at) => html`<${Doubtful} minute=${minute} at=${at} editing=${editing} />`)}
      </ol>
    </section>
  `;
}

/** @param {{minute: Minute, at: number, editing: Editing}} given */
function Doubtful({ minute, at, editing }) {
  const t = say.value;
  const isCurrent = minuteAt.value === at;
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (isCurrent) row.current?.scrollIntoView({ block: "nearest" });
  }, [isCurrent]);
  return html`
    <li ref=${row}>
      <button
        class="doubt"
        aria-current=${isCurrent ? "true" : undefined}
        onClick=${() => listenTo(editing, at)}
      >
        <${Icon} name="play" />
        <span class="number">${textOfSeconds(minute.start_ms)}</span>
        <span class="reasons">
          ${minute.reasons.map((reason, each) => html`${each > 0 && " · "}<${Reason} reason=${reason} />`)}
        </span>
        <span class="soft">${t("listen.words", { count: Math.max(1, Math.round(minute.words)) })}</span>
      </button>
    </li>
  `;
}

/** @param {{reason: import("../review.js").Doubt}} given */
function Reason({ reason: { kind, text } }) {
  const said = sayOr(`doubt.${kind.replaceAll("-", "_")}`, "");
  return said || html`<span lang="en">${text}</span>`;
}

/**
 * Go to a doubtful minute, and play what is doubtful in it.
 *
 * @param {Editing} editing
 * @param {number} at
 */
export function listenTo(editing, at) {
  const minute = review.value?.minutes[at];
  if (!minute || review.value?.id !== editing.correction.id) return;
  minuteAt.value = at;
  const cue = editing.cues.find(({ end_ms }) => end_ms > minute.start_ms);
  if (cue) editing.show(cue.id);
  playStretch(Math.max(0, minute.start_ms - AROUND_MS), minute.end_ms + AROUND_MS);
}

/**
 * The next of them, or the one before.
 *
 * @param {Editing} editing
 * @param {1 | -1} by
 * @returns {boolean} whether anybody knows
 */
export function listenOn(editing, by) {
  if (review.value?.id !== editing.correction.id) return false;
  const count = review.value.minutes.length;
  if (!count) editing.refusal.value = "listen.none";
  else listenTo(editing, minuteAt.value < 0 && by < 0 ? count - 1 : (minuteAt.value + by + count) % count);
  return true;
}

/**
 * Whether somebody has reviewed it; pressed once more, nobody has.
 *
 * @param {{job: Job, correction: import("../correction.js").Correction | null}} given
 */
export function Reviewed({ job, correction }) {
  const t = say.value;
  if (!job.in_place || !correction) return null; // there is no place to keep it in
  const isDone = isReviewed(job);
  return html`
    <button
      class=${`button ${isDone ? "ticked" : "primary"}`}
      title=${withKeyOf(t(isDone ? "reviewed.take_back" : "act.reviewed"), "reviewed")}
      onClick=${() => toggleReviewed(correction)}
    >
      ${isDone && html`<${Icon} name="done" />`}${t(isDone ? "reviewed" : "reviewed.mark")}
    </button>
  `;
}

/** Once a recording is reviewed: the way to the next. @param {{job: Job}} given */
export function WayOn({ job }) {
  const t = say.value;
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const isHere = reviewedLast.value === job.id;
  const next = isHere ? nextJob.value : null;
  useLayoutEffect(() => button.current?.focus(), [next?.id]);
  return html`
    <div class=${isHere ? "sure way-on" : "unseen"} role="status">
      ${isHere && !next && html`<p>${t("reviewed.all")}</p>`}
      ${next &&
      html`
        <p>${t("reviewed.next")} <b dir="auto">${next.name}</b></p>
        <button class="button primary" ref=${button} onClick=${() => (selectedId.value = next.id)}>
          ${t("reviewed.open")}
        </button>
      `}
    </div>
  `;
}
