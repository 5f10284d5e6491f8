// The view of recordings: drop them, see what becomes of them, look at one.

import { choices, choose, languageNames, notice, say, settings } from "../state.js";
import { html, useLayoutEffect, useRef, useState } from "../ui.js";
import { addRecordings } from "../uploads.js";
import { filesOf } from "./dropped.js";
import { EditList } from "./edit_list.js";
import { Queue } from "./queue.js";
import { Result } from "./result.js";

export function Files() {
  return html`
    <div class="files">
      <section class="side">
        ${choices.value.editing ? html`<${EditList} />` : html`<${DropZone} /><${Choices} /><${Queue} />`}
      </section>
      <${Result} />
    </div>
  `;
}

function DropZone() {
  const t = say.value;
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const isOver = useDrops();
  const take = (/** @type {Event & {currentTarget: HTMLInputElement}} */ event) => {
    addRecordings([...(event.currentTarget.files ?? [])].map((file) => ({ file, name: file.name })));
    event.currentTarget.value = ""; // the same file may be chosen again
  };
  return html`
    <div class=${`drop ${isOver ? "over" : ""}`}>
      <p class="drop-title">${t(isOver ? "drop.now" : "drop.title")}</p>
      <button class="button primary big" onClick=${() => input.current?.click()}>
        ${t("drop.choose")}
      </button>
      <p class="soft">${t("drop.text")}</p>
      <input
        ref=${input}
        type="file"
        multiple
        hidden
        accept=${["audio/*", "video/*", ...choices.value.suffixes].join(",")}
        onChange=${take}
      />
    </div>
  `;
}

/** Takes files that are dropped anywhere; whether some are held over the page. */
function useDrops() {
  const [isOver, setOver] = useState(false);
  useLayoutEffect(() => {
    let depth = 0;
    const hasFiles = (/** @type {DragEvent} */ event) =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (/** @type {DragEvent} */ event) => {
      if (hasFiles(event)) setOver(++depth > 0);
    };
    const leave = (/** @type {DragEvent} */ event) => {
      if (hasFiles(event)) setOver(--depth > 0);
    };
    const over = (/** @type {DragEvent} */ event) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = async (/** @type {DragEvent} */ event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      await takeDropped(/** @type {DataTransfer} */ (event.dataTransfer));
    };
    const hears = { dragenter: enter, dragleave: leave, dragover: over, drop };
    for (const [name, hear] of Object.entries(hears)) {
      addEventListener(name, /** @type {EventListener} */ (hear));
    }
    return () => {
      for (const [name, hear] of Object.entries(hears)) {
        removeEventListener(name, /** @type {EventListener} */ (hear));
      }
    };
  }, []);
  return isOver;
}

/** @param {DataTransfer} dropped */
async function takeDropped(dropped) {
  const { files, leftOutCount } = await filesOf(dropped, choices.value.suffixes);
  addRecordings(files);
  if (leftOutCount) notice.value = say.value("drop.left_out", { count: leftOutCount });
  else if (!files.length) notice.value = say.value("drop.none");
}

/** How recordings are heard: chosen once, and remembered. */
function Choices() {
  const t = say.value;
  const { language, context, hotwords, profile, startsAtOnce } = settings.value;
  const names = [...languageNames.value].sort(([, a], [, b]) => a.localeCompare(b));
  return html`
    <div class="choices">
      <label>
        ${t("settings.language")}
        <select value=${language} onChange=${noting("language")}>
          <option value="">${t("settings.language.auto")}</option>
          ${names.map(([name, shown]) => html`<option value=${name}>${shown}</option>`)}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked=${startsAtOnce}
          onChange=${(/** @type {any} */ event) => choose({ startsAtOnce: event.target.checked })}
        />
        ${t("settings.starts")}
      </label>
      <details class="more">
        <summary>${t("settings.more")}</summary>
        <div class="choices">
          <label>
            ${t("settings.context")}
            <textarea
              rows="3"
              dir="auto"
              value=${context}
              aria-describedby="context-hint"
              onInput=${noting("context")}
            ></textarea>
            <small id="context-hint">${t("settings.context.hint")}</small>
          </label>
          <label>
            ${t("settings.hotwords")}
            <input
              dir="auto"
              value=${hotwords}
              aria-describedby="hotwords-hint"
              onInput=${noting("hotwords")}
            />
            <small id="hotwords-hint">${t("settings.hotwords.hint")}</small>
          </label>
          <label>
            ${t("settings.profile")}
            <select value=${profile} onChange=${noting("profile")}>
              <option value="">${t("settings.profile.default")}</option>
              ${choices.value.profiles.map((name) => html`<option value=${name}>${name}</option>`)}
            </select>
          </label>
          <p class="soft">${t("settings.for_new")}</p>
        </div>
      </details>
    </div>
  `;
}

/** @param {keyof import("../model/settings.js").Settings} name */
function noting(name) {
  return (/** @type {any} */ event) => choose({ [name]: event.target.value });
}
