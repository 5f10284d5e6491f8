// The subtitles of a recording, to correct: what can be done to them, and the list.

import { actOf, keysByAct } from "../model/keys.js";
import { inWords, notice, say, view } from "../state.js";
import { html, useEffect, useRef } from "../ui.js";
import { acting } from "./acting.js";
import { Again } from "./again.js";
import { CueList } from "./cue_list.js";
import { Finding } from "./finding.js";
import { Icon } from "./icons.js";
import { Verdict } from "./marks.js";
import { TimesAndNames } from "./times_and_names.js";

/** @typedef {import("../correction.js").Correction} Correction */
/** @typedef {import("../editing.js").Editing} Editing */

const BUTTONS = ["play_cue", "split", "merge_next", "insert", "delete", "hear", "align"];
const NEEDS_CUE = new Set(["play_cue", "split", "merge_next", "delete", "hear", "align"]);

/** @param {{editing: Editing, lang: string | undefined}} given */
export function Editor({ editing, lang }) {
  const t = say.value;
  const { correction } = editing;
  useKeys(editing);
  useRefusals(editing);
  return html`
    <section class="pane subtitles" aria-labelledby="subtitles-title">
      <div class="pane-head">
        <h2 id="subtitles-title">${t("subtitles.title")}</h2>
        <span class="soft">${t("subtitles.count", { count: editing.cues.length })}</span>
        <${ProblemCount} editing=${editing} />
        <span class="space"></span>
        <${Saved} correction=${correction} />
        <${Act} editing=${editing} act="undo" of=${correction.undoes.value} />
        <${Act} editing=${editing} act="redo" of=${correction.redoes.value} />
      </div>
      <${Conflict} correction=${correction} />
      <div class="tools" role="toolbar" aria-label=${t("tools.label")}>
        ${BUTTONS.map((act) => html`<${Act} editing=${editing} act=${act} />`)}
        <${Panel} editing=${editing} act="find" panel="find" />
        <${Panel} editing=${editing} act="times" panel="times" />
        <${Act} editing=${editing} act="help" />
      </div>
      ${editing.panel.value === "find" && html`<${Finding} editing=${editing} />`}
      ${editing.panel.value === "times" && html`<${TimesAndNames} editing=${editing} />`}
      <${Again} editing=${editing} lang=${lang} />
      <${CueList} editing=${editing} lang=${lang} />
      <${Verdict} editing=${editing} />
      <${Help} editing=${editing} />
    </section>
  `;
}

/** @param {{editing: Editing, act: string, of?: string | null}} given */
function Act({ editing, act, of }) {
  const t = say.value;
  const keys = keysByAct().get(act)?.[0];
  const name = of ? `${t(`act.${act}`)}: ${t(`change.${of}`)}` : t(`act.${act}`);
  return html`
    <button
      class="button quiet"
      aria-label=${name}
      title=${keys ? `${name} (${keys})` : name}
      disabled=${of === null || (editing.place < 0 && NEEDS_CUE.has(act))}
      onClick=${() => acting(editing)[act]()}
    >
      <${Icon} name=${act} />
    </button>
  `;
}

/** @param {{editing: Editing, act: string, panel: "find" | "times"}} given */
function Panel({ editing, act, panel }) {
  const t = say.value;
  const isOpen = editing.panel.value === panel;
  return html`
    <button
      class="button quiet"
      aria-label=${t(`act.${act}`)}
      aria-expanded=${isOpen}
      title=${t(`act.${act}`)}
      onClick=${() => (editing.panel.value = isOpen ? null : panel)}
    >
      <${Icon} name=${act} />
    </button>
  `;
}

/** How much the rules find, and the way to it. @param {{editing: Editing}} given */
function ProblemCount({ editing }) {
  const t = say.value;
  const marks = [...editing.checks.value.values()].flat();
  if (!marks.length) return null;
  const kinds = new Map();
  for (const { kind } of marks) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return html`
    <button
      class="button small"
      title=${`${t("act.next_problem")} (F8)\n${[...kinds].map(([kind, count]) => `${kind}: ${count}`).join("\n")}`}
      onClick=${() => editing.nextProblem(1)}
    >
      ${t("check.count", { count: editing.checks.value.size })}
    </button>
  `;
}

/** @param {Editing} editing */
function useKeys(editing) {
  useEffect(() => {
    const hear = (/** @type {KeyboardEvent} */ event) => {
      if (event.defaultPrevented || view.value !== "files") return;
      const act = actOf(event, typingAt(event.target));
      if (act === null || !isWanted(act, event.target)) return;
      if (acting(editing)[act]() !== false) event.preventDefault();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [editing]);
}

/**
 * @param {EventTarget | null} target
 * @returns {"text" | "field" | "none"}
 */
function typingAt(target) {
  if (!(target instanceof Element)) return "none";
  if (target.matches(".cue textarea")) return "text";
  return target.closest("input, textarea, select, button, a, summary, video, dialog") ? "field" : "none";
}

/**
 * A field elsewhere has an undo of its own, and a dialog its own way out.
 *
 * @param {string} act
 * @param {EventTarget | null} target
 */
function isWanted(act, target) {
  if (!(target instanceof Element)) return true;
  if (target.closest("dialog")) return false;
  const isElsewhere = target.matches("input:not([type=range], [type=checkbox]), textarea") && !target.closest(".cue");
  return !(isElsewhere && (act === "undo" || act === "redo"));
}

/** What could not be done is said. @param {Editing} editing */
function useRefusals(editing) {
  const refusal = editing.refusal.value;
  useEffect(() => {
    if (!refusal) return;
    notice.value = say.value(refusal);
    editing.refusal.value = null;
  }, [refusal]);
}

/** @param {{correction: Correction}} given */
function Saved({ correction }) {
  const state = correction.saveState.value;
  if (!correction.isEdited.value || state === "conflict") return null;
  const reason = correction.reason.value;
  const text = say.value(`save.${state}`, { reason: reason ? inWords(reason) : "" });
  const isBad = state === "failed" || state === "refused";
  return html`<span class=${isBad ? "bad" : "soft"} role=${isBad ? "alert" : "none"}>${text}</span>`;
}

/** @param {{correction: Correction}} given */
function Conflict({ correction }) {
  const t = say.value;
  if (correction.saveState.value !== "conflict") return null;
  return html`
    <div class="sure" role="alert">
      <p>${t("save.conflict")}</p>
      <button class="button" onClick=${() => correction.keepMine()}>${t("save.mine")}</button>
      <button class="button" onClick=${() => correction.showTheirs()}>${t("save.theirs")}</button>
    </div>
  `;
}

/** The keys, from the table by which they act. @param {{editing: Editing}} given */
function Help({ editing }) {
  const t = say.value;
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const isOpen = editing.isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
  }, [isOpen]);
  if (!isOpen) return null;
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
      <div class="help-rows" tabindex="0" role="region" aria-labelledby="help-title">
        <dl>
          ${[...keysByAct()].map(
            ([act, keys]) => html`
              <div>
                <dt>${t(`act.${act}`)}</dt>
                <dd>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dd>
              </div>
            `,
          )}
        </dl>
      </div>
    </dialog>
  `;
}
