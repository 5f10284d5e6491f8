// The view of what is being said: from the microphone, as text, while it is spoken.

import { denialOf } from "../recorder.js";
import { LiveSession } from "../live.js";
import { obstacle } from "../live_sound.js";
import { textOfSeconds } from "../model/times.js";
import { choose, codeOfLanguage, inWords, jobs, languageNames, say, selectedId, settings } from "../state.js";
import { html, signal, useEffect, useRef } from "../ui.js";
import { Download } from "./download.js";
import { Icon } from "./icons.js";
import { Meter, SILENT_BELOW } from "./meter.js";
import { Microphones } from "./microphones.js";

const SILENT_FOR_MS = 5000;
const NEAR_END_PX = 48;
const WINDOW = "popup,width=960,height=280";

/** @type {{value: LiveSession | null}} */
const session = signal(null);
/** A key of messages that says what is wrong. */
const trouble = signal("");

export function Live() {
  const t = say.value;
  const blocked = obstacle();
  const running = session.value;
  const isEnded = running?.stage.value === "ended";
  return html`
    <section class="card live" aria-labelledby="live-title">
      <h1 id="live-title">${t("live.title")}</h1>
      ${!running && html`<p class="soft">${t("live.text")}</p>`}
      ${blocked === "insecure" && html`<p class="bad">${t("record.insecure")}</p>`}
      ${blocked === "none" && html`<p class="bad">${t("record.none")}</p>`}
      ${running && (isEnded ? html`<${Ended} live=${running} />` : html`<${Running} live=${running} />`)}
      ${running && html`<${Said} live=${running} />`}
      ${(!running || isEnded) && html`<${Ready} isBlocked=${blocked !== null} />`}
      ${trouble.value && html`<p class="bad" role="alert">${t(`record.${trouble.value}`)}</p>`}
    </section>
  `;
}

/** @param {{isBlocked: boolean}} given */
function Ready({ isBlocked }) {
  const t = say.value;
  const { language, keepsSound } = settings.value;
  const names = [...languageNames.value].sort(([, a], [, b]) => a.localeCompare(b));
  return html`
    <div class="line">
      <label>
        ${t("settings.language")}
        <select value=${language} onChange=${(/** @type {any} */ event) => choose({ language: event.target.value })}>
          <option value="">${t("settings.language.auto")}</option>
          ${names.map(([name, shown]) => html`<option value=${name}>${shown}</option>`)}
        </select>
      </label>
      <${Microphones} isBlocked=${isBlocked} />
    </div>
    <label class="check">
      <input
        type="checkbox"
        checked=${keepsSound}
        onChange=${(/** @type {any} */ event) => choose({ keepsSound: event.target.checked })}
      />
      ${t("live.keep_sound")}
    </label>
    <button class="button primary big" disabled=${isBlocked} onClick=${begin}>
      <${Icon} name="microphone" />${t("live.start")}
    </button>
  `;
}

/** @param {{live: LiveSession}} given */
function Running({ live }) {
  const t = say.value;
  const stage = live.stage.value;
  const isPaused = live.isPaused.value;
  const time = textOfSeconds(live.heardCount_ms.value);
  const shown = stage === "running" && isPaused ? "paused" : stage;
  const lag_s = live.told.value.lag_s;
  return html`
    <div class="live-head">
      <p class="status" role="status">
        <span class=${`dot ${shown === "running" ? "recording" : "unloaded"}`}></span>
        ${t(`live.${shown}`)}
      </p>
      <span class="number" role="timer" aria-label=${t("live.time", { time })}>${time}</span>
      <${Level} live=${live} />
    </div>
    ${lag_s > 0 && html`<p class="bad" role="status">${t("live.lag", { count: Math.round(lag_s) })}</p>`}
    <div class="acts">
      <button
        class="button big"
        disabled=${stage === "starting" || stage === "ending"}
        onClick=${() => (isPaused ? live.resume() : live.pause())}
      >
        <${Icon} name=${isPaused ? "play" : "pause"} />${t(isPaused ? "record.resume" : "record.pause")}
      </button>
      <button class="button primary big" disabled=${stage === "ending"} onClick=${() => live.stop()}>
        <${Icon} name="stop" />${t("live.stop")}
      </button>
      ${live.id.value && html`<${CaptionsWindow} id=${live.id.value} />`}
    </div>
  `;
}

/** @param {{live: LiveSession}} given */
function Level({ live }) {
  const heardAt_ms = useRef(performance.now());
  if (live.loudness.value > SILENT_BELOW || live.isPaused.value) heardAt_ms.current = performance.now();
  const isSilent = performance.now() - heardAt_ms.current > SILENT_FOR_MS;
  return html`<${Meter} loudness=${live.loudness.value} isSilent=${isSilent} />`;
}

/** @param {{id: string}} given */
function CaptionsWindow({ id }) {
  const t = say.value;
  const address = new URL(`?view=captions&session=${encodeURIComponent(id)}`, document.baseURI).href;
  const open = (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    window.open(address, "qasr-captions", WINDOW);
  };
  return html`
    <a class="button big" href=${address} target="_blank" rel="noopener" title=${t("live.window.hint")} onClick=${open}>
      ${t("live.window")}
    </a>
  `;
}

/** @param {{live: LiveSession}} given */
function Ended({ live }) {
  const t = say.value;
  const job = jobs.value.get(live.jobId.value);
  const reason = live.reason.value;
  const show = () => {
    selectedId.value = live.jobId.value;
    location.hash = "#files";
  };
  return html`
    ${reason && html`<p class="bad" role="alert">${inWords(reason)}</p>`}
    ${job &&
    html`
      <p role="status">${t("live.done")}</p>
      <div class="acts">
        <${Download} job=${job} correction=${null} />
        <button class="button" onClick=${show}>${t("live.open")}</button>
      </div>
    `}
    ${!live.jobId.value && !reason && html`<p role="status">${t("live.nothing")}</p>`}
  `;
}

/** What was said: settled text stands, what may still change is grey. @param {{live: LiveSession}} given */
function Said({ live }) {
  const t = say.value;
  const { said, saying } = live.told.value;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const look = () => {
    const { scrollHeight, scrollTop, clientHeight } = /** @type {HTMLElement} */ (box.current);
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  };
  const isLarge = settings.value.largeCaptions;
  return html`
    <label class="check">
      <input
        type="checkbox"
        checked=${isLarge}
        onChange=${(/** @type {any} */ event) => choose({ largeCaptions: event.target.checked })}
      />
      ${t("live.large")}
    </label>
    <div
      ref=${box}
      class=${`said-box ${isLarge ? "large" : ""}`}
      tabindex="0"
      role="region"
      aria-label=${t("live.said")}
      onScroll=${look}
    >
      <div aria-live="polite">
        ${said.map(
          (/** @type {import("../model/live.js").Said} */ { id, text, language }) =>
            html`<p key=${id} dir="auto" lang=${codeOfLanguage(language)}>${text}</p>`,
        )}
      </div>
      ${saying &&
      html`<p dir="auto" lang=${codeOfLanguage(saying.language)}>${saying.settled}<span class="tail">${saying.tail}</span></p>`}
      ${!said.length && !saying && html`<p class="soft">${t("live.waits")}</p>`}
    </div>
  `;
}

async function begin() {
  trouble.value = "";
  const { language, context, hotwords, profile, keepsSound, microphone } = settings.value;
  const begun = new LiveSession({
    language: language || "auto",
    context,
    hotwords: hotwords.split(",").map((/** @type {string} */ each) => each.trim()).filter(Boolean),
    profile: profile || null,
    keep_sound: keepsSound,
    name: nameOfNow(),
  });
  session.value = begun;
  try {
    await begun.begin(microphone);
  } catch (error) {
    session.value = null;
    trouble.value = denialOf(error);
  }
}

function nameOfNow() {
  // As Sweden writes it: sorted by name is sorted by time. Colons are no part of file names.
  const time = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
  return say.value("live.name", { time: time.format().replaceAll(":", ".") });
}

addEventListener("beforeunload", (event) => {
  if (session.value && session.value.stage.value !== "ended") event.preventDefault();
});
