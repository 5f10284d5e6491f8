// The subtitles as rows: times, text, how fast they read, who speaks.

import { FRAME_MS } from "../editing.js";
import { speedOf } from "../model/reading.js";
import { textOfTime, timeOfText } from "../model/times.js";
import { inSight, scrolledTo } from "../model/windowing.js";
import { go } from "../playback.js";
import { notice, say } from "../state.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../ui.js";
import { setSpeaker } from "../wide_acts.js";
import { Badge } from "./badge.js";
import { Marks } from "./marks.js";
import { useScrolled } from "./scrolled.js";

/** @typedef {import("../editing.js").Editing} Editing */
/** @typedef {import("../model/cues.js").Cue} Cue */
/** @typedef {import("../model/edges.js").Edge} Edge */

const FAR_FRAMES = 25;

/** Only the rows in sight are there. @param {{editing: Editing, lang: string | undefined}} given */
export function CueList({ editing, lang }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { seen, look } = useScrolled(list, 80);
  const { cues } = editing;
  const current = editing.heardPlace.value;
  const asked = editing.scrollsTo.value;
  useFollowing(list, current, seen.rowHeight);
  useLayoutEffect(() => {
    if (list.current && asked) scrollTo(list.current, asked.row, seen.rowHeight);
  }, [asked]);
  useWish(list, editing, seen, look);
  const { first, end, before, after } = inSight({ ...seen, count: cues.length });
  return html`
    <div class="scroll" ref=${list}>
      <datalist id="speakers">
        ${[...editing.badges.value.keys()].map((name) => html`<option value=${name}></option>`)}
      </datalist>
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
              editing=${editing}
            />
          `,
        )}
      </ol>
      <div style=${{ height: `${after}px` }}></div>
    </div>
  `;
}

/**
 * The list goes along with what is heard, unless somebody works in it.
 *
 * @param {{current: HTMLDivElement | null}} list
 * @param {number} current
 * @param {number} rowHeight
 */
function useFollowing(list, current, rowHeight) {
  useEffect(() => {
    const element = list.current;
    if (!element || current < 0 || element.contains(document.activeElement)) return;
    scrollTo(element, current, rowHeight);
  }, [current]);
}

/**
 * @param {HTMLElement} element
 * @param {number} row
 * @param {number} rowHeight
 */
function scrollTo(element, row, rowHeight) {
  const { scrollTop, clientHeight } = element;
  element.scrollTop = scrolledTo({ scrollTop, height: clientHeight, rowHeight, row });
}

/**
 * What is to have the focus gets it: first its row has to be in sight.
 *
 * @param {{current: HTMLDivElement | null}} list
 * @param {Editing} editing
 * @param {{scrollTop: number, rowHeight: number}} seen
 * @param {() => void} look
 */
function useWish(list, editing, seen, look) {
  const wish = editing.wish.value;
  useLayoutEffect(() => {
    const element = list.current;
    if (!element || !wish) return;
    const row = editing.cues.findIndex(({ id }) => id === wish.id);
    if (row < 0) return;
    scrollTo(element, row, seen.rowHeight);
    const area = /** @type {HTMLTextAreaElement | null} */ (
      element.querySelector(`[data-id="${CSS.escape(wish.id)}"] textarea`)
    );
    if (!area) {
      // Now, not with the next frame: the next key is meant for it. Then this runs again.
      if (element.scrollTop !== seen.scrollTop) look();
      return;
    }
    area.focus({ preventScroll: true });
    area.setSelectionRange(wish.caret, wish.caret);
    editing.wish.value = null;
  }, [wish, seen]);
}

/**
 * @param {{cue: Cue, number: number, lang: string | undefined, isCurrent: boolean,
 *   editing: Editing}} given
 */
function Row({ cue, number, lang, isCurrent, editing }) {
  const t = say.value;
  const time = textOfTime(cue.start_ms);
  const isActive = editing.activeId.value === cue.id;
  // Tab goes from text to text; the other fields are in its way where somebody works.
  const tabindex = isActive ? 0 : -1;
  const caret = (/** @type {any} */ event) => (editing.caret = event.target.selectionStart);
  return html`
    <li
      class=${isActive ? "cue active" : "cue"}
      data-id=${cue.id}
      aria-current=${isCurrent ? "true" : undefined}
      onFocusIn=${() => (editing.activeId.value = cue.id)}
    >
      <div class="cue-number">
        <button
          class="button quiet number"
          tabindex=${tabindex}
          aria-label=${`${number}: ${t("subtitles.play", { time })}`}
          title=${t("subtitles.play", { time })}
          onClick=${() => go(cue.start_ms, { plays: true })}
        >
          ${number}
        </button>
        <input
          type="checkbox"
          tabindex=${tabindex}
          checked=${editing.chosen.value.has(cue.id)}
          aria-label=${t("cue.choose", { number })}
          title=${t("cue.choose.hint")}
          onClick=${(/** @type {MouseEvent} */ event) => editing.choose(cue.id, event.shiftKey)}
        />
      </div>
      <div class="cue-times">
        <${TimeField} cue=${cue} edge="start_ms" number=${number} editing=${editing} tabindex=${tabindex} />
        <${TimeField} cue=${cue} edge="end_ms" number=${number} editing=${editing} tabindex=${tabindex} />
      </div>
      <textarea
        rows="2"
        dir="auto"
        lang=${lang}
        value=${cue.text}
        aria-label=${t("subtitles.text", { number, time })}
        onInput=${(/** @type {any} */ event) => {
          caret(event);
          editing.type(cue.id, event.target.value);
        }}
        onSelect=${caret}
        onKeyUp=${caret}
        onClick=${caret}
        onBlur=${() => editing.leave(cue.id)}
      ></textarea>
      <div class="cue-facts">
        <p class="soft number">${figures(cue, lang)}<${Marks} cue=${cue} editing=${editing} /></p>
        <div class="who">
          <${Badge} badge=${editing.badges.value.get(cue.speaker ?? "")} />
          <input
            class="speaker"
            list="speakers"
            dir="auto"
            tabindex=${tabindex}
            value=${cue.speaker ?? ""}
            placeholder=${cue.line_speakers?.join(" / ") || t("cue.speaker.none")}
            aria-label=${t("cue.speaker", { number })}
            onChange=${(/** @type {any} */ event) => setSpeaker(editing, cue.id, event.target.value)}
          />
        </div>
      </div>
    </li>
  `;
}

/**
 * @param {Cue} cue
 * @param {string | undefined} lang
 */
function figures(cue, lang) {
  const t = say.value;
  const long_s = ((cue.end_ms - cue.start_ms) / 1000).toFixed(2);
  const speed = speedOf(cue, lang);
  return html`<span title=${t("cue.lasts")}>${long_s} s</span> ${" "}
    <span title=${t("cue.speed")}>${speed === null ? "" : speed.toFixed(1)}</span>`;
}

/**
 * @param {{cue: Cue, edge: Edge, number: number, editing: Editing, tabindex: number}} given
 */
function TimeField({ cue, edge, number, editing, tabindex }) {
  const t = say.value;
  const [draft, setDraft] = useState(/** @type {string | null} */ (null));
  const [isWrong, setWrong] = useState(false);
  const shown = textOfTime(cue[edge]);
  const commit = () => {
    if (draft === null) return;
    const time_ms = timeOfText(draft);
    const isSame = draft === shown;
    const isRight = isSame || (time_ms !== null && editing.setTime(cue, edge, time_ms));
    if (time_ms === null) notice.value = t("refused.time_text");
    setWrong(!isRight);
    if (isRight) setDraft(null);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const steps = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (event.key === "Enter") commit();
    if (event.key === "Escape") {
      setDraft(null);
      setWrong(false);
    }
    if (!steps || event.altKey || event.ctrlKey) return;
    event.preventDefault();
    const by_ms = steps * FRAME_MS * (event.shiftKey ? FAR_FRAMES : 1);
    setDraft(null);
    editing.moveEdge(edge, cue[edge] + by_ms, { id: cue.id });
  };
  return html`
    <input
      class="time number"
      inputmode="decimal"
      autocomplete="off"
      tabindex=${tabindex}
      value=${draft ?? shown}
      aria-invalid=${isWrong}
      aria-label=${t(`cue.${edge}`, { number })}
      title=${t(`cue.${edge}.hint`)}
      onInput=${(/** @type {any} */ event) => setDraft(event.target.value)}
      onKeyDown=${onKeyDown}
      onBlur=${commit}
    />
  `;
}
