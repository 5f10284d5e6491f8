// The frame of the page: its head, what is wrong, and the view that is open.

import { Failure } from "../api.js";
import { later, onDemand } from "../later.js";
import { isOffline, needsKey, notice, say, view } from "../state.js";
import { html, useRef, useState } from "../ui.js";
import { Files } from "./files.js";
import { Header } from "./header.js";

const Record = later(async () => (await import("./record.js")).Record);
const Live = onDemand(async () => (await import("./live.js")).Live);

/** @param {{openWith: (key: string) => Promise<void>}} given */
export function App({ openWith }) {
  const t = say.value;
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("page.skip")}</a>
    <${Header} />
    ${isOffline.value && html`<p class="banner" role="alert">${t("offline")}</p>`}
    <main id="main" tabindex="-1">
      ${needsKey.value ? html`<${Key} openWith=${openWith} />` : html`<${Opened} />`}
    </main>
    <p class=${notice.value ? "notice" : "unseen"} role="status">${notice.value}</p>
  `;
}

function Opened() {
  // What listens goes on while the files are looked at.
  const open = view.value;
  const were = useRef(new Set([open]));
  were.current.add(open);
  return html`
    <div class="view" hidden=${open !== "files"}><${Files} /></div>
    ${were.current.has("record") && html`<div class="view" hidden=${open !== "record"}><${Record} /></div>`}
    ${were.current.has("live") && html`<div class="view" hidden=${open !== "live"}><${Live} /></div>`}
  `;
}

/** @param {{openWith: (key: string) => Promise<void>}} given */
function Key({ openWith }) {
  const t = say.value;
  const [isWrong, setWrong] = useState(false);
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    try {
      await openWith(String(form.get("key")).trim());
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      setWrong(true);
    }
  };
  return html`
    <form class="card key" onSubmit=${submit}>
      <h1>${t("key.title")}</h1>
      <p>${t("key.text")}</p>
      <label>
        ${t("key.label")}
        <input
          name="key"
          type="password"
          autocomplete="off"
          required
          aria-invalid=${isWrong}
          aria-describedby="key-wrong"
        />
      </label>
      <p id="key-wrong" class="bad" role="alert">${isWrong && t("key.wrong")}</p>
      <button class="button primary">${t("key.enter")}</button>
    </form>
  `;
}

/** The address stays: what follows its sign says which view is open. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
