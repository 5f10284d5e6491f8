// The head of the page: views, models, language, colours.

import { Failure } from "../api.js";
import { askModelsTo } from "../models.js";
import { choices, choose, inWords, memoryBytes, modelName, modelState, notice, say, settings, tongue, view } from "../state.js";
import { html } from "../ui.js";
import { sizeText } from "../uploads.js";
import { Icon } from "./icons.js";

export function Header() {
  const t = say.value;
  const isDark = settings.value.theme
    ? settings.value.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = isDark ? "light" : "dark";
  return html`
    <header class="head">
      <span class="brand"><img src="page/icon.svg" alt="" width="28" height="28" />qasr</span>
      ${!choices.value.editing &&
      html`
        <nav aria-label=${t("nav.label")}>
          <a href="#files" aria-current=${view.value === "files" ? "page" : undefined}>${t("nav.files")}</a>
          <a href="#record" aria-current=${view.value === "record" ? "page" : undefined}>${t("nav.record")}</a>
          <a href="#live" aria-current=${view.value === "live" ? "page" : undefined}>${t("nav.live")}</a>
        </nav>
      `}
      <span class="space"></span>
      <${Models} />
      <button
        class="button quiet"
        lang=${tongue.value === "zh" ? "en" : "zh-CN"}
        aria-label=${`${t("page.language")}: ${t("page.language.label")}`}
        onClick=${() => choose({ tongue: tongue.value === "zh" ? "en" : "zh" })}
      >
        ${t("page.language")}
      </button>
      <button
        class="button quiet"
        aria-label=${t(`page.theme.${theme}`)}
        title=${t(`page.theme.${theme}`)}
        onClick=${() => choose({ theme })}
      >
        <${Icon} name=${theme} />
      </button>
    </header>
  `;
}

/** What the models are at, and a way to load them or to have their memory back. */
function Models() {
  const t = say.value;
  const state = modelState.value;
  const act = async (/** @type {"load" | "unload"} */ what) => {
    try {
      await askModelsTo(what);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      notice.value = inWords(failure);
    }
  };
  return html`
    <details class="models" onKeyDown=${closeOnEscape} onFocusOut=${closeOnLeaving}>
      <summary aria-label=${t("model.menu", { state: t(`model.${state}`) })}>
        <span class=${`dot ${state}`}></span>
        <span>${t(`model.${state}`)}</span>
      </summary>
      <div class="card menu">
        <p class="soft">${modelName.value}</p>
        ${memoryBytes.value !== null &&
        html`<p class="soft number">${t("model.memory", { size: sizeText(memoryBytes.value) })}</p>`}
        ${state === "unloaded"
          ? html`<button class="button" onClick=${() => act("load")}>${t("model.load")}</button>`
          : html`
              <button class="button" disabled=${state !== "ready"} onClick=${() => act("unload")}>
                ${t("model.unload")}
              </button>
              <p class="soft">${t("model.unload.hint")}</p>
            `}
      </div>
    </details>
  `;
}

/** @param {KeyboardEvent & {currentTarget: HTMLDetailsElement}} event */
function closeOnEscape(event) {
  if (event.key !== "Escape") return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary")?.focus();
}

/** @param {FocusEvent & {currentTarget: HTMLDetailsElement}} event */
function closeOnLeaving(event) {
  const next = /** @type {Node | null} */ (event.relatedTarget);
  if (next && !event.currentTarget.contains(next)) event.currentTarget.open = false;
}
