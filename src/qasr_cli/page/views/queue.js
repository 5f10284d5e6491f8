// The list of recordings: on their way, waiting, at work, done.

import { isOpen, roughly, secondsLeft, tenth } from "../model/jobs.js";
import { textOfSeconds, textOfTime } from "../model/times.js";
import { exactDuration, sounds, wantSound } from "../sound.js";
import { begunAt_ms, inWords, jobs, modelState, say, selectedId, settings } from "../state.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";
import {
  removeJob,
  removeUpload,
  retryUpload,
  sizeText,
  startJob,
  uploads,
} from "../uploads.js";
import { Icon } from "./icons.js";

/** @typedef {import("../model/jobs.js").Job} Job */
/** @typedef {import("../uploads.js").Upload} Upload */

export function Queue() {
  const t = say.value;
  // The newest first: whoever adds one sees it.
  const known = [...jobs.value.values()].reverse();
  const isEmpty = !known.length && !uploads.value.length;
  return html`
    <section class="queue" aria-labelledby="queue-title">
      <div class="queue-head">
        <h2 id="queue-title">${t("queue.title")}</h2>
        <${ForAll} known=${known} />
      </div>
      ${isEmpty && html`<p class="soft">${t("queue.empty")}</p>`}
      <ul>
        ${uploads.value.map((each) => html`<${UploadRow} key=${each.key} upload=${each} />`)}
        ${known.map((each) => html`<${JobRow} key=${each.id} job=${each} />`)}
      </ul>
    </section>
  `;
}

/** @param {{known: readonly Job[]}} given */
function ForAll({ known }) {
  const t = say.value;
  const held = known.filter(({ state }) => state === "held");
  const doneCount = known.filter(({ state }) => state === "done").length;
  const { format } = settings.value;
  return html`
    ${held.length > 1 &&
    html`
      <button class="button primary" onClick=${() => held.reverse().forEach(({ id }) => startJob(id))}>
        ${t("queue.start_all", { count: held.length })}
      </button>
    `}
    ${doneCount > 1 &&
    html`
      <a class="button" href=${`api/results.zip?format=${format}`} download>
        <${Icon} name="download" />${t("queue.download_all", { count: doneCount })}
      </a>
    `}
  `;
}

/** @param {{upload: Upload}} given */
function UploadRow({ upload }) {
  const t = say.value;
  const { key, name, file, state, share, error } = upload;
  const percent = Math.floor(share * 100);
  const isSent = state === "sending" && share === 1;
  const status = isSent ? t("state.sent") : t(`state.${state}`, { percent });
  return html`
    <li class=${`row ${state}`}>
      <div class="row-main">
        <span class="name" dir="auto">${name}</span>
        <span class="soft number">${sizeText(file.size)}</span>
        <span class="status">${status}</span>
      </div>
      <div class="row-acts">
        ${state === "failed" &&
        html`<${Act} icon="retry" label=${t("queue.retry", { name })} onClick=${() => retryUpload(key)} />`}
        <${Act}
          icon="close"
          label=${t(state === "failed" ? "queue.remove" : "queue.cancel", { name })}
          onClick=${() => removeUpload(key)}
        />
      </div>
      ${state === "sending" && html`<${Progress} name=${name} share=${share} text=${status} />`}
      ${error && html`<p class=${state === "failed" ? "bad" : "soft"}>${inWords(error)}</p>`}
    </li>
  `;
}

/** @param {{job: Job}} given */
function JobRow({ job }) {
  const t = say.value;
  const { id, name, state, progress, error } = job;
  const [isAsking, setAsking] = useState(false);
  const sound = sounds.value.get(id);
  const isHeld = state === "held";
  useEffect(() => {
    if (isHeld) wantSound(id);
  }, [isHeld]);
  const reason = error ?? (isHeld ? sound?.error : null);
  const remove = () => (state === "done" ? setAsking(true) : removeJob(id));
  return html`
    <li class=${`row ${state} ${selectedId.value === id ? "selected" : ""}`}>
      <button
        class="row-main"
        aria-current=${selectedId.value === id ? "true" : undefined}
        onClick=${() => show(id)}
      >
        <span class="name" dir="auto">${name}</span>
        <span class="soft number">${durationOf(job)}</span>
        <span class="status">${statusOf(job)}</span>
      </button>
      <div class="row-acts">
        ${isHeld &&
        !reason &&
        html`
          <button
            class="button primary small"
            aria-label=${t("queue.start", { name })}
            onClick=${() => startJob(id)}
          >
            ${t("act.start")}
          </button>
        `}
        ${state === "failed" &&
        html`<${Act} icon="retry" label=${t("queue.retry", { name })} onClick=${() => startJob(id)} />`}
        <${Act}
          icon="close"
          label=${t(isOpen(job) ? "queue.cancel" : "queue.remove", { name })}
          onClick=${remove}
        />
      </div>
      ${isAsking && html`<${Sure} name=${name} onYes=${() => removeJob(id)} onNo=${() => setAsking(false)} />`}
      ${isOpen(job) && html`<${Progress} name=${name} share=${progress} text=${statusOf(job)} />`}
      ${reason && html`<p class="bad">${inWords(reason)}</p>`}
    </li>
  `;
}

/** Asks once more before something is gone for good. @param {{name: string, onYes: () => void, onNo: () => void}} given */
function Sure({ name, onYes, onNo }) {
  const t = say.value;
  const keep = useRef(/** @type {HTMLButtonElement | null} */ (null));
  useLayoutEffect(() => keep.current?.focus(), []);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && onNo();
  return html`
    <div class="sure" role="group" aria-label=${t("act.remove")} onKeyDown=${onKeyDown}>
      <p>${t("remove.sure", { name })}</p>
      <button class="button" ref=${keep} onClick=${onNo}>${t("remove.no")}</button>
      <button class="button danger" onClick=${onYes}>${t("remove.yes")}</button>
    </div>
  `;
}

/** @param {{icon: string, label: string, onClick: () => void}} given */
function Act({ icon, label, onClick }) {
  return html`
    <button class="button quiet" aria-label=${label} title=${label} onClick=${onClick}>
      <${Icon} name=${icon} />
    </button>
  `;
}

/** @param {{name: string, share: number, text: string}} given */
function Progress({ name, share, text }) {
  return html`
    <div
      class="progress"
      role="progressbar"
      aria-label=${say.value("progress.of", { name })}
      aria-valuenow=${tenth(share)}
      aria-valuetext=${text}
    >
      <span style=${{ transform: `scaleX(${share})` }}></span>
    </div>
  `;
}

/**
 * What a job is at, in words.
 *
 * @param {Job} job
 */
export function statusOf(job) {
  const t = say.value;
  if (job.state === "queued") {
    if (modelState.value === "loading") return t("state.queued.models");
    const position = job.position ?? 1;
    return position > 1 ? t("state.queued", { position }) : t("state.queued.next");
  }
  if (job.state !== "working") return t(`state.${job.state}`);
  const worked_s = (performance.now() - (begunAt_ms.get(job.id) ?? performance.now())) / 1000;
  const left_s = secondsLeft(job, worked_s);
  const percent = t("state.working", { percent: Math.floor(job.progress * 100) });
  if (left_s === null) return percent;
  const { unit, count } = roughly(left_s);
  return `${percent}, ${t(`left.${unit}`, { count })}`;
}

/**
 * How long a recording is: to the hundredth of a second once its sound was decoded, until then as
 * its file claims.
 *
 * @param {Job} job
 */
export function durationOf(job) {
  const decoded_ms = exactDuration(job.id);
  if (decoded_ms) return textOfTime(decoded_ms);
  if (job.duration_s !== null && job.state === "done") return textOfTime(job.duration_s * 1000);
  return job.duration_s === null ? "" : textOfSeconds(job.duration_s * 1000);
}

/** @param {string} id */
export function show(id) {
  selectedId.value = id;
  // On a narrow screen it lies below the list.
  const result = document.getElementById("result");
  if (result && result.getBoundingClientRect().top > innerHeight / 2) result.scrollIntoView();
}
