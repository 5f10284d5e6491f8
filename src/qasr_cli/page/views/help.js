// The keys: what each does, and which somebody would rather have.

import { keyChoices, shownKeys } from "../key_state.js";
import { UNCHANGED, verdictOn, withKey, withNoKey, withOwnKeys } from "../model/key_choices.js";
import { keyInWords, nameOfKey } from "../model/keys.js";
import { say } from "../state.js";
import { html, useLayoutEffect, useRef, useState } from "../ui.js";
import { Icon } from "./icons.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {{act: string, key: string, other: string} | null} Clash */

/** @param {{editing: Editing}} given */
export function Help({ editing }) {
  const t = say.value;
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return html`
    <dialog
      class="card help"
      ref=${dialog}
      aria-labelledby="help-title"
      onClose=${() => (editing.isHelpOpen.value = false)}
    >
      <div class="pane-head">
        <h2 id="help-title">${t("help.title")}</h2>
        <span class="space"></span>
        <button class="button quiet" aria-label=${t("help.close")} onClick=${() => dialog.current?.close()}>
          <${Icon} name="close" />
        </button>
      </div>
      <${Keys} />
    </dialog>
  `;
}

function Keys() {
  const t = say.value;
  const [askedFor, setAsked] = useState(/** @type {string | null} */ (null));
  const { keys, hasSingle } = keyChoices.value;
  const isChanged = !hasSingle || Object.keys(keys).length > 0;
  return html`
    <div class="line">
      <label class="check">
        <input
          type="checkbox"
          checked=${hasSingle}
          onChange=${() => (keyChoices.value = { keys, hasSingle: !hasSingle })}
        />
        ${t("keys.single")}
      </label>
      <span class="space"></span>
      <button class="button small" disabled=${!isChanged} onClick=${() => (keyChoices.value = UNCHANGED)}>
        ${t("keys.reset_all")}
      </button>
    </div>
    <div class="help-rows" tabindex="0" role="region" aria-labelledby="help-title">
      <dl>
        ${[...shownKeys.value].map(
          ([act, shown]) => html`
            <${Row} key=${act} act=${act} shown=${shown} isAsked=${act === askedFor} setAsked=${setAsked} />
          `,
        )}
      </dl>
    </div>
  `;
}

/** @param {{act: string, shown: readonly string[], isAsked: boolean, setAsked: (act: string | null) => void}} given */
function Row({ act, shown, isAsked, setAsked }) {
  const t = say.value;
  const name = t(`act.${act}`);
  const isChanged = act in keyChoices.value.keys;
  const back = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const end = () => {
    setAsked(null);
    setTimeout(() => back.current?.focus());
  };
  return html`
    <div>
      <dt>${name}</dt>
      <dd>
        ${shown.map((key) => html`<kbd>${key}</kbd> `)}
        ${!shown.length && html`<span class="soft">${t("keys.none")}</span>`}
        <button
          class="button small"
          ref=${back}
          aria-label=${t("keys.change_of", { name })}
          aria-expanded=${isAsked}
          onClick=${() => setAsked(isAsked ? null : act)}
        >
          ${t("keys.change")}
        </button>
        ${isChanged &&
        html`
          <button
            class="button small"
            aria-label=${t("keys.reset_of", { name })}
            onClick=${() => {
              keyChoices.value = withOwnKeys(keyChoices.value, act);
              end();
            }}
          >
            ${t("keys.reset")}
          </button>
        `}
        ${isAsked && html`<${Asking} act=${act} end=${end} />`}
      </dd>
    </div>
  `;
}

/** Waits for the key that an act is to have. @param {{act: string, end: () => void}} given */
function Asking({ act, end }) {
  const t = say.value;
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [clash, setClash] = useState(/** @type {Clash} */ (null));
  const [refused, setRefused] = useState("");
  useLayoutEffect(() => field.current?.focus(), []);
  const take = (/** @type {string} */ key) => {
    keyChoices.value = withKey(keyChoices.value, act, key);
    end();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Tab" && !event.ctrlKey && !event.altKey) return; // the way on for who has no mouse
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") {
      end();
      return;
    }
    const key = nameOfKey(event);
    if (key === null) return;
    const verdict = verdictOn(keyChoices.value, act, key);
    setClash(verdict.kind === "clash" ? { act, key, other: verdict.act } : null);
    setRefused(verdict.kind === "field" || verdict.kind === "browser" ? t(`keys.of.${verdict.kind}`, { key: keyInWords(key) }) : "");
    if (verdict.kind === "free") take(key);
  };
  const said = clash ? t("keys.clash", { key: keyInWords(clash.key), name: t(`act.${clash.other}`) }) : refused;
  return html`
    <div class="asking">
      <input
        ref=${field}
        readonly
        value=${t("keys.press")}
        aria-label=${t("keys.press_for", { name: t(`act.${act}`) })}
        aria-describedby="key-said"
        onKeyDown=${onKeyDown}
      />
      <p id="key-said" class="bad" role="alert">${said}</p>
      ${clash && html`<button class="button small" onClick=${() => take(clash.key)}>${t("keys.take")}</button>`}
      <button
        class="button small"
        onClick=${() => {
          keyChoices.value = withNoKey(keyChoices.value, act);
          end();
        }}
      >
        ${t("keys.without")}
      </button>
      <button class="button small" onClick=${end}>${t("keys.cancel")}</button>
    </div>
  `;
}
