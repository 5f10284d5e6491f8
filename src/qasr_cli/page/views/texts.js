// Two panes: the subtitles to correct, and the same as plain text to copy.

import { without, withText } from "../model/acts.js";
import { placeAt } from "../model/cues.js";
import { textOfTime } from "../model/times.js";
import { inSight, scrolledTo } from "../model/windowing.js";
import { go, playhead } from "../playback.js";
import { inWords, notice, say } from "../state.js";
import { html, useEffect, useRef, useState } from "../ui.js";
import { Icon } from "./icons.js";

/** @typedef {import("../correction.js").Correction} Correction */
/** @typedef {import("../model/cues.js").Cue} Cue */

const ROW_PX = 76; // as in the style sheet

/** @param {{correction: Correction, lang: string | undefined}} given */
export function Subtitles({ correction, lang }) {
  const t = say.value;
  return html`
    <section class="pane subtitles" aria-labelledby="subtitles-title" onKeyDown=${undoing(correction)}>
      <div class="pane-head">
        <h2 id="subtitles-title">${t("subtitles.title")}</h2>
        <span class="soft">${t("subtitles.count", { count: correction.cues.value.length })}</span>
        <span class="space"></span>
        <${Saved} correction=${correction} />
        <button
          class="button quiet"
          aria-label=${t("edit.undo")}
          title=${t("edit.undo")}
          disabled=${!correction.undoes.value}
          onClick=${() => correction.undo()}
        >
          <${Icon} name="undo" />
        </button>
        <button
          class="button quiet"
          aria-label=${t("edit.redo")}
          title=${t("edit.redo")}
          disabled=${!correction.redoes.value}
          onClick=${() => correction.redo()}
        >
          <${Icon} name="redo" />
        </button>
      </div>
      <${Conflict} correction=${correction} />
      <${CueList} correction=${correction} lang=${lang} />
    </section>
  `;
}

/** @param {Correction} correction */
function undoing(correction) {
  return (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) correction.undo();
    else if (key === "y" || (key === "z" && event.shiftKey)) correction.redo();
    else return;
    event.preventDefault(); // the browser's own knows one field alone
  };
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

/** Only the rows in sight are there. @param {{correction: Correction, lang: string | undefined}} given */
function CueList({ correction, lang }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [seen, setSeen] = useState({ scrollTop: 0, height: 600 });
  useEffect(() => {
    const element = /** @type {HTMLDivElement} */ (list.current);
    const look = () => setSeen({ scrollTop: element.scrollTop, height: element.clientHeight });
    const watch = new ResizeObserver(look);
    watch.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => watch.disconnect();
  }, []);
  const cues = correction.cues.value;
  const current = placeAt(cues, playhead.value);
  useEffect(() => {
    const element = list.current;
    if (!element || current < 0 || element.contains(document.activeElement)) return;
    element.scrollTop = scrolledTo({
      scrollTop: element.scrollTop,
      height: element.clientHeight,
      rowHeight: ROW_PX,
      row: current,
    });
  }, [current]);
  const { first, end, before, after } = inSight({ ...seen, rowHeight: ROW_PX, count: cues.length });
  return html`
    <div class="scroll" ref=${list}>
      <div style=${{ height: `${before}px` }}></div>
      <ol class="cues">
        ${cues.slice(first, end).map(
          (cue, at) => html`
            <${Row}
              key=${cue.id}
              cue=${cue}
              number=${first + at + 1}
              lang=${lang}
              isCurrent=${first + at === current}
              correction=${correction}
            />
          `,
        )}
      </ol>
      <div style=${{ height: `${after}px` }}></div>
    </div>
  `;
}

/**
 * @param {{cue: Cue, number: number, lang: string | undefined, isCurrent: boolean,
 *   correction: Correction}} given
 */
function Row({ cue, number, lang, isCurrent, correction }) {
  const t = say.value;
  const time = textOfTime(cue.start_ms);
  const type = (/** @type {any} */ event) =>
    correction.act(withText(correction.cues.value, cue.id, event.target.value));
  const leave = () => {
    correction.seal();
    // A subtitle without text is none.
    if (!cue.text.trim()) correction.act(without(correction.cues.value, cue.id));
  };
  return html`
    <li class="cue" aria-current=${isCurrent ? "true" : undefined}>
      <button
        class="button quiet time number"
        aria-label=${t("subtitles.play", { time })}
        title=${t("subtitles.play", { time })}
        onClick=${() => go(cue.start_ms, { plays: true })}
      >
        ${time}
      </button>
      <textarea
        rows="2"
        dir="auto"
        lang=${lang}
        value=${cue.text}
        aria-label=${t("subtitles.text", { number, time })}
        onInput=${type}
        onBlur=${leave}
      ></textarea>
    </li>
  `;
}

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
