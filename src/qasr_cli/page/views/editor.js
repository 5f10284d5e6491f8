// The subtitles of a recording, to correct: what can be done to them, and the list.

import { bindings, withKeyOf } from "../key_state.js";
import { later } from "../later.js";
import { actOf } from "../model/keys.js";
import { inWords, notice, say, view } from "../state.js";
import { html, useEffect, useLayoutEffect } from "../ui.js";
import { acting } from "./acting.js";
import { Again } from "./again.js";
import { CueList } from "./cue_list.js";
import { Icon } from "./icons.js";
import { Listen } from "./listen.js";
import { summary, Verdict } from "./marks.js";

/** @typedef {import("../correction.js").Correction} Correction */
/** @typedef {import("../editing.js").Editing} Editing */

const Comparing = later(async () => (await import("./comparing.js")).Comparing);
const Finding = later(async () => (await import("./finding.js")).Finding);
const Help = later(async () => (await import("./help.js")).Help);
const Rules = later(async () => (await import("./rules.js")).Rules);
const TimesAndNames = later(async () => (await import("./times_and_names.js")).TimesAndNames);

const BUTTONS = ["play_cue", "split", "merge_next", "wrap", "insert", "delete", "hear", "align"];
const NEEDS_CUE = new Set(["play_cue", "split", "merge_next", "wrap", "delete", "hear", "align"]);

/** @param {{editing: Editing, lang: string | undefined}} given */
export function Editor({ editing, lang }) {
  const t = say.value;
  const { correction } = editing;
  useKeys(editing);
  useRefusals(editing);
  const isCompared = correction.comparison.value || correction.saveState.value === "conflict";
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
      ${isCompared && html`<${Comparing} correction=${correction} lang=${lang} />`}
      <${Listen} editing=${editing} />
      <div class="tools" role="toolbar" aria-label=${t("tools.label")}>
        ${BUTTONS.map((act) => html`<${Act} editing=${editing} act=${act} />`)}
        <${Panel} editing=${editing} act="find" panel="find" />
        <${Panel} editing=${editing} act="times" panel="times" />
        <${Panel} editing=${editing} act="rules" panel="rules" />
        <${Act} editing=${editing} act="help" />
      </div>
      ${editing.panel.value === "find" && html`<${Finding} editing=${editing} />`}
      ${editing.panel.value === "times" && html`<${TimesAndNames} editing=${editing} />`}
      ${editing.panel.value === "rules" && html`<${Rules} editing=${editing} />`}
      <${Again} editing=${editing} lang=${lang} />
      <${CueList} editing=${editing} lang=${lang} />
      <${Verdict} editing=${editing} />
      ${editing.isHelpOpen.value && html`<${Help} editing=${editing} />`}
    </section>
  `;
}

/** @param {{editing: Editing, act: string, of?: string | null}} given */
function Act({ editing, act, of }) {
  const t = say.value;
  const name = of ? `${t(`act.${act}`)}: ${t(`change.${of}`)}` : t(`act.${act}`);
  return html`
    <button
      class="button quiet"
      aria-label=${name}
      title=${withKeyOf(name, act)}
      disabled=${of === null || (editing.place < 0 && NEEDS_CUE.has(act))}
      onClick=${() => acting(editing)[act]()}
    >
      <${Icon} name=${act} />
    </button>
  `;
}

/** @param {{editing: Editing, act: string, panel: import("../editing.js").Panel}} given */
function Panel({ editing, act, panel }) {
  const t = say.value;
  const isOpen = editing.panel.value === panel;
  return html`
    <button
      class="button quiet"
      aria-label=${t(`act.${act}`)}
      aria-expanded=${isOpen}
      title=${withKeyOf(t(`act.${act}`), act)}
      onClick=${() => (editing.panel.value = isOpen ? null : panel)}
    >
      <${Icon} name=${act} />
    </button>
  `;
}

/** How much the rules find, and the way to it. @param {{editing: Editing}} given */
function ProblemCount({ editing }) {
  const t = say.value;
  const all = summary(editing);
  if (!all.length) return null;
  return html`
    <button
      class="button small"
      title=${[withKeyOf(t("act.next_problem"), "next_problem"), ...all].join("\n")}
      onClick=${() => editing.nextProblem(1)}
    >
      ${t("check.count", { count: editing.checks.value.size })}
    </button>
  `;
}

/** Keys are heard from the moment on in which one sees what they act on. @param {Editing} editing */
function useKeys(editing) {
  useLayoutEffect(() => {
    const hear = (/** @type {KeyboardEvent} */ event) => {
      if (event.defaultPrevented || view.value !== "files") return;
      const act = actOf(event, typingAt(event.target), bindings.value);
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
  // It has its own keys, also while nothing in it has the focus.
  if (document.querySelector("dialog[open]")) return false;
  if (!(target instanceof Element)) return true;
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
  const more = isBad && !correction.draft.isKept.value ? ` ${say.value("draft.not_kept")}` : "";
  return html`<span class=${isBad ? "bad" : "soft"} role=${isBad ? "alert" : "none"}>${text}${more}</span>`;
}
