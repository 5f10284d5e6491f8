// "Make it a correction": what was changed here, as rules for the next recordings.

import { tableOf, rowOf, rulesOfEdits } from "../model/corrections.js";
import { addRule, rules } from "../rules.js";
import { codeOfLanguage, notice, say } from "../state.js";
import { html, useEffect, useState } from "../ui.js";
import { Icon } from "./icons.js";

/** @typedef {import("../model/corrections.js").Rule} Rule */

/** @param {{editing: import("../editing.js").Editing}} given */
export function Rules({ editing }) {
  const t = say.value;
  const all = rules.value;
  const known = new Set(all.map(rowOf));
  const code = codeOfLanguage(editing.manner.language) ?? "";
  const suggested = rulesOfEdits(editing.correction.opened, editing.cues, code).filter(
    (rule) => !known.has(rowOf(rule)),
  );
  const change = (/** @type {number} */ at, /** @type {Partial<Rule>} */ some) =>
    (rules.value = all.map((each, place) => (place === at ? { ...each, ...some } : each)));
  return html`
    <div class="card panel">
      <p class="soft">${t("rules.text")}</p>
      ${suggested.length > 0 && html`<h3>${t("rules.suggested")}</h3>`}
      <ul class="rules">
        ${suggested.map(
          (rule) => html`
            <li class="line" key=${rowOf(rule)}>
              <span dir="auto">${rule.find} → ${rule.replace}</span>
              <span class="space"></span>
              <button
                class="button small"
                aria-label=${t("rules.add_of", { find: rule.find, replace: rule.replace })}
                onClick=${() => addRule(rule)}
              >
                ${t("rules.add")}
              </button>
            </li>
          `,
        )}
      </ul>
      ${all.length > 0 && html`<h3>${t("rules.collected", { count: all.length })}</h3>`}
      <ul class="rules">
        ${all.map((rule, at) => html`<${Row} key=${at} rule=${rule} change=${(/** @type {any} */ some) => change(at, some)}
          remove=${() => (rules.value = all.filter((_, place) => place !== at))} />`)}
      </ul>
      ${all.length > 0 ? html`<${Export} />` : !suggested.length && html`<p>${t("rules.empty")}</p>`}
    </div>
  `;
}

/** @param {{rule: Rule, change: (some: Partial<Rule>) => void, remove: () => void}} given */
function Row({ rule, change, remove }) {
  const t = say.value;
  const field = (/** @type {"find" | "replace"} */ name) => html`
    <input
      dir="auto"
      value=${rule[name]}
      aria-label=${t(`rules.${name}`)}
      onChange=${(/** @type {any} */ event) =>
        (name === "replace" || event.target.value) && change({ [name]: event.target.value })}
    />
  `;
  return html`
    <li class="line">
      ${field("find")} ${field("replace")}
      <label class="check">
        <input type="checkbox" checked=${rule.isWord} onChange=${() => change({ isWord: !rule.isWord })} />
        ${t("find.isWhole")}
      </label>
      ${rule.isPattern && html`<span class="soft">${t("find.isPattern")}</span>`}
      <button class="button quiet" aria-label=${t("rules.remove", { find: rule.find })} onClick=${remove}>
        <${Icon} name="close" />
      </button>
    </li>
  `;
}

function Export() {
  const t = say.value;
  const text = tableOf(rules.value);
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [text]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notice.value = t("text.copied");
    } catch {
      notice.value = t("rules.not_copied"); // not a secure address, or not allowed
    }
  };
  return html`
    <div class="line">
      <a class="button primary" href=${address} download="corrections.tsv"><${Icon} name="download" />${t("rules.save")}</a>
      <button class="button" onClick=${copy}><${Icon} name="copy" />${t("rules.copy")}</button>
      <span class="space"></span>
      <button class="button" onClick=${() => (rules.value = [])}>${t("rules.clear")}</button>
    </div>
    <p class="soft"><code>qasr batch … --corrections corrections.tsv</code></p>
  `;
}
