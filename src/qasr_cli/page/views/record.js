// The view that records from the microphone.

import { denialOf, forgetRecording, obstacle, recovered, Recorder } from "../recorder.js";
import { keptRecordings } from "../recordings_kept.js";
import { textOfSeconds } from "../model/times.js";
import { say, selectedId, settings } from "../state.js";
import { html, signal, useEffect, useRef, useState } from "../ui.js";
import { addRecordings } from "../uploads.js";
import { Icon } from "./icons.js";
import { Meter, SILENT_BELOW } from "./meter.js";
import { Microphones } from "./microphones.js";

const METER_MS = 100;
const SILENT_FOR_MS = 3000;

/** @type {{value: Recorder | null}} */
const recorder = signal(null);
/** A key of messages that says what is wrong. */
const trouble = signal("");
/** @type {{value: {name: string, jobId: string} | null}} */
const sent = signal(null);
/** What an earlier page left. @type {{value: readonly import("../recordings_kept.js").Kept[]}} */
const found = signal([]);

export function Record() {
  const t = say.value;
  const blocked = obstacle();
  useEffect(() => {
    keptRecordings().then(
      (kept) => (found.value = kept),
      () => {}, // the browser keeps nothing here
    );
  }, []);
  return html`
    <section class="card record" aria-labelledby="record-title">
      <h1 id="record-title">${t("record.title")}</h1>
      <p class="soft">${t("record.text")}</p>
      ${found.value.map((kept) => html`<${Found} key=${kept.id} kept=${kept} />`)}
      ${blocked === "insecure" && html`<${Insecure} />`}
      ${blocked === "none" && html`<p class="bad">${t("record.none")}</p>`}
      ${recorder.value
        ? html`<${Running} recorder=${recorder.value} />`
        : html`<${Ready} isBlocked=${blocked !== null} />`}
      ${trouble.value && html`<p class="bad" role="alert">${t(`record.${trouble.value}`)}</p>`}
      ${sent.value && html`<${Sent} />`}
    </section>
  `;
}

/** @param {{isBlocked: boolean}} given */
function Ready({ isBlocked }) {
  const t = say.value;
  return html`
    ${!isBlocked && html`<${Microphones} isBlocked=${false} />`}
    <button class="button primary big" disabled=${isBlocked} onClick=${begin}>
      <${Icon} name="microphone" />${t("record.start")}
    </button>
  `;
}

/** @param {{recorder: Recorder}} given */
function Running({ recorder: running }) {
  const t = say.value;
  const isPaused = running.isPaused.value;
  const [{ loudness, isSilent }, setSeen] = useState({ loudness: 0, isSilent: false });
  const heardAt_ms = useRef(performance.now());
  useEffect(() => {
    const timer = setInterval(() => {
      const loudness = running.isPaused.value ? 0 : running.level.now();
      const now_ms = performance.now();
      const isSilent = loudness !== null && loudness <= SILENT_BELOW && !running.isPaused.value;
      if (!isSilent) heardAt_ms.current = now_ms;
      setSeen({
        loudness: loudness ?? 0,
        isSilent: now_ms - heardAt_ms.current > SILENT_FOR_MS,
      });
    }, METER_MS);
    return () => clearInterval(timer);
  }, [running]);
  // Not of the last look: in a pause the clock shows where it stands.
  const time = textOfSeconds(running.length_ms);
  return html`
    <p class="status" role="status">
      <span class=${`dot ${isPaused ? "unloaded" : "recording"}`}></span>
      ${t(isPaused ? "record.paused" : "record.running")}
    </p>
    <p class="clock-big number" role="timer" aria-label=${t("record.time", { time })}>${time}</p>
    <${Meter} loudness=${loudness} isSilent=${isSilent} />
    ${!running.isKept.value && html`<p class="bad" role="status">${t("record.not_kept")}</p>`}
    <div class="acts">
      <button class="button big" onClick=${() => (isPaused ? running.resume() : running.pause())}>
        <${Icon} name=${isPaused ? "play" : "pause"} />${t(isPaused ? "record.resume" : "record.pause")}
      </button>
      <button class="button primary big" onClick=${end}>
        <${Icon} name="stop" />${t("record.stop")}
      </button>
    </div>
  `;
}

function Insecure() {
  const t = say.value;
  const port = location.port || "80";
  const local = `http://localhost:${port}`;
  return html`
    <div class="sure">
      <p>${t("record.insecure")}</p>
      <p>${t("record.insecure.ssh", { address: local })}</p>
      <pre tabindex="0">ssh -L ${port}:localhost:${port} ${location.hostname}</pre>
    </div>
  `;
}

/** @param {{kept: import("../recordings_kept.js").Kept}} given */
function Found({ kept }) {
  const t = say.value;
  const drop = () => (found.value = found.value.filter(({ id }) => id !== kept.id));
  return html`
    <div class="sure">
      <p>${t("record.found")} <b dir="auto">${kept.name}</b>, ${textOfSeconds(kept.length_ms)}</p>
      <button
        class="button primary"
        onClick=${async () => {
          drop();
          hand(await recovered(kept));
        }}
      >
        ${t("record.found.use")}
      </button>
      <button
        class="button"
        onClick=${async () => {
          drop();
          await forgetRecording(kept.id);
        }}
      >
        ${t("record.found.delete")}
      </button>
    </div>
  `;
}

function Sent() {
  const t = say.value;
  const show = () => {
    if (sent.value?.jobId) selectedId.value = sent.value.jobId;
    location.hash = "#files";
  };
  return html`
    <p role="status">${t("record.sent", { name: sent.value?.name ?? "" })}</p>
    <button class="button" onClick=${show}>${t("record.show")}</button>
  `;
}

async function begin() {
  trouble.value = "";
  sent.value = null;
  try {
    const stream = await Recorder.microphone(settings.value.microphone);
    // As Sweden writes it: sorted by name is sorted by time. Colons are no part of file names.
    const time = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
    const name = say.value("record.name", { time: time.format().replaceAll(":", ".") });
    recorder.value = new Recorder(name, stream, { onUnplugged: unplugged });
  } catch (error) {
    trouble.value = denialOf(error);
  }
}

async function unplugged() {
  if (!recorder.value) return;
  trouble.value = "unplugged";
  await end();
}

async function end() {
  const ended = recorder.value;
  recorder.value = null;
  if (ended) hand(await ended.stop());
}

/**
 * Give a recording to the service; the browser keeps it until it is there.
 *
 * @param {{id: string, file: Blob, name: string}} recording
 */
function hand({ id, file, name }) {
  addRecordings([{ file, name }], (job) => {
    sent.value = { name, jobId: job.id };
    selectedId.value = job.id;
    forgetRecording(id).catch(() => {}); // it is offered once more then
  });
}

addEventListener("beforeunload", (event) => {
  if (recorder.value) event.preventDefault();
});
