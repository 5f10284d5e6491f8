// The subtitles as plain text, to copy.

import { notice, say } from "../state.js";
import { html, useRef } from "../ui.js";
import { Icon } from "./icons.js";

/** @typedef {import("../correction.js").Correction} Correction */

/** @param {{correction: Correction, lang: string | undefined}} given */
export function PlainText({ correction, lang }) {
  const t = say.value;
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(correction.text.value);
      notice.value = t("text.copied");
    } catch {
      area.current?.select(); // not a secure address, or not allowed
      notice.value = t("text.not_copied");
    }
  };
  return html`
    <section class="pane copy" aria-labelledby="text-title">
      <div class="pane-head">
        <h2 id="text-title">${t("text.title")}</h2>
        <span class="space"></span>
        <button class="button" onClick=${copy}><${Icon} name="copy" />${t("text.copy")}</button>
      </div>
      <textarea
        class="plain"
        ref=${area}
        readonly
        dir="auto"
        lang=${lang}
        aria-labelledby="text-title"
        value=${correction.text.value}
      ></textarea>
    </section>
  `;
}
