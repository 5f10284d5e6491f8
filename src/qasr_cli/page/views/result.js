// One recording: to look at and listen to, its text to correct, copy and download.

import { checked } from "../checks.js";
import { Correction } from "../correction.js";
import { placeOfJob } from "../drafts.js";
import { Editing } from "../editing.js";
import { lookAtReview } from "../review.js";
import { exactDuration, sounds, wantSound } from "../sound.js";
import { choices, inWords, languageNames, pieces, say, selected, codeOfLanguage } from "../state.js";
import { batch, html, signal, useEffect } from "../ui.js";
import { startJob } from "../uploads.js";
import { Download } from "./download.js";
import { Editor } from "./editor.js";
import { Reviewed, WayOn } from "./listen.js";
import { Player } from "./player.js";
import { durationOf, statusOf } from "./queue.js";
import { PlainText } from "./texts.js";
import { Timeline } from "./timeline.js";
import { Wave } from "./wave.js";
import { isOpen, tenth } from "../model/jobs.js";

/** @typedef {import("../model/jobs.js").Job} Job */

/** Of the job that is shown, once it is done. @type {{value: Correction | null}} */
export const correction = signal(null);
/** The same under somebody's hands. @type {{value: Editing | null}} */
const editing = signal(null);

export function Result() {
  const job = selected.value;
  useCorrectionOf(job);
  return html`
    <section id="result" class="result" aria-labelledby="result-title">
      ${job ? html`<${Shown} key=${job.id} job=${job} />` : html`<${Welcome} />`}
    </section>
  `;
}

/** @param {Job | null} job */
function useCorrectionOf(job) {
  const id = job?.state === "done" ? job.id : null;
  useEffect(() => {
    if (id === null || !job) return undefined;
    const opened = new Correction(id, placeOfJob(job, choices.value.editing));
    const lastTime = () => Math.floor(exactDuration(id) ?? Infinity);
    // Of a recording in several languages the service guesses, text by text.
    const language = codeOfLanguage(job.language) ? job.language : null;
    const begun = new Editing(opened, lastTime, { language, profile: job.profile ?? "" });
    batch(() => {
      correction.value = opened;
      editing.value = begun;
    });
    void opened.open();
    if (job.reviewed !== undefined) void lookAtReview(id);
    const stop = checked(begun);
    return () => {
      stop();
      correction.value = null;
      editing.value = null;
      void opened.close();
    };
  }, [id]);
}

function Welcome() {
  const t = say.value;
  if (choices.value.editing) return html`<h1 id="result-title" class="soft">${t("result.none")}</h1>`;
  return html`
    <div class="welcome">
      <h1 id="result-title" class="unseen">${t("result.none")}</h1>
      <ol>
        <li>${t("result.welcome.1")}</li>
        <li>${t("result.welcome.2")}</li>
        <li>${t("result.welcome.3")}</li>
      </ol>
    </div>
  `;
}

/** @param {{job: Job}} given */
function Shown({ job }) {
  const sound = sounds.value.get(job.id);
  const isSilent = job.has_recording === false;
  const isReadable = job.state !== "failed" && !isSilent;
  useEffect(() => {
    if (isReadable) wantSound(job.id);
  }, [isReadable]);
  const cues = correction.value?.id === job.id ? correction.value : null;
  const isDone = job.state === "done";
  return html`
    <${Head} job=${job} />
    ${job.state === "failed"
      ? html`<p class="bad" role="alert">${inWords(job.error ?? { message: "" })}</p>`
      : html`
          <div class="bench">
            ${isSilent
              ? html`<p class="soft player">${say.value("result.silent")}</p>`
              : html`
                  <${Player} job=${job} cues=${cues?.cues.value ?? []} />
                  <${Wave} sound=${sound} cues=${cues?.cues.value ?? []} />
                `}
            ${isDone && cues?.isLoaded.value && editing.value && sound?.duration_ms && cues.cues.value.length > 0 &&
            html`<${Timeline} editing=${editing.value} sound=${sound} />`}
            ${isDone && cues?.isLoaded.value && html`<${Texts} job=${job} correction=${cues} />`}
            ${isDone && cues?.reason.value && !cues.isLoaded.value &&
            html`<p class="bad" role="alert">${inWords(cues.reason.value)}</p>`}
            ${isOpen(job) && html`<${SoFar} job=${job} />`}
          </div>
        `}
  `;
}

/** @param {{job: Job}} given */
function Head({ job }) {
  const t = say.value;
  const language = job.language && (languageNames.value.get(job.language) ?? job.language);
  const facts = [durationOf(job), language, isOpen(job) ? "" : t(`state.${job.state}`)];
  return html`
    <div class="result-head">
      <div>
        <h1 id="result-title" dir="auto">${job.name}</h1>
        <p class="soft number">${facts.filter(Boolean).join(" · ")}</p>
      </div>
      <span class="space"></span>
      ${job.state === "done" &&
      html`<${Reviewed} job=${job} correction=${correction.value} /><${Download} job=${job} correction=${correction.value} />`}
      ${job.state === "held" &&
      html`<button class="button primary big" onClick=${() => startJob(job.id)}>${t("act.start")}</button>`}
      ${job.state === "failed" &&
      html`<button class="button primary" onClick=${() => startJob(job.id)}>${t("act.retry")}</button>`}
    </div>
    <${WayOn} job=${job} />
    ${job.warnings.length > 0 && html`<${Warnings} texts=${job.warnings} />`}
  `;
}

/** @param {{texts: readonly string[]}} given */
function Warnings({ texts }) {
  return html`
    <details class="warnings">
      <summary>${say.value("result.warnings", { count: texts.length })}</summary>
      <ul>
        ${texts.map((text) => html`<li lang="en">${text}</li>`)}
      </ul>
    </details>
  `;
}

/** @param {{job: Job}} given */
function SoFar({ job }) {
  const t = say.value;
  const heard = pieces.value.get(job.id) ?? [];
  return html`
    <section class="pane so-far" aria-labelledby="so-far-title">
      <h2 id="so-far-title">${t("result.so_far")}</h2>
      <p class="status">${statusOf(job)}</p>
      <p class="unseen" role="status">${job.state === "working" && `${tenth(job.progress)} %`}</p>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="so-far-title">
        ${heard.length === 0 && html`<p class="soft">${t("result.not_begun")}</p>`}
        ${heard.map(
          ({ text, language }) => html`<p dir="auto" lang=${codeOfLanguage(language)}>${text}</p>`,
        )}
      </div>
    </section>
  `;
}

/** @param {{job: Job, correction: Correction}} given */
function Texts({ job, correction }) {
  const isEmpty = !correction.cues.value.length && !correction.isEdited.value;
  if (isEmpty && !correction.comparison.value) {
    return html`<p class="soft">${say.value("result.no_words")}</p>`;
  }
  const lang = codeOfLanguage(job.language);
  return html`
    ${editing.value && html`<${Editor} editing=${editing.value} lang=${lang} />`}
    <${PlainText} correction=${correction} lang=${lang} />
  `;
}
